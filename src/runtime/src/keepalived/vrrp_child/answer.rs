//! Answers of the VRRP child to those who ask how it stands; and how it leaves to a successor.
//!
//! Invariants: asking changes nothing and waits for nobody; who leaves touches neither addresses
//! nor peers.

use std::io;
use std::os::fd::OwnedFd;

use sys::fdpass::Channel;
use tracing::info;
use vrrp::History;

use super::Child;
use crate::keepalived::announce::Waiting;
use crate::keepalived::command;
use crate::keepalived::past::{self, Past};
use crate::keepalived::status::{Seen, gather};

impl Child {
    /// Ends without a word to anybody: a successor goes on from the ledger.
    pub(super) fn give_over(&mut self) {
        info!("Leaving the virtual routers to another process");
        if self.begun {
            self.ledger.all(&self.engine);
            if let Err(error) = self.leave_past() {
                info!("What happened so far is forgotten: {error}");
            }
        }
        self.stopped = true;
    }

    fn leave_past(&self) -> io::Result<()> {
        let left = (&self.history, self.host.waiting_announcements());
        past::leave(&self.channel, &left, &[])
    }

    /// What a predecessor that died had still to announce of these masters it could not say.
    pub(super) fn announce_lost(&mut self, masters: &[bool]) {
        if self.lost.is_some() {
            self.host.announce_lost(masters);
        }
    }

    /// Answers whoever holds the other end of each descriptor.
    pub(super) fn answer(&self, callers: Vec<OwnedFd>) {
        for caller in callers.into_iter().map(Channel::from_fd) {
            if !self.begun && self.silent_until.is_none() {
                let why = "the VRRP process is about to take over from another one: ask again";
                command::refuse(&caller, why);
                continue;
            }
            let stands = gather(Seen {
                plan: &self.host.plan,
                engine: &self.engine,
                history: &self.history,
                now: sys::clock::now(),
                wall: sys::clock::wall(),
                adopted: self.adopted,
                lost: self.lost.as_deref(),
                silent_until: self.silent_until,
                holds: &|router, address| self.host.holds(router, address),
            });
            command::answer(&caller, &stands);
        }
    }
}

/// What a predecessor remembered, and what it had still to announce; nothing, if that cannot be
/// read.
pub(super) fn remembered(past: Option<Past>) -> (History, Vec<Waiting>) {
    let left = past.map(Past::open).and_then(Result::ok);
    left.map(|(left, _)| left).unwrap_or_default()
}
