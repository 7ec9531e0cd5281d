//! Options of rules.

use crate::Proof;

const VIRTUAL: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100/24
 }
 virtual_rules {
  @
 }
}
";

const STATIC: &str = "\
static_rules {
 @
}
";

/// A row, the line without and with it, and part of what comes (+) or goes (-) by it.
macro_rules! proofs {
    ($(($row:literal, $without:literal, $with:literal, $sign:literal, $sees:literal),)*) => {
        pub(super) const PROOFS: &[Proof] = &[
            Proof {
                row: "vrrp_instance/virtual_rules",
                base: "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 192.0.2.100/24\n }\n @\n}\n",
                without: "",
                with: "virtual_rules {\n from 203.0.113.0/24 table 100 preference 100\n }",
                heard: &[],
                sees: &["+ adds … from: Some((203.0.113.0, 24))", "+ removes … 203.0.113.0"],
            },
            Proof {
                row: "root/static_rules",
                base: "@\n",
                without: "",
                with: "static_rules {\n from 203.0.113.0/24 iif eth1 table 100 preference 100\n}",
                heard: &[],
                sees: &["+ keeps … from: Some((203.0.113.0, 24))"],
            },
            Proof {
                row: "static_rules#line/track_group",
                base: "track_group tg {\n group {\n A\n }\n}\nstatic_rules {\n from 203.0.113.0/24 iif eth1 table 100 preference 100 @\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 192.0.2.100/24\n }\n}\n",
                without: "",
                with: "track_group tg",
                heard: &[],
                sees: &["+ watches eth1"],
            },
            $(
                Proof {
                    row: concat!("virtual_rules#line/", $row),
                    base: VIRTUAL,
                    without: $without,
                    with: $with,
                    heard: &[],
                    sees: &[concat!($sign, " adds … ", $sees)],
                },
            )*
            $(
                Proof {
                    row: concat!("static_rules#line/", $row),
                    base: STATIC,
                    without: $without,
                    with: $with,
                    heard: &[],
                    sees: &[concat!($sign, " keeps … ", $sees)],
                },
            )*
        ];
    };
}

proofs! {
    ("from", "table 100 preference 9", "from 203.0.113.0/24 table 100 preference 9", "+", "from: Some((203.0.113.0, 24))"),
    ("to", "table 100 preference 9", "to 203.0.113.0/24 table 100 preference 9", "+", "to: Some((203.0.113.0, 24))"),
    ("table", "nop preference 9", "table 100 preference 9", "+", "table: 100"),
    ("lookup", "nop preference 9", "lookup 100 preference 9", "+", "table: 100"),
    ("not", "table 100 preference 9", "not table 100 preference 9", "+", "not: true"),
    ("preference", "table 100", "table 100 preference 9", "+", "priority: 9"),
    ("order", "table 100", "table 100 order 9", "+", "priority: 9"),
    ("priority", "table 100", "table 100 priority 9", "+", "priority: 9"),
    ("tos", "table 100 preference 9", "table 100 preference 9 tos 8", "+", "tos: 8"),
    ("dsfield", "table 100 preference 9", "table 100 preference 9 dsfield 8", "+", "tos: 8"),
    ("fwmark", "table 100 preference 9", "table 100 preference 9 fwmark 5/7", "+", "mark: Some(5), mask: Some(7)"),
    ("realms", "table 100 preference 9", "table 100 preference 9 realms 5/6", "+", "realms: Some((5, 6))"),
    ("suppress_prefixlength", "table 100 preference 9", "table 100 preference 9 suppress_prefixlength 1", "+", "suppress_prefix: Some(1)"),
    ("sup_pl", "table 100 preference 9", "table 100 preference 9 sup_pl 1", "+", "suppress_prefix: Some(1)"),
    ("suppress_ifgroup", "table 100 preference 9", "table 100 preference 9 suppress_ifgroup 5", "+", "suppress_group: Some(5)"),
    ("sup_group", "table 100 preference 9", "table 100 preference 9 sup_group 5", "+", "suppress_group: Some(5)"),
    ("dev", "table 100 preference 9", "table 100 preference 9 dev eth1", "+", "iif: Some(\"eth1\")"),
    ("iif", "table 100 preference 9", "table 100 preference 9 iif eth1", "+", "iif: Some(\"eth1\")"),
    ("oif", "table 100 preference 9", "table 100 preference 9 oif eth1", "+", "oif: Some(\"eth1\")"),
    ("tunnel-id", "table 100 preference 9", "table 100 preference 9 tunnel-id 77", "+", "tunnel: Some(77)"),
    ("uidrange", "table 100 preference 9", "table 100 preference 9 uidrange 1-5", "+", "uids: Some((1, 5))"),
    ("l3mdev", "nop preference 9", "l3mdev preference 9", "+", "l3mdev: true"),
    ("protocol", "table 100 preference 9 no_track", "table 100 preference 9 no_track protocol 4", "+", "protocol: 4"),
    ("ipproto", "table 100 preference 9", "table 100 preference 9 ipproto tcp", "+", "ip_protocol: Some(6)"),
    ("sport", "table 100 preference 9", "table 100 preference 9 sport 80-90", "+", "sport: Some((80, 90))"),
    ("dport", "table 100 preference 9", "table 100 preference 9 dport 80-90", "+", "dport: Some((80, 90))"),
    ("goto", "nop preference 9", "goto 10 preference 9", "+", "goto: Some(10)"),
    ("nop", "table 100 preference 9", "nop preference 9", "+", "action: 3"),
    ("blackhole", "table 100 preference 9", "blackhole preference 9", "+", "action: 6"),
    ("prohibit", "table 100 preference 9", "prohibit preference 9", "+", "action: 8"),
    ("unreachable", "table 100 preference 9", "unreachable preference 9", "+", "action: 7"),
    ("inet", "from 2001:db8::/48 nop preference 9", "inet from 2001:db8::/48 nop preference 9", "-", "2001:db8::"),
    ("type", "nop preference 9", "type blackhole preference 9", "+", "action: 6"),
    ("inet6", "table 100 preference 9", "inet6 table 100 preference 9", "+", "v6: true"),
    ("no_track", "table 100 preference 9", "table 100 preference 9 no_track", "+", "track: false"),
}
