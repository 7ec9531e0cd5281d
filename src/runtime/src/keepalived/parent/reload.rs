//! A new configuration: read by a child, judged, handed out.
//!
//! Invariants: one reading at a time, a request meanwhile is queued; what was refused changes
//! nothing; until the VRRP process says that it runs the new configuration, the ledger is read by
//! the one before, and that one is run again if the process dies first.

use std::io;
use std::os::fd::AsFd as _;

use sys::memfd::Sealed;
use tracing::{error, info};

use super::{Kind, Parent, READER};
use crate::keepalived::conduct::set_umask;
use crate::keepalived::config::Summary;
use crate::keepalived::control::{self, Heard, Order, Report};
use crate::keepalived::reader::Reader;

/// A configuration that was replaced, but that the VRRP process may still run.
pub(super) struct Before {
    summary: Summary,
    bundle: Sealed,
}

impl Parent<'_> {
    fn is_occupied(&self) -> bool {
        self.reader.is_some()
            || self.standing.is_some()
            || !self.hooks.is_empty()
            || self.upgrade.is_under_way()
            // Who is told of two configurations at once would not say which one it runs.
            || self.kids.values().any(|kid| !kid.ready)
    }

    pub(super) fn reload(&mut self) -> io::Result<()> {
        if self.stopping {
            return Ok(());
        }
        if self.is_occupied() {
            info!("Reload already in progress, request queued");
            self.reload_queued = true;
            return Ok(());
        }
        info!("Reloading ...");
        self.mark_reading();
        let reader = Reader::start(self.options, Some(&self.bundle))?;
        self.poller.add(&reader.channel, READER)?;
        self.reader = Some(reader);
        Ok(())
    }

    pub(super) fn reload_again(&mut self) -> io::Result<()> {
        if !self.is_occupied() && std::mem::take(&mut self.reload_queued) {
            info!("Processing queued reload");
            self.reload()?;
        }
        Ok(())
    }

    pub(super) fn read_reader(&mut self) -> io::Result<()> {
        let Some(reader) = &self.reader else {
            return Ok(());
        };
        match control::receive::<Report>(&reader.channel)? {
            Heard::Nothing => return Ok(()),
            Heard::Closed => {
                self.poller.remove(&reader.channel)?;
                return Ok(());
            }
            // Who is to run it is not there: it is read again once they are.
            Heard::Message(Report::Read(_), _) if self.standing.is_some() => {
                self.reload_queued = true;
            }
            // Who is stopping has nobody left to hand it to.
            Heard::Message(Report::Read(summary), descriptors) if !self.stopping => {
                if let Some(fd) = descriptors.into_iter().next() {
                    self.run_instead(summary, Sealed::from_fd(fd)?)?;
                }
            }
            Heard::Message(Report::Refused(_) | Report::Unreadable { .. }, _) => {
                error!("The running configuration stays in force");
            }
            Heard::Message(..) => {}
        }
        self.reader = None;
        self.unmark();
        self.reload_again()
    }

    /// Makes another configuration the running one.
    pub(super) fn run_instead(&mut self, summary: Summary, bundle: Sealed) -> io::Result<()> {
        let before = self.replace(summary, bundle)?;
        let generation = self.ledger.generation.wrapping_add(1);
        self.show_configuration(generation);
        let vrrp = self.kids.get(&Kind::Vrrp);
        if vrrp.is_some_and(|kid| !kid.retiring) {
            self.before = Some(before);
        } else {
            self.settle(generation);
        }
        self.hand_out(generation)
    }

    /// Makes another configuration this process's own.
    fn replace(&mut self, summary: Summary, bundle: Sealed) -> io::Result<Before> {
        let before = Before {
            bundle: std::mem::replace(&mut self.bundle, bundle),
            summary: std::mem::replace(&mut self.summary, summary),
        };
        sys::process::set_comm(&self.summary.titles.parent);
        set_umask(self.options, self.summary.umask);
        self.follow_appointment()?;
        Ok(before)
    }

    /// From now on the ledger is about the configuration that was handed out last.
    fn settle(&mut self, generation: u32) {
        self.ledger.generation = generation;
        self.plan = None;
        self.routers = None;
        self.watch = None;
        self.post_sentinel();
    }

    /// What the ledger is about.
    pub(super) fn noted_bundle(&self) -> &Sealed {
        let before = self.before.as_ref();
        before.map_or(&self.bundle, |before| &before.bundle)
    }

    /// The VRRP process serves, and runs what it was given last.
    pub(super) fn settled(&mut self) {
        if self.before.take().is_some() {
            self.settle(self.ledger.generation.wrapping_add(1));
        }
        self.show_settled();
    }

    /// The VRRP process died: if it had not yet got to the new configuration, or perhaps because of
    /// it, the one before goes on.
    pub(super) fn take_back(&mut self) {
        let Some(before) = self.before.take() else {
            return;
        };
        let generation = self.ledger.generation;
        let next = generation.wrapping_add(1);
        if self.ledger.masters(next) > self.ledger.masters(generation) {
            return self.settle(next);
        }
        error!("The VRRP process did not get to the new configuration: the one before goes on");
        self.reloading = false;
        let replaced = self.replace(before.summary, before.bundle);
        self.show_configuration(generation);
        if let Err(error) = replaced.and_then(|_| self.tell(generation)) {
            error!("A process may still run the new configuration: {error}");
        }
    }

    /// Gives the bundle to the children, starts those it needs, ends those it does not.
    fn hand_out(&mut self, generation: u32) -> io::Result<()> {
        self.reloading = true;
        self.tell(generation)?;
        for kind in self.wanted() {
            if !self.kids.contains_key(&kind) && !self.respawns.contains_key(&kind) {
                self.spawn(kind)?;
            }
        }
        self.announce_reload();
        Ok(())
    }

    /// Gives the bundle to the children that there are, and ends those that it does not need. The VRRP
    /// process ends when it has told what a reload that removes the last of its routers tells.
    fn tell(&mut self, generation: u32) -> io::Result<()> {
        let wanted = self.wanted();
        for (kind, kid) in &mut self.kids {
            if (wanted.contains(kind) || *kind == Kind::Vrrp) && !kid.retiring {
                kid.ready = false;
                let order = Order::Reload { generation };
                control::send(&kid.channel, &order, &[self.bundle.as_fd()])?;
            } else {
                kid.retire();
            }
        }
        Ok(())
    }

    /// Ends a child that runs what it was given last if that has nothing for it to do.
    pub(super) fn retire_idle(&mut self, kind: Kind) {
        let wanted = self.wanted().contains(&kind);
        if let Some(kid) = self.kids.get_mut(&kind).filter(|_| !wanted) {
            kid.retire();
        }
    }

    pub(super) fn announce_reload(&mut self) {
        if self.reloading && self.kids.values().all(|kid| kid.ready) {
            self.reloading = false;
            info!("Reload complete");
        }
    }
}
