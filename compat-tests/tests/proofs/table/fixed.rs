//! Options of static addresses, and what an instance does to its interface.

use crate::Proof;

const STATIC: &str = "\
static_ipaddress {
 192.0.2.100/24 @
}
";
const TIED: &str = "\
track_group tg {
 group {
  A
 }
}
static_ipaddress {
 198.51.100.7/24 dev eth1 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 virtual_ipaddress {
  192.0.2.100/24
 }
}
";

const INSTANCE: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 virtual_ipaddress {
  192.0.2.100/24
 }
 @
}
";

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "vrrp_instance/promote_secondaries",
        base: INSTANCE,
        without: "",
        with: "promote_secondaries",
        heard: &[],
        sees: &["+ secondaries of eth0 are promoted: true"],
    },
    Proof {
        row: "vrrp_instance/dont_track_primary",
        base: INSTANCE,
        without: "",
        with: "dont_track_primary",
        heard: &[],
        sees: &["+ a fault of eth0 is ignored: true"],
    },
    Proof {
        row: "root/static_ipaddress",
        base: "@\n",
        without: "",
        with: "static_ipaddress {\n 192.0.2.100/24 dev eth1\n}",
        heard: &[],
        sees: &["+ keeps … address: 192.0.2.100"],
    },
    Proof {
        row: "static_ipaddress#line/track_group",
        base: TIED,
        without: "",
        with: "track_group tg",
        heard: &[],
        sees: &["+ watches eth1"],
    },
    Proof {
        row: "root/track_group",
        base: "@\nstatic_ipaddress {\n 198.51.100.7/24 dev eth1 track_group tg\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 192.0.2.100/24\n }\n}\n",
        without: "",
        with: "track_group tg {\n group {\n A\n }\n}",
        heard: &[],
        sees: &["+ watches eth1"],
    },
    Proof {
        row: "track_group/group",
        base: "track_group tg {\n @\n}\nstatic_ipaddress {\n 198.51.100.7/24 dev eth1 track_group tg\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n 192.0.2.100/24\n }\n}\n",
        without: "",
        with: "group {\n A\n }",
        heard: &[],
        sees: &["+ watches eth1"],
    },
    Proof {
        row: "static_ipaddress#line/dev",
        base: STATIC,
        without: "",
        with: "dev eth1",
        heard: &[],
        sees: &["+ keeps … eth1"],
    },
    Proof {
        row: "static_ipaddress#line/scope",
        base: STATIC,
        without: "",
        with: "scope link",
        heard: &[],
        sees: &["+ keeps … scope: 253"],
    },
    Proof {
        row: "static_ipaddress#line/brd",
        base: STATIC,
        without: "",
        with: "brd 192.0.2.254",
        heard: &[],
        sees: &["+ keeps … broadcast: Some(192.0.2.254)"],
    },
    Proof {
        row: "static_ipaddress#line/broadcast",
        base: STATIC,
        without: "",
        with: "broadcast 192.0.2.254",
        heard: &[],
        sees: &["+ keeps … broadcast: Some(192.0.2.254)"],
    },
    Proof {
        row: "static_ipaddress#line/label",
        base: STATIC,
        without: "",
        with: "label eth0:7",
        heard: &[],
        sees: &["+ keeps … label: Some(\"eth0:7\")"],
    },
    Proof {
        row: "static_ipaddress#line/peer",
        base: STATIC,
        without: "",
        with: "peer 198.51.100.9",
        heard: &[],
        sees: &["+ keeps … peer: Some((198.51.100.9, 32))"],
    },
    Proof {
        row: "static_ipaddress#line/home",
        base: STATIC,
        without: "",
        with: "home",
        heard: &[],
        sees: &["+ keeps … flags: 16"],
    },
    Proof {
        row: "static_ipaddress#line/-nodad",
        base: STATIC,
        without: "",
        with: "-nodad",
        heard: &[],
        sees: &["+ keeps … flags: 2"],
    },
    Proof {
        row: "static_ipaddress#line/mngtmpaddr",
        base: STATIC,
        without: "",
        with: "mngtmpaddr",
        heard: &[],
        sees: &["+ keeps … flags: 256"],
    },
    Proof {
        row: "static_ipaddress#line/noprefixroute",
        base: STATIC,
        without: "",
        with: "noprefixroute",
        heard: &[],
        sees: &["+ keeps … noprefixroute: true"],
    },
    Proof {
        row: "static_ipaddress#line/autojoin",
        base: STATIC,
        without: "",
        with: "autojoin",
        heard: &[],
        sees: &["+ keeps … flags: 1024"],
    },
    Proof {
        row: "static_ipaddress#line/no_track",
        base: STATIC,
        without: "",
        with: "no_track",
        heard: &[],
        sees: &["+ keeps … no_track: true"],
    },
    Proof {
        row: "static_ipaddress#line/preferred_lft",
        base: STATIC,
        without: "",
        with: "preferred_lft 60",
        heard: &[],
        sees: &["+ keeps … preferred_lft: Some(60)"],
    },
    Proof {
        row: "static_ipaddress#line/<IPADDR>",
        base: "static_ipaddress {\n 192.0.2.100/24\n @\n}\n",
        without: "",
        with: "192.0.2.101/24",
        heard: &[],
        sees: &["+ keeps … address: 192.0.2.101"],
    },
];
