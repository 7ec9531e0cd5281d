//! The macvlans that addresses lie on: made before anything is sent, deleted at the end.
//!
//! Invariants: a link is recorded before it is made and until it is deleted, so that whoever comes
//! next finds it; a link that fits is kept as it is, over a reload and from process to process; a
//! link that is not a macvlan is never touched. What goes wrong with one link does not keep others
//! from being made.

use std::collections::{BTreeMap, BTreeSet};

use base::Family;
use plan::keepalived::{NewLink, RouterHost};
use sys::netlink::{Change, Link, NewKind};
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
    /// Switches of the host that were set, and what they were.
    switches: BTreeMap<String, String>,
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
                    error!(
                        "({owner}) interface {name} already exists and is not a private macvlan"
                    );
                }
                continue;
            }
            made.insert(spec.name.clone());
            if there.is_some_and(|there| fits(there, spec, parent.index)) {
                continue;
            }
            if there.is_some() {
                stale.push(spec.name.clone());
            }
            if !self.made.failed.contains(&spec.name) {
                missing.push((spec.clone(), parent.index));
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
        self.refilter(&[]);
    }

    /// Deletes links that the configuration no longer has, and puts switches back.
    pub(in crate::keepalived) fn drop_links(&mut self) {
        self.made.failed.clear();
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
        let specs = specs.filter(|spec| spec.family == Family::V4);
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
        let there = |name: &&String| self.links.by_name(name).is_some_and(is_macvlan);
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
        }
    }

    fn make(&mut self, missing: &[(NewLink, u32)]) {
        let changes: Vec<Change> = missing.iter().map(to_kernel).collect();
        let mut up = Vec::new();
        for ((spec, _), result) in missing.iter().zip(self.requests.apply(&changes)) {
            let (owner, name, parent) = (&spec.owner, &spec.name, &spec.parent);
            if let Err(error) = result {
                error!("({owner}): cannot create VMAC interface {name} on {parent}: {error}");
                self.made.failed.insert(name.clone());
                continue;
            }
            info!("({owner}): Success creating VMAC interface {name}");
            if let Err(error) = switches::of_link(spec) {
                error!("({owner}): cannot configure VMAC interface {name}: {error}");
            }
            up.push(Change::SetUp(name.clone()));
        }
        for (change, result) in up.iter().zip(self.requests.apply(&up)) {
            if let (Change::SetUp(name), Err(error)) = (change, result) {
                error!("cannot set VMAC interface {name} up: {error}");
            }
        }
        if let Err(error) = self.links.renew(&mut self.requests) {
            error!("cannot list interfaces: {error}");
        }
    }
}

/// It is as it would be made.
fn fits(there: &Link, spec: &NewLink, parent: u32) -> bool {
    there.mac == spec.mac && there.parent == Some(parent) && there.up
}

/// It may be kept, or deleted.
fn is_ours(there: &Link, spec: &NewLink, made: &BTreeSet<String>) -> bool {
    is_macvlan(there) && (there.mac == spec.mac || made.contains(&spec.name))
}

pub(super) fn is_macvlan(there: &Link) -> bool {
    there.kind.as_deref() == Some("macvlan")
}

fn to_kernel((spec, parent): &(NewLink, u32)) -> Change {
    Change::AddLink(sys::netlink::NewLink {
        name: spec.name.clone(),
        parent: *parent,
        kind: NewKind::Macvlan { mac: spec.mac },
        group: spec.group,
    })
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
