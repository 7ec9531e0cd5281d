//! One link to make above another: a macvlan or an ipvlan.

use base::MacAddr;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    InfoData, InfoIpVlan, InfoKind, InfoMacVlan, IpVlanFlags, IpVlanMode, LinkAttribute, LinkFlags,
    LinkInfo, LinkMessage, MacVlanMode,
};

/// A link to make. It is down at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLink {
    /// Its name, up to 15 bytes.
    pub name: String,
    /// Index of the link below.
    pub parent: u32,
    /// What it is.
    pub kind: NewKind,
    /// The interface group it is put into.
    pub group: Option<u32>,
    /// Index of the VRF it is put into.
    pub master: Option<u32>,
}

/// What a new link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewKind {
    /// A macvlan in private mode: it talks to the wire, never to its siblings.
    Macvlan {
        /// Its hardware address.
        mac: MacAddr,
    },
    /// An ipvlan of layer 2, with the hardware address of its parent.
    Ipvlan {
        /// Siblings are not reached at all.
        private: bool,
        /// Siblings are reached by way of the switch.
        vepa: bool,
    },
}

impl NewKind {
    /// The kernel's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Macvlan { .. } => "macvlan",
            Self::Ipvlan { .. } => "ipvlan",
        }
    }
}

impl NewLink {
    pub(super) fn message(&self) -> RouteNetlinkMessage {
        let mut message = LinkMessage::default();
        let attributes = &mut message.attributes;
        attributes.push(LinkAttribute::IfName(self.name.clone()));
        attributes.push(LinkAttribute::Link(self.parent));
        attributes.extend(self.group.map(LinkAttribute::Group));
        attributes.extend(self.master.map(LinkAttribute::Controller));
        let (kind, told) = match self.kind {
            NewKind::Macvlan { mac } => {
                attributes.push(LinkAttribute::Address(mac.0.to_vec()));
                let mode = InfoMacVlan::Mode(MacVlanMode::Private);
                (InfoKind::MacVlan, InfoData::MacVlan(vec![mode]))
            }
            NewKind::Ipvlan { private, vepa } => {
                let mut flags = IpVlanFlags::empty();
                flags.set(IpVlanFlags::Private, private);
                flags.set(IpVlanFlags::Vepa, vepa);
                let mode = InfoIpVlan::Mode(IpVlanMode::L2);
                let told = vec![mode, InfoIpVlan::Flags(flags)];
                (InfoKind::IpVlan, InfoData::IpVlan(told))
            }
        };
        let told = vec![LinkInfo::Kind(kind), LinkInfo::Data(told)];
        attributes.push(LinkAttribute::LinkInfo(told));
        RouteNetlinkMessage::NewLink(message)
    }
}

fn named(name: &str) -> LinkMessage {
    let mut message = LinkMessage::default();
    let name = LinkAttribute::IfName(name.to_owned());
    message.attributes.push(name);
    message
}

/// The request that sets the link up.
pub(super) fn up(name: &str) -> RouteNetlinkMessage {
    let mut message = named(name);
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    RouteNetlinkMessage::SetLink(message)
}

/// The request that deletes the link.
pub(super) fn delete(name: &str) -> RouteNetlinkMessage {
    RouteNetlinkMessage::DelLink(named(name))
}
