//! A world with everything that was seen of it: acting, letting time pass, and what came of it.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use base::Instant;
use lab::observed::{Event, Observation, Observed};
use lab::script::State;
use lab::world::{Trouble, World as _};
use serde::Serialize;

use super::machine::Machine;
use super::world::Virtual;

/// Longer than anything waits for that is not in the configuration; not a multiple of any interval,
/// so that what is done next comes just after an advert: the longest time until its loss is noticed.
const MARGIN: Duration = Duration::from_millis(2010);
/// Two masters for less than this are two packets on their way.
const WORTH_TELLING: u64 = 1000;
/// Times that it may take until nothing changes any more.
const PATIENCE: u32 = 12;

/// The world and its onlooker.
pub(super) struct Stage<'a> {
    machines: &'a [Machine],
    pub(super) world: Virtual<'a>,
    seen: Observed,
    quiet: Duration,
}

/// What followed from something that was done.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Outcome {
    /// Everything seen, with the time since it was done.
    pub(super) observations: Vec<Observation>,
    /// Microseconds that clients waited for each address that did not answer; none while it still
    /// does not.
    pub(super) waits: BTreeMap<String, Option<u64>>,
    /// Microseconds during which an instance had more than one master.
    pub(super) two_masters: BTreeMap<String, u64>,
    /// Who is master in the end.
    pub(super) masters: BTreeMap<String, BTreeSet<String>>,
    /// It went on changing until nobody looked any more.
    pub(super) restless: bool,
}

impl<'a> Stage<'a> {
    /// Everything started and come to rest.
    pub(super) fn new(machines: &'a [Machine], seed: u64) -> Result<(Self, Outcome), Trouble> {
        let mut stage = Self {
            machines,
            world: Virtual::new(machines, &[], seed),
            seen: Observed::default(),
            quiet: quiet(machines),
        };
        let start = stage.after(|world| world.start_all())?;
        Ok((stage, start))
    }

    /// Does something and lets time pass until nothing changes any more.
    pub(super) fn after(
        &mut self,
        act: impl FnOnce(&mut Virtual<'a>) -> Result<(), Trouble>,
    ) -> Result<Outcome, Trouble> {
        let began = self.world.now();
        let known = self.seen.transitions.len();
        let mut all = Vec::new();
        act(&mut self.world)?;
        let mut rest = began + self.quiet;
        let end = began + self.quiet.saturating_mul(PATIENCE);
        while self.world.now() < rest.min(end) {
            for seen in self.world.advance(rest.min(end), &mut self.seen)? {
                if matches!(seen.event, Event::State { .. } | Event::Address { .. }) {
                    rest = seen.at + self.quiet;
                }
                all.push(seen);
            }
        }
        let mut outcome = Outcome {
            waits: waits(&all),
            two_masters: self.two_masters(known, began),
            masters: self.masters(),
            restless: rest > end,
            observations: all,
        };
        for seen in &mut outcome.observations {
            let since = seen.at.since(began);
            seen.at = Instant::ZERO + since;
        }
        Ok(outcome)
    }

    /// The last state of every instance, by instance: who is master.
    fn masters(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut masters: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for machine in self.machines {
            for router in &machine.plan.vrrp.routers {
                let entry = masters
                    .entry(self.title(machine, &router.name))
                    .or_default();
                let state = self.seen.state(&machine.name, Some(&router.name));
                if state.is_some_and(|last| last.to == State::Master) {
                    entry.insert(machine.name.clone());
                }
            }
        }
        masters
    }

    /// Instances of one virtual router may have different names: the first node's stands for all.
    fn title(&self, machine: &Machine, instance: &str) -> String {
        let routers = &machine.plan.vrrp.routers;
        let key = routers.iter().find(|it| it.name == instance);
        let Some(key) = key.map(|it| (it.key.vrid, it.key.family)) else {
            return instance.to_owned();
        };
        let all = self.machines.iter().flat_map(|it| &it.plan.vrrp.routers);
        let mut same = all.filter(|it| (it.key.vrid, it.key.family) == key);
        same.next().map_or(instance, |it| &it.name).to_owned()
    }

    /// For how long there were two masters, from `began` on; transitions before the `known`th came
    /// earlier.
    fn two_masters(&self, known: usize, began: Instant) -> BTreeMap<String, u64> {
        let mut masters: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        let mut since: BTreeMap<String, Instant> = BTreeMap::new();
        let mut total: BTreeMap<String, u64> = BTreeMap::new();
        let mut add = |title: &str, from: Instant, to: Instant| {
            let micros = u64::try_from(to.since(from).as_micros()).unwrap_or(u64::MAX);
            *total.entry(title.to_owned()).or_default() += micros;
        };
        for (index, change) in self.seen.transitions.iter().enumerate() {
            let machine = self.machines.iter().find(|it| it.name == change.node);
            let Some(machine) = machine else {
                continue;
            };
            let title = self.title(machine, &change.instance);
            let now = masters.entry(title.clone()).or_default();
            let before = now.len();
            match change.to {
                State::Master => now.insert(&change.node),
                State::Backup | State::Fault | State::Stopped => now.remove(change.node.as_str()),
            };
            let at = if index < known { began } else { change.at };
            match (before > 1, now.len() > 1) {
                (false, true) => {
                    since.insert(title, at);
                }
                (true, false) => {
                    if let Some(from) = since.remove(&title).filter(|_| index >= known) {
                        add(&title, from.max(began), at);
                    }
                }
                (true, true) | (false, false) => {}
            }
        }
        for (title, from) in &since {
            add(title, (*from).max(began), self.world.now());
        }
        total.retain(|_, micros| *micros >= WORTH_TELLING);
        total
    }
}

/// From the first lost probe to the first answered one, the longest of each target.
fn waits(observations: &[Observation]) -> BTreeMap<String, Option<u64>> {
    let mut waits: BTreeMap<String, Option<u64>> = BTreeMap::new();
    let mut open = BTreeSet::new();
    for seen in observations {
        match &seen.event {
            Event::OutageBegan { target, .. } => {
                open.insert(target.clone());
            }
            Event::OutageEnded {
                target, lasted_us, ..
            } => {
                open.remove(target);
                let longest = waits.entry(target.clone()).or_default();
                *longest = (*longest).max(Some(*lasted_us));
            }
            _ => {}
        }
    }
    waits.extend(open.into_iter().map(|target| (target, None)));
    waits
}

/// When nothing has changed for so long, nothing will.
fn quiet(machines: &[Machine]) -> Duration {
    let configs = machines.iter().map(|it| &it.plan.vrrp);
    let routers = configs.clone().flat_map(|it| &it.routers).map(|router| {
        let silence = router.advert_interval * (u32::from(router.down_timer_adverts) + 2);
        silence + router.preempt_delay
    });
    let scripts = configs.flat_map(|it| &it.scripts).map(|script| {
        let runs = script.rise.max(script.fall).saturating_add(1);
        script.interval.saturating_mul(runs) + script.timeout
    });
    // An hour of virtual time is enough for whoever configures longer.
    let longest = routers.max().unwrap_or_default() + scripts.max().unwrap_or_default();
    longest.min(Duration::from_secs(3600)) + MARGIN
}
