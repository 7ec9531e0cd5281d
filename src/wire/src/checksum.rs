//! The Internet checksum (RFC 1071) and the pseudo headers that go into it.
//!
//! Invariant: the result does not depend on how the bytes were split over calls of `bytes`.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One's-complement sum in the making. A slice of odd length ends in half a word; the next slice
/// fills it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checksum {
    sum: u64,
    odd: bool,
}

impl Checksum {
    /// An empty sum.
    #[must_use]
    pub const fn new() -> Self {
        Self { sum: 0, odd: false }
    }

    /// Adds `bytes`.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        for &byte in bytes {
            let shift = if self.odd { 0 } else { 8 };
            // 2⁴⁸ bytes would be needed to overflow.
            self.sum += u64::from(byte) << shift;
            self.odd = !self.odd;
        }
        self
    }

    /// Adds the IPv4 pseudo header of a message of `length` bytes (RFC 5798 §5.2.8, RFC 793).
    #[must_use]
    pub fn pseudo_v4(self, source: Ipv4Addr, to: Ipv4Addr, protocol: u8, length: u16) -> Self {
        self.bytes(&source.octets())
            .bytes(&to.octets())
            .bytes(&[0, protocol])
            .bytes(&length.to_be_bytes())
    }

    /// Adds the IPv6 pseudo header (RFC 8200 §8.1).
    #[must_use]
    pub fn pseudo_v6(self, source: Ipv6Addr, to: Ipv6Addr, next: u8, length: u32) -> Self {
        self.bytes(&source.octets())
            .bytes(&to.octets())
            .bytes(&length.to_be_bytes())
            .bytes(&[0, 0, 0, next])
    }

    /// The value for the checksum field. Over a message whose field is already right this is 0.
    #[must_use]
    pub fn finish(self) -> u16 {
        let mut sum = self.sum;
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        // Folded above, so it fits.
        !u16::try_from(sum).unwrap_or(u16::MAX)
    }
}

/// What besides the message itself goes into a checksum. Which one applies follows from version
/// and family, and from switches for peers that once did it wrongly, so the caller says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Nothing: VRRP version 2 (RFC 3768 §5.3.8), and version 3 with `v3_checksum_as_v2`.
    Message,
    /// The pseudo header with these addresses: VRRP version 3 (RFC 5798 §5.2.8).
    Pseudo {
        /// IP source.
        source: IpAddr,
        /// IP destination.
        destination: IpAddr,
    },
    /// The field stays zero: the kernel fills it in on a raw IPv6 socket.
    Zero,
}

impl Rule {
    /// The checksum over `message`, in which the checksum field must be zero, carried as IP
    /// protocol `protocol`.
    #[must_use]
    pub fn over(self, message: &[u8], protocol: u8) -> u16 {
        self.begin(message.len(), protocol)
            .map_or(0, |sum| sum.bytes(message).finish())
    }

    /// The sum before the first byte of a message of `length` bytes; `None` where the field stays
    /// zero. Addresses of different families share no pseudo header: then only the message
    /// counts, and no receiver will accept it.
    pub(crate) fn begin(self, length: usize, protocol: u8) -> Option<Checksum> {
        let sum = Checksum::new();
        match self {
            Self::Zero => None,
            Self::Pseudo {
                source: IpAddr::V4(source),
                destination: IpAddr::V4(to),
            } => {
                let length = u16::try_from(length).unwrap_or(u16::MAX);
                Some(sum.pseudo_v4(source, to, protocol, length))
            }
            Self::Pseudo {
                source: IpAddr::V6(source),
                destination: IpAddr::V6(to),
            } => {
                let length = u32::try_from(length).unwrap_or(u32::MAX);
                Some(sum.pseudo_v6(source, to, protocol, length))
            }
            Self::Message | Self::Pseudo { .. } => Some(sum),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc1071_example() {
        let sum = Checksum::new().bytes(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
        assert_eq!(sum.finish(), !0xddf2);
    }

    #[test]
    fn splitting_does_not_matter() {
        let bytes = [1, 2, 3, 4, 5, 6, 7];
        let whole = Checksum::new().bytes(&bytes).finish();
        for cut in 0..bytes.len() {
            let (a, b) = bytes.split_at(cut);
            assert_eq!(
                Checksum::new().bytes(a).bytes(b).finish(),
                whole,
                "cut at {cut}"
            );
        }
    }
}
