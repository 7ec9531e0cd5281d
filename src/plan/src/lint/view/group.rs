//! Which instances of different nodes are one virtual router.
//!
//! Instances are partners when they have the same VRID and family and share a virtual address, or
//! one names the other as its unicast peer, or they have the same name. Interfaces may be named
//! differently on each node and prove nothing.

use core::net::IpAddr;
use std::collections::BTreeMap;

use base::Family;

use super::{Member, Node, Router};

/// One virtual router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// At most one of each node, by node.
    pub(crate) members: Vec<Member>,
}

/// What partners have in common; several are tried, in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark<'a> {
    Vip(IpAddr),
    /// Sends from there, or sends to it.
    Unicast(IpAddr),
    Name(&'a str),
}

pub(super) fn groups(nodes: &[Node]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut marked: BTreeMap<(u8, bool, Mark<'_>), Vec<usize>> = BTreeMap::new();
    for (node, it) in nodes.iter().enumerate() {
        for (router, it) in it.routers.iter().enumerate() {
            let Some(vrid) = &it.vrid else {
                continue;
            };
            let key = |mark| (vrid.value, it.family == Family::V6, mark);
            // Of one node there is at most one member, and nodes come in order.
            let free = |index: &&usize| {
                let last = groups[**index].members.last();
                last.is_some_and(|last| last.node != node)
            };
            let partner = marks(it).find_map(|mark| {
                let known = marked.get(&key(mark))?;
                known.iter().rev().find(free).copied()
            });
            let member = Member { node, router };
            let index = if let Some(index) = partner {
                groups[index].members.push(member);
                index
            } else {
                groups.push(Group {
                    members: vec![member],
                });
                groups.len() - 1
            };
            for mark in marks(it) {
                let known = marked.entry(key(mark)).or_default();
                if known.last() != Some(&index) {
                    known.push(index);
                }
            }
        }
    }
    groups
}

fn marks(router: &Router) -> impl Iterator<Item = Mark<'_>> {
    let vips = router.vips.iter().chain(&router.excluded);
    let vips = vips.map(|vip| Mark::Vip(vip.prefix.address));
    let source = router.source.filter(|_| router.peers.is_some());
    let peers = router.peers.iter().flat_map(|peers| &peers.value);
    let unicast = source.into_iter().chain(peers.copied());
    let unicast = unicast.map(|it| Mark::Unicast(it.value));
    vips.chain(unicast).chain([Mark::Name(&router.name.value)])
}
