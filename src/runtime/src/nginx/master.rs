//! The master process: signals, the worker's life, and the change of configurations.
//!
//! Invariants: one thread, no runtime; it never touches a session; whatever goes wrong with a new
//! configuration, the running one stays as it is.
//! Deliberately unknown here: how a configuration is read or a session relayed.

use std::io;

use base::{Duration, Instant};
use nix::libc::{SIGCHLD, SIGHUP, SIGINT, SIGIO, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use nix::unistd::Pid;
use stream::config::Level;
use sys::epoll::Poller;
use sys::signal::{Delivered, Signals};
use sys::title::Title;

use super::children::{Children, Nest};
use super::cycle::Cycle;
use super::daemon::Readiness;
use super::load::Source;
use super::log::Log;
use super::order::{self, Answer};
use super::pidfile::PidFile;
use super::reload::{self, Pending};

const SIGNALS: u64 = 0;

/// How long a worker may take to end after TERM.
const TERM_PATIENCE: Duration = Duration::from_secs(1);

/// How long the start waits for the first worker; the sockets are bound, so nobody is refused.
const START_PATIENCE: Duration = Duration::from_secs(5);

/// The master.
pub(super) struct Master {
    /// Its lines.
    pub(super) log: Log,
    /// How configurations are read.
    pub(super) source: Source,
    /// The configuration in use.
    pub(super) cycle: Cycle,
    /// Its file, once written.
    pub(super) pidfile: Option<PidFile>,
    /// Of the process, where it could be found.
    pub(super) title: Option<Title>,
    /// Runs in the background.
    pub(super) daemonized: bool,
    /// Somebody waits for the end of the start: until the first worker serves or fails.
    pub(super) readiness: Option<Readiness>,
    /// The command line, for a successor.
    pub(super) arguments: Vec<String>,
    /// The master that handed its sockets to this one.
    pub(super) predecessor: Option<Pid>,
    /// The master that this one handed its sockets to.
    pub(super) successor: Option<i32>,
    pub(super) children: Children,
    pub(super) poller: Poller,
    pub(super) pending: Option<Pending>,
    signals: Signals,
    /// HUP came while a reload was under way.
    again: bool,
    /// When the last worker was started for a new configuration.
    started: Instant,
    ending: Ending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    No,
    /// WINCH: no worker, but the master stays.
    Idle,
    Quit,
    /// Since when.
    Terminate(Instant),
}

/// The signals that a master takes.
const TAKEN: [i32; 9] = [
    SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGQUIT, SIGTERM, SIGINT, SIGCHLD, SIGIO,
];

/// From here on signals wait until [`Master::run`] takes them.
///
/// # Errors
/// What `signalfd` reports.
pub(super) fn hold_signals() -> io::Result<Signals> {
    Signals::block(&TAKEN)
}

impl Master {
    /// A master for an opened configuration.
    ///
    /// # Errors
    /// What making an epoll descriptor reports.
    pub(super) fn new(
        log: Log,
        source: Source,
        cycle: Cycle,
        signals: Signals,
    ) -> io::Result<Self> {
        let poller = Poller::new()?;
        poller.add(&signals, SIGNALS)?;
        Ok(Self {
            log,
            source,
            cycle,
            pidfile: None,
            title: None,
            daemonized: false,
            readiness: None,
            arguments: Vec::new(),
            predecessor: None,
            successor: None,
            children: Children::default(),
            poller,
            pending: None,
            signals,
            again: false,
            started: sys::clock::now(),
            ending: Ending::No,
        })
    }

    /// Starts the first worker.
    pub(super) fn start_worker(&mut self) {
        self.log.say(Level::Notice, "start worker processes");
        self.spawn();
        self.started = sys::clock::now();
    }

    /// Lets the one who waits for the end of the start go.
    fn announce(&mut self) {
        if let Some(readiness) = self.readiness.take() {
            readiness.announce();
        }
    }

    /// Runs until told to end; returns the exit status.
    pub(super) fn run(mut self) -> i32 {
        loop {
            let ready = match self.poller.wait(self.deadline()) {
                Ok(ready) => ready,
                Err(error) => {
                    self.log.failed(Level::Alert, "epoll_wait() failed", &error);
                    self.children.terminate(&mut self.log);
                    return 1;
                }
            };
            // Answers first: a worker's last words count even if its end came with them.
            for ready in &ready {
                if let Ok(pid) = i32::try_from(ready.token)
                    && ready.token != SIGNALS
                {
                    self.take_answers(pid);
                }
            }
            if ready.iter().any(|ready| ready.token == SIGNALS) {
                self.take_signals();
            }
            self.pass_deadlines();
            if matches!(self.ending, Ending::Quit | Ending::Terminate(_)) && self.children.none() {
                return self.exit();
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let kill = match self.ending {
            Ending::Terminate(since) => Some(since + TERM_PATIENCE),
            _ => None,
        };
        let pending = self.pending.as_ref().map(|pending| pending.deadline);
        let waiting = self
            .readiness
            .as_ref()
            .map(|_| self.started + START_PATIENCE);
        [kill, pending, waiting, self.children.respawn_at()]
            .into_iter()
            .flatten()
            .min()
    }

    fn pass_deadlines(&mut self) {
        let now = sys::clock::now();
        if let Ending::Terminate(since) = self.ending
            && since + TERM_PATIENCE <= now
        {
            self.children.kill(&mut self.log);
            self.ending = Ending::Terminate(now);
        }
        if self
            .pending
            .as_ref()
            .is_some_and(|pending| pending.deadline <= now)
        {
            self.abort("the worker process does not answer");
        }
        if self.readiness.is_some() && self.started + START_PATIENCE <= now {
            self.announce();
        }
        if self.children.due() && self.ending == Ending::No {
            self.spawn();
        }
        if self.again && self.pending.is_none() {
            self.again = false;
            self.reconfigure();
        }
    }

    fn take_signals(&mut self) {
        // Ends and reloads are done after all signals are known, in nginx's order of precedence.
        let mut got = Vec::new();
        loop {
            match self.signals.next_pending() {
                Ok(Some(signal)) => {
                    self.note(signal);
                    got.push(signal.number);
                }
                Ok(None) => break,
                Err(error) => {
                    self.log
                        .failed(Level::Alert, "read() of signals failed", &error);
                    break;
                }
            }
        }
        let has = |number: i32| got.contains(&number);
        if has(SIGCHLD) {
            self.reap();
        }
        if has(SIGTERM) || has(SIGINT) {
            self.ending = Ending::Terminate(sys::clock::now());
            self.give_up_pending();
            self.children.terminate(&mut self.log);
            return;
        }
        if matches!(self.ending, Ending::Terminate(_)) {
            return;
        }
        if has(SIGQUIT) {
            self.ending = Ending::Quit;
            self.give_up_pending();
            // Whoever connects from now on is to be refused, not to wait for nobody.
            self.cycle.close_sockets();
            self.children.quit(&mut self.log);
            return;
        }
        if self.ending == Ending::Quit {
            return;
        }
        if has(SIGHUP) {
            self.hang_up();
        }
        if has(SIGUSR1) {
            self.reopen();
        }
        if has(SIGUSR2) && self.may_upgrade() {
            self.upgrade();
        }
        if has(SIGWINCH) && self.daemonized {
            self.ending = Ending::Idle;
            self.give_up_pending();
            self.children.quit(&mut self.log);
        }
    }

    /// Reconfigures; a master whose successor disappointed just serves again what it served.
    fn hang_up(&mut self) {
        if self.successor.is_some() && self.children.serving().is_none() {
            self.start_worker();
            return;
        }
        self.again = self.pending.is_some();
        if !self.again {
            self.reconfigure();
        }
    }

    /// The line that tells of a signal, with what will be done about it.
    fn note(&mut self, signal: Delivered) {
        let (name, action) = match signal.number {
            SIGHUP => ("SIGHUP", ", reconfiguring"),
            SIGUSR1 => ("SIGUSR1", ", reopening logs"),
            SIGUSR2 => ("SIGUSR2", ", ignoring: use a restart to change the binary"),
            SIGWINCH if self.daemonized => ("SIGWINCH", ", stop accepting connections"),
            SIGWINCH => ("SIGWINCH", ""),
            SIGQUIT => ("SIGQUIT", ", shutting down"),
            SIGTERM => ("SIGTERM", ", exiting"),
            SIGINT => ("SIGINT", ", exiting"),
            SIGCHLD => ("SIGCHLD", ""),
            _ => ("SIGIO", ""),
        };
        let from = match signal.sender {
            0 => String::new(),
            pid => format!(" from {pid}"),
        };
        let text = format!("signal {} ({name}) received{from}{action}", signal.number);
        self.log.say(Level::Notice, &text);
    }

    fn reap(&mut self) {
        while let Some((pid, how)) = sys::process::reap_any() {
            if self.successor_ended(pid) {
                if self.ending == Ending::Idle {
                    self.start_worker();
                }
                continue;
            }
            let asked = self
                .pending
                .as_ref()
                .is_some_and(|pending| pending.worker == pid);
            self.children.ended(pid, how, &self.poller, &mut self.log);
            self.announce();
            if asked {
                self.abort("the worker process died over it");
            }
        }
    }

    fn take_answers(&mut self, pid: i32) {
        while let Some(child) = self.children.get(pid) {
            match order::receive::<Answer>(&child.channel) {
                Ok(Some((answer, _))) => self.take(answer),
                Ok(None) => return,
                Err(error) => {
                    // Its end comes as a signal; only what is not an end is worth a word.
                    if error.kind() != io::ErrorKind::UnexpectedEof {
                        let text = format!("worker process {pid} cannot be understood: {error}");
                        self.log.say(Level::Alert, &text);
                    }
                    drop(self.poller.remove(&child.channel));
                    return;
                }
            }
        }
    }

    fn take(&mut self, answer: Answer) {
        match answer {
            Answer::Serving => self.announce(),
            Answer::Prepared(number) => {
                if self
                    .pending
                    .as_ref()
                    .is_some_and(|p| p.next.number == number)
                {
                    self.commit();
                }
            }
            Answer::Refused(number, why) => {
                if self
                    .pending
                    .as_ref()
                    .is_some_and(|p| p.next.number == number)
                {
                    self.abort(&why);
                }
            }
            Answer::ReopenPlease => self.reopen(),
        }
    }

    fn reopen(&mut self) {
        self.log.say(Level::Notice, "reopening logs");
        self.cycle.reopen(&mut self.log);
        self.use_own_logs();
        for child in self.children.iter() {
            if let Err(error) = order::reopen(&child.channel, &self.cycle.files) {
                let text = format!("worker process {} keeps its log files", child.pid);
                self.log.failed(Level::Alert, &text, &error);
            }
        }
    }

    /// Writes to the cycle's error logs, standard error included.
    pub(super) fn use_own_logs(&mut self) {
        reload::use_logs(&mut self.log, &self.cycle.plan, &self.cycle.files);
    }

    /// Forks a worker for the current cycle.
    pub(super) fn spawn(&mut self) {
        self.ending = Ending::No;
        self.children.spawn(Nest {
            cycle: &mut self.cycle,
            source: &self.source,
            log: &mut self.log,
            title: self.title.as_mut(),
            poller: &mut self.poller,
            signals: &mut self.signals,
            readiness: &mut self.readiness,
        });
    }

    fn give_up_pending(&mut self) {
        self.again = false;
        if self.pending.is_some() {
            self.abort("the master process is ending");
        }
    }

    fn exit(mut self) -> i32 {
        if let Some(pidfile) = self.pidfile.take() {
            let path = pidfile.path().to_owned();
            if let Err(error) = pidfile.remove() {
                let text = format!("unlink() \"{}\" failed", path.display());
                self.log.failed(Level::Alert, &text, &error);
            }
        }
        self.log.say(Level::Notice, "exit");
        if self.successor.is_none() && !self.predecessor_lives() {
            self.cycle.unlink_sockets(&mut self.log);
        }
        0
    }
}
