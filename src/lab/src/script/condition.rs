//! Conditions of `expect` and `wait until`.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::space0;
use nom::combinator::{map_opt, opt, value};
use nom::multi::{many1, separated_list1};
use nom::sequence::{pair, preceded, terminated};

use super::line::{
    Line, comma, duration, ip_address, keyword, name, quoted, service_on, state, word,
};
use super::{Bound, Condition};

/// Any condition.
pub(super) fn condition(input: &str) -> Line<'_, Condition> {
    alt((
        vip, peer, outage, states, order, log, service_is, advertises, state_is,
    ))
    .parse(input)
}

/// `NODE is STATE [in INSTANCE]`; `stays` reads better before `for T`.
fn state_is(input: &str) -> Line<'_, Condition> {
    (
        terminated(name, is_or_stays),
        state,
        opt(preceded(keyword("in"), name)),
    )
        .map(|(node, state, instance)| Condition::StateIs {
            node,
            instance,
            state,
        })
        .parse(input)
}

fn is_or_stays(input: &str) -> Line<'_, ()> {
    alt((keyword("is"), keyword("stays"))).parse(input)
}

fn service_is(input: &str) -> Line<'_, Condition> {
    (
        terminated(service_on, is_or_stays),
        alt((
            value(true, keyword("running")),
            value(false, keyword("stopped")),
        )),
    )
        .map(|((service, node), running)| Condition::ServiceIs {
            service,
            node,
            running,
        })
        .parse(input)
}

fn vip(input: &str) -> Line<'_, Condition> {
    let held = alt((value(true, keyword("on")), value(false, keyword("at"))));
    (
        preceded(keyword("vip"), ip_address),
        preceded(opt(keyword("stays")), pair(held, name)),
    )
        .map(|(vip, (held, node))| match (held, node.as_str()) {
            (true, "nobody") => Condition::VipOn { vip, node: None },
            (true, _) => Condition::VipOn {
                vip,
                node: Some(node),
            },
            (false, _) => Condition::VipAt { vip, node },
        })
        .parse(input)
}

fn advertises(input: &str) -> Line<'_, Condition> {
    (
        terminated(name, keyword("advertises")),
        opt(map_opt(word, |text: &str| text.parse::<u8>().ok())),
    )
        .map(|(node, priority)| Condition::Advertises { node, priority })
        .parse(input)
}

fn peer(input: &str) -> Line<'_, Condition> {
    preceded((keyword("peer"), keyword("answering"), keyword("is")), name)
        .map(|name| Condition::PeerAnswering { name })
        .parse(input)
}

fn outage(input: &str) -> Line<'_, Condition> {
    let zero = map_opt(preceded(pair(tag("="), space0), word), |text: &str| {
        ["0", "0s", "0ms"].contains(&text).then_some(Bound::Zero)
    });
    let below = preceded(pair(tag("<"), space0), duration).map(Bound::Below);
    let at_most = preceded(pair(keyword("at"), keyword("most")), duration).map(Bound::AtMost);
    preceded(keyword("outage"), alt((zero, below, at_most)))
        .map(Condition::Outage)
        .parse(input)
}

fn states(input: &str) -> Line<'_, Condition> {
    (
        preceded(pair(keyword("states"), keyword("of")), name),
        preceded(keyword("are"), many1(state)),
    )
        .map(|(node, states)| Condition::States { node, states })
        .parse(input)
}

fn order(input: &str) -> Line<'_, Condition> {
    preceded(keyword("order"), separated_list1(comma, pair(name, state)))
        .map(Condition::Order)
        .parse(input)
}

fn log(input: &str) -> Line<'_, Condition> {
    (
        preceded(pair(keyword("log"), keyword("of")), name),
        preceded(keyword("contains"), quoted),
    )
        .map(|(node, phrase)| Condition::Log { node, phrase })
        .parse(input)
}
