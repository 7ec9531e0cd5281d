//! A process that outlives the daemon when somebody kills all of it (`sentinel`).
//!
//! It watches the parent and the VRRP process through pidfds, has sockets of its own for adverts, and
//! reads the ledger, which tells what is master, only when both are dead. Then it sends priority 0,
//! so that the next master takes over within a skew, and takes off what is on the record of additions.
//!
//! Invariants: it is asleep while nothing happens; it carries a name of its own, so that `killall`
//! does not mean it, and does not get a signal when its parent dies; a new daemon goes on only when
//! this process has nothing to do any more, so what a daemon adopts or adds is never taken from it.
//! Beyond its reach: a kill of the whole control group, a machine that stops.

mod vigil;

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use base::Duration;
use plan::keepalived::Plan;
use serde::{Deserialize, Serialize};
use sys::control::{ControlSocket, connect_to};
use sys::epoll::Poller;
use sys::fdpass::Channel;
use sys::signal::Signals;
use tracing::{error, info, warn};

use super::config::{self, child_wait};
use super::control::{self, Heard};
use super::host::withdrawing::withdraw_recorded;
use super::ledger::Ledger;
use super::ports::{PortKey, Ports};
use super::standing;
use vigil::{Effect, Input, Vigil};

/// What `ps` and `killall` know it as.
pub(super) const NAME: &str = "vrrp-sentinel";
/// How long a new daemon waits for a sentinel at most: one that is stopped, not one that works.
const PATIENCE: Duration = Duration::from_secs(2);

/// Daemons that are waited with at once.
const MOST_WAITING: usize = 8;

const PARENT: u64 = 1;
const CHILD: u64 = 2;
const ORDERS: u64 = 3;
const NEWS: u64 = 4;
const SIGNALS: u64 = 5;

/// From the parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Order {
    /// There is another VRRP process: its pidfd comes along.
    Child(i32),
    /// The VRRP process has opened these sockets.
    Socket {
        /// Which.
        key: PortKey,
        /// Interface index, where they are bound to one.
        index: u32,
    },
    /// The bundle that comes along is what the ledger is about from now on.
    Reload {
        /// Of the ledger.
        generation: u32,
    },
    /// The ledger is about nothing else any more.
    Settled,
    /// Nobody needs to be watched any more.
    Dismissed,
}

/// What a sentinel is made with.
pub(super) struct Post<'a> {
    pub(super) parent: u32,
    pub(super) plan: Plan,
    pub(super) ledger: Ledger,
    pub(super) channel: Channel,
    /// Where new daemons look for it.
    pub(super) socket: &'a Path,
    /// Records of what was added, but for what stays as by `-V` and `-I`.
    pub(super) records: Vec<PathBuf>,
}

struct Sentinel {
    plan: Plan,
    ledger: Ledger,
    /// Configurations before, while the VRRP process may still write the ledger for them.
    before: Vec<(Plan, Ledger)>,
    records: Vec<PathBuf>,
    ports: Ports,
    channel: Channel,
    vigil: Vigil,
    /// The VRRP process.
    child: Option<(i32, OwnedFd)>,
    poller: Poller,
    socket: ControlSocket,
    /// New daemons: their connections are closed when there is nothing left to do.
    waiting: Vec<Channel>,
    ended: bool,
}

/// Watches until it has acted or is dismissed; returns the exit status.
///
/// Call it in a freshly forked process without threads.
pub(super) fn run(post: Post<'_>) -> i32 {
    sys::process::set_comm(NAME);
    match watch(post) {
        Ok(()) => 0,
        Err(error) => {
            error!("The sentinel cannot watch: {error}");
            1
        }
    }
}

fn watch(post: Post<'_>) -> io::Result<()> {
    use nix::libc::{SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2};
    // It ends with its daemon, not before: these are meant for that.
    let signals = Signals::block(&[SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2])?;
    let parent = sys::process::pidfd(post.parent.cast_signed())?;
    if std::os::unix::process::parent_id() != post.parent {
        return Err(io::Error::other("the parent has ended already"));
    }
    let poller = Poller::new()?;
    poller.add(&signals, SIGNALS)?;
    poller.add(&parent, PARENT)?;
    poller.add(&post.channel, ORDERS)?;
    let socket = ControlSocket::bind(post.socket)?;
    poller.add(&socket, NEWS)?;
    let mut sentinel = Sentinel {
        vigil: Vigil::new(child_wait(post.plan.process.child_wait_time)),
        plan: post.plan,
        ledger: post.ledger,
        before: Vec::new(),
        records: post.records,
        ports: Ports::default(),
        channel: post.channel,
        child: None,
        poller,
        socket,
        waiting: Vec::new(),
        ended: false,
    };
    if let Err(error) = sys::memory::lock() {
        info!("the sentinel's memory is not locked: {error}");
    }
    if let Err(error) = sys::process::keep_only_network_administration() {
        warn!("the sentinel keeps all its rights: {error}");
    }
    while !sentinel.ended {
        let ready = sentinel.poller.wait(sentinel.vigil.deadline())?;
        let has = |token| ready.iter().any(|it| it.token == token);
        while signals.next_pending()?.is_some() {}
        // What the parent said before its end counts before its end.
        if has(ORDERS) || has(PARENT) {
            sentinel.read_orders();
        }
        if has(NEWS) {
            sentinel.let_wait();
        }
        if has(CHILD) {
            sentinel.child_ended()?;
        }
        if has(PARENT) {
            sentinel.poller.remove(&parent)?;
            sentinel.feed(Input::ParentEnded);
        }
        sentinel.feed(Input::Tick);
    }
    Ok(())
}

impl Sentinel {
    fn read_orders(&mut self) {
        loop {
            match control::receive::<Order>(&self.channel) {
                Ok(Heard::Message(order, descriptors)) => {
                    if let Err(error) = self.obey(order, descriptors) {
                        error!("the sentinel cannot do as it was told: {error}");
                    }
                }
                Ok(Heard::Nothing) => return,
                Ok(Heard::Closed) => {
                    // It dies: its pidfd says so in a moment.
                    let _ = self.poller.remove(&self.channel);
                    return;
                }
                Err(error) => error!("order to the sentinel not understood: {error}"),
            }
        }
    }

    fn obey(&mut self, order: Order, descriptors: Vec<OwnedFd>) -> io::Result<()> {
        match order {
            Order::Child(pid) => {
                let fd = descriptors.into_iter().next();
                let fd = fd.ok_or(io::ErrorKind::InvalidData)?;
                if let Some((_, old)) = self.child.take() {
                    self.poller.remove(&old)?;
                }
                self.poller.add(&fd, CHILD)?;
                self.child = Some((pid, fd));
                self.feed(Input::ChildStarted);
            }
            Order::Socket { key, index } => {
                if let Ok([receiver, sender]) = <[OwnedFd; 2]>::try_from(descriptors) {
                    self.ports.adopt(key, index, receiver, sender);
                }
            }
            Order::Reload { generation } => {
                let fd = descriptors.into_iter().next();
                let plan = config::receive(fd.ok_or(io::ErrorKind::InvalidData)?)?;
                let before = std::mem::replace(&mut self.plan, plan);
                self.before.push((before, self.ledger.clone()));
                self.ledger.generation = generation;
            }
            Order::Settled => self.before.clear(),
            Order::Dismissed => self.feed(Input::Dismissed),
        }
        Ok(())
    }

    fn child_ended(&mut self) -> io::Result<()> {
        if let Some((_, fd)) = self.child.take() {
            self.poller.remove(&fd)?;
            self.feed(Input::ChildEnded);
        }
        Ok(())
    }

    fn feed(&mut self, input: Input) {
        for effect in self.vigil.handle(sys::clock::now(), input) {
            match effect {
                Effect::Kill => {
                    if let Some((pid, _)) = &self.child {
                        let _ = sys::signal::send(*pid, nix::libc::SIGKILL);
                    }
                }
                Effect::GiveUp => {
                    warn!("The daemon was killed: giving up what is master");
                    // In the middle of a reload each router is on the ledger of one of them.
                    let before = self
                        .before
                        .iter_mut()
                        .map(|(plan, ledger)| (plan, &*ledger));
                    for (plan, ledger) in before.chain([(&mut self.plan, &self.ledger)]) {
                        standing::settle_sources(plan);
                        self.ports.serve(&plan.vrrp);
                        standing::give_up(plan, ledger, &mut self.ports);
                    }
                    for record in &self.records {
                        withdraw_recorded(record);
                    }
                }
                Effect::End => self.ended = true,
            }
        }
    }

    /// Daemons that have come wait until this process has ended. There is one at a time that may
    /// start, as only one has the pid file.
    fn let_wait(&mut self) {
        while let Ok(Some((channel, _))) = self.socket.accept() {
            self.waiting.truncate(MOST_WAITING - 1);
            self.waiting.push(channel);
        }
    }
}

/// Waits until the sentinel of a daemon that was killed has done its work; its socket is at `path`.
pub(super) fn await_end(path: &Path) {
    // Where nobody listens nobody is waited for.
    let Ok(channel) = connect_to(path) else {
        return;
    };
    let wait = || -> io::Result<bool> {
        let mut poller = Poller::new()?;
        poller.add(&channel, 0)?;
        let end = sys::clock::now() + PATIENCE;
        loop {
            match control::receive::<Order>(&channel)? {
                Heard::Message(..) | Heard::Closed => return Ok(true),
                Heard::Nothing if sys::clock::now() >= end => return Ok(false),
                Heard::Nothing => drop(poller.wait(Some(end))?),
            }
        }
    };
    if !wait().unwrap_or(false) {
        warn!(
            "a sentinel of an earlier daemon does not answer at {}",
            path.display()
        );
    }
}
