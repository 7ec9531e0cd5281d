//! Where a check connects to and from: the settings that all checkers on the network share.

use crate::ast::lvs::Connect;
use crate::keepalived::tables::schedule::MAX_TIMEOUT;
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Problem};

/// What connects.
pub(super) trait Connecting: 'static {
    fn connect(&mut self) -> &mut Connect;
}

/// Longest interface name (IFNAMSIZ without the final zero).
const MAX_NAME: usize = 15;

/// The rows.
pub(super) const fn rows<T: Connecting>() -> [Keyword<T>; 7] {
    const ONE: (usize, Option<usize>) = (1, Some(1));
    const PORTS: &[&str] = &["0", "65536", "http", "-1"];
    [
        Keyword::set(
            "connect_ip",
            "<IPADDR>",
            ONE,
            connect_ip,
            "Address to check instead of the server's.",
        )
        .default("server address")
        .samples(&["192.0.2.5", "2001:db8::5"], &["192.0.2.256", "web1"]),
        Keyword::set(
            "connect_port",
            "<PORT>",
            ONE,
            connect_port,
            "Port to check instead of the server's.",
        )
        .default("server port")
        .samples(&["8080", "65535"], PORTS),
        Keyword::set(
            "bindto",
            "<IPADDR>",
            ONE,
            bindto,
            "Local address that the check comes from.",
        )
        .default("any")
        .samples(&["192.0.2.1", "2001:db8::1"], &["192.0.2", "eth0"]),
        Keyword::set(
            "bind_port",
            "<PORT>",
            ONE,
            bind_port,
            "Local port that the check comes from.",
        )
        .default("any")
        .since("1.2.13")
        .samples(&["4000", "1"], PORTS),
        Keyword::set(
            "bind_if",
            "<IF>",
            ONE,
            bind_if,
            "Local interface that the check leaves by; a link-local address needs it.",
        )
        .default("any")
        .since("1.3.7")
        .accepted("not acted on yet: checks leave by the interface of the route")
        .samples(&["eth0"], &["a-name-too-long-for-linux"]),
        Keyword::set(
            "connect_timeout",
            "<SECS>",
            ONE,
            connect_timeout,
            "How long this check waits for a connection.",
        )
        .default("inherited (5)")
        .samples(&["3", "0.2"], &["0", "x", "-1", "4295"]),
        Keyword::set(
            "fwmark",
            "<N>",
            ONE,
            fwmark,
            "Mark of the packets that the check sends, for rules that route them.",
        )
        .default("none")
        .since("1.2.13")
        .accepted("not acted on yet: checks are sent without a mark")
        .samples(&["7", "0", "4294967295"], &["0x7", "-1", "4294967296"]),
    ]
}

type Set = Result<(), Problem>;

fn connect_ip<T: Connecting>(check: &mut T, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid connect_ip address {word} - ignoring");
    check.connect().ip = Some(value::address(args, 0, invalid)?);
    Ok(())
}

fn connect_port<T: Connecting>(check: &mut T, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid checker connect_port '{word}'");
    check.connect().port = Some(value::integer(args, 0, 1..=u16::MAX, invalid)?);
    Ok(())
}

fn bindto<T: Connecting>(check: &mut T, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid bindto address {word} - ignoring");
    check.connect().bind_ip = Some(value::address(args, 0, invalid)?);
    Ok(())
}

fn bind_port<T: Connecting>(check: &mut T, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid checker bind_port '{word}'");
    check.connect().bind_port = Some(value::integer(args, 0, 1..=u16::MAX, invalid)?);
    Ok(())
}

fn bind_if<T: Connecting>(check: &mut T, args: &Args<'_>) -> Set {
    let name = value::text(args, 0)?;
    if name.is_empty() || name.len() > MAX_NAME {
        let message = format!("Interface name {} is too long - ignoring", name.value);
        let problem = Problem::error("invalid-interface", message).word(0);
        return Err(problem.label("one to fifteen bytes"));
    }
    check.connect().bind_if = Some(name);
    Ok(())
}

fn connect_timeout<T: Connecting>(check: &mut T, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("connect_timeout {word} invalid - ignoring");
    let limit = value::seconds(args, 0, 1..=MAX_TIMEOUT, invalid)?;
    check.connect().timeout = Some(limit);
    Ok(())
}

fn fwmark<T: Connecting>(check: &mut T, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid fwmark connection value '{word}'");
    check.connect().mark = Some(value::integer(args, 0, 0..=u32::MAX, invalid)?);
    Ok(())
}
