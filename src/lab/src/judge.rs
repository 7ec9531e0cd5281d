//! Whether a condition of a script holds over what was observed.
//!
//! Pure: the same for the lab and the simulator. A verdict says since when the condition holds,
//! so that "not before" can be asserted on the time of the event and not of the look.

use core::time::Duration;
use std::net::IpAddr;

use base::Instant;

use crate::observed::{Event, Observed, Outage};
use crate::script::{Bound, Condition, State};

/// Whether a condition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does, since that time; the note says what was found.
    Holds { since: Instant, note: String },
    /// It does not; what is the case instead.
    Fails(String),
    /// It does not, and no waiting will change that.
    Never(String),
}

/// What a verdict may look at besides the observations.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Now.
    pub now: Instant,
    /// When the last action was done.
    pub action: Instant,
}

/// Judges `condition`.
#[must_use]
pub fn judge(condition: &Condition, seen: &Observed, moment: Moment) -> Verdict {
    match condition {
        Condition::StateIs {
            node,
            instance,
            state,
        } => state_is(seen, node, instance.as_deref(), *state),
        Condition::ServiceIs {
            service,
            node,
            running,
        } => service_is(seen, node, service, *running),
        Condition::VipOn { vip, node } => vip_on(seen, *vip, node.as_deref()),
        Condition::VipAt { vip, node } => vip_at(seen, *vip, node),
        Condition::Advertises { node, priority } => advertises(seen, node, *priority, moment),
        Condition::PeerAnswering { name } => peer_answering(seen, name),
        Condition::Outage(bound) => outage(seen, *bound, moment),
        Condition::States { node, states } => states_are(seen, node, states),
        Condition::Order(steps) => order(seen, steps, moment),
        Condition::Log { node, phrase } => log(seen, node, phrase),
    }
}

fn holds(since: Instant, note: impl Into<String>) -> Verdict {
    Verdict::Holds {
        since,
        note: note.into(),
    }
}

fn state_is(seen: &Observed, node: &str, instance: Option<&str>, wanted: State) -> Verdict {
    match seen.state(node, instance) {
        None => match (wanted, seen.service(node, "keepalived")) {
            (State::Stopped, None) => holds(Instant::ZERO, "it was never started"),
            (State::Stopped, Some((since, false))) => holds(since, ""),
            _ => Verdict::Fails(format!("{node} has no state yet")),
        },
        Some(last) if last.to == wanted => holds(last.at, ""),
        Some(last) => Verdict::Fails(format!("{node} is {} since {}", last.to, seconds(last.at))),
    }
}

fn service_is(seen: &Observed, node: &str, service: &str, wanted: bool) -> Verdict {
    let (since, running) = seen
        .service(node, service)
        .unwrap_or((Instant::ZERO, false));
    if running == wanted {
        return holds(since, "");
    }
    let word = if running { "runs" } else { "does not run" };
    Verdict::Fails(format!(
        "{service} on {node} {word} since {}",
        seconds(since)
    ))
}

fn vip_on(seen: &Observed, vip: IpAddr, node: Option<&str>) -> Verdict {
    let (since, holders) = seen.holders(vip);
    let right = match node {
        None => holders.is_empty(),
        Some(node) => holders.len() == 1 && holders[0] == node,
    };
    if right {
        return holds(since, "");
    }
    Verdict::Fails(match holders {
        [] => format!("nobody holds {vip}"),
        _ => format!("{vip} is on {}", holders.join(" and ")),
    })
}

fn vip_at(seen: &Observed, vip: IpAddr, node: &str) -> Verdict {
    match seen.claimant(vip) {
        Some((since, claimant)) if claimant == node => holds(*since, ""),
        Some((since, claimant)) => Verdict::Fails(format!(
            "{vip} is announced by {claimant} since {}",
            seconds(*since)
        )),
        None => Verdict::Fails(format!("nobody has announced {vip}")),
    }
}

fn advertises(seen: &Observed, node: &str, priority: Option<u8>, moment: Moment) -> Verdict {
    let live: Vec<_> = seen
        .adverts()
        .iter()
        .filter(|(_, a)| a.priority > 0 && !a.lapsed(moment.now))
        .collect();
    if node == "nobody" {
        return match live.first() {
            None => holds(moment.now, ""),
            Some(((from, vrid), a)) => Verdict::Fails(format!(
                "{from} advertises virtual router {vrid} with priority {}",
                a.priority
            )),
        };
    }
    let mine: Vec<_> = live.iter().filter(|((from, _), _)| from == node).collect();
    let found = mine
        .iter()
        .find(|(_, a)| priority.is_none_or(|p| p == a.priority));
    match (found, mine.first()) {
        (Some((_, a)), _) => holds(a.since, format!("priority {}", a.priority)),
        (None, Some((_, a))) => {
            Verdict::Fails(format!("{node} advertises priority {}", a.priority))
        }
        (None, None) => Verdict::Fails(format!("{node} does not advertise")),
    }
}

fn peer_answering(seen: &Observed, name: &str) -> Verdict {
    let answers = seen.answers();
    if let Some((_, since)) = answers.iter().find(|((_, peer), _)| peer == name) {
        return holds(*since, "");
    }
    let others: Vec<&str> = answers.keys().map(|(_, peer)| peer.as_str()).collect();
    Verdict::Fails(match others.as_slice() {
        [] => "no TCP probe is answered".to_owned(),
        others => format!("only {} answers", others.join(", ")),
    })
}

/// Outages that began after the last action, or lasted into it.
fn recent(seen: &Observed, moment: Moment) -> impl Iterator<Item = &Outage> {
    seen.outages.iter().filter(move |outage| {
        outage
            .lasted
            .is_none_or(|lasted| outage.began + lasted >= moment.action)
    })
}

fn outage(seen: &Observed, bound: Bound, moment: Moment) -> Verdict {
    let mut longest: Option<(Duration, &Outage)> = None;
    let mut open = false;
    for outage in recent(seen, moment) {
        open |= outage.lasted.is_none();
        let lasted = outage
            .lasted
            .unwrap_or_else(|| moment.now.since(outage.began));
        if longest.is_none_or(|(before, _)| lasted > before) {
            longest = Some((lasted, outage));
        }
    }
    let Some((lasted, worst)) = longest else {
        return holds(moment.now, "no probe was lost");
    };
    let note = format!("{} was out of reach for {}", worst.target, millis(lasted));
    let within = match bound {
        Bound::Zero => false,
        Bound::Below(limit) => lasted < limit,
        Bound::AtMost(limit) => lasted <= limit,
    };
    match (within, open) {
        (true, false) => holds(worst.began + lasted, note),
        (true, true) => Verdict::Fails(format!("{note} and still is")),
        (false, _) => Verdict::Never(note),
    }
}

fn states_are(seen: &Observed, node: &str, wanted: &[State]) -> Verdict {
    let had: Vec<_> = seen.transitions.iter().filter(|t| t.node == node).collect();
    let states: Vec<State> = had.iter().map(|t| t.to).collect();
    let text = || {
        let words: Vec<String> = states.iter().map(ToString::to_string).collect();
        format!("the states of {node} were: {}", words.join(" "))
    };
    if states == wanted {
        holds(had.last().map_or(Instant::ZERO, |t| t.at), "")
    } else if wanted.starts_with(&states) {
        Verdict::Fails(text())
    } else {
        Verdict::Never(text())
    }
}

fn order(seen: &Observed, steps: &[(String, State)], moment: Moment) -> Verdict {
    let mut wanted = steps.iter();
    let mut next = wanted.next();
    let mut last = moment.action;
    for transition in seen.transitions.iter().filter(|t| t.at >= moment.action) {
        if let Some((node, state)) = next
            && transition.node == *node
            && transition.to == *state
        {
            last = transition.at;
            next = wanted.next();
        }
    }
    match next {
        None => holds(last, ""),
        Some((node, state)) => Verdict::Fails(format!("{node} has not become {state} in its turn")),
    }
}

fn log(seen: &Observed, node: &str, phrase: &str) -> Verdict {
    let found = seen.events.iter().find(|o| {
        o.node.as_deref() == Some(node)
            && match &o.event {
                Event::Log { message, .. } => message.contains(phrase),
                Event::Output { line, .. } => line.contains(phrase),
                _ => false,
            }
    });
    match found {
        Some(o) => holds(o.at, ""),
        None => Verdict::Fails(format!("the log of {node} has no such line")),
    }
}

/// Seconds of a point in time, as the timeline shows them.
#[must_use]
pub fn seconds(at: Instant) -> String {
    let micros = at.as_micros();
    format!("{}.{:03}", micros / 1_000_000, micros % 1_000_000 / 1000)
}

/// A duration in milliseconds.
#[must_use]
pub fn millis(lasted: Duration) -> String {
    format!("{} ms", lasted.as_millis())
}
