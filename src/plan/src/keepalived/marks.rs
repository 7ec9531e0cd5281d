//! `nftables_ipvs`: a group of addresses is one service for a mark, which its packets are given.
//!
//! Invariants: a mark that the file names itself is not handed out; who had one by the running
//! configuration keeps it, so that its connections stay; no packet has two marks: a port that is
//! written counts before every port, then what stands first. Deliberately unknown here: netlink.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::{BTreeMap, BTreeSet};

use base::Family;
use grammar::Ast;
use grammar::ast::lvs::{Addresses, Group, Member, Target};
use lvs::config::{Marked, Protocol};

use super::served::protocol;
use crate::Facts;

/// Name of the table unless `nftables_ipvs` says otherwise.
const TABLE: &str = "keepalived_ipvs";
/// Priority of its chain: before IPVS and before filters of others.
const PRIORITY: i32 = -1;
/// The first mark.
const START: u32 = 1000;
/// Most members of all groups together: each is compared with others.
const MOST: usize = 1 << 14;

/// The table that marks packets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// `nftables_ipvs`
    pub table: String,
    /// `nftables_ipvs_priority`
    pub priority: i32,
    /// What is marked; of one protocol no two overlap.
    pub elements: Vec<Marked>,
    /// Marks by who has them, see [`Facts::mark`].
    pub given: BTreeMap<String, u32>,
}

/// Whose a mark is.
fn owner(protocol: Protocol, group: &str) -> String {
    format!("{protocol} {group}")
}

/// What is to be marked, as the file has it.
#[derive(Debug)]
struct Wanted {
    protocol: Protocol,
    family: Family,
    range: Range,
    /// Every port when none.
    port: Option<u16>,
    mark: u32,
}

/// First and last, both included.
type Range = (u128, u128);

/// Marks at work.
pub(super) struct Marking {
    table: Option<Marks>,
    wanted: Vec<Wanted>,
}

impl Marking {
    /// Nothing is marked unless `nftables_ipvs` is there.
    pub(super) fn new(ast: &Ast, groups: &BTreeMap<&str, &Group>, facts: &dyn Facts) -> Self {
        let written = &ast.process.firewall;
        let table = written.ipvs.table.as_ref().map(|table| Marks {
            table: table.value.clone().unwrap_or_else(|| TABLE.to_owned()),
            priority: written
                .ipvs
                .priority
                .as_ref()
                .map_or(PRIORITY, |it| it.value),
            elements: Vec::new(),
            given: give(ast, groups, facts),
        });
        Self {
            table,
            wanted: Vec::new(),
        }
    }

    /// The mark that the group's packets get, and of which families they are; none where its
    /// members are services of their own.
    pub(super) fn mark(&mut self, protocol: Protocol, group: &Group) -> Option<(u32, Vec<Family>)> {
        let given = &self.table.as_ref()?.given;
        let mark = *given.get(&owner(protocol, &group.name.value))?;
        let mut families = BTreeSet::new();
        for member in &group.members {
            let Member::Addresses(addresses, port) = &member.value else {
                continue;
            };
            let (family, range) = range_of(addresses);
            families.insert(family);
            self.wanted.push(Wanted {
                protocol,
                family,
                range,
                port: port.filter(|port| *port != 0),
                mark,
            });
        }
        Some((mark, families.into_iter().collect()))
    }

    /// The whole table.
    pub(super) fn finish(self) -> Option<Marks> {
        let mut table = self.table?;
        table.elements = apart(&self.wanted);
        Some(table)
    }
}

/// A mark for each use of a group without marks of its own, as long as there is room.
fn give(ast: &Ast, groups: &BTreeMap<&str, &Group>, facts: &dyn Facts) -> BTreeMap<String, u32> {
    let start = ast.process.firewall.ipvs_start_fwmark.as_ref();
    let start = start.map_or(START, |start| start.value);
    let members = groups.values().flat_map(|group| &group.members);
    let marks = members.filter_map(|member| match &member.value {
        Member::Mark(mark, _) => Some(*mark),
        Member::Addresses(..) => None,
    });
    let own = ast.lvs.services.iter();
    let own = own.filter_map(|service| match &service.target.value {
        Target::Mark(mark) => Some(*mark),
        Target::Address(..) | Target::Group(_) => None,
    });
    let mut taken: BTreeSet<u32> = own.chain(marks).collect();
    let mut room = MOST;
    let mut owners = Vec::new();
    for service in &ast.lvs.services {
        let Target::Group(name) = &service.target.value else {
            continue;
        };
        let Some(group) = groups.get(name.as_str()) else {
            continue;
        };
        let is_mark = |member: &Member| matches!(member, Member::Mark(..));
        if group.members.iter().any(|member| is_mark(&member.value)) {
            continue;
        }
        let Some(left) = room.checked_sub(group.members.len()) else {
            continue;
        };
        room = left;
        owners.push(owner(protocol(service), name));
    }
    let mut given = BTreeMap::new();
    for owner in &owners {
        if let Some(mark) = facts.mark(owner).filter(|mark| *mark >= start)
            && !given.contains_key(owner)
            && taken.insert(mark)
        {
            given.insert(owner.clone(), mark);
        }
    }
    let mut next = start..=u32::MAX;
    for owner in owners {
        if !given.contains_key(&owner)
            && let Some(mark) = next.find(|mark| taken.insert(*mark))
        {
            given.insert(owner, mark);
        }
    }
    given
}

fn range_of(addresses: &Addresses) -> (Family, Range) {
    let bits = |address: &IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    match addresses {
        Addresses::One(one) => (Family::of(*one), (bits(one), bits(one))),
        Addresses::Range(first, last) => (Family::of(*first), (bits(first), bits(last))),
        Addresses::Network(network, prefix) => {
            let first = bits(network);
            let width = if network.is_ipv4() { 32 } else { 128 };
            let hosts = u32::from(u8::saturating_sub(width, *prefix));
            let last = first | 1_u128.checked_shl(hosts).map_or(u128::MAX, |all| all - 1);
            (Family::of(*network), (first, last))
        }
    }
}

/// Ranges that do not touch each other, by their first number.
#[derive(Debug, Default)]
struct Cover(BTreeMap<u128, u128>);

impl Cover {
    /// The parts of `range` that were not covered and are from now on.
    fn add(&mut self, range: Range) -> Vec<Range> {
        let (mut from, last) = range;
        let mut parts = Vec::new();
        let before = self.0.range(..from).next_back();
        if let Some((_, &end)) = before.filter(|(_, end)| **end >= from) {
            let Some(next) = end.checked_add(1) else {
                return parts;
            };
            from = next;
        }
        let mut done = from > last;
        let within = if done { from..=from } else { from..=last };
        for (&start, &end) in self.0.range(within) {
            if done {
                break;
            }
            if start > from {
                parts.push((from, start - 1));
            }
            done = end >= last;
            from = end.saturating_add(1);
        }
        if !done {
            parts.push((from, last));
        }
        self.0.extend(parts.iter().copied());
        parts
    }
}

/// Cuts what is wanted so that nothing overlaps.
fn apart(wanted: &[Wanted]) -> Vec<Marked> {
    let mut covers: BTreeMap<(Family, Protocol, Option<u16>), Cover> = BTreeMap::new();
    let mut out = Vec::new();
    for it in wanted {
        let cover = covers.entry((it.family, it.protocol, it.port)).or_default();
        for part in cover.add(it.range) {
            match it.port {
                Some(port) => out.push(marked(it, part, (port, port))),
                None => every_port(it, part, wanted, &mut out),
            }
        }
    }
    out
}

/// All of `part` but the ports that are written for it.
fn every_port(it: &Wanted, part: Range, wanted: &[Wanted], out: &mut Vec<Marked>) {
    let beside = wanted.iter().filter(|other| {
        other.family == it.family
            && other.protocol == it.protocol
            && other.range.0 <= part.1
            && other.range.1 >= part.0
    });
    let beside: Vec<(Range, u16)> = beside
        .filter_map(|other| Some((other.range, other.port?)))
        .collect();
    let mut starts = BTreeSet::from([part.0]);
    for (range, _) in &beside {
        let after = range.1.checked_add(1);
        let cuts = [Some(range.0), after].into_iter().flatten();
        starts.extend(cuts.filter(|cut| (part.0..=part.1).contains(cut)));
    }
    let starts: Vec<u128> = starts.into_iter().collect();
    for (at, &start) in starts.iter().enumerate() {
        let end = starts.get(at + 1).map_or(part.1, |next| next - 1);
        let here = beside.iter();
        let here = here.filter(|(range, _)| range.0 <= start && range.1 >= end);
        let ports: BTreeSet<u16> = here.map(|(_, port)| *port).collect();
        let mut low = Some(0);
        for port in ports {
            if let Some(low) = low.filter(|low| *low < port) {
                out.push(marked(it, (start, end), (low, port - 1)));
            }
            low = port.checked_add(1);
        }
        out.extend(low.map(|low| marked(it, (start, end), (low, u16::MAX))));
    }
}

fn marked(it: &Wanted, (first, last): Range, ports: (u16, u16)) -> Marked {
    let address = |bits: u128| match it.family {
        Family::V4 => Ipv4Addr::from_bits(u32::try_from(bits).unwrap_or(u32::MAX)).into(),
        Family::V6 => Ipv6Addr::from_bits(bits).into(),
    };
    Marked {
        protocol: it.protocol,
        addresses: (address(first), address(last)),
        ports,
        mark: it.mark,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::{collection, option};

    use super::*;

    fn wanted(range: Range, port: Option<u16>, mark: u32) -> Wanted {
        Wanted {
            protocol: Protocol::Tcp,
            family: Family::V4,
            range,
            port,
            mark,
        }
    }

    /// What IPVS would do with one service for each address.
    fn expected(all: &[Wanted], address: u128, port: u16) -> Option<u32> {
        let here = |it: &&Wanted| it.range.0 <= address && address <= it.range.1;
        let exact = all.iter().filter(here).find(|it| it.port == Some(port));
        let any = || all.iter().filter(here).find(|it| it.port.is_none());
        exact.or_else(any).map(|it| it.mark)
    }

    proptest! {
        #![proptest_config(property::config(256))]

        #[test]
        fn each_packet_has_the_mark_it_should(
            all in collection::vec((0u128..12, 0u128..6, option::of(0u16..4)), 0..8)
        ) {
            let all: Vec<Wanted> = (1..).zip(all)
                .map(|(mark, (first, more, port))| wanted((first, first + more), port, mark))
                .collect();
            let elements = apart(&all);
            for address in 0..20 {
                let at = IpAddr::from(Ipv4Addr::from_bits(address));
                for port in [0, 1, 2, 3, 4, u16::MAX] {
                    let hits: Vec<u32> = elements.iter()
                        .filter(|it| it.addresses.0 <= at && at <= it.addresses.1)
                        .filter(|it| it.ports.0 <= port && port <= it.ports.1)
                        .map(|it| it.mark)
                        .collect();
                    let wanted = expected(&all, address.into(), port);
                    prop_assert_eq!(hits, Vec::from_iter(wanted));
                }
            }
        }
    }

    #[test]
    fn the_last_addresses_are_no_trouble() {
        let v6 = |range, port| Wanted {
            family: Family::V6,
            ..wanted(range, port, 1)
        };
        let all = [
            v6((u128::MAX, u128::MAX), Some(80)),
            v6((0, u128::MAX), Some(80)),
        ];
        assert_eq!(apart(&all).len(), 2);
        let all = [
            v6((0, u128::MAX), None),
            v6((u128::MAX, u128::MAX), Some(u16::MAX)),
        ];
        assert_eq!(apart(&all).len(), 3);
        let network = Addresses::Network("::".parse().expect("an address"), 0);
        assert_eq!(range_of(&network), (Family::V6, (0, u128::MAX)));
    }
}
