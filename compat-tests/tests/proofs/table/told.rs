//! Pipes: who is told what; and what the parent runs.

use super::globals::NODE;
use crate::Proof;
use crate::peers::{Heard, PEER};

const PIPED: &str = "\
global_defs {
 notify_fifo /run/all
 @
}
vrrp_script flap {
 script /usr/bin/true
 interval 2
 weight 20
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 track_script {
  flap
 }
 virtual_ipaddress {
  192.0.2.100
 }
}
";
const INSTANCE: &str = "\
global_defs {
 notify_fifo /run/all
}
vrrp_script flap {
 script /usr/bin/true
 interval 2
 weight 20
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 100
 @
 track_script {
  flap
 }
 virtual_ipaddress {
  192.0.2.100
 }
}
";
const GROUP: &str = "\
global_defs {
 notify_fifo /run/all
}
vrrp_script flap {
 script /usr/bin/true
 interval 2
 weight 20
}
vrrp_sync_group G {
 group {
  A
 }
 track_script {
  flap
 }
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

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        row: "global_defs/notify_ordered",
        base: NODE,
        without: "",
        with: "notify_ordered",
        heard: &[],
        sees: &["+ notify commands wait for each other: true"],
    },
    Proof {
        row: "global_defs/sentinel",
        base: NODE,
        without: "",
        with: "sentinel",
        heard: &[],
        sees: &["+ a sentinel watches: true"],
    },
    Proof {
        row: "global_defs/process_names",
        base: NODE,
        without: "",
        with: "process_names",
        heard: &[],
        sees: &[
            "+ processes are called … vrrp: \"keepalived_vrrp\" … checkers: \"keepalived_ipvs\" … bfd: \"keepalived_bfd\"",
        ],
    },
    Proof {
        row: "global_defs/process_name",
        base: NODE,
        without: "",
        with: "process_name kad",
        heard: &[],
        sees: &["+ processes are called … parent: \"kad\""],
    },
    Proof {
        row: "global_defs/vrrp_process_name",
        base: NODE,
        without: "",
        with: "vrrp_process_name kad",
        heard: &[],
        sees: &["+ processes are called … vrrp: \"kad\""],
    },
    Proof {
        row: "global_defs/checker_process_name",
        base: NODE,
        without: "",
        with: "checker_process_name kad",
        heard: &[],
        sees: &["+ processes are called … checkers: \"kad\""],
    },
    Proof {
        row: "global_defs/lvs_process_name",
        base: NODE,
        without: "",
        with: "lvs_process_name kad",
        heard: &[],
        sees: &["+ processes are called … checkers: \"kad\""],
    },
    Proof {
        row: "global_defs/bfd_process_name",
        base: NODE,
        without: "",
        with: "bfd_process_name kad",
        heard: &[],
        sees: &["+ processes are called … bfd: \"kad\""],
    },
    Proof {
        row: "global_defs/reload_file",
        base: NODE,
        without: "",
        with: "reload_file /run/reading",
        heard: &[],
        sees: &["+ reloads are followed … marker: Some(At(\"/run/reading\"))"],
    },
    Proof {
        row: "global_defs/reload_time_file",
        base: NODE,
        without: "",
        with: "reload_time_file /run/at",
        heard: &[],
        sees: &["+ reloads are followed … time: Some(\"/run/at\")"],
    },
    Proof {
        row: "global_defs/reload_repeat",
        base: NODE,
        without: "reload_time_file /run/at",
        with: "reload_time_file /run/at\n reload_repeat",
        heard: &[],
        sees: &["+ reloads are followed … repeat: true"],
    },
    Proof {
        row: "global_defs/notify_fifo",
        base: NODE,
        without: "",
        with: "notify_fifo /run/all www-data",
        heard: &[Heard {
            priority: 50,
            ..PEER
        }],
        sees: &[
            "+ writes INSTANCE \"A\" BACKUP 100 to … /run/all … owner: Some((33, 33))",
            "+ writes INSTANCE \"A\" MASTER 100",
            "+ writes INSTANCE \"A\" MASTER_RX_LOWER_PRI 100",
            "+ writes INSTANCE \"A\" STOP 100",
        ],
    },
    Proof {
        row: "global_defs/notify_fifo_script",
        base: "global_defs {\n notify_fifo /run/all\n @\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "notify_fifo_script \"/usr/bin/reads all\"",
        heard: &[],
        sees: &["+ writes … reader: Some … /usr/bin/reads"],
    },
    Proof {
        row: "global_defs/vrrp_notify_fifo",
        base: NODE,
        without: "",
        with: "vrrp_notify_fifo /run/own",
        heard: &[],
        sees: &["+ writes INSTANCE \"A\" MASTER 100 to … /run/own"],
    },
    Proof {
        row: "global_defs/vrrp_notify_fifo_script",
        base: "global_defs {\n vrrp_notify_fifo /run/own\n @\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n virtual_ipaddress {\n  192.0.2.100\n }\n}\n",
        without: "",
        with: "vrrp_notify_fifo_script /usr/bin/reads",
        heard: &[],
        sees: &["+ writes … reader: Some … /usr/bin/reads"],
    },
    Proof {
        row: "global_defs/vrrp_notify_priority_changes",
        base: PIPED,
        without: "",
        with: "vrrp_notify_priority_changes",
        heard: &[],
        sees: &["+ 50.010 writes INSTANCE \"A\" MASTER_PRIORITY 100"],
    },
    Proof {
        row: "global_defs/fifo_write_vrrp_states_on_reload",
        base: PIPED,
        without: "",
        with: "fifo_write_vrrp_states_on_reload",
        heard: &[],
        sees: &["+ repeats INSTANCE \"A\" MASTER 120"],
    },
    Proof {
        row: "vrrp_instance/notify_priority_changes",
        base: INSTANCE,
        without: "",
        with: "notify_priority_changes",
        heard: &[],
        sees: &[
            "+ writes INSTANCE \"A\" BACKUP_PRIORITY 120",
            "+ 50.010 writes INSTANCE \"A\" MASTER_PRIORITY 100",
        ],
    },
    Proof {
        row: "vrrp_sync_group/notify_priority_changes",
        base: GROUP,
        without: "",
        with: "notify_priority_changes",
        heard: &[],
        sees: &["+ 50.010 writes INSTANCE \"A\" MASTER_PRIORITY 100"],
    },
    Proof {
        row: "global_defs/startup_script",
        base: NODE,
        without: "",
        with: "startup_script /usr/bin/first",
        heard: &[],
        sees: &["+ first runs [/usr/bin/first] … for at most 10s"],
    },
    Proof {
        row: "global_defs/startup_script_timeout",
        base: NODE,
        without: "startup_script /usr/bin/first",
        with: "startup_script /usr/bin/first\n startup_script_timeout 5",
        heard: &[],
        sees: &["+ first runs [/usr/bin/first] … for at most 5s"],
    },
    Proof {
        row: "global_defs/shutdown_script",
        base: NODE,
        without: "",
        with: "shutdown_script /usr/bin/last",
        heard: &[],
        sees: &["+ last runs [/usr/bin/last] … for at most 10s"],
    },
    Proof {
        row: "global_defs/shutdown_script_timeout",
        base: NODE,
        without: "shutdown_script /usr/bin/last",
        with: "shutdown_script /usr/bin/last\n shutdown_script_timeout 5",
        heard: &[],
        sees: &["+ last runs [/usr/bin/last] … for at most 5s"],
    },
];
