//! Addresses that a node has of itself, and which networks they are in.

use core::net::IpAddr;
use std::collections::BTreeSet;

use grammar::Span;
use grammar::ast::leaf::Prefix;

use super::super::{Node, Read};
use super::{Router, Vip};

/// An address that is a node's own, master or not.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    pub(crate) address: IpAddr,
    pub(crate) interface: String,
    /// In `static_ipaddress`; none when the host itself said so.
    pub(crate) place: Option<Span>,
}

/// What `static_ipaddress` adds and what the host's interfaces have.
pub(super) fn own(node: &Node, routers: &[Router]) -> Vec<Own> {
    let vips = routers
        .iter()
        .flat_map(|router| router.vips.iter().chain(&router.excluded));
    let vips: BTreeSet<IpAddr> = vips.map(|vip| vip.prefix.address).collect();
    let written = node.keepalived.iter().flat_map(of_file);
    let seen = node.interfaces.iter();
    let seen = seen.filter(|(_, address)| !vips.contains(address));
    let seen = seen.map(|(interface, address)| Own {
        address: *address,
        interface: interface.clone(),
        place: None,
    });
    written.chain(seen).collect()
}

fn of_file(read: &Read) -> impl Iterator<Item = Own> {
    read.ast.vrrp.static_addresses.iter().filter_map(|line| {
        Some(Own {
            address: line.prefix.value.address,
            interface: line.dev.as_ref()?.value.clone(),
            place: Some(line.prefix.span.moved(read.moved)),
        })
    })
}

impl Vip {
    /// Whether the network that it was written with holds `other`; none when there is no network:
    /// no prefix length, a host's, or link-local addresses.
    pub(crate) fn network_holds(&self, other: IpAddr) -> Option<bool> {
        if !self.prefix.written {
            return None;
        }
        holds(self.prefix, other)
    }
}

/// Whether both are in the network of the prefix; none for other families and single hosts.
pub(crate) fn holds(prefix: Prefix, other: IpAddr) -> Option<bool> {
    let len = u32::from(prefix.len);
    match (prefix.address, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) if len < 32 => {
            Some((one.to_bits() ^ other.to_bits()) & !(u32::MAX >> len) == 0)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) if len < 128 => {
            // Adverts come from a link-local address whatever network the rest is in.
            let local = one.is_unicast_link_local() || other.is_unicast_link_local();
            let same = (one.to_bits() ^ other.to_bits()) & !(u128::MAX >> len) == 0;
            (!local).then_some(same)
        }
        _ => None,
    }
}
