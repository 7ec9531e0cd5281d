//! Virtual time, a model of the kernel that refuses what the kernel refuses, and servers that
//! live and die on request.

use core::fmt::Write as _;
use core::net::SocketAddr;
use std::collections::BTreeSet;

use base::{Duration, Instant, Machine as _};
use wire::ipvs::{Change, Forwarding, Protocol, ServiceKey};

use crate::config::{Check, Config, Probe, RealServer, Service};
use crate::effect::{Effect, Event, Input, Notice, Quorum, ServerId, Verdict};
use crate::engine::Engine;
use crate::table::{Table, tests::apply};

pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) fn at(address: &str) -> SocketAddr {
    address.parse().expect("an address")
}

pub(super) fn host(last: u8) -> SocketAddr {
    ([10, 0, 0, last], 80).into()
}

pub(super) fn key(last: u8) -> ServiceKey {
    ServiceKey::Address {
        address: ([192, 0, 2, last], 80).into(),
        protocol: Protocol::Tcp,
    }
}

pub(super) fn server(last: u8) -> RealServer {
    RealServer {
        address: host(last),
        weight: 1,
        forwarding: Forwarding::Masquerade,
        inhibit_on_failure: false,
        alpha: false,
        checks: vec![Check {
            probe: Probe::Tcp {
                target: host(last),
                bind: None,
                timeout: 5 * SECOND,
            },
            delay_loop: 6 * SECOND,
            warmup: 6 * SECOND,
            retry: 1,
            delay_before_retry: SECOND,
            alpha: false,
        }],
    }
}

pub(super) fn service(servers: impl IntoIterator<Item = u8>) -> Service {
    Service {
        key: key(1),
        scheduler: "rr",
        forwarding: Forwarding::Masquerade,
        persistence: None,
        granularity: None,
        quorum: 1,
        hysteresis: 0,
        alpha: false,
        omega: false,
        sorry: None,
        servers: servers.into_iter().map(server).collect(),
    }
}

/// An engine, the kernel it leads, the servers it probes and a protocol of what happened.
pub(super) struct World {
    pub(super) engine: Engine,
    pub(super) now: Instant,
    pub(super) kernel: Option<Table>,
    /// Services whose scheduler the kernel does not have.
    pub(super) unknown: BTreeSet<ServiceKey>,
    pub(super) dead: BTreeSet<SocketAddr>,
    pub(super) probed: Vec<(Instant, SocketAddr)>,
    pub(super) batches: Vec<Vec<Change>>,
    pub(super) events: Vec<Event>,
    pub(super) notices: Vec<Notice>,
    pub(super) log: String,
}

impl World {
    pub(super) fn new(services: impl IntoIterator<Item = Service>) -> Self {
        Self {
            engine: Engine::new(Config {
                services: services.into_iter().collect(),
            }),
            now: Instant::ZERO,
            kernel: Some(Table::new()),
            unknown: BTreeSet::new(),
            dead: BTreeSet::new(),
            probed: Vec::new(),
            batches: Vec::new(),
            events: Vec::new(),
            notices: Vec::new(),
            log: String::new(),
        }
    }

    pub(super) fn start(mut self) -> Self {
        self.feed(Input::Start { seed: 1 });
        self
    }

    pub(super) fn feed(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let mut effects = Vec::new();
            self.engine
                .handle(self.now, input, &mut |effect| effects.push(effect));
            for effect in effects {
                inputs.extend(self.perform(effect));
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Probe { id, probe } => {
                let target = match probe {
                    Probe::Tcp { target, .. } => target,
                    // The session of this name decides, whatever the server.
                    Probe::Session { name } => name.parse().expect("an address"),
                };
                self.probed.push((self.now, target));
                let verdict = if self.dead.contains(&target) {
                    Verdict::Down("refused".into())
                } else {
                    Verdict::Up
                };
                Some(Input::ProbeDone { probe: id, verdict })
            }
            Effect::ReadTable => Some(match &self.kernel {
                Some(table) => Input::Table(table.clone()),
                None => Input::Unavailable {
                    reason: "no module".into(),
                },
            }),
            Effect::Ipvs(changes) => {
                let table = self.kernel.as_mut().expect("no changes without IPVS");
                let mut refused = false;
                for change in &changes {
                    refused |=
                        self.unknown.contains(change.service()) || apply(table, change).is_none();
                }
                self.batches.push(changes);
                refused.then_some(Input::Refused)
            }
            Effect::Event(Event::Notice(notice)) => {
                self.notices.push(notice);
                None
            }
            Effect::Event(event) => {
                writeln!(self.log, "{:>9} {}", self.now.to_string(), tell(&event))
                    .expect("a string");
                self.events.push(event);
                None
            }
        }
    }

    /// Lets time pass until `end`, waking the engine whenever it asks.
    pub(super) fn until(&mut self, end: Duration) {
        let end = Instant::ZERO + end;
        while let Some((at, _)) = self.engine.deadline()
            && at <= end
        {
            assert!(at >= self.now, "a deadline in the past: busy loop");
            self.now = at;
            self.feed(Input::Tick);
        }
        self.now = end;
    }

    /// Addresses (last byte) and weights of the pool of the first service.
    pub(super) fn pool(&self) -> Vec<(u8, u32)> {
        let Some(pool) = self.kernel.as_ref().and_then(|table| table.get(&key(1))) else {
            return Vec::new();
        };
        let mut pool: Vec<(u8, u32)> = pool
            .destinations
            .iter()
            .map(|there| match there.address {
                SocketAddr::V4(v4) => (v4.ip().octets()[3], there.weight),
                SocketAddr::V6(_) => (0, there.weight),
            })
            .collect();
        pool.sort_unstable();
        pool
    }

    pub(super) fn reload(&mut self, services: impl IntoIterator<Item = Service>) {
        self.feed(Input::Reconfigure(Box::new(Config {
            services: services.into_iter().collect(),
        })));
    }
}

pub(super) fn tell(event: &Event) -> String {
    let short = |of: &ServerId| match of.server {
        SocketAddr::V4(v4) => v4.ip().octets()[3],
        SocketAddr::V6(_) => 0,
    };
    let numbers = |q: &Quorum| format!("{}/{} weight {}", q.quorum, q.hysteresis, q.weight);
    match event {
        Event::CheckActivated(of) => format!("{} activated", short(of)),
        Event::CheckPassed { of, .. } => format!("{} passed", short(of)),
        Event::CheckFailed { of, retries, .. } => format!("{} failed {retries:?}", short(of)),
        Event::CheckNotRun { of, .. } => format!("{} not run", short(of)),
        Event::ServerUp { of, inhibited } => format!("{} up inhibited={inhibited}", short(of)),
        Event::ServerDown { of, inhibit } => format!("{} down inhibit={inhibit}", short(of)),
        Event::QuorumGained(q) => format!("quorum gained {}", numbers(q)),
        Event::QuorumLost(q) => format!("quorum lost {}", numbers(q)),
        Event::SorryServerIn { of, .. } => format!("sorry {} in", short(of)),
        Event::SorryServerOut { of, .. } => format!("sorry {} out", short(of)),
        Event::WeightChanged { of, from, to, .. } => format!("{} {from} -> {to}", short(of)),
        Event::ServerDropped(of) => format!("{} dropped", short(of)),
        Event::ServerTakenOut { of, inhibited } => {
            format!("{} taken out inhibited={inhibited}", short(of))
        }
        Event::StartsWithoutQuorum(q) => format!("starts without quorum {}", numbers(q)),
        Event::ServiceDropped(_) => "service dropped".into(),
        Event::NotServed { reason, .. } => format!("not served: {reason}"),
        Event::ServedNow(_) => "served now".into(),
        Event::Notice(notice) => format!("{notice:?}"),
        Event::ServerWithdrawn { of, inhibited } => {
            format!("{} withdrawn inhibited={inhibited}", short(of))
        }
    }
}
