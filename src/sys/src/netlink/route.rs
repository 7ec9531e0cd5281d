//! One route to add or remove.
//!
//! Invariants: adding and removing send the same description, so that what is removed is what was
//! added and not another route to the same place.
//! Deliberately unknown here: names of tables, protocols and interfaces.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlink_packet_core::{DefaultNla, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::route::{
    MplsLabel, RouteAddress, RouteAttribute, RouteFlags, RouteIp6Tunnel, RouteIp6TunnelFlags,
    RouteIpTunnel, RouteIpTunnelFlags, RouteLwEnCapType, RouteLwTunnelEncap, RouteMessage,
    RouteMetric, RouteMplsIpTunnel, RouteNextHop, RouteNextHopFlags, RoutePreference, RouteRealm,
    RouteScope, RouteType, RouteVia,
};
use wire::routing::{Encap, Hop, Place, Route, Tunnel};

/// The first byte of `struct rtmsg` cannot hold a table above this.
const LAST_SHORT_TABLE: u32 = 255;
/// ILA_ATTR_LOCATOR
const ILA_LOCATOR: u16 = 1;
/// The TTL that packets get below an MPLS label unless it is said: as iproute2 has it.
const MPLS_TTL: u8 = 0;

/// Flags besides REQUEST and ACK to add it with.
pub(super) const fn flags(route: &Route<u32>) -> u16 {
    NLM_F_CREATE
        | match route.place {
            Place::Instead => NLM_F_REPLACE,
            Place::Alone => NLM_F_EXCL,
            Place::Before => 0,
            Place::After => NLM_F_APPEND,
        }
}

/// What it is added and removed with.
pub(super) fn message(route: &Route<u32>) -> RouteMessage {
    let mut message = RouteMessage::default();
    let header = &mut message.header;
    let (destination, length) = route.destination;
    header.address_family = match destination {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    header.destination_prefix_length = length;
    header.tos = route.tos;
    header.protocol = route.protocol.into();
    header.scope = RouteScope::from(route.scope);
    header.kind = RouteType::from(route.kind);
    let attributes = &mut message.attributes;
    if route.table <= LAST_SHORT_TABLE {
        header.table = u8::try_from(route.table).unwrap_or_default();
    } else {
        attributes.push(RouteAttribute::Table(route.table));
    }
    if length > 0 || !destination.is_unspecified() {
        attributes.push(RouteAttribute::Destination(destination.into()));
    }
    if let Some((from, length)) = route.from {
        header.source_prefix_length = length;
        attributes.push(RouteAttribute::Source(from.into()));
    }
    let source = route.source.map(RouteAddress::from);
    attributes.extend(source.map(RouteAttribute::PrefSource));
    attributes.extend(route.metric.map(RouteAttribute::Priority));
    attributes.extend(route.expires.map(RouteAttribute::Expires));
    let preference = route.preference.map(RoutePreference::from);
    attributes.extend(preference.map(RouteAttribute::Preference));
    let metrics = metrics(route);
    if !metrics.is_empty() {
        attributes.push(RouteAttribute::Metrics(metrics));
    }
    match route.hops.as_slice() {
        [] => {}
        [hop] => {
            attributes.extend(hop.link.map(RouteAttribute::Oif));
            attributes.extend(way(hop, destination));
            if hop.onlink {
                header.flags |= RouteFlags::Onlink;
            }
        }
        hops => {
            let hops = hops.iter().map(|hop| of_several(hop, destination));
            attributes.push(RouteAttribute::MultiPath(hops.collect()));
        }
    }
    message
}

fn metrics(route: &Route<u32>) -> Vec<RouteMetric> {
    let numbers = route.metrics.iter().map(|(kind, value)| {
        let value = value.to_ne_bytes().to_vec();
        RouteMetric::Other(DefaultNla::new(*kind, value))
    });
    let congestion = route.congestion.clone().map(RouteMetric::CcAlgo);
    numbers.chain(congestion).collect()
}

/// What a way has in both forms.
fn way(hop: &Hop<u32>, destination: IpAddr) -> Vec<RouteAttribute> {
    let mut attributes = Vec::new();
    match hop.via {
        Some(via) if via.is_ipv4() == destination.is_ipv4() => {
            attributes.push(RouteAttribute::Gateway(via.into()));
        }
        Some(via) => attributes.push(RouteAttribute::Via(RouteVia::from(via))),
        None => {}
    }
    let realms = hop.realms.map(|(source, destination)| RouteRealm {
        source,
        destination,
    });
    attributes.extend(realms.map(RouteAttribute::Realm));
    if let Some(encap) = &hop.encap {
        let (kind, encap) = outer(encap);
        attributes.push(RouteAttribute::EncapType(kind));
        attributes.push(RouteAttribute::Encap(encap));
    }
    attributes
}

fn of_several(hop: &Hop<u32>, destination: IpAddr) -> RouteNextHop {
    let mut next = RouteNextHop::default();
    next.interface_index = hop.link.unwrap_or(0);
    // The kernel counts from 0.
    next.hops = u8::try_from(hop.weight.saturating_sub(1)).unwrap_or(u8::MAX);
    if hop.onlink {
        next.flags = RouteNextHopFlags::Onlink;
    }
    next.attributes = way(hop, destination);
    next
}

fn outer(encap: &Encap) -> (RouteLwEnCapType, Vec<RouteLwTunnelEncap>) {
    match encap {
        Encap::Ip(tunnel) => (RouteLwEnCapType::Ip, in_ipv4(tunnel)),
        Encap::Ip6(tunnel) => (RouteLwEnCapType::Ip6, in_ipv6(tunnel)),
        Encap::Mpls(labels) => {
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
        Encap::Ila(locator) => {
            let locator = DefaultNla::new(ILA_LOCATOR, locator.to_be_bytes().to_vec());
            (
                RouteLwEnCapType::Ila,
                vec![RouteLwTunnelEncap::Other(locator)],
            )
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
