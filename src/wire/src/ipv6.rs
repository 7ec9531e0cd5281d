//! The IPv6 header (RFC 8200 §3), without extension headers.

use core::net::Ipv6Addr;

use crate::InvalidPacket;

/// Length of the header.
pub const LEN: usize = 40;

/// A header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Traffic class.
    pub traffic_class: u8,
    /// Flow label, 20 bits; higher ones are not sent.
    pub flow: u32,
    /// Protocol of the payload.
    pub next: u8,
    /// Hop limit.
    pub hop_limit: u8,
    /// Sender.
    pub source: Ipv6Addr,
    /// Receiver.
    pub destination: Ipv6Addr,
}

impl Header {
    /// The header's bytes in front of `payload_len` bytes. A payload that does not fit the length
    /// field is written as the longest that does.
    #[must_use]
    pub fn encode(&self, payload_len: usize) -> [u8; LEN] {
        let first = 6 << 28 | u32::from(self.traffic_class) << 20 | (self.flow & 0x000f_ffff);
        let length = u16::try_from(payload_len).unwrap_or(u16::MAX);
        let mut out = [0; LEN];
        out[0..4].copy_from_slice(&first.to_be_bytes());
        out[4..6].copy_from_slice(&length.to_be_bytes());
        out[6] = self.next;
        out[7] = self.hop_limit;
        out[8..24].copy_from_slice(&self.source.octets());
        out[24..40].copy_from_slice(&self.destination.octets());
        out
    }

    /// Splits a packet into header and payload, padding cut off.
    ///
    /// # Errors
    /// When it is no IPv6 or cut short.
    pub fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), InvalidPacket> {
        let (fixed, rest) = crate::prefix::<LEN>(bytes)?;
        let first = u32::from_be_bytes([fixed[0], fixed[1], fixed[2], fixed[3]]);
        if first >> 28 != 6 {
            return Err(InvalidPacket::Field {
                field: "IP version",
                got: first >> 28,
            });
        }
        let length = usize::from(u16::from_be_bytes([fixed[4], fixed[5]]));
        let payload = rest.get(..length).ok_or(InvalidPacket::Truncated {
            needed: LEN + length,
            got: bytes.len(),
        })?;
        let [_, _, _, _, _, _, next, hop_limit, addresses @ ..] = *fixed;
        let half = |from: usize| {
            let mut octets = [0; 16];
            octets.copy_from_slice(&addresses[from..from + 16]);
            Ipv6Addr::from(octets)
        };
        let header = Self {
            traffic_class: u8::try_from(first >> 20 & 0xff).unwrap_or_default(),
            flow: first & 0x000f_ffff,
            next,
            hop_limit,
            source: half(0),
            destination: half(16),
        };
        Ok((header, payload))
    }
}
