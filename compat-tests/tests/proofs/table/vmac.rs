//! `use_vmac` and what goes with it.

use crate::Proof;

const INSTANCE: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
 virtual_ipaddress_excluded {
  198.51.100.7 dev eth1
 }
 @
}
";

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "vrrp_instance/use_vmac",
        base: INSTANCE,
        without: "",
        with: "use_vmac vv0 group 7",
        heard: &[],
        sees: &[
            "+ makes vv0 on eth0 for V4, 00:00:5e:00:01:33, group Some(7)",
            "+ advert 192.0.2.10 … by vv0",
            "+ adds … 192.0.2.100 … \"vv0\"",
        ],
    },
    Proof {
        row: "vrrp_instance/use_vmac_addr",
        base: INSTANCE,
        without: "",
        with: "use_vmac_addr",
        heard: &[],
        sees: &["+ makes vrrp.51 on eth1", "+ adds … \"vrrp.51\""],
    },
    Proof {
        row: "vrrp_instance/vmac_xmit_base",
        base: INSTANCE,
        without: "use_vmac",
        with: "use_vmac\n vmac_xmit_base",
        heard: &[],
        sees: &[
            "+ advert 192.0.2.10 … by eth0",
            "- advert 192.0.2.10 … by vrrp.51",
        ],
    },
    Proof {
        row: "vrrp_instance/use_ipvlan",
        base: INSTANCE,
        without: "",
        with: "use_ipvlan vepa ipv0 group 5 192.0.2.77/24",
        heard: &[],
        sees: &[
            "+ makes ipv0 on eth0 for V4, ipvlan Vepa with Some(\"192.0.2.77/24\"), IPv6 false, group Some(5)",
            "+ advert 192.0.2.77 … by ipv0",
        ],
    },
    Proof {
        row: "virtual_ipaddress#line/use_vmac",
        base: "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n  192.0.2.100 @\n }\n}\n",
        without: "",
        with: "use_vmac vip0 group 3",
        heard: &[],
        sees: &["+ makes vip0 on eth0 … group Some(3)", "+ adds … \"vip0\""],
    },
    Proof {
        row: "virtual_ipaddress_excluded#line/use_vmac",
        base: "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n  192.0.2.100\n }\n virtual_ipaddress_excluded {\n  2001:db8::7/64 @\n }\n}\n",
        without: "",
        with: "use_vmac",
        heard: &[],
        sees: &["+ makes vrrp.51 on eth0 for V6, 00:00:5e:00:02:33"],
    },
    Proof {
        row: "global_defs/vmac_prefix",
        base: "global_defs {\n @\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n use_vmac\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "vmac_prefix vm",
        heard: &[],
        sees: &["+ makes vm.51 on eth0", "- makes vrrp.51 on eth0"],
    },
    Proof {
        row: "global_defs/vmac_addr_prefix",
        base: "global_defs {\n @\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n use_vmac\n virtual_ipaddress {\n  192.0.2.100\n }\n virtual_ipaddress_excluded {\n  198.51.100.7 dev eth1 use_vmac\n }\n}\n",
        without: "",
        with: "vmac_addr_prefix va",
        heard: &[],
        sees: &["+ makes va.51 on eth1", "- makes vrrp1.51 on eth1"],
    },
];
