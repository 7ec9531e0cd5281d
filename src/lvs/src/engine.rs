//! The machine: checks run on schedule, their verdicts move real servers in and out of the pools,
//! and the kernel's table is led after the pools.
//!
//! Invariants: between inputs every check either waits in the agenda or has exactly one probe out;
//! at most one batch of table changes leaves per input, after all its events; nothing leaves after
//! `Shutdown` but the withdrawal itself. What the kernel holds is believed until it refuses a
//! change; then it is read again, after a pause that doubles while refusals go on. Meanwhile
//! every further change leaves as if nothing had been refused: one bad service holds up no other.

use std::collections::{BTreeMap, BTreeSet};

use base::{Duration, Instant, Machine, Rng};
use wire::ipvs::{Change, ServiceKey};

use crate::check::{Outcome, Phase};
use crate::config::Config;
use crate::effect::{Effect, Event, Input, ProbeId, Verdict};
use crate::service::ServiceRun;
use crate::table::{self, Table};

/// Pause before the table is read again after a refusal.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest such pause; also the pause between looks for IPVS in a kernel that lacks it.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The engine of all virtual services of a node.
#[derive(Clone, Debug)]
pub struct Engine {
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Idle(Config),
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

/// What is known of the kernel's table.
#[derive(Clone, Debug)]
enum Kernel {
    /// Asked for, not yet told.
    Asked,
    /// There is no IPVS; look again then.
    Absent { look: Instant, reason: String },
    /// It holds this (ours only), as far as we know.
    Holds { table: Table },
}

/// The last refusal by the kernel, and when the table is read again because of it.
#[derive(Clone, Copy, Debug)]
struct Doubt {
    since: Instant,
    pause: Duration,
    read: Option<Instant>,
}

impl Engine {
    /// An engine that waits for `Input::Start`.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            state: State::Idle(config),
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
            (State::Idle(config), Input::Start { seed }) => {
                let mut running = Running::new(seed);
                running.configure(core::mem::take(config), now, emit);
                emit(Effect::ReadTable);
                self.state = State::Running(running);
            }
            (State::Idle(config), Input::Reconfigure(new)) => *config = *new,
            (State::Idle(_), Input::Shutdown) => self.state = State::Stopped,
            (State::Running(running), Input::Tick) => running.tick(now, emit),
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
                State::Idle(_),
                Input::Tick
                | Input::ProbeDone { .. }
                | Input::Table(_)
                | Input::Refused
                | Input::Unavailable { .. },
            )
            | (
                State::Stopped,
                Input::Start { .. }
                | Input::Tick
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
        for key in known.keys().filter(|key| !wanted.contains(key)) {
            event(Event::ServiceDropped(*key));
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

    /// Reads the table when that is due.
    fn read_again(&mut self, now: Instant, emit: &mut dyn FnMut(Effect)) {
        match &mut self.kernel {
            Kernel::Absent { look, .. } => {
                if *look <= now {
                    *look = now + LONGEST_PAUSE;
                    emit(Effect::ReadTable);
                }
            }
            Kernel::Asked | Kernel::Holds { .. } => {
                if let Some(doubt) = &mut self.doubt
                    && doubt.read.is_some_and(|at| at <= now)
                {
                    doubt.read = None;
                    emit(Effect::ReadTable);
                }
            }
        }
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
        let outcome = check.conclude(now, verdict);
        if let Phase::Waiting { at } = check.phase {
            self.agenda.insert((at, place));
        }
        let probe = check.config.probe.clone();
        let mut event = |event| emit(Effect::Event(event));
        match outcome {
            Outcome::Unchanged => return,
            Outcome::NotRun(reason) => return event(Event::CheckNotRun { of, reason }),
            Outcome::Passed => event(Event::CheckPassed { of, probe }),
            Outcome::Failed { retries, reason } => event(Event::CheckFailed {
                of,
                probe,
                reason,
                retries,
            }),
        }
        if service.judge_server(place.server, &mut event) {
            service.judge_quorum(false, &mut event);
            self.lead_service(place.service, emit);
        }
    }

    /// The kernel's table has been read.
    fn adopt(&mut self, mut actual: Table, emit: &mut dyn FnMut(Effect)) {
        actual.retain(|key, _| self.owned.contains(key));
        if matches!(self.kernel, Kernel::Absent { .. }) {
            for service in &self.services {
                emit(Effect::Event(Event::ServedNow(service.config.key)));
            }
        }
        self.kernel = Kernel::Holds { table: actual };
        self.lead_table(emit);
    }

    /// Services in `actual` that are ours but no longer configured.
    fn forget_dropped(&mut self, actual: &Table) -> Vec<ServiceKey> {
        let wanted: BTreeSet<ServiceKey> = self.services.iter().map(|s| s.config.key).collect();
        self.owned
            .retain(|key| wanted.contains(key) || actual.contains_key(key));
        self.owned.difference(&wanted).copied().collect()
    }

    /// The kernel refused something: what it holds is not what was believed.
    fn doubt(&mut self, now: Instant) {
        let pause = match self.doubt {
            Some(last) if now.since(last.since) <= last.pause.saturating_mul(2) => {
                last.pause.saturating_mul(2).min(LONGEST_PAUSE)
            }
            Some(_) | None => FIRST_PAUSE,
        };
        self.doubt = Some(Doubt {
            since: now,
            pause,
            read: Some(now + pause),
        });
    }

    fn do_without(&mut self, now: Instant, reason: String, emit: &mut dyn FnMut(Effect)) {
        if !matches!(self.kernel, Kernel::Absent { .. }) {
            for service in &self.services {
                emit(Effect::Event(Event::NotServed {
                    service: service.config.key,
                    reason: reason.clone(),
                }));
            }
        }
        self.kernel = Kernel::Absent {
            look: now + LONGEST_PAUSE,
            reason,
        };
    }

    /// Leads the whole table after the configuration.
    fn lead_table(&mut self, emit: &mut dyn FnMut(Effect)) {
        let Kernel::Holds { table } = &self.kernel else {
            return;
        };
        let actual = table.clone();
        let gone = self.forget_dropped(&actual);
        let changes = self.take_changes(gone);
        if !changes.is_empty() {
            emit(Effect::Ipvs(changes));
        }
    }

    /// Changes for all services, believed from now on.
    fn take_changes(&mut self, gone: Vec<ServiceKey>) -> Vec<Change> {
        let Kernel::Holds { table } = &mut self.kernel else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for service in &self.services {
            let wanted = service.wanted();
            all.extend(table::changes(table.get(&service.config.key), &wanted));
            table.insert(service.config.key, wanted);
        }
        for key in gone {
            if table.remove(&key).is_some() {
                all.push(Change::DelService(key));
            }
        }
        all
    }

    /// Leads one service's pool after its servers' lives.
    fn lead_service(&mut self, index: usize, emit: &mut dyn FnMut(Effect)) {
        let Kernel::Holds { table } = &mut self.kernel else {
            return;
        };
        let service = &self.services[index];
        let wanted = service.wanted();
        let changes = table::changes(table.get(&service.config.key), &wanted);
        table.insert(service.config.key, wanted);
        if !changes.is_empty() {
            emit(Effect::Ipvs(changes));
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
