//! Listing links and addresses.

use core::net::IpAddr;
use std::io;

use base::MacAddr;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::{AddressAttribute, AddressMessage, AddressProtocol};
use netlink_packet_route::link::{
    InfoData, InfoIpVlan, InfoMacVlan, InfoVrf, IpVlanFlags, LinkAttribute, LinkFlags, LinkInfo,
    LinkLayerType, LinkMessage, MacVlanMode,
};

use super::Requests;

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Kernel index.
    pub index: u32,
    /// Name.
    pub name: String,
    /// Hardware address; zero where there is none (loopback, tunnels).
    pub mac: MacAddr,
    /// MTU in bytes.
    pub mtu: u32,
    /// Administratively up.
    pub up: bool,
    /// Carrier present and up (IFF_RUNNING).
    pub running: bool,
    /// Can multicast.
    pub multicast: bool,
    /// Loopback.
    pub loopback: bool,
    /// Frames are Ethernet's.
    pub ethernet: bool,
    /// The kernel's word for what kind it is, such as `macvlan` or `vrf`; a card has none.
    pub kind: Option<String>,
    /// Of a VRF: the routing table of what is in it.
    pub vrf_table: Option<u32>,
    /// Index of the link below, of one that is made on another (or of a veth's other end).
    pub parent: Option<u32>,
    /// Index of the bridge, bond or VRF that it is in.
    pub master: Option<u32>,
    /// Its interface group; 0 is the default one.
    pub group: u32,
    /// What else there is to tell people.
    pub shape: Shape,
}

/// What a link is like, as far as nothing depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Number of its kind of frames (ARPHRD_* of linux/if_arp.h).
    pub layer: u16,
    /// Can broadcast.
    pub broadcast: bool,
    /// Has one other end.
    pub point_to_point: bool,
    /// Knows no ARP.
    pub no_arp: bool,
    /// Where broadcasts go; zero where there are none.
    pub broadcast_mac: MacAddr,
    /// How a macvlan or ipvlan sees its like: `private`, `vepa`, `bridge`, `passthru`, `source`.
    pub mode: Option<&'static str>,
}

/// An address that an interface has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAddress {
    /// Interface index.
    pub index: u32,
    /// The address.
    pub address: IpAddr,
    /// Prefix length.
    pub prefix: u8,
    /// IFA_F_SECONDARY is set.
    pub secondary: bool,
    /// Added by a keepalived (IFA_PROTO 18); always false on kernels without IFA_PROTO.
    pub ours: bool,
}

impl Requests {
    /// All interfaces, by index.
    ///
    /// # Errors
    /// What the socket or the kernel report.
    pub fn links(&mut self) -> io::Result<Vec<Link>> {
        let answers = self.dump(RouteNetlinkMessage::GetLink(LinkMessage::default()))?;
        let mut links: Vec<Link> = answers
            .into_iter()
            .filter_map(|answer| match answer {
                RouteNetlinkMessage::NewLink(message) => Some(link(&message)),
                _ => None,
            })
            .collect();
        links.sort_by_key(|link| link.index);
        Ok(links)
    }

    /// All addresses of all interfaces, in the kernel's order (primary first).
    ///
    /// # Errors
    /// What the socket or the kernel report.
    pub fn addresses(&mut self) -> io::Result<Vec<ListedAddress>> {
        let answers = self.dump(RouteNetlinkMessage::GetAddress(AddressMessage::default()))?;
        Ok(answers
            .into_iter()
            .filter_map(|answer| match answer {
                RouteNetlinkMessage::NewAddress(message) => address(&message),
                _ => None,
            })
            .collect())
    }
}

pub(super) fn link(message: &LinkMessage) -> Link {
    let flags = message.header.flags;
    let mut link = Link {
        index: message.header.index,
        up: flags.contains(LinkFlags::Up),
        running: flags.contains(LinkFlags::Running),
        multicast: flags.contains(LinkFlags::Multicast),
        loopback: flags.contains(LinkFlags::Loopback),
        ethernet: message.header.link_layer_type == LinkLayerType::Ether,
        shape: Shape {
            layer: message.header.link_layer_type.into(),
            broadcast: flags.contains(LinkFlags::Broadcast),
            point_to_point: flags.contains(LinkFlags::Pointopoint),
            no_arp: flags.contains(LinkFlags::Noarp),
            ..Shape::default()
        },
        ..Link::default()
    };
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name.clone_from(name),
            LinkAttribute::Mtu(mtu) => link.mtu = *mtu,
            LinkAttribute::Link(parent) => link.parent = Some(*parent),
            LinkAttribute::Controller(master) => link.master = Some(*master),
            LinkAttribute::Group(group) => link.group = *group,
            LinkAttribute::Address(bytes) => {
                if let Ok(mac) = <[u8; 6]>::try_from(bytes.as_slice()) {
                    link.mac = MacAddr(mac);
                }
            }
            LinkAttribute::Broadcast(bytes) => {
                if let Ok(mac) = <[u8; 6]>::try_from(bytes.as_slice()) {
                    link.shape.broadcast_mac = MacAddr(mac);
                }
            }
            LinkAttribute::LinkInfo(told) => {
                link.shape.mode = told.iter().find_map(mode);
                link.kind = told.iter().find_map(kind);
                link.vrf_table = told.iter().find_map(vrf_table);
            }
            _ => {}
        }
    }
    link
}

fn kind(told: &LinkInfo) -> Option<String> {
    match told {
        LinkInfo::Kind(kind) => Some(kind.to_string()),
        _ => None,
    }
}

fn mode(told: &LinkInfo) -> Option<&'static str> {
    match told {
        LinkInfo::Data(InfoData::MacVlan(told)) => told.iter().find_map(|told| match told {
            InfoMacVlan::Mode(mode) => Some(match mode {
                MacVlanMode::Private => "private",
                MacVlanMode::Vepa => "vepa",
                MacVlanMode::Bridge => "bridge",
                MacVlanMode::Passthrough => "passthru",
                MacVlanMode::Source => "source",
                _ => "unknown",
            }),
            _ => None,
        }),
        LinkInfo::Data(InfoData::IpVlan(told)) => told.iter().find_map(|told| match told {
            InfoIpVlan::Flags(flags) if flags.contains(IpVlanFlags::Private) => Some("private"),
            InfoIpVlan::Flags(flags) if flags.contains(IpVlanFlags::Vepa) => Some("vepa"),
            InfoIpVlan::Flags(_) => Some("bridge"),
            _ => None,
        }),
        _ => None,
    }
}

fn vrf_table(told: &LinkInfo) -> Option<u32> {
    let LinkInfo::Data(InfoData::Vrf(told)) = told else {
        return None;
    };
    told.iter().find_map(|told| match told {
        InfoVrf::TableId(table) => Some(*table),
        _ => None,
    })
}

/// `None` when the kernel named no address.
pub(super) fn address(message: &AddressMessage) -> Option<ListedAddress> {
    let mut local = None;
    let mut far = None;
    let mut ours = false;
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(address) => local = Some(*address),
            AddressAttribute::Address(address) => far = Some(*address),
            AddressAttribute::Protocol(AddressProtocol::Other(18)) => ours = true,
            _ => {}
        }
    }
    let secondary = netlink_packet_route::address::AddressHeaderFlags::Secondary;
    Some(ListedAddress {
        index: message.header.index,
        // IPv6 names only the second unless there is a peer.
        address: local.or(far)?,
        prefix: message.header.prefix_len,
        secondary: message.header.flags.contains(secondary),
        ours,
    })
}
