//! What is dropped, and where that is told to the kernel.

use crate::Proof;

const INSTANCE: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 version 3
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
 @
}
";
const GLOBAL: &str = "\
global_defs {
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 version 3
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
}
";

const GROUP: &str = "\
global_defs {
 @
}
virtual_server_group G {
 192.0.2.101 80
 192.0.2.102
}
virtual_server group G {
 protocol TCP
 delay_loop 3
 lb_algo rr
 lvs_method NAT
 real_server 10.0.0.1 80 {
 }
}
";

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "vrrp_instance/no_accept",
        base: INSTANCE,
        without: "",
        with: "no_accept",
        heard: &[],
        sees: &["+ packets to addresses of A are dropped: true"],
    },
    Proof {
        row: "vrrp_instance/accept",
        base: INSTANCE,
        without: "no_accept",
        with: "no_accept\n accept",
        heard: &[],
        sees: &["+ packets to addresses of A are dropped: false"],
    },
    Proof {
        row: "vrrp_instance/strict_mode",
        base: INSTANCE,
        without: "",
        with: "strict_mode",
        heard: &[],
        sees: &["+ packets to addresses of A are dropped: true"],
    },
    Proof {
        row: "global_defs/vrrp_strict",
        base: GLOBAL,
        without: "",
        with: "vrrp_strict",
        heard: &[],
        sees: &["+ packets to addresses of A are dropped: true"],
    },
    Proof {
        row: "global_defs/nftables",
        base: GLOBAL,
        without: "",
        with: "nftables mine",
        heard: &[],
        sees: &["+ drops in mine at -1"],
    },
    Proof {
        row: "global_defs/nftables_priority",
        base: GLOBAL,
        without: "",
        with: "nftables_priority -5",
        heard: &[],
        sees: &["+ drops in keepalived at -5"],
    },
    Proof {
        row: "global_defs/nftables_ifindex",
        base: GLOBAL,
        without: "",
        with: "nftables_ifindex",
        heard: &[],
        sees: &["+ by index true"],
    },
    Proof {
        row: "global_defs/nftables_counters",
        base: GLOBAL,
        without: "",
        with: "nftables_counters",
        heard: &[],
        sees: &["+ counted true"],
    },
    Proof {
        row: "global_defs/nftables_ipvs",
        base: GROUP,
        without: "",
        with: "nftables_ipvs mine",
        heard: &[],
        sees: &[
            "+ marks in mine at -1",
            "+ 192.0.2.101 … ports: (80, 80), mark: 1000",
            "+ 192.0.2.102 … ports: (0, 65535), mark: 1000",
            "+ AddService … mark: 1000",
            "- AddService … 192.0.2.101",
        ],
    },
    Proof {
        row: "global_defs/nftables_ipvs_priority",
        base: GROUP,
        without: "nftables_ipvs",
        with: "nftables_ipvs\n nftables_ipvs_priority 5",
        heard: &[],
        sees: &["+ marks in keepalived_ipvs at 5"],
    },
    Proof {
        row: "global_defs/nftables_ipvs_start_fwmark",
        base: GROUP,
        without: "nftables_ipvs",
        with: "nftables_ipvs\n nftables_ipvs_start_fwmark 77",
        heard: &[],
        sees: &["+ mark: 77", "+ AddService … mark: 77"],
    },
];
