//! The sentinel, where the configuration asks for one: started, told, dismissed.
//!
//! Invariants: it is dismissed before this process ends in order or becomes another program, so it
//! acts only when this process is killed; a daemon without it does its work, too.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use base::{Duration, Instant};
use sys::fdpass::Channel;
use sys::process::Ended;
use tracing::{error, info, warn};

use super::callers::Callers;
use super::start::log_to;
use super::{Kind, Parent};
use crate::keepalived::appointment::Appointment;
use crate::keepalived::control;
use crate::keepalived::ports::PortKey;
use crate::keepalived::sentinel::{self, Order, Post};

/// One that ends sooner is not started again before the next reload.
const USEFUL: Duration = Duration::from_secs(10);

/// The parent's end of it.
#[derive(Debug)]
pub(super) struct Sentry {
    pid: i32,
    started: Instant,
    channel: Channel,
}

impl Parent<'_> {
    /// Starts one, or dismisses it, as the configuration says.
    pub(super) fn post_sentinel(&mut self) {
        let wanted = self.summary.sentinel && self.wanted().contains(&Kind::Vrrp);
        if !wanted {
            return self.dismiss_sentinel();
        }
        if self.sentry.is_none()
            && let Err(error) = self.start_sentinel()
        {
            error!("There is no sentinel: {error}");
        }
    }

    fn start_sentinel(&mut self) -> io::Result<()> {
        let missing = || io::Error::other("the configuration cannot be planned again");
        let plan = self.replan().ok_or_else(missing)?;
        let (ours, theirs) = Channel::pair()?;
        let added = (!self.options.keep_addresses).then(|| self.paths.addresses.clone());
        let marks = (!self.options.keep_ipvs).then(|| self.paths.marks());
        let records = added.into_iter().chain(marks).collect();
        let mut made = Some((plan, theirs, records));
        let parent = std::process::id();
        let pid = sys::process::fork_apart(|| {
            let Some((plan, channel, records)) = made.take() else {
                return 1;
            };
            self.forget_own();
            self.pidfile = None;
            log_to(&self.log, self.options, "Keepalived");
            sentinel::run(Post {
                parent,
                plan,
                ledger: self.ledger.clone(),
                channel,
                socket: &self.paths.watch,
                records,
            })
        })?;
        info!("Starting sentinel, pid={pid}");
        self.sentry = Some(Sentry {
            pid,
            started: sys::clock::now(),
            channel: ours,
        });
        for (key, index, descriptors) in self.ports.all() {
            let key = key.clone();
            self.tell_sentinel(&Order::Socket { key, index }, &descriptors);
        }
        if let Some(child) = self.kids.get(&Kind::Vrrp) {
            self.show_child(child.pid);
        }
        Ok(())
    }

    /// In a forked child: drops what only this process has a use for.
    pub(super) fn forget_own(&mut self) {
        self.kids.clear();
        self.reader = None;
        self.callers = Callers::default();
        self.appointment = Appointment::default();
        self.sentry = None;
    }

    fn tell_sentinel(&self, order: &Order, descriptors: &[BorrowedFd<'_>]) {
        let Some(sentry) = &self.sentry else { return };
        if let Err(error) = control::send(&sentry.channel, order, descriptors) {
            warn!("the sentinel is not told: {error}");
        }
    }

    /// There is another VRRP process.
    pub(super) fn show_child(&self, pid: i32) {
        if self.sentry.is_none() {
            return;
        }
        match sys::process::pidfd(pid) {
            Ok(fd) => self.tell_sentinel(&Order::Child(pid), &[fd.as_fd()]),
            Err(error) => warn!("the sentinel does not see the VRRP process: {error}"),
        }
    }

    /// The VRRP process has opened sockets.
    pub(super) fn show_socket(&self, key: &PortKey, index: u32, pair: [&OwnedFd; 2]) {
        let key = key.clone();
        let pair = pair.map(|fd| fd.as_fd());
        self.tell_sentinel(&Order::Socket { key, index }, &pair);
    }

    /// There is another configuration, to be run as this generation of the ledger.
    pub(super) fn show_configuration(&self, generation: u32) {
        self.tell_sentinel(&Order::Reload { generation }, &[self.bundle.as_fd()]);
    }

    /// The VRRP process runs the configuration that was shown last.
    pub(super) fn show_settled(&self) {
        self.tell_sentinel(&Order::Settled, &[]);
    }

    /// Ends it, whatever happens to this process from now on.
    pub(super) fn dismiss_sentinel(&mut self) {
        self.tell_sentinel(&Order::Dismissed, &[]);
        self.sentry = None;
    }

    /// A child has ended; false if that is not the sentinel.
    pub(super) fn sentinel_ended(&mut self, pid: i32, how: Ended) -> bool {
        let Some(sentry) = self.sentry.take_if(|sentry| sentry.pid == pid) else {
            return false;
        };
        error!("The sentinel has ended ({how:?})");
        if !self.stopping && sys::clock::now().since(sentry.started) >= USEFUL {
            self.post_sentinel();
        }
        true
    }
}
