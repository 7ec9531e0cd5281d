//! Addresses, routes and rules that are there as long as the daemon runs, whoever is master.
//!
//! Invariants: recorded like those of routers; what is deleted by somebody else, or goes with its
//! interface, comes back as soon as it can, unless `no_track` says otherwise; a reload touches only
//! what it changes. A trouble is told once, not at every try.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use plan::keepalived::{Address, Routing, Statics};
use sys::netlink::{Change, RoutingKey};
use tracing::{error, info};

use super::Host;
use super::routing::withdraw;
use crate::keepalived::addresses::Held;
use crate::keepalived::routing::HeldRouting;

/// One item, and what the kernel has of it.
#[derive(Clone, Debug)]
struct Kept<S, H> {
    spec: S,
    held: Option<H>,
    /// Why it could not be added, as it was told.
    trouble: Option<String>,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Kepts {
    addresses: Vec<Kept<Arc<Address>, Held>>,
    routing: Vec<Kept<Routing, HeldRouting>>,
}

impl<S: Clone + Ord, H> Kept<S, H> {
    /// The items of a new configuration, with what is held of them already; and what is held but
    /// no longer wanted, the last first.
    fn renew(old: &mut Vec<Self>, wanted: &[S]) -> Vec<H> {
        let before = std::mem::take(old).into_iter().enumerate();
        let mut before: BTreeMap<S, (usize, Self)> = before
            .map(|(at, kept)| (kept.spec.clone(), (at, kept)))
            .collect();
        for spec in wanted {
            let kept = before.remove(spec).map(|(_, kept)| kept);
            old.push(kept.unwrap_or_else(|| Self {
                spec: spec.clone(),
                held: None,
                trouble: None,
            }));
        }
        let mut gone: Vec<(usize, Self)> = before.into_values().collect();
        gone.sort_by_key(|(at, _)| *at);
        let gone = gone.into_iter().rev();
        gone.filter_map(|(_, kept)| kept.held).collect()
    }

    fn failed(&mut self, what: &str, reason: String) {
        self.held = None;
        if self.trouble.as_ref() != Some(&reason) {
            error!("cannot add static {what}: {reason}");
        }
        self.trouble = Some(reason);
    }
}

impl Host {
    /// Has what the configuration asks for, and no more.
    pub(in crate::keepalived) fn set_statics(&mut self) {
        self.set_sysctls();
        let Statics { addresses, routing } = self.plan.statics.clone();
        let gone = Kept::renew(&mut self.statics.routing, &routing);
        if !gone.is_empty() {
            self.drop_static_routing(&gone);
        }
        let gone = Kept::renew(&mut self.statics.addresses, &addresses);
        if !gone.is_empty() {
            self.apply_removals(&gone);
        }
        self.add_static_addresses(|kept, _| kept.held.is_none());
        self.add_static_routing(|kept| kept.held.is_none());
    }

    /// The end: everything goes, unless addresses are to stay.
    pub(in crate::keepalived) fn clear_statics(&mut self) {
        if !self.keep_addresses {
            self.plan.statics = Statics::default();
            self.set_statics();
        }
        if !self.keep_addresses {
            self.remove_links();
        }
        self.reset_sysctls();
    }

    /// Adds again what was deleted or has gone with its interface.
    pub(in crate::keepalived) fn restore_static_addresses(&mut self) {
        self.set_sysctls();
        self.add_static_addresses(|kept, links| match &kept.held {
            None => true,
            Some(held) => !kept.spec.no_track && !held.is_there(links),
        });
    }

    /// Likewise; the kernel has `present`.
    pub(super) fn restore_static_routing(&mut self, present: &BTreeSet<RoutingKey>) {
        self.add_static_routing(|kept| match &kept.held {
            None => true,
            Some(held) => kept.spec.is_tracked() && !present.contains(&held.key()),
        });
    }

    /// Whether it matters when somebody removes a static route or rule.
    pub(super) fn tracks_static_routing(&self) -> bool {
        self.plan.statics.routing.iter().any(Routing::is_tracked)
    }

    fn add_static_addresses(
        &mut self,
        wanted: impl Fn(&Kept<Arc<Address>, Held>, &super::Links) -> bool,
    ) {
        let mut kepts = std::mem::take(&mut self.statics.addresses);
        let mut batch = Vec::new();
        for kept in kepts.iter_mut().filter(|kept| wanted(kept, &self.links)) {
            match Held::of(&kept.spec, &self.links) {
                Ok(held) => batch.push((kept, held)),
                Err(_) => {
                    let missing = format!("interface {} does not exist", kept.spec.interface);
                    kept.failed(&kept.spec.to_string(), missing);
                }
            }
        }
        if !batch.is_empty() {
            let entries: Vec<_> = batch.iter().map(|(_, held)| held.entry()).collect();
            if let Err(error) = self.record.add(entries) {
                self.record_trouble(&error);
            }
            let changes = batch.iter().map(|(_, held)| Change::Add(held.kernel()));
            let changes: Vec<Change> = changes.collect();
            for ((kept, held), result) in batch.into_iter().zip(self.requests.apply(&changes)) {
                if let Some(error) = refused(&result) {
                    kept.failed(&kept.spec.to_string(), error);
                    continue;
                }
                if kept.held.is_some() {
                    info!("Restoring deleted static address {}", kept.spec);
                }
                self.links.note_address(held.index, held.spec.address);
                kept.trouble = None;
                kept.held = Some(held);
            }
        }
        self.statics.addresses = kepts;
    }

    fn add_static_routing(&mut self, wanted: impl Fn(&Kept<Routing, HeldRouting>) -> bool) {
        let mut kepts = std::mem::take(&mut self.statics.routing);
        let mut batch = Vec::new();
        for kept in kepts.iter_mut().filter(|kept| wanted(kept)) {
            match HeldRouting::of(&kept.spec, &self.links) {
                Ok(held) => batch.push((kept, held)),
                Err(missing) => kept.failed(&kept.spec.to_string(), missing),
            }
        }
        if !batch.is_empty() {
            let specs: Vec<_> = batch.iter().map(|(kept, _)| kept.spec.clone()).collect();
            if let Err(error) = self.record.add_routing(specs) {
                self.record_trouble(&error);
            }
            let changes: Vec<Change> = batch.iter().map(|(_, held)| held.addition()).collect();
            for ((kept, held), result) in batch.into_iter().zip(self.requests.apply(&changes)) {
                if let Some(error) = refused(&result) {
                    kept.failed(&kept.spec.to_string(), error);
                    continue;
                }
                if kept.held.is_some() {
                    info!("Restoring deleted static {}", kept.spec);
                }
                kept.trouble = None;
                kept.held = Some(held);
            }
        }
        self.statics.routing = kepts;
    }

    fn drop_static_routing(&mut self, gone: &[HeldRouting]) {
        withdraw(&mut self.requests, gone);
        let specs: Vec<Routing> = gone.iter().map(|held| held.spec.clone()).collect();
        if let Err(error) = self.record.remove_routing(&specs) {
            self.record_trouble(&error);
        }
    }
}

/// Why it was not added. What is there already does what it should.
fn refused(result: &io::Result<()>) -> Option<String> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Some(error.to_string()),
        _ => None,
    }
}
