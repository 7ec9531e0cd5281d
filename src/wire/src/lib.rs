//! Bytes on the wire to values and back.
//!
//! Invariants: decoding never panics and never allocates; every length is checked before the
//! field behind it is read; which checksum rule applies is the caller's explicit argument, never
//! inferred; encoding what was decoded gives the same bytes.
//! Deliberately unknown here: sockets, timers, what a value means to an election.

pub mod ah;
pub mod arp;
pub mod bfd;
pub mod checksum;
pub mod ipv4;
pub mod ipv6;
pub mod ipvs;
pub mod ndp;
pub mod process;
pub mod routing;
pub mod trailer;
pub mod vrrp;

/// A sender gave us bytes that are not what they claim to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPacket {
    /// Fewer bytes than the format needs.
    #[error("{got} bytes where {needed} are needed")]
    Truncated {
        /// Bytes the format needs.
        needed: usize,
        /// Bytes there are.
        got: usize,
    },
    /// A field holds a value the format does not allow.
    #[error("{field} is {got}")]
    Field {
        /// Name of the field in its standard.
        field: &'static str,
        /// Its value.
        got: u32,
    },
}

/// The first `N` bytes, or how many were missing.
pub(crate) fn prefix<const N: usize>(bytes: &[u8]) -> Result<(&[u8; N], &[u8]), InvalidPacket> {
    bytes
        .split_first_chunk::<N>()
        .ok_or(InvalidPacket::Truncated {
            needed: N,
            got: bytes.len(),
        })
}
