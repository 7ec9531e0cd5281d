//! Orders of the parent as the checker child takes them.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use base::Duration;
use plan::keepalived::Plan;
use sys::epoll::Poller;
use sys::fdpass::Channel;
use sys::signal::Signals;
use tracing::error;

use super::command;
use super::conduct::Conduct;
use super::control::{self, Heard};
use super::options::Options;
use super::past::{self, Past};
use super::status::Services;
use crate::checker::told::Configuration;
use crate::checker::{Order, Orders};

/// What the child runs of `plan`.
pub(super) fn configuration(plan: Plan, options: &Options) -> Configuration {
    let vrrp = !plan.vrrp.routers.is_empty() || !plan.statics.is_empty();
    let with_vrrp = options.vrrp && (vrrp || options.all);
    Configuration {
        keeps_table: options.keep_ipvs,
        ..Configuration::of(plan, with_vrrp)
    }
}

/// What another child has left; nothing, if that cannot be read.
pub(super) fn left(past: Option<Past>) -> lvs::Records {
    match past.map(Past::open) {
        Some(Ok((left, _))) => left,
        Some(Err(error)) => {
            error!("How the servers stand has to be found out anew: {error}");
            lvs::Records::default()
        }
        None => lvs::Records::default(),
    }
}

/// Signals and messages, behind one descriptor.
pub(super) struct Mixed<'a> {
    options: &'a Options,
    poller: Poller,
    signals: Signals,
    channel: Channel,
    conduct: Conduct,
    /// Who asks how the services stand.
    callers: Vec<Channel>,
}

impl<'a> Mixed<'a> {
    /// # Errors
    /// What opening the descriptors reports.
    pub(super) fn new(
        channel: Channel,
        options: &'a Options,
        conduct: Conduct,
    ) -> io::Result<Self> {
        use nix::libc::{SIGCHLD, SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};
        let handled = [
            SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGCHLD, SIGUSR1, SIGUSR2, SIGXCPU,
        ];
        let signals = Signals::block(&handled)?;
        let poller = Poller::new()?;
        poller.add(&signals, 0)?;
        poller.add(&channel, 1)?;
        Ok(Self {
            options,
            poller,
            signals,
            channel,
            conduct,
            callers: Vec::new(),
        })
    }

    /// Tells the parent that this child serves.
    pub(super) fn ready(&self) {
        if let Err(error) = control::send(&self.channel, &control::Report::Ready, &[]) {
            error!("cannot tell the parent: {error}");
        }
    }
}

impl AsFd for Mixed<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.poller.as_fd()
    }
}

impl Orders for Mixed<'_> {
    fn next(&mut self) -> Option<Order> {
        while let Ok(Some(signal)) = self.signals.next_pending() {
            match signal.number {
                nix::libc::SIGTERM => return Some(Order::Stop),
                nix::libc::SIGCHLD => return Some(Order::Reap),
                nix::libc::SIGUSR1 => return Some(Order::Dump),
                nix::libc::SIGXCPU => self.conduct.overran(),
                _ => {}
            }
        }
        match control::receive::<control::Order>(&self.channel) {
            Ok(Heard::Message(control::Order::Reload { .. }, descriptors)) => {
                // The parent that cannot be told has ended, which is heard next.
                let plan = self.conduct.next_plan(&self.channel, descriptors);
                let plan = plan.ok().flatten()?;
                self.ready();
                let configuration = configuration(plan, self.options);
                Some(Order::Reload(Box::new(configuration)))
            }
            Ok(Heard::Message(control::Order::Sessions(sessions), _)) => {
                Some(Order::Sessions(sessions))
            }
            Ok(Heard::Message(control::Order::Answer, callers)) => {
                self.callers
                    .extend(callers.into_iter().map(Channel::from_fd));
                Some(Order::Tell)
            }
            Ok(Heard::Closed) => Some(Order::Stop),
            Ok(Heard::Message(control::Order::Yield, _)) => Some(Order::Leave),
            Ok(
                Heard::Nothing
                | Heard::Message(control::Order::Begin | control::Order::Silent(_), _),
            ) => None,
            Err(error) => {
                error!("order of the parent not understood: {error}");
                None
            }
        }
    }

    fn late(&mut self, by: Duration) {
        self.conduct.late(by);
    }

    fn rest(&mut self) {
        self.conduct.give_back();
    }

    fn leave(&mut self, left: &lvs::Records) {
        if let Err(error) = past::leave(&self.channel, left, &[]) {
            error!("How the servers stand is forgotten: {error}");
        }
    }

    fn tell(&mut self, stands: &Services) {
        for caller in self.callers.drain(..) {
            command::answer(&caller, stands);
        }
    }
}
