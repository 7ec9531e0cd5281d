//! The addresses that routers hold on this host.
//!
//! Invariants: an address is recorded before it is added and until it is removed; what the kernel
//! has already counts as added; of several removals the last added goes first, since removing a
//! primary address takes its secondaries along.

use core::net::IpAddr;
use std::io;
use std::sync::Arc;

use plan::keepalived::Address;
use sys::netlink::Change;
use tracing::{error, info, warn};
use vrrp::Input;
use vrrp::config::RouterIx;

use super::{Host, detail};
use crate::keepalived::addresses::Held;
use crate::keepalived::record::Left;

impl Host {
    /// Removes configured and recorded addresses that an earlier run left. Call it before the
    /// first packet is read. An address that is also a router's own source, or a static one, stays.
    ///
    /// `masters` says which routers another process kept as master: theirs stay.
    pub(in crate::keepalived) fn remove_leftovers(&mut self, recorded: &Left, masters: &[bool]) {
        self.promoted.clone_from(&recorded.promoted);
        self.remove_left_routing(&recorded.routing, masters);
        let kept = |ix: usize| masters.get(ix).copied().unwrap_or(false);
        let adopted: Vec<_> = self
            .plan
            .routers
            .iter()
            .enumerate()
            .filter(|(ix, _)| kept(*ix))
            .flat_map(|(_, host)| &host.addresses)
            .chain(&self.plan.statics.addresses)
            .map(|address| address.address)
            .collect();
        let own = self.own_sources(recorded);
        let stays = |address| own.contains(&address) || adopted.contains(&address);
        let configured = self
            .plan
            .routers
            .iter()
            .flat_map(|router| &router.addresses);
        let mut changes = Vec::new();
        for address in configured.filter(|address| !stays(address.address)) {
            if let Ok(held) = Held::of(address, &self.links)
                && held.is_there(&self.links)
            {
                changes.push(Change::Remove(held.kernel()));
            }
        }
        for entry in recorded
            .addresses
            .iter()
            .filter(|entry| !stays(entry.address))
        {
            if let Some(link) = self.links.by_name(&entry.interface)
                && self.links.has_address(Some(link.index), entry.address)
            {
                let address = sys::netlink::Address::new(entry.address, entry.prefix, link.index);
                let change = Change::Remove(address);
                if !changes.contains(&change) {
                    changes.push(change);
                }
            }
        }
        for (change, result) in changes.iter().zip(self.requests.apply(&changes)) {
            let Change::Remove(address) = change else {
                continue;
            };
            if result.is_ok() {
                info!("removed {}, left behind by an earlier run", address.address);
            }
        }
        if let Err(error) = self.record.remove(&recorded.addresses) {
            self.record_trouble(&error);
        }
    }

    /// The sources of adverts that are the host's own: not those that were taken for it because an
    /// earlier run left them on the interface, where that has another one.
    fn own_sources(&self, recorded: &Left) -> Vec<IpAddr> {
        let routers = self.plan.vrrp.routers.iter().zip(&self.plan.routers);
        let is_left = |name: &str, address: IpAddr| {
            let mut left = recorded.addresses.iter();
            left.any(|entry| *entry.interface == *name && entry.address == address)
        };
        let own = routers.filter(|(router, host)| {
            let (Some(name), None) = (&host.interface, host.source) else {
                return true;
            };
            let link = self.links.by_name(name).map(|link| link.index);
            let v6 = router.source.is_ipv6();
            let mut others = link.into_iter().flat_map(|at| self.links.sources(at, v6));
            !is_left(name, router.source) || !others.any(|other| !is_left(name, other))
        });
        own.map(|(router, _)| router.source).collect()
    }

    /// Holds the addresses of routers that are master already; missing ones are added.
    pub(in crate::keepalived) fn hold(&mut self, masters: &[bool]) -> Vec<Input> {
        let routers: Vec<RouterIx> = (0_u32..)
            .zip(masters)
            .filter(|(_, master)| **master)
            .map(|(ix, _)| RouterIx(ix))
            .collect();
        self.take_up(&routers)
    }

    /// Everything that routers have while they are masters.
    pub(super) fn take_up(&mut self, routers: &[RouterIx]) -> Vec<Input> {
        self.refilter(routers);
        let failures = self.add_addresses(routers);
        self.add_routing(routers);
        failures
    }

    /// The opposite, in the opposite order.
    pub(super) fn lay_down(&mut self, routers: &[RouterIx]) {
        self.remove_routing(routers);
        self.remove_addresses(routers);
        self.refilter(&[]);
    }

    /// By the new configuration: what it lacks goes, what is new comes.
    pub(super) fn update(&mut self, router: RouterIx, announce: u32) -> Option<Input> {
        self.drop_routing(router);
        self.refilter(&[router]);
        let failed = self.update_addresses(router, announce);
        self.refilter(&[]);
        self.add_routing(&[router]);
        failed
    }

    /// Held addresses that the kernel no longer has, though nobody here removed them.
    pub(in crate::keepalived) fn lost_addresses(&self) -> Vec<Input> {
        let mut inputs = Vec::new();
        for (ix, share) in (0_u32..).zip(&self.shares) {
            for held in share.held.iter().filter(|held| !held.spec.no_track) {
                if !held.is_there(&self.links) {
                    inputs.push(Input::AddressLost {
                        router: RouterIx(ix),
                        address: held.spec.address,
                    });
                }
            }
        }
        inputs
    }

    fn add_addresses(&mut self, routers: &[RouterIx]) -> Vec<Input> {
        let mut wanted = Vec::new();
        let mut failed: Vec<(RouterIx, String)> = Vec::new();
        for &router in routers {
            detail(&format!("({}) setting VIPs.", self.name(router)));
            let at = router.0 as usize;
            let Some(host) = self.plan.routers.get(at) else {
                continue;
            };
            for spec in &host.addresses {
                if self.shares[at].held.iter().any(|held| held.spec == *spec) {
                    continue;
                }
                match Held::of(spec, &self.links) {
                    Ok(held) => wanted.push((router, held)),
                    Err(reason) => failed.push((router, reason)),
                }
            }
        }
        failed.extend(self.apply_additions(wanted));
        for (router, reason) in &failed {
            error!("({}) {reason}", self.name(*router));
        }
        // One address that cannot be set does not take the others away from everybody.
        let without_any = |router: &RouterIx| self.shares[router.0 as usize].held.is_empty();
        failed.dedup_by_key(|(router, _)| *router);
        let failed = failed.into_iter().filter(|(router, _)| without_any(router));
        failed
            .map(|(router, reason)| Input::EffectFailed { router, reason })
            .collect()
    }

    pub(super) fn apply_additions(
        &mut self,
        wanted: Vec<(RouterIx, Held)>,
    ) -> Vec<(RouterIx, String)> {
        let entries: Vec<_> = wanted.iter().map(|(_, held)| held.entry()).collect();
        if let Err(error) = self.record.add(entries) {
            self.record_trouble(&error);
        }
        let changes: Vec<Change> = wanted
            .iter()
            .map(|(_, held)| Change::Add(held.kernel()))
            .collect();
        let results = self.requests.apply(&changes);
        let mut failed = Vec::new();
        for ((router, held), result) in wanted.into_iter().zip(results) {
            match result {
                // An address that is there already does what it should.
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => failed.push((
                    router,
                    format!(
                        "cannot add {} to {}: {e}",
                        held.spec.address, held.spec.interface
                    ),
                )),
                _ => {
                    self.links.note_address(held.index, held.spec.address);
                    let at = router.0 as usize;
                    let held_before = &mut self.shares[at].held;
                    if held_before.is_empty() {
                        held_before.reserve_exact(self.plan.routers[at].addresses.len());
                    }
                    held_before.push(held);
                }
            }
        }
        failed
    }

    fn remove_addresses(&mut self, routers: &[RouterIx]) {
        if self.stopping && self.keep_addresses {
            return;
        }
        let mut gone = Vec::new();
        for &router in routers {
            detail(&format!("({}) removing VIPs.", self.name(router)));
            if let Some(share) = self.shares.get_mut(router.0 as usize) {
                gone.extend(share.held.drain(..));
            }
        }
        self.apply_removals(&gone);
    }

    pub(super) fn apply_removals(&mut self, gone: &[Held]) {
        self.announcer.forget(gone);
        // The last added first: removing a primary address would take its secondaries along.
        let changes: Vec<Change> = gone
            .iter()
            .rev()
            .map(|held| Change::Remove(held.kernel()))
            .collect();
        for (held, result) in gone.iter().rev().zip(self.requests.apply(&changes)) {
            let missing = |e: &io::Error| {
                e.raw_os_error() == Some(nix::libc::EADDRNOTAVAIL)
                    || e.raw_os_error() == Some(nix::libc::ENODEV)
            };
            if let Err(error) = result
                && !missing(&error)
            {
                let spec = &held.spec;
                error!(
                    "cannot remove {} from {}: {error}",
                    spec.address, spec.interface
                );
            }
            self.links.forget_address(held.index, held.spec.address);
        }
        let entries: Vec<_> = gone.iter().map(Held::entry).collect();
        if let Err(error) = self.record.remove(&entries) {
            self.record_trouble(&error);
        }
    }

    /// Announces what is new, too.
    fn update_addresses(&mut self, router: RouterIx, announce: u32) -> Option<Input> {
        let at = router.0 as usize;
        let wanted: Vec<Arc<Address>> = self.plan.routers.get(at)?.addresses.to_vec();
        let share = self.shares.get_mut(at)?;
        let held = std::mem::take(&mut share.held);
        let (kept, gone): (Vec<_>, Vec<_>) = held
            .into_iter()
            .partition(|held| wanted.contains(&held.spec));
        let before: Vec<Arc<Address>> = kept.iter().map(|held| held.spec.clone()).collect();
        share.held = kept.into_iter().collect();
        for held in &gone {
            let spec = &held.spec;
            info!(
                "ip address {}/{} dev {}, no longer exist",
                spec.address, spec.prefix, spec.interface
            );
        }
        self.apply_removals(&gone);
        let failed = if wanted.iter().any(|spec| !before.contains(spec)) {
            self.add_addresses(&[router]).pop()
        } else {
            None
        };
        let share = &self.shares[at];
        let new = share
            .held
            .iter()
            .filter(|held| !before.contains(&held.spec));
        let name = &self.plan.vrrp.routers[at].name;
        self.announcer.announce(name, new, &self.links, announce);
        failed
    }

    pub(super) fn record_trouble(&mut self, error: &io::Error) {
        if !self.record_failed {
            warn!("cannot record which addresses were added: {error}");
        }
        self.record_failed = true;
    }
}
