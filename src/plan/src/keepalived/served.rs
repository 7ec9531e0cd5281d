//! What a `virtual_server` serves: one address, one mark, or the members of a group.
//!
//! Invariants: no key stands twice; what cannot be served was said. A group is served as plain
//! services, one for each of its addresses and marks, with the same servers: each of them checks
//! the servers on its own; with `nftables_ipvs` as one service for the mark its packets get.
//! Deliberately unknown here: what of it other services have.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet};

use base::Family;
use grammar::ast::lvs::{self as ast, Addresses, Group, Member, Target};
use grammar::{Diagnostic, Span};
use lvs::config::{Protocol, ServiceKey};

use super::marks::{Marking, Marks};
use super::name::Naming;
use crate::Facts;

/// Services that one `virtual_server` may become.
const MOST: usize = 4096;

/// What one `virtual_server` serves.
#[derive(Default)]
pub(super) struct Served {
    /// In the order of the group.
    pub(super) keys: Vec<ServiceKey>,
    /// The mark is one of ours, for addresses.
    pub(super) given: bool,
    /// Any of them is an address.
    pub(super) addresses: bool,
    /// Any of them is a mark.
    pub(super) marks: bool,
    /// Any address is served on every port.
    pub(super) portless: bool,
}

/// The groups of a configuration by name.
pub(super) struct Groups<'a> {
    naming: &'a Naming<'a>,
    by_name: BTreeMap<&'a str, &'a Group>,
    marking: Marking,
}

impl<'a> Groups<'a> {
    pub(super) fn new(
        naming: &'a Naming<'a>,
        facts: &dyn Facts,
        problems: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut by_name: BTreeMap<&str, &Group> = BTreeMap::new();
        for group in &naming.ast.lvs.groups {
            let name = &group.name;
            if let Some(first) = by_name.get(name.value.as_str()) {
                // The original says nothing.
                let message = format!("virtual_server_group {name} already defined");
                let problem = Diagnostic::warning("duplicate-name", message);
                let problem = problem.label(name.span, "never used");
                problems.push(problem.label(first.name.span, "this one counts"));
                continue;
            }
            by_name.insert(&name.value, group);
        }
        let marking = Marking::new(naming.ast, &by_name, facts);
        Self {
            naming,
            by_name,
            marking,
        }
    }

    /// Which packets are to be marked for what was served.
    pub(super) fn marks(self) -> Option<Marks> {
        self.marking.finish()
    }

    pub(super) fn served(
        &mut self,
        service: &ast::Service,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Served> {
        let protocol = protocol(service);
        let target = &service.target;
        let mut served = Served::default();
        match &target.value {
            Target::Address(address, port) => served.address(*address, *port, protocol),
            Target::Mark(mark) => served.mark(*mark, service, None),
            Target::Group(name) => {
                let group = self.group(name, target.span, problems)?;
                match self.marking.mark(protocol, group) {
                    Some((mark, families)) => served.marked(mark, &families, group),
                    None => members(&mut served, service, group, problems),
                }
            }
        }
        if served.keys.len() > 1 {
            let mut seen = BTreeSet::new();
            served.keys.retain(|key| seen.insert(*key));
        }
        Some(served)
    }

    fn group(&self, name: &str, span: Span, problems: &mut Vec<Diagnostic>) -> Option<&'a Group> {
        let found = self.by_name.get(name).copied();
        if found.is_none() && !self.naming.is_lost(name) {
            // The original passes it and serves nothing.
            let message = format!("virtual_server group {name} not found: nothing is served");
            let problem = Diagnostic::warning("unknown-group", message).at(span);
            let names = self.by_name.keys().copied();
            problems.push(self.naming.suggest(problem, name, names));
        }
        found
    }
}

impl Served {
    fn address(&mut self, address: IpAddr, port: u16, protocol: Protocol) {
        self.addresses = true;
        self.portless |= port == 0;
        self.keys.push(ServiceKey::Address {
            address: SocketAddr::new(address, port),
            protocol,
        });
    }

    /// A group's packets have that mark; what is to be said of it is what its members are.
    fn marked(&mut self, mark: u32, families: &[Family], group: &Group) {
        let portless = |member: &Member| matches!(member, Member::Addresses(_, None | Some(0)));
        self.given = true;
        self.addresses = !families.is_empty();
        self.portless = group.members.iter().any(|member| portless(&member.value));
        let keys = families.iter();
        let keys = keys.map(|&family| ServiceKey::Mark { mark, family });
        self.keys.extend(keys);
    }

    /// The family that is written counts, then the first server's.
    fn mark(&mut self, mark: u32, service: &ast::Service, own: Option<Family>) {
        let server = service.servers.first();
        let server = server.map(|server| Family::of(server.address.0));
        let written = own.or(service.family.map(|family| family.value));
        self.marks = true;
        self.keys.push(ServiceKey::Mark {
            mark,
            family: written.or(server).unwrap_or(Family::V4),
        });
    }
}

pub(super) const fn protocol(service: &ast::Service) -> Protocol {
    match &service.protocol {
        Some(protocol) => match protocol.value {
            ast::Protocol::Tcp => Protocol::Tcp,
            ast::Protocol::Sctp => Protocol::Sctp,
            ast::Protocol::Udp => Protocol::Udp,
        },
        // keepalived.conf(5): UDP unless told otherwise.
        None => Protocol::Udp,
    }
}

fn members(
    served: &mut Served,
    service: &ast::Service,
    group: &Group,
    problems: &mut Vec<Diagnostic>,
) {
    let protocol = protocol(service);
    for member in &group.members {
        let room = MOST.saturating_sub(served.keys.len());
        match &member.value {
            Member::Mark(mark, family) => served.mark(*mark, service, *family),
            Member::Addresses(Addresses::One(address), port) => {
                served.address(*address, port.unwrap_or(0), protocol);
            }
            Member::Addresses(Addresses::Range(first, last), port) => {
                let addresses = range(*first, *last, room);
                if addresses.is_empty() {
                    let message = format!(
                        "virtual_server group {}: more than {MOST} addresses are not acted on yet",
                        group.name
                    );
                    let problem = Diagnostic::warning("not-yet", message).at(member.span);
                    problems.push(problem.help("mark the packets in the firewall: fwmark N"));
                }
                for address in addresses {
                    served.address(address, port.unwrap_or(0), protocol);
                }
            }
            Member::Addresses(network @ Addresses::Network(..), _) => {
                served.addresses = true;
                let message = format!(
                    "virtual_server group {}: the network {network} is not acted on yet",
                    group.name
                );
                let problem = Diagnostic::warning("not-yet", message).at(member.span);
                problems.push(problem.help("write the addresses: FIRST-LAST, or fwmark N"));
            }
        }
    }
}

/// All addresses, both ends included; none where there is no room for them.
fn range(first: IpAddr, last: IpAddr, room: usize) -> Vec<IpAddr> {
    let (low, high) = match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => (first.to_bits().into(), last.to_bits().into()),
        (IpAddr::V6(first), IpAddr::V6(last)) => (first.to_bits(), last.to_bits()),
        _ => return Vec::new(),
    };
    let fits = |count: u128| usize::try_from(count).is_ok_and(|count| count < room);
    if high < low || !fits(high - low) {
        return Vec::new();
    }
    let address = |bits: u128| match first {
        IpAddr::V4(_) => u32::try_from(bits).map_or(first, |bits| Ipv4Addr::from_bits(bits).into()),
        IpAddr::V6(_) => Ipv6Addr::from_bits(bits).into(),
    };
    (low..=high).map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let of = |first, last, room| range(address(first), address(last), room);
        assert_eq!(
            of("192.0.2.254", "192.0.3.1", 4),
            ["192.0.2.254", "192.0.2.255", "192.0.3.0", "192.0.3.1"].map(address)
        );
        assert_eq!(
            of("2001:db8::9", "2001:db8::9", 1),
            [address("2001:db8::9")]
        );
        assert!(of("192.0.2.254", "192.0.3.1", 3).is_empty());
        assert!(of("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 4096).is_empty());
    }
}
