//! What was seen, by whom and when; and what follows from it: states, holders of addresses,
//! outages.
//!
//! Invariants: pure; everything derives from the observations pushed, in their order; times are
//! on one clock. The lab and the simulator push the same observations, so the judge and the
//! timeline cannot tell them apart. Deliberately unknown: how an observation was made.

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::IpAddr;

use base::Instant;
use serde::{Deserialize, Serialize};

use crate::phrases::{self, Meaning};
use crate::script::State;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The scenario did something.
    Step { line: u32, text: String },
    /// An expectation held.
    Held {
        line: u32,
        text: String,
        note: String,
    },
    /// An expectation did not hold.
    Broken {
        line: u32,
        text: String,
        note: String,
    },
    /// Something the reader of the timeline should know.
    Note { text: String },
    /// A service runs.
    Started { service: String, pid: u32 },
    /// A service did not start.
    StartFailed { service: String, why: String },
    /// A service ended because it was told to.
    Stopped { service: String },
    /// A service ended by itself.
    Died { service: String, why: String },
    /// What a service or a command printed.
    Output { from: String, line: String },
    /// A line for /dev/log.
    Log {
        ident: String,
        pid: Option<u32>,
        /// Syslog severity, 0 to 7.
        severity: u8,
        message: String,
    },
    /// A virtual router changed its state.
    State {
        instance: String,
        from: Option<State>,
        to: State,
        why: String,
    },
    /// An address appeared on an interface, or left it.
    Address {
        address: IpAddr,
        prefix: u8,
        interface: String,
        added: bool,
    },
    /// An interface got or lost its carrier.
    Carrier { interface: String, up: bool },
    /// A node began to advertise this on the wire, or changed what it advertises.
    Advert {
        source: IpAddr,
        vrid: u8,
        priority: u8,
        /// The version's own unit: seconds in v2, centiseconds in v3.
        interval: u16,
        version: u8,
    },
    /// A node claims an address on the wire that another claimed before, or nobody.
    Claims { address: IpAddr },
    /// Probes of a target are lost, the first of them at this time.
    OutageBegan { target: String, method: String },
    /// A probe was answered again.
    OutageEnded {
        target: String,
        method: String,
        /// From the first lost probe to the first answered one, microseconds.
        lasted_us: u64,
    },
    /// Somebody answers who did not before.
    Answers { target: String, peer: String },
    /// Somebody has not answered for a second.
    AnswersNoMore { target: String, peer: String },
}

/// An event with its time and place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// When; the epoch is the lab's start.
    pub at: Instant,
    /// Where; `None` is the lab itself.
    pub node: Option<String>,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// A change of state, with the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub at: Instant,
    pub node: String,
    pub instance: String,
    pub to: State,
}

/// A time without answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    pub target: String,
    pub began: Instant,
    /// `None` while it goes on.
    pub lasted: Option<Duration>,
}

/// The last advert seen from a node for a virtual router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advertised {
    /// Since when this priority is advertised.
    pub since: Instant,
    /// Time of the last advert.
    pub last: Instant,
    pub priority: u8,
    pub interval: Duration,
}

/// Everything seen so far.
#[derive(Debug, Default)]
pub struct Observed {
    /// In order of arrival.
    pub events: Vec<Observation>,
    /// State changes in order of arrival.
    pub transitions: Vec<Transition>,
    /// Time since a service runs (`true`) or does not.
    services: BTreeMap<(String, String), (Instant, bool)>,
    /// Holders of each address and since when; the second map is empty when nobody holds it.
    holders: BTreeMap<IpAddr, (Instant, Vec<String>)>,
    adverts: BTreeMap<(String, u8), Advertised>,
    claims: BTreeMap<IpAddr, (Instant, String)>,
    answers: BTreeMap<(String, String), Instant>,
    /// In the order in which they began to be seen.
    pub outages: Vec<Outage>,
    reasons: BTreeMap<String, (Instant, String)>,
}

impl Observed {
    /// Takes in an observation; returns what follows from it (a state change, from a log line).
    pub fn push(&mut self, seen: Observation) -> Vec<Observation> {
        let mut derived = Vec::new();
        if let (Some(node), Event::Log { message, .. }) = (&seen.node, &seen.event) {
            derived = self.read_log(seen.at, &node.clone(), &message.clone());
        }
        if let (Some(node), Event::Stopped { service } | Event::Died { service, .. }) =
            (&seen.node, &seen.event)
            && service == "keepalived"
        {
            let why = match &seen.event {
                Event::Died { why, .. } => format!("keepalived died: {why}"),
                _ => "keepalived was stopped".to_owned(),
            };
            derived = self.all_stopped(seen.at, &node.clone(), &why);
        }
        self.note(&seen);
        self.events.push(seen);
        for each in &derived {
            self.note(each);
            self.events.push(each.clone());
        }
        derived
    }

    fn note(&mut self, seen: &Observation) {
        let Some(node) = seen.node.clone() else {
            return;
        };
        let at = seen.at;
        match &seen.event {
            Event::Started { service, .. } => {
                self.services.insert((node, service.clone()), (at, true));
            }
            Event::StartFailed { service, .. }
            | Event::Stopped { service }
            | Event::Died { service, .. } => {
                self.services.insert((node, service.clone()), (at, false));
            }
            Event::State { instance, to, .. } => self.transitions.push(Transition {
                at,
                node,
                instance: instance.clone(),
                to: *to,
            }),
            Event::Address { address, added, .. } => self.address(at, node, *address, *added),
            Event::OutageBegan { target, .. } => self.outages.push(Outage {
                target: target.clone(),
                began: at,
                lasted: None,
            }),
            Event::OutageEnded {
                target, lasted_us, ..
            } => {
                let open = self.outages.iter_mut().rev().find(|o| o.target == *target);
                if let Some(outage) = open {
                    outage.lasted = Some(Duration::from_micros(*lasted_us));
                }
            }
            Event::Answers { target, peer } => {
                self.answers.insert((target.clone(), peer.clone()), at);
            }
            Event::AnswersNoMore { target, peer } => {
                self.answers.remove(&(target.clone(), peer.clone()));
            }
            Event::Step { .. }
            | Event::Held { .. }
            | Event::Broken { .. }
            | Event::Note { .. }
            | Event::Output { .. }
            | Event::Log { .. }
            | Event::Carrier { .. }
            | Event::Claims { .. }
            | Event::Advert { .. } => {}
        }
    }

    fn address(&mut self, at: Instant, node: String, address: IpAddr, added: bool) {
        let entry = self.holders.entry(address).or_default();
        let before = entry.1.clone();
        entry.1.retain(|holder| *holder != node);
        if added {
            entry.1.push(node);
        }
        if entry.1 != before {
            entry.0 = at;
        }
    }

    fn read_log(&mut self, at: Instant, node: &str, message: &str) -> Vec<Observation> {
        match phrases::meaning(message) {
            Meaning::Entering { instance, state } => {
                let from = self.state(node, Some(&instance)).map(|t| t.to);
                if from == Some(state) {
                    return Vec::new();
                }
                let why = self.reason(node, at, state);
                vec![Observation {
                    at,
                    node: Some(node.to_owned()),
                    event: Event::State {
                        instance,
                        from,
                        to: state,
                        why,
                    },
                }]
            }
            Meaning::Reason(why) => {
                self.reasons.insert(node.to_owned(), (at, why));
                Vec::new()
            }
            Meaning::Because | Meaning::Other => Vec::new(),
        }
    }

    /// Why a node went into a state: what its log said just before, else what the wire shows.
    fn reason(&mut self, node: &str, at: Instant, to: State) -> String {
        // A reason explains one transition.
        if let Some((said, why)) = self.reasons.remove(node)
            && at.since(said) < Duration::from_millis(1500)
        {
            return why;
        }
        match to {
            State::Master => self.silence(node, at),
            State::Backup
                if self
                    .state(node, None)
                    .is_none_or(|t| t.to == State::Stopped) =>
            {
                "start".to_owned()
            }
            State::Backup | State::Fault | State::Stopped => String::new(),
        }
    }

    fn silence(&self, node: &str, at: Instant) -> String {
        let last = self
            .adverts
            .iter()
            .filter(|((from, _), _)| from != node)
            .max_by_key(|(_, advertised)| advertised.last);
        match last {
            None => "no advert was ever heard".to_owned(),
            Some(((from, _), advertised)) if advertised.priority == 0 => {
                format!("{from} released with priority 0")
            }
            Some(((from, _), advertised)) => format!(
                "no advert of {from} for {:.2} s",
                at.since(advertised.last).as_secs_f64()
            ),
        }
    }

    fn all_stopped(&self, at: Instant, node: &str, why: &str) -> Vec<Observation> {
        let mut latest: BTreeMap<&str, State> = BTreeMap::new();
        for transition in self.transitions.iter().filter(|t| t.node == node) {
            latest.insert(&transition.instance, transition.to);
        }
        latest
            .into_iter()
            .filter(|(_, state)| *state != State::Stopped)
            .map(|(instance, from)| Observation {
                at,
                node: Some(node.to_owned()),
                event: Event::State {
                    instance: instance.to_owned(),
                    from: Some(from),
                    to: State::Stopped,
                    why: why.to_owned(),
                },
            })
            .collect()
    }

    /// Takes in an advert heard from `node`; true if it differs from the one before.
    pub fn heard(&mut self, node: &str, vrid: u8, advert: Advertised) -> bool {
        let key = (node.to_owned(), vrid);
        match self.adverts.get_mut(&key) {
            Some(before) if before.priority == advert.priority && !before.lapsed(advert.last) => {
                before.last = advert.last;
                false
            }
            _ => {
                self.adverts.insert(key, advert);
                true
            }
        }
    }

    /// Takes in that `node` said on the wire that it has an address; true if that is news.
    pub fn claimed(&mut self, node: &str, address: IpAddr, at: Instant) -> bool {
        match self.claims.get(&address) {
            Some((_, before)) if before == node => false,
            _ => {
                self.claims.insert(address, (at, node.to_owned()));
                true
            }
        }
    }

    /// Who was the last to claim an address, and since when that has not changed: where the
    /// network sends its packets.
    #[must_use]
    pub fn claimant(&self, address: IpAddr) -> Option<&(Instant, String)> {
        self.claims.get(&address)
    }

    /// The last transition of a node's instance; without an instance, of any.
    #[must_use]
    pub fn state(&self, node: &str, instance: Option<&str>) -> Option<&Transition> {
        self.transitions
            .iter()
            .rev()
            .find(|t| t.node == node && instance.is_none_or(|name| t.instance == name))
    }

    /// Since when a service runs (`true`) or does not; `None` if it never did either.
    #[must_use]
    pub fn service(&self, node: &str, service: &str) -> Option<(Instant, bool)> {
        self.services
            .get(&(node.to_owned(), service.to_owned()))
            .copied()
    }

    /// Who holds an address, and since when that has not changed.
    #[must_use]
    pub fn holders(&self, address: IpAddr) -> (Instant, &[String]) {
        self.holders
            .get(&address)
            .map_or((Instant::ZERO, &[]), |(since, nodes)| (*since, nodes))
    }

    /// The last adverts, by node and virtual router id.
    #[must_use]
    pub fn adverts(&self) -> &BTreeMap<(String, u8), Advertised> {
        &self.adverts
    }

    /// Since when who answers, by target and peer.
    #[must_use]
    pub fn answers(&self) -> &BTreeMap<(String, String), Instant> {
        &self.answers
    }
}

impl Advertised {
    /// Whether nothing was heard for so long that a backup would have taken over.
    #[must_use]
    pub fn lapsed(&self, now: Instant) -> bool {
        now.since(self.last) > self.interval.saturating_mul(3)
    }
}
