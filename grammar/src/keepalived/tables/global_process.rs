//! `global_defs`: processes, scripts, files. Understood, not acted on yet.

use crate::ast::Ast;
use crate::keepalived::tables::global_defs::{kept_global, kept_global_switch};
use crate::keyword::Keyword;

/// The rows.
pub(super) static ROWS: [Keyword<Ast>; 55] = [
    kept_global_switch("process_names", "Give each child its own process title.")
        .default("off")
        .since("2.0.16"),
    kept_global(
        "process_name",
        "<NAME>",
        (1, Some(1)),
        "Title of the parent.",
    )
    .default("keepalived")
    .since("2.0.16"),
    kept_global(
        "vrrp_process_name",
        "<NAME>",
        (1, Some(1)),
        "Title of the VRRP child.",
    )
    .default("keepalived_vrrp")
    .since("2.0.16"),
    kept_global(
        "checker_process_name",
        "<NAME>",
        (1, Some(1)),
        "Title of the checker child.",
    )
    .default("keepalived_ipvs")
    .since("2.2.0"),
    kept_global(
        "lvs_process_name",
        "<NAME>",
        (1, Some(1)),
        "Older name of checker_process_name. Deprecated.",
    )
    .since("2.0.16"),
    kept_global(
        "bfd_process_name",
        "<NAME>",
        (1, Some(1)),
        "Title of the BFD child.",
    )
    .default("keepalived_bfd")
    .since("2.0.16"),
    kept_global_switch(
        "use_symlink_paths",
        "Execute scripts through the configured symlink path instead of the resolved path.",
    )
    .default("off")
    .since("2.3.0"),
    kept_global_switch(
        "set_supplementary_groups",
        "Give scripts the supplementary groups of their user.",
    )
    .default("off")
    .since("after 2.4.3"),
    kept_global(
        "umask",
        "<OCTAL> | IRUSR|IWUSR|...",
        (1, None),
        "File creation mask (files written by the daemon).",
    )
    .default("0177")
    .since("2.0.9"),
    kept_global(
        "max_auto_priority",
        "[<PRIO>]",
        (0, None),
        "Highest real-time priority the daemon may raise itself to when it misses deadlines.",
    )
    .default("0 (never)")
    .since("2.1.0"),
    kept_global(
        "min_auto_priority_delay",
        "<MICROSECS>",
        (1, Some(1)),
        "How late a timer must be before a raise.",
    )
    .default("1000000")
    .since("2.1.0"),
    kept_global(
        "vrrp_priority",
        "<NICE>",
        (1, Some(1)),
        "Nice value of the VRRP child.",
    )
    .default("0")
    .since("1.2.20"),
    kept_global(
        "checker_priority",
        "<NICE>",
        (1, Some(1)),
        "Nice value of the checker child.",
    )
    .default("0")
    .since("1.2.20"),
    kept_global(
        "bfd_priority",
        "<NICE>",
        (1, Some(1)),
        "Nice value of the BFD child.",
    )
    .default("0")
    .since("2.0.0"),
    kept_global("vrrp_no_swap", "", (0, Some(0)), "Lock VRRP child memory.")
        .default("off")
        .since("1.2.20"),
    kept_global("checker_no_swap", "", (0, Some(0)), "Lock checker memory.")
        .default("off")
        .since("1.2.20"),
    kept_global("bfd_no_swap", "", (0, Some(0)), "Lock BFD child memory.")
        .default("off")
        .since("2.0.0"),
    kept_global(
        "vrrp_rt_priority",
        "<N>",
        (1, Some(1)),
        "Real-time round-robin priority of the VRRP child.",
    )
    .default("off")
    .since("2.0.0"),
    kept_global(
        "checker_rt_priority",
        "<N>",
        (1, Some(1)),
        "Same for the checker.",
    )
    .default("off")
    .since("2.0.0"),
    kept_global("bfd_rt_priority", "<N>", (1, Some(1)), "Same for BFD.")
        .default("off")
        .since("2.0.0"),
    kept_global(
        "vrrp_cpu_affinity",
        "<CPU>...",
        (1, None),
        "CPUs the VRRP child may use.",
    )
    .default("all")
    .since("2.0.17"),
    kept_global(
        "checker_cpu_affinity",
        "<CPU>...",
        (1, None),
        "Same for the checker.",
    )
    .default("all")
    .since("2.0.17"),
    kept_global("bfd_cpu_affinity", "<CPU>...", (1, None), "Same for BFD.")
        .default("all")
        .since("2.0.17"),
    kept_global(
        "vrrp_rlimit_rttime",
        "<MICROSECS>",
        (1, Some(1)),
        "Real-time CPU limit without blocking.",
    )
    .default("10000")
    .since("2.1.0"),
    kept_global(
        "checker_rlimit_rttime",
        "<MICROSECS>",
        (1, Some(1)),
        "Same for the checker.",
    )
    .default("10000")
    .since("2.1.0"),
    kept_global(
        "bfd_rlimit_rttime",
        "<MICROSECS>",
        (1, Some(1)),
        "Same for BFD.",
    )
    .default("10000")
    .since("2.1.0"),
    kept_global(
        "vrrp_rlimit_rtime",
        "<MICROSECS>",
        (1, Some(1)),
        "Older spelling. Deprecated.",
    )
    .since("2.0.0"),
    kept_global(
        "checker_rlimit_rtime",
        "<MICROSECS>",
        (1, Some(1)),
        "Older spelling. Deprecated.",
    )
    .since("2.0.0"),
    kept_global(
        "bfd_rlimit_rtime",
        "<MICROSECS>",
        (1, Some(1)),
        "Older spelling. Deprecated.",
    )
    .since("2.0.0"),
    kept_global(
        "vrrp_netlink_cmd_rcv_bufs",
        "<BYTES>",
        (1, Some(1)),
        "Receive buffer of the netlink command socket.",
    )
    .default("system")
    .since("2.0.0"),
    kept_global_switch(
        "vrrp_netlink_cmd_rcv_bufs_force",
        "Exceed the system maximum for it.",
    )
    .default("off")
    .since("2.0.0"),
    kept_global(
        "vrrp_netlink_monitor_rcv_bufs",
        "<BYTES>",
        (1, Some(1)),
        "Receive buffer of the netlink monitor socket.",
    )
    .default("system")
    .since("2.0.0"),
    kept_global_switch(
        "vrrp_netlink_monitor_rcv_bufs_force",
        "Exceed the system maximum for it.",
    )
    .default("off")
    .since("2.0.0"),
    kept_global(
        "lvs_netlink_cmd_rcv_bufs",
        "<BYTES>",
        (1, Some(1)),
        "As above, checker child.",
    )
    .default("system")
    .since("2.0.0"),
    kept_global_switch("lvs_netlink_cmd_rcv_bufs_force", "As above, checker child.")
        .default("off")
        .since("2.0.0"),
    kept_global(
        "lvs_netlink_monitor_rcv_bufs",
        "<BYTES>",
        (1, Some(1)),
        "As above, checker child.",
    )
    .default("system")
    .since("2.0.0"),
    kept_global_switch(
        "lvs_netlink_monitor_rcv_bufs_force",
        "As above, checker child.",
    )
    .default("off")
    .since("2.0.0"),
    kept_global(
        "process_monitor_rcv_bufs",
        "<BYTES>",
        (1, Some(1)),
        "Buffer of the process-event socket used by track_process.",
    )
    .default("system")
    .since("2.0.11"),
    kept_global_switch(
        "process_monitor_rcv_bufs_force",
        "Exceed the system maximum for it.",
    )
    .default("off")
    .since("2.0.11"),
    kept_global(
        "reload_time_file",
        "<PATH>",
        (1, Some(1)),
        "File holding a time at which to reload by itself.",
    )
    .default("none")
    .since("2.1.0"),
    kept_global_switch(
        "reload_repeat",
        "Repeat the timed reload daily instead of removing the file.",
    )
    .default("off")
    .since("2.1.0"),
    kept_global(
        "reload_file",
        "[<PATH>]",
        (0, None),
        "File that exists while a reload is running.",
    )
    .default("off / pid directory keepalived.reload")
    .since("2.2.0"),
    kept_global(
        "config_save_dir",
        "<DIR>",
        (1, Some(1)),
        "Keep copies of the configuration as read.",
    )
    .default("none")
    .since("2.2.3"),
    kept_global(
        "tmp_config_directory",
        "<DIR>",
        (1, Some(1)),
        "Where the stripped configuration copy for the children is put; restart to change.",
    )
    .default("memory file")
    .since("2.2.0"),
    kept_global_switch(
        "data_use_instance",
        "Put the instance name into dump file names.",
    )
    .default("off")
    .since("2.2.3"),
    kept_global(
        "state_dump_file",
        "<PATH>|<DIR>/",
        (1, None),
        "Where the data dump is written.",
    )
    .default("keepalived.data in the temporary directory")
    .since("2.3.3"),
    kept_global(
        "stats_dump_file",
        "<PATH>|<DIR>/",
        (1, None),
        "Parsed, not honoured by upstream.",
    )
    .default("keepalived.stats in the temporary directory")
    .since("2.3.3"),
    kept_global(
        "json_dump_file",
        "<PATH>|<DIR>/",
        (1, None),
        "Parsed, not honoured by upstream.",
    )
    .default("keepalived.json in the temporary directory")
    .since("2.3.3"),
    kept_global(
        "json_version",
        "<N>",
        (1, Some(1)),
        "Shape of the JSON dump (2 adds track_process).",
    )
    .default("1")
    .since("2.2.8"),
    kept_global(
        "iproute_usr_dir",
        "<DIR>",
        (1, Some(1)),
        "Where vendor rt_tables and friends live.",
    )
    .default("build time")
    .since("2.3.2"),
    kept_global(
        "iproute_etc_dir",
        "<DIR>",
        (1, Some(1)),
        "Where local rt_tables and friends live.",
    )
    .default("build time")
    .since("2.3.2"),
    kept_global(
        "startup_script",
        "<CMD>",
        (1, Some(1)),
        "Run by the parent before children start.",
    )
    .default("none")
    .since("2.1.0"),
    kept_global(
        "startup_script_timeout",
        "<SECS>",
        (1, Some(1)),
        "Limit for it.",
    )
    .default("10")
    .since("2.1.0"),
    kept_global(
        "shutdown_script",
        "<CMD>",
        (1, Some(1)),
        "Run by the parent after children ended.",
    )
    .default("none")
    .since("2.1.0"),
    kept_global(
        "shutdown_script_timeout",
        "<SECS>",
        (1, Some(1)),
        "Limit for it.",
    )
    .default("10")
    .since("2.1.0"),
];
