//! One address to add or remove.

use core::net::{IpAddr, Ipv4Addr};

use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage, AddressProtocol,
    AddressScope, CacheInfo,
};

/// What `ip address show` prints as `proto keepalived` (RTPROT_KEEPALIVED).
const PROTO_KEEPALIVED: u8 = 18;
const FOREVER: u32 = u32::MAX;

/// An address on an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address itself.
    pub address: IpAddr,
    /// Prefix length; the peer's when there is one.
    pub prefix: u8,
    /// Interface index.
    pub index: u32,
    /// Kernel number of the scope: 0 global, 253 link, 254 host.
    pub scope: u8,
    /// IPv4 broadcast address.
    pub broadcast: Option<Ipv4Addr>,
    /// IPv4 label, up to 15 bytes.
    pub label: Option<String>,
    /// Other end of a point-to-point link.
    pub peer: Option<IpAddr>,
    /// IFA_F_* bits.
    pub flags: u32,
    /// Preferred lifetime in seconds; `None` for ever.
    pub preferred: Option<u32>,
}

impl Address {
    /// An address with nothing special about it.
    #[must_use]
    pub fn new(address: IpAddr, prefix: u8, index: u32) -> Self {
        Self {
            address,
            prefix,
            index,
            scope: 0,
            broadcast: None,
            label: None,
            peer: None,
            flags: 0,
            preferred: None,
        }
    }

    pub(super) fn body(&self) -> AddressMessage {
        let mut message = AddressMessage::default();
        message.header.family = match self.address {
            IpAddr::V4(_) => AddressFamily::Inet,
            IpAddr::V6(_) => AddressFamily::Inet6,
        };
        message.header.prefix_len = self.prefix;
        message.header.index = self.index;
        message.header.scope = AddressScope::from(self.scope);
        let attributes = &mut message.attributes;
        attributes.push(AddressAttribute::Local(self.address));
        let far = self.peer.unwrap_or(self.address);
        attributes.push(AddressAttribute::Address(far));
        attributes.extend(self.broadcast.map(AddressAttribute::Broadcast));
        attributes.extend(self.label.clone().map(AddressAttribute::Label));
        message
    }

    pub(super) fn body_to_add(&self) -> AddressMessage {
        let mut message = self.body();
        let flags = AddressFlags::from_bits_retain(self.flags);
        let low = self.flags.to_ne_bytes();
        let low = if cfg!(target_endian = "little") {
            low[0]
        } else {
            low[3]
        };
        message.header.flags = AddressHeaderFlags::from_bits_retain(low);
        let attributes = &mut message.attributes;
        if !flags.is_empty() {
            attributes.push(AddressAttribute::Flags(flags));
        }
        if let Some(preferred) = self.preferred {
            let mut cache = CacheInfo::default();
            cache.ifa_preferred = preferred;
            cache.ifa_valid = FOREVER;
            attributes.push(AddressAttribute::CacheInfo(cache));
        }
        let proto = AddressProtocol::Other(PROTO_KEEPALIVED);
        attributes.push(AddressAttribute::Protocol(proto));
        message
    }
}
