//! Options of virtual addresses.

use crate::Proof;

const HELD: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100/24 @
 }
}
";
const EXCLUDED: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.99
 }
 virtual_ipaddress_excluded {
  192.0.2.100/24 @
 }
}
";

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "virtual_ipaddress#line/dev",
        base: HELD,
        without: "",
        with: "dev eth1",
        heard: &[],
        sees: &["+ adds … eth1"],
    },
    Proof {
        row: "virtual_ipaddress#line/scope",
        base: HELD,
        without: "",
        with: "scope link",
        heard: &[],
        sees: &["+ adds … scope: 253"],
    },
    Proof {
        row: "virtual_ipaddress#line/brd",
        base: HELD,
        without: "",
        with: "brd 192.0.2.254",
        heard: &[],
        sees: &["+ adds … broadcast: Some(192.0.2.254)"],
    },
    Proof {
        row: "virtual_ipaddress#line/broadcast",
        base: HELD,
        without: "",
        with: "broadcast 192.0.2.254",
        heard: &[],
        sees: &["+ adds … broadcast: Some(192.0.2.254)"],
    },
    Proof {
        row: "virtual_ipaddress#line/label",
        base: HELD,
        without: "",
        with: "label eth0:7",
        heard: &[],
        sees: &["+ adds … label: Some(\"eth0:7\")"],
    },
    Proof {
        row: "virtual_ipaddress#line/peer",
        base: HELD,
        without: "",
        with: "peer 198.51.100.9",
        heard: &[],
        sees: &["+ adds … peer: Some((198.51.100.9, 32))"],
    },
    Proof {
        row: "virtual_ipaddress#line/home",
        base: HELD,
        without: "",
        with: "home",
        heard: &[],
        sees: &["+ adds … flags: 16"],
    },
    Proof {
        row: "virtual_ipaddress#line/-nodad",
        base: HELD,
        without: "",
        with: "-nodad",
        heard: &[],
        sees: &["+ adds … flags: 2"],
    },
    Proof {
        row: "virtual_ipaddress#line/mngtmpaddr",
        base: HELD,
        without: "",
        with: "mngtmpaddr",
        heard: &[],
        sees: &["+ adds … flags: 256"],
    },
    Proof {
        row: "virtual_ipaddress#line/noprefixroute",
        base: HELD,
        without: "",
        with: "noprefixroute",
        heard: &[],
        sees: &["+ adds … noprefixroute: true"],
    },
    Proof {
        row: "virtual_ipaddress#line/autojoin",
        base: HELD,
        without: "",
        with: "autojoin",
        heard: &[],
        sees: &["+ adds … flags: 1024"],
    },
    Proof {
        row: "virtual_ipaddress#line/no_track",
        base: HELD,
        without: "",
        with: "no_track",
        heard: &[],
        sees: &["+ adds … no_track: true"],
    },
    Proof {
        row: "virtual_ipaddress#line/preferred_lft",
        base: HELD,
        without: "",
        with: "preferred_lft 60",
        heard: &[],
        sees: &["+ adds … preferred_lft: Some(60)"],
    },
    Proof {
        row: "virtual_ipaddress#line/<IPADDR>",
        base: "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100/24\n @\n }\n}\n",
        without: "",
        with: "192.0.2.101/24",
        heard: &[],
        sees: &["+ adds … address: 192.0.2.101"],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/dev",
        base: EXCLUDED,
        without: "",
        with: "dev eth1",
        heard: &[],
        sees: &["+ adds … eth1"],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/scope",
        base: EXCLUDED,
        without: "",
        with: "scope link",
        heard: &[],
        sees: &["+ adds … scope: 253"],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/brd",
        base: EXCLUDED,
        without: "",
        with: "brd 192.0.2.254",
        heard: &[],
        sees: &["+ adds … broadcast: Some(192.0.2.254)"],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/broadcast",
        base: EXCLUDED,
        without: "",
        with: "broadcast 192.0.2.254",
        heard: &[],
        sees: &["+ adds … broadcast: Some(192.0.2.254)"],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/label",
        base: EXCLUDED,
        without: "",
        with: "label eth0:7",
        heard: &[],
        sees: &["+ adds … label: Some(\"eth0:7\")"],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/peer",
        base: EXCLUDED,
        without: "",
        with: "peer 198.51.100.9",
        heard: &[],
        sees: &["+ adds … peer: Some((198.51.100.9, 32))"],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/home",
        base: EXCLUDED,
        without: "",
        with: "home",
        heard: &[],
        sees: &["+ adds … flags: 16"],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/-nodad",
        base: EXCLUDED,
        without: "",
        with: "-nodad",
        heard: &[],
        sees: &["+ adds … flags: 2"],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/mngtmpaddr",
        base: EXCLUDED,
        without: "",
        with: "mngtmpaddr",
        heard: &[],
        sees: &["+ adds … flags: 256"],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/noprefixroute",
        base: EXCLUDED,
        without: "",
        with: "noprefixroute",
        heard: &[],
        sees: &["+ adds … noprefixroute: true"],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/autojoin",
        base: EXCLUDED,
        without: "",
        with: "autojoin",
        heard: &[],
        sees: &["+ adds … flags: 1024"],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/no_track",
        base: EXCLUDED,
        without: "",
        with: "no_track",
        heard: &[],
        sees: &["+ adds … no_track: true"],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/preferred_lft",
        base: EXCLUDED,
        without: "",
        with: "preferred_lft 60",
        heard: &[],
        sees: &["+ adds … preferred_lft: Some(60)"],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/<IPADDR>",
        base: "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.99\n }\n virtual_ipaddress_excluded {\n  192.0.2.100/24\n @\n }\n}\n",
        without: "",
        with: "192.0.2.101/24",
        heard: &[],
        sees: &["+ adds … address: 192.0.2.101"],
    },
];
