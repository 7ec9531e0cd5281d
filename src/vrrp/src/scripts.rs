//! The engine's side of tracking scripts: starting them, and passing their verdicts on to the
//! routers that track them.

use base::{Instant, Priority};

use crate::config::{RouterIx, ScriptIx};
use crate::effect::{Effect, Event};
use crate::engine::{Engine, index};
use crate::input::ScriptOutcome;
use crate::master::following;
use crate::router::Stimulus;
use crate::track::weigh;

impl Engine {
    /// Tells how the priority comes about, from the base `was`, tracker by tracker.
    pub(crate) fn tell_priority(&self, ix: usize, base: Priority, emit: &mut dyn FnMut(Effect)) {
        let config = &self.config.routers[ix];
        if config.track_scripts.is_empty() {
            return;
        }
        let mut so_far = config.clone();
        so_far.track_scripts.clear();
        let mut from = base;
        for tracked in &config.track_scripts {
            so_far.track_scripts.push(tracked.clone());
            let to = weigh(&so_far, &self.config.scripts, &self.scripts).priority;
            let script = tracked.script.0 as usize;
            if to != from {
                emit(Effect::Event(Event::PriorityChanged {
                    router: index(ix),
                    from,
                    to,
                    tracker: self.config.scripts[script].name.clone(),
                    good: self.scripts[script].verdict.good() == Some(true),
                }));
            }
            from = to;
        }
    }

    /// Begins (or goes on with) the schedule of a script.
    pub(crate) fn start_script(&mut self, now: Instant, ix: usize, emit: &mut dyn FnMut(Effect)) {
        let script = &mut self.scripts[ix];
        script.due = script.due.max(now);
        self.timers.set(self.routers.len() + ix, Some(script.due));
        if script.due == now {
            self.run_script(now, ix, emit);
        }
    }

    /// A script's time has come.
    pub(crate) fn run_script(&mut self, now: Instant, ix: usize, emit: &mut dyn FnMut(Effect)) {
        let config = &self.config.scripts[ix];
        let script = &mut self.scripts[ix];
        let ix32 = ScriptIx(index(ix).0);
        if script.running {
            emit(Effect::Event(Event::ScriptStillRunning { script: ix32 }));
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

    pub(crate) fn script_exit(
        &mut self,
        now: Instant,
        script: ScriptIx,
        outcome: &ScriptOutcome,
        emit: &mut dyn FnMut(Effect),
    ) {
        let at = script.0 as usize;
        let (Some(state), Some(config)) = (self.scripts.get_mut(at), self.config.scripts.get(at))
        else {
            return;
        };
        if !state.running {
            return;
        }
        state.running = false;
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
        for router in self.trackers[at].clone() {
            self.reweigh(now, router, at, good, emit);
        }
    }

    fn reweigh(
        &mut self,
        now: Instant,
        router: RouterIx,
        script: usize,
        good: bool,
        emit: &mut dyn FnMut(Effect),
    ) {
        let at = router.0 as usize;
        let weighed = weigh(
            &self.config.routers[at],
            &self.config.scripts,
            &self.scripts,
        );
        let standing = &mut self.routers[at].standing;
        let was = standing.weigh(weighed);
        if standing.priority != was {
            emit(Effect::Event(Event::PriorityChanged {
                router,
                from: was,
                to: standing.priority,
                tracker: self.config.scripts[script].name.clone(),
                good,
            }));
        }
        self.step(now, router, Stimulus::Tracking { was }, emit);
    }
}
