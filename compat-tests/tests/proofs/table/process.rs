//! `global_defs`: how the processes run.

use super::globals::NODE;
use crate::Proof;

const LINKED: &str = "\
global_defs {
 script_user www-data
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
 notify /srv/link
}
";

const ROUTED: &str = "\
global_defs {
 @
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 virtual_ipaddress {
  192.0.2.100
 }
 virtual_routes {
  198.51.100.0/24 via 192.0.2.1 table blue
 }
}
";

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "global_defs/config_save_dir",
        base: NODE,
        without: "",
        with: "config_save_dir /var/saved",
        heard: &[],
        sees: &["+ configurations are kept in Some(\"/var/saved\")"],
    },
    Proof {
        row: "global_defs/iproute_usr_dir",
        base: ROUTED,
        without: "",
        with: "iproute_usr_dir /opt/iproute2",
        heard: &[],
        sees: &["+ adds … 7000"],
    },
    Proof {
        row: "global_defs/iproute_etc_dir",
        base: ROUTED,
        without: "",
        with: "iproute_etc_dir /opt/iproute2",
        heard: &[],
        sees: &["+ adds … 7000"],
    },
    Proof {
        row: "root/net_namespace",
        base: "@\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "net_namespace blue",
        heard: &[],
        sees: &["+ /run/keepalived/blue/vrrp.pid"],
    },
    Proof {
        row: "global_defs/vrrp_priority",
        base: NODE,
        without: "",
        with: "vrrp_priority -5",
        heard: &[],
        sees: &["+ VRRP runs … nice: Some(-5)"],
    },
    Proof {
        row: "global_defs/vrrp_no_swap",
        base: NODE,
        without: "",
        with: "vrrp_no_swap",
        heard: &[],
        sees: &["+ VRRP runs … no_swap: true"],
    },
    Proof {
        row: "global_defs/vrrp_rt_priority",
        base: NODE,
        without: "",
        with: "vrrp_rt_priority 7",
        heard: &[],
        sees: &["+ VRRP runs … real_time: Some(7)"],
    },
    Proof {
        row: "global_defs/vrrp_cpu_affinity",
        base: NODE,
        without: "",
        with: "vrrp_cpu_affinity 0 2",
        heard: &[],
        sees: &["+ VRRP runs … cpus: [0, 2]"],
    },
    Proof {
        row: "global_defs/vrrp_rlimit_rttime",
        base: NODE,
        without: "",
        with: "vrrp_rlimit_rttime 20000",
        heard: &[],
        sees: &["+ VRRP runs … run_limit: Some(20000)"],
    },
    Proof {
        row: "global_defs/vrrp_rlimit_rtime",
        base: NODE,
        without: "",
        with: "vrrp_rlimit_rtime 20000",
        heard: &[],
        sees: &["+ VRRP runs … run_limit: Some(20000)"],
    },
    Proof {
        row: "global_defs/checker_priority",
        base: NODE,
        without: "",
        with: "checker_priority -5",
        heard: &[],
        sees: &["+ checks run … nice: Some(-5)"],
    },
    Proof {
        row: "global_defs/checker_no_swap",
        base: NODE,
        without: "",
        with: "checker_no_swap",
        heard: &[],
        sees: &["+ checks run … no_swap: true"],
    },
    Proof {
        row: "global_defs/checker_rt_priority",
        base: NODE,
        without: "",
        with: "checker_rt_priority 7",
        heard: &[],
        sees: &["+ checks run … real_time: Some(7)"],
    },
    Proof {
        row: "global_defs/checker_cpu_affinity",
        base: NODE,
        without: "",
        with: "checker_cpu_affinity 0 2",
        heard: &[],
        sees: &["+ checks run … cpus: [0, 2]"],
    },
    Proof {
        row: "global_defs/checker_rlimit_rttime",
        base: NODE,
        without: "",
        with: "checker_rlimit_rttime 20000",
        heard: &[],
        sees: &["+ checks run … run_limit: Some(20000)"],
    },
    Proof {
        row: "global_defs/checker_rlimit_rtime",
        base: NODE,
        without: "",
        with: "checker_rlimit_rtime 20000",
        heard: &[],
        sees: &["+ checks run … run_limit: Some(20000)"],
    },
    Proof {
        row: "global_defs/bfd_priority",
        base: NODE,
        without: "",
        with: "bfd_priority -5",
        heard: &[],
        sees: &["+ BFD runs … nice: Some(-5)"],
    },
    Proof {
        row: "global_defs/bfd_no_swap",
        base: NODE,
        without: "",
        with: "bfd_no_swap",
        heard: &[],
        sees: &["+ BFD runs … no_swap: true"],
    },
    Proof {
        row: "global_defs/bfd_rt_priority",
        base: NODE,
        without: "",
        with: "bfd_rt_priority 7",
        heard: &[],
        sees: &["+ BFD runs … real_time: Some(7)"],
    },
    Proof {
        row: "global_defs/bfd_cpu_affinity",
        base: NODE,
        without: "",
        with: "bfd_cpu_affinity 0 2",
        heard: &[],
        sees: &["+ BFD runs … cpus: [0, 2]"],
    },
    Proof {
        row: "global_defs/bfd_rlimit_rttime",
        base: NODE,
        without: "",
        with: "bfd_rlimit_rttime 20000",
        heard: &[],
        sees: &["+ BFD runs … run_limit: Some(20000)"],
    },
    Proof {
        row: "global_defs/bfd_rlimit_rtime",
        base: NODE,
        without: "",
        with: "bfd_rlimit_rtime 20000",
        heard: &[],
        sees: &["+ BFD runs … run_limit: Some(20000)"],
    },
    Proof {
        row: "global_defs/max_auto_priority",
        base: NODE,
        without: "",
        with: "max_auto_priority 9",
        heard: &[],
        sees: &["+ VRRP runs … most: 9"],
    },
    Proof {
        row: "global_defs/min_auto_priority_delay",
        base: NODE,
        without: "",
        with: "min_auto_priority_delay 5000",
        heard: &[],
        sees: &["+ VRRP runs … late: 5ms"],
    },
    Proof {
        row: "global_defs/umask",
        base: NODE,
        without: "",
        with: "umask 022",
        heard: &[],
        sees: &["+ files are made less Some(18)"],
    },
    Proof {
        row: "global_defs/use_symlink_paths",
        base: LINKED,
        without: "",
        with: "use_symlink_paths",
        heard: &[],
        sees: &["+ from /srv/link"],
    },
    Proof {
        row: "global_defs/set_supplementary_groups",
        base: LINKED,
        without: "",
        with: "set_supplementary_groups",
        heard: &[],
        sees: &["+ of [33, 4]"],
    },
];
