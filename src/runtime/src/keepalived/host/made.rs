//! The macvlans that addresses lie on, the ipvlans that adverts leave by: made before anything is
//! sent, deleted at the end.
//!
//! Invariants: a link is recorded before it is made and until it is deleted, so that whoever comes
//! next finds it; a link that fits is kept as it is, over a reload and from process to process; a
//! link that is neither is never touched. What goes wrong with one link does not keep others
//! from being made.

use std::collections::{BTreeMap, BTreeSet};

use base::Family;
use grammar::ast::vrrp::IpvlanMode;
use plan::keepalived::{LinkKind, NewLink, RouterHost};
use sys::netlink::{Address, Change, Link, NewKind};
use tracing::{error, info};

use super::{Host, switches};
use crate::keepalived::links::Links;
use crate::keepalived::record::Left;

/// What is made here.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// By name.
    links: BTreeSet<String>,
    /// Could not be made; it is not tried again before the next reload.
    failed: BTreeSet<String>,
    /// As they were made; those of an earlier process are missing.
    kinds: BTreeMap<String, LinkKind>,
    /// Ipvlans that did not get their address; nobody is told twice.
    unaddressed: BTreeSet<String>,
    /// Switches of the host that were set, and what they were.
    switches: BTreeMap<String, String>,
}

impl Made {
    /// What the switch at `path` was before it was set.
    pub(super) fn switch(&self, path: &str) -> Option<u32> {
        self.switches.get(path)?.parse().ok()
    }
}

impl Host {
    /// Takes over what an earlier process recorded, and makes what is missing.
    pub(in crate::keepalived) fn adopt_links(&mut self, recorded: &Left) {
        self.record.inherit(recorded);
        self.made.links.clone_from(&recorded.links);
        self.made.switches.clone_from(&recorded.switches);
        self.adopt_filter(recorded.filter.as_ref());
        self.set_beats();
        self.drop_links();
        self.make_links();
    }

    /// Makes links that are missing, as far as the interfaces below them are there.
    pub(in crate::keepalived) fn make_links(&mut self) {
        let mut missing = Vec::new();
        let mut stale = Vec::new();
        let mut made = self.made.links.clone();
        for spec in &self.plan.links {
            let Some(parent) = self.links.by_name(&spec.parent) else {
                continue;
            };
            let there = self.links.by_name(&spec.name);
            if there.is_some_and(|there| !is_ours(there, spec, &self.made.links)) {
                if self.made.failed.insert(spec.name.clone()) {
                    let (owner, name) = (&spec.owner, &spec.name);
                    let wanted = match spec.kind {
                        LinkKind::Macvlan { .. } => "a private macvlan",
                        LinkKind::Ipvlan { .. } => "an l2 ipvlan",
                    };
                    error!("({owner}) interface {name} already exists and is not {wanted}");
                }
                continue;
            }
            made.insert(spec.name.clone());
            let before = self.made.kinds.get(&spec.name);
            if there.is_some_and(|there| fits(there, spec, parent))
                && before.is_none_or(|before| *before == spec.kind)
            {
                continue;
            }
            if there.is_some() {
                stale.push(spec.name.clone());
            }
            if !self.made.failed.contains(&spec.name) {
                stale.extend(self.in_the_way(spec, parent));
                missing.push((spec.clone(), self.above(spec, parent)));
            }
        }
        self.made.links = made;
        // What there is to delete is on disk before it is there.
        self.note();
        self.set_switches();
        if !missing.is_empty() {
            self.delete(&stale);
            self.make(&missing);
        }
        self.address_ipvlans();
        self.refilter(&[]);
    }

    /// The link that `spec` had under another name: an interface carries one of a MAC address only.
    fn in_the_way(&self, spec: &NewLink, parent: &Link) -> Option<String> {
        let LinkKind::Macvlan { mac } = spec.kind else {
            return None;
        };
        let is_same = |there: &&Link| there.mac == mac && there.parent == Some(parent.index);
        let planned = |name: &str| self.plan.links.iter().any(|spec| spec.name == name);
        let made = self.made.links.iter().filter(|name| !planned(name));
        let mut made = made.filter_map(|name| self.links.by_name(name));
        made.find(is_same).map(|there| there.name.clone())
    }

    /// The link that is made for `spec`.
    fn above(&self, spec: &NewLink, parent: &Link) -> sys::netlink::NewLink {
        let vrf = parent.master.and_then(|master| self.links.by_index(master));
        let vrf = vrf.filter(|vrf| vrf.kind.as_deref() == Some("vrf"));
        sys::netlink::NewLink {
            name: spec.name.clone(),
            parent: parent.index,
            kind: to_kernel(&spec.kind),
            // As the interface below, so that rules by group go on to match.
            group: spec.group.or((parent.group != 0).then_some(parent.group)),
            // What arrives on it belongs where the interface below belongs.
            master: vrf.map(|vrf| vrf.index),
        }
    }

    /// Gives ipvlans the address that adverts come from. It goes with the ipvlan.
    fn address_ipvlans(&mut self) {
        let mut missing = Vec::new();
        for spec in &self.plan.links {
            let LinkKind::Ipvlan {
                address: Some(own), ..
            } = spec.kind
            else {
                continue;
            };
            let there = self.links.by_name(&spec.name);
            let there = there.filter(|there| there.up && self.made.links.contains(&there.name));
            if let Some(there) = there
                && !self.links.has_address(Some(there.index), own.address)
            {
                let mut address = Address::new(own.address, own.len, there.index);
                if own.address.is_ipv6() {
                    // It is sent from at once.
                    address.flags = nix::libc::IFA_F_NODAD;
                    // As the original: what else this node sends has another source.
                    address.preferred = Some(0);
                }
                missing.push((spec.clone(), address));
            }
        }
        if missing.is_empty() {
            return;
        }
        let changes: Vec<Change> = missing
            .iter()
            .map(|(_, address)| Change::Add(address.clone()))
            .collect();
        for ((spec, address), result) in missing.iter().zip(self.requests.apply(&changes)) {
            match result {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                    let (owner, name, own) = (&spec.owner, &spec.name, address.address);
                    if self.made.unaddressed.insert(name.clone()) {
                        error!("{owner}: Failed to add interface address {own} to {name}: {error}");
                    }
                }
                _ => self.links.note_address(address.index, address.address),
            }
        }
    }

    /// Deletes links that the configuration no longer has, and puts switches back.
    pub(in crate::keepalived) fn drop_links(&mut self) {
        self.made.failed.clear();
        self.made.unaddressed.clear();
        let planned: BTreeSet<&String> = self.plan.links.iter().map(|spec| &spec.name).collect();
        let gone = self.made.links.iter();
        let gone = gone.filter(|name| !planned.contains(name));
        let gone: Vec<String> = gone.cloned().collect();
        self.delete(&gone);
        self.made.links.retain(|name| !gone.contains(name));
        self.set_switches();
        self.note();
    }

    /// The end: nothing of it is left.
    pub(super) fn remove_links(&mut self) {
        self.plan.links.clear();
        self.plan.process.disable_local_igmp = false;
        self.drop_links();
        self.refilter(&[]);
    }

    fn note(&mut self) {
        let (links, switches) = (&self.made.links, &self.made.switches);
        if let Err(error) = self.record.links(links, switches) {
            self.record_trouble(&error);
        }
    }

    /// Sets what the host has to behave by while there are macvlans; puts the rest back.
    fn set_switches(&mut self) {
        let specs = self.plan.links.iter();
        let specs = specs.filter(|spec| {
            spec.family == Family::V4 && matches!(spec.kind, LinkKind::Macvlan { .. })
        });
        let parents: BTreeSet<&str> = specs.map(|spec| spec.parent.as_str()).collect();
        let quiet = self.plan.process.disable_local_igmp;
        if parents.is_empty() && self.made.switches.is_empty() && !quiet {
            return;
        }
        let others = self.links.names();
        let others = others.filter(|name| !self.made.links.contains(*name));
        let saved = &self.made.switches;
        let mut wanted = switches::wanted(&parents, others, saved);
        if quiet {
            wanted.insert(switches::IGMP.to_owned(), "0".to_owned());
        }
        let additions = switches::additions(&wanted, saved);
        let old = additions.iter().map(|it| (it.path.clone(), it.old.clone()));
        self.made.switches.extend(old);
        self.note();
        switches::set(&additions);
        switches::put_back(&wanted, &mut self.made.switches);
    }

    fn delete(&mut self, names: &[String]) {
        let there = |name: &&String| self.links.by_name(name).is_some_and(may_be_ours);
        let changes = names.iter().filter(there);
        let changes: Vec<Change> = changes
            .map(|name| Change::RemoveLink(name.clone()))
            .collect();
        for (change, result) in changes.iter().zip(self.requests.apply(&changes)) {
            let Change::RemoveLink(name) = change else {
                continue;
            };
            match result {
                Ok(()) => info!("Success removing VMAC interface {name}"),
                Err(error) if error.raw_os_error() == Some(nix::libc::ENODEV) => {}
                Err(error) => error!("cannot remove VMAC interface {name}: {error}"),
            }
            self.links.forget_link(name);
            self.made.kinds.remove(name);
        }
    }

    fn make(&mut self, missing: &[(NewLink, sys::netlink::NewLink)]) {
        let changes = missing
            .iter()
            .map(|(_, link)| Change::AddLink(link.clone()));
        let changes: Vec<Change> = changes.collect();
        let mut up = Vec::new();
        for ((spec, _), result) in missing.iter().zip(self.requests.apply(&changes)) {
            let (owner, name) = (&spec.owner, &spec.name);
            let what = title(&spec.kind);
            if let Err(error) = result {
                let why = why_not(spec, &error);
                error!("({owner}): Unable to create {what} interface {name}: {why}");
                self.made.failed.insert(name.clone());
                continue;
            }
            info!("({owner}): Success creating {what} interface {name}");
            self.made.kinds.insert(name.clone(), spec.kind.clone());
            if let Err(error) = switches::of_link(spec) {
                error!("({owner}): cannot configure {what} interface {name}: {error}");
            }
            up.push(Change::SetUp(name.clone()));
        }
        for (change, result) in up.iter().zip(self.requests.apply(&up)) {
            if let (Change::SetUp(name), Err(error)) = (change, result) {
                error!("cannot set interface {name} up: {error}");
            }
        }
        if let Err(error) = self.links.renew(&mut self.requests) {
            error!("cannot list interfaces: {error}");
        }
    }
}

/// It is as it would be made.
fn fits(there: &Link, spec: &NewLink, parent: &Link) -> bool {
    let mac = match spec.kind {
        LinkKind::Macvlan { mac } => mac,
        LinkKind::Ipvlan { .. } => there.mac,
    };
    // The kernel does not put one of a kind on another: both are on the card.
    let own = parent.kind.as_deref() != Some(word(&spec.kind));
    let on = if own {
        Some(parent.index)
    } else {
        parent.parent
    };
    is_of_kind(there, spec) && there.mac == mac && there.parent == on && there.up
}

/// It may be kept, or deleted.
fn is_ours(there: &Link, spec: &NewLink, made: &BTreeSet<String>) -> bool {
    let fits = match spec.kind {
        LinkKind::Macvlan { mac } => is_of_kind(there, spec) && there.mac == mac,
        LinkKind::Ipvlan { .. } => is_of_kind(there, spec),
    };
    fits || (may_be_ours(there) && made.contains(&spec.name))
}

fn is_of_kind(there: &Link, spec: &NewLink) -> bool {
    there.kind.as_deref() == Some(word(&spec.kind))
}

/// It is of a kind that is made here.
pub(super) fn may_be_ours(there: &Link) -> bool {
    let kind = there.kind.as_deref();
    kind.is_some_and(|kind| ["macvlan", "ipvlan"].contains(&kind))
}

fn to_kernel(kind: &LinkKind) -> NewKind {
    match *kind {
        LinkKind::Macvlan { mac } => NewKind::Macvlan { mac },
        LinkKind::Ipvlan { mode, .. } => NewKind::Ipvlan {
            private: mode == IpvlanMode::Private,
            vepa: mode == IpvlanMode::Vepa,
        },
    }
}

/// The kernel's word.
fn word(kind: &LinkKind) -> &'static str {
    to_kernel(kind).word()
}

/// The original's word.
const fn title(kind: &LinkKind) -> &'static str {
    match kind {
        LinkKind::Macvlan { .. } => "VMAC",
        LinkKind::Ipvlan { .. } => "ipvlan",
    }
}

/// Why the link could not be made, and what to do.
fn why_not(spec: &NewLink, error: &std::io::Error) -> String {
    let word = word(&spec.kind);
    match error.raw_os_error() {
        Some(nix::libc::EOPNOTSUPP) => format!(
            "this kernel has no {word}; load its module (modprobe {word}) and reload, or use a \
             kernel that has it"
        ),
        Some(nix::libc::EBUSY) => format!(
            "{} carries links of another kind already: macvlans and ipvlans do not share an \
             interface",
            spec.parent
        ),
        _ => format!("on {}: {error}", spec.parent),
    }
}

/// Why the link of the router itself keeps it from working.
pub(super) fn missing(host: &RouterHost, links: &Links) -> Option<String> {
    let link = host.link.as_ref()?;
    match links.by_name(link) {
        None => Some(format!("interface {link} does not exist")),
        Some(there) if !there.up => Some(format!("interface {link} is down")),
        Some(_) => None,
    }
}
