//! The worker processes that the master has.
//!
//! Invariants: there is at most one that serves new sessions; those that are ending keep their
//! place here until they are collected.

use base::{Duration, Instant};
use nix::libc::{SIGKILL, SIGQUIT, SIGTERM};
use stream::config::Level;
use sys::epoll::Poller;
use sys::fdpass::Channel;
use sys::process::Ended;
use sys::signal::Signals;
use sys::title::Title;

use super::cycle::Cycle;
use super::daemon::Readiness;
use super::load::Source;
use super::log::Log;
use super::worker::{self, Birth, FATAL};

/// A worker that dies sooner than this is not replaced at once.
const SHORT_LIFE: Duration = Duration::from_secs(1);
/// When such a worker is replaced.
const PAUSE: Duration = Duration::from_millis(500);

/// A worker process.
pub(super) struct Child {
    /// Its process id.
    pub(super) pid: i32,
    /// To it.
    pub(super) channel: Channel,
    started: Instant,
    ending: bool,
}

/// All worker processes.
#[derive(Default)]
pub(super) struct Children {
    all: Vec<Child>,
    /// When a new one is due.
    respawn: Option<Instant>,
}

/// What a child needs from the master when it is made.
pub(super) struct Nest<'a> {
    /// What it serves.
    pub(super) cycle: &'a mut Cycle,
    /// How configurations are read.
    pub(super) source: &'a Source,
    /// The master's lines, and the child's first ones.
    pub(super) log: &'a mut Log,
    /// Of the process.
    pub(super) title: Option<&'a mut Title>,
    /// Gets the new channel, under the child's pid. The child closes it.
    pub(super) poller: &'a mut Poller,
    /// The child closes it.
    pub(super) signals: &'a mut Signals,
    /// The child closes it.
    pub(super) readiness: &'a mut Option<Readiness>,
}

impl Children {
    /// Forks a worker. That it could not be done is told.
    pub(super) fn spawn(&mut self, nest: Nest<'_>) {
        self.respawn = None;
        let forked = Channel::pair().and_then(|(ours, theirs)| {
            let pid = sys::process::fork()?;
            Ok((pid, ours, theirs))
        });
        let (pid, ours, theirs) = match forked {
            Ok((Some(pid), ours, theirs)) => (pid, ours, theirs),
            Ok((None, ours, theirs)) => {
                drop(ours);
                self.be_born(nest, theirs)
            }
            Err(error) => {
                let text = "fork() failed while spawning \"worker process\"";
                nest.log.failed(Level::Alert, text, &error);
                self.respawn = Some(sys::clock::now() + PAUSE);
                return;
            }
        };
        drop(theirs);
        nest.log
            .say(Level::Notice, &format!("start worker process {pid}"));
        if let Err(error) = nest.poller.add(&ours, u64::from(pid.unsigned_abs())) {
            let text = format!("worker process {pid} cannot be heard");
            nest.log.failed(Level::Alert, &text, &error);
        }
        self.all.push(Child {
            pid,
            channel: ours,
            started: sys::clock::now(),
            ending: false,
        });
    }

    /// The child's life. What is the master's is closed first: through the shared epoll instance
    /// a worker could make its master deaf.
    fn be_born(&mut self, nest: Nest<'_>, channel: Channel) -> ! {
        self.all.clear();
        *nest.readiness = None;
        let fresh = Poller::new().and_then(|poller| Ok((poller, Signals::block(&[])?)));
        let Ok((poller, signals)) = fresh else {
            sys::process::exit_now(1);
        };
        (*nest.poller, *nest.signals) = (poller, signals);
        let birth = Birth {
            cycle: nest.cycle,
            source: nest.source.clone(),
            channel,
            log: nest.log,
            title: nest.title,
        };
        let run = std::panic::AssertUnwindSafe(|| worker::run(birth));
        sys::process::exit_now(std::panic::catch_unwind(run).unwrap_or(1));
    }

    /// The one that serves new sessions.
    #[must_use]
    pub(super) fn serving(&self) -> Option<&Child> {
        self.all.iter().find(|child| !child.ending)
    }

    /// The one with that pid.
    #[must_use]
    pub(super) fn get(&self, pid: i32) -> Option<&Child> {
        self.all.iter().find(|child| child.pid == pid)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Child> {
        self.all.iter()
    }

    /// Whether none is left.
    #[must_use]
    pub(super) fn none(&self) -> bool {
        self.all.is_empty()
    }

    /// When [`Self::due`] may become true.
    #[must_use]
    pub(super) const fn respawn_at(&self) -> Option<Instant> {
        self.respawn
    }

    /// Whether a worker is to be made now.
    #[must_use]
    pub(super) fn due(&self) -> bool {
        self.respawn.is_some_and(|at| at <= sys::clock::now())
    }

    /// Lets all current workers finish their sessions and end.
    pub(super) fn quit(&mut self, log: &mut Log) {
        self.signal(SIGQUIT, log);
    }

    /// Makes all workers end at once.
    pub(super) fn terminate(&mut self, log: &mut Log) {
        self.signal(SIGTERM, log);
    }

    /// Does not leave it to them.
    pub(super) fn kill(&mut self, log: &mut Log) {
        self.signal(SIGKILL, log);
    }

    fn signal(&mut self, number: i32, log: &mut Log) {
        self.respawn = None;
        for child in &mut self.all {
            child.ending = true;
            if let Err(error) = sys::signal::send(child.pid, number) {
                let text = format!("kill({}, {number}) failed", child.pid);
                log.failed(Level::Alert, &text, &error);
            }
        }
    }

    /// Takes note of an end, and plans a successor if the child was needed.
    pub(super) fn ended(&mut self, pid: i32, how: Ended, poller: &Poller, log: &mut Log) {
        let (level, text) = match how {
            Ended::Exited(status) => (
                Level::Notice,
                format!("worker process {pid} exited with code {status}"),
            ),
            Ended::Signaled(number) => (
                Level::Alert,
                format!("worker process {pid} exited on signal {number}"),
            ),
        };
        log.say(level, &text);
        let Some(at) = self.all.iter().position(|child| child.pid == pid) else {
            return;
        };
        let child = self.all.swap_remove(at);
        drop(poller.remove(&child.channel));
        if child.ending {
            return;
        }
        if how == Ended::Exited(FATAL) {
            let text = format!(
                "worker process {pid} exited with fatal code {FATAL} and cannot be respawned"
            );
            log.say(Level::Alert, &text);
            return;
        }
        let now = sys::clock::now();
        let pause = if now.since(child.started) < SHORT_LIFE {
            PAUSE
        } else {
            Duration::ZERO
        };
        self.respawn = Some(now + pause);
    }
}
