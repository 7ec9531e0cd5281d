//! One session: the state variables of RFC 5880 §6.8.1 and what changes them.
//!
//! Invariants: what is known of the neighbour, and the timer that ends it, exist only while it is
//! heard; a poll runs only while the session is up.

use core::num::NonZeroU32;
use core::time::Duration;

use base::{Instant, Rng};
use wire::bfd::{Diagnostic, Packet, State};

use crate::config;
use crate::effect::Cause;
use crate::state;
use crate::timing::{Rate, jitter, micros, share};

/// What the neighbour has said last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Remote {
    pub(crate) discriminator: NonZeroU32,
    pub(crate) state: State,
    pub(crate) min_rx: u32,
    pub(crate) desired_tx: u32,
    pub(crate) multiplier: u8,
    pub(crate) demand: bool,
    pub(crate) heard: Instant,
}

/// Telling the neighbour that an interval has changed (§6.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Poll {
    /// There is nothing to tell.
    Idle,
    /// Packets ask for an answer.
    Running,
    /// Something changed again: the next answer may be to an earlier question.
    Again,
}

/// What a packet makes us send at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing.
    Silence,
    /// Our state is news.
    News,
    /// The answer to a poll.
    Final,
}

/// A change of state, and why.
pub(crate) type Change = (State, Cause);

/// The running side of one `bfd_instance`.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) state: State,
    pub(crate) diagnostic: Diagnostic,
    pub(crate) discriminator: NonZeroU32,
    /// When the state was entered.
    pub(crate) since: Instant,
    /// The timer that the engine has noted for it.
    pub(crate) queued: Option<Instant>,
    pub(crate) remote: Option<Remote>,
    pub(crate) tx: Rate,
    pub(crate) rx: Rate,
    pub(crate) poll: Poll,
    pub(crate) sent: Option<Instant>,
    /// Of the interval until the next packet, in thousandths.
    pub(crate) share: u32,
}

impl Session {
    pub(crate) fn new(config: &config::Session, discriminator: NonZeroU32, now: Instant) -> Self {
        Self {
            state: State::Down,
            diagnostic: Diagnostic::NONE,
            discriminator,
            since: now,
            queued: None,
            remote: None,
            tx: Rate::new(micros(config.idle_tx)),
            rx: Rate::new(micros(config.min_rx)),
            poll: Poll::Idle,
            sent: None,
            share: 1000,
        }
    }

    /// When there is something to do, and what.
    pub(crate) fn due(&self, config: &config::Session) -> Option<(Instant, &'static str)> {
        let silence = self.silent_at().map(|at| (at, "detection time"));
        let send = self.send_at(config).map(|at| (at, "control packet"));
        silence.into_iter().chain(send).min()
    }

    /// Whether a packet is due.
    pub(crate) fn must_send(&self, config: &config::Session, now: Instant) -> bool {
        self.send_at(config).is_some_and(|at| at <= now)
    }

    /// Whether the neighbour would take a packet that is not an answer.
    pub(crate) fn may_send(&self, config: &config::Session) -> bool {
        self.interval(config).is_some()
    }

    /// Microseconds between packets; none: nothing is sent unasked.
    fn interval(&self, config: &config::Session) -> Option<u32> {
        if self.state == State::AdminDown {
            return None;
        }
        let Some(remote) = &self.remote else {
            return (!config.passive).then_some(self.tx.in_force);
        };
        let is_quiet = remote.demand && self.state == State::Up && remote.state == State::Up;
        if remote.min_rx == 0 || (is_quiet && self.poll == Poll::Idle) {
            return None;
        }
        Some(self.tx.in_force.max(remote.min_rx))
    }

    fn send_at(&self, config: &config::Session) -> Option<Instant> {
        let interval = self.interval(config)?;
        // The first one goes out at once.
        Some(
            self.sent
                .map_or(self.since, |sent| sent + share(interval, self.share)),
        )
    }

    /// After how long a silence the neighbour counts as gone (§6.8.4); none while it is not heard.
    pub(crate) fn detection_time(&self) -> Option<Duration> {
        let remote = self.remote?;
        let interval = self.rx.in_force.max(remote.desired_tx);
        let micros = u64::from(interval) * u64::from(remote.multiplier);
        Some(Duration::from_micros(micros))
    }

    fn silent_at(&self) -> Option<Instant> {
        Some(self.remote?.heard + self.detection_time()?)
    }

    /// The neighbour's name for the session and its state, while it is heard.
    pub(crate) fn remote(&self) -> Option<(NonZeroU32, State)> {
        self.remote
            .map(|remote| (remote.discriminator, remote.state))
    }

    /// Microseconds between our packets as they go out at most.
    pub(crate) fn transmit_interval(&self) -> u32 {
        let wanted = self.remote.map_or(0, |remote| remote.min_rx);
        self.tx.in_force.max(wanted)
    }

    /// The packet to send now; notes that it was sent.
    pub(crate) fn packet(
        &mut self,
        config: &config::Session,
        is_final: bool,
        now: Instant,
        rng: &mut Rng,
    ) -> Packet {
        self.sent = Some(now);
        self.share = jitter(rng, config.multiplier.get());
        Packet {
            diagnostic: self.diagnostic,
            state: self.state,
            poll: self.poll != Poll::Idle && !is_final,
            is_final,
            independent: false,
            demand: false,
            multiplier: config.multiplier,
            my_discriminator: self.discriminator,
            your_discriminator: self.remote.map_or(0, |remote| remote.discriminator.get()),
            desired_min_tx: self.tx.said,
            required_min_rx: self.rx.said,
            required_min_echo_rx: 0,
        }
    }

    /// Takes a packet that belongs to it (§6.8.6).
    pub(crate) fn hear(
        &mut self,
        config: &config::Session,
        packet: &Packet,
        now: Instant,
    ) -> (Option<Change>, Answer) {
        self.remote = Some(Remote {
            discriminator: packet.my_discriminator,
            state: packet.state,
            min_rx: packet.required_min_rx,
            desired_tx: packet.desired_min_tx,
            multiplier: packet.multiplier.get(),
            demand: packet.demand,
            heard: now,
        });
        if packet.is_final {
            self.confirmed();
        }
        let to = state::after(self.state, packet.state);
        let change = (to != self.state).then(|| {
            let cause = Cause::Heard {
                state: packet.state,
                diagnostic: packet.diagnostic,
            };
            (
                self.enter(config, to, Diagnostic::NEIGHBOR_DOWN, now),
                cause,
            )
        });
        let answer = match (packet.poll, &change) {
            (true, _) => Answer::Final,
            (false, Some(_)) if self.may_send(config) => Answer::News,
            (false, _) => Answer::Silence,
        };
        (change, answer)
    }

    fn confirmed(&mut self) {
        self.poll = match self.poll {
            Poll::Again => Poll::Running,
            Poll::Running | Poll::Idle => {
                self.tx.confirm();
                self.rx.confirm();
                Poll::Idle
            }
        };
    }

    /// The neighbour is forgotten when it was silent for too long.
    pub(crate) fn expire(&mut self, config: &config::Session, now: Instant) -> Option<Change> {
        let after = self.detection_time()?;
        if self.silent_at().is_none_or(|at| at > now) {
            return None;
        }
        self.remote = None;
        match self.state {
            State::Init | State::Up => {
                let from = self.enter(config, State::Down, Diagnostic::EXPIRED, now);
                Some((from, Cause::Silence { after }))
            }
            State::AdminDown | State::Down => None,
        }
    }

    /// Goes to a state; `reason` is what packets say where it is down. Returns the one before.
    fn enter(
        &mut self,
        config: &config::Session,
        to: State,
        reason: Diagnostic,
        now: Instant,
    ) -> State {
        let from = core::mem::replace(&mut self.state, to);
        self.since = now;
        match to {
            State::AdminDown | State::Down => {
                self.diagnostic = reason;
                // Nobody relies on us: what is slower counts at once (§6.8.3).
                self.poll = Poll::Idle;
                self.tx = Rate::new(micros(config.idle_tx));
                self.rx = Rate::new(micros(config.min_rx));
            }
            State::Init => {}
            State::Up => {
                self.diagnostic = Diagnostic::NONE;
                self.retune(config);
                self.poll = Poll::Running;
            }
        }
        from
    }

    /// Says what the configuration wants, in the state it is in.
    pub(crate) fn retune(&mut self, config: &config::Session) {
        let is_up = self.state == State::Up;
        let tx = micros(if is_up { config.min_tx } else { config.idle_tx });
        let rx = micros(config.min_rx);
        // Sending less often, and giving up sooner, need the neighbour's word (§6.8.3).
        let slower = is_up && tx > self.tx.in_force;
        let sooner = is_up && rx < self.rx.in_force;
        let news = [self.tx.say(tx, slower), self.rx.say(rx, sooner)];
        if is_up && news.contains(&true) {
            self.poll = match self.poll {
                Poll::Idle => Poll::Running,
                Poll::Running | Poll::Again => Poll::Again,
            };
        }
    }

    /// It cannot send, or is told to end.
    pub(crate) fn hold_down(&mut self, config: &config::Session, now: Instant) -> State {
        let from = self.enter(config, State::AdminDown, Diagnostic::ADMIN_DOWN, now);
        self.poll = Poll::Idle;
        from
    }

    /// The neighbour is no longer known: nothing of it can be believed.
    pub(crate) const fn forget(&mut self) {
        self.remote = None;
    }

    /// It begins anew.
    pub(crate) fn release(&mut self, config: &config::Session, now: Instant) -> State {
        let from = self.enter(config, State::Down, self.diagnostic, now);
        self.sent = None;
        from
    }
}
