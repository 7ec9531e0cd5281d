//! `global_defs`, in parts by what the keywords are about.
//!
//! Invariants: numbers are within the ranges of `keepalived.conf(5)`; a value that the original
//! brings into its range is reported and brought there too.

mod files;
mod filter;
mod mail;
mod process;
mod set;
mod special;
mod vrrp;

pub(super) use special::surplus;

use core::net::IpAddr;

use crate::ast::Ast;
use crate::ast::leaf::{Spanned, User};
use crate::keepalived::tables::join;
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Problem, Table};

/// `global_defs`
pub static GLOBAL_DEFS: Table<Ast> = Table {
    block: "global_defs",
    rows: {
        static PARENT: [Keyword<Ast>; 60] = join(&process::ROWS, &files::ROWS);
        static TELLING: [Keyword<Ast>; 55] = join(&mail::ROWS, &vrrp::ROWS);
        static MOST: [Keyword<Ast>; 115] = join(&PARENT, &TELLING);
        static ROWS: [Keyword<Ast>; 144] = join(&MOST, &filter::ROWS);
        &ROWS
    },
};

/// `<USER> [<GROUP>]`
pub(super) fn user(args: &Args<'_>) -> Result<Spanned<User>, Problem> {
    let user = value::text(args, 0)?;
    let group = args.text(1).map(str::to_owned);
    Ok(user.map(|user| User { user, group }))
}

/// A multicast group of the right family.
pub(super) fn group(args: &Args<'_>, is_v4: Option<bool>) -> Result<Spanned<IpAddr>, Problem> {
    let name = &args.name.text;
    let invalid = |word: &str| format!("Can't parse {name} [{word}]. Skipping");
    let group = value::address(args, 0, invalid)?;
    let wrong = if is_v4.is_some_and(|is_v4| is_v4 != group.is_ipv4()) {
        if group.is_ipv4() { "IPv6" } else { "IPv4" }
    } else if group.is_multicast() {
        return Ok(group);
    } else {
        "multicast"
    };
    let message = format!("{name} [{group}] is not {wrong}. Skipping");
    let problem = Problem::error("invalid-address", message).word(0);
    Err(problem.label("not a multicast address of this family"))
}

/// A delay or period of announcements.
pub(super) fn garp_time(args: &Args<'_>) -> Result<Spanned<core::time::Duration>, Problem> {
    let range = 0..=u64::from(u32::MAX) * 1_000_000;
    let name = &args.name.text;
    value::seconds(args, 0, range, |word| {
        format!("Invalid {name} '{word}' - ignoring")
    })
}

/// A number of announcements.
pub(super) fn garp_count(args: &Args<'_>, least: u32) -> Result<Spanned<u32>, Problem> {
    let name = &args.name.text;
    value::integer(args, 0, least..=u32::MAX, |word| {
        format!("Invalid {name} '{word}'")
    })
}

/// `down_timer_adverts`
pub(super) fn down_timer_adverts(args: &Args<'_>) -> Result<Spanned<u8>, Problem> {
    let name = &args.name.text;
    value::integer(args, 0, 1..=100, |word| format!("Invalid {name} '{word}'"))
}
