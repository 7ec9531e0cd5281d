//! Setters of a route's own options.

use core::net::IpAddr;

use base::Family;

use super::VIRTUAL;
use crate::ast::leaf::{Prefix, Spanned};
use crate::ast::route::{Destination, Placement, Route, RouteType};
use crate::diagnostic::{Class, Severity};
use crate::keepalived::line;
use crate::keepalived::names::{self, DSFIELDS, PROTOCOLS, SCOPES, TABLES};
use crate::keepalived::value::{self, PrefixError, parse_prefix};
use crate::keyword::{Args, Problem};
use crate::tree::Word;

pub(super) type Set = Result<(), Problem>;

/// Works, but the original fails the test for it.
fn deprecated(args: &Args<'_>, instead: &str) {
    let name = &args.name.text;
    let message = format!("\"{name}\" for routes is deprecated. Please use \"{instead}\"");
    args.report(value::deprecated(message));
}

/// An address or prefix that is of another family than the rest of the route.
fn of_family(route: &Route, family: Family, index: usize) -> Set {
    match route.known_family() {
        Some(known) if known != family => {
            let message = "Cannot mix IPv4 and IPv6 addresses for route";
            Err(Problem::error("wrong-family", message).word(index))
        }
        _ => Ok(()),
    }
}

/// An option that stands with IPv6 only.
fn only_v6(route: &Route, args: &Args<'_>) -> Set {
    let name = &args.name.text;
    match route.known_family() {
        Some(Family::V4) => {
            let message = format!("{name} is only valid for IPv6");
            Err(Problem::error("wrong-family", message))
        }
        _ => Ok(()),
    }
}

/// `<DST>[/<MASK>]`, after the number of a type if one is given.
pub(super) fn destination(route: &mut Route, args: &Args<'_>) -> Set {
    let kind = names::number(&args.name.text);
    let kind = kind.and_then(|number| {
        let of_number = |(kind, _): &&(RouteType, &str)| *kind as u64 == number;
        RouteType::NAMES.iter().find(of_number)
    });
    let Some((kind, _)) = kind else {
        return set_destination(route, args.name, None);
    };
    let to = args.rest().first().ok_or_else(line::missing)?;
    args.take(1);
    set_destination(route, to, Some(0))?;
    route.kind = Some(*kind);
    Ok(())
}

fn set_destination(route: &mut Route, word: &Word, index: Option<usize>) -> Set {
    let at = |problem: Problem| match index {
        Some(index) => problem.word(index),
        None => problem,
    };
    let to = match word.text.as_str() {
        "default" | "any" | "all" => Destination::Default,
        "default6" => Destination::DefaultV6,
        text => Destination::Prefix(prefix(text).map_err(at)?),
    };
    // Another destination replaces the one before.
    route.destination = None;
    if let Some(family) = to.family() {
        of_family(route, family, index.unwrap_or(0)).map_err(|problem| Problem {
            word: None,
            span: Some(word.span),
            ..problem
        })?;
    }
    route.destination = Some(Spanned::new(to, word.span));
    Ok(())
}

fn prefix(text: &str) -> Result<Prefix, Problem> {
    parse_prefix(text).map_err(|error| match error {
        PrefixError::Length(prefix) => {
            let len = text.rsplit('/').next().unwrap_or("");
            let message = format!(
                "Invalid address prefix len {len} for address {text} - using {}",
                prefix.len
            );
            Problem::error("invalid-prefix", message)
        }
        PrefixError::Address => {
            let message = format!("unknown route keyword {text}");
            let problem = Problem::error("unknown-option", message);
            let problem = problem.label("neither an option nor a destination");
            match VIRTUAL.suggest(text) {
                Some(name) => problem.help(format!("did you mean `{name}`?")),
                None => problem,
            }
        }
    })
}

/// `to [<TYPE>] <DST>`
pub(super) fn to(route: &mut Route, args: &Args<'_>) -> Set {
    let first = value::word(args, 0)?;
    let kind = RouteType::NAMES
        .iter()
        .find(|(_, name)| *name == first.text);
    let Some((kind, _)) = kind else {
        args.take(1);
        return set_destination(route, first, Some(0));
    };
    let destination = args.rest().get(1).ok_or_else(line::missing)?;
    args.take(2);
    route.kind = Some(*kind);
    set_destination(route, destination, Some(1))
}

/// `blackhole <DST>` and its kind.
pub(super) fn typed(route: &mut Route, args: &Args<'_>) -> Set {
    let name = match args.name.text.as_str() {
        "brd" => "broadcast",
        name => name,
    };
    let kind = RouteType::NAMES.iter().find(|(_, known)| *known == name);
    route.kind = kind.map(|(kind, _)| *kind);
    set_destination(route, value::word(args, 0)?, Some(0))
}

/// `default6`
pub(super) fn default6(route: &mut Route, args: &Args<'_>) -> Set {
    set_destination(route, args.name, None)
}

pub(super) fn src(route: &mut Route, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("invalid route src address {word}");
    let src = value::address(args, 0, invalid)?.value;
    of_family(route, Family::of(src), 0)?;
    route.src = Some(src);
    Ok(())
}

/// `as [to] <LABEL>`: for MPLS routes, which nothing here or in the original adds.
pub(super) fn label(route: &mut Route, args: &Args<'_>) -> Set {
    let index = usize::from(args.text(0) == Some("to"));
    let problem = Problem::warning("unused-option", "\"as to\" for MPLS only - ignoring");
    let problem = problem.class(Class::General);
    let Some(label) = args.rest().get(index) else {
        args.take(index);
        return Err(Problem {
            severity: Severity::Error,
            ..problem
        });
    };
    args.take(index + 1);
    args.report(problem);
    route.label = Some(Spanned::new(label.text.to_string(), label.span));
    Ok(())
}

/// `[inet|inet6] <IPADDR>`: the address, and how many words that took.
pub(super) fn gateway(
    args: &Args<'_>,
    known: Option<Family>,
    message: impl FnOnce(&str) -> String,
) -> Result<Spanned<IpAddr>, Problem> {
    let written = match args.text(0) {
        Some("inet") => Some(Family::V4),
        Some("inet6") => Some(Family::V6),
        _ => None,
    };
    let index = usize::from(written.is_some());
    let word = args.rest().get(index).ok_or_else(line::missing)?;
    args.take(index + 1);
    let Ok(address) = word.text.parse::<IpAddr>() else {
        let problem = Problem::error("invalid-address", message(&word.text));
        return Err(problem.span(word.span).label("not an IP address"));
    };
    let family = Family::of(address);
    if [known, written]
        .into_iter()
        .flatten()
        .any(|it| it != family)
    {
        let message = "Cannot mix IPv4 and IPv6 addresses for route";
        return Err(Problem::error("wrong-family", message).span(word.span));
    }
    Ok(Spanned::new(address, word.span))
}

pub(super) fn via(route: &mut Route, args: &Args<'_>) -> Set {
    if args.name.text == "gw" {
        deprecated(args, "via");
    }
    let invalid = |word: &str| format!("invalid route via address {word}");
    route.via = Some(gateway(args, route.known_family(), invalid)?);
    Ok(())
}

pub(super) fn or(route: &mut Route, args: &Args<'_>) -> Set {
    deprecated(args, "nexthop");
    if route.or.is_some() {
        let message = "\"or\" route already specified - ignoring subsequent";
        args.report(Problem::error("repeated-option", message));
        return Ok(());
    }
    let invalid = |word: &str| format!("Invalid \"or\" address {word}");
    let or = value::address(args, 0, invalid)?;
    of_family(route, Family::of(or.value), 0)?;
    route.or = Some(or);
    Ok(())
}

pub(super) fn from(route: &mut Route, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    let Ok(from) = parse_prefix(&word.text) else {
        let message = format!("invalid route from address {}", word.text);
        let problem = Problem::error("invalid-address", message).word(0);
        return Err(problem.label("not an IPv6 address or prefix"));
    };
    if from.address.is_ipv4() {
        let message = format!(
            "route from address only supported with IPv6 ({})",
            word.text
        );
        return Err(Problem::error("wrong-family", message).word(0));
    }
    of_family(route, Family::V6, 0)?;
    route.from = Some(from);
    Ok(())
}

pub(super) fn tos(route: &mut Route, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("TOS value {word} is invalid");
    route.tos = Some(names::named(args, 0, &DSFIELDS, invalid)?);
    Ok(())
}

pub(super) fn table(route: &mut Route, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Routing table {word} not found for route");
    route.table = Some(names::named(args, 0, &TABLES, invalid)?);
    Ok(())
}

pub(super) fn vrf(route: &mut Route, args: &Args<'_>) -> Set {
    route.vrf = Some(value::interface(args, 0)?);
    Ok(())
}

pub(super) fn protocol(route: &mut Route, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Protocol {word} not found or invalid for route");
    route.protocol = Some(names::named(args, 0, &PROTOCOLS, invalid)?);
    Ok(())
}

pub(super) fn scope(route: &mut Route, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Scope {word} not found or invalid for route");
    route.scope = Some(names::named(args, 0, &SCOPES, invalid)?);
    Ok(())
}

pub(super) fn metric(route: &mut Route, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid metric {word} specified for route");
    route.metric = Some(value::integer(args, 0, 0..=u32::MAX, invalid)?.value);
    Ok(())
}

pub(super) fn dev(route: &mut Route, args: &Args<'_>) -> Set {
    route.dev = Some(value::interface(args, 0)?);
    Ok(())
}

pub(super) fn onlink(route: &mut Route, _: &Args<'_>) -> Set {
    route.onlink = true;
    Ok(())
}

pub(super) fn expires(route: &mut Route, args: &Args<'_>) -> Set {
    only_v6(route, args)?;
    let invalid = |word: &str| format!("Invalid expires time {word} specified for route");
    route.expires = Some(value::integer(args, 0, 0..=u32::MAX, invalid)?.value);
    Ok(())
}

pub(super) fn realms(route: &mut Route, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid realms {word} for route");
    let realms = names::realms(args, 0, invalid)?;
    if route.known_family() == Some(Family::V6) {
        let message = "realms are only valid for IPv4";
        return Err(Problem::error("wrong-family", message));
    }
    route.realms = Some(realms);
    Ok(())
}

pub(super) fn pref(route: &mut Route, args: &Args<'_>) -> Set {
    only_v6(route, args)?;
    let invalid = |word: &str| format!("Invalid pref value {word} specified for route");
    // RFC 4191 §2.1: the two bits of the router preference.
    route.pref = Some(match args.text(0) {
        Some("low") => 3,
        Some("medium") => 0,
        Some("high") => 1,
        _ => value::integer(args, 0, 0..=u8::MAX, invalid)?.value,
    });
    Ok(())
}

pub(super) fn ttl_propagate(route: &mut Route, args: &Args<'_>) -> Set {
    route.ttl_propagate = Some(match value::word(args, 0)?.text.as_str() {
        "enabled" => true,
        "disabled" => false,
        other => {
            let message = format!("ttl-propagate value {other} not recognised");
            let problem = Problem::error("invalid-switch", message).word(0);
            return Err(problem.label("enabled or disabled is accepted"));
        }
    });
    Ok(())
}

pub(super) fn add(route: &mut Route, _: &Args<'_>) -> Set {
    route.placement = Some(Placement::Add);
    Ok(())
}

pub(super) fn prepend(route: &mut Route, _: &Args<'_>) -> Set {
    route.placement = Some(Placement::Prepend);
    Ok(())
}

pub(super) fn append(route: &mut Route, _: &Args<'_>) -> Set {
    route.placement = Some(Placement::Append);
    Ok(())
}

pub(super) fn no_track(route: &mut Route, _: &Args<'_>) -> Set {
    route.no_track = true;
    Ok(())
}

pub(super) fn inet(route: &mut Route, _: &Args<'_>) -> Set {
    let message = "inet specified for IPv6 route";
    family(route, Family::V4, message)
}

pub(super) fn inet6(route: &mut Route, _: &Args<'_>) -> Set {
    let message = "inet6 specified for IPv4 route";
    family(route, Family::V6, message)
}

fn family(route: &mut Route, family: Family, message: &str) -> Set {
    if route.known_family().is_some_and(|known| known != family) {
        return Err(Problem::error("wrong-family", message));
    }
    route.family = Some(family);
    Ok(())
}

pub(super) fn track_group(route: &mut Route, args: &Args<'_>) -> Set {
    let name = value::text(args, 0)?;
    if route.track_group.is_some() {
        let message = format!("track_group {name} is a duplicate");
        return Err(Problem::error("repeated-option", message));
    }
    route.track_group = Some(name);
    Ok(())
}
