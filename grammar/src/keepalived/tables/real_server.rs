//! `real_server`.

use crate::ast::leaf::{Node as _, Spanned};
use crate::ast::lvs::{Check, RealServer, TcpCheck};
use crate::keepalived::command::command;
use crate::keepalived::lower::{self, lower};
use crate::keepalived::tables::lvs_method::method;
use crate::keepalived::tables::{
    NOT_YET, SWITCH, checks, http_get, join, kept, kept_switch, schedule, tcp_check,
};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

/// `real_server`
pub static REAL_SERVER: Table<RealServer> = Table {
    block: "virtual_server/real_server",
    rows: {
        const ROWS: [Keyword<RealServer>; 26] = join(&schedule::inherited(), &OWN);
        &ROWS
    },
};

const ONE: (usize, Option<usize>) = (1, Some(1));
const NONE: (usize, Option<usize>) = (0, Some(0));

const OWN: [Keyword<RealServer>; 21] = [
    Keyword::set(
        "alpha",
        SWITCH,
        (0, Some(1)),
        schedule::alpha,
        "The server counts as down until its checks have succeeded once.",
    )
    .default("of the service")
    .samples(&["", "on", "off"], &["maybe"]),
    Keyword::set("weight", "<N>", ONE, weight, "Weight, 0 to 65535.").default("1"),
    Keyword::set(
        "inhibit_on_failure",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        inhibit,
        "Set weight 0 instead of removing.",
    )
    .default("off"),
    Keyword::set(
        "lvs_method",
        "NAT|DR|TUN [type ipip|gue port <N>|gre [nocsum|csum|remcsum]]",
        (1, None),
        lvs_method,
        "Forwarding method.",
    )
    .default("of the service")
    .since("1.2.20"),
    Keyword::set(
        "notify_up",
        "<CMD>",
        (1, None),
        notify_up,
        "Run when the server comes up.",
    )
    .accepted(NOT_YET),
    Keyword::set(
        "notify_down",
        "<CMD>",
        (1, None),
        notify_down,
        "Run when the server goes down.",
    )
    .accepted(NOT_YET),
    Keyword::block("TCP_CHECK", "{ ... }", NONE, tcp, "Connect check."),
    kept_check("HTTP_GET", http, "HTTP check."),
    kept_check("SSL_GET", https, "HTTPS check."),
    kept_check("SMTP_CHECK", smtp, "Mail server check."),
    kept_check("DNS_CHECK", dns, "Name server check.").since("1.3.0"),
    kept_check("MISC_CHECK", misc, "Command check."),
    kept_check("BFD_CHECK", bfd, "BFD session check.").since("2.0.0"),
    kept_check("UDP_CHECK", udp, "Datagram check.").since("2.1.0"),
    kept_check("PING_CHECK", ping, "ICMP echo check.").since("2.1.0"),
    kept_check("FILE_CHECK", file, "Tracked file check.").since("2.1.0"),
    kept_switch("smtp_alert", "Mail on change.").default("global"),
    kept("virtualhost", "<NAME>", ONE, "Default Host header.").default("none"),
    kept("snmp_name", "<NAME>", ONE, "Name shown in SNMP.")
        .default("none")
        .since("2.2.3"),
    kept("uthreshold", "<N>", ONE, "Upper connection threshold.").default("0"),
    kept("lthreshold", "<N>", ONE, "Lower connection threshold.").default("0"),
];

type Set = Result<(), Problem>;
type Lower = fn(&mut RealServer, &Args<'_>, &Block, &mut Lowering<'_>) -> Set;

const fn kept_check(name: &'static str, lower: Lower, doc: &'static str) -> Keyword<RealServer> {
    Keyword::block(name, "{ ... }", NONE, lower, doc).accepted(NOT_YET)
}

fn weight(server: &mut RealServer, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Real server weight {word} is outside range 0-65535");
    server.weight = Some(value::integer(args, 0, 0..=65_535, invalid)?);
    Ok(())
}

fn inhibit(server: &mut RealServer, args: &Args<'_>) -> Set {
    server.inhibit_on_failure = Some(value::switch(args)?);
    Ok(())
}

fn lvs_method(server: &mut RealServer, args: &Args<'_>) -> Set {
    server.method = method(args)?;
    Ok(())
}

fn notify_up(server: &mut RealServer, args: &Args<'_>) -> Set {
    server.notify_up = Some(command(args)?);
    Ok(())
}

fn notify_down(server: &mut RealServer, args: &Args<'_>) -> Set {
    server.notify_down = Some(command(args)?);
    Ok(())
}

fn tcp(
    server: &mut RealServer,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut check = TcpCheck::default();
    lower(&tcp_check::TCP_CHECK, &mut check, block, lowering);
    let check = Check::Tcp(check);
    server.checks.push(Spanned::new(check, args.name.span));
    Ok(())
}

macro_rules! kept_checks {
    ($($name:ident: $table:path;)*) => {$(
        fn $name(
            server: &mut RealServer,
            args: &Args<'_>,
            block: &Block,
            lowering: &mut Lowering<'_>,
        ) -> Set {
            server.keep(lower::kept_block(&$table, args, block, lowering));
            Ok(())
        }
    )*};
}

kept_checks! {
    http: http_get::HTTP_GET;
    https: http_get::SSL_GET;
    smtp: checks::SMTP_CHECK;
    dns: checks::DNS_CHECK;
    misc: checks::MISC_CHECK;
    bfd: checks::BFD_CHECK;
    udp: checks::UDP_CHECK;
    ping: checks::PING_CHECK;
    file: checks::FILE_CHECK;
}
