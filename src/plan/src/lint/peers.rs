//! Rules about whether the nodes of a virtual router hear each other, and nobody else.

use core::net::IpAddr;
use std::collections::BTreeMap;

use base::Family;
use grammar::{Diagnostic, Severity};

use super::rule::Rule;
use super::view::{Group, Member, Router, View, listed};

pub(super) const MULTICAST_WITH_UNICAST: Rule = Rule {
    id: "multicast-with-unicast",
    severity: Severity::Error,
    checks: "virtual routers with unicast_peer on some nodes and not on others",
    outcome: "a node that waits for multicast drops unicast adverts and the other way round, so \
              every node becomes master",
    fix: "list the other nodes in unicast_peer on every node, or on none",
    run: multicast_with_unicast,
};

fn multicast_with_unicast(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for group in &view.groups {
        let unicast = |member: &&Member| view.router(**member).peers.is_some();
        let (uni, multi): (Vec<&Member>, Vec<&Member>) = group.members.iter().partition(unicast);
        if uni.is_empty() || multi.is_empty() {
            continue;
        }
        let names = |members: &[&Member]| {
            let names: Vec<&str> = members.iter().map(|member| view.node(**member)).collect();
            listed(&names)
        };
        let mut finding = rule.error(format!(
            "{} sends unicast on {} and multicast on {}: neither side hears the other, and both \
             have a master",
            group.name(view),
            names(&uni),
            names(&multi)
        ));
        for member in &uni {
            if let Some(peers) = &view.router(**member).peers {
                finding = finding.label(peers.span, "unicast");
            }
        }
        for member in &multi {
            let name = &view.router(**member).name;
            finding = finding.label(name.span, "multicast: no unicast_peer");
        }
        findings.push(finding);
    }
}

pub(super) const UNICAST_PEER_ASYMMETRY: Rule = Rule {
    id: "unicast-peer-asymmetry",
    severity: Severity::Error,
    checks: "unicast peers against the other nodes' unicast_src_ip",
    outcome: "a node that is not listed never hears the master and becomes master itself",
    fix: "list every other node's unicast_src_ip in unicast_peer, on every node",
    run: unicast_peer_asymmetry,
};

fn unicast_peer_asymmetry(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for group in &view.groups {
        for sender in &group.members {
            for receiver in &group.members {
                findings.extend(unlisted(rule, view, *sender, *receiver));
            }
        }
    }
}

fn unlisted(rule: &Rule, view: &View<'_>, sender: Member, receiver: Member) -> Option<Diagnostic> {
    let (from, to) = (view.router(sender), view.router(receiver));
    let peers = from.peers.as_ref()?;
    // Without a source in the file it is the interface's address, which only the host knows.
    let source = to
        .source
        .filter(|_| sender != receiver && to.peers.is_some())?;
    if peers.iter().any(|peer| peer.value == source.value) {
        return None;
    }
    let (one, other) = (view.node(sender), view.node(receiver));
    let finding = rule.error(format!(
        "{one} does not send to {} ({other}): {other} never hears it, and is master at the same \
         time",
        source.value
    ));
    let finding = finding.label(peers.span, format!("{} is not in this list", source.value));
    Some(finding.label(source.span, format!("address of {other}")))
}

pub(super) const VRID_CLASH: Rule = Rule {
    id: "vrid-clash",
    severity: Severity::Error,
    checks: "different virtual routers with one VRID on one interface",
    outcome: "on one node the second instance is left out; on several nodes each takes the other's \
              adverts for its own: one of the two has no master",
    fix: "give every virtual router of a network a virtual_router_id of its own",
    run: vrid_clash,
};

/// What tells virtual routers apart on a network.
type Place<'v> = (u8, bool, &'v str);

fn vrid_clash(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<Place<'_>, (usize, Member)> = BTreeMap::new();
    for (index, group) in view.groups.iter().enumerate() {
        for member in &group.members {
            let Some(place) = place(view.router(*member)) else {
                continue;
            };
            match first.get(&place) {
                None => {
                    first.insert(place, (index, *member));
                }
                Some((known, _)) if *known == index => {}
                Some((_, other)) => {
                    findings.push(clash(rule, view, *other, *member));
                    break;
                }
            }
        }
    }
}

/// None for unicast, which reaches its peers only.
fn place(router: &Router) -> Option<Place<'_>> {
    let vrid = router.vrid.filter(|_| router.peers.is_none())?;
    let interface = router.interface.as_ref()?;
    Some((vrid.value, router.family == Family::V6, &interface.value))
}

fn clash(rule: &Rule, view: &View<'_>, one: Member, other: Member) -> Diagnostic {
    let vrid = view.router(other).vrid.map_or(0, |vrid| vrid.value);
    let (first, second) = (view.name(one), view.name(other));
    let finding = if one.node == other.node {
        let name = |member| &view.router(member).name;
        let (first, second) = (name(one), name(other));
        rule.error(format!(
            "{first} and {second} have the same VRID {vrid} on one interface: {second} is left out"
        ))
    } else {
        rule.warning(format!(
            "{first} and {second} have the same VRID {vrid} and nothing else in common: on one \
             network each takes the other's adverts for its own, and one of the two is nowhere \
             master"
        ))
    };
    [other, one].into_iter().fold(finding, |finding, member| {
        let router = view.router(member);
        let place = router.vrid.map_or(router.name.span, |vrid| vrid.span);
        finding.label(
            place,
            format!("{} of {}", addresses(router), view.name(member)),
        )
    })
}

fn addresses(router: &Router) -> String {
    let vips = router.vips.iter().map(|vip| vip.prefix.address.to_string());
    vips.collect::<Vec<_>>().join(", ")
}

pub(super) const VRID_MISMATCH: Rule = Rule {
    id: "vrid-mismatch",
    severity: Severity::Error,
    checks: "one virtual address under different VRIDs on different nodes",
    outcome: "the nodes do not take part in one election: each becomes master and holds the address",
    fix: "set the same virtual_router_id on every node",
    run: vrid_mismatch,
};

fn vrid_mismatch(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    let mut holders: BTreeMap<IpAddr, (usize, Member)> = BTreeMap::new();
    for (index, group) in view.groups.iter().enumerate() {
        let mut told = false;
        for member in &group.members {
            for vip in &view.router(*member).vips {
                let address = vip.prefix.address;
                let (known, other) = *holders.entry(address).or_insert((index, *member));
                let apart = known != index && other.node != member.node;
                if apart && !told {
                    told = true;
                    findings.extend(mismatch(rule, view, other, *member, address));
                }
            }
        }
    }
}

fn mismatch(
    rule: &Rule,
    view: &View<'_>,
    one: Member,
    other: Member,
    address: IpAddr,
) -> Option<Diagnostic> {
    let (first, second) = (view.router(one).vrid?, view.router(other).vrid?);
    if first.value == second.value {
        return None;
    }
    let finding = rule.error(format!(
        "{address} belongs to VRID {} on {} and to VRID {} on {}: both become master and hold it",
        first.value,
        view.node(one),
        second.value,
        view.node(other)
    ));
    let finding = finding.label(second.span, format!("VRID {}", second.value));
    Some(finding.label(first.span, format!("VRID {}", first.value)))
}

impl Group {
    /// The instance's name, as the first member has it.
    pub(super) fn name<'v>(&self, view: &'v View<'_>) -> &'v str {
        let first = self.members.first();
        first.map_or("", |member| view.router(*member).name.value.as_str())
    }
}
