//! What is announced of a router's addresses, and when what waits has its turn.

use base::Instant;
use vrrp::Input;
use vrrp::config::RouterIx;
use vrrp::input::ScriptOutcome;

use super::{Host, Purpose};
use crate::keepalived::announce::{Waiting, among};

impl Host {
    /// All that a router holds.
    pub(super) fn announce(&mut self, router: RouterIx, repeat: u32) {
        let at = router.0 as usize;
        if let (Some(share), Some(config)) = (self.shares.get(at), self.plan.vrrp.routers.get(at)) {
            self.announcer
                .announce(&config.name, share.held.iter(), &self.links, repeat);
        }
    }

    /// What a successor has still to announce.
    pub(in crate::keepalived) fn waiting_announcements(&self) -> Vec<Waiting> {
        self.announcer.waiting()
    }

    /// Goes on with what a predecessor had still to announce.
    pub(in crate::keepalived) fn announce_left(&mut self, left: &[Waiting]) {
        self.announcer.resume(left, &self.links);
    }

    /// Announces what is paced of these masters again: some of it may never have been.
    pub(in crate::keepalived) fn announce_lost(&mut self, masters: &[bool]) {
        let shares = self.shares.iter().zip(masters);
        let held = shares.filter(|(_, master)| **master);
        let held = held.flat_map(|(share, _)| &share.held);
        let all = held.map(|held| (held.index, held.spec.address, 1));
        let all: Vec<Waiting> = all.collect();
        self.announcer.resume(&all, &self.links);
    }

    /// One address of each interface that adverts do not leave by.
    pub(super) fn announce_extra(&mut self, router: RouterIx) {
        let at = router.0 as usize;
        if let (Some(share), Some(config), Some(host)) = (
            self.shares.get(at),
            self.plan.vrrp.routers.get(at),
            self.plan.routers.get(at),
        ) {
            let held = among(&share.held, &host.extra);
            self.announcer.announce(&config.name, held, &self.links, 1);
        }
    }

    /// When [`Host::expire`] has something to do.
    pub(in crate::keepalived) fn deadline(&self) -> Option<Instant> {
        let (scripts, watches) = (self.runner.deadline(), self.watches.deadline());
        let (mail, announcements) = (self.post.deadline(), self.announcer.deadline());
        let deadlines = [scripts, watches, mail, announcements, self.beats.deadline()];
        deadlines.into_iter().flatten().min()
    }

    /// Kills what overstays, looks again at what is tracked, announces what waited for its turn.
    ///
    /// Returns what has to be told to the engine.
    pub(in crate::keepalived) fn expire(&mut self, now: Instant) -> Vec<Input> {
        let overdue = self.runner.expire(now).into_iter();
        let inputs = overdue.filter_map(|purpose| match *purpose {
            Purpose::Track(script) => Some(Input::ScriptExit {
                script,
                outcome: ScriptOutcome::Overdue,
            }),
            Purpose::Notify => None,
        });
        let inputs = inputs.collect();
        self.watches.expire(now);
        if self.post.deadline().is_some_and(|at| at <= now) {
            self.post.act();
        }
        if self.announcer.deadline().is_some_and(|at| at <= now) {
            self.announcer.act(&self.links);
        }
        inputs
    }
}
