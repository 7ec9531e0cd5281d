//! What is known of one session: who, since when, how much, with which peers.
//!
//! Invariant: one [`Attempt`] per peer that was picked, in order; the last one is the running one.
//! Deliberately unknown here: descriptors and buffers.

use core::fmt;

use base::Instant;

use crate::config::{Address, PeerIx, Transport};

/// How a session ended, as `$status` prints it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status(pub u16);

impl Status {
    /// The session has not ended.
    pub const RUNNING: Self = Self(0);
    /// A normal end: either side closed, `proxy_timeout`, write errors, shutdown.
    pub const OK: Self = Self(200);
    /// The client sent what cannot be understood.
    pub const BAD_REQUEST: Self = Self(400);
    /// A deny rule.
    pub const FORBIDDEN: Self = Self(403);
    /// A fault of ours or of the configuration.
    pub const INTERNAL: Self = Self(500);
    /// No peer could be reached.
    pub const BAD_GATEWAY: Self = Self(502);
    /// A limit refused the session.
    pub const UNAVAILABLE: Self = Self(503);
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

/// One try to reach a peer. Times count from the start of this try, in whole milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The peer; none when no peer could be picked, which logs show as the group's name.
    pub peer: Option<PeerIx>,
    /// When the try began.
    pub started: Instant,
    /// Until the connection stood.
    pub connect_ms: Option<u64>,
    /// Until the first byte came.
    pub first_byte_ms: Option<u64>,
    /// Until the try ended.
    pub session_ms: Option<u64>,
    /// Bytes sent to the peer.
    pub sent: u64,
    /// Bytes received from the peer.
    pub received: u64,
}

impl Attempt {
    /// A try that begins at `now`.
    #[must_use]
    pub const fn new(peer: Option<PeerIx>, now: Instant) -> Self {
        Self {
            peer,
            started: now,
            connect_ms: None,
            first_byte_ms: None,
            session_ms: None,
            sent: 0,
            received: 0,
        }
    }

    /// Ends the try at `now`, once.
    pub fn end(&mut self, now: Instant) {
        self.session_ms
            .get_or_insert(millis_between(self.started, now));
    }
}

/// A client's connection or datagram exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Serial number, unique in the process.
    pub connection: u64,
    /// TCP or UDP.
    pub transport: Transport,
    /// The client's address.
    pub client: Address,
    /// The address the client reached.
    pub local: Address,
    /// When it was accepted.
    pub started: Instant,
    /// Bytes received from the client.
    pub received: u64,
    /// Bytes sent to the client.
    pub sent: u64,
    /// The end; [`Status::RUNNING`] before.
    pub status: Status,
    /// Tries, in order.
    pub attempts: Vec<Attempt>,
}

impl Session {
    /// Ends the running try, if there is one.
    pub fn end_attempt(&mut self, now: Instant) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.end(now);
        }
    }
}

/// Milliseconds from `earlier` to `later` as a clock that only knows milliseconds sees them.
#[must_use]
pub const fn millis_between(earlier: Instant, later: Instant) -> u64 {
    (later.as_micros() / 1000).saturating_sub(earlier.as_micros() / 1000)
}
