//! Planned addresses as the kernel takes them.

use core::net::IpAddr;
use std::sync::Arc;

use plan::keepalived::Address;

use super::links::Links;
use super::record::Entry;

/// IFA_F_NODAD: the virtual address was just in use elsewhere on the link, so duplicate address
/// detection would find its own echo and take the address out of service for a second.
const NODAD: u32 = 0x02;
/// IFA_F_NOPREFIXROUTE
const NOPREFIXROUTE: u32 = 0x200;

/// An address that is on an interface because of us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// As planned.
    pub(super) spec: Arc<Address>,
    /// The interface it is on.
    pub(super) index: u32,
}

impl Held {
    /// The interface by its index.
    ///
    /// # Errors
    /// In words for people, when the interface does not exist.
    pub(super) fn of(spec: &Arc<Address>, links: &Links) -> Result<Self, String> {
        let link = links.by_name(&spec.interface).ok_or_else(|| {
            format!(
                "cannot add {}: interface {} does not exist",
                spec.address, spec.interface
            )
        })?;
        Ok(Self {
            spec: Arc::clone(spec),
            index: link.index,
        })
    }

    pub(super) fn entry(&self) -> Entry {
        Entry {
            interface: self.spec.interface.clone(),
            address: self.spec.address,
            prefix: self.prefix(),
        }
    }

    /// Prefix length; the peer's when there is one.
    pub(super) fn prefix(&self) -> u8 {
        let peer = self.spec.details().peer;
        peer.map_or(self.spec.prefix, |(_, prefix)| prefix)
    }

    /// Whether it is there.
    pub(super) fn is_there(&self, links: &Links) -> bool {
        links.has_address(Some(self.index), self.spec.address)
    }

    /// With all that the kernel wants to know.
    pub(super) fn kernel(&self) -> sys::netlink::Address {
        let (spec, details) = (&self.spec, self.spec.details());
        let mut flags = spec.flags;
        if spec.noprefixroute {
            flags |= NOPREFIXROUTE;
        }
        if spec.address.is_ipv6() {
            flags |= NODAD;
        }
        sys::netlink::Address {
            address: spec.address,
            prefix: self.prefix(),
            index: self.index,
            scope: spec.scope,
            broadcast: match details.broadcast {
                Some(IpAddr::V4(broadcast)) => Some(broadcast),
                _ => None,
            },
            label: details.label.clone(),
            peer: details.peer.map(|(peer, _)| peer),
            flags,
            preferred: details.preferred_lft,
        }
    }
}
