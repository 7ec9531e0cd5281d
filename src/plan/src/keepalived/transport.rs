//! How adverts travel, and from where.
//!
//! Invariants: peers, group and source are of the router's family; no peer stands twice.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeSet;

use base::Family;
use grammar::ast::leaf::Spanned;
use grammar::ast::vrrp::Instance;
use grammar::{Diagnostic, Span};
use vrrp::config::{Peer, Transport};

use super::router::Routers;
use crate::facts::Interface;

impl Routers<'_> {
    pub(super) fn transport(
        &mut self,
        instance: &Instance,
        family: Family,
    ) -> (Transport, Option<String>) {
        let name = &instance.name;
        let mut peers: Vec<Peer> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut reported = instance.rejected.contains("unicast_peer")
            || instance.rejected.contains("unicast_src_ip");
        for peer in instance.unicast_peers.iter().flat_map(|peers| &peers.value) {
            let address = peer.address.value;
            if Family::of(address) != family {
                let message = format!(
                    "Configuration error: VRRP instance[{name}] and unicast peer \
                     address[{address}] MUST be of the same family !!! Skipping..."
                );
                self.error("family-mismatch", message, peer.address.span);
                reported = true;
            } else if !seen.insert(address) {
                let message = format!("({name}) duplicate unicast peer {address} - ignoring");
                let problem = Diagnostic::warning("duplicate-peer", message);
                self.problems.push(problem.at(peer.address.span));
            } else {
                peers.push(Peer {
                    address,
                    min_ttl: peer.min_ttl.unwrap_or(0),
                    max_ttl: peer.max_ttl.unwrap_or(255),
                });
            }
        }
        if !peers.is_empty() {
            if let Some(group) = &instance.mcast_dst_ip {
                let message =
                    format!("({name}) multicast destination specified with unicast - ignoring");
                let problem = Diagnostic::error("group-of-unicast", message).at(group.span);
                self.problems
                    .push(problem.help("adverts go to the peers; remove mcast_dst_ip"));
            }
            let ttl = instance.unicast_ttl.map_or(255, |ttl| ttl.value);
            return (Transport::Unicast { peers, ttl }, None);
        }
        let keyword = unicast_keyword(instance);
        if let Some(ttl) = instance
            .unicast_ttl
            .filter(|_| keyword.is_none() && !reported)
        {
            let message =
                format!("({name}): Cannot use unicast_ttl without unicast peers - resetting");
            let problem = Diagnostic::error("unused-option", message).at(ttl.span);
            let help = "add a unicast_peer block with the other nodes, or remove unicast_ttl";
            self.problems.push(problem.help(help));
        }
        let mut fault = None;
        if instance.unicast_fault_no_peer {
            fault = Some("unicast without peers".to_owned());
        } else if let Some(at) = keyword.filter(|_| !reported) {
            let message = format!(
                "({name}) A unicast keyword has been specified without any unicast peers. \
                 Defaulting to multicast. This usage is deprecated - please update your \
                 configuration."
            );
            let problem = Diagnostic::error("no-peers", message).at(at);
            let help = "add a unicast_peer block with the other nodes, or remove the keyword";
            self.problems.push(problem.help(help));
        }
        let defaults = &self.ast.vrrp.defaults;
        let (default, standard) = match family {
            Family::V4 => (defaults.group4, IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18))),
            Family::V6 => (
                defaults.group6,
                IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12)),
            ),
        };
        let own = self.own_group(instance, family);
        let group = own.or(default).map_or(standard, |group| group.value);
        (Transport::Multicast { group }, fault)
    }

    /// `mcast_dst_ip`, if adverts of this family can go there.
    fn own_group(&mut self, instance: &Instance, family: Family) -> Option<Spanned<IpAddr>> {
        let name = &instance.name;
        let group = instance.mcast_dst_ip?;
        let (message, help) = if Family::of(group.value) != family {
            (
                format!(
                    "({name}) mcast dest address {group} MUST match VRRP instance family. \
                     Skipping..."
                ),
                "the first address of the instance decides its family",
            )
        } else if leaves_the_link(group.value) {
            (
                format!("({name}) mcast_dst_ip {group} not link-local multicast. Skipping..."),
                "adverts stay on the link: use an ff02:: address",
            )
        } else {
            return Some(group);
        };
        let problem = Diagnostic::error("family-mismatch", message).at(group.span);
        self.problems.push(problem.help(help));
        None
    }

    /// Where adverts come from, as it is written.
    pub(super) fn written_source(&mut self, instance: &Instance, family: Family) -> Option<IpAddr> {
        let unicast = instance
            .unicast_peers
            .as_ref()
            .is_some_and(|peers| !peers.is_empty());
        let written: Option<Spanned<IpAddr>> = match unicast {
            true => instance.unicast_src_ip.or(instance.mcast_src_ip),
            false => instance.mcast_src_ip.or(instance.unicast_src_ip),
        };
        if let Some(source) = written {
            if Family::of(source.value) == family {
                return Some(source.value);
            }
            let message = format!(
                "Configuration error: VRRP instance[{}] and src address[{}] MUST be of the same \
                 family !!! Skipping...",
                instance.name, source.value
            );
            self.error("family-mismatch", message, source.span);
        }
        let own = instance.use_ipvlan.as_ref()?.address?.address;
        (Family::of(own) == family).then_some(own)
    }

    /// Where adverts come from if that is not written: the interface's first address (a link-local
    /// one for IPv6) that is no virtual one, of any instance; those may be there because an earlier
    /// process was master.
    pub(super) fn chosen_source(
        &self,
        family: Family,
        interface: &Interface,
        held: &BTreeSet<IpAddr>,
    ) -> Option<IpAddr> {
        let fits = |address: &IpAddr| match address {
            IpAddr::V4(_) => family == Family::V4,
            IpAddr::V6(address) => family == Family::V6 && address.is_unicast_link_local(),
        };
        let addresses = interface.addresses.iter().map(|(address, _)| *address);
        let own = addresses.filter(|address| fits(address) && !held.contains(address));
        let real = own
            .clone()
            .find(|address| !self.virtual_ones.contains(address));
        // An owner of the interface's address does not take it from the others there.
        real.or_else(|| own.clone().next())
    }
}

/// The first keyword that only makes sense with peers; `unicast_ttl` has its own report.
fn unicast_keyword(instance: &Instance) -> Option<Span> {
    let block = instance.unicast_peers.as_ref().map(|peers| peers.span);
    let source = instance.unicast_src_ip.map(|source| source.span);
    let check = instance.check_unicast_src.map(|switch| switch.span);
    let checksum = instance.old_unicast_checksum.map(|kind| kind.span);
    block.or(source).or(check).or(checksum)
}

fn leaves_the_link(group: IpAddr) -> bool {
    match group {
        IpAddr::V4(_) => false,
        // RFC 4291 section 2.7: the scope is the low half of the second byte.
        IpAddr::V6(group) => group.octets()[1] & 0x0f != 2,
    }
}
