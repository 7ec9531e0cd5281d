//! `global_defs`: buffers and files.

use super::set::{Set, lenient, number, switch, text};
use super::special;
use crate::ast::Ast;
use crate::keyword::{Args, Keyword, Repeat};

/// The rows.
pub(super) const ROWS: [Keyword<Ast>; 23] = [
    Keyword::set(
        "vrrp_netlink_cmd_rcv_bufs",
        "<BYTES>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.buffers.vrrp_command.size,
                args,
                0..=u32::MAX,
                "{name} size ({}) invalid",
            )
        },
        "Receive buffer, in bytes, of the socket that the \
         process of VRRP asks the kernel through; without it 1 MiB, if the system allows.",
    )
    .missing_is_reported()
    .default("system")
    .since("2.0.0")
    .samples(&["1000000"], &["", "x", "-1", "4294967296"]),
    Keyword::set(
        "vrrp_netlink_cmd_rcv_bufs_force",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.process.buffers.vrrp_command.force, args),
        "Let vrrp_netlink_cmd_rcv_bufs exceed what the system allows.",
    )
    .default("off")
    .since("2.0.0")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "vrrp_netlink_monitor_rcv_bufs",
        "<BYTES>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.buffers.vrrp_monitor.size,
                args,
                0..=u32::MAX,
                "{name} size ({}) invalid",
            )
        },
        "Receive buffer, in bytes, of the socket that tells \
         the process of VRRP of changes; raise it when messages were lost. Without it 1 MiB, if the \
         system allows.",
    )
    .missing_is_reported()
    .default("system")
    .since("2.0.0")
    .samples(&["1000000"], &["", "x", "-1", "4294967296"]),
    Keyword::set(
        "vrrp_netlink_monitor_rcv_bufs_force",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.process.buffers.vrrp_monitor.force, args),
        "Let vrrp_netlink_monitor_rcv_bufs exceed what the system allows.",
    )
    .default("off")
    .since("2.0.0")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "lvs_netlink_cmd_rcv_bufs",
        "<BYTES>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.buffers.lvs_command.size,
                args,
                0..=u32::MAX,
                "{name} size ({}) invalid",
            )
        },
        "Receive buffer, in bytes, of the socket that the \
         process of the checks asks the kernel through; without it 1 MiB, if the system allows.",
    )
    .missing_is_reported()
    .default("system")
    .since("2.0.0")
    .samples(&["1000000"], &["", "x", "-1", "4294967296"]),
    Keyword::set(
        "lvs_netlink_cmd_rcv_bufs_force",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.process.buffers.lvs_command.force, args),
        "Let lvs_netlink_cmd_rcv_bufs exceed what the system allows.",
    )
    .default("off")
    .since("2.0.0")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "lvs_netlink_monitor_rcv_bufs",
        "<BYTES>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.buffers.lvs_monitor.size,
                args,
                0..=u32::MAX,
                "{name} size ({}) invalid",
            )
        },
        "Receive buffer, in bytes, of the socket that tells \
         the process of the checks of changes.",
    )
    .missing_is_reported()
    .default("system")
    .since("2.0.0")
    .accepted(NO_MONITOR)
    .samples(&["1000000"], &["", "x", "-1", "4294967296"]),
    Keyword::set(
        "lvs_netlink_monitor_rcv_bufs_force",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.process.buffers.lvs_monitor.force, args),
        "Let lvs_netlink_monitor_rcv_bufs exceed what the system allows.",
    )
    .default("off")
    .since("2.0.0")
    .accepted(NO_MONITOR)
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "process_monitor_rcv_bufs",
        "<BYTES>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.buffers.process_monitor.size,
                args,
                0..=u32::MAX,
                "{name} size ({}) invalid",
            )
        },
        "Receive buffer, in bytes, of the socket that tells of processes to track_process; without it \
         4 MiB, if the system allows. Doubled after messages were lost.",
    )
    .missing_is_reported()
    .default("system")
    .since("2.0.11")
    .samples(&["1000000"], &["", "x", "-1", "4294967296"]),
    Keyword::set(
        "process_monitor_rcv_bufs_force",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.process.buffers.process_monitor.force, args),
        "Let process_monitor_rcv_bufs exceed what the system allows.",
    )
    .default("off")
    .since("2.0.11")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "reload_check_config",
        "[<LOGFILE>]",
        (0, Some(1)),
        reload_check_config,
        "Validate the new configuration in a child before a reload is carried out.",
    )
    .default("off")
    .since("2.2.0")
    .samples(&["", "/tmp/log"], &[]),
    Keyword::set(
        "reload_time_file",
        "<PATH>",
        (1, Some(1)),
        |ast: &mut Ast, args| text(&mut ast.process.files.reload_time, args),
        "File holding a time at which to reload by itself.",
    )
    .excess_is_error()
    .default("none")
    .since("2.1.0")
    .missing_is_reported()
    .samples(&["/tmp/at"], &[""]),
    Keyword::set(
        "reload_repeat",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| lenient(&mut ast.process.files.reload_repeat, args),
        "Repeat the timed reload daily instead of removing the file.",
    )
    .default("off")
    .since("2.1.0")
    .samples(&["", "on", "off"], &[]),
    Keyword::set(
        "reload_file",
        "[<PATH>]",
        (0, None),
        |ast: &mut Ast, args| special::path(&mut ast.process.files.reload, args),
        "File that exists while a reload is running.",
    )
    .default("off / pid directory keepalived.reload")
    .since("2.2.0")
    .samples(&["", "/tmp/reloading"], &[]),
    Keyword::set(
        "config_save_dir",
        "<DIR>",
        (1, Some(1)),
        |ast: &mut Ast, args| text(&mut ast.process.files.config_save_dir, args),
        "Directory, made if it is not there, that keeps a copy of all files that were read at the \
         start and at each reload, without comments and indentation: keepalived.conf.PID.N, PID \
         being that of the process that had them read. The VRRP and BFD processes write their \
         state before and after reload N there, too: keepalived_vrrp.PID.N.pre and .post. All are \
         readable by root alone. Old ones are not removed. A `\\#` or `\\!` keeps its backslash, \
         which the original takes away.",
    )
    .default("none")
    .since("2.2.3")
    .samples(&["/tmp/saved"], &[""]),
    Keyword::set(
        "tmp_config_directory",
        "<DIR>",
        (1, Some(1)),
        |ast: &mut Ast, args| text(&mut ast.process.files.tmp_config_directory, args),
        "Where the stripped configuration copy for the children is put; restart to change.",
    )
    .repeat(Repeat::First)
    .missing_is_reported()
    .default("memory file")
    .since("2.2.0")
    .accepted("nothing is put there: the processes read the configuration from memory that only they share")
    .samples(&["/tmp"], &[""]),
    Keyword::set(
        "data_use_instance",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.process.files.data_use_instance, args),
        "Put the instance name into dump file names.",
    )
    .default("off")
    .since("2.2.3")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "state_dump_file",
        "<PATH>|<DIR>/",
        (1, None),
        |ast: &mut Ast, args| text(&mut ast.process.files.state_dump, args),
        "Where the state is written on SIGUSR1, in the original's layout. Of the global definitions \
         it shows the router id alone; passwords are masked; when an interface was last seen to \
         forward IPv6 is not remembered here; and there is no keepalived_parent.data.",
    )
    .default("keepalived.data in the temporary directory")
    .since("2.3.3")
    .samples(&["/tmp/state", "/tmp/"], &[""]),
    Keyword::set(
        "stats_dump_file",
        "<PATH>|<DIR>/",
        (1, None),
        |ast: &mut Ast, args| text(&mut ast.process.files.stats_dump, args),
        "Where the counters are written on SIGUSR2; keepalived itself takes no notice.",
    )
    .default("keepalived.stats in the temporary directory")
    .since("2.3.3")
    .samples(&["/tmp/stats"], &[""]),
    Keyword::set(
        "json_dump_file",
        "<PATH>|<DIR>/",
        (1, None),
        |ast: &mut Ast, args| text(&mut ast.process.files.json_dump, args),
        "Where the state is written as JSON; keepalived itself does not use it.",
    )
    .default("keepalived.json in the temporary directory")
    .since("2.3.3")
    .samples(&["/tmp/json"], &[""]),
    Keyword::set(
        "json_version",
        "<N>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.files.json_version,
                args,
                1..=2,
                "Invalid json_version '{}'",
            )
        },
        "Shape of the JSON dump (2 adds track_process).",
    )
    .default("1")
    .since("2.2.8")
    .samples(&["2", "1"], &["", "3", "0", "x"]),
    Keyword::set(
        "iproute_usr_dir",
        "<DIR>",
        (1, Some(1)),
        |ast: &mut Ast, args| text(&mut ast.process.files.iproute_usr_dir, args),
        "Where vendor rt_tables and friends live.",
    )
    .default("build time")
    .since("2.3.2")
    .samples(&["/usr/share/iproute2"], &[""]),
    Keyword::set(
        "iproute_etc_dir",
        "<DIR>",
        (1, Some(1)),
        |ast: &mut Ast, args| text(&mut ast.process.files.iproute_etc_dir, args),
        "Where local rt_tables and friends live.",
    )
    .default("build time")
    .since("2.3.2")
    .samples(&["/etc/iproute2"], &[""]),
];

const NO_MONITOR: &str =
    "the process of the checks asks for no such news: it has no socket for them";

fn reload_check_config(ast: &mut Ast, args: &Args<'_>) -> Set {
    special::path(&mut ast.process.reload_check_config, args)
}
