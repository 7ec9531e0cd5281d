//! What a process leaves to the one that goes on for it: every session as it is, so that neighbours
//! hear the same discriminators at the same pace, and nobody's session goes down.
//!
//! Invariants: plain values; times are those of the clock both processes share; what does not name
//! a state or a question is refused as a whole, and its session begins anew.

use core::num::NonZeroU32;

use base::Instant;
use serde::{Deserialize, Serialize};
use wire::bfd::{Diagnostic, State};

use crate::config::SessionKey;
use crate::session::{Poll, Remote, Session};
use crate::timing::Rate;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which.
    pub key: SessionKey,
    /// 0 to 3, as on the wire.
    state: u8,
    diagnostic: u8,
    discriminator: NonZeroU32,
    since: Instant,
    heard: Option<Heard>,
    /// What is said and what is in force, in microseconds.
    tx: [u32; 2],
    rx: [u32; 2],
    /// 0: no poll runs; 1: one does; 2: another has to follow.
    poll: u8,
    sent: Option<Instant>,
    share: u32,
}

/// What the neighbour has said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Heard {
    discriminator: NonZeroU32,
    state: u8,
    min_rx: u32,
    desired_tx: u32,
    multiplier: u8,
    demand: bool,
    at: Instant,
}

const STATES: [State; 4] = [State::AdminDown, State::Down, State::Init, State::Up];
const POLLS: [Poll; 3] = [Poll::Idle, Poll::Running, Poll::Again];

/// The place of `what` in `all`, which has it.
fn number<T: PartialEq>(all: &[T], what: &T) -> u8 {
    let place = all.iter().position(|it| it == what);
    place.and_then(|it| u8::try_from(it).ok()).unwrap_or(0)
}

impl Record {
    pub(crate) fn of(key: &SessionKey, session: &Session) -> Self {
        let rate = |rate: &Rate| [rate.said, rate.in_force];
        Self {
            key: key.clone(),
            state: number(&STATES, &session.state),
            diagnostic: session.diagnostic.get(),
            discriminator: session.discriminator,
            since: session.since,
            heard: session.remote.map(|remote| Heard {
                discriminator: remote.discriminator,
                state: number(&STATES, &remote.state),
                min_rx: remote.min_rx,
                desired_tx: remote.desired_tx,
                multiplier: remote.multiplier,
                demand: remote.demand,
                at: remote.heard,
            }),
            tx: rate(&session.tx),
            rx: rate(&session.rx),
            poll: number(&POLLS, &session.poll),
            sent: session.sent,
            share: session.share,
        }
    }

    /// The session as it was.
    pub(crate) fn session(&self) -> Option<Session> {
        let state = |number: u8| STATES.get(usize::from(number)).copied();
        let rate = |[said, in_force]: [u32; 2]| Rate { said, in_force };
        let remote = match &self.heard {
            None => None,
            Some(heard) => Some(Remote {
                discriminator: heard.discriminator,
                state: state(heard.state)?,
                min_rx: heard.min_rx,
                desired_tx: heard.desired_tx,
                multiplier: heard.multiplier,
                demand: heard.demand,
                heard: heard.at,
            }),
        };
        Some(Session {
            state: state(self.state)?,
            diagnostic: Diagnostic::new(self.diagnostic),
            discriminator: self.discriminator,
            since: self.since,
            queued: None,
            remote,
            tx: rate(self.tx),
            rx: rate(self.rx),
            poll: *POLLS.get(usize::from(self.poll))?,
            sent: self.sent,
            share: self.share,
        })
    }
}
