//! The macvlans and ipvlans that are made for routers: which ones, their names, and which address
//! lies on which.
//!
//! Invariants: what is told apart by [`Place`] is made once, under one name; a name made up here is
//! neither another link's of this configuration nor that of a foreign interface; names are found in
//! linear time however many instances share a VRID. Deliberately unknown here: how links are made.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::{Family, MacAddr, VrId};
use grammar::ast::leaf::Prefix;
use grammar::ast::vrrp::{AddressLine, Instance, Ipvlan, IpvlanMode};

use super::RouterHost;
use super::router::Routers;
use super::vmac::Place;
use crate::facts::Interface;

/// Longest interface name.
const MAX_NAME: usize = 15;
/// What names begin with unless `vmac_prefix` says otherwise.
const PREFIX: &str = "vrrp";

/// A link that is made for routers, and deleted at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLink {
    /// Its name.
    pub name: String,
    /// The interface below it.
    pub parent: String,
    /// The instance that asked for it first, for people.
    pub owner: String,
    /// The family of its addresses.
    pub family: Family,
    /// What it is.
    pub kind: LinkKind,
    /// The interface group it is put into; that of the interface below unless written.
    pub group: Option<u32>,
}

/// What a link is that is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// A private macvlan, for virtual addresses.
    Macvlan {
        /// Its hardware address.
        mac: MacAddr,
    },
    /// An ipvlan of layer 2, which adverts leave by. Virtual addresses lie on the interface below,
    /// as with the original: there all ipvlans share one hardware address.
    Ipvlan {
        /// How it sees other ipvlans of that interface.
        mode: IpvlanMode,
        /// Its own address, where adverts come from; over IPv6 it may be left to the kernel.
        address: Option<Prefix>,
        /// It has IPv6: it is an IPv6 router's, or one that has addresses of both families.
        v6: bool,
    },
}

/// All links that a configuration makes.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) links: Vec<NewLink>,
    by_place: BTreeMap<Place, usize>,
    names: BTreeSet<String>,
    /// The first number that a name of this beginning and VRID may have.
    next: BTreeMap<(String, VrId), u32>,
}

/// Who wants a link.
struct Wish<'w> {
    owner: &'w str,
    prefix: &'w str,
    name: Option<&'w str>,
    group: Option<u32>,
}

impl Routers<'_> {
    /// Puts the addresses of `host` on the macvlans that they belong on. The name of the one that
    /// adverts leave by, if they do not leave by the interface itself.
    pub(super) fn links_of(
        &mut self,
        instance: &Instance,
        (vrid, family): (VrId, Family),
        unicast: bool,
        host: &mut RouterHost,
    ) -> Option<Arc<str>> {
        let strict = self.strict(instance).is_some();
        let base = host.interface.clone();
        if let (Some(ipvlan), Some(base)) = (&instance.use_ipvlan, &base) {
            let link = self.ipvlan(instance, ipvlan, (vrid, family), base);
            host.link = link.map(Arc::from);
            if host.source.is_none() {
                host.source_on = host.link.clone();
            }
        }
        let vmac = instance.use_vmac.as_ref();
        let vmac = vmac.filter(|_| instance.use_ipvlan.is_none());
        let mac = vmac.and_then(|vmac| vmac.mac).filter(|_| !strict);
        let place = |family, parent: &str| Place {
            vrid,
            family,
            parent: parent.to_owned(),
            mac,
        };
        let defaults = &self.ast.vrrp.defaults;
        let prefix = defaults.vmac_prefix.as_ref();
        let prefix = prefix.map_or(PREFIX, |prefix| prefix.value.as_str());
        let other = defaults.vmac_addr_prefix.as_ref();
        let other = other.map_or(prefix, |prefix| prefix.value.as_str());
        if let (Some(vmac), Some(base)) = (vmac, &base) {
            let parent = vmac.parent.as_deref().unwrap_or(base);
            let wish = Wish {
                owner: &instance.name,
                prefix,
                name: vmac.name.as_deref(),
                group: vmac.group,
            };
            let link = self.link_at(place(family, parent), &wish);
            host.link = link.map(Arc::from);
        }
        let lines = instance.addresses.iter().chain(&instance.excluded);
        let lines: BTreeMap<IpAddr, &AddressLine> =
            lines.map(|line| (line.prefix.address, line)).collect();
        let above = host.link.clone();
        for address in host.addresses.iter_mut().map(Arc::make_mut) {
            let line = lines.get(&address.address);
            let line = line.and_then(|line| line.use_vmac.as_ref());
            let own = Some(&address.interface) == base.as_ref();
            let home = own && Family::of(address.address) == family;
            if home
                && vmac.is_some()
                && let Some(link) = &above
            {
                address.interface.clone_from(link);
            } else if line.is_some() || (instance.use_vmac_addr && !home) {
                let wish = Wish {
                    owner: &instance.name,
                    prefix: other,
                    name: line.and_then(|line| line.name.as_deref()),
                    group: line.and_then(|line| line.group),
                };
                let place = place(Family::of(address.address), &address.interface);
                if let Some(link) = self.link_at(place, &wish) {
                    address.interface = link.into();
                }
            }
        }
        let xmit_base = instance.vmac_xmit_base.is_some() && vmac.is_some();
        let by_base = unicast || (xmit_base && !strict);
        host.link.clone().filter(|_| !by_base)
    }

    /// The name of the ipvlan that is made for the instance.
    fn ipvlan(
        &mut self,
        instance: &Instance,
        ipvlan: &Ipvlan,
        (vrid, family): (VrId, Family),
        base: &str,
    ) -> Option<String> {
        let parent = ipvlan.parent.as_deref().unwrap_or(base);
        let found = self.interface(parent);
        if found.is_some_and(|found| !found.ethernet || found.loopback) {
            return None;
        }
        let prefix = self.ast.vrrp.defaults.vmac_prefix.as_ref();
        let prefix = prefix.map_or(PREFIX, |prefix| prefix.value.as_str());
        let own = ipvlan.name.as_ref();
        let name = match own.filter(|name| self.is_free(name, None)) {
            Some(name) => name.clone(),
            None => self.made_up(prefix, (vrid, family), None)?,
        };
        self.made.names.insert(name.clone());
        let lines = instance.addresses.iter().chain(&instance.excluded);
        let mut families = lines.map(|line| Family::of(line.prefix.address));
        let of_family = |address: &Prefix| Family::of(address.address) == family;
        self.made.links.push(NewLink {
            name: name.clone(),
            parent: parent.to_owned(),
            owner: instance.name.value.clone(),
            family,
            kind: LinkKind::Ipvlan {
                mode: ipvlan.mode.unwrap_or(IpvlanMode::Bridge),
                address: ipvlan.address.filter(of_family),
                v6: family == Family::V6 || families.any(|found| found == Family::V6),
            },
            group: ipvlan.group,
        });
        Some(name)
    }

    /// The name of the macvlan at `place`, which is made unless it is already; none where there
    /// can be no macvlan.
    fn link_at(&mut self, place: Place, wish: &Wish<'_>) -> Option<String> {
        if let Some(known) = self.made.by_place.get(&place) {
            return Some(self.made.links[*known].name.clone());
        }
        let parent = self.interface(&place.parent);
        if parent.is_some_and(|parent| !parent.ethernet || parent.loopback) {
            return None;
        }
        let mac = place.mac.unwrap_or_else(|| virtual_mac(&place));
        let written = wish.name.filter(|name| self.is_free(name, Some(mac)));
        let name = match written {
            Some(name) => name.to_owned(),
            None => self.made_up(wish.prefix, (place.vrid, place.family), Some(mac))?,
        };
        self.made.names.insert(name.clone());
        let known = self.made.links.len();
        self.made.links.push(NewLink {
            name: name.clone(),
            parent: place.parent.clone(),
            owner: wish.owner.to_owned(),
            family: place.family,
            kind: LinkKind::Macvlan { mac },
            group: wish.group,
        });
        self.made.by_place.insert(place, known);
        Some(name)
    }

    /// `vrrp.51`, else `vrrp6.51` for IPv6, else with the first number that is free.
    fn made_up(
        &mut self,
        prefix: &str,
        (vrid, family): (VrId, Family),
        mac: Option<MacAddr>,
    ) -> Option<String> {
        let plain = [format!("{prefix}.{vrid}"), format!("{prefix}6.{vrid}")];
        let plain = match family {
            Family::V4 => &plain[..1],
            Family::V6 => &plain[..],
        };
        for name in plain {
            if self.is_free(name, mac) {
                return Some(name.clone());
            }
        }
        let from = (prefix.to_owned(), vrid);
        let first = self.made.next.get(&from).copied().unwrap_or(1);
        let mut numbered = (first..=u32::MAX).map(|n| (n, format!("{prefix}{n}.{vrid}")));
        let (number, name) = numbered
            .by_ref()
            .take_while(|(_, name)| name.len() <= MAX_NAME)
            .find(|(_, name)| self.is_free(name, mac))?;
        self.made.next.insert(from, number + 1);
        Some(name)
    }

    /// Whether a macvlan with `mac`, or else an ipvlan, can have the name: nobody has it, or one
    /// that an earlier run made.
    fn is_free(&mut self, name: &str, mac: Option<MacAddr>) -> bool {
        if name.len() > MAX_NAME || self.made.names.contains(name) {
            return false;
        }
        let ours = |there: &Interface| match mac {
            Some(mac) => there.kind.as_deref() == Some("macvlan") && there.mac == mac,
            None => there.kind.as_deref() == Some("ipvlan"),
        };
        let there = self.interface(name);
        there.is_none_or(|there| !there.is_known() || ours(&there))
    }
}

/// RFC 5798 §7.3.
fn virtual_mac(place: &Place) -> MacAddr {
    let family = match place.family {
        Family::V4 => 1,
        Family::V6 => 2,
    };
    MacAddr([0, 0, 0x5e, 0, family, place.vrid.get()])
}
