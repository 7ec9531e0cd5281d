//! Rules about networks: which one an address is in, and whose it is otherwise.

use core::net::IpAddr;
use std::collections::BTreeMap;

use grammar::{Diagnostic, Severity, Span};

use super::rule::Rule;
use super::view::{Group, Member, Own, Router, View, Vip};

pub(super) const VIP_NOT_IN_INTERFACE_SUBNET: Rule = Rule {
    id: "vip-not-in-interface-subnet",
    severity: Severity::Warning,
    checks: "virtual addresses with a prefix length against the node's own addresses: \
             unicast_src_ip, mcast_src_ip, static_ipaddress, the interface on this host, else the \
             peers'",
    outcome: "the address comes with an on-link route to a network the node has no other address \
              in; neighbours only find it if they are in that network too",
    fix: "check the address and its prefix length; write it without one (or with /32, /128) when \
          it is routed to the nodes",
    run: vip_not_in_interface_subnet,
};

fn vip_not_in_interface_subnet(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for (node, it) in view.nodes.iter().enumerate() {
        let mut on: BTreeMap<&str, Vec<&Own>> = BTreeMap::new();
        for own in &it.own {
            on.entry(&own.interface).or_default().push(own);
        }
        for (index, router) in it.routers.iter().enumerate() {
            let interface = router.interface.as_ref().map(|it| it.value.as_str());
            let own = interface.and_then(|interface| on.get(interface));
            let own = known(router, own.map_or(&[][..], Vec::as_slice));
            let member = Member {
                node,
                router: index,
            };
            for vip in router.vips.iter().filter(|vip| !vip.elsewhere) {
                findings.extend(outside(rule, view, member, vip, &own));
            }
        }
    }
}

/// Addresses of one interface that are compared with virtual ones.
const MAX_OWN: usize = 32;

/// An address in whose network virtual ones are expected.
struct Known {
    address: IpAddr,
    what: String,
    place: Option<Span>,
}

/// What is known of the node's own addresses, else of its peers'. Of an interface with very many
/// addresses only some are looked at.
fn known(router: &Router, own: &[&Own]) -> Vec<Known> {
    let source = router.source.map(|source| Known {
        address: source.value,
        what: "sent from".to_owned(),
        place: Some(source.span),
    });
    let own = own.iter().take(MAX_OWN).map(|own| Known {
        address: own.address,
        what: format!("on {}", own.interface),
        place: own.place,
    });
    let found: Vec<Known> = source.into_iter().chain(own).collect();
    // Too many to know them all: one of the rest may be it.
    if found.len() > MAX_OWN {
        return Vec::new();
    }
    if !found.is_empty() {
        return found;
    }
    let peers = router.peers.iter().flat_map(|peers| &peers.value);
    let peers = peers.map(|peer| Known {
        address: peer.value,
        what: "a peer".to_owned(),
        place: Some(peer.span),
    });
    peers.collect()
}

fn outside(
    rule: &Rule,
    view: &View<'_>,
    member: Member,
    vip: &Vip,
    own: &[Known],
) -> Option<Diagnostic> {
    let judged = own.iter();
    let judged = judged.filter_map(|own| Some((own, vip.network_holds(own.address)?)));
    let judged: Vec<(&Known, bool)> = judged.collect();
    let (first, _) = judged.first()?;
    if judged.iter().any(|(_, inside)| *inside) {
        return None;
    }
    let finding = rule.warning(format!(
        "{} of {} is in another network than the node's own addresses: neighbours there never find \
         it, and the node looks for that network's hosts on this wire",
        vip.prefix,
        view.router(member).name,
    ));
    let mut finding = finding.label(vip.place, format!("not the network of {}", first.address));
    for (own, _) in judged {
        let place = own.place.into_iter();
        finding = place.fold(finding, |finding, place| {
            finding.label(place, own.what.clone())
        });
    }
    Some(finding)
}

pub(super) const VIP_IS_NODE_ADDRESS: Rule = Rule {
    id: "vip-is-node-address",
    severity: Severity::Error,
    checks: "virtual addresses that are a node's own address (unicast_src_ip, mcast_src_ip, \
             static_ipaddress) or a peer",
    outcome: "the other node takes that address when it becomes master, and a backup removes it \
              from its own interface: the node is cut off",
    fix: "choose an address that no node has; if the node is to own it (RFC 5798), give it \
          priority 255",
    run: vip_is_node_address,
};

fn vip_is_node_address(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    let at = |own: &'_ Own| {
        own.place
            .map(|place| (own.address, (own.interface.clone(), place)))
    };
    let statics: Vec<Statics> = view
        .nodes
        .iter()
        .map(|node| node.own.iter().filter_map(at).collect())
        .collect();
    for group in &view.groups {
        let owned = |member: &Member| view.router(*member).priority.value == 255;
        if !group.members.iter().any(owned) {
            findings.extend(taken(rule, view, group, &statics));
        }
    }
}

/// Addresses of `static_ipaddress` of one node: interface and place.
type Statics = BTreeMap<IpAddr, (String, Span)>;

/// The first address of a virtual router that is a node's, too.
fn taken(rule: &Rule, view: &View<'_>, group: &Group, statics: &[Statics]) -> Option<Diagnostic> {
    let members = || group.members.iter().copied();
    let sources = members().filter_map(|member| {
        let source = view.router(member).source?;
        Some((
            source.value,
            source.span,
            format!("{} sends from it", view.node(member)),
        ))
    });
    // A peer that no node sends from is the matter of unicast-peer-asymmetry.
    let unknown = || members().filter(|_| members().all(|it| view.router(it).source.is_none()));
    let peers = unknown().flat_map(|member| {
        let peers = view
            .router(member)
            .peers
            .iter()
            .flat_map(|peers| &peers.value);
        let node = view.node(member);
        peers.map(move |peer| (peer.value, peer.span, format!("a peer of {node}")))
    });
    let statics = members().flat_map(|member| {
        let node = view.node(member);
        let vips = view.router(member).vips.iter();
        vips.filter_map(move |vip| {
            let address = vip.prefix.address;
            let (interface, place) = statics[member.node].get(&address)?;
            Some((address, *place, format!("always on {node}'s {interface}")))
        })
    });
    let own: Vec<(IpAddr, Span, String)> = sources.chain(peers).chain(statics).collect();
    let vips = || {
        members().flat_map(|member| {
            view.router(member)
                .vips
                .iter()
                .map(move |vip| (member, vip))
        })
    };
    let (member, vip, (address, place, whose)) = vips().find_map(|(member, vip)| {
        let own = own.iter().find(|own| own.0 == vip.prefix.address)?;
        Some((member, vip, own))
    })?;
    let finding = rule.error(format!(
        "{address} is a virtual address of {} and a node's own ({whose}): when another node is \
         master, both have it, and the backup removes it from its interface",
        view.router(member).name
    ));
    Some(
        finding
            .label(vip.place, "virtual")
            .label(*place, whose.clone()),
    )
}
