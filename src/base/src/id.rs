//! Identifiers and small numbers as types, so that a priority cannot be passed for a VRID.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Address family of a virtual router or service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// IPv4
    V4,
    /// IPv6
    V6,
}

impl Family {
    /// The family that `address` belongs to.
    #[must_use]
    pub const fn of(address: core::net::IpAddr) -> Self {
        match address {
            core::net::IpAddr::V4(_) => Self::V4,
            core::net::IpAddr::V6(_) => Self::V6,
        }
    }
}

/// Virtual router identifier, 1 to 255 (RFC 5798 §5.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct VrId(u8);

impl VrId {
    /// `None` for 0, which no virtual router may have.
    #[must_use]
    pub const fn new(id: u8) -> Option<Self> {
        if id == 0 { None } else { Some(Self(id)) }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for VrId {
    type Error = &'static str;

    fn try_from(id: u8) -> Result<Self, Self::Error> {
        Self::new(id).ok_or("a VRID is 1 to 255")
    }
}

impl From<VrId> for u8 {
    fn from(id: VrId) -> Self {
        id.0
    }
}

impl fmt::Display for VrId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// VRRP priority (RFC 5798 §5.2.4): 0 releases mastership, 1 to 254 compete, 255 owns the
/// addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Priority(pub u8);

impl Priority {
    /// "I stop being master": sent once at shutdown.
    pub const RELEASE: Self = Self(0);
    /// The address owner's.
    pub const OWNER: Self = Self(255);

    /// Whether this is the address owner's priority.
    #[must_use]
    pub const fn is_owner(self) -> bool {
        self.0 == 255
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a tracked object adds to a priority, -254 to 254; 0 means "failing is a fault".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Weight(pub i16);

impl Weight {
    /// What the priority of whoever tracks something is changed by while that is `up`, or not: a
    /// positive weight counts while it is up, a negative one while it is down, and `reverse` turns
    /// the direction around (keepalived.conf(5) `bfd_instance`).
    #[must_use]
    pub fn adds(self, up: bool, reverse: bool) -> i32 {
        let amount = i32::from(self.0);
        let counts = if up { amount.max(0) } else { amount.min(0) };
        if reverse { -counts } else { counts }
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An Ethernet hardware address.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// ff:ff:ff:ff:ff:ff
    pub const BROADCAST: Self = Self([0xff; 6]);

    /// The virtual router MAC address (RFC 5798 §7.3): 00-00-5E-00-01-{VRID}, 02 for IPv6.
    #[must_use]
    pub const fn virtual_router(family: Family, id: VrId) -> Self {
        let family = match family {
            Family::V4 => 1,
            Family::V6 => 2,
        };
        Self([0, 0, 0x5e, 0, family, id.get()])
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vrid_zero_does_not_exist() {
        assert_eq!(VrId::new(0), None);
        assert_eq!(VrId::try_from(51).map(VrId::get), Ok(51));
    }

    #[test]
    fn virtual_mac() {
        let id = VrId::new(51).expect("not zero");
        assert_eq!(
            MacAddr::virtual_router(Family::V6, id).to_string(),
            "00:00:5e:00:02:33"
        );
    }
}
