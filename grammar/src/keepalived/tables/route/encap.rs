//! `encap ip|ip6|mpls|ila <ARGS>`: the tunnel of a route or of one of its next hops.
//!
//! Invariants: takes the words it knows and leaves the first one it does not know to the route.

use core::net::{Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

use super::set::Set;
use crate::ast::route::{Encap, Route, Tunnel};
use crate::keepalived::names::{self, DSFIELDS};
use crate::keepalived::value;
use crate::keyword::{Args, Problem};

/// Number of MPLS labels (20 bits, RFC 3032 §2.1).
const LABELS: u64 = 1 << 20;

pub(super) fn encap(route: &mut Route, args: &Args<'_>) -> Set {
    let (encap, taken) = parse(args);
    args.take(taken);
    route.encap = Some(encap?);
    Ok(())
}

/// The words after `encap`, and how many of them belong to it.
pub(super) fn parse(args: &Args<'_>) -> (Result<Encap, Problem>, usize) {
    let lacking = |message: &str| Err(Problem::error("missing-encap", message));
    let Some(kind) = args.text(0) else {
        let problem = Problem::error("missing-encap", "Missing encap type");
        let help = "write `encap` with ip, ip6, mpls or ila and what that needs";
        return (Err(problem.help(help)), 0);
    };
    match (kind, args.get(1)) {
        ("ip", _) => {
            let words = ["tos", "ttl"];
            let (tunnel, taken) = tunnel::<Ipv4Addr>(args, kind, words);
            (tunnel.map(Encap::Ip), taken)
        }
        ("ip6", _) => {
            let words = ["tc", "hoplimit"];
            let (tunnel, taken) = tunnel::<Ipv6Addr>(args, kind, words);
            (tunnel.map(Encap::Ip6), taken)
        }
        ("mpls", None) => (lacking("missing address for MPLS encapsulation"), 1),
        ("mpls", Some(word)) => (labels(&word.text), 2),
        ("ila", None) => (lacking("missing locator for ILA encapsulation"), 1),
        ("ila", Some(word)) => (locator(&word.text), 2),
        _ => {
            let message = format!("Unknown encap type - {kind}");
            let problem = Problem::error("unknown-option", message).word(0);
            // What follows belongs to that type.
            (Err(problem.label("ip, ip6, mpls or ila")), args.words.len())
        }
    }
}

fn tunnel<A: FromStr>(
    args: &Args<'_>,
    kind: &str,
    [tos, ttl]: [&str; 2],
) -> (Result<Tunnel<A>, Problem>, usize) {
    let mut tunnel = Tunnel::default();
    let mut problem = None;
    let mut index = 1;
    while let (Some(option), Some(_)) = (args.text(index), args.get(index + 1)) {
        let at = index + 1;
        let result = match option {
            "id" => {
                let invalid = |word: &str| format!("encap id {word} value is invalid");
                value::integer(args, at, 0..=u64::MAX, invalid).map(|id| tunnel.id = Some(id.value))
            }
            "dst" => address(args, at, kind, option).map(|dst| tunnel.dst = Some(dst)),
            "src" => address(args, at, kind, option).map(|src| tunnel.src = Some(src)),
            "flags" => {
                let invalid =
                    |word: &str| format!("flags {word} is not valid for {kind} encapsulation");
                value::integer(args, at, 0..=u16::MAX, invalid)
                    .map(|flags| tunnel.flags = Some(flags.value))
            }
            option if option == tos => {
                let invalid =
                    |word: &str| format!("dsfield {word} not valid for {kind} encapsulation");
                names::named(args, at, &DSFIELDS, invalid).map(|tos| tunnel.tos = Some(tos.value))
            }
            option if option == ttl => {
                let invalid =
                    |word: &str| format!("{ttl} {word} is not valid for {kind} encapsulation");
                value::integer(args, at, 0..=u8::MAX, invalid)
                    .map(|ttl| tunnel.ttl = Some(ttl.value))
            }
            _ => break,
        };
        problem = problem.or(result.err());
        index += 2;
    }
    if problem.is_none() && tunnel.dst.is_none() && tunnel.id.is_none() {
        let message = format!("address or id missing for {kind} encapsulation");
        let missing = Problem::error("missing-encap", message).word(0);
        problem = Some(missing.help("add `dst <IPADDR>` or `id <N>`"));
    }
    (problem.map_or(Ok(tunnel), Err), index)
}

fn address<A: FromStr>(
    args: &Args<'_>,
    index: usize,
    kind: &str,
    option: &str,
) -> Result<A, Problem> {
    let word = value::word(args, index)?;
    word.text.parse().map_err(|_| {
        let message = format!("Invalid encap {kind} {option} {}", word.text);
        let problem = Problem::error("invalid-address", message).word(index);
        problem.label(format!("not an address that {kind} can use"))
    })
}

/// Labels joined with `/`.
fn labels(text: &str) -> Result<Encap, Problem> {
    let label = |part: &str| {
        let label = names::number(part).filter(|label| *label < LABELS);
        label.and_then(|label| u32::try_from(label).ok())
    };
    let labels: Option<Vec<u32>> = text.split('/').map(label).collect();
    labels.map(Encap::Mpls).ok_or_else(|| {
        let message = format!("invalid mpls address {text} for encapsulation");
        let problem = Problem::error("invalid-address", message).word(1);
        problem.label("labels from 0 to 1048575, joined with `/`")
    })
}

/// Four groups of up to four hexadecimal digits.
fn locator(text: &str) -> Result<Encap, Problem> {
    let group = |part: &str| {
        let short = (1..=4).contains(&part.len());
        let hex = part.bytes().all(|byte| byte.is_ascii_hexdigit());
        u16::from_str_radix(part, 16).ok().filter(|_| short && hex)
    };
    let groups: Option<Vec<u16>> = text.split(':').map(group).collect();
    let locator = groups.filter(|groups| groups.len() == 4).map(|groups| {
        let join = |sum, group: u16| (sum << 16) | u64::from(group);
        groups.into_iter().fold(0, join)
    });
    locator.map(Encap::Ila).ok_or_else(|| {
        let message = format!("invalid locator {text} for ila encapsulation");
        let problem = Problem::error("invalid-address", message).word(1);
        problem.label("four groups of hexadecimal digits, as in 1:2:3:4")
    })
}
