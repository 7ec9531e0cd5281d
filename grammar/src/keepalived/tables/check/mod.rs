//! The checkers, one file each.
//!
//! Invariants: settings that several checkers share exist once ([`connect`], `schedule`) and are
//! joined into each table; a checker that cannot run is reported and not stored.

pub mod bfd;
pub mod connect;
pub mod dns;
pub mod file;
pub mod http;
pub mod misc;
pub mod ping;
mod regex;
pub mod smtp;
pub mod tcp;
pub mod udp;
pub mod url;

use crate::ast::leaf::{Node, Spanned};
use crate::ast::lvs::{Check, RealServer};
use crate::keepalived::lower::lower;
use crate::keepalived::tables::join;
use crate::keepalived::tables::schedule::{self, Checker};
use crate::keyword::{Args, Entry, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

use connect::Connecting;

pub(in crate::keepalived) use regex::print as print_regex;

/// All rows of these files.
pub(super) fn entries() -> impl Iterator<Item = Entry> {
    tcp::TCP_CHECK
        .entries()
        .chain(http::HTTP_GET.entries())
        .chain(url::HTTP_URL.entries())
        .chain(http::SSL_GET.entries())
        .chain(url::SSL_URL.entries())
        .chain(smtp::SMTP_CHECK.entries())
        .chain(smtp::SMTP_HOST.entries())
        .chain(dns::DNS_CHECK.entries())
        .chain(udp::UDP_CHECK.entries())
        .chain(ping::PING_CHECK.entries())
        .chain(misc::MISC_CHECK.entries())
        .chain(file::FILE_CHECK.entries())
        .chain(bfd::BFD_CHECK.entries())
}

type Set = Result<(), Problem>;
type Lower = fn(&mut RealServer, &Args<'_>, &Block, &mut Lowering<'_>) -> Set;

/// The blocks of a real server.
pub(super) const ROWS: [Keyword<RealServer>; 10] = [
    block(
        "TCP_CHECK",
        tcp::check,
        "The server must accept a TCP connection.",
    ),
    block(
        "HTTP_GET",
        http::http,
        "Pages of the server must be as expected.",
    )
    .accepted(http::WHY),
    block(
        "SSL_GET",
        http::https,
        "Pages of the server must be as expected, over TLS.",
    )
    .accepted(http::WHY_TLS),
    block(
        "SMTP_CHECK",
        smtp::check,
        "The mail server must greet and answer HELO.",
    )
    .accepted(smtp::WHY),
    block(
        "DNS_CHECK",
        dns::check,
        "The name server must answer a question.",
    )
    .since("1.3.0")
    .accepted(dns::WHY),
    block(
        "MISC_CHECK",
        misc::check,
        "A command must end with status 0.",
    )
    .accepted(misc::WHY),
    block(
        "BFD_CHECK",
        bfd::check,
        "A BFD session with the server must be up.",
    )
    .since("2.0.0"),
    block(
        "UDP_CHECK",
        udp::check,
        "The server must not refuse a datagram, or must answer it.",
    )
    .since("2.1.0")
    .accepted(udp::WHY),
    block(
        "PING_CHECK",
        ping::check,
        "The server must answer an ICMP echo request.",
    )
    .since("2.1.0")
    .accepted(ping::WHY),
    block(
        "FILE_CHECK",
        file::check,
        "The number in a tracked file decides the weight.",
    )
    .since("2.1.0")
    .accepted(file::WHY),
];

const fn block(name: &'static str, lower: Lower, doc: &'static str) -> Keyword<RealServer> {
    Keyword::block(name, "{ ... }", (0, Some(0)), lower, doc)
}

/// What every checker on the network has.
const fn common<T: Connecting + Checker>() -> [Keyword<T>; 13] {
    join(&connect::rows(), &schedule::own())
}

/// The rows of a checker that nothing runs yet.
const fn waiting<T, const N: usize>(
    mut rows: [Keyword<T>; N],
    why: &'static str,
) -> [Keyword<T>; N] {
    let mut index = 0;
    while index < N {
        rows[index] = rows[index].accepted(why);
        index += 1;
    }
    rows
}

/// Lowers a block of which is told as a whole that nothing acts on it.
fn whole<T: Node>(table: &Table<T>, target: &mut T, block: &Block, lowering: &mut Lowering<'_>) {
    let told = lowering.inactive.len();
    lower(table, target, block, lowering);
    lowering.inactive.truncate(told);
}

fn store(server: &mut RealServer, args: &Args<'_>, check: Check) -> Set {
    if server.checks.is_empty() {
        server.checks.reserve_exact(1);
    }
    server.checks.push(Spanned::new(check, args.name.span));
    Ok(())
}

/// A block lacks something; reported where it ends, as in the original.
fn lacks(block: &Block, message: &str, help: &str) -> Problem {
    let problem = Problem::error("incomplete-check", message).help(help);
    problem.span(block.close.unwrap_or(block.open))
}
