//! The routes and rules that routers have on this host while they are masters.
//!
//! Invariants: as for addresses: recorded before it is added and until it is removed, and removed
//! only if this daemon added it. Routes may need addresses, rules may need routes: they come in
//! that order and go in the other one. One that cannot be added is reported and does not keep its
//! router from being master, as in the original.

use std::collections::BTreeSet;
use std::io;

use plan::keepalived::Routing;
use sys::netlink::{Change, Requests};
use tracing::{error, info};
use vrrp::Input;
use vrrp::config::RouterIx;

use super::{Host, detail};
use crate::keepalived::routing::HeldRouting;

impl Host {
    pub(super) fn add_routing(&mut self, routers: &[RouterIx]) {
        let mut wanted = Vec::new();
        for &router in routers {
            let at = router.0 as usize;
            let (Some(host), Some(share)) = (self.plan.routers.get(at), self.shares.get(at)) else {
                continue;
            };
            let held: BTreeSet<&Routing> = share.routing.iter().map(|held| &held.spec).collect();
            let missing = host.routing.iter().filter(|spec| !held.contains(spec));
            let missing: Vec<Routing> = missing.cloned().collect();
            self.tell_routing(router, "setting", &missing);
            for spec in missing {
                match HeldRouting::of(&spec, &self.links) {
                    Ok(held) => wanted.push((router, held)),
                    Err(reason) => {
                        error!("({}) cannot add {spec}: {reason}", self.name(router));
                    }
                }
            }
        }
        self.apply_routing(wanted);
    }

    fn apply_routing(&mut self, wanted: Vec<(RouterIx, HeldRouting)>) {
        if wanted.is_empty() {
            return;
        }
        let specs = wanted.iter().map(|(_, held)| held.spec.clone());
        if let Err(error) = self.record.add_routing(specs) {
            self.record_trouble(&error);
        }
        let changes: Vec<Change> = wanted.iter().map(|(_, held)| held.addition()).collect();
        let mut unused = Vec::new();
        for ((router, held), result) in wanted.into_iter().zip(self.requests.apply(&changes)) {
            match result {
                // One that is there already does what it should.
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
                    error!("({}) cannot add {}: {e}", self.name(router), held.spec);
                    unused.push(held.spec);
                }
                _ => self.shares[router.0 as usize].routing.push(held),
            }
        }
        if !unused.is_empty()
            && let Err(error) = self.record.remove_routing(&unused)
        {
            self.record_trouble(&error);
        }
    }

    pub(super) fn remove_routing(&mut self, routers: &[RouterIx]) {
        if self.stopping && self.keep_addresses {
            return;
        }
        let mut gone = Vec::new();
        for &router in routers {
            let share = self.shares.get_mut(router.0 as usize);
            let held = share.map(|share| std::mem::take(&mut share.routing));
            let held = held.unwrap_or_default();
            let specs: Vec<Routing> = held.iter().map(|held| held.spec.clone()).collect();
            self.tell_routing(router, "removing", &specs);
            gone.extend(held);
        }
        self.withdraw_routing(&gone);
    }

    /// Removes what the new configuration lacks.
    pub(super) fn drop_routing(&mut self, router: RouterIx) {
        let at = router.0 as usize;
        let (Some(host), Some(share)) = (self.plan.routers.get(at), self.shares.get_mut(at)) else {
            return;
        };
        let wanted: BTreeSet<&Routing> = host.routing.iter().collect();
        let held = std::mem::take(&mut share.routing).into_iter();
        let (kept, gone): (Vec<_>, Vec<_>) = held.partition(|held| wanted.contains(&held.spec));
        share.routing = kept;
        for held in &gone {
            info!("({}) {}, no longer exist", self.name(router), held.spec);
        }
        self.withdraw_routing(&gone);
    }

    fn withdraw_routing(&mut self, gone: &[HeldRouting]) {
        if gone.is_empty() {
            return;
        }
        withdraw(&mut self.requests, gone);
        let specs: Vec<Routing> = gone.iter().map(|held| held.spec.clone()).collect();
        if let Err(error) = self.record.remove_routing(&specs) {
            self.record_trouble(&error);
        }
    }

    /// Removes configured and recorded routes and rules that an earlier run left, except static ones
    /// and those of `masters`, which another process kept as master.
    pub(super) fn remove_left_routing(&mut self, recorded: &BTreeSet<Routing>, masters: &[bool]) {
        let kept = |ix: usize| masters.get(ix).copied().unwrap_or(false);
        let hosts = || self.plan.routers.iter().enumerate();
        let of = |stay: bool| {
            let hosts = hosts().filter(move |(ix, _)| kept(*ix) == stay);
            hosts.flat_map(|(_, host)| &host.routing)
        };
        let adopted: BTreeSet<&Routing> = of(true).chain(&self.plan.statics.routing).collect();
        let others: BTreeSet<&Routing> = of(false).filter(|it| !adopted.contains(it)).collect();
        if recorded.is_empty() && others.is_empty() {
            return;
        }
        let present = self.requests.routing().unwrap_or_default();
        let kernel = |spec: &&Routing| HeldRouting::of(spec, &self.links).ok();
        let mut left: Vec<HeldRouting> = others
            .iter()
            .filter_map(kernel)
            .filter(|held| present.contains(&held.key()))
            .collect();
        let found: BTreeSet<&Routing> = left.iter().map(|held| &held.spec).collect();
        let more: Vec<HeldRouting> = recorded
            .iter()
            .filter(|spec| !adopted.contains(spec) && !found.contains(spec))
            .filter_map(|spec| kernel(&spec))
            .collect();
        left.extend(more);
        for spec in withdraw(&mut self.requests, &left) {
            info!("removed {spec}, left behind by an earlier run");
        }
        if let Err(error) = self.record.remove_routing(recorded) {
            self.record_trouble(&error);
        }
    }

    /// Whether it matters when somebody removes a route or a rule.
    pub(in crate::keepalived) fn tracks_routing(&self) -> bool {
        let routing = self.plan.routers.iter().flat_map(|host| &host.routing);
        routing.into_iter().any(Routing::is_tracked) || self.tracks_static_routing()
    }

    /// Held routes and rules that the kernel no longer has, though nobody here removed them.
    /// Static ones are added again.
    pub(in crate::keepalived) fn lost_routing(&mut self) -> Vec<Input> {
        let tracked = |held: &&HeldRouting| held.spec.is_tracked();
        let mut held = self.shares.iter().flat_map(|share| &share.routing);
        if !held.any(|held| tracked(&held)) && self.plan.statics.routing.is_empty() {
            return Vec::new();
        }
        let present = match self.requests.routing() {
            Ok(present) => present,
            Err(error) => {
                error!("routes and rules cannot be listed: {error}");
                return Vec::new();
            }
        };
        let mut inputs = Vec::new();
        for (ix, share) in (0_u32..).zip(&self.shares) {
            let mut held = share.routing.iter().filter(tracked);
            if let Some(lost) = held.find(|held| !present.contains(&held.key())) {
                inputs.push(Input::RoutingLost {
                    router: RouterIx(ix),
                    what: lost.spec.to_string(),
                });
            }
        }
        self.restore_static_routing(&present);
        inputs
    }

    fn tell_routing(&self, router: RouterIx, doing: &str, routing: &[Routing]) {
        let is_route = |it: &Routing| matches!(it, Routing::Route(_));
        let name = self.name(router);
        for (what, any) in [
            ("Routes", routing.iter().any(is_route)),
            ("Rules", routing.iter().any(|it| !is_route(it))),
        ] {
            if any {
                detail(&format!("({name}) {doing} Virtual {what}"));
            }
        }
    }
}

/// Removes `gone`, the last first; says what was there.
pub(in crate::keepalived) fn withdraw(
    requests: &mut Requests,
    gone: &[HeldRouting],
) -> Vec<Routing> {
    let changes: Vec<Change> = gone.iter().rev().map(HeldRouting::removal).collect();
    let results = requests.apply(&changes);
    let mut removed = Vec::new();
    for (held, result) in gone.iter().rev().zip(results) {
        match result {
            Ok(()) => removed.push(held.spec.clone()),
            Err(error) if is_missing(&error) => {}
            Err(error) => error!("cannot remove {}: {error}", held.spec),
        }
    }
    removed
}

/// The kernel says that there is no such route, rule, or interface.
fn is_missing(error: &io::Error) -> bool {
    use nix::libc::{EADDRNOTAVAIL, ENODEV, ENOENT, ESRCH};
    let missing = [ESRCH, ENOENT, ENODEV, EADDRNOTAVAIL];
    error
        .raw_os_error()
        .is_some_and(|code| missing.contains(&code))
}
