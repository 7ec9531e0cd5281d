//! `TCP_CHECK`.

use crate::ast::lvs::TcpCheck;
use crate::keepalived::tables::{join, kept, kept_switch, schedule};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Problem, Table};

/// `TCP_CHECK`
pub static TCP_CHECK: Table<TcpCheck> = Table {
    block: "virtual_server/real_server/TCP_CHECK",
    rows: {
        const SCHEDULE: [Keyword<TcpCheck>; 6] = schedule::rows();
        const ROWS: [Keyword<TcpCheck>; 13] = join(&SCHEDULE, &OWN);
        &ROWS
    },
};

const ONE: (usize, Option<usize>) = (1, Some(1));

const OWN: [Keyword<TcpCheck>; 7] = [
    Keyword::set(
        "connect_ip",
        "<IPADDR>",
        ONE,
        connect_ip,
        "Address to contact.",
    )
    .default("server address"),
    Keyword::set(
        "connect_port",
        "<PORT>",
        ONE,
        connect_port,
        "Port to contact.",
    )
    .default("server port"),
    Keyword::set("bindto", "<IPADDR>", ONE, bindto, "Local address.").default("any"),
    Keyword::set("bind_port", "<PORT>", ONE, bind_port, "Local port.")
        .default("any")
        .since("1.2.13"),
    kept("bind_if", "<IF>", ONE, "Local interface.")
        .default("any")
        .since("1.3.7"),
    kept("fwmark", "<N>", ONE, "Mark outgoing packets.")
        .default("none")
        .since("1.2.13"),
    kept_switch("log_all_failures", "Log each failed attempt.")
        .default("global")
        .since("2.0.11"),
];

type Set = Result<(), Problem>;

fn invalid_address(word: &str) -> String {
    format!("Invalid address '{word}' - ignoring")
}

fn invalid_port(word: &str) -> String {
    format!("Invalid port '{word}' - ignoring")
}

fn connect_ip(check: &mut TcpCheck, args: &Args<'_>) -> Set {
    check.connect_ip = Some(value::address(args, 0, invalid_address)?);
    Ok(())
}

fn connect_port(check: &mut TcpCheck, args: &Args<'_>) -> Set {
    check.connect_port = Some(value::integer(args, 0, 1..=u16::MAX, invalid_port)?);
    Ok(())
}

fn bindto(check: &mut TcpCheck, args: &Args<'_>) -> Set {
    check.bind_ip = Some(value::address(args, 0, invalid_address)?);
    Ok(())
}

fn bind_port(check: &mut TcpCheck, args: &Args<'_>) -> Set {
    check.bind_port = Some(value::integer(args, 0, 1..=u16::MAX, invalid_port)?);
    Ok(())
}
