//! The BFD control packet (RFC 5880 §4.1).
//!
//! Invariants: a packet that [`Packet::parse`] returns has passed every check of RFC 5880 §6.8.6
//! that needs no session; lengths of time are microseconds, as on the wire.
//! Deliberately unknown here: which session a packet belongs to, and authentication: a packet that
//! has any is refused, because no session of ours uses it.

use core::fmt;
use core::num::{NonZeroU8, NonZeroU32};

use crate::InvalidPacket;

/// Length of a packet without authentication.
pub const LEN: usize = 24;
/// UDP port of neighbours on the same link (RFC 5881 §4).
pub const PORT: u16 = 3784;
/// UDP port of neighbours behind routers (RFC 5883 §5).
pub const MULTIHOP_PORT: u16 = 4784;
/// Ports that packets are sent from (RFC 5881 §4).
pub const SOURCE_PORTS: core::ops::RangeInclusive<u16> = 49_152..=65_535;

const VERSION: u8 = 1;
const POLL: u8 = 0x20;
const FINAL: u8 = 0x10;
const INDEPENDENT: u8 = 0x08;
const AUTHENTICATED: u8 = 0x04;
const DEMAND: u8 = 0x02;
const MULTIPOINT: u8 = 0x01;

/// State of a session (`Sta`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Held down by its operator.
    AdminDown,
    /// Nothing is heard, or the neighbour said so.
    Down,
    /// The neighbour is heard, it does not say yet that it hears us.
    Init,
    /// Both hear each other.
    Up,
}

impl State {
    const fn of(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::AdminDown,
            1 => Self::Down,
            2 => Self::Init,
            _ => Self::Up,
        }
    }

    const fn bits(self) -> u8 {
        match self {
            Self::AdminDown => 0,
            Self::Down => 1,
            Self::Init => 2,
            Self::Up => 3,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AdminDown => "AdminDown",
            Self::Down => "Down",
            Self::Init => "Init",
            Self::Up => "Up",
        })
    }
}

/// Why a session went down last (`Diag`, 0 to 31); numbers without a meaning are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Diagnostic(u8);

impl Diagnostic {
    /// It never did.
    pub const NONE: Self = Self(0);
    /// Nothing was heard for the detection time.
    pub const EXPIRED: Self = Self(1);
    /// The neighbour said that it is down.
    pub const NEIGHBOR_DOWN: Self = Self(3);
    /// An operator, or a local fault, holds it down.
    pub const ADMIN_DOWN: Self = Self(7);

    /// The lowest five bits of `number`.
    #[must_use]
    pub const fn new(number: u8) -> Self {
        Self(number & 0x1f)
    }

    /// The number on the wire.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0 => "No Diagnostic",
            1 => "Control Detection Time Expired",
            2 => "Echo Function Failed",
            3 => "Neighbor Signaled Session Down",
            4 => "Forwarding Plane Reset",
            5 => "Path Down",
            6 => "Concatenated Path Down",
            7 => "Administratively Down",
            8 => "Reverse Concatenated Path Down",
            _ => "Reserved",
        })
    }
}

/// A control packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Why the sender's session went down last.
    pub diagnostic: Diagnostic,
    /// The sender's state.
    pub state: State,
    /// P: wants an answer with F.
    pub poll: bool,
    /// F: answers a poll.
    pub is_final: bool,
    /// C: the sender's BFD does not share the fate of its control plane.
    pub independent: bool,
    /// D: the sender wants no periodic packets while the session is up.
    pub demand: bool,
    /// Detection time multiplier.
    pub multiplier: NonZeroU8,
    /// The sender's name for the session.
    pub my_discriminator: NonZeroU32,
    /// The receiver's name for it; 0 while the sender does not know it.
    pub your_discriminator: u32,
    /// Microseconds between packets that the sender would like to send.
    pub desired_min_tx: u32,
    /// Microseconds between packets that it can receive; 0: it wants none.
    pub required_min_rx: u32,
    /// Microseconds between echo packets that it can receive; 0: it supports none.
    pub required_min_echo_rx: u32,
}

impl Packet {
    /// The packet's bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; LEN] {
        let flags = [
            (self.poll, POLL),
            (self.is_final, FINAL),
            (self.independent, INDEPENDENT),
            (self.demand, DEMAND),
        ];
        let flags = flags.into_iter().filter(|(set, _)| *set);
        let flags = flags.fold(self.state.bits() << 6, |all, (_, bit)| all | bit);
        let mut out = [0; LEN];
        out[0] = VERSION << 5 | self.diagnostic.0;
        out[1] = flags;
        out[2] = self.multiplier.get();
        out[3] = LEN_BYTE;
        let words = [
            self.my_discriminator.get(),
            self.your_discriminator,
            self.desired_min_tx,
            self.required_min_rx,
            self.required_min_echo_rx,
        ];
        for (to, word) in out[4..].chunks_exact_mut(4).zip(words) {
            to.copy_from_slice(&word.to_be_bytes());
        }
        out
    }

    /// Reads a packet; bytes behind the length it states are ignored.
    ///
    /// # Errors
    /// When it is cut short, or must be discarded whatever session it is for (RFC 5880 §6.8.6).
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidPacket> {
        let (packet, _) = crate::prefix::<LEN>(bytes)?;
        let [first, flags, multiplier, length, words @ ..] = packet;
        refuse("BFD version", first >> 5, first >> 5 != VERSION)?;
        refuse("BFD authentication", 1, flags & AUTHENTICATED != 0)?;
        refuse("BFD length", *length, *length < LEN_BYTE)?;
        if usize::from(*length) > bytes.len() {
            return Err(InvalidPacket::Truncated {
                needed: usize::from(*length),
                got: bytes.len(),
            });
        }
        refuse("BFD multipoint bit", 1, flags & MULTIPOINT != 0)?;
        // Both at once have no meaning (§6.5).
        let both = POLL | FINAL;
        refuse("BFD poll and final bits", 3, flags & both == both)?;
        let word = |at: usize| {
            let bytes = [words[at], words[at + 1], words[at + 2], words[at + 3]];
            u32::from_be_bytes(bytes)
        };
        let zero = |field| InvalidPacket::Field { field, got: 0 };
        let state = State::of(flags >> 6);
        let your_discriminator = word(4);
        let is_unknown =
            your_discriminator == 0 && !matches!(state, State::AdminDown | State::Down);
        refuse("BFD your discriminator", 0, is_unknown)?;
        Ok(Self {
            diagnostic: Diagnostic::new(*first),
            state,
            poll: flags & POLL != 0,
            is_final: flags & FINAL != 0,
            independent: flags & INDEPENDENT != 0,
            demand: flags & DEMAND != 0,
            multiplier: NonZeroU8::new(*multiplier).ok_or(zero("BFD multiplier"))?,
            my_discriminator: NonZeroU32::new(word(0)).ok_or(zero("BFD my discriminator"))?,
            your_discriminator,
            desired_min_tx: word(8),
            required_min_rx: word(12),
            required_min_echo_rx: word(16),
        })
    }
}

const LEN_BYTE: u8 = 24;

fn refuse(field: &'static str, got: u8, wrong: bool) -> Result<(), InvalidPacket> {
    let got = got.into();
    if wrong {
        return Err(InvalidPacket::Field { field, got });
    }
    Ok(())
}
