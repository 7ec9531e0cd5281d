//! How announcements are paced, and where else they are made.

use crate::Proof;

const GROUP: &str = "\
garp_group {
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 virtual_ipaddress {
  192.0.2.100
 }
}
";
const GLOBAL: &str = "\
global_defs {
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 virtual_ipaddress {
  192.0.2.100
 }
}
";
const ELSEWHERE: &str = "\
global_defs {
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 virtual_ipaddress {
  192.0.2.100
 }
 virtual_ipaddress_excluded {
  198.51.100.7 dev eth1 use_vmac
 }
}
";
const INSTANCE: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 garp_master_delay 0
 virtual_ipaddress {
  192.0.2.100
 }
 virtual_ipaddress_excluded {
  198.51.100.7 dev eth1
  198.51.100.8 dev eth1
 }
 @
}
";

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "root/garp_group",
        base: "@\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "garp_group {\n garp_interval 0.5\n interface eth0\n}",
        heard: &[],
        sees: &["+ paces eth0 in lane Some(0) … arp: 500ms"],
    },
    Proof {
        row: "garp_group/garp_interval",
        base: GROUP,
        without: "interface eth0",
        with: "interface eth0\n garp_interval 0.25",
        heard: &[],
        sees: &["+ paces eth0 … arp: 250ms"],
    },
    Proof {
        row: "garp_group/gna_interval",
        base: GROUP,
        without: "interface eth0\n garp_interval 1",
        with: "interface eth0\n garp_interval 1\n gna_interval 0.25",
        heard: &[],
        sees: &["+ paces eth0 … na: 250ms"],
    },
    Proof {
        row: "garp_group/interface",
        base: GROUP,
        without: "garp_interval 1",
        with: "garp_interval 1\n interface eth1",
        heard: &[],
        sees: &["+ paces eth1 in lane Some(0)"],
    },
    Proof {
        row: "garp_group/interfaces",
        base: GROUP,
        without: "garp_interval 1",
        with: "garp_interval 1\n interfaces {\n eth0 eth1\n }",
        heard: &[],
        sees: &[
            "+ paces eth0 in lane Some(0)",
            "+ paces eth1 in lane Some(0)",
        ],
    },
    Proof {
        row: "global_defs/vrrp_garp_interval",
        base: GLOBAL,
        without: "",
        with: "vrrp_garp_interval 0.125",
        heard: &[],
        sees: &["+ paces eth0 in lane Some(0) … arp: 125ms"],
    },
    Proof {
        row: "global_defs/vrrp_gna_interval",
        base: GLOBAL,
        without: "",
        with: "vrrp_gna_interval 0.125",
        heard: &[],
        sees: &["+ paces eth0 in lane Some(0) … na: 125ms"],
    },
    Proof {
        row: "global_defs/vrrp_garp_extra_if",
        base: ELSEWHERE,
        without: "",
        with: "vrrp_garp_extra_if 20",
        heard: &[],
        sees: &["+ reminds of … 198.51.100.7 … \"vrrp.51\""],
    },
    Proof {
        row: "global_defs/vrrp_vmac_garp_intvl",
        base: ELSEWHERE,
        without: "",
        with: "vrrp_vmac_garp_intvl 20",
        heard: &[],
        sees: &["+ reminds of … 198.51.100.7 … \"vrrp.51\""],
    },
    Proof {
        row: "vrrp_instance/garp_extra_if",
        base: INSTANCE,
        without: "garp_extra_if 30",
        with: "garp_extra_if all 30",
        heard: &[],
        sees: &["+ 33.609 reminds of … 198.51.100.7 … \"eth1\""],
    },
    Proof {
        row: "vrrp_instance/vmac_garp_intvl",
        base: INSTANCE,
        without: "",
        with: "vmac_garp_intvl all 30",
        heard: &[],
        sees: &["+ 33.609 reminds of … 198.51.100.7 … \"eth1\""],
    },
];
