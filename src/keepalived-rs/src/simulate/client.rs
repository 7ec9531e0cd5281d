//! The client on the segment: who answers it, and for how long nobody does.
//!
//! Its packets go to whoever announced an address last, as an ARP cache has it.

use core::net::IpAddr;
use core::time::Duration;

use base::Instant;
use lab::observed::{Event, Observation};
use lab::script::ProbeTarget;
use sim::NodeIx;

use super::world::Virtual;

/// A client asks again who has an address when it got no answer for so long: the defaults of Linux,
/// five seconds of doubt and three probes.
const RESOLVES_AFTER: Duration = Duration::from_secs(8);

/// What the client knows of an address.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Probe {
    /// It answered at least once.
    pub(super) known: bool,
    /// Since when it has not.
    pub(super) lost: Option<Instant>,
}

impl Virtual<'_> {
    /// What the client finds now.
    pub(super) fn probe(&mut self) {
        let now = self.world.now();
        let targets: Vec<(ProbeTarget, Probe)> = self
            .probes
            .iter()
            .map(|(it, probe)| (*it, *probe))
            .collect();
        for (target, mut probe) in targets {
            if probe
                .lost
                .is_some_and(|lost| now.since(lost) >= RESOLVES_AFTER)
            {
                self.neighbours.remove(&address_of(target));
            }
            let (name, method) = (target.to_string(), method(target).to_owned());
            let event = match (self.answers(target), probe.lost) {
                (true, None) => {
                    probe.known = true;
                    None
                }
                (true, Some(began)) => {
                    probe.lost = None;
                    Some(Event::OutageEnded {
                        target: name,
                        method,
                        lasted_us: u64::try_from(now.since(began).as_micros()).unwrap_or(u64::MAX),
                    })
                }
                (false, None) if probe.known => {
                    probe.lost = Some(now);
                    Some(Event::OutageBegan {
                        target: name,
                        method,
                    })
                }
                (false, _) => None,
            };
            self.probes.insert(target, probe);
            self.untold.extend(event.map(|event| Observation {
                at: now,
                node: Some("client".to_owned()),
                event,
            }));
        }
    }

    /// A TCP connection is answered where everything runs that the machine has.
    fn answers(&self, target: ProbeTarget) -> bool {
        let address = address_of(target);
        let tcp = matches!(target, ProbeTarget::Tcp(_));
        let reachable = |at: usize| {
            let node = NodeIx(at);
            self.world.reaches(node, self.client) && self.world.reaches(self.client, node)
        };
        let serves = |at: usize| !tcp || self.services[at].values().all(|service| service.runs);
        let own = self.machines.iter().position(|it| it.address == address);
        if let Some(own) = own {
            return reachable(own) && serves(own);
        }
        let holders = self.held.get(&address);
        let holds = |at: usize| holders.is_some_and(|holders| holders.contains(&at));
        let answering = match self.neighbours.get(&address) {
            Some(last) => Some(*last),
            None => holders.and_then(|all| all.iter().copied().find(|at| reachable(*at))),
        };
        answering.is_some_and(|at| holds(at) && reachable(at) && serves(at))
    }

    /// When the client next does something by itself.
    pub(super) fn client_wakes(&self) -> Option<Instant> {
        let asks = self.probes.values().filter_map(|probe| probe.lost);
        let asks = asks.map(|lost| lost + RESOLVES_AFTER);
        asks.filter(|at| *at > self.world.now()).min()
    }
}

const fn address_of(target: ProbeTarget) -> IpAddr {
    match target {
        ProbeTarget::Ping(address) => address,
        ProbeTarget::Tcp(address) => address.ip(),
    }
}

const fn method(target: ProbeTarget) -> &'static str {
    match target {
        ProbeTarget::Ping(IpAddr::V4(_)) => "ARP and ping",
        ProbeTarget::Ping(IpAddr::V6(_)) => "ND and ping",
        ProbeTarget::Tcp(_) => "TCP",
    }
}
