//! The keyed trailer of an advert (`auth_hmac`, keepalived 2.4.0): 28 bytes after the addresses
//! that prove who sent it and when.
//!
//! Invariants: tags are compared in constant time; the checksum is no part of what is signed, as
//! the kernel fills it in after us.
//! Deliberately unknown here: which sequences were seen, how old a packet may be.

use core::net::IpAddr;

use base::VrId;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::InvalidPacket;

/// Length of the trailer.
pub const LEN: usize = 28;
/// HMAC-SHA256, the first 128 bits: the only type there is.
pub const HMAC_SHA256_128: u8 = 1;
/// Length of the tag.
const TAG: usize = 16;
/// The checksum within a VRRP message of either version.
const CHECKSUM: core::ops::Range<usize> = 6..8;

/// Grows with every advert of a sender: 32 bits of seconds, 16 of their fraction, 16 of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(pub u64);

impl Sequence {
    /// Seconds of the sender's clock, modulo 2³².
    #[must_use]
    pub const fn seconds(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// What the message stands for besides its bytes; signed with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// VRRP version.
    pub version: u8,
    /// VRID.
    pub vrid: VrId,
    /// Source address of the packet.
    pub source: IpAddr,
}

/// A trailer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// Which of the shared keys.
    pub key_id: u8,
    /// When, and in which order.
    pub sequence: Sequence,
    tag: [u8; TAG],
}

impl Trailer {
    /// Signs `message` (header and addresses).
    #[must_use]
    pub fn sign(
        key: &[u8],
        key_id: u8,
        sequence: Sequence,
        context: &Context,
        message: &[u8],
    ) -> Self {
        let mut trailer = Self {
            key_id,
            sequence,
            tag: [0; TAG],
        };
        let whole = trailer.mac(key, context, message).finalize().into_bytes();
        trailer.tag.copy_from_slice(&whole[..TAG]);
        trailer
    }

    /// Reads a trailer; its key is still to be found by [`Trailer::key_id`].
    ///
    /// # Errors
    /// When the length, the type or a reserved byte is not what this version of it has.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidPacket> {
        let (trailer, rest) = crate::prefix::<LEN>(bytes)?;
        let field = |field, got: u32| Err(InvalidPacket::Field { field, got });
        if !rest.is_empty() {
            return Err(InvalidPacket::Field {
                field: "trailer length",
                got: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            });
        }
        let [
            kind,
            key_id,
            r0,
            r1,
            s0,
            s1,
            s2,
            s3,
            s4,
            s5,
            s6,
            s7,
            tag @ ..,
        ] = *trailer;
        if kind != HMAC_SHA256_128 {
            return field("trailer type", kind.into());
        }
        let reserved = u16::from_be_bytes([r0, r1]);
        if reserved != 0 {
            return field("trailer reserved", reserved.into());
        }
        Ok(Self {
            key_id,
            sequence: Sequence(u64::from_be_bytes([s0, s1, s2, s3, s4, s5, s6, s7])),
            tag,
        })
    }

    /// Whether the tag is what `key` gives for the message.
    #[must_use]
    pub fn is_genuine(&self, key: &[u8], context: &Context, message: &[u8]) -> bool {
        let mac = self.mac(key, context, message);
        mac.verify_truncated_left(&self.tag).is_ok()
    }

    /// The trailer's bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; LEN] {
        let mut out = [0; LEN];
        out[0] = HMAC_SHA256_128;
        out[1] = self.key_id;
        out[4..12].copy_from_slice(&self.sequence.0.to_be_bytes());
        out[12..].copy_from_slice(&self.tag);
        out
    }

    fn mac(&self, key: &[u8], context: &Context, message: &[u8]) -> Hmac<Sha256> {
        // HMAC takes keys of any length; the error type is that of other constructions.
        let mut mac =
            Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()));
        mac.update(&header(context));
        let at = CHECKSUM.start.min(message.len());
        mac.update(&message[..at]);
        mac.update(&[0; 2][..message.len().min(CHECKSUM.end) - at]);
        mac.update(message.get(CHECKSUM.end..).unwrap_or_default());
        let bare = Self {
            tag: [0; TAG],
            ..*self
        };
        mac.update(&bare.encode());
        mac
    }
}

/// Family, version, VRID and source: what a copied advert cannot be turned into.
fn header(context: &Context) -> [u8; 20] {
    let mut out = [0; 20];
    out[1] = context.version;
    out[2] = context.vrid.get();
    match context.source {
        IpAddr::V4(source) => {
            out[0] = 4;
            out[4..8].copy_from_slice(&source.octets());
        }
        IpAddr::V6(source) => {
            out[0] = 6;
            out[4..].copy_from_slice(&source.octets());
        }
    }
    out
}
