//! Lines of `virtual_ipaddress` and `virtual_ipaddress_excluded` to addresses on interfaces.
//!
//! Invariants: advertised addresses are of the router's family, fit into one advert, and none
//! stands twice.

use core::net::{IpAddr, Ipv4Addr};
use std::collections::BTreeSet;

use base::Family;
use grammar::Diagnostic;
use grammar::ast::vrrp::{AddressLine, AuthType, Broadcast, Instance};
use vrrp::config::Version;

use super::router::Routers;
use super::strict::taken_back;
use super::{Address, Details};
use crate::facts::{Interface, NumberTable};

const IFA_F_NODAD: u32 = 0x02;
const IFA_F_HOMEADDRESS: u32 = 0x10;
const IFA_F_MANAGETEMPADDR: u32 = 0x100;
const IFA_F_MCAUTOJOIN: u32 = 0x400;

/// Addresses that one advert can count (RFC 5798 §5.2.5).
const MAX_ADVERTISED: usize = 255;

/// Used where neither `dev` nor an interface is given (`keepalived.conf(5)` default_interface).
pub(super) const DEFAULT_INTERFACE: &str = "eth0";

pub(super) struct Planner<'r, 'a> {
    routers: &'r mut Routers<'a>,
    instance: &'a Instance,
    family: Family,
}

/// Addresses of one router.
pub(super) struct Addresses {
    /// In adverts.
    pub(super) advertised: Vec<IpAddr>,
    /// On interfaces, excluded ones after the advertised ones.
    pub(super) all: Vec<Address>,
}

impl<'r, 'a> Planner<'r, 'a> {
    pub(super) fn new(
        routers: &'r mut Routers<'a>,
        instance: &'a Instance,
        family: Family,
    ) -> Self {
        Self {
            routers,
            instance,
            family,
        }
    }

    pub(super) fn addresses(mut self, interface: Option<&Interface>) -> Addresses {
        let name = &self.instance.name;
        let instance = self.instance;
        let (advertised, excluded) = (instance.addresses.len(), instance.excluded.len());
        // Most lists are short, and there are as many as instances.
        let mut done = Addresses {
            advertised: Vec::with_capacity(advertised),
            all: Vec::with_capacity(advertised + excluded),
        };
        let mut seen = BTreeSet::new();
        for line in &self.instance.addresses {
            let address = line.prefix.address;
            if Family::of(address) != self.family {
                let message = format!(
                    "({name}): address family must match VRRP instance [{address}] - ignoring"
                );
                self.routers
                    .error("family-mismatch", message, line.prefix.span);
            } else if !seen.insert(address) {
                self.duplicate(line);
            } else if let Some(planned) = self.line(line) {
                done.advertised.push(address);
                done.all.push(planned);
            }
        }
        let most = self.most(interface);
        if done.advertised.len() > most {
            let message = format!(
                "({name}) Number of VIPs ({}) exceeds maximum/space available in packet \
                 (max {most} addresses) - excess moved to excluded addresses",
                done.advertised.len()
            );
            done.advertised.truncate(most);
            self.routers.error("too-many-vips", message, name.span);
        }
        for line in &self.instance.excluded {
            if !seen.insert(line.prefix.address) {
                self.duplicate(line);
            } else if let Some(planned) = self.line(line) {
                done.all.push(planned);
            }
        }
        done
    }

    /// As many as fit into a packet: IP header, VRRP header, version 2's eight bytes of
    /// authentication, and what proves the advert besides them.
    fn most(&self, interface: Option<&Interface>) -> usize {
        let mtu = interface.map_or(1500, |interface| interface.mtu as usize);
        let proof = match (&self.instance.auth_hmac, &self.instance.authentication) {
            (Some(_), _) => 28,
            (None, Some(auth)) if auth.auth_type.is_some_and(|it| it.value == AuthType::Ah) => 24,
            (None, _) => 0,
        };
        let room = match self.family {
            Family::V4 => mtu.saturating_sub(20 + 8 + 8 + proof) / 4,
            Family::V6 => mtu.saturating_sub(40 + 8 + proof) / 16,
        };
        room.clamp(1, MAX_ADVERTISED)
    }

    /// 2.4 drops it with a report, 2.2.7 says nothing and passes the test: a warning.
    fn duplicate(&mut self, line: &AddressLine) {
        let name = &self.instance.name;
        let address = line.prefix.address;
        let message = format!("({name}) duplicate virtual address {address} - ignoring");
        let problem = Diagnostic::warning("duplicate-vip", message).at(line.prefix.span);
        self.routers.problems.push(problem);
    }

    fn line(&mut self, line: &AddressLine) -> Option<Address> {
        let address = line.prefix.address;
        let defaults = &self.routers.ast.vrrp.defaults;
        let own = self.instance.interface.as_ref();
        let fallback = defaults.default_interface.as_ref();
        let interface = line.dev.as_ref().or(own).or(fallback);
        let dynamic = defaults.dynamic_interfaces.is_some();
        let name = interface.map_or(DEFAULT_INTERFACE, |interface| interface.value.as_str());
        if interface.is_none() && !dynamic && self.routers.interface(name).is_none() {
            let instance = &self.instance.name;
            let message = format!("({instance}): no interface for vip {address} - removing");
            let problem = Diagnostic::error("no-interface", message).at(line.prefix.span);
            let help = format!("add `dev INTERFACE` to it; this host has no {name}");
            self.routers.problems.push(problem.help(help));
            return None;
        }
        // A missing interface of the instance itself was reported with it.
        if let Some(dev) = &line.dev
            && !dynamic
            && self.routers.interface(dev).is_none()
        {
            let message =
                format!("WARNING - interface {dev} for ip address {address} doesn't exist");
            self.routers.error("missing-interface", message, dev.span);
            return None;
        }
        Some(self.routers.planned_address(line, name))
    }
}

impl Routers<'_> {
    /// The line as an address on `interface`.
    pub(super) fn planned_address(&mut self, line: &AddressLine, interface: &str) -> Address {
        let address = line.prefix.address;
        let flag = |on: bool, flag: u32| if on { flag } else { 0 };
        let is_host = line.prefix.len == 128;
        let details = Details {
            broadcast: line
                .broadcast
                .and_then(|it| broadcast(it, address, line.prefix.len)),
            label: line.label.clone(),
            peer: line.peer.map(|peer| (peer.address, peer.len)),
            // A /128 is deprecated so that it is not chosen as a source
            // (`keepalived.conf(5)` preferred_lft).
            preferred_lft: match line.preferred_lft {
                Some(u32::MAX) => None,
                None if is_host && line.peer.is_none() => Some(0),
                written => written,
            },
        };
        Address {
            address,
            prefix: line.prefix.len,
            interface: interface.into(),
            scope: self.address_scope(line),
            noprefixroute: line.noprefixroute,
            no_track: line.no_track,
            flags: flag(line.nodad, IFA_F_NODAD)
                | flag(line.home, IFA_F_HOMEADDRESS)
                | flag(line.mngtmpaddr, IFA_F_MANAGETEMPADDR)
                | flag(line.autojoin, IFA_F_MCAUTOJOIN),
            written: (details != Details::NONE).then(|| Box::new(details)),
        }
    }

    /// A name that no table of the host has is reported and left out, as in the original.
    fn address_scope(&mut self, line: &AddressLine) -> u8 {
        let Some(scope) = &line.scope else {
            return 0;
        };
        let prefix = line.prefix;
        let message = format!(
            "Invalid scope '{}' specified for {prefix} - ignoring",
            scope.value
        );
        let number = self.number(NumberTable::Scopes, scope, message);
        number
            .and_then(|number| u8::try_from(number).ok())
            .unwrap_or(0)
    }

    /// RFC 5798 section 5.2.9: hosts take the first one for the router's own.
    pub(super) fn first_address(&mut self, instance: &Instance, first: Option<&IpAddr>) {
        let name = &instance.name;
        let peers = instance.unicast_peers.as_ref();
        let Some(IpAddr::V6(first)) = first.filter(|_| peers.is_none_or(|it| it.is_empty())) else {
            return;
        };
        if !first.is_unicast_link_local() {
            let at = instance.addresses.first();
            let at = at.map_or(name.span, |line| line.prefix.span);
            let help = "put a fe80:: address first, the same on every node";
            let problem = if let Some(strict) = self.strict(instance) {
                let message = format!("({name}) the first IPv6 VIP address must be link local");
                taken_back(strict, at, message, help)
            } else {
                let message = format!("({name}) the first IPv6 VIP address should be link local");
                let problem = Diagnostic::notice("first-not-link-local", message).at(at);
                problem.unplaced().help(help)
            };
            self.problems.push(problem);
        }
    }

    pub(super) fn vips(&mut self, instance: &Instance, version: Version, none: bool) -> Option<()> {
        let name = &instance.name;
        let strict = self.strict(instance);
        if let (Some(strict), Some(allowed)) = (strict, instance.no_virtual_ipaddress) {
            let message = format!(
                "({name}) no_virtual_ipaddress and strict mode incompatible, clearing \
                 no_virtual_ipaddress"
            );
            let help = "add a virtual_ipaddress block, or remove strict mode";
            let problem = taken_back(strict, allowed.span, message, help);
            self.problems.push(problem);
            return (!none).then_some(());
        }
        if !none || instance.no_virtual_ipaddress.is_some() {
            return Some(());
        }
        let required = version == Version::V3 || strict.is_some();
        // Those that are written were each reported.
        if instance.rejected.contains("virtual_ipaddress") || !instance.addresses.is_empty() {
            if required {
                let message = format!("({name}) left out: none of its addresses is valid");
                let notice = Diagnostic::notice("no-vip", message).at(name.span);
                self.problems.push(notice);
            }
        } else {
            let need = if required { "required" } else { "sensible" };
            let message = format!("({name}) No VIP specified; at least one is {need}");
            let problem = Diagnostic::error("no-vip", message).at(name.span);
            let help = "add a virtual_ipaddress block, or `no_virtual_ipaddress` if none is meant";
            self.problems.push(problem.help(help));
        }
        (!required).then_some(())
    }
}

fn broadcast(written: Broadcast, address: IpAddr, len: u8) -> Option<IpAddr> {
    let IpAddr::V4(address) = address else {
        return None;
    };
    let host_bits = u32::MAX.checked_shr(u32::from(len)).unwrap_or(0);
    let bits = address.to_bits();
    Some(match written {
        Broadcast::Address(address) => address,
        Broadcast::HostBitsSet => IpAddr::V4(Ipv4Addr::from_bits(bits | host_bits)),
        Broadcast::HostBitsClear => IpAddr::V4(Ipv4Addr::from_bits(bits & !host_bits)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcast_signs() {
        let address: IpAddr = [192, 0, 2, 9].into();
        let of = |written, len| broadcast(written, address, len).map(|it| it.to_string());
        assert_eq!(
            of(Broadcast::HostBitsSet, 24).as_deref(),
            Some("192.0.2.255")
        );
        assert_eq!(
            of(Broadcast::HostBitsClear, 24).as_deref(),
            Some("192.0.2.0")
        );
        assert_eq!(of(Broadcast::HostBitsSet, 32).as_deref(), Some("192.0.2.9"));
    }
}
