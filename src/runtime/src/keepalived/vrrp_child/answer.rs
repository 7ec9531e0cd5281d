//! Answers of the VRRP child to those who ask how it stands.
//!
//! Invariant: asking changes nothing and waits for nobody.

use std::os::fd::OwnedFd;

use sys::fdpass::Channel;

use super::Child;
use crate::keepalived::command;
use crate::keepalived::status::{Seen, gather};

impl Child {
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
                silent_until: self.silent_until,
                holds: &|router, address| self.host.holds(router, address),
            });
            command::answer(&caller, &stands);
        }
    }
}
