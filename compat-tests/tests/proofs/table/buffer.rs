//! Receive buffers.

use super::globals::NODE;
use crate::Proof;

const PLAIN: &str = "global_defs {\n @\n}\n";

const ADVERTS: &str = "\
global_defs {
 vrrp_rx_bufs_policy ADVERT
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
}
";

const OWN: &str = "\
global_defs {
 vrrp_rx_bufs_policy 1000
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 @
 virtual_ipaddress {
  192.0.2.100
 }
}
";

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "global_defs/vrrp_netlink_cmd_rcv_bufs",
        base: PLAIN,
        without: "",
        with: "vrrp_netlink_cmd_rcv_bufs 100000",
        heard: &[],
        sees: &[
            "+ sockets to the kernel … vrrp_command: Some(Buffer { bytes: 100000, force: false",
        ],
    },
    Proof {
        row: "global_defs/vrrp_netlink_cmd_rcv_bufs_force",
        base: "global_defs {\n vrrp_netlink_cmd_rcv_bufs 100000\n @\n}\n",
        without: "",
        with: "vrrp_netlink_cmd_rcv_bufs_force",
        heard: &[],
        sees: &["+ sockets to the kernel … vrrp_command: Some(Buffer { bytes: 100000, force: true"],
    },
    Proof {
        row: "global_defs/vrrp_netlink_monitor_rcv_bufs",
        base: PLAIN,
        without: "",
        with: "vrrp_netlink_monitor_rcv_bufs 100000",
        heard: &[],
        sees: &[
            "+ sockets to the kernel … vrrp_monitor: Some(Buffer { bytes: 100000, force: false",
        ],
    },
    Proof {
        row: "global_defs/vrrp_netlink_monitor_rcv_bufs_force",
        base: "global_defs {\n vrrp_netlink_monitor_rcv_bufs 100000\n @\n}\n",
        without: "",
        with: "vrrp_netlink_monitor_rcv_bufs_force",
        heard: &[],
        sees: &["+ sockets to the kernel … vrrp_monitor: Some(Buffer { bytes: 100000, force: true"],
    },
    Proof {
        row: "global_defs/lvs_netlink_cmd_rcv_bufs",
        base: PLAIN,
        without: "",
        with: "lvs_netlink_cmd_rcv_bufs 100000",
        heard: &[],
        sees: &["+ sockets to the kernel … lvs_command: Some(Buffer { bytes: 100000, force: false"],
    },
    Proof {
        row: "global_defs/lvs_netlink_cmd_rcv_bufs_force",
        base: "global_defs {\n lvs_netlink_cmd_rcv_bufs 100000\n @\n}\n",
        without: "",
        with: "lvs_netlink_cmd_rcv_bufs_force",
        heard: &[],
        sees: &["+ sockets to the kernel … lvs_command: Some(Buffer { bytes: 100000, force: true"],
    },
    Proof {
        row: "global_defs/process_monitor_rcv_bufs",
        base: PLAIN,
        without: "",
        with: "process_monitor_rcv_bufs 100000",
        heard: &[],
        sees: &[
            "+ sockets to the kernel … process_monitor: Some(Buffer { bytes: 100000, force: false",
        ],
    },
    Proof {
        row: "global_defs/process_monitor_rcv_bufs_force",
        base: "global_defs {\n process_monitor_rcv_bufs 100000\n @\n}\n",
        without: "",
        with: "process_monitor_rcv_bufs_force",
        heard: &[],
        sees: &[
            "+ sockets to the kernel … process_monitor: Some(Buffer { bytes: 100000, force: true",
        ],
    },
    Proof {
        row: "global_defs/vrrp_rx_bufs_policy",
        base: NODE,
        without: "",
        with: "vrrp_rx_bufs_policy MTU",
        heard: &[],
        sees: &["+ … adds Some(4500) to its receive buffer"],
    },
    Proof {
        row: "global_defs/vrrp_rx_bufs_multiplier",
        base: ADVERTS,
        without: "",
        with: "vrrp_rx_bufs_multiplier 10",
        heard: &[],
        sees: &["+ … adds Some(400) to its receive buffer"],
    },
    Proof {
        row: "vrrp_instance/kernel_rx_buf_size",
        base: OWN,
        without: "",
        with: "kernel_rx_buf_size 65536",
        heard: &[],
        sees: &["+ … adds Some(65536) to its receive buffer"],
    },
];
