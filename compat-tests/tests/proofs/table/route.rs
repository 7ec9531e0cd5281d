//! Options of routes.

use crate::Proof;

const VIRTUAL: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100/24
 }
 virtual_routes {
  @
 }
}
";

const STATIC: &str = "\
static_routes {
 @
}
";

/// A row, the line without and with it, and part of what comes (+) or goes (-) by it.
macro_rules! proofs {
    ($(($row:literal, $without:literal, $with:literal, $sign:literal, $sees:literal),)*) => {
        pub(super) const PROOFS: &[Proof] = &[
            Proof {
                row: "vrrp_instance/virtual_routes",
                base: "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 192.0.2.100/24\n }\n @\n}\n",
                without: "",
                with: "virtual_routes {\n 203.0.113.0/24 dev eth1\n }",
                heard: &[],
                sees: &["+ adds … destination: (203.0.113.0, 24) … eth1", "+ removes … 203.0.113.0"],
            },
            Proof {
                row: "root/static_routes",
                base: "@\n",
                without: "",
                with: "static_routes {\n 203.0.113.0/24 dev eth1\n}",
                heard: &[],
                sees: &["+ keeps … destination: (203.0.113.0, 24)"],
            },
            Proof {
                row: "static_routes#line/track_group",
                base: "track_group tg {\n group {\n A\n }\n}\nstatic_routes {\n 203.0.113.0/24 dev eth1 @\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 192.0.2.100/24\n }\n}\n",
                without: "",
                with: "track_group tg",
                heard: &[],
                sees: &["+ watches eth1"],
            },
            $(
                Proof {
                    row: concat!("virtual_routes#line/", $row),
                    base: VIRTUAL,
                    without: $without,
                    with: $with,
                    heard: &[],
                    sees: &[concat!($sign, " adds … ", $sees)],
                },
            )*
            $(
                Proof {
                    row: concat!("static_routes#line/", $row),
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
    ("<DST>[/<MASK>]", "", "203.0.113.0/24 dev eth0", "+", "destination: (203.0.113.0, 24)"),
    ("default6", "", "default6 dev eth0", "+", "destination: (::, 0)"),
    ("to", "", "to 203.0.113.0/24 dev eth0", "+", "destination: (203.0.113.0, 24)"),
    ("src", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 src 192.0.2.100", "+", "source: Some(192.0.2.100)"),
    ("via", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 via 192.0.2.9", "+", "via: Some(192.0.2.9)"),
    ("gw", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 gw 192.0.2.9", "+", "via: Some(192.0.2.9)"),
    ("or", "203.0.113.0/24 dev eth0 via 192.0.2.9", "203.0.113.0/24 dev eth0 via 192.0.2.9 or 192.0.2.8", "+", "via: Some(192.0.2.8)"),
    ("from", "2001:db8::/48 dev eth0", "2001:db8::/48 dev eth0 from 2001:db8:1::/48", "+", "from: Some((2001:db8:1::, 48))"),
    ("tos", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 tos 8", "+", "tos: 8"),
    ("dsfield", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 dsfield 8", "+", "tos: 8"),
    ("table", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 table 300", "+", "table: 300"),
    ("protocol", "203.0.113.0/24 dev eth0 no_track", "203.0.113.0/24 dev eth0 no_track protocol 4", "+", "protocol: 4"),
    ("scope", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 scope host", "+", "scope: 254"),
    ("metric", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 metric 5", "+", "metric: Some(5)"),
    ("priority", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 priority 5", "+", "metric: Some(5)"),
    ("preference", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 preference 5", "+", "metric: Some(5)"),
    ("dev", "203.0.113.0/24", "203.0.113.0/24 dev eth1", "+", "link: Some(\"eth1\")"),
    ("oif", "203.0.113.0/24", "203.0.113.0/24 oif eth1", "+", "link: Some(\"eth1\")"),
    ("onlink", "203.0.113.0/24 via 10.0.0.1 dev eth0", "203.0.113.0/24 via 10.0.0.1 dev eth0 onlink", "+", "onlink: true"),
    ("encap", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 encap ip id 5 dst 192.0.2.7", "+", "Tunnel { id: Some(5), dst: Some(192.0.2.7)"),
    ("expires", "2001:db8::/48 dev eth0", "2001:db8::/48 dev eth0 expires 10", "+", "expires: Some(10)"),
    ("realms", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 realms 5/6", "+", "realms: Some((5, 6))"),
    ("pref", "2001:db8::/48 dev eth0", "2001:db8::/48 dev eth0 pref high", "+", "preference: Some(1)"),
    ("add", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 add", "+", "place: Alone"),
    ("prepend", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 prepend", "+", "place: Before"),
    ("append", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 append", "+", "place: After"),
    ("nexthop", "203.0.113.0/24", "203.0.113.0/24 nexthop via 192.0.2.8 weight 3 nexthop via 192.0.2.9 dev eth0", "+", "via: Some(192.0.2.8), link: None, weight: 3"),
    ("vrf", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 vrf red", "+", "vrf: Some(\"red\")"),
    ("no_track", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 no_track", "+", "track: false"),
    ("inet", "2001:db8::/48 dev eth0", "inet 2001:db8::/48 dev eth0", "-", "2001:db8::"),
    ("inet6", "default dev eth0", "inet6 default dev eth0", "+", "destination: (::, 0)"),
    ("unicast", "", "unicast 203.0.113.0/24 dev eth0", "+", "kind: 1"),
    ("blackhole", "", "blackhole 203.0.113.0/24", "+", "kind: 6"),
    ("unreachable", "", "unreachable 203.0.113.0/24", "+", "kind: 7"),
    ("prohibit", "", "prohibit 203.0.113.0/24", "+", "kind: 8"),
    ("throw", "", "throw 203.0.113.0/24", "+", "kind: 9"),
    ("mtu", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 mtu lock 1400", "+", "metrics: [(1, 4), (2, 1400)]"),
    ("advmss", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 advmss 1300", "+", "metrics: [(8, 1300)]"),
    ("rtt", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 rtt 500ms", "+", "metrics: [(4, 4000)]"),
    ("rttvar", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 rttvar 500ms", "+", "metrics: [(5, 2000)]"),
    ("reordering", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 reordering 5", "+", "metrics: [(9, 5)]"),
    ("cwnd", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 cwnd lock 5", "+", "metrics: [(1, 128), (7, 5)]"),
    ("ssthresh", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 ssthresh 6", "+", "metrics: [(6, 6)]"),
    ("rto_min", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 rto_min 300ms", "+", "metrics: [(13, 300)]"),
    ("congctl", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 congctl reno", "+", "congestion: Some(\"reno\")"),
    ("hoplimit", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 hoplimit 9", "+", "metrics: [(10, 9)]"),
    ("window", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 window 1000", "+", "metrics: [(3, 1000)]"),
    ("initcwnd", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 initcwnd 10", "+", "metrics: [(11, 10)]"),
    ("initrwnd", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 initrwnd 10", "+", "metrics: [(14, 10)]"),
    ("features", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 features ecn", "+", "metrics: [(12, 1)]"),
    ("quickack", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 quickack 1", "+", "metrics: [(15, 1)]"),
    ("fastopen_no_cookie", "203.0.113.0/24 dev eth0", "203.0.113.0/24 dev eth0 fastopen_no_cookie 1", "+", "metrics: [(17, 1)]"),
}
