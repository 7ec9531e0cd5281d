//! How far announcements of addresses are apart, and which interfaces are counted together
//! (`garp_group`, `vrrp_garp_interval`, `vrrp_gna_interval`).
//!
//! Invariants: an interface is in one lane at most, a link above it in the same; an interface whose
//! announcements are not paced is in none. Deliberately unknown here: what is announced when.

use core::time::Duration;
use std::collections::BTreeMap;

use grammar::Ast;
use grammar::ast::leaf::Spanned;

use super::Plan;

/// What shares its pace; zero: not paced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// Between gratuitous ARPs.
    pub arp: Duration,
    /// Between unsolicited neighbour advertisements.
    pub na: Duration,
}

/// The lanes of all interfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// As groups, and interfaces without one, ask for them.
    pub lanes: Vec<Lane>,
    /// By name.
    interfaces: BTreeMap<String, usize>,
}

impl Pace {
    /// The number of an interface's lane.
    #[must_use]
    pub fn lane(&self, interface: &str) -> Option<usize> {
        self.interfaces.get(interface).copied()
    }

    /// For the addresses of `plan`, whose links are known.
    pub(super) fn of(ast: &Ast, plan: &Plan) -> Self {
        let time =
            |written: Option<Spanned<Duration>>| written.map_or(Duration::ZERO, |it| it.value);
        let mut pace = Self::default();
        for group in &ast.vrrp.garp_groups {
            let lane = Lane {
                arp: time(group.garp_interval),
                na: time(group.gna_interval),
            };
            for interface in &group.interfaces {
                // What is in two groups was reported; the first one has it.
                let number = pace.lanes.len();
                let name = interface.value.clone();
                pace.interfaces.entry(name).or_insert(number);
            }
            pace.lanes.push(lane);
        }
        let defaults = &ast.vrrp.defaults;
        let usual = Lane {
            arp: time(defaults.garp_interval),
            na: time(defaults.gna_interval),
        };
        if usual == Lane::default() && pace.lanes.is_empty() {
            return pace;
        }
        let links = plan.links.iter();
        let below: BTreeMap<&str, &str> = links
            .map(|link| (link.name.as_str(), link.parent.as_str()))
            .collect();
        for address in plan.routers.iter().flat_map(|host| &host.addresses) {
            let name = &*address.interface;
            let parent = below.get(name).copied().unwrap_or(name);
            let number = match pace.lane(parent) {
                Some(number) => number,
                None if usual == Lane::default() => continue,
                None => {
                    pace.lanes.push(usual);
                    pace.lanes.len() - 1
                }
            };
            pace.interfaces.insert(parent.to_owned(), number);
            pace.interfaces.insert(name.to_owned(), number);
        }
        pace
    }
}
