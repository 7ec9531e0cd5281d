//! The engine's side of tracking: starting scripts, taking what objects say, and passing verdicts
//! on to the routers that track them.

use base::{Instant, Priority};

use crate::config::{ObjectIx, RouterIx, ScriptIx};
use crate::effect::{Effect, Event};
use crate::engine::{Engine, Life, index};
use crate::input::{Input, ScriptOutcome};
use crate::master::following;
use crate::router::Stimulus;

impl Engine {
    /// Tells how the priority comes about, from the base `was`, tracker by tracker.
    pub(crate) fn tell_priority(&self, ix: usize, base: Priority, emit: &mut dyn FnMut(Effect)) {
        let config = &self.config.routers[ix];
        if config.track_scripts.is_empty() && config.tracks.is_empty() {
            return;
        }
        let mut so_far = config.clone();
        so_far.track_scripts.clear();
        so_far.tracks.clear();
        let mut from = base;
        let mut tell = |so_far: &_, tracker: Option<String>, good: bool| {
            let to = self.tracked.weigh(so_far, &self.config).priority;
            if let (true, Some(tracker)) = (to != from, tracker) {
                emit(Effect::Event(Event::PriorityChanged {
                    router: index(ix),
                    from,
                    to,
                    tracker,
                    good,
                }));
            }
            from = to;
        };
        for tracked in &config.track_scripts {
            so_far.track_scripts.push(tracked.clone());
            let at = tracked.script.0 as usize;
            let name = self.config.scripts.get(at).map(|it| it.name.clone());
            let good = self
                .tracked
                .scripts
                .get(at)
                .and_then(|it| it.verdict.good());
            tell(&so_far, name, good == Some(true));
        }
        for tracked in &config.tracks {
            so_far.tracks.push(tracked.clone());
            let at = tracked.object.0 as usize;
            let name = self.config.objects.get(at).map(|it| it.name.clone());
            let good = self.tracked.objects.get(at).and_then(|it| it.good());
            tell(&so_far, name, good == Some(true));
        }
    }

    /// Begins (or goes on with) the schedule of a script.
    pub(crate) fn start_script(&mut self, now: Instant, ix: usize, emit: &mut dyn FnMut(Effect)) {
        let script = &mut self.tracked.scripts[ix];
        script.due = script.due.max(now);
        self.timers.set(self.routers.len() + ix, Some(script.due));
        if script.due == now {
            self.run_script(now, ix, emit);
        }
    }

    /// A script's time has come.
    pub(crate) fn run_script(&mut self, now: Instant, ix: usize, emit: &mut dyn FnMut(Effect)) {
        let config = &self.config.scripts[ix];
        let script = &mut self.tracked.scripts[ix];
        let ix32 = ScriptIx(index(ix).0);
        if script.running {
            let overdue = script.overdue;
            let script = ix32;
            emit(Effect::Event(Event::ScriptStillRunning { script, overdue }));
        } else {
            script.running = true;
            emit(Effect::RunScript {
                script: ix32,
                timeout: config.timeout,
            });
        }
        script.due = following(script.due, config.interval, now);
        self.timers.set(self.routers.len() + ix, Some(script.due));
    }

    /// Deviation: the original judges a run that takes too long when it has ended, which a script on a
    /// file server that is gone never does.
    pub(crate) fn script_exit(
        &mut self,
        now: Instant,
        script: ScriptIx,
        outcome: &ScriptOutcome,
        emit: &mut dyn FnMut(Effect),
    ) {
        let Some(state) = self.tracked.scripts.get_mut(script.0 as usize) else {
            return;
        };
        let goes_on = *outcome == ScriptOutcome::Overdue;
        let running = state.running && goes_on;
        let judged = core::mem::replace(&mut state.overdue, running);
        if core::mem::replace(&mut state.running, running) && !judged {
            self.judge_script(now, script, outcome, emit);
        }
    }

    fn judge_script(
        &mut self,
        now: Instant,
        script: ScriptIx,
        outcome: &ScriptOutcome,
        emit: &mut dyn FnMut(Effect),
    ) {
        let at = script.0 as usize;
        let (Some(state), Some(config)) = (
            self.tracked.scripts.get_mut(at),
            self.config.scripts.get(at),
        ) else {
            return;
        };
        let first = state.verdict.good().is_none();
        if !state.judge(config, outcome.success()) {
            return;
        }
        let good = state.verdict.good() == Some(true);
        emit(Effect::Event(Event::ScriptVerdict {
            script,
            good,
            how: outcome.describe(),
            first,
        }));
        let name = config.name.clone();
        for router in self.trackers.of_scripts[at].clone() {
            self.reweigh(now, router, &name, good, emit);
        }
    }

    /// Somebody has read a tracked object.
    pub(crate) fn read(&mut self, now: Instant, read: &Input, emit: &mut dyn FnMut(Effect)) {
        let Input::Read {
            object,
            reading,
            wait,
        } = *read
        else {
            return;
        };
        let at = object.0 as usize;
        let (Some(state), Some(config)) = (
            self.tracked.objects.get_mut(at),
            self.config.objects.get(at),
        ) else {
            return;
        };
        let first = state.good().is_none();
        let changed = state.read(config, (reading, wait), now);
        let slot = self.routers.len() + self.tracked.scripts.len() + at;
        self.timers.set(slot, self.tracked.objects[at].due());
        if changed {
            self.object_changed(now, at, first, emit);
        }
    }

    /// The delay of a reading may be over.
    pub(crate) fn ripen(&mut self, now: Instant, at: usize, emit: &mut dyn FnMut(Effect)) {
        let changed = self.tracked.objects[at].ripen(now);
        let slot = self.routers.len() + self.tracked.scripts.len() + at;
        self.timers.set(slot, self.tracked.objects[at].due());
        if changed {
            self.object_changed(now, at, false, emit);
        }
    }

    fn object_changed(
        &mut self,
        now: Instant,
        at: usize,
        first: bool,
        emit: &mut dyn FnMut(Effect),
    ) {
        let object = self.tracked.objects[at];
        let good = object.good() == Some(true);
        if self.life == Life::Running && !(first && good) {
            emit(Effect::Event(Event::ObjectVerdict {
                object: ObjectIx(index(at).0),
                good,
                number: object.number(),
            }));
        }
        let name = self.config.objects[at].name.clone();
        for router in self.trackers.of_objects[at].clone() {
            self.reweigh(now, router, &name, good, emit);
        }
    }

    fn reweigh(
        &mut self,
        now: Instant,
        router: RouterIx,
        tracker: &str,
        good: bool,
        emit: &mut dyn FnMut(Effect),
    ) {
        let at = router.0 as usize;
        let weighed = self.tracked.weigh(&self.config.routers[at], &self.config);
        let standing = &mut self.routers[at].standing;
        let was = standing.weigh(weighed);
        // Before the start priorities are not told one by one (see `tell_priority`).
        if self.life != Life::Running {
            return;
        }
        if standing.priority != was {
            emit(Effect::Event(Event::PriorityChanged {
                router,
                from: was,
                to: standing.priority,
                tracker: tracker.to_owned(),
                good,
            }));
        }
        self.step(now, router, Stimulus::Tracking { was }, emit);
    }
}
