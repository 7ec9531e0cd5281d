//! The VRRP advertisement, version 2 (RFC 3768 §5.1) and version 3 (RFC 5798 §5.1).
//!
//! ```text
//!  0        1        2        3        4        5        6        7
//! +----+----+--------+--------+--------+--------+--------+-----------------+
//! |ver |type|  VRID  |  prio  | count  | auth   | int s  |    checksum     |  version 2
//! +----+----+--------+--------+--------+----+---+--------+-----------------+
//! |ver |type|  VRID  |  prio  | count  | 0  | interval cs|    checksum     |  version 3
//! +----+----+--------+--------+--------+----+------------+-----------------+
//! | count addresses of 4 or 16 bytes, then in version 2 always 8 bytes auth |
//! ```
//!
//! Invariants: a [`View`] reads only bytes that are there; the checks of a receiver have an order
//! (they are counted apart), so a view exists as soon as the fixed header does, and each later
//! check is a method of its own.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base::{Family, Priority, VrId};

use crate::InvalidPacket;
use crate::checksum::Rule;

/// IP protocol number.
pub const PROTOCOL: u8 = 112;
/// Length of the fixed header.
pub const HEADER_LEN: usize = 8;
/// Length of the version 2 authentication field, which is there with every type.
pub const AUTH_LEN: usize = 8;
/// The only packet type, ADVERTISEMENT.
pub const ADVERTISEMENT: u8 = 1;
/// The largest version 3 interval, in centiseconds (12 bits).
pub const MAX_CENTISECONDS: u16 = 0x0fff;
/// TTL and hop limit of a multicast advert; anything else came over a router.
pub const TTL: u8 = 255;
/// Type of service and traffic class of adverts: internetwork control.
pub const TOS: u8 = 0xc0;
/// 224.0.0.18
pub const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
/// ff02::12
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);

const CHECKSUM: core::ops::Range<usize> = 6..8;

/// What differs between the versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// RFC 3768
    V2 {
        /// 0 none, 1 simple password, 2 authentication header.
        auth_type: u8,
        /// Whole seconds.
        interval: u8,
        /// The password, zero padded; zeros with every other type.
        auth: [u8; AUTH_LEN],
    },
    /// RFC 5798
    V3 {
        /// Centiseconds, at most [`MAX_CENTISECONDS`]; larger ones are sent as that.
        interval: u16,
    },
}

/// An advertisement to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advert<'a> {
    /// Virtual router.
    pub vrid: VrId,
    /// 0 releases mastership.
    pub priority: Priority,
    /// All of one family; at most the first 255 are sent, the count field holds no more.
    pub addresses: &'a [IpAddr],
    /// What differs between the versions.
    pub body: Body,
}

impl Advert<'_> {
    /// The VRRP message, with the checksum that `rule` asks for. Allocates exactly its length.
    #[must_use]
    pub fn encode(&self, rule: Rule) -> Vec<u8> {
        let addresses = &self.addresses[..self.addresses.len().min(usize::from(u8::MAX))];
        let count = u8::try_from(addresses.len()).unwrap_or(u8::MAX);
        let width = |a: &IpAddr| if a.is_ipv4() { 4 } else { 16 };
        let length = HEADER_LEN + addresses.iter().map(width).sum::<usize>() + AUTH_LEN;
        let mut out = Vec::with_capacity(length);
        let (version, fourth, fifth) = match self.body {
            Body::V2 {
                auth_type,
                interval,
                ..
            } => (2, auth_type, interval),
            Body::V3 { interval } => {
                let [high, low] = interval.min(MAX_CENTISECONDS).to_be_bytes();
                (3, high, low)
            }
        };
        let first = version << 4 | ADVERTISEMENT;
        out.extend_from_slice(&[first, self.vrid.get(), self.priority.0, count]);
        out.extend_from_slice(&[fourth, fifth, 0, 0]);
        for address in addresses {
            match address {
                IpAddr::V4(address) => out.extend_from_slice(&address.octets()),
                IpAddr::V6(address) => out.extend_from_slice(&address.octets()),
            }
        }
        if let Body::V2 { auth, .. } = self.body {
            out.extend_from_slice(&auth);
        }
        let sum = rule.over(&out, PROTOCOL);
        out[CHECKSUM].copy_from_slice(&sum.to_be_bytes());
        out
    }
}

/// A received message whose fixed header is there.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    header: &'a [u8; HEADER_LEN],
    rest: &'a [u8],
}

impl<'a> View<'a> {
    /// Looks at `bytes`, which start with the VRRP header (IP and authentication headers
    /// already gone) and may end in Ethernet padding.
    ///
    /// # Errors
    /// When the fixed header is not complete.
    pub fn new(bytes: &'a [u8]) -> Result<Self, InvalidPacket> {
        let (header, rest) = crate::prefix::<HEADER_LEN>(bytes)?;
        Ok(Self { header, rest })
    }

    /// Protocol version nibble.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.header[0] >> 4
    }

    /// Packet type nibble; 1 is an ADVERTISEMENT.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        self.header[0] & 0x0f
    }

    /// Virtual router; `None` for the VRID 0 that no router has.
    #[must_use]
    pub const fn vrid(&self) -> Option<VrId> {
        VrId::new(self.header[1])
    }

    /// Sender's priority.
    #[must_use]
    pub const fn priority(&self) -> Priority {
        Priority(self.header[2])
    }

    /// How many addresses the sender says it lists.
    #[must_use]
    pub const fn count(&self) -> u8 {
        self.header[3]
    }

    /// Version 2: authentication type.
    #[must_use]
    pub const fn auth_type(&self) -> u8 {
        self.header[4]
    }

    /// Version 2: interval in seconds.
    #[must_use]
    pub const fn interval_seconds(&self) -> u8 {
        self.header[5]
    }

    /// Version 3: interval in centiseconds; the four reserved bits are ignored (RFC 5798 §5.2.6).
    #[must_use]
    pub const fn interval_centiseconds(&self) -> u16 {
        u16::from_be_bytes([self.header[4] & 0x0f, self.header[5]])
    }

    /// The checksum field.
    #[must_use]
    pub const fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[6], self.header[7]])
    }

    /// Bytes there are, padding included.
    #[must_use]
    pub const fn len(&self) -> usize {
        HEADER_LEN + self.rest.len()
    }

    /// Never: a view has at least its header.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Bytes the message has according to its version and count when its addresses are of
    /// `family`.
    #[must_use]
    pub fn stated_len(&self, family: Family) -> usize {
        let auth = if self.version() == 2 { AUTH_LEN } else { 0 };
        HEADER_LEN + self.addresses_len(family) + auth
    }

    /// The listed addresses; fewer than `count` when the message is cut short.
    pub fn addresses(&self, family: Family) -> impl ExactSizeIterator<Item = IpAddr> + 'a {
        let end = self.addresses_len(family).min(self.rest.len());
        self.rest[..end].chunks_exact(width(family)).map(address)
    }

    /// Version 2: the authentication field, when the message is complete.
    #[must_use]
    pub fn auth(&self, family: Family) -> Option<[u8; AUTH_LEN]> {
        let start = self.addresses_len(family);
        let bytes = self.rest.get(start..start + AUTH_LEN)?;
        bytes.try_into().ok()
    }

    /// What the checksum field should hold by `rule` over the stated length (padding left out).
    /// `None` when the message is cut short.
    #[must_use]
    pub fn computed_checksum(&self, family: Family, rule: Rule) -> Option<u16> {
        let rest = self.rest.get(..self.stated_len(family) - HEADER_LEN)?;
        let [a, b, c, d, e, f, ..] = *self.header;
        let sum = rule
            .begin(HEADER_LEN + rest.len(), PROTOCOL)
            .map(|sum| sum.bytes(&[a, b, c, d, e, f, 0, 0]).bytes(rest).finish());
        Some(sum.unwrap_or(0))
    }

    fn addresses_len(&self, family: Family) -> usize {
        usize::from(self.count()) * width(family)
    }
}

const fn width(family: Family) -> usize {
    match family {
        Family::V4 => 4,
        Family::V6 => 16,
    }
}

fn address(bytes: &[u8]) -> IpAddr {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        return Ipv4Addr::from(octets).into();
    }
    // Chunks are 4 or 16 bytes wide, see `width`.
    let octets = <[u8; 16]>::try_from(bytes).unwrap_or_default();
    Ipv6Addr::from(octets).into()
}
