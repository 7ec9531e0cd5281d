//! An advert as it travels over IPv4: the headers in front of the VRRP message.
//!
//! Invariant: what [`ipv4`] wraps, [`Protection::split`] takes apart, byte for byte.
//! Deliberately unknown here: sockets; IPv6, whose header the kernel writes.

use core::net::Ipv4Addr;

use wire::ah::{self, Cast};
use wire::ipv4::{self, Header};

use crate::config::{Auth, Router, Transport};

/// What stood in front of a message under an authentication header (`auth_type AH`). It is kept as
/// it came, since the digest covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The IP header without options.
    pub ip: [u8; ipv4::LEN],
    /// The authentication header.
    pub header: [u8; ah::LEN],
}

impl Protection {
    /// Splits what follows the IP header `ip` into authentication header and message; `None` when
    /// it is too short to have the former.
    #[must_use]
    pub fn split(ip: [u8; ipv4::LEN], bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (header, message) = bytes.split_first_chunk()?;
        let header = *header;
        Some((Self { ip, header }, message))
    }
}

/// Whether the digest of an authentication header covers the TTL.
pub(crate) fn cast(config: &Router) -> Cast {
    match config.transport {
        Transport::Multicast { .. } => Cast::Multicast,
        Transport::Unicast { .. } => Cast::Unicast,
    }
}

/// The packet that carries `message` from `source` to `destination` for `config`: IP header with
/// identification `id` (not 0, which the kernel would replace), authentication header with
/// `number` if the router uses one, message.
#[must_use]
pub fn ipv4(
    config: &Router,
    id: u16,
    source: Ipv4Addr,
    destination: Ipv4Addr,
    number: Option<u32>,
    message: &[u8],
) -> Vec<u8> {
    let ttl = match config.transport {
        Transport::Multicast { .. } => wire::vrrp::TTL,
        Transport::Unicast { ttl, .. } => ttl,
    };
    let mut header = Header::advert(id, ttl, source, destination);
    let (Auth::Ah(key), Some(number)) = (&config.auth, number) else {
        let mut packet = header.encode(message.len()).to_vec();
        packet.extend_from_slice(message);
        return packet;
    };
    header.protocol = ah::PROTOCOL;
    let ip = header.encode(ah::LEN + message.len());
    let sealed = ah::Header::of(wire::vrrp::PROTOCOL, source, number).sealed(
        key,
        cast(config),
        &ip,
        message,
    );
    let mut packet = ip.to_vec();
    packet.extend_from_slice(&sealed.encode());
    packet.extend_from_slice(message);
    packet
}
