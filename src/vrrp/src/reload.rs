//! A new configuration under running routers.
//!
//! Routers are matched by [`RouterKey`](crate::config::RouterKey), scripts and other
//! tracked objects by name and identity.
//! Invariants: a matched router keeps state, timers, statistics and whom it heard; a matched
//! script keeps its verdict and its schedule; masters advertise first, so that no backup loses
//! patience while we are busy.

use std::collections::BTreeMap;

use base::Instant;

use crate::config::{Config, GroupIx, ObjectIx, RouterIx, RouterKey, ScriptIx};
use crate::effect::{Cause, Effect};
use crate::engine::{Engine, Trackers, index, slots};
use crate::router::{Phase, Stimulus, Turn, VirtualRouter};
use crate::timer::Timers;
use crate::track::{Object, Script};

impl Engine {
    pub(crate) fn reconfigure(
        &mut self,
        now: Instant,
        config: Config,
        emit: &mut dyn FnMut(Effect),
    ) {
        let kept = match_routers(&self.config, &config);
        let kept_scripts = match_scripts(&self.config, &config);
        let kept_objects = match_objects(&self.config, &config);
        self.advertise_and_drop(now, &kept, emit);
        emit(Effect::Reconfigured {
            routers: kept.clone(),
            scripts: kept_scripts.clone(),
        });

        let old = core::mem::replace(&mut self.config, config);
        self.carry_sources(&old, &kept);
        self.trackers = Trackers::of(&self.config);
        self.timers = Timers::new(slots(&self.config));
        self.carry_scripts(now, &kept_scripts);
        self.carry_objects(&kept_objects);
        self.carry_links(&kept);
        let previous = self.carry_routers(now, &kept);
        self.regroup(&old);
        for (ix, previous) in previous.into_iter().enumerate() {
            match previous {
                Some(previous) => self.update_router(now, ix, previous, &old, emit),
                None => self.start_router(now, ix, emit),
            }
        }
        for ix in (0..self.config.groups.len()).map(index) {
            self.gather(now, GroupIx(ix.0), emit);
            self.tell_group(GroupIx(ix.0), emit);
        }
        for ix in 0..self.tracked.scripts.len() {
            self.start_script(now, ix, emit);
        }
    }

    /// By the old configuration: kept masters advertise, dropped routers stop.
    fn advertise_and_drop(
        &mut self,
        now: Instant,
        kept: &[Option<RouterIx>],
        emit: &mut dyn FnMut(Effect),
    ) {
        for (ix, _) in kept.iter().enumerate().filter(|(_, kept)| kept.is_some()) {
            let state = &mut self.routers[ix];
            if matches!(state.phase, Phase::Master(_)) {
                let mut turn = Turn {
                    router: index(ix),
                    config: &self.config.routers[ix],
                    now,
                    wall: self.wall.at(now),
                    emit,
                };
                turn.advertise(state.standing.priority, &mut state.standing);
            }
        }
        for (ix, _) in kept.iter().enumerate().filter(|(_, kept)| kept.is_none()) {
            self.release(now, ix, emit);
            self.step_alone(now, index(ix), Stimulus::End(Cause::Dropped), emit);
        }
    }

    /// A source that was found out later is not forgotten.
    fn carry_sources(&mut self, old: &Config, kept: &[Option<RouterIx>]) {
        for (old, new) in old.routers.iter().zip(kept) {
            if let Some(new) = new {
                self.config.routers.find_source(*new, old.source);
            }
        }
    }

    fn carry_scripts(&mut self, now: Instant, kept: &[Option<ScriptIx>]) {
        let configs = &self.config.scripts;
        let mut carried: Vec<_> = configs.iter().map(|_| Script::new(now)).collect();
        for (old, new) in core::mem::take(&mut self.tracked.scripts)
            .into_iter()
            .zip(kept)
        {
            if let Some(new) = new.map(|new| new.0 as usize) {
                // A shorter interval counts from now, not from the next run by the old one.
                let due = old.due.min(now + configs[new].interval);
                carried[new] = Script { due, ..old };
            }
        }
        self.tracked.scripts = carried;
    }

    fn carry_objects(&mut self, kept: &[Option<ObjectIx>]) {
        let mut carried = vec![Object::default(); self.config.objects.len()];
        let old = core::mem::take(&mut self.tracked.objects);
        for (old, new) in old.into_iter().zip(kept) {
            if let Some(slot) = new.and_then(|new| carried.get_mut(new.0 as usize)) {
                *slot = old;
            }
        }
        let first = self.config.routers.len() + self.config.scripts.len();
        for (at, object) in carried.iter().enumerate() {
            self.timers.set(first + at, object.due());
        }
        self.tracked.objects = carried;
    }

    /// Returns, for each router of the new configuration, which one of the old it is.
    fn carry_routers(&mut self, now: Instant, kept: &[Option<RouterIx>]) -> Vec<Option<RouterIx>> {
        let fresh = |config| {
            let weighed = self.tracked.weigh(config, &self.config);
            VirtualRouter::new(weighed, now)
        };
        let mut carried: Vec<_> = self.config.routers.iter().map(fresh).collect();
        let mut previous = vec![None; carried.len()];
        let old = core::mem::take(&mut self.routers);
        for (ix, (router, kept)) in old.into_iter().zip(kept).enumerate() {
            if let Some(new) = kept {
                carried[new.0 as usize] = router;
                previous[new.0 as usize] = Some(index(ix));
            }
        }
        self.routers = carried;
        previous
    }

    /// By the new configuration: timers, priority and addresses of a kept router.
    fn update_router(
        &mut self,
        now: Instant,
        ix: usize,
        previous: RouterIx,
        old: &Config,
        emit: &mut dyn FnMut(Effect),
    ) {
        let new = &self.config.routers[ix];
        let Some(old) = old.routers.get(previous.0 as usize) else {
            return;
        };
        let state = &mut self.routers[ix];
        if !new.priority.is_owner() {
            state.standing.demoted = false;
        }
        let was = state.standing.weigh(self.tracked.weigh(new, &self.config));
        let is = state.standing.priority;
        match &mut state.phase {
            Phase::Backup(backup) => backup.reconfigure(old, new, was, is),
            Phase::Master(master) => {
                let more = new.addresses.iter().any(|a| !old.addresses.contains(a));
                // Backups are told at once by what they have to reckon with from now on, above all
                // a longer interval.
                let changed = was != is || old != new;
                master.reconfigure(new, now, changed, more);
                emit(Effect::UpdateAddresses {
                    router: index(ix),
                    previous,
                    announce: new.garp.repeat,
                });
            }
            Phase::Init | Phase::Fault { .. } => {}
        }
        if was != is {
            let base = new.priority;
            self.tell_priority(ix, base, emit);
        }
        // The running timer is right already: the priority before is the priority now.
        self.step(now, index(ix), Stimulus::Tracking { was: is }, emit);
    }
}

/// For each router of `old`, which one of `new` it is.
fn match_routers(old: &Config, new: &Config) -> Vec<Option<RouterIx>> {
    let mut by_key: BTreeMap<&RouterKey, RouterIx> = BTreeMap::new();
    for (ix, router) in new.routers.iter().enumerate().rev() {
        by_key.insert(&router.key, index(ix));
    }
    // Each at most once: a key that occurs twice matches its first router.
    old.routers
        .iter()
        .map(|router| by_key.remove(&router.key))
        .collect()
}

/// For each script of `old`, which one of `new` it is.
fn match_scripts(old: &Config, new: &Config) -> Vec<Option<ScriptIx>> {
    let mut by_name = BTreeMap::new();
    for (ix, script) in new.scripts.iter().enumerate().rev() {
        by_name.insert((&script.name, &script.identity), ScriptIx(index(ix).0));
    }
    old.scripts
        .iter()
        .map(|script| by_name.remove(&(&script.name, &script.identity)))
        .collect()
}

/// For each object of `old`, which one of `new` it is.
fn match_objects(old: &Config, new: &Config) -> Vec<Option<ObjectIx>> {
    let mut by_name = BTreeMap::new();
    for (ix, object) in new.objects.iter().enumerate().rev() {
        by_name.insert(
            (object.kind, &object.name, &object.identity),
            ObjectIx(index(ix).0),
        );
    }
    old.objects
        .iter()
        .map(|object| by_name.remove(&(object.kind, &object.name, &object.identity)))
        .collect()
}
