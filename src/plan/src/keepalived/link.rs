//! The macvlan or ipvlan that an instance puts its addresses on, and its VRF.
//!
//! Invariants: no two instances want a link of one name; whatever of the settings cannot go
//! together was reported. Deliberately unknown here: how links are made.

use base::Family;
use grammar::ast::leaf::Spanned;
use grammar::ast::vrrp::{AddressLine, Instance};
use grammar::{Diagnostic, Span};

use super::router::Routers;
use super::strict::taken_back;
use crate::facts::Interface;

/// Kinds of links that may be taken over when one of the wanted name is there already.
const OURS: [&str; 2] = ["macvlan", "ipvlan"];

impl<'a> Routers<'a> {
    /// Checks what the instance says of its link; why it stays in FAULT, if it does.
    pub(super) fn link(
        &mut self,
        instance: &'a Instance,
        family: Family,
        found: Option<&Interface>,
        strict: Option<Span>,
    ) -> Option<String> {
        let vmac = instance.use_vmac.as_ref();
        let ipvlan = instance.use_ipvlan.as_ref();
        self.xmit_base(instance, strict);
        self.lines_on_vmacs(instance, family);
        let link = vmac
            .map(|it| it.span)
            .or(ipvlan.map(|ipvlan| ipvlan.span))?;
        self.link_of_unicast(instance, link);
        self.link_names(instance);
        let name = &instance.name;
        if let (Some(vmac), Some(ipvlan)) = (vmac, ipvlan) {
            // The original says nothing and makes an ipvlan.
            let message = format!("({name}) use_vmac does nothing next to use_ipvlan");
            let problem = Diagnostic::warning("unused-option", message).at(vmac.span);
            let problem = problem.label(ipvlan.span, "this one counts");
            self.problems.push(problem.help("remove one of the two"));
        }
        if let Some(promote) = instance.promote_secondaries {
            let message =
                format!("({name}) promote_secondaries is automatically set for vmacs - ignoring");
            let problem = Diagnostic::error("unused-option", message).at(promote.span);
            let problem = problem.label(link, "the new interface has it anyway");
            self.problems
                .push(problem.help("remove promote_secondaries"));
        }
        if let (Some(strict), Some(vmac)) = (strict, vmac.filter(|vmac| vmac.mac.is_some())) {
            let message =
                format!("({name}): cannot specify MAC address with strict mode - clearing");
            let help = "leave the address out: the RFC has one for each VRID";
            self.problems
                .push(taken_back(strict, vmac.span, message, help));
        }
        if found.is_some_and(|found| !found.ethernet) {
            let message = format!("({name}): vmacs are only supported on Ethernet type interfaces");
            let problem = Diagnostic::error("no-ethernet", message).at(link);
            let interface = instance.interface.as_ref();
            let at = interface.map_or(name.span, |interface| interface.span);
            self.problems.push(problem.label(at, "no Ethernet"));
            return Some("its interface can carry no macvlan".to_owned());
        }
        self.ipvlan_address(instance, family)
    }

    fn xmit_base(&mut self, instance: &Instance, strict: Option<Span>) {
        let name = &instance.name;
        let Some(xmit_base) = instance.vmac_xmit_base else {
            return;
        };
        let problem = if instance.use_vmac.is_none() {
            let message = format!("({name}) vmac_xmit_base is only valid with a vmac");
            let problem = Diagnostic::error("unused-option", message).at(xmit_base.span);
            problem.help("add `use_vmac`, or remove vmac_xmit_base")
        } else if let Some(strict) = strict {
            let message =
                format!("({name}) xmit_base is incompatible with strict mode - resetting");
            let help = "adverts of strict mode come from the virtual MAC address";
            taken_back(strict, xmit_base.span, message, help)
        } else {
            return;
        };
        self.problems.push(problem);
    }

    /// Adverts to peers leave by the interface itself.
    fn link_of_unicast(&mut self, instance: &Instance, link: Span) {
        let name = &instance.name;
        let peers = instance.unicast_peers.as_ref();
        let Some(peers) = peers.filter(|peers| !peers.is_empty()) else {
            return;
        };
        let (code, message, help) = if instance.interface.is_none() {
            (
                "no-interface",
                format!(
                    "({name}): Cannot use VMAC/ipvlan with unicast and no interface - clearing \
                     use_vmac"
                ),
                "add `interface NAME`: the new interface is made on it",
            )
        } else if instance.vmac_xmit_base.is_none() {
            (
                "vmac-with-unicast",
                format!("({name}) unicast with use_vmac requires vmac_xmit_base - setting"),
                if instance.use_vmac.is_some() {
                    "add `vmac_xmit_base`"
                } else {
                    "remove use_ipvlan or unicast_peer"
                },
            )
        } else {
            return;
        };
        let problem = Diagnostic::error(code, message).at(link);
        let problem = problem.label(peers.span, "unicast here");
        self.problems.push(problem.help(help));
    }

    /// Names of new links are free.
    fn link_names(&mut self, instance: &'a Instance) {
        let vmac = instance.use_vmac.as_ref();
        let vmac = vmac.and_then(|it| Some((it.name.as_deref()?, it.span, "a private macvlan")));
        let ipvlan = instance.use_ipvlan.as_ref();
        let ipvlan = ipvlan.and_then(|it| Some((it.name.as_deref()?, it.span, "an l2 ipvlan")));
        let owner = &instance.name;
        for (link, span, wanted) in vmac.into_iter().chain(ipvlan) {
            if let Some((first, place)) = self.links.get(link) {
                if *first == owner.value {
                    continue;
                }
                let message = format!(
                    "({owner}) VRRP instance {first} is already using {link} - ignoring name"
                );
                let problem = Diagnostic::error("duplicate-link", message).at(span);
                let problem = problem.label(*place, format!("{first} makes it"));
                self.problems.push(problem.help("give each its own name"));
                continue;
            }
            self.links.insert(link, (&owner.value, span));
            let there = self.interface(link);
            let foreign = |there: &Interface| {
                let kind = there.kind.as_deref();
                there.is_known() && !kind.is_some_and(|kind| OURS.contains(&kind))
            };
            if there.as_deref().is_some_and(foreign) {
                let what = if wanted.ends_with("macvlan") {
                    "vmac"
                } else {
                    "ipvlan"
                };
                let message = format!(
                    "({owner}) interface {link} already exists and is not {wanted}; ignoring \
                     {what} if_name"
                );
                let problem = Diagnostic::error("foreign-link", message).at(span);
                self.problems
                    .push(problem.help("choose a name that no interface has"));
            }
        }
    }

    /// Over IPv4 an ipvlan has no address of its own to send from.
    fn ipvlan_address(&mut self, instance: &Instance, family: Family) -> Option<String> {
        let ipvlan = instance.use_ipvlan.as_ref()?;
        let name = &instance.name;
        let (message, why) = match ipvlan.address {
            None if family == Family::V6 => return None,
            Some(address) if Family::of(address.address) == family => return None,
            None => (
                format!(
                    "({name}) IPv4 ipvlan requires a source ip address to be configured. setting \
                     instance to fault state"
                ),
                "its ipvlan has no address",
            ),
            Some(address) => (
                format!(
                    "({name}) ipvlan address[{address}] MUST match vrrp instance family !!! \
                     Skipping..."
                ),
                "the address of its ipvlan is of the other family",
            ),
        };
        let problem = Diagnostic::error("ipvlan-address", message).at(ipvlan.span);
        let help = "add an address of this node: use_ipvlan NAME ADDRESS/PREFIX";
        self.problems.push(problem.help(help));
        Some(why.to_owned())
    }

    /// `use_vmac` of single addresses that have one already.
    fn lines_on_vmacs(&mut self, instance: &Instance, family: Family) {
        let name = &instance.name;
        let own = instance.interface.as_ref().map(|own| own.value.as_str());
        let lines = instance.addresses.iter().chain(&instance.excluded);
        for line in lines.filter(|line| line.use_vmac.is_some()) {
            let AddressLine { prefix, dev, .. } = line;
            let dev: Option<&Spanned<String>> = dev.as_ref();
            let elsewhere = dev.is_some_and(|dev| Some(dev.value.as_str()) != own);
            let is_own_family = Family::of(prefix.address) == family;
            let address = prefix.address;
            let message = if instance.use_vmac.is_some() && !elsewhere && is_own_family {
                format!("({name}) use_vmac specified for VIP/eVIP {address} and vrrp instance")
            } else if instance.use_vmac_addr && (elsewhere || !is_own_family) {
                format!(
                    "({name}) use_vmac_addr specified and use_vmac specified for VIP/eVIP \
                     {address}"
                )
            } else {
                continue;
            };
            let problem = Diagnostic::error("unused-option", message).at(prefix.span);
            let help = "leave `use_vmac` out of the line: the instance says it";
            self.problems.push(problem.help(help));
        }
    }

    /// A VRF takes the place of an interface, where peers are spoken to; its name, if it can.
    pub(super) fn vrf_of(&mut self, instance: &Instance) -> Option<String> {
        let (name, vrf) = (&instance.name, instance.vrf.as_ref()?);
        if let Some(interface) = &instance.interface {
            let message = format!("({name}) Cannot specify VRF interface and interface - ignoring");
            let problem = Diagnostic::error("vrf-with-interface", message).at(vrf.span);
            let problem = problem.label(interface.span, "the interface says which VRF it is in");
            self.problems.push(problem.help("remove `vrf`"));
            return None;
        }
        let dynamic = self.ast.vrrp.defaults.dynamic_interfaces.is_some();
        let mut counts = None;
        let problem = match self.interface(vrf).as_deref() {
            None if dynamic => return Some(vrf.value.clone()),
            None => {
                let message = format!("({name}) WARNING - VRF interface {vrf} doesn't exist");
                let problem = Diagnostic::error("missing-interface", message);
                problem.label(vrf.span, self.known_interfaces())
            }
            Some(found) if found.loopback => {
                let message =
                    format!("({name}) cannot use a loopback interface ({vrf}) for VRF - ignoring");
                Diagnostic::error("loopback", message).at(vrf.span)
            }
            // The original takes any interface.
            Some(found) if found.is_no_vrf() => {
                counts = Some(vrf.value.clone());
                let message = format!("({name}) {vrf} is no VRF");
                let problem = Diagnostic::warning("no-vrf", message).at(vrf.span);
                problem.help("name the VRF device itself, not an interface in it")
            }
            Some(_) => return Some(vrf.value.clone()),
        };
        self.problems.push(problem);
        counts
    }
}
