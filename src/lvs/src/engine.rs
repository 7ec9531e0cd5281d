//! The machine: checks run on schedule, their verdicts move real servers in and out of the pools,
//! and the kernel's table is led after the pools.
//!
//! Invariants: between inputs every check either waits in the agenda or has exactly one probe out;
//! at most one batch of table changes leaves per input, after all its events; nothing leaves after
//! `Shutdown` but the withdrawal itself. What the kernel holds is believed until it refuses a
//! change; then it is read again, after a pause that doubles while refusals go on. Meanwhile
//! every further change leaves as if nothing had been refused: one bad service holds up no other.

mod kernel;

use std::collections::{BTreeMap, BTreeSet};

use base::{Instant, Machine, Rng};
use wire::ipvs::{Change, ServiceKey};

use crate::check::{Outcome, Phase};
use crate::config::Config;
use crate::effect::{Effect, Event, Input, Moment, Notice, ProbeId, Verdict};
use crate::service::ServiceRun;
use crate::snapshot::Records;
use kernel::{Doubt, Kernel};

/// The engine of all virtual services of a node.
#[derive(Clone, Debug)]
pub struct Engine {
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Idle {
        config: Config,
        /// What another process has left.
        left: Records,
    },
    Running(Running),
    Stopped,
}

#[derive(Clone, Debug)]
struct Running {
    services: Vec<ServiceRun>,
    rng: Rng,
    next_probe: u64,
    /// Waiting checks by time.
    agenda: BTreeSet<(Instant, Place)>,
    /// Checks whose probe is out.
    probes: BTreeMap<ProbeId, Place>,
    kernel: Kernel,
    doubt: Option<Doubt>,
    /// Services that are or may be ours in the kernel's table.
    owned: BTreeSet<ServiceKey>,
}

/// Which check: service, server and check by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    service: usize,
    server: usize,
    check: usize,
}

impl Engine {
    /// An engine that waits for `Input::Start`.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        let left = Records {
            services: Vec::new(),
        };
        Self {
            state: State::Idle { config, left },
        }
    }

    /// Goes on with what another one has `left`, as after a reload: what both have is as it was.
    #[must_use]
    pub const fn resume(config: Config, left: Records) -> Self {
        Self {
            state: State::Idle { config, left },
        }
    }

    /// How everything stands, for [`Self::resume`].
    #[must_use]
    pub fn records(&self) -> Records {
        Records {
            services: self.running().iter().map(ServiceRun::record).collect(),
        }
    }

    /// The services that run.
    pub(crate) fn running(&self) -> &[ServiceRun] {
        match &self.state {
            State::Running(running) => &running.services,
            State::Idle { .. } | State::Stopped => &[],
        }
    }

    /// Whether the kernel is without IPVS, as far as the engine has been told.
    #[must_use]
    pub const fn is_unserved(&self) -> bool {
        matches!(
            &self.state,
            State::Running(Running {
                kernel: Kernel::Absent { .. },
                ..
            })
        )
    }
}

impl Machine for Engine {
    type Input = Input;
    type Effect = Effect;

    fn handle(&mut self, now: Instant, input: Input, emit: &mut dyn FnMut(Effect)) {
        match (&mut self.state, input) {
            (State::Idle { config, left }, Input::Start { seed }) => {
                let mut running = Running::new(seed);
                let services = config.services.iter();
                let known = services.filter_map(|service| {
                    let left = left.of(&service.key)?;
                    Some(ServiceRun::resumed(service, left, now))
                });
                running.services = known.collect();
                running.configure(core::mem::take(config), now, emit);
                emit(Effect::ReadTable);
                self.state = State::Running(running);
            }
            (State::Idle { config, .. }, Input::Reconfigure(new)) => *config = *new,
            (State::Idle { .. }, Input::Shutdown) => self.state = State::Stopped,
            (State::Running(running), Input::Tick) => running.tick(now, emit),
            (State::Running(running), Input::Look { session }) => running.hurry(now, &session),
            (State::Running(running), Input::ProbeDone { probe, verdict }) => {
                running.conclude(now, probe, verdict, emit);
            }
            (State::Running(running), Input::Table(table)) => running.adopt(table, emit),
            (State::Running(running), Input::Refused) => running.doubt(now),
            (State::Running(running), Input::Unavailable { reason }) => {
                running.do_without(now, reason, emit);
            }
            (State::Running(running), Input::Reconfigure(config)) => {
                running.configure(*config, now, emit);
                running.lead_table(emit);
            }
            (State::Running(running), Input::Shutdown) => {
                running.withdraw(emit);
                self.state = State::Stopped;
            }
            (State::Running(_), Input::Start { .. })
            | (
                State::Idle { .. },
                Input::Tick
                | Input::Look { .. }
                | Input::ProbeDone { .. }
                | Input::Table(_)
                | Input::Refused
                | Input::Unavailable { .. },
            )
            | (
                State::Stopped,
                Input::Start { .. }
                | Input::Tick
                | Input::Look { .. }
                | Input::ProbeDone { .. }
                | Input::Table(_)
                | Input::Refused
                | Input::Unavailable { .. }
                | Input::Reconfigure(_)
                | Input::Shutdown,
            ) => {}
        }
    }

    fn deadline(&self) -> Option<(Instant, &'static str)> {
        let State::Running(running) = &self.state else {
            return None;
        };
        let check = running.agenda.first().map(|(at, _)| (*at, "check"));
        let kernel = match &running.kernel {
            Kernel::Absent { look, .. } => Some(*look),
            Kernel::Asked | Kernel::Holds { .. } => running.doubt.and_then(|doubt| doubt.read),
        };
        let kernel = kernel.map(|at| (at, "IPVS table"));
        check.into_iter().chain(kernel).min()
    }
}

impl Running {
    fn new(seed: u64) -> Self {
        Self {
            services: Vec::new(),
            rng: Rng::new(seed),
            next_probe: 0,
            agenda: BTreeSet::new(),
            probes: BTreeMap::new(),
            kernel: Kernel::Asked,
            doubt: None,
            owned: BTreeSet::new(),
        }
    }

    /// Takes a configuration, at start or in the place of the running one.
    fn configure(&mut self, config: Config, now: Instant, emit: &mut dyn FnMut(Effect)) {
        let mut event = |event| emit(Effect::Event(event));
        let old = core::mem::take(&mut self.services);
        let mut known: BTreeMap<ServiceKey, ServiceRun> = old
            .into_iter()
            .map(|service| (service.config.key, service))
            .collect();
        let wanted: BTreeSet<ServiceKey> = config.services.iter().map(|s| s.key).collect();
        for (_, service) in known.iter().filter(|(key, _)| !wanted.contains(key)) {
            service.drop_out(&mut event);
        }
        for service in config.services {
            let old = known.remove(&service.key);
            let unserved = match &self.kernel {
                Kernel::Absent { reason, .. } if old.is_none() => Some(reason.clone()),
                Kernel::Absent { .. } | Kernel::Asked | Kernel::Holds { .. } => None,
            };
            let key = service.key;
            let run = ServiceRun::new(service, old, now, &mut self.rng, &mut event);
            self.services.push(run);
            self.owned.insert(key);
            if let Some(reason) = unserved {
                event(Event::NotServed {
                    service: key,
                    reason,
                });
            }
        }
        self.index();
    }

    /// Builds agenda and probe index anew.
    fn index(&mut self) {
        self.agenda.clear();
        self.probes.clear();
        for (service, run) in self.services.iter().enumerate() {
            for (server, run) in run.servers.iter().enumerate() {
                for (check, run) in run.checks.iter().enumerate() {
                    let place = Place {
                        service,
                        server,
                        check,
                    };
                    match run.phase {
                        Phase::Waiting { at } => {
                            self.agenda.insert((at, place));
                        }
                        Phase::Probing { probe } => {
                            self.probes.insert(probe, place);
                        }
                    }
                }
            }
        }
    }

    /// Brings forward what follows a session.
    fn hurry(&mut self, now: Instant, session: &str) {
        for service in &mut self.services {
            for check in service.servers.iter_mut().flat_map(|it| &mut it.checks) {
                check.hurry(now, session);
            }
        }
        self.index();
    }

    fn tick(&mut self, now: Instant, emit: &mut dyn FnMut(Effect)) {
        while let Some(&(at, place)) = self.agenda.first()
            && at <= now
        {
            self.agenda.pop_first();
            let id = ProbeId(self.next_probe);
            self.next_probe += 1;
            let check = &mut self.services[place.service].servers[place.server].checks[place.check];
            check.phase = Phase::Probing { probe: id };
            self.probes.insert(id, place);
            emit(Effect::Probe {
                id,
                probe: check.config.probe.clone(),
            });
        }
        self.read_again(now, emit);
    }

    fn conclude(
        &mut self,
        now: Instant,
        probe: ProbeId,
        verdict: Verdict,
        emit: &mut dyn FnMut(Effect),
    ) {
        // A probe of a check that a reload has dropped.
        let Some(place) = self.probes.remove(&probe) else {
            return;
        };
        let service = &mut self.services[place.service];
        let of = service.server_id(place.server);
        let check = &mut service.servers[place.server].checks[place.check];
        let was_up = check.up;
        let outcome = check.conclude(now, verdict);
        let passed = check.up;
        if let Phase::Waiting { at } = check.phase {
            self.agenda.insert((at, place));
        }
        let probe = check.config.probe.clone();
        let mut event = |event| emit(Effect::Event(event));
        match outcome {
            Outcome::Unchanged => return,
            Outcome::NotRun(reason) => return event(Event::CheckNotRun { of, reason }),
            Outcome::Passed => event(Event::CheckPassed {
                of,
                probe: probe.clone(),
            }),
            Outcome::Failed { retries, reason } => event(Event::CheckFailed {
                of,
                probe: probe.clone(),
                reason,
                retries,
            }),
        }
        let changed = service.judge_server(place.server, &mut event);
        let alive = service.is_alive(place.server);
        if passed != was_up {
            event(Event::Notice(Notice::Check {
                of,
                probe,
                passed,
                alive,
                changed,
            }));
        } else if !passed {
            event(Event::Notice(Notice::Server {
                of,
                up: alive,
                moment: Moment::Running,
            }));
        }
        if changed {
            if service.judge_quorum(false, &mut event) {
                self.lead_service(place.service, emit);
            } else {
                self.lead_server(place, emit);
            }
        }
    }

    fn withdraw(&mut self, emit: &mut dyn FnMut(Effect)) {
        for service in &self.services {
            service.withdraw(&mut |event| emit(Effect::Event(event)));
        }
        let keys: Vec<ServiceKey> = match &self.kernel {
            Kernel::Holds { table } => table.keys().copied().collect(),
            // Not told yet: ask for all that may be there, a refusal does no harm any more.
            Kernel::Asked => self.owned.iter().copied().collect(),
            Kernel::Absent { .. } => Vec::new(),
        };
        if !keys.is_empty() {
            emit(Effect::Ipvs(
                keys.into_iter().map(Change::DelService).collect(),
            ));
        }
    }
}

#[cfg(test)]
mod tests;
