//! A restart that nobody notices: this daemon ends, and a process that it leaves behind keeps the
//! masters until the next start takes them over.
//!
//! The children end, leave everything in place, and say how it stands. A copy of the parent stands in
//! for the VRRP process while the parent itself ends, so that whoever restarts it sees it gone. The next daemon
//! comes to a socket beside the pid file, looks at what it would be left, and takes it.
//!
//! Invariants: one process at a time advertises: the one left behind is silent before the next one
//! is told that everything is its own; if no daemon comes within [`PATIENCE`], everything ends as
//! it does by TERM.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, RawFd};
use std::path::Path;

use base::{Duration, Instant};
use serde::{Deserialize, Serialize};
use sys::control::{ControlSocket, connect_to};
use sys::epoll::Poller;
use sys::fdpass::Channel;
use sys::memfd::Sealed;
use sys::signal::Signals;
use tracing::{error, info, warn};

use super::callers::{Callers, is_allowed};
use super::start::handled;
use super::upgrade::{Upgrade, YIELDING};
use super::{CLAIMANT, KEPT, Kind, Parent, SIGNALS};
use crate::keepalived::appointment::Appointment;
use crate::keepalived::command;
use crate::keepalived::control::{self, Heard, Order};
use crate::keepalived::handover::{Handed, Said};
use crate::keepalived::sentinel;

/// How long the next daemon may take to come, and from then on to look at what it would be left.
const PATIENCE: Duration = Duration::from_secs(10);
/// Descriptors in one message.
const AT_ONCE: usize = 100;

/// From the process that keeps.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Offer {
    /// What there is comes along as a sealed memory file.
    Description,
    /// These descriptors of it come along, in this order.
    Descriptors(Vec<RawFd>),
    /// All of it is yours from now on.
    Yours,
}

/// From the daemon that has come.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Claim {
    /// I can go on where you stop.
    Ready,
}

/// A process that keeps what there is.
#[derive(Debug)]
pub(super) struct Keeper {
    socket: ControlSocket,
    pub(super) until: Instant,
    claimant: Option<Channel>,
}

impl Parent<'_> {
    /// Somebody wants this daemon to end, and the next one to go on.
    pub(super) fn leave(&mut self, caller: Channel) {
        if let Err(why) = self.may_upgrade() {
            let why = format!("the next start cannot go on from here: {why}");
            return command::refuse(&caller, &why);
        }
        info!("Leaving everything to the next start");
        self.watch = None;
        let mut until = sys::clock::now() + YIELDING;
        for kid in self.kids.values() {
            if control::send(&kid.channel, &Order::Yield, &[]).is_err() {
                // One that takes no orders is killed at once.
                until = sys::clock::now();
            }
        }
        let stop = false;
        self.upgrade = Upgrade::Leaving {
            until,
            caller,
            stop,
        };
        self.step_back();
    }

    /// A child has ended; true if that is because this daemon leaves.
    pub(super) fn has_left(&mut self, kind: Kind, channel: &Channel) -> bool {
        if !matches!(self.upgrade, Upgrade::Leaving { .. }) {
            return false;
        }
        self.read_last_words(kind, channel);
        if kind == Kind::Vrrp {
            self.stand_in();
        }
        self.step_back();
        true
    }

    /// Leaves a copy of this process behind, once it has no children any more.
    fn step_back(&mut self) {
        if !self.kids.is_empty() {
            return;
        }
        let Upgrade::Leaving { caller, stop, .. } = std::mem::take(&mut self.upgrade) else {
            return;
        };
        if stop {
            return self.end_keeping();
        }
        let left = ControlSocket::bind(&self.paths.kept)
            .and_then(|socket| Ok((socket, sys::process::fork()?)));
        match left {
            Ok((mut socket, Some(pid))) => {
                info!("Process {pid} advertises until the next start");
                socket.give_to(pid.cast_unsigned());
                self.standing = None;
                self.left = true;
                command::answer(&caller, &self.stands());
            }
            Ok((socket, None)) => {
                drop(caller);
                if let Err(error) = self.keep(socket) {
                    error!("The next start has to begin anew: {error}");
                    self.end_keeping();
                }
            }
            Err(error) => {
                command::refuse(
                    &caller,
                    &format!("nothing can be left to the next start: {error}"),
                );
                self.end_keeping();
            }
        }
    }

    /// In the copy: gives up what is the daemon's own.
    fn keep(&mut self, mut socket: ControlSocket) -> io::Result<()> {
        socket.give_to(std::process::id());
        nix::unistd::setsid()?;
        self.callers = Callers::default();
        self.appointment = Appointment::default();
        self.pidfile = None;
        self.sentry = None;
        // A poller goes on watching the signals of the process that made it.
        self.poller = Poller::new()?;
        self.signals = Signals::block(&handled())?;
        self.poller.add(&self.signals, SIGNALS)?;
        self.poller.add(&socket, KEPT)?;
        if self.standing.is_some() {
            self.hear_ports();
        }
        self.upgrade = Upgrade::Keeping(Keeper {
            socket,
            until: sys::clock::now() + PATIENCE,
            claimant: None,
        });
        Ok(())
    }

    /// A daemon has come: shows it what there is.
    pub(super) fn accept_claim(&mut self) {
        let Upgrade::Keeping(keeper) = &mut self.upgrade else {
            return;
        };
        let channel = match keeper.socket.accept() {
            Ok(Some((channel, peer))) if is_allowed(peer) && keeper.claimant.is_none() => channel,
            Ok(_) => return,
            Err(error) => return warn!("a daemon that has come is not heard: {error}"),
        };
        keeper.until = sys::clock::now() + PATIENCE;
        let offered = self
            .poller
            .add(&channel, CLAIMANT)
            .and_then(|()| self.offer(&channel));
        match (offered, &mut self.upgrade) {
            (Ok(()), Upgrade::Keeping(keeper)) => keeper.claimant = Some(channel),
            (Ok(()), _) => {}
            (Err(error), _) => warn!("a daemon that has come cannot be told: {error}"),
        }
    }

    fn offer(&self, channel: &Channel) -> io::Result<()> {
        let (said, kept) = self.left_to_next(None);
        let sealed = said.seal()?;
        control::send(channel, &Offer::Description, &[sealed.as_fd()])?;
        for some in kept.chunks(AT_ONCE) {
            use std::os::fd::AsRawFd as _;
            let numbers = some.iter().map(BorrowedFd::as_raw_fd).collect();
            control::send(channel, &Offer::Descriptors(numbers), some)?;
        }
        Ok(())
    }

    /// The daemon that has come says that it can go on, or has gone.
    pub(super) fn read_claim(&mut self) {
        let Upgrade::Keeping(keeper) = &mut self.upgrade else {
            return;
        };
        let Some(claimant) = keeper.claimant.take() else {
            return;
        };
        match control::receive::<Claim>(&claimant) {
            Ok(Heard::Message(Claim::Ready, _)) => {
                self.stand_down();
                match control::send(&claimant, &Offer::Yours, &[]) {
                    Ok(()) => {
                        info!("The next daemon goes on");
                        self.left = true;
                    }
                    Err(error) => {
                        warn!("the daemon that has come does not listen: {error}");
                        self.stand_in();
                    }
                }
            }
            Ok(Heard::Nothing) => keeper.claimant = Some(claimant),
            Ok(Heard::Closed) | Err(_) => warn!("the daemon that has come takes nothing over"),
        }
    }

    /// Whether a stop has to wait for something that is under way, which it then does.
    pub(super) fn stops_later(&mut self) -> bool {
        match &mut self.upgrade {
            Upgrade::Leaving { stop, .. } => {
                *stop = true;
                true
            }
            Upgrade::Keeping(_) => {
                self.end_keeping();
                true
            }
            _ => false,
        }
    }

    /// Begins the end as it is by TERM: of children that take up what is there.
    pub(super) fn end_keeping(&mut self) {
        self.upgrade = Upgrade::Ending;
        for kind in self.wanted() {
            if let Err(error) = self.spawn(kind) {
                error!("{} process: cannot be started: {error}", kind.name());
            }
        }
        self.stop_if_nobody_came();
    }

    /// Stops the children that were started only for that.
    pub(super) fn stop_if_nobody_came(&mut self) {
        if matches!(self.upgrade, Upgrade::Ending) && self.kids.values().all(|kid| kid.ready) {
            self.stop(0);
        }
    }

    /// Begins, where another daemon has stopped if it has left everything to this one.
    pub(super) fn supervise_or_take_over(mut self) -> io::Result<i32> {
        sentinel::await_end(&self.paths.watch);
        match claim(&self.paths.kept) {
            Some(handed) => {
                self.replace_by(handed);
                self.take_over()
            }
            None => self.supervise(),
        }
    }

    /// Takes the place of a daemon that has ended. What was read at this start is run as soon as
    /// everything has been taken over.
    fn replace_by(&mut self, handed: Handed) {
        let summary = std::mem::replace(&mut self.summary, handed.said.summary);
        let bundle = std::mem::replace(&mut self.bundle, handed.bundle);
        self.next = Some((summary, bundle));
        self.ledger = handed.ledger;
        self.ports = handed.ports;
        self.past = handed.past;
        self.sessions = handed.said.sessions;
        self.upgrade = Upgrade::Replacing {
            old: BTreeSet::new(),
            until: sys::clock::now(),
            caller: None,
        };
    }

    /// The first thing that the next daemon does. `startup_script` is not run: nothing has stopped.
    fn take_over(mut self) -> io::Result<i32> {
        info!("Going on where the daemon before stopped");
        self.stand_in();
        self.begin()?;
        if !self.kids.contains_key(&Kind::Bfd) {
            // Nobody watches them any more.
            self.sessions_lost();
        }
        self.upgraded();
        self.serve()
    }
}

/// What another daemon has left to this one, whose socket is at `path`; from now on it is ours.
fn claim(path: &Path) -> Option<Handed> {
    // Without such a socket, or with one where nobody listens, nothing was left.
    let channel = connect_to(path).ok()?;
    match take(&channel) {
        Ok(handed) => Some(handed),
        Err(error) => {
            error!("Beginning anew, what the daemon before left cannot be taken over: {error}");
            None
        }
    }
}

fn take(channel: &Channel) -> io::Result<Handed> {
    let mut poller = Poller::new()?;
    poller.add(channel, 0)?;
    let end = sys::clock::now() + PATIENCE;
    let mut next = || loop {
        match control::receive::<Offer>(channel)? {
            Heard::Message(offer, descriptors) => return Ok((offer, descriptors)),
            Heard::Closed => return Err(io::ErrorKind::UnexpectedEof.into()),
            Heard::Nothing if sys::clock::now() >= end => {
                return Err(io::Error::from(io::ErrorKind::TimedOut));
            }
            Heard::Nothing => poller.wait(Some(end)).map(drop)?,
        }
    };
    let (first, descriptors) = next()?;
    let description = descriptors.into_iter().next();
    let description = description.filter(|_| first == Offer::Description);
    let description = Sealed::from_fd(description.ok_or(io::ErrorKind::InvalidData)?)?;
    let said = Said::read(&description.read()?)?;
    let wanted = said.descriptors().len();
    let mut taken = BTreeMap::new();
    while taken.len() < wanted {
        let (Offer::Descriptors(numbers), descriptors) = next()? else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        taken.extend(numbers.into_iter().zip(descriptors));
    }
    let handed = Handed::assemble(said, taken)?;
    control::send(channel, &Claim::Ready, &[])?;
    match next()? {
        (Offer::Yours, _) => Ok(handed),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}
