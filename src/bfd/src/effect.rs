//! What the engine wants done, and what it has to tell.

use core::fmt;
use core::net::IpAddr;
use core::time::Duration;

use wire::InvalidPacket;
use wire::bfd::{Diagnostic, LEN, State};

use crate::config::SessionIx;

/// To be performed, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send a packet to the session's neighbour. Where that cannot be done, [`crate::Input::Path`]
    /// comes back.
    Send {
        /// Which session.
        session: SessionIx,
        /// The UDP payload.
        packet: [u8; LEN],
    },
    /// Somebody may want to know.
    Event(Event),
    /// From here on effects speak of the new configuration.
    Reconfigured,
}

/// Worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A session has changed its state.
    Transition {
        /// Which.
        session: SessionIx,
        /// Before.
        from: State,
        /// Now.
        to: State,
        /// What its packets say about it from now on.
        diagnostic: Diagnostic,
        /// What made it change.
        cause: Cause,
    },
    /// A packet was not taken.
    Rejected {
        /// Who sent it.
        source: IpAddr,
        /// Why not.
        reason: Rejection,
    },
}

/// What made a session change its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nothing was heard for so long: the detection time.
    Silence {
        /// How long.
        after: Duration,
    },
    /// The neighbour's packet said so.
    Heard {
        /// The neighbour's state.
        state: State,
        /// Why it went down last.
        diagnostic: Diagnostic,
    },
    /// It cannot send.
    LocalFault(String),
    /// It can send again.
    Repaired,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silence { after } => {
                write!(f, "nothing was heard for {} ms", after.as_micros() / 1000)
            }
            Self::Heard { state, diagnostic } if *diagnostic == Diagnostic::NONE => {
                write!(f, "the neighbor says {state}")
            }
            Self::Heard { state, diagnostic } => {
                write!(f, "the neighbor says {state} ({diagnostic})")
            }
            Self::LocalFault(reason) => write!(f, "{reason}"),
            Self::Repaired => f.write_str("packets can be sent again"),
        }
    }
}

/// Why a packet was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It is not sound.
    Invalid(InvalidPacket),
    /// It names a session that we do not have.
    UnknownDiscriminator(u32),
    /// It names no session, and none is configured with its sender.
    UnknownNeighbor,
    /// It came to the port of the other kind of session.
    WrongPort,
    /// It came from too far away.
    TooFar {
        /// TTL or hop limit that it had.
        ttl: u8,
        /// The least that is taken.
        least: u8,
    },
    /// The session is held down.
    HeldDown,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(problem) => write!(f, "{problem}"),
            Self::UnknownDiscriminator(number) => write!(f, "there is no session {number:#010x}"),
            Self::UnknownNeighbor => f.write_str("no bfd_instance has this neighbor"),
            Self::WrongPort => f.write_str("it came to the port of the other kind of session"),
            Self::TooFar { ttl, least } => write!(f, "ttl {ttl} is below {least}: too many hops"),
            Self::HeldDown => f.write_str("the session is held down"),
        }
    }
}
