//! One route to add or remove.
//!
//! Invariants: adding and removing send the same description, so that what is removed is what was
//! added and not another route to the same place.
//! Deliberately unknown here: names of tables, protocols and interfaces.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlink_packet_core::{DefaultNla, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};
use netlink_packet_route::route::{
    MplsLabel, RouteAddress, RouteAttribute, RouteFlags, RouteIp6Tunnel, RouteIp6TunnelFlags,
    RouteIpTunnel, RouteIpTunnelFlags, RouteLwEnCapType, RouteLwTunnelEncap, RouteMessage,
    RouteMetric, RouteMplsIpTunnel, RouteNextHop, RouteNextHopFlags, RoutePreference, RouteRealm,
    RouteScope, RouteType, RouteVia,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

/// The first byte of `struct rtmsg` cannot hold a table above this.
const LAST_SHORT_TABLE: u32 = 255;
/// ILA_ATTR_LOCATOR
const ILA_LOCATOR: u16 = 1;
/// The TTL that packets get below an MPLS label unless it is said: as iproute2 has it.
const MPLS_TTL: u8 = 0;

/// What happens when an equal route is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// It takes its place.
    Replace,
    /// It is an error (`AlreadyExists`).
    Only,
    /// It comes before it.
    Before,
    /// It comes after it.
    After,
}

/// A tunnel that packets get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encap {
    /// IP in IPv4.
    Ip(Tunnel<Ipv4Addr>),
    /// IP in IPv6.
    Ip6(Tunnel<Ipv6Addr>),
    /// MPLS labels, outermost first, each below 2^20.
    Mpls(Vec<u32>),
    /// ILA locator.
    Ila(u64),
}

/// Outer header of a tunnel; what is `None` is the kernel's choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunnel<A> {
    /// Key.
    pub id: Option<u64>,
    /// To.
    pub dst: Option<A>,
    /// From.
    pub src: Option<A>,
    /// Type of service or traffic class.
    pub tos: Option<u8>,
    /// TTL or hop limit.
    pub ttl: Option<u8>,
    /// TUNNEL_* bits.
    pub flags: Option<u16>,
}

/// One way of a route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hop {
    /// Gateway, perhaps of the other family.
    pub via: Option<IpAddr>,
    /// Index of the interface; `None` leaves it to the kernel.
    pub index: Option<u32>,
    /// 1 to 256; counts among several ways only.
    pub weight: u16,
    /// The gateway counts as reachable.
    pub onlink: bool,
    /// Tunnel.
    pub encap: Option<Encap>,
    /// Realms: from, to.
    pub realms: Option<(u16, u16)>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Destination; unspecified with length 0 is everywhere. It tells the family.
    pub destination: IpAddr,
    /// Its prefix length.
    pub prefix: u8,
    /// IPv6: sources that it is for.
    pub from: Option<(IpAddr, u8)>,
    /// RTN_* type.
    pub kind: u8,
    /// Type of service.
    pub tos: u8,
    /// Routing table.
    pub table: u32,
    /// RTPROT_* originator.
    pub protocol: u8,
    /// RT_SCOPE_* scope.
    pub scope: u8,
    /// Preferred source.
    pub source: Option<IpAddr>,
    /// Metric.
    pub metric: Option<u32>,
    /// RTAX_* number and value, RTAX_LOCK (1) among them.
    pub metrics: Vec<(u16, u32)>,
    /// Congestion control algorithm.
    pub congestion: Option<String>,
    /// Seconds; IPv6.
    pub expires: Option<u32>,
    /// RFC 4191 preference as the kernel numbers it; IPv6.
    pub preference: Option<u8>,
    /// Ways. One is written as the route's own.
    pub hops: Vec<Hop>,
    /// Among equal ones.
    pub placement: Placement,
}

impl Route {
    /// Flags besides REQUEST and ACK to add it with.
    pub(super) const fn flags(&self) -> u16 {
        NLM_F_CREATE
            | match self.placement {
                Placement::Replace => NLM_F_REPLACE,
                Placement::Only => NLM_F_EXCL,
                Placement::Before => 0,
                Placement::After => NLM_F_APPEND,
            }
    }

    pub(super) fn new_message(&self) -> RouteNetlinkMessage {
        RouteNetlinkMessage::NewRoute(self.body())
    }

    pub(super) fn del_message(&self) -> RouteNetlinkMessage {
        RouteNetlinkMessage::DelRoute(self.body())
    }

    fn body(&self) -> RouteMessage {
        let mut message = RouteMessage::default();
        let header = &mut message.header;
        header.address_family = match self.destination {
            IpAddr::V4(_) => AddressFamily::Inet,
            IpAddr::V6(_) => AddressFamily::Inet6,
        };
        header.destination_prefix_length = self.prefix;
        header.tos = self.tos;
        header.protocol = self.protocol.into();
        header.scope = RouteScope::from(self.scope);
        header.kind = RouteType::from(self.kind);
        let attributes = &mut message.attributes;
        if self.table <= LAST_SHORT_TABLE {
            header.table = u8::try_from(self.table).unwrap_or_default();
        } else {
            attributes.push(RouteAttribute::Table(self.table));
        }
        if self.prefix > 0 || !self.destination.is_unspecified() {
            attributes.push(RouteAttribute::Destination(self.destination.into()));
        }
        if let Some((from, length)) = self.from {
            header.source_prefix_length = length;
            attributes.push(RouteAttribute::Source(from.into()));
        }
        let source = self.source.map(RouteAddress::from);
        attributes.extend(source.map(RouteAttribute::PrefSource));
        attributes.extend(self.metric.map(RouteAttribute::Priority));
        attributes.extend(self.expires.map(RouteAttribute::Expires));
        let preference = self.preference.map(RoutePreference::from);
        attributes.extend(preference.map(RouteAttribute::Preference));
        let metrics = self.metrics();
        if !metrics.is_empty() {
            attributes.push(RouteAttribute::Metrics(metrics));
        }
        match self.hops.as_slice() {
            [] => {}
            [hop] => {
                attributes.extend(hop.index.map(RouteAttribute::Oif));
                attributes.extend(hop.attributes(self.destination));
                if hop.onlink {
                    header.flags |= RouteFlags::Onlink;
                }
            }
            hops => {
                let hops = hops.iter().map(|hop| hop.of_several(self.destination));
                attributes.push(RouteAttribute::MultiPath(hops.collect()));
            }
        }
        message
    }

    fn metrics(&self) -> Vec<RouteMetric> {
        let numbers = self.metrics.iter().map(|(kind, value)| {
            let value = value.to_ne_bytes().to_vec();
            RouteMetric::Other(DefaultNla::new(*kind, value))
        });
        let congestion = self.congestion.clone().map(RouteMetric::CcAlgo);
        numbers.chain(congestion).collect()
    }
}

impl Hop {
    /// What a way has in both forms.
    fn attributes(&self, destination: IpAddr) -> Vec<RouteAttribute> {
        let mut attributes = Vec::new();
        match self.via {
            Some(via) if via.is_ipv4() == destination.is_ipv4() => {
                attributes.push(RouteAttribute::Gateway(via.into()));
            }
            Some(via) => attributes.push(RouteAttribute::Via(RouteVia::from(via))),
            None => {}
        }
        let realms = self.realms.map(|(source, destination)| RouteRealm {
            source,
            destination,
        });
        attributes.extend(realms.map(RouteAttribute::Realm));
        if let Some(encap) = &self.encap {
            let (kind, encap) = encap.attributes();
            attributes.push(RouteAttribute::EncapType(kind));
            attributes.push(RouteAttribute::Encap(encap));
        }
        attributes
    }

    fn of_several(&self, destination: IpAddr) -> RouteNextHop {
        let mut hop = RouteNextHop::default();
        hop.interface_index = self.index.unwrap_or(0);
        // The kernel counts from 0.
        hop.hops = u8::try_from(self.weight.saturating_sub(1)).unwrap_or(u8::MAX);
        if self.onlink {
            hop.flags = RouteNextHopFlags::Onlink;
        }
        hop.attributes = self.attributes(destination);
        hop
    }
}

impl Encap {
    fn attributes(&self) -> (RouteLwEnCapType, Vec<RouteLwTunnelEncap>) {
        match self {
            Self::Ip(tunnel) => (RouteLwEnCapType::Ip, in_ipv4(tunnel)),
            Self::Ip6(tunnel) => (RouteLwEnCapType::Ip6, in_ipv6(tunnel)),
            Self::Mpls(labels) => {
                let last = labels.len().saturating_sub(1);
                let labels = labels.iter().enumerate().map(|(at, label)| MplsLabel {
                    label: *label,
                    traffic_class: 0,
                    bottom_of_stack: at == last,
                    ttl: MPLS_TTL,
                });
                let labels = RouteMplsIpTunnel::Destination(labels.collect());
                (
                    RouteLwEnCapType::Mpls,
                    vec![RouteLwTunnelEncap::Mpls(labels)],
                )
            }
            Self::Ila(locator) => {
                let locator = DefaultNla::new(ILA_LOCATOR, locator.to_be_bytes().to_vec());
                (
                    RouteLwEnCapType::Ila,
                    vec![RouteLwTunnelEncap::Other(locator)],
                )
            }
        }
    }
}

fn in_ipv4(tunnel: &Tunnel<Ipv4Addr>) -> Vec<RouteLwTunnelEncap> {
    let flags = tunnel.flags.map(RouteIpTunnelFlags::from_bits_retain);
    let parts = [
        tunnel.id.map(RouteIpTunnel::Id),
        tunnel.dst.map(RouteIpTunnel::Destination),
        tunnel.src.map(RouteIpTunnel::Source),
        tunnel.tos.map(RouteIpTunnel::Tos),
        tunnel.ttl.map(RouteIpTunnel::Ttl),
        flags.map(RouteIpTunnel::Flags),
    ];
    let parts = parts.into_iter().flatten();
    parts.map(RouteLwTunnelEncap::Ip).collect()
}

fn in_ipv6(tunnel: &Tunnel<Ipv6Addr>) -> Vec<RouteLwTunnelEncap> {
    let flags = tunnel.flags.map(RouteIp6TunnelFlags::from_bits_retain);
    let parts = [
        tunnel.id.map(RouteIp6Tunnel::Id),
        tunnel.dst.map(RouteIp6Tunnel::Destination),
        tunnel.src.map(RouteIp6Tunnel::Source),
        tunnel.tos.map(RouteIp6Tunnel::Tc),
        tunnel.ttl.map(RouteIp6Tunnel::Hoplimit),
        flags.map(RouteIp6Tunnel::Flags),
    ];
    let parts = parts.into_iter().flatten();
    parts.map(RouteLwTunnelEncap::Ip6).collect()
}
