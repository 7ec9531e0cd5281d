//! One virtual service at run time: which of its servers live, whether that makes a quorum, and
//! what its pool should hold.

use std::collections::BTreeSet;

use base::{Family, Instant, Rng};
use wire::ipvs::{Destination, Granularity};

use crate::check::CheckRun;
use crate::config::{self, RealServer};
use crate::effect::{Event, Moment, Notice, Quorum, ServerId};
use crate::snapshot::{Key, ServerRecord, ServiceRecord};
use crate::status::{ServerStatus, ServiceStatus};
use crate::table::Pool;

/// A configured service and its state.
#[derive(Clone, Debug)]
pub(crate) struct ServiceRun {
    pub(crate) config: config::Service,
    quorum: u32,
    hysteresis: u32,
    quorum_up: bool,
    pub(crate) servers: Vec<ServerRun>,
}

/// A real server and its checks, in configuration order.
#[derive(Clone, Debug)]
pub(crate) struct ServerRun {
    pub(crate) address: core::net::SocketAddr,
    weight: u32,
    inhibit: bool,
    alive: bool,
    pub(crate) checks: Vec<CheckRun>,
}

impl ServerRun {
    fn all_pass(&self) -> bool {
        self.checks.iter().all(|check| check.up)
    }
}

impl ServiceRun {
    /// The service at start, or after a reload in the place of `old`.
    pub(crate) fn new(
        mut config: config::Service,
        old: Option<Self>,
        now: Instant,
        rng: &mut Rng,
        emit: &mut dyn FnMut(Event),
    ) -> Self {
        // The kernel holds an address once per service.
        let mut seen = BTreeSet::new();
        config.servers.retain(|server| seen.insert(server.address));
        let (quorum, hysteresis) = config.reachable_quorum();
        let starting = old.is_none();
        let quorum_up = old.as_ref().is_some_and(|old| old.quorum_up);
        let saying_sorry = old.as_ref().is_some_and(Self::saying_sorry);
        let mut known = old.map(|old| old.servers).unwrap_or_default();
        let servers = config
            .servers
            .iter()
            .map(|server| {
                let place = known
                    .iter()
                    .position(|there| there.address == server.address);
                let before = place.map(|place| known.remove(place));
                new_server(&config, server, before, now, rng, emit)
            })
            .collect();
        let mut run = Self {
            config,
            quorum,
            hysteresis,
            quorum_up,
            servers,
        };
        for gone in known {
            emit(Event::ServerDropped(run.id(gone.address)));
            run.take_out(&gone, saying_sorry, emit);
            run.tell_down(&gone, Moment::Dropped, emit);
        }
        for index in 0..run.servers.len() {
            for _ in &run.servers[index].checks {
                emit(Event::CheckActivated(run.id(run.servers[index].address)));
            }
            run.judge_server(index, emit);
        }
        run.judge_quorum(starting, emit);
        run
    }

    /// The service that another process has left. What it has no record of is not in it.
    pub(crate) fn resumed(config: &config::Service, left: &ServiceRecord, now: Instant) -> Self {
        let (quorum, hysteresis) = config.reachable_quorum();
        let servers = config.servers.iter().filter_map(|server| {
            let mut known = left.servers.iter();
            let known = known.find(|there| there.address == server.address)?;
            // Another number of checks: which is which cannot be told.
            let same = known.checks.len() == server.checks.len();
            let checks = server.checks.iter().zip(&known.checks);
            same.then(|| ServerRun {
                address: server.address,
                weight: server.weight,
                inhibit: server.inhibit_on_failure,
                alive: known.alive,
                checks: checks
                    .map(|(check, left)| CheckRun::resumed(check.clone(), left, now))
                    .collect(),
            })
        });
        Self {
            servers: servers.collect(),
            config: config.clone(),
            quorum,
            hysteresis,
            quorum_up: left.quorum_up,
        }
    }

    /// For [`Self::resumed`].
    pub(crate) fn record(&self) -> ServiceRecord {
        let servers = self.servers.iter().map(|server| ServerRecord {
            address: server.address,
            alive: server.alive,
            checks: server.checks.iter().map(CheckRun::record).collect(),
        });
        ServiceRecord {
            key: Key::from(&self.config.key),
            quorum_up: self.quorum_up,
            servers: servers.collect(),
        }
    }

    fn id(&self, server: core::net::SocketAddr) -> ServerId {
        ServerId {
            service: self.config.key,
            server,
        }
    }

    /// The identity of the server at `index`.
    pub(crate) fn server_id(&self, index: usize) -> ServerId {
        self.id(self.servers[index].address)
    }

    /// Draws the conclusion from the checks of one server; whether its life changed.
    pub(crate) fn judge_server(&mut self, index: usize, emit: &mut dyn FnMut(Event)) -> bool {
        let of = self.server_id(index);
        let server = &mut self.servers[index];
        let alive = server.all_pass();
        if alive == server.alive {
            return false;
        }
        server.alive = alive;
        let inhibit = server.inhibit;
        emit(if alive {
            Event::ServerUp {
                of,
                inhibited: inhibit,
            }
        } else {
            Event::ServerDown { of, inhibit }
        });
        emit(Event::Notice(Notice::Server {
            of,
            up: alive,
            moment: Moment::Running,
        }));
        true
    }

    /// Draws the conclusion from the lives of all servers. A start tells of a quorum that is
    /// there, not of one that is not there yet. Returns whether the quorum changed.
    pub(crate) fn judge_quorum(&mut self, starting: bool, emit: &mut dyn FnMut(Event)) -> bool {
        let before = self.quorum_up;
        let weight = self
            .servers
            .iter()
            .filter(|server| server.alive)
            .fold(0u32, |sum, server| sum.saturating_add(server.weight));
        let numbers = self.numbers(weight);
        let sorry = self.config.sorry.as_ref();
        let sorry = sorry.map(|sorry| (self.id(sorry.address), sorry.inhibit_on_failure));
        if !self.quorum_up && weight >= self.quorum.saturating_add(self.hysteresis) {
            self.quorum_up = true;
            emit(Event::QuorumGained(numbers));
            if let Some((of, inhibit)) = sorry.filter(|_| !starting) {
                emit(Event::SorryServerOut { of, inhibit });
            }
        } else if self.quorum_up && (weight == 0 || weight < self.quorum - self.hysteresis) {
            self.quorum_up = false;
            emit(Event::QuorumLost(numbers));
            if let Some((of, inhibited)) = sorry {
                emit(Event::SorryServerIn { of, inhibited });
            }
        } else if starting
            && !self.quorum_up
            && let Some((of, inhibited)) = sorry
        {
            if weight > 0 {
                emit(Event::StartsWithoutQuorum(numbers));
            }
            emit(Event::SorryServerIn { of, inhibited });
        }
        if self.quorum_up == before {
            return false;
        }
        let moment = match starting {
            true => Moment::Start,
            false => Moment::Running,
        };
        emit(Event::Notice(Notice::Service {
            of: numbers,
            up: self.quorum_up,
            moment,
        }));
        true
    }

    const fn numbers(&self, weight: u32) -> Quorum {
        Quorum {
            service: self.config.key,
            quorum: self.quorum,
            hysteresis: self.hysteresis,
            weight,
        }
    }

    /// How it stands.
    pub(crate) fn status(&self) -> ServiceStatus<'_> {
        let servers = self.servers.iter().map(|server| ServerStatus {
            address: server.address,
            weight: server.weight,
            alive: server.alive,
            checks: server.checks.len(),
            failing: server.checks.iter().filter(|check| !check.up).count(),
        });
        ServiceStatus {
            config: &self.config,
            quorum_up: self.quorum_up,
            quorum: self.quorum,
            saying_sorry: self.saying_sorry(),
            servers: servers.collect(),
        }
    }

    /// Whether the server at `index` lives.
    pub(crate) fn is_alive(&self, index: usize) -> bool {
        self.servers[index].alive
    }

    /// Tells of a living server that is taken away.
    fn tell_down(&self, server: &ServerRun, moment: Moment, emit: &mut dyn FnMut(Event)) {
        if server.alive {
            emit(Event::Notice(Notice::Server {
                of: self.id(server.address),
                up: false,
                moment,
            }));
        }
    }

    /// Tells that the whole service is taken away.
    fn tell_all_down(&self, moment: Moment, emit: &mut dyn FnMut(Event)) {
        for server in &self.servers {
            self.tell_down(server, moment, emit);
        }
        if self.quorum_up {
            emit(Event::Notice(Notice::Service {
                of: self.numbers(0),
                up: false,
                moment,
            }));
        }
    }

    /// Whether the sorry server serves.
    fn saying_sorry(&self) -> bool {
        self.config.sorry.is_some() && !self.quorum_up
    }

    /// Tells that a dropped server leaves the table, if it was there.
    fn take_out(&self, gone: &ServerRun, saying_sorry: bool, emit: &mut dyn FnMut(Event)) {
        let inside = gone.alive && !saying_sorry;
        if inside || gone.inhibit {
            emit(Event::ServerTakenOut {
                of: self.id(gone.address),
                inhibited: !inside,
            });
        }
    }

    /// Tells that a reload dropped the whole service.
    pub(crate) fn drop_out(&self, emit: &mut dyn FnMut(Event)) {
        emit(Event::ServiceDropped(self.config.key));
        for server in &self.servers {
            self.take_out(server, self.saying_sorry(), emit);
        }
        self.tell_all_down(Moment::Dropped, emit);
    }

    /// What the kernel should hold for one server; `None` when that hangs on another entry too,
    /// because it is the sorry server as well.
    pub(crate) fn wanted_of(&self, index: usize) -> Option<Option<Destination>> {
        let server = &self.config.servers[index];
        let sorry = self.config.sorry.as_ref();
        if sorry.is_some_and(|sorry| sorry.address == server.address) {
            return None;
        }
        let inside = self.servers[index].alive && !self.saying_sorry();
        Some(place(server, server.weight, inside))
    }

    /// What the kernel should hold for this service.
    pub(crate) fn wanted(&self) -> Pool {
        let config = &self.config;
        let sorry = config.sorry.as_ref();
        let saying_sorry = self.saying_sorry();
        let mut destinations: Vec<Destination> = Vec::with_capacity(self.servers.len() + 1);
        for (server, run) in config.servers.iter().zip(&self.servers) {
            destinations.extend(place(server, server.weight, run.alive && !saying_sorry));
        }
        if let Some(sorry) = sorry
            && let Some(destination) = place(sorry, sorry.weight.max(1), saying_sorry)
        {
            // One of the real servers may say sorry for all of them.
            match destinations
                .iter_mut()
                .find(|there| there.address == destination.address)
            {
                Some(there) => there.weight = there.weight.max(destination.weight),
                None => destinations.push(destination),
            }
        }
        Pool {
            service: wire::ipvs::Service {
                key: config.key,
                scheduler: config.scheduler.to_owned(),
                persistence: config.persistence,
                granularity: granularity(config),
            },
            destinations,
        }
    }

    /// Tells of every server that it is withdrawn.
    pub(crate) fn withdraw(&self, emit: &mut dyn FnMut(Event)) {
        for server in &self.servers {
            emit(Event::ServerWithdrawn {
                of: self.id(server.address),
                inhibited: !server.alive && server.inhibit,
            });
        }
        if self.config.omega {
            self.tell_all_down(Moment::Stop, emit);
        }
    }
}

fn new_server(
    service: &config::Service,
    server: &RealServer,
    before: Option<ServerRun>,
    now: Instant,
    rng: &mut Rng,
    emit: &mut dyn FnMut(Event),
) -> ServerRun {
    let alive_before = before.as_ref().map(|before| before.alive);
    if let Some(before) = &before
        && before.weight != server.weight
    {
        emit(Event::WeightChanged {
            of: ServerId {
                service: service.key,
                server: server.address,
            },
            from: before.weight,
            to: server.weight,
            alive: before.alive,
        });
    }
    let mut known = before.map(|before| before.checks).unwrap_or_default();
    let checks: Vec<CheckRun> = server
        .checks
        .iter()
        .map(|check| {
            let place = known
                .iter()
                .position(|there| there.config.probe == check.probe);
            match place.map(|place| known.remove(place)) {
                Some(same) => same.reconfigured(check.clone(), now),
                None => {
                    let warmup = u64::try_from(check.warmup.as_micros()).unwrap_or(u64::MAX);
                    let first = now + base::Duration::from_micros(rng.below(warmup));
                    let up = !service.starts_failed(server, check);
                    CheckRun::new(check.clone(), up, first)
                }
            }
        })
        .collect();
    let alive = alive_before.unwrap_or_else(|| checks.iter().all(|check| check.up));
    if alive && alive_before.is_none() {
        emit(Event::Notice(Notice::Server {
            of: ServerId {
                service: service.key,
                server: server.address,
            },
            up: true,
            moment: Moment::Start,
        }));
    }
    ServerRun {
        address: server.address,
        weight: server.weight,
        inhibit: server.inhibit_on_failure,
        alive,
        checks,
    }
}

/// In the pool with its weight, or out of it: absent, or there with weight 0 when inhibited.
fn place(server: &RealServer, weight: u32, inside: bool) -> Option<Destination> {
    (inside || server.inhibit_on_failure).then_some(Destination {
        address: server.address,
        weight: if inside { weight } else { 0 },
        forwarding: server.forwarding,
    })
}

fn granularity(config: &config::Service) -> Granularity {
    match (config.granularity, config.key.family()) {
        (Some(core::net::IpAddr::V4(mask)), Family::V4) => Granularity::Mask(mask),
        (Some(core::net::IpAddr::V6(mask)), Family::V6) => {
            let ones = mask.to_bits().leading_ones();
            Granularity::Prefix(u8::try_from(ones).unwrap_or(128))
        }
        (Some(_) | None, family) => Granularity::host(family),
    }
}
