//! Orders of the parent as the checker child takes them.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use sys::epoll::Poller;
use sys::fdpass::Channel;
use sys::signal::Signals;
use tracing::error;

use super::control::{self, Heard};
use crate::checker::{Order, Orders};

/// Signals and messages, behind one descriptor.
pub(super) struct Mixed {
    poller: Poller,
    signals: Signals,
    channel: Channel,
}

impl Mixed {
    /// # Errors
    /// What opening the descriptors reports.
    pub(super) fn new(channel: Channel) -> io::Result<Self> {
        use nix::libc::{SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2};
        let signals = Signals::block(&[SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2])?;
        let poller = Poller::new()?;
        poller.add(&signals, 0)?;
        poller.add(&channel, 1)?;
        Ok(Self {
            poller,
            signals,
            channel,
        })
    }

    /// Tells the parent that this child serves.
    pub(super) fn ready(&self) {
        if let Err(error) = control::send(&self.channel, &control::Report::Ready, &[]) {
            error!("cannot tell the parent: {error}");
        }
    }
}

impl AsFd for Mixed {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.poller.as_fd()
    }
}

impl Orders for Mixed {
    fn next(&mut self) -> Option<Order> {
        while let Ok(Some(signal)) = self.signals.next_pending() {
            if signal.number == nix::libc::SIGTERM {
                return Some(Order::Stop);
            }
        }
        match control::receive::<control::Order>(&self.channel) {
            Ok(Heard::Message(control::Order::Reload { .. }, descriptors)) => {
                let fd = descriptors.into_iter().next()?;
                match super::config::receive(fd) {
                    Ok(plan) => {
                        self.ready();
                        Some(Order::Reload(Box::new(plan.lvs)))
                    }
                    Err(error) => {
                        error!("Reload failed: {error}");
                        None
                    }
                }
            }
            Ok(Heard::Message(control::Order::Sessions(sessions), _)) => {
                Some(Order::Sessions(sessions))
            }
            Ok(Heard::Closed) => Some(Order::Stop),
            Ok(
                Heard::Nothing
                | Heard::Message(
                    control::Order::Begin | control::Order::Silent(_) | control::Order::Answer,
                    _,
                ),
            ) => None,
            Err(error) => {
                error!("order of the parent not understood: {error}");
                None
            }
        }
    }
}
