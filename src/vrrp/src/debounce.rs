//! Interfaces that go down or come up for a moment only (keepalived.conf(5)
//! `interface_up_down_delays`).
//!
//! Invariants: a change that is revoked within its delay never counted; an interface that was never
//! up has no delay, and neither has one that is gone.
//! Deliberately unknown here: tracked interfaces, whose objects have delays of their own.

use core::time::Duration;

use base::Instant;

use crate::config::{Config, RouterIx};
use crate::effect::Effect;
use crate::engine::{Engine, Life};
use crate::router::Stimulus;

/// What is known of a router's interface besides what counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkDelay {
    /// It was usable once.
    seen: bool,
    /// Mostly nothing.
    coming: Option<Box<Coming>>,
}

/// What will count, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Coming {
    /// Why the interface is unusable, if it is.
    trouble: Option<String>,
    due: Instant,
}

impl LinkDelay {
    pub(crate) fn due(&self) -> Option<Instant> {
        self.coming.as_ref().map(|coming| coming.due)
    }
}

/// How long a change of the router's interface must last.
fn delay(config: &Config, router: RouterIx, down: bool) -> Duration {
    let router = config.routers.get(router.0 as usize);
    let delays = router.and_then(|router| {
        let mut all = config.link_delays.iter();
        all.find(|it| it.interface == router.key.interface)
    });
    delays.map_or(Duration::ZERO, |it| if down { it.down } else { it.up })
}

impl Engine {
    /// The performer says that the interface is usable or why not.
    pub(crate) fn link(
        &mut self,
        now: Instant,
        router: RouterIx,
        trouble: Option<String>,
        at_once: bool,
        emit: &mut dyn FnMut(Effect),
    ) {
        let at = router.0 as usize;
        let (Some(state), Some(link)) = (self.routers.get(at), self.links.get_mut(at)) else {
            return;
        };
        let config = self.config.routers.get(at);
        if trouble.is_some() && !at_once && config.is_some_and(|config| config.ignores_link) {
            return;
        }
        let (was_down, is_down) = (state.standing.link.is_some(), trouble.is_some());
        link.seen |= !was_down;
        let delay = delay(&self.config, router, is_down);
        let counts = at_once
            || delay.is_zero()
            || !link.seen
            || was_down == is_down
            || self.life != Life::Running;
        if counts {
            link.coming = None;
            self.set_link_timer(at);
            return self.link_counts(now, router, trouble, emit);
        }
        // Said again, it does not wait longer.
        let due = match link.coming.take() {
            Some(coming) if coming.trouble.is_some() == is_down => coming.due,
            Some(_) | None => now + delay,
        };
        link.coming = Some(Box::new(Coming { trouble, due }));
        self.set_link_timer(at);
    }

    /// The delay of a change may be over.
    pub(crate) fn link_ripens(&mut self, now: Instant, at: usize, emit: &mut dyn FnMut(Effect)) {
        let ripe = |link: &mut LinkDelay| link.coming.take_if(|coming| coming.due <= now);
        let ripe = self.links.get_mut(at).and_then(ripe);
        self.set_link_timer(at);
        if let Some(coming) = ripe {
            self.link_counts(now, crate::engine::index(at), coming.trouble, emit);
        }
    }

    fn set_link_timer(&mut self, at: usize) {
        let due = self.links.get(at).and_then(LinkDelay::due);
        self.timers.set(self.first_link_slot() + at, due);
    }

    /// Timer slots of links follow those of tracked objects.
    pub(crate) fn first_link_slot(&self) -> usize {
        self.config.routers.len() + self.config.scripts.len() + self.config.objects.len()
    }

    /// After a reload: what was coming still is.
    pub(crate) fn carry_links(&mut self, kept: &[Option<RouterIx>]) {
        let mut carried = vec![LinkDelay::default(); self.config.routers.len()];
        for (old, new) in core::mem::take(&mut self.links).into_iter().zip(kept) {
            if let Some(slot) = new.and_then(|new| carried.get_mut(new.0 as usize)) {
                *slot = old;
            }
        }
        self.links = carried;
        for at in 0..self.links.len() {
            self.set_link_timer(at);
        }
    }

    fn link_counts(
        &mut self,
        now: Instant,
        router: RouterIx,
        trouble: Option<String>,
        emit: &mut dyn FnMut(Effect),
    ) {
        let Some(state) = self.routers.get_mut(router.0 as usize) else {
            return;
        };
        state.standing.link = trouble;
        let was = state.standing.priority;
        if self.life == Life::Running {
            self.step(now, router, Stimulus::Tracking { was }, emit);
        }
    }
}
