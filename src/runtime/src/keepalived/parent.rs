//! The parent: reads through a child, starts, watches, reloads and stops the others.
//!
//! Invariants: one thread, no runtime; it never waits for anything but its own descriptors; a
//! child that died is started again unless it said that there is no point.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use base::{Duration, Instant};
use plan::keepalived::Plan;
use serde::{Deserialize, Serialize};
use sys::epoll::Poller;
use sys::exec::Runner;
use sys::fdpass::Channel;
use sys::memfd::Sealed;
use sys::pidfile::PidFile;
use sys::signal::Signals;
use tracing::{error, info, warn};

use super::appointment::Appointment;
use super::bfd_child;
use super::checker_child::{self, Mixed};
use super::conduct::Conduct;
use super::config::{Summary, child_wait};
use super::control::{self, Heard, Order, Report};
use super::ledger::Ledger;
use super::options::{Options, Paths};
use super::past::Past;
use super::ports::Ports;
use super::reader::Reader;
use super::respawn::Backoff;
use super::standing::{self, Standing};
use super::vrrp_child;
use crate::bundle::Bundle;
use crate::log;
use crate::rest::Rest;

mod callers;
mod dumping;
mod ends;
mod files;
mod guard;
mod hooks;
mod reload;
mod restart;
mod sentry;
mod sessions;
mod start;
mod suspicion;
mod upgrade;

pub use start::run;
pub use upgrade::signal as upgrade_signal;

use callers::Callers;
use hooks::Moment;
use sentry::Sentry;
use start::log_to;
use upgrade::Upgrade;

const SIGNALS: u64 = 1;
const READER: u64 = 2;
const APPOINTMENT: u64 = 4;
const KEPT: u64 = 5;
const CLAIMANT: u64 = 6;
const FIRST_CHILD: u64 = 16;

/// How late this process may be itself before it stops judging others by their lateness.
const STALL: Duration = Duration::from_millis(50);
/// A VRRP child that has to wait longer than this keeps failing: nobody stands in for it then.
const HOPE: Duration = Duration::from_secs(2);

/// Status of a child that asks not to be started again.
const NO_RESPAWN: i32 = 204;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Kind {
    Vrrp,
    Checkers,
    Bfd,
}

impl Kind {
    /// As the original's log lines call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Vrrp => "VRRP",
            Self::Checkers => "Healthcheck",
            Self::Bfd => "BFD",
        }
    }

    /// Its name in syslog.
    const fn ident(self) -> &'static str {
        match self {
            Self::Vrrp => "Keepalived_vrrp",
            Self::Checkers => "Keepalived_healthcheckers",
            Self::Bfd => "Keepalived_bfd",
        }
    }
}

struct Kid {
    pid: i32,
    started: Instant,
    channel: Channel,
    ready: bool,
    /// It is no longer needed and was told to end.
    retiring: bool,
}

impl Kid {
    /// Tells it to end.
    fn retire(&mut self) {
        self.retiring = true;
        let _ = sys::signal::send(self.pid, nix::libc::SIGTERM);
    }
}

struct Parent<'a> {
    options: &'a Options,
    log: log::Handle,
    bundle: Sealed,
    summary: Summary,
    paths: Paths,
    ledger: Ledger,
    started: Instant,
    /// What the ledger's records are about, while it is needed.
    plan: Option<Plan>,
    /// How many routers they are about, once that is known.
    routers: Option<usize>,
    rest: Rest,
    /// The VRRP child's sockets.
    ports: Ports,
    standing: Option<Standing>,
    /// When to look whether the VRRP child is overdue.
    watch: Option<Instant>,
    poller: Poller,
    signals: Signals,
    kids: BTreeMap<Kind, Kid>,
    backoff: BTreeMap<Kind, Backoff>,
    respawns: BTreeMap<Kind, Instant>,
    /// BFD sessions, and whether they are up.
    sessions: BTreeMap<String, bool>,
    /// None in a process that is only left behind.
    pidfile: Option<PidFile>,
    /// What children that were replaced have left.
    past: BTreeMap<Kind, Past>,
    /// To be run once everything is taken over from another daemon.
    next: Option<(Summary, Sealed)>,
    callers: Callers,
    upgrade: Upgrade,
    reader: Option<Reader>,
    reload_queued: bool,
    reloading: bool,
    /// What the VRRP process runs until it says that it runs the configuration that is in force.
    before: Option<reload::Before>,
    announced: bool,
    /// Set while stopping: when the children are killed.
    deadline: Option<Instant>,
    stopping: bool,
    /// The shutdown script was begun, if there is one.
    shut_down: bool,
    hooks: Runner<Moment>,
    /// The marker of a reload that is being read.
    marked: Option<PathBuf>,
    /// When to reload by itself.
    appointment: Appointment,
    sentry: Option<Sentry>,
    /// How the last VRRP child died, and the one that was killed because it hung.
    lost: Option<String>,
    hung: Option<i32>,
    /// Since when the VRRP child is late.
    suspicion: Option<suspicion::Suspicion>,
    /// Another process goes on: only the end is left to do.
    left: bool,
    status: i32,
}

impl Parent<'_> {
    fn supervise(mut self) -> io::Result<i32> {
        if !self.run_hook(Moment::Startup) {
            self.begin()?;
        }
        self.serve()
    }

    fn serve(mut self) -> io::Result<i32> {
        sys::process::set_comm(&self.summary.titles.parent);
        self.follow_appointment()?;
        while !self.is_over() {
            for ready in self.poller.wait(self.next_deadline())? {
                match ready.token {
                    SIGNALS => self.read_signals()?,
                    READER => self.read_reader()?,
                    APPOINTMENT => self.appointment.changed(),
                    KEPT => self.accept_claim(),
                    CLAIMANT => self.read_claim(),
                    callers::SOCKET => self.accept_callers(),
                    callers::FIRST.. => self.read_caller(ready.token),
                    // Their packets are read before anything is sent, below.
                    standing::TOKEN => {}
                    token => self.read_child(token)?,
                }
            }
            self.act_on_time()?;
        }
        self.dismiss_sentinel();
        Ok(self.status)
    }

    /// Starts the children.
    fn begin(&mut self) -> io::Result<()> {
        self.post_sentinel();
        for kind in self.wanted() {
            self.spawn(kind)?;
        }
        self.withdraw_marks();
        if self.kids.is_empty() {
            warn!(
                "The configuration has no vrrp_instance and no virtual_server: nothing to do yet"
            );
        }
        self.announce_when_ready();
        Ok(())
    }

    /// The children that the configuration and the command line ask for.
    fn wanted(&self) -> Vec<Kind> {
        let options = self.options;
        let vrrp = options.vrrp && (self.summary.vrrp || options.all);
        let checkers = options.checkers && (self.summary.checkers || options.all);
        let bfd = options.bfd && (self.summary.bfd || options.all);
        let wanted = [
            (vrrp, Kind::Vrrp),
            (checkers, Kind::Checkers),
            (bfd, Kind::Bfd),
        ];
        wanted
            .into_iter()
            .filter(|(wanted, _)| *wanted)
            .map(|(_, kind)| kind)
            .collect()
    }

    fn next_deadline(&self) -> Option<Instant> {
        let standing = self.standing.as_ref().and_then(Standing::deadline);
        let own = [
            self.hooks.deadline(),
            self.callers.deadline(),
            self.upgrade.deadline(),
            self.appointment.deadline(),
        ];
        let others = [self.deadline, self.watch, standing, self.rest.deadline()];
        let respawns = self.respawns.values().copied();
        let others = others.into_iter().chain(own).flatten();
        respawns.chain(others).min()
    }

    fn act_on_time(&mut self) -> io::Result<()> {
        if let (Some(standing), Some(plan)) = (&mut self.standing, &self.plan) {
            standing.act(plan, &mut self.ports);
        }
        let now = sys::clock::now();
        self.hooks.expire(now);
        self.callers.expire(now);
        self.hasten_upgrade(now);
        self.look_after(now);
        self.come_to_rest(now);
        self.keep_appointment()?;
        if self.deadline.is_some_and(|at| at <= now) {
            self.deadline = None;
            for (kind, kid) in &self.kids {
                error!(
                    "{} process failed to die - forcing termination",
                    kind.name()
                );
                let _ = sys::signal::send(kid.pid, nix::libc::SIGKILL);
            }
        }
        let due: Vec<Kind> = self
            .respawns
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(kind, _)| *kind)
            .collect();
        for kind in due {
            self.respawns.remove(&kind);
            if !self.stopping && !self.kids.contains_key(&kind) {
                self.spawn(kind)?;
            }
        }
        Ok(())
    }

    fn spawn(&mut self, kind: Kind) -> io::Result<()> {
        let (ours, theirs) = Channel::pair()?;
        self.tell_sessions(kind, &ours);
        let mut theirs = Some(theirs);
        let pid = sys::process::fork_child(|| match theirs.take() {
            Some(channel) => self.child(kind, channel),
            None => 1,
        })?;
        drop(theirs);
        // It is the child's now, and of no use to a later one.
        self.past.remove(&kind);
        info!("Starting {} child process, pid={pid}", kind.name());
        self.poller.add(&ours, token(kind))?;
        let kid = Kid {
            pid,
            started: sys::clock::now(),
            channel: ours,
            ready: false,
            retiring: false,
        };
        self.kids.insert(kind, kid);
        if kind == Kind::Vrrp {
            self.show_child(pid);
        }
        Ok(())
    }

    /// In the child: everything of the parent's that it has no use for goes first.
    fn child(&mut self, kind: Kind, channel: Channel) -> i32 {
        self.forget_own();
        let adopt = self.standing.is_some() || self.upgrade.adopts();
        log_to(&self.log, self.options, kind.ident());
        let past = self.past.remove(&kind);
        let (plan, seed) = match Bundle::open(&self.bundle) {
            Ok(bundle) => {
                let seed = bundle.seed;
                // A successor has no time to lose; but the plan may still be the one before.
                let known = self.plan.take().filter(|_| self.before.is_none());
                let plan = known.unwrap_or_else(|| super::config::settled(bundle));
                (plan, seed)
            }
            Err(error) => {
                error!("the configuration cannot be read from the bundle: {error}");
                return 1;
            }
        };
        let path = match kind {
            Kind::Vrrp => &self.paths.vrrp_pid,
            Kind::Checkers => &self.paths.checkers_pid,
            Kind::Bfd => &self.paths.bfd_pid,
        };
        let conduct = Conduct::new(kind, self.options, &plan);
        let pidfile = PidFile::create(path);
        if let Err(error) = &pidfile {
            warn!(
                "{} child process: cannot write pidfile: {error}",
                kind.name()
            );
        }
        match kind {
            Kind::Vrrp => vrrp_child::run(vrrp_child::Start {
                plan,
                record: &self.paths.addresses,
                keep_addresses: self.options.keep_addresses,
                channel,
                ledger: self.ledger.clone(),
                past,
                lost: self.lost.take(),
                adopt,
                dump_config: self.options.dump_config,
                address_monitoring: self.options.address_monitoring,
                conduct,
            }),
            Kind::Checkers => match Mixed::new(channel, self.options, conduct) {
                Ok(mut orders) => {
                    orders.ready();
                    let configuration = checker_child::configuration(plan, self.options);
                    let configuration = configuration.recorded_at(self.paths.marks());
                    let left = checker_child::left(past);
                    crate::checker::run(configuration, left, seed, &mut orders)
                }
                Err(error) => {
                    error!("Health checks cannot run: {error}");
                    1
                }
            },
            Kind::Bfd => bfd_child::run(plan, seed, past, channel, conduct),
        }
    }

    fn read_child(&mut self, token_ready: u64) -> io::Result<()> {
        let mut kinds = self.kids.keys().copied();
        let Some(kind) = kinds.find(|kind| token(*kind) == token_ready) else {
            return Ok(());
        };
        while let Some(kid) = self.kids.get(&kind) {
            match control::receive::<Report>(&kid.channel) {
                Ok(Heard::Message(report, descriptors)) => self.heard(kind, report, descriptors),
                Ok(Heard::Nothing) => break,
                Ok(Heard::Closed) => {
                    // Its end is told by SIGCHLD; until then this must not keep us awake.
                    self.poller.remove(&kid.channel)?;
                    break;
                }
                Err(error) => warn!("report of a child not understood: {error}"),
            }
        }
        self.reload_again()
    }

    fn heard(&mut self, kind: Kind, report: Report, descriptors: Vec<OwnedFd>) {
        match report {
            Report::Ready => {
                if let Some(kid) = self.kids.get_mut(&kind) {
                    kid.ready = true;
                }
                self.rest.disturb(sys::clock::now());
                self.announce_when_ready();
                self.announce_reload();
                if kind == Kind::Vrrp {
                    self.settled();
                    self.rearm();
                    self.retire_idle(kind);
                }
                self.upgraded();
                self.stop_if_nobody_came();
            }
            Report::Kept => {
                if kind == Kind::Vrrp {
                    self.take_back();
                } else if let Some(kid) = self.kids.get_mut(&kind) {
                    kid.ready = true;
                }
            }
            Report::Moved => self.rearm(),
            Report::Past => self.remember(kind, descriptors),
            Report::Sessions(sessions) => self.sessions_changed(sessions),
            Report::Silent(neighbor) => self.neighbor_silent(neighbor),
            Report::Prepared => {
                self.stand_down();
                if let Some(kid) = self.kids.get(&kind)
                    && let Err(error) = control::send(&kid.channel, &Order::Begin, &[])
                {
                    error!("the VRRP process cannot be told to go on: {error}");
                }
                // From this moment nobody advertises but the child: it may hang already.
                self.rearm();
            }
            Report::Socket { key, index } => {
                if let Ok([receiver, sender]) = <[OwnedFd; 2]>::try_from(descriptors) {
                    self.show_socket(&key, index, [&receiver, &sender]);
                    self.ports.adopt(key, index, receiver, sender);
                }
            }
            Report::Read(_) | Report::Refused(_) | Report::Unreadable { .. } => {
                warn!("unexpected report of a child");
            }
        }
    }

    fn announce_when_ready(&mut self) {
        if !self.announced && self.kids.values().all(|kid| kid.ready) {
            self.announced = true;
            info!("Startup complete");
            // Without a service manager there is nobody to tell.
            let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        }
    }

    fn read_signals(&mut self) -> io::Result<()> {
        use nix::libc::{SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGUSR1};
        while let Some(signal) = self.signals.next_pending()? {
            match signal.number {
                SIGTERM => self.stop(0),
                SIGINT if !self.options.ignore_sigint => self.stop(0),
                SIGCHLD => self.reap()?,
                SIGHUP => self.reload()?,
                nix::libc::SIGPIPE | SIGINT => {}
                number if number == upgrade::signal() => self.upgrade(None),
                number => {
                    if number == SIGUSR1 {
                        self.dump();
                    }
                    self.pass_on(number);
                }
            }
        }
        Ok(())
    }

    fn pass_on(&self, number: i32) {
        for kid in self.kids.values() {
            let _ = sys::signal::send(kid.pid, number);
        }
    }

    fn stop(&mut self, status: i32) {
        if self.stopping || self.stops_later() {
            return;
        }
        info!("Stopping");
        self.watch = None;
        self.last_will();
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        self.stopping = true;
        self.status = status;
        self.respawns.clear();
        self.hooks.signal_all(nix::libc::SIGTERM);
        self.withdraw_marks();
        // Packets arrive until another node has the addresses: their services stay as long, and
        // nobody's BFD session goes down before.
        match self.kids.get(&Kind::Vrrp) {
            Some(vrrp) => drop(sys::signal::send(vrrp.pid, nix::libc::SIGTERM)),
            None => {
                self.withdraw_all();
                self.pass_on(nix::libc::SIGTERM);
            }
        }
        let patience = child_wait(self.summary.child_wait_time);
        self.deadline = Some(sys::clock::now() + patience);
    }
}

const fn token(kind: Kind) -> u64 {
    FIRST_CHILD
        + match kind {
            Kind::Vrrp => 0,
            Kind::Checkers => 1,
            Kind::Bfd => 2,
        }
}
