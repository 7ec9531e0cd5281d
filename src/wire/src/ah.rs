//! The IP authentication header (RFC 2402) as VRRP version 2 uses it: found and taken off.
//!
//! The digest is not computed here: a receiver that is configured for it hands header and rest
//! to whoever owns the key.

use crate::InvalidPacket;

/// IP protocol number.
pub const PROTOCOL: u8 = 51;
/// Length with the 96-bit digest that VRRP uses.
pub const LEN: usize = 24;

/// A received authentication header.
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
    /// When it is cut short, or its length is not that of a 96-bit digest.
    pub fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), InvalidPacket> {
        let (header, rest) = crate::prefix::<LEN>(bytes)?;
        // Length in 32-bit words minus two (RFC 2402 §2.2).
        if usize::from(header[1]) * 4 + 8 != LEN {
            return Err(InvalidPacket::Field {
                field: "AH length",
                got: header[1].into(),
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
}
