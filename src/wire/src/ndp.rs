//! Neighbor Advertisements (RFC 4861 §4.4), as far as announcing and hearing addresses needs them.

use core::net::{IpAddr, Ipv6Addr};

use base::MacAddr;

use crate::InvalidPacket;
use crate::checksum::Rule;

/// IP protocol number of ICMPv6.
pub const PROTOCOL: u8 = 58;
/// ff02::1, where unsolicited advertisements go.
pub const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
/// Hop limit that every receiver checks.
pub const HOP_LIMIT: u8 = 255;
/// Length of the ICMPv6 message with a target link-layer address option.
pub const LEN: usize = 32;

const NEIGHBOR_ADVERTISEMENT: u8 = 136;
const TARGET_LINK_LAYER_ADDRESS: u8 = 2;
const ROUTER: u8 = 0x80;
const SOLICITED: u8 = 0x40;
const OVERRIDE: u8 = 0x20;

/// An unsolicited Neighbor Advertisement: "`target` is at `mac`".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsolicited {
    /// The announced address, also the IPv6 source.
    pub target: Ipv6Addr,
    /// Where it is.
    pub mac: MacAddr,
    /// The sender forwards IPv6.
    pub router: bool,
}

impl Unsolicited {
    /// The ICMPv6 message to [`ALL_NODES`], override flag set, checksum filled in.
    #[must_use]
    pub fn encode(&self) -> [u8; LEN] {
        let mut out = [0; LEN];
        out[0] = NEIGHBOR_ADVERTISEMENT;
        out[4] = OVERRIDE | if self.router { ROUTER } else { 0 };
        out[8..24].copy_from_slice(&self.target.octets());
        out[24] = TARGET_LINK_LAYER_ADDRESS;
        out[25] = 1;
        out[26..32].copy_from_slice(&self.mac.0);
        let rule = Rule::Pseudo {
            source: IpAddr::V6(self.target),
            destination: IpAddr::V6(ALL_NODES),
        };
        let sum = rule.over(&out, PROTOCOL);
        out[2..4].copy_from_slice(&sum.to_be_bytes());
        out
    }

    /// Reads an ICMPv6 message. The kernel has verified checksum and hop limit.
    ///
    /// # Errors
    /// When it is cut short, no advertisement, solicited, or without the sender's hardware address.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidPacket> {
        let (fixed, mut options) = crate::prefix::<24>(bytes)?;
        let field = |field, got: u8| InvalidPacket::Field {
            field,
            got: got.into(),
        };
        if fixed[0] != NEIGHBOR_ADVERTISEMENT {
            return Err(field("ICMPv6 type", fixed[0]));
        }
        if fixed[4] & SOLICITED != 0 {
            return Err(field("flags", fixed[4]));
        }
        let mut target = [0; 16];
        target.copy_from_slice(&fixed[8..24]);
        loop {
            let (option, rest) = crate::prefix::<8>(options)?;
            let [kind, units, mac @ ..] = *option;
            if kind == TARGET_LINK_LAYER_ADDRESS && units == 1 {
                return Ok(Self {
                    target: target.into(),
                    mac: MacAddr(mac),
                    router: fixed[4] & ROUTER != 0,
                });
            }
            // Zero would never end (RFC 4861 §4.6: such a packet is discarded).
            let skip = match usize::from(units).checked_sub(1) {
                Some(more) => more * 8,
                None => return Err(field("option length", 0)),
            };
            options = rest.get(skip..).ok_or(InvalidPacket::Truncated {
                needed: skip,
                got: rest.len(),
            })?;
        }
    }
}
