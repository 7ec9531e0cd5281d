//! All sessions: which one a packet is for, whose timer is next, what a reload changes.
//!
//! Invariants: every session has a discriminator that no other has; the queue holds each session's
//! next timer and nothing else.

use core::net::IpAddr;
use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use base::{Instant, Machine, Rng};
use wire::bfd::{Diagnostic, Packet, State};

use crate::config::{Config, SessionIx, SessionKey};
use crate::effect::{Cause, Effect, Event, Rejection};
use crate::input::{Input, Received};
use crate::session::{Answer, Session};
use crate::snapshot::Record;

type Emit<'a> = &'a mut dyn FnMut(Effect);

/// The BFD side of one node.
#[derive(Clone, Debug)]
pub struct Engine {
    config: Config,
    sessions: Vec<Session>,
    rng: Rng,
    by_discriminator: BTreeMap<NonZeroU32, u32>,
    by_neighbor: BTreeMap<IpAddr, Vec<u32>>,
    queue: BTreeSet<(Instant, u32)>,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Waiting,
    Running,
    Ended,
}

/// A session as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its state.
    pub state: State,
    /// Why it went down last.
    pub diagnostic: Diagnostic,
    /// When it came to this state.
    pub since: Instant,
    /// Our name for it.
    pub discriminator: u32,
    /// The neighbour's name for it and the neighbour's state, while it is heard.
    pub remote: Option<(u32, State)>,
    /// Between two packets of ours at most.
    pub transmit_interval: Duration,
    /// How long a silence ends it, while the neighbour is heard.
    pub detection_time: Option<Duration>,
}

impl Engine {
    /// An engine that waits for [`Input::Start`]. Jitter and discriminators follow from `seed`.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let mut engine = Self {
            config: Config::default(),
            sessions: Vec::new(),
            rng: Rng::new(seed),
            by_discriminator: BTreeMap::new(),
            by_neighbor: BTreeMap::new(),
            queue: BTreeSet::new(),
            phase: Phase::Waiting,
        };
        engine.adopt(config, Instant::ZERO);
        engine
    }

    /// An engine that goes on with what another one has left, as if it had never been another;
    /// it does not wait for [`Input::Start`]. Sessions without a record begin anew.
    #[must_use]
    pub fn resume(config: Config, seed: u64, left: &[Record], now: Instant) -> Self {
        let mut engine = Self::new(Config::default(), seed);
        let known = left.iter().filter_map(|record| {
            let wanted = config.sessions.iter().find(|it| it.key == record.key)?;
            Some((wanted.clone(), record.session()?))
        });
        (engine.config.sessions, engine.sessions) = known.unzip();
        engine.adopt(config, now);
        engine.phase = Phase::Running;
        engine.queue_all();
        engine
    }

    /// Every session, for [`Self::resume`].
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        let sessions = self.config.sessions.iter().zip(&self.sessions);
        sessions
            .map(|(config, session)| Record::of(&config.key, session))
            .collect()
    }

    /// What it runs.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// All sessions in the order of the configuration.
    pub fn sessions(&self) -> impl Iterator<Item = Status> {
        self.sessions.iter().map(|session| Status {
            state: session.state,
            diagnostic: session.diagnostic,
            since: session.since,
            discriminator: session.discriminator.get(),
            remote: session.remote().map(|(name, state)| (name.get(), state)),
            transmit_interval: Duration::from_micros(session.transmit_interval().into()),
            detection_time: session.detection_time(),
        })
    }

    /// Replaces the configuration; sessions that both have keep all they know.
    fn adopt(&mut self, config: Config, now: Instant) {
        let old = core::mem::take(&mut self.config).sessions;
        let kept = core::mem::take(&mut self.sessions);
        let mut known: BTreeMap<SessionKey, Session> =
            old.into_iter().map(|it| it.key).zip(kept).collect();
        self.queue.clear();
        self.by_neighbor.clear();
        let names = known.values().map(|session| session.discriminator);
        let mut taken: BTreeSet<NonZeroU32> = names.collect();
        for (ix, wanted) in (0_u32..).zip(&config.sessions) {
            let session = if let Some(mut session) = known.remove(&wanted.key) {
                session.queued = None;
                session.retune(wanted);
                session
            } else {
                let discriminator = fresh(&mut self.rng, &mut taken);
                Session::new(wanted, discriminator, now)
            };
            let neighbor = self.by_neighbor.entry(wanted.key.neighbor).or_default();
            neighbor.push(ix);
            self.sessions.push(session);
        }
        let names = self.sessions.iter().map(|session| session.discriminator);
        self.by_discriminator = names.zip(0..).collect();
        self.config = config;
    }

    fn start(&mut self, now: Instant) {
        self.phase = Phase::Running;
        for (session, config) in self.sessions.iter_mut().zip(&self.config.sessions) {
            if session.state != State::AdminDown {
                *session = Session::new(config, session.discriminator, now);
            }
        }
        self.queue_all();
    }

    fn queue_all(&mut self) {
        for ix in (0..).take(self.sessions.len()) {
            self.queue(ix);
        }
    }

    /// Notes the session's next timer anew.
    fn queue(&mut self, ix: u32) {
        let at = ix as usize;
        let (Some(session), Some(config)) =
            (self.sessions.get_mut(at), self.config.sessions.get(at))
        else {
            return;
        };
        let due = session.due(config).map(|(due, _)| due);
        if let Some(before) = core::mem::replace(&mut session.queued, due) {
            self.queue.remove(&(before, ix));
        }
        self.queue.extend(due.map(|due| (due, ix)));
    }

    fn tick(&mut self, now: Instant, emit: Emit<'_>) {
        let due = self.queue.range(..=(now, u32::MAX));
        let due: Vec<u32> = due.map(|(_, ix)| *ix).collect();
        for ix in due {
            let at = ix as usize;
            let (session, config) = (&mut self.sessions[at], &self.config.sessions[at]);
            let change = session.expire(config, now);
            if session.must_send(config, now) || change.is_some() && session.may_send(config) {
                // The loss is told to the neighbour at once, which may still hear us.
                send(ix, session, config, false, now, &mut self.rng, emit);
            }
            if let Some((from, cause)) = change {
                tell(ix, session, from, cause, emit);
            }
            self.queue(ix);
        }
    }

    fn receive(&mut self, received: &Received, now: Instant, emit: Emit<'_>) {
        let (ix, packet) = match self.judge(received) {
            Ok(accepted) => accepted,
            Err(reason) => {
                let source = received.source;
                emit(Effect::Event(Event::Rejected { source, reason }));
                return;
            }
        };
        let at = ix as usize;
        let (session, config) = (&mut self.sessions[at], &self.config.sessions[at]);
        let (change, answer) = session.hear(config, &packet, now);
        if answer != Answer::Silence {
            let is_final = answer == Answer::Final;
            send(ix, session, config, is_final, now, &mut self.rng, emit);
        }
        if let Some((from, cause)) = change {
            tell(ix, session, from, cause, emit);
        }
        self.queue(ix);
    }

    /// The session that a packet is for, if it may have it.
    fn judge(&self, received: &Received) -> Result<(u32, Packet), Rejection> {
        let packet = Packet::parse(&received.payload).map_err(Rejection::Invalid)?;
        let ix = match NonZeroU32::new(packet.your_discriminator) {
            Some(name) => {
                let found = self.by_discriminator.get(&name).copied();
                found.ok_or(Rejection::UnknownDiscriminator(name.get()))?
            }
            None => self
                .by_address(received)
                .ok_or(Rejection::UnknownNeighbor)?,
        };
        let config = &self.config.sessions[ix as usize];
        if config.key.multihop != received.multihop {
            return Err(Rejection::WrongPort);
        }
        let least = config
            .max_hops
            .map_or(0, |hops| config.ttl.saturating_sub(hops));
        if received.ttl < least {
            let ttl = received.ttl;
            return Err(Rejection::TooFar { ttl, least });
        }
        match self.sessions[ix as usize].state {
            State::AdminDown => Err(Rejection::HeldDown),
            State::Down | State::Init | State::Up => Ok((ix, packet)),
        }
    }

    fn by_address(&self, received: &Received) -> Option<u32> {
        let candidates = self.by_neighbor.get(&received.source)?;
        let fits = |ix: &&u32| {
            let key = &self.config.sessions[**ix as usize].key;
            let to = received.destination;
            key.source.is_none() || to.is_none() || key.source == to
        };
        candidates.iter().find(fits).copied()
    }

    fn path(&mut self, ix: SessionIx, fault: Option<String>, now: Instant, emit: Emit<'_>) {
        let at = ix.0 as usize;
        let (Some(session), Some(config)) =
            (self.sessions.get_mut(at), self.config.sessions.get(at))
        else {
            return;
        };
        let (from, cause) = match (fault, session.state) {
            (Some(reason), State::Down | State::Init | State::Up) => {
                let from = session.hold_down(config, now);
                session.forget();
                (from, Cause::LocalFault(reason))
            }
            (None, State::AdminDown) => (session.release(config, now), Cause::Repaired),
            (Some(_), State::AdminDown) | (None, State::Down | State::Init | State::Up) => return,
        };
        tell(ix.0, session, from, cause, emit);
        if self.phase == Phase::Running {
            self.queue(ix.0);
        }
    }

    fn reconfigure(&mut self, config: Config, now: Instant, emit: Emit<'_>) {
        let wanted: BTreeSet<SessionKey> =
            config.sessions.iter().map(|it| it.key.clone()).collect();
        for ix in (0..).take(self.sessions.len()) {
            if !wanted.contains(&self.config.sessions[ix as usize].key) {
                self.leave(ix, now, emit);
            }
        }
        self.adopt(config, now);
        emit(Effect::Reconfigured);
        if self.phase == Phase::Running {
            self.queue_all();
        }
    }

    /// Tells the neighbour that this is no failure of the path.
    fn leave(&mut self, ix: u32, now: Instant, emit: Emit<'_>) {
        let at = ix as usize;
        let (session, config) = (&mut self.sessions[at], &self.config.sessions[at]);
        if session.state == State::AdminDown || session.remote().is_none() {
            return;
        }
        session.hold_down(config, now);
        send(ix, session, config, false, now, &mut self.rng, emit);
    }
}

impl Machine for Engine {
    type Input = Input;
    type Effect = Effect;

    fn handle(&mut self, now: Instant, input: Input, emit: &mut dyn FnMut(Effect)) {
        match (self.phase, input) {
            (Phase::Waiting, Input::Start) => self.start(now),
            (Phase::Running, Input::Tick) => self.tick(now, emit),
            (Phase::Running, Input::Packet(received)) => self.receive(&received, now, emit),
            (Phase::Waiting | Phase::Running, Input::Path { session, fault }) => {
                self.path(session, fault, now, emit);
            }
            (Phase::Waiting | Phase::Running, Input::Reconfigure(config)) => {
                self.reconfigure(config, now, emit);
            }
            (Phase::Running, Input::Shutdown) => {
                for ix in (0..).take(self.sessions.len()) {
                    self.leave(ix, now, emit);
                }
                self.queue.clear();
                self.phase = Phase::Ended;
            }
            (Phase::Waiting, Input::Shutdown) => self.phase = Phase::Ended,
            (Phase::Waiting, Input::Tick | Input::Packet(_))
            | (Phase::Running, Input::Start)
            | (Phase::Ended, _) => {}
        }
    }

    fn deadline(&self) -> Option<(Instant, &'static str)> {
        let (at, ix) = *self.queue.first()?;
        let (session, config) = (
            self.sessions.get(ix as usize)?,
            self.config.sessions.get(ix as usize)?,
        );
        let whose = session.due(config).map_or("session", |(_, whose)| whose);
        Some((at, whose))
    }
}

/// A discriminator that nobody has.
fn fresh(rng: &mut Rng, taken: &mut BTreeSet<NonZeroU32>) -> NonZeroU32 {
    loop {
        let drawn = u32::try_from(rng.next_u64() >> 32).unwrap_or_default();
        // Ends: there are more numbers than sessions.
        if let Some(name) = NonZeroU32::new(drawn).filter(|name| taken.insert(*name)) {
            return name;
        }
    }
}

fn send(
    ix: u32,
    session: &mut Session,
    config: &crate::config::Session,
    is_final: bool,
    now: Instant,
    rng: &mut Rng,
    emit: Emit<'_>,
) {
    let packet = session.packet(config, is_final, now, rng).encode();
    let session = SessionIx(ix);
    emit(Effect::Send { session, packet });
}

fn tell(ix: u32, session: &Session, from: State, cause: Cause, emit: Emit<'_>) {
    emit(Effect::Event(Event::Transition {
        session: SessionIx(ix),
        from,
        to: session.state,
        diagnostic: session.diagnostic,
        cause,
    }));
}
