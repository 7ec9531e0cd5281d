//! The IP authentication header (RFC 2402) as VRRP version 2 uses it: found, taken off, checked
//! and made.
//!
//! Invariants: digests are compared in constant time; nothing of a key is kept.
//! Deliberately unknown here: which sequence numbers were seen already.

use core::net::Ipv4Addr;

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;

use crate::{InvalidPacket, ipv4};

/// IP protocol number.
pub const PROTOCOL: u8 = 51;
/// Length with the 96-bit digest that VRRP uses.
pub const LEN: usize = 24;

/// How a packet travels, which decides what may change on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// On one link: the TTL stays 255 and is protected.
    Multicast,
    /// Through routers: the TTL is not protected.
    Unicast,
}

/// An authentication header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Protocol of what follows.
    pub next: u8,
    /// Security parameters index; keepalived puts the sender's IPv4 address here.
    pub spi: u32,
    /// Counts up with every packet.
    pub sequence: u32,
    /// HMAC-MD5-96.
    pub digest: [u8; 12],
}

impl Header {
    /// Splits `bytes` into header and what it protects.
    ///
    /// # Errors
    /// When it is cut short, its length is not that of a 96-bit digest, or a reserved bit is set.
    pub fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), InvalidPacket> {
        let (header, rest) = crate::prefix::<LEN>(bytes)?;
        if header[1] != WORDS {
            return Err(InvalidPacket::Field {
                field: "AH length",
                got: header[1].into(),
            });
        }
        let reserved = u16::from_be_bytes([header[2], header[3]]);
        // Must be zero, and is part of what the digest protects (RFC 2402 §2.3).
        if reserved != 0 {
            return Err(InvalidPacket::Field {
                field: "AH reserved",
                got: reserved.into(),
            });
        }
        let [next, _, _, _, s0, s1, s2, s3, q0, q1, q2, q3, digest @ ..] = *header;
        let header = Self {
            next,
            spi: u32::from_be_bytes([s0, s1, s2, s3]),
            sequence: u32::from_be_bytes([q0, q1, q2, q3]),
            digest,
        };
        Ok((header, rest))
    }

    /// A header of a sender at `source` for its packet number `sequence`; the digest is zero.
    #[must_use]
    pub const fn of(next: u8, source: Ipv4Addr, sequence: u32) -> Self {
        Self {
            next,
            spi: source.to_bits(),
            sequence,
            digest: [0; 12],
        }
    }

    /// The header's bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; LEN] {
        let mut out = [0; LEN];
        out[0] = self.next;
        out[1] = WORDS;
        out[4..8].copy_from_slice(&self.spi.to_be_bytes());
        out[8..12].copy_from_slice(&self.sequence.to_be_bytes());
        out[12..].copy_from_slice(&self.digest);
        out
    }

    /// The same header with the digest that `key` gives for a packet that begins with `ip` and
    /// carries `payload` (RFC 2403: HMAC-MD5, the first 96 bits).
    #[must_use]
    pub fn sealed(self, key: &[u8], cast: Cast, ip: &[u8; ipv4::LEN], payload: &[u8]) -> Self {
        let mut digest = [0; 12];
        let whole = self.mac(key, cast, ip, payload).finalize().into_bytes();
        digest.copy_from_slice(&whole[..12]);
        Self { digest, ..self }
    }

    /// Whether the digest is what `key` gives for the packet.
    #[must_use]
    pub fn is_genuine(&self, key: &[u8], cast: Cast, ip: &[u8; ipv4::LEN], payload: &[u8]) -> bool {
        let mac = self.mac(key, cast, ip, payload);
        mac.verify_truncated_left(&self.digest).is_ok()
    }

    fn mac(&self, key: &[u8], cast: Cast, ip: &[u8; ipv4::LEN], payload: &[u8]) -> Hmac<Md5> {
        let mut mac = hmac(key);
        mac.update(&immutable(cast, ip));
        let bare = Self {
            digest: [0; 12],
            ..*self
        };
        mac.update(&bare.encode());
        mac.update(payload);
        mac
    }
}

/// Length in 32-bit words minus two (RFC 2402 §2.2).
const WORDS: u8 = 4;

fn hmac(key: &[u8]) -> Hmac<Md5> {
    // HMAC takes keys of any length; the error type is that of other constructions.
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

/// The IP header as the digest sees it: without what may change on the way (RFC 2402 §3.3.3.1.1).
fn immutable(cast: Cast, ip: &[u8; ipv4::LEN]) -> [u8; ipv4::LEN] {
    const TOS: usize = 1;
    const FRAGMENT: core::ops::Range<usize> = 6..8;
    const TTL: usize = 8;
    const CHECKSUM: core::ops::Range<usize> = 10..12;
    let mut ip = *ip;
    ip[TOS] = 0;
    ip[FRAGMENT].fill(0);
    // Deviation: the standard leaves the TTL out; keepalived does so for unicast only.
    if cast == Cast::Unicast {
        ip[TTL] = 0;
    }
    ip[CHECKSUM].fill(0);
    ip
}
