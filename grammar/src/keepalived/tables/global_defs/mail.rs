//! `global_defs`: mail and pipes.

use super::set::{Set, flag, script, switch, text};
use super::special;
use crate::ast::Ast;
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Problem, Repeat};

/// The rows.
pub(super) const ROWS: [Keyword<Ast>; 19] = [
    Keyword::block(
        "notification_email",
        "{ <ADDR>... }",
        (0, Some(0)),
        special::recipients,
        "Who gets the mails about changes of state, one address a line.",
    )
    .excess_is_error()
    .default("none")
    .samples(&[""], &[]),
    Keyword::set(
        "router_id",
        "<STRING>",
        (1, Some(1)),
        router_id,
        "Name of this node in mails, SNMP and IPVS sync.",
    )
    .default("host name")
    .missing_is_reported()
    .samples(&["node1"], &[""]),
    Keyword::set(
        "notification_email_from",
        "<ADDR>",
        (1, Some(1)),
        |ast: &mut Ast, args| text(&mut ast.process.mail.from, args),
        "Sender of the mails about changes of state.",
    )
    .default("user@host")
    .missing_is_reported()
    .samples(&["lb@example.com"], &[""]),
    Keyword::set(
        "smtp_server",
        "<HOST|IPADDR> [<PORT>]",
        (1, None),
        |ast: &mut Ast, args| special::mail_server(&mut ast.process, args),
        "Mail relay for alerts.",
    )
    .default("none, port 25")
    .samples(
        &["192.0.2.25", "192.0.2.25 587", "localhost 25"],
        &["", "192.0.2.25 0", "192.0.2.25 x", "192.0.2.25 65536"],
    ),
    Keyword::set(
        "smtp_helo_name",
        "<NAME>",
        (0, Some(1)),
        helo_name,
        "Name that is given to the mail relay in HELO.",
    )
    .default("local host name")
    .since("1.2.20")
    .samples(&["lb.example.com"], &[]),
    Keyword::set(
        "smtp_connect_timeout",
        "<SECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| special::mail_timeout(&mut ast.process, args),
        "Connection limit towards the relay.",
    )
    .default("30")
    .samples(&["30"], &["", "0", "x", "4295"]),
    Keyword::set(
        "smtp_alert",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.process.mail.alert, args),
        "Default alert switch for VRRP and checkers.",
    )
    .default("unset")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "smtp_alert_vrrp",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.process.mail.alert_vrrp, args),
        "Whether instances and sync groups send mails unless they say otherwise themselves.",
    )
    .default("unset")
    .since("2.0.0")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "smtp_alert_checker",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.process.mail.alert_checker, args),
        "Whether virtual servers send mails unless they say otherwise themselves.",
    )
    .default("unset")
    .since("2.0.0")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "no_email_faults",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.mail.no_faults),
        "Send no mail when an instance goes to FAULT.",
    )
    .default("off")
    .since("2.0.0")
    .samples(&[""], &[]),
    Keyword::set(
        "no_checker_emails",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| {
            ast.process.mail.no_checkers = value::switch(args)?;
            Ok(())
        },
        "A check sends mail only when its server comes up or goes down by it.",
    )
    .default("off")
    .since("2.0.0")
    .samples(&["", "on"], &["x"]),
    Keyword::set(
        "notify_fifo",
        "<PATH> [<USER> [<GROUP>]]",
        (1, Some(3)),
        |ast: &mut Ast, args| special::fifo(&mut ast.process.fifos.all, args),
        "Pipe receiving all VRRP and checker events.",
    )
    .repeat(Repeat::First)
    .default("none")
    .since("1.3.6")
    .missing_is_reported()
    .samples(
        &["/tmp/events", "/tmp/events root", "/tmp/events root root"],
        &[""],
    ),
    Keyword::set(
        "notify_fifo_script",
        "<CMD> [<USER> [<GROUP>]]",
        (1, None),
        |ast: &mut Ast, args| script(&mut ast.process.fifos.all.script, args),
        "Program started to read it, the pipe path is appended as argument.",
    )
    .repeat(Repeat::First)
    .default("none")
    .since("1.3.6")
    .missing_is_reported()
    .samples(&["/usr/bin/true", "/usr/bin/true root root"], &[""]),
    Keyword::set(
        "vrrp_notify_fifo",
        "<PATH> [<USER> [<GROUP>]]",
        (1, Some(3)),
        |ast: &mut Ast, args| special::fifo(&mut ast.process.fifos.vrrp, args),
        "Named pipe that gets a line for each change of state of an instance or group.",
    )
    .repeat(Repeat::First)
    .default("none")
    .since("1.3.6")
    .missing_is_reported()
    .samples(
        &["/tmp/events", "/tmp/events root", "/tmp/events root root"],
        &[""],
    ),
    Keyword::set(
        "vrrp_notify_fifo_script",
        "<CMD> [<USER> [<GROUP>]]",
        (1, None),
        |ast: &mut Ast, args| script(&mut ast.process.fifos.vrrp.script, args),
        "Program that is started to read vrrp_notify_fifo.",
    )
    .repeat(Repeat::First)
    .default("none")
    .since("1.3.6")
    .missing_is_reported()
    .samples(&["/usr/bin/true", "/usr/bin/true root root"], &[""]),
    Keyword::set(
        "lvs_notify_fifo",
        "<PATH> [<USER> [<GROUP>]]",
        (1, Some(3)),
        |ast: &mut Ast, args| special::fifo(&mut ast.process.fifos.lvs, args),
        "Pipe for checker events.",
    )
    .repeat(Repeat::First)
    .default("none")
    .since("1.3.6")
    .missing_is_reported()
    .samples(
        &["/tmp/events", "/tmp/events root", "/tmp/events root root"],
        &[""],
    ),
    Keyword::set(
        "lvs_notify_fifo_script",
        "<CMD> [<USER> [<GROUP>]]",
        (1, None),
        |ast: &mut Ast, args| script(&mut ast.process.fifos.lvs.script, args),
        "Program that is started to read lvs_notify_fifo.",
    )
    .repeat(Repeat::First)
    .default("none")
    .since("1.3.6")
    .missing_is_reported()
    .samples(&["/usr/bin/true", "/usr/bin/true root root"], &[""]),
    Keyword::set(
        "vrrp_notify_priority_changes",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.process.fifos.priority_changes, args),
        "Also write MASTER_PRIORITY / BACKUP_PRIORITY lines.",
    )
    .default("off")
    .since("2.0.16")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "fifo_write_vrrp_states_on_reload",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.fifos.states_on_reload),
        "Repeat current states to the pipe after a reload.",
    )
    .default("off")
    .since("2.2.5")
    .samples(&[""], &[]),
];

fn router_id(ast: &mut Ast, args: &Args<'_>) -> Set {
    text(&mut ast.process.router_id, args)
}

/// The original passes over a missing name in silence.
fn helo_name(ast: &mut Ast, args: &Args<'_>) -> Set {
    if args.words.is_empty() {
        let message = "smtp_helo_name: argument missing";
        args.report(Problem::warning("missing-argument", message));
        return Ok(());
    }
    text(&mut ast.process.mail.helo_name, args)
}
