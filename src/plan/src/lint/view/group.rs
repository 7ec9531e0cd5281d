//! Which instances of different nodes are one virtual router.
//!
//! Instances are partners when they have the same VRID and family and share a virtual address,
//! name each other as unicast peers, or have the same name. Interfaces may be named differently on
//! each node and prove nothing.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use base::Family;

use super::{Member, Node, Router};

/// One virtual router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// At most one of each node, by node.
    pub(crate) members: Vec<Member>,
}

pub(super) fn groups(nodes: &[Node]) -> Vec<Group> {
    let mut by_vrid: BTreeMap<(u8, bool), Vec<Group>> = BTreeMap::new();
    for (node, it) in nodes.iter().enumerate() {
        for (router, it) in it.routers.iter().enumerate() {
            let Some(vrid) = &it.vrid else {
                continue;
            };
            let member = Member { node, router };
            let known = by_vrid
                .entry((vrid.value, it.family == Family::V6))
                .or_default();
            let partner = |group: &&mut Group| {
                let members = &group.members;
                members.iter().all(|other| other.node != node)
                    && members
                        .iter()
                        .any(|other| partners(&nodes[other.node].routers[other.router], it))
            };
            match known.iter_mut().find(partner) {
                Some(group) => group.members.push(member),
                None => known.push(Group {
                    members: vec![member],
                }),
            }
        }
    }
    let mut groups: Vec<Group> = by_vrid.into_values().flatten().collect();
    groups.sort_by_key(|group| group.members.first().copied());
    groups
}

fn partners(a: &Router, b: &Router) -> bool {
    let addresses = |router: &Router| {
        let all = router.vips.iter().chain(&router.excluded);
        all.map(|vip| vip.prefix.address)
            .collect::<BTreeSet<IpAddr>>()
    };
    let names = |a: &Router, b: &Router| match (&a.peers, &b.source) {
        (Some(peers), Some(source)) => peers.iter().any(|peer| peer.value == source.value),
        _ => false,
    };
    !addresses(a).is_disjoint(&addresses(b)) || names(a, b) || names(b, a) || a.name == b.name
}
