//! Rules about networks: which one an address is in, and whose it is otherwise.

use core::net::IpAddr;

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
    for (member, router) in view.members() {
        let own = known(view, member, router);
        for vip in router.vips.iter().filter(|vip| !vip.elsewhere) {
            findings.extend(outside(rule, view, member, vip, &own));
        }
    }
}

/// An address in whose network virtual ones are expected.
struct Known {
    address: IpAddr,
    what: String,
    place: Option<Span>,
}

/// What is known of the node's own addresses, else of its peers'.
fn known(view: &View<'_>, member: Member, router: &Router) -> Vec<Known> {
    let node = &view.nodes[member.node];
    let virtual_too = |address: IpAddr| {
        let vips = node
            .routers
            .iter()
            .flat_map(|router| router.vips.iter().chain(&router.excluded));
        vips.into_iter().any(|vip| vip.prefix.address == address)
    };
    let source = router.source.map(|source| Known {
        address: source.value,
        what: "sent from".to_owned(),
        place: Some(source.span),
    });
    let interface = router.interface.as_ref().map(|it| it.value.as_str());
    let on_interface = |own: &&Own| Some(own.interface.as_str()) == interface;
    let own = node.own.iter().filter(on_interface).map(|own| Known {
        address: own.address,
        what: format!("on {}", own.interface),
        place: own.place,
    });
    let found: Vec<Known> = source
        .into_iter()
        .chain(own.filter(|own| !virtual_too(own.address)))
        .collect();
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
    for group in &view.groups {
        let owned = |member: &Member| view.router(*member).priority.value == 255;
        if !group.members.iter().any(owned) {
            findings.extend(taken(rule, view, group));
        }
    }
}

/// The first address of a virtual router that is a node's, too.
fn taken(rule: &Rule, view: &View<'_>, group: &Group) -> Option<Diagnostic> {
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
        let own = view.nodes[member.node].own.iter();
        let node = view.node(member);
        own.filter_map(move |own| {
            let place = own.place?;
            Some((
                own.address,
                place,
                format!("always on {node}'s {}", own.interface),
            ))
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
