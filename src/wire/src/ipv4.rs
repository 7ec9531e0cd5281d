//! The IPv4 header (RFC 791), as written for adverts and read from raw sockets.

use core::net::Ipv4Addr;

use crate::InvalidPacket;
use crate::checksum::Checksum;

/// Length without options.
pub const LEN: usize = 20;

/// A header without options, unfragmented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Type of service.
    pub tos: u8,
    /// Identification.
    pub id: u16,
    /// Don't-fragment bit; adverts have it off.
    pub dont_fragment: bool,
    /// Time to live.
    pub ttl: u8,
    /// Protocol of the payload.
    pub protocol: u8,
    /// Sender.
    pub source: Ipv4Addr,
    /// Receiver.
    pub destination: Ipv4Addr,
}

impl Header {
    /// The header of an advert as keepalived sends it: [`crate::vrrp::TOS`], no DF.
    #[must_use]
    pub const fn advert(id: u16, ttl: u8, source: Ipv4Addr, destination: Ipv4Addr) -> Self {
        Self {
            tos: crate::vrrp::TOS,
            id,
            dont_fragment: false,
            ttl,
            protocol: crate::vrrp::PROTOCOL,
            source,
            destination,
        }
    }

    /// The header's bytes in front of `payload_len` bytes, checksum filled in. A payload that
    /// does not fit the length field is written as the longest that does.
    #[must_use]
    pub fn encode(&self, payload_len: usize) -> [u8; LEN] {
        let total = u16::try_from(LEN.saturating_add(payload_len)).unwrap_or(u16::MAX);
        let mut out = [0; LEN];
        out[0] = 0x45;
        out[1] = self.tos;
        out[2..4].copy_from_slice(&total.to_be_bytes());
        out[4..6].copy_from_slice(&self.id.to_be_bytes());
        out[6] = if self.dont_fragment { 0x40 } else { 0 };
        out[8] = self.ttl;
        out[9] = self.protocol;
        out[12..16].copy_from_slice(&self.source.octets());
        out[16..20].copy_from_slice(&self.destination.octets());
        let sum = Checksum::new().bytes(&out).finish();
        out[10..12].copy_from_slice(&sum.to_be_bytes());
        out
    }

    /// Splits a packet into header and payload. Options are skipped, Ethernet padding behind the
    /// total length is cut off. The checksum is not verified: the kernel did before a raw socket
    /// got the packet.
    ///
    /// # Errors
    /// When it is no IPv4, cut short, its lengths disagree, or it is a fragment.
    pub fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), InvalidPacket> {
        let (fixed, _) = crate::prefix::<LEN>(bytes)?;
        let field = |field, got: u16| InvalidPacket::Field {
            field,
            got: got.into(),
        };
        if fixed[0] >> 4 != 4 {
            return Err(field("IP version", (fixed[0] >> 4).into()));
        }
        let header_len = usize::from(fixed[0] & 0x0f) * 4;
        if header_len < LEN {
            return Err(field("header length", u16::from(fixed[0] & 0x0f)));
        }
        let total = u16::from_be_bytes([fixed[2], fixed[3]]);
        if usize::from(total) < header_len {
            return Err(field("total length", total));
        }
        let fragment = u16::from_be_bytes([fixed[6], fixed[7]]);
        // More-fragments bit or an offset: the kernel reassembles, so this is none of ours.
        if fragment & 0x3fff != 0 {
            return Err(field("fragment offset", fragment));
        }
        let payload =
            bytes
                .get(header_len..usize::from(total))
                .ok_or(InvalidPacket::Truncated {
                    needed: total.into(),
                    got: bytes.len(),
                })?;
        let [.., s0, s1, s2, s3, d0, d1, d2, d3] = *fixed;
        let header = Self {
            tos: fixed[1],
            id: u16::from_be_bytes([fixed[4], fixed[5]]),
            dont_fragment: fragment & 0x4000 != 0,
            ttl: fixed[8],
            protocol: fixed[9],
            source: [s0, s1, s2, s3].into(),
            destination: [d0, d1, d2, d3].into(),
        };
        Ok((header, payload))
    }
}
