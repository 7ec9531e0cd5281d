//! Looking after the VRRP child, and standing in for it.
//!
//! Invariants: a child is late by the ledger alone, and judged only by a parent that was not held up
//! itself; one that would run if it got a processor is not killed; nobody stands in before the child is reaped.

use base::Instant;
use plan::keepalived::Plan;
use sys::doing::Doing;
use sys::process::Ended;
use tracing::{error, warn};

use super::suspicion::{Suspicion, Verdict};
use super::{Kind, Parent, STALL};
use crate::bundle::Bundle;
use crate::keepalived::config;
use crate::keepalived::host::withdrawing::withdraw_recorded;
use crate::keepalived::standing::{self, Standing};

impl Parent<'_> {
    /// Kills a VRRP child that has not advertised for longer than it should.
    pub(super) fn look_after(&mut self, now: Instant) {
        let Some(planned) = self.watch.filter(|at| *at <= now) else {
            return;
        };
        if now.since(planned) > STALL {
            // We were held up ourselves, so perhaps was the child: let it catch up.
            self.watch = Some(now + STALL * 2);
            return;
        }
        let overdue = self.routers.and_then(|count| self.ledger.overdue(count));
        self.watch = overdue.filter(|at| *at > now);
        let (Some(_), None, Some(kid)) = (overdue, self.watch, self.kids.get(&Kind::Vrrp)) else {
            self.suspicion = None;
            return;
        };
        let pid = kid.pid;
        // Who cannot be looked at has ended, and that is told soon.
        let judged = Doing::of(pid).map(|doing| {
            let suspicion = self
                .suspicion
                .get_or_insert_with(|| Suspicion::new(now, &doing));
            // A large configuration is much work.
            suspicion.judge(now, &doing, self.before.is_some())
        });
        if let Ok(Verdict::Waits(again)) = judged {
            self.watch = Some(again);
            return;
        }
        self.suspicion = None;
        error!("VRRP child process({pid}) does not advertise any more: killing it");
        self.hung = Some(pid);
        let _ = sys::signal::send(pid, nix::libc::SIGKILL);
    }

    /// Remembers how the VRRP child `pid` ended, for those who ask why things are as they are.
    pub(super) fn note_death(&mut self, pid: i32, ended: Ended) {
        self.lost = Some(match ended {
            _ if self.hung.take() == Some(pid) => "hung and was killed".to_owned(),
            Ended::Exited(status) => format!("exited with status {status}"),
            Ended::Signaled(number) => {
                let what = sys::signal::describe(number);
                format!("was ended by signal {number} ({what})")
            }
        });
    }

    /// Looks up anew when the VRRP child would be overdue.
    pub(super) fn rearm(&mut self) {
        // Who leaves is silent on purpose.
        if self.stopping {
            return;
        }
        self.suspicion = None;
        self.rest.disturb(sys::clock::now());
        if self.routers.is_none() {
            self.remember_plan();
        }
        self.watch = self.routers.and_then(|count| self.ledger.overdue(count));
    }

    /// Plans what the ledger's records are about, unless that is there.
    fn remember_plan(&mut self) {
        if self.plan.is_none() {
            self.plan = self.replan();
        }
        if let Some(plan) = &self.plan {
            self.ports.serve(&plan.vrrp);
            self.routers = Some(plan.vrrp.routers.len());
        }
    }

    /// When nothing has happened for a while, what is needed only to stand in is given up: it can be
    /// planned again in a fraction of the time that others wait for an advert.
    pub(super) fn come_to_rest(&mut self, now: Instant) {
        if !self.rest.begins(now) {
            return;
        }
        if self.standing.is_none() {
            self.plan = None;
            self.ports.rest();
        }
        sys::memory::give_back();
    }

    pub(super) fn replan(&self) -> Option<Plan> {
        let bundle = Bundle::open(self.noted_bundle()).ok()?;
        Some(config::settled(bundle))
    }

    /// The VRRP child is dead and reaped: somebody has to go on for it.
    pub(super) fn stand_in(&mut self) {
        self.watch = None;
        if self.standing.is_some() {
            return;
        }
        self.remember_plan();
        let Some(plan) = &mut self.plan else {
            return;
        };
        standing::settle_sources(plan);
        self.ports.serve(&plan.vrrp);
        self.standing = Standing::begin(plan, &self.ledger, &mut self.ports);
        if self.standing.is_some() {
            self.hear_ports();
        }
    }

    /// Notices adverts of others as they come.
    pub(super) fn hear_ports(&self) {
        for receiver in self.ports.receivers() {
            if let Err(error) = self.poller.add(receiver, standing::TOKEN) {
                warn!("adverts of others are not noticed at once: {error}");
            }
        }
    }

    /// The next VRRP child is about to go on.
    pub(super) fn stand_down(&mut self) {
        if let (Some(mut standing), Some(plan)) = (self.standing.take(), &self.plan) {
            standing.act(plan, &mut self.ports);
            standing.leave(plan, &self.ledger);
            self.ignore_ports();
        }
    }

    /// Priority 0 for what this process stands in for; addresses, routes and rules of those masters go.
    /// What does not hang on who is master stays, as on a backup: the next VRRP process goes on with
    /// it, and where none comes [`Self::withdraw_all`] removes it.
    pub(super) fn last_will(&mut self) {
        if let (Some(standing), Some(plan)) = (self.standing.take(), &self.plan) {
            standing.last_will(plan, &mut self.ports);
            self.ignore_ports();
        }
    }

    /// The end, and no VRRP process that could clean up after itself.
    pub(super) fn withdraw_all(&self) {
        if self.wanted().contains(&Kind::Vrrp) && !self.options.keep_addresses {
            withdraw_recorded(&self.paths.addresses);
        }
    }

    /// Takes out the table that a checker process has put in, where none is there to do it.
    pub(super) fn withdraw_marks(&self) {
        if !self.kids.contains_key(&Kind::Checkers) && !self.options.keep_ipvs {
            withdraw_recorded(&self.paths.marks());
        }
    }

    pub(super) fn ignore_ports(&self) {
        for receiver in self.ports.receivers() {
            // A socket that came after the stand-in began was never watched.
            let _ = self.poller.remove(receiver);
        }
    }
}
