//! A new configuration: read by a child, judged, handed out.
//!
//! Invariants: one reading at a time, a request meanwhile is queued; what was refused changes
//! nothing.

use std::io;
use std::os::fd::AsFd as _;

use sys::memfd::Sealed;
use tracing::{error, info};

use super::{Parent, READER};
use crate::keepalived::conduct::set_umask;
use crate::keepalived::config::Summary;
use crate::keepalived::control::{self, Heard, Order, Report};
use crate::keepalived::reader::Reader;

impl Parent<'_> {
    pub(super) fn reload(&mut self) -> io::Result<()> {
        if self.stopping {
            return Ok(());
        }
        if self.reader.is_some()
            || self.standing.is_some()
            || !self.hooks.is_empty()
            || self.upgrade.is_under_way()
        {
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
        if std::mem::take(&mut self.reload_queued) {
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
        self.bundle = bundle;
        self.summary = summary;
        sys::process::set_comm(&self.summary.titles.parent);
        set_umask(self.options, self.summary.umask);
        self.follow_appointment()?;
        self.hand_out()
    }

    /// Gives the new bundle to the children, starts those it needs, ends those it does not.
    pub(super) fn hand_out(&mut self) -> io::Result<()> {
        let wanted = self.wanted();
        self.reloading = true;
        self.ledger.generation = self.ledger.generation.wrapping_add(1);
        self.plan = None;
        self.watch = None;
        self.show_configuration();
        for (kind, kid) in &mut self.kids {
            if wanted.contains(kind) {
                kid.ready = false;
                let order = Order::Reload {
                    generation: self.ledger.generation,
                };
                control::send(&kid.channel, &order, &[self.bundle.as_fd()])?;
            } else {
                kid.retiring = true;
                let _ = sys::signal::send(kid.pid, nix::libc::SIGTERM);
            }
        }
        for kind in wanted {
            if !self.kids.contains_key(&kind) && !self.respawns.contains_key(&kind) {
                self.spawn(kind)?;
            }
        }
        self.announce_reload();
        Ok(())
    }

    pub(super) fn announce_reload(&mut self) {
        if self.reloading && self.kids.values().all(|kid| kid.ready) {
            self.reloading = false;
            info!("Reload complete");
        }
    }
}
