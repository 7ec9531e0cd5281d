//! This host's links and addresses as last heard from the kernel.
//!
//! Invariants: after an overrun everything is listed anew; what is derived (is a router's
//! interface usable?) is asked, never remembered here.

use core::cell::OnceCell;
use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use plan::keepalived::Plan;
use sys::netlink::{Link, News, Requests};
use vrrp::config::RouterIx;

/// Links and addresses.
#[derive(Debug, Default)]
pub(super) struct Links {
    links: BTreeMap<u32, Link>,
    addresses: BTreeSet<(u32, IpAddr)>,
    /// Those that were usable once.
    seen: BTreeSet<u32>,
    /// What drivers say of links that are polled, by name; it counts instead of netlink's word.
    beats: BTreeMap<String, bool>,
}

/// Why an interface cannot carry adverts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    Missing,
    Down,
    NoCarrier,
}

impl Unusable {
    /// For people.
    pub(super) fn describe(self, interface: &str) -> String {
        match self {
            Self::Missing => format!("interface {interface} does not exist"),
            Self::Down => format!("interface {interface} is down"),
            Self::NoCarrier => format!("interface {interface} has no carrier"),
        }
    }
}

impl Links {
    /// What the kernel has now.
    ///
    /// # Errors
    /// What netlink reports.
    pub(super) fn list(requests: &mut Requests) -> io::Result<Self> {
        let links = requests.links()?;
        let addresses = requests.addresses()?;
        Ok(Self {
            seen: links.iter().filter(is_usable).map(|it| it.index).collect(),
            links: links.into_iter().map(|link| (link.index, link)).collect(),
            addresses: addresses.iter().map(|a| (a.index, a.address)).collect(),
            beats: BTreeMap::new(),
        })
    }

    /// Lists everything anew.
    ///
    /// # Errors
    /// What netlink reports; then everything stays as it was.
    pub(super) fn renew(&mut self, requests: &mut Requests) -> io::Result<()> {
        let fresh = Self::list(requests)?;
        let beats = std::mem::take(&mut self.beats);
        let seen = self.seen.iter().filter(|it| fresh.links.contains_key(*it));
        let seen = seen.chain(&fresh.seen).copied().collect();
        *self = Self {
            beats,
            seen,
            ..fresh
        };
        Ok(())
    }

    /// The driver of `interface` says whether its link is up, or nothing; what it said before.
    pub(super) fn beat(&mut self, interface: &str, up: Option<bool>) -> Option<bool> {
        match up {
            Some(up) => self.beats.insert(interface.to_owned(), up),
            None => self.beats.remove(interface),
        }
    }

    /// Nothing is polled any more.
    pub(super) fn forget_beats(&mut self) {
        self.beats.clear();
    }

    /// Takes one piece of news in. False if everything has to be listed anew.
    pub(super) fn update(&mut self, news: &News) -> bool {
        match news {
            News::Link(link) => {
                if is_usable(&link) {
                    self.seen.insert(link.index);
                }
                self.links.insert(link.index, link.clone());
            }
            News::LinkGone(link) => {
                self.links.remove(&link.index);
                self.seen.remove(&link.index);
                self.addresses.retain(|(index, _)| *index != link.index);
            }
            News::Address(address) => {
                self.addresses.insert((address.index, address.address));
            }
            News::AddressGone(address) => {
                self.addresses.remove(&(address.index, address.address));
            }
            News::RoutingGone(_) => {}
            News::Overrun => return false,
        }
        true
    }

    /// An address was added by us; the kernel's news of it may still be on their way.
    pub(super) fn note_address(&mut self, index: u32, address: IpAddr) {
        self.addresses.insert((index, address));
    }

    /// An address was removed by us.
    pub(super) fn forget_address(&mut self, index: u32, address: IpAddr) {
        self.addresses.remove(&(index, address));
    }

    pub(super) fn by_name(&self, name: &str) -> Option<&Link> {
        self.links.values().find(|link| link.name == name)
    }

    /// A link was deleted by us.
    pub(super) fn forget_link(&mut self, name: &str) {
        let index = self.by_name(name).map(|link| link.index);
        self.links.retain(|_, link| link.name != name);
        self.addresses.retain(|(on, _)| Some(*on) != index);
    }

    /// Whether a link was usable once.
    pub(super) fn was_seen(&self, index: u32) -> bool {
        self.seen.contains(&index)
    }

    /// All links, by index.
    pub(super) fn all(&self) -> impl Iterator<Item = &Link> {
        self.links.values()
    }

    /// The names of all links.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.links.values().map(|link| link.name.as_str())
    }

    pub(super) fn by_index(&self, index: u32) -> Option<&Link> {
        self.links.get(&index)
    }

    /// What is logged of an interface that has come up or gone down.
    pub(super) fn link_line(&self, news: &News) -> Option<String> {
        let News::Link(link) = news else {
            return None;
        };
        let usable = |link: &Link| link.up && link.running;
        let before = self.by_index(link.index)?;
        let word = if usable(link) { "up" } else { "down" };
        let changed = usable(before) != usable(link);
        changed.then(|| format!("Netlink reports {} {word}", link.name))
    }

    /// What `-a` logs of an address that came or went.
    pub(super) fn address_line(&self, news: &News) -> Option<String> {
        let (address, verb) = match news {
            News::Address(address) => (address, "added to"),
            News::AddressGone(address) => (address, "removed from"),
            News::Link(_) | News::LinkGone(_) | News::RoutingGone(_) | News::Overrun => {
                return None;
            }
        };
        let link = self.by_index(address.index);
        let name = link.map_or("an interface that is gone", |link| link.name.as_str());
        let address = address.address;
        Some(format!(
            "Netlink reflector reports IP {address} {verb} {name}"
        ))
    }

    pub(super) fn has_address(&self, index: Option<u32>, address: IpAddr) -> bool {
        match index {
            Some(index) => self.addresses.contains(&(index, address)),
            None => self.addresses.iter().any(|(_, found)| *found == address),
        }
    }

    /// The interfaces that have `address`.
    pub(super) fn having(&self, address: IpAddr) -> impl Iterator<Item = u32> {
        let all = self.addresses.iter();
        all.filter(move |(_, found)| *found == address)
            .map(|(index, _)| *index)
    }

    /// Gives routers another source for their adverts, where the configuration leaves it to an
    /// interface that does not have the one they had, or had none yet. Returns whose changed.
    pub(super) fn settle_sources(&self, plan: &mut Plan) -> Vec<(RouterIx, IpAddr)> {
        let virtual_ones = OnceCell::new();
        let hosts = &plan.routers;
        let is_virtual = |address: &IpAddr| {
            let all = || hosts.iter().flat_map(|host| &host.addresses);
            let all = || all().map(|held| held.address).collect::<BTreeSet<_>>();
            virtual_ones.get_or_init(all).contains(address)
        };
        let mut changes = Vec::new();
        // What does not change stays the engine's, too.
        for ((ix, router), host) in (0..).zip(&plan.vrrp.routers).zip(hosts) {
            let place = host.source_on.as_deref().or(host.interface.as_deref());
            let link = place.and_then(|name| self.by_name(name));
            let (Some(link), None) = (link, host.source) else {
                continue;
            };
            if self.has_address(Some(link.index), router.source) {
                continue;
            }
            let mut own = self.sources(link.index, router.source.is_ipv6());
            if let Some(address) = own.find(|address| !is_virtual(address)) {
                changes.push((RouterIx(ix), address));
            }
        }
        for (router, address) in &changes {
            plan.vrrp.routers.set_source(*router, *address);
        }
        changes
    }

    /// The addresses of interface `index` that adverts may come from: for IPv6 link-local ones.
    pub(super) fn sources(&self, index: u32, v6: bool) -> impl Iterator<Item = IpAddr> {
        let fits = move |address: &IpAddr| match address {
            IpAddr::V4(_) => !v6,
            IpAddr::V6(address) => v6 && address.is_unicast_link_local(),
        };
        let all = self.addresses.iter().filter(move |(on, _)| *on == index);
        all.map(|(_, address)| *address).filter(fits)
    }

    /// Whether adverts can be sent over `interface`.
    pub(super) fn usable(&self, interface: &str) -> Result<&Link, Unusable> {
        let link = self.by_name(interface).ok_or(Unusable::Missing)?;
        let running = self.beats.get(interface).copied().unwrap_or(link.running);
        match (link.up, running) {
            (false, _) => Err(Unusable::Down),
            (true, false) => Err(Unusable::NoCarrier),
            (true, true) => Ok(link),
        }
    }
}

fn is_usable(link: &&Link) -> bool {
    link.up && link.running
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(up: bool, running: bool) -> Link {
        Link {
            index: 3,
            name: "ens34".into(),
            mtu: 1500,
            up,
            running,
            multicast: true,
            ethernet: true,
            ..Link::default()
        }
    }

    #[test]
    fn usable_needs_existence_state_and_carrier() {
        let mut links = Links::default();
        assert_eq!(links.usable("ens34"), Err(Unusable::Missing));
        for (up, running, expected) in [
            (true, false, Some(Unusable::NoCarrier)),
            (false, false, Some(Unusable::Down)),
            (true, true, None),
        ] {
            assert!(links.update(&News::Link(link(up, running))));
            assert_eq!(links.usable("ens34").err(), expected);
        }
        // What is polled is believed.
        assert_eq!(links.beat("ens34", Some(false)), None);
        assert_eq!(links.usable("ens34").err(), Some(Unusable::NoCarrier));
        assert!(links.update(&News::Link(link(true, false))));
        assert_eq!(links.beat("ens34", Some(true)), Some(false));
        assert_eq!(links.usable("ens34").err(), None);
        assert!(links.update(&News::Link(link(false, false))));
        assert_eq!(links.usable("ens34").err(), Some(Unusable::Down));
        assert_eq!(links.beat("ens34", None), Some(true));
        assert!(links.update(&News::LinkGone(link(true, true))));
        assert_eq!(links.usable("ens34"), Err(Unusable::Missing));
        assert!(!links.update(&News::Overrun));
    }
}
