//! `nexthop via <IPADDR> [dev <IF>] …`: the ways of a multipath route, to the end of the line.
//!
//! Invariants: as in the original, a way with a mistake is left out and ends the list; the route
//! stays.

use base::Family;

use super::encap;
use super::set::{Set, gateway};
use crate::ast::route::{NextHop, Route};
use crate::keepalived::{line, names, value};
use crate::keyword::{Args, Problem};

/// All `nexthop`s of the line.
pub(super) fn nexthop(route: &mut Route, args: &Args<'_>) -> Set {
    let words = args.rest();
    args.take(words.len());
    if route.or.is_some() {
        let message = "Cannot specify nexthops with \"or\" route";
        args.report(Problem::error("repeated-option", message));
        return Ok(());
    }
    let mut family = route.known_family();
    // Where the options of the next hop begin in `words`.
    let mut from = 0;
    loop {
        let mut hop = NextHop::default();
        let (end, result) = options(&mut hop, args, from, family);
        if let Err(problem) = result {
            if problem.code == "missing-value" {
                return Err(problem);
            }
            args.report(problem);
            return Ok(());
        }
        family = family.or(hop.via.map(|via| Family::of(via.value)));
        route.nexthops.push(hop);
        match words.get(end).map(|word| word.text.as_str()) {
            None => return Ok(()),
            Some("nexthop") => from = end + 1,
            Some(other) => {
                let message = format!("Route has trailing nonsense after nexthops - {other}");
                let problem = Problem::error("unknown-option", message).word(end);
                args.report(problem.help("options of the route go before its first `nexthop`"));
                return Ok(());
            }
        }
    }
}

/// Reads the options of one next hop; says where they end.
fn options(
    hop: &mut NextHop,
    args: &Args<'_>,
    from: usize,
    family: Option<Family>,
) -> (usize, Set) {
    let words = args.rest();
    let mut index = from;
    while let Some(word) = words.get(index) {
        let Some(own) = words
            .get(index..)
            .and_then(|rest| Args::new(rest, args.raw, args.raw_span))
        else {
            break;
        };
        own.take(1);
        let result = match word.text.as_str() {
            "via" => via(hop, &own, family),
            "dev" => value::interface(&own, 0).map(|dev| hop.dev = Some(dev)),
            "weight" => weight(hop, &own),
            "onlink" => {
                own.take(0);
                hop.onlink = true;
                Ok(())
            }
            "encap" => {
                let (encap, taken) = encap::parse(&own);
                own.take(taken);
                encap.map(|encap| hop.encap = Some(encap))
            }
            "realms" => realms(hop, &own, family),
            "as" => Err(Problem::error(
                "refused-keyword",
                "'as [to]' (nat) not supported",
            )),
            _ => break,
        };
        let lacks = own.get(0).is_none() && own.taken() == Some(1);
        let result = if lacks { Err(line::missing()) } else { result };
        if let Err(problem) = result {
            return (index, Err(shifted(problem, index)));
        }
        index += 1 + own.taken().unwrap_or(0);
    }
    (index, Ok(()))
}

/// Counts the word from the first one after `nexthop`.
fn shifted(mut problem: Problem, index: usize) -> Problem {
    let word = problem.word.map_or(index, |word| index + 1 + word as usize);
    problem.word = u32::try_from(word).ok();
    problem
}

fn via(hop: &mut NextHop, args: &Args<'_>, family: Option<Family>) -> Set {
    let invalid = |word: &str| format!("invalid nexthop address {word}");
    hop.via = Some(gateway(args, family, invalid)?);
    Ok(())
}

fn weight(hop: &mut NextHop, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid weight {word} specified for route");
    hop.weight = Some(value::integer(args, 0, 1..=256, invalid)?.value);
    Ok(())
}

fn realms(hop: &mut NextHop, args: &Args<'_>, family: Option<Family>) -> Set {
    let realms = names::realms(args, 0, |word| format!("Invalid realms {word} for route"))?;
    if family.or(hop.via.map(|via| Family::of(via.value))) == Some(Family::V6) {
        let message = "realms are only supported for IPv4";
        return Err(Problem::error("wrong-family", message));
    }
    hop.realms = Some(realms);
    Ok(())
}
