//! Which macvlan each address lies on, and that no two instances take one another's.
//!
//! A macvlan is told by its VRID, its family, the interface below and its MAC address, not by who
//! asked for it: the original makes it once and gives it to both, and then keeps the later one in
//! FAULT, since one's addresses would go when the other becomes backup.
//!
//! Invariants: linear in the number of addresses; members of one sync group may share. One report
//! for an instance. Deliberately unknown here: how links are made, and their names.

use core::net::IpAddr;
use std::collections::BTreeMap;

use base::{Family, MacAddr, VrId};
use grammar::ast::vrrp::{AddressLine, Instance};
use grammar::{Diagnostic, Span};

use super::router::Routers;

/// What tells one macvlan from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) vrid: VrId,
    pub(super) family: Family,
    pub(super) parent: String,
    /// The virtual router's unless written.
    pub(super) mac: Option<MacAddr>,
}

/// The first address on one.
#[derive(Debug)]
struct First<'a> {
    instance: &'a str,
    address: IpAddr,
    span: Span,
}

/// The macvlans that have addresses.
#[derive(Debug, Default)]
pub(super) struct Vmacs<'a> {
    taken: BTreeMap<Place, First<'a>>,
}

impl<'a> Routers<'a> {
    /// Why the instance stays in FAULT, if an earlier one has its macvlan.
    pub(super) fn shared_vmac(
        &mut self,
        instance: &'a Instance,
        vrid: VrId,
        family: Family,
    ) -> Option<String> {
        let own = instance.interface.as_ref()?.value.as_str();
        let vmac = instance.use_vmac.as_ref();
        let mac = vmac.and_then(|vmac| vmac.mac);
        let place = |family: Family, parent: &str| Place {
            vrid,
            family,
            parent: parent.to_owned(),
            mac,
        };
        let mut problem = None;
        if let Some(vmac) = vmac.filter(|_| instance.use_ipvlan.is_none())
            && let Some(first) = self.vmac_of_another(&place(family, own), instance)
        {
            problem = Some(clash(instance, first, None).label(vmac.span, "the same macvlan"));
        }
        for line in instance.addresses.iter().chain(&instance.excluded) {
            let Some(parent) = parent(instance, line, own, family) else {
                continue;
            };
            let address = line.prefix.address;
            let place = place(Family::of(address), parent);
            if let Some(first) = self.vmac_of_another(&place, instance) {
                problem.get_or_insert_with(|| {
                    clash(instance, first, Some(address)).label(line.prefix.span, "on it, too")
                });
                continue;
            }
            self.vmacs.taken.entry(place).or_insert(First {
                instance: &instance.name,
                address,
                span: line.prefix.span,
            });
        }
        self.problems.push(problem?);
        Some("another instance has its macvlan".to_owned())
    }

    /// Members of one group are masters together.
    fn vmac_of_another(&self, place: &Place, instance: &Instance) -> Option<&First<'a>> {
        let first = self.vmacs.taken.get(place)?;
        let group = |name: &str| self.groups.of(name).map(|group| group.name.span);
        let own = group(&instance.name);
        let together = own.is_some() && own == group(first.instance);
        (first.instance != instance.name.value && !together).then_some(first)
    }
}

/// The interface below the macvlan that the address lies on; none when it lies on no macvlan.
fn parent<'i>(
    instance: &Instance,
    line: &'i AddressLine,
    own: &'i str,
    family: Family,
) -> Option<&'i str> {
    let dev = line.dev.as_ref().map_or(own, |dev| dev.value.as_str());
    let at_home = dev == own && Family::of(line.prefix.address) == family;
    let by_instance = match at_home {
        true => instance.use_vmac.is_some() && instance.use_ipvlan.is_none(),
        false => instance.use_vmac_addr,
    };
    (by_instance || line.use_vmac.is_some()).then_some(dev)
}

fn clash(instance: &Instance, first: &First<'_>, address: Option<IpAddr>) -> Diagnostic {
    let name = &instance.name;
    let what = address.map_or(String::new(), |address| format!(" VIP/eVIP {address}"));
    let message = format!(
        "({}) VIP/eVIP {} uses same VMAC as VRRP instance {name}{what}, disabling {name}",
        first.instance, first.address
    );
    let help = "give one of them another VRID, or put both in one sync group: a macvlan is the \
                same for one VRID on one interface";
    // A test of the original does not see it, a start reports it.
    Diagnostic::warning("shared-vmac", message)
        .at(name.span)
        .label(first.span, format!("{} puts it there", first.instance))
        .help(help)
}
