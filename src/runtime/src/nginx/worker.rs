//! The worker process: gives up its rights, then serves what the master hands it.
//!
//! Invariants: it opens no file and binds no address, all descriptors come from the master; what
//! it serves changes only by `Commit`; without a master it goes on serving, as nginx's does.
//! Deliberately unknown here: sessions.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use nix::libc::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use plan::nginx::Plan;
use relay::Sockets;
use stream::config::Level;
use sys::epoll::Poller;
use sys::fdpass::Channel;
use sys::signal::Signals;
use sys::title::Title;

use super::cycle::Cycle;
use super::load::Source;
use super::log::{Log, reason};
use super::order::{self, Answer, Order};
use super::serving::{Prepared, Serving, State};

/// Exit status after which the master starts no new worker, because it would end the same way.
pub(super) const FATAL: i32 = 2;

const SIGNALS: u64 = 0;
const MASTER: u64 = 1;
const THREADS: u64 = 2;

/// What a worker is born with.
pub(super) struct Birth<'a> {
    /// What to serve at first. Its descriptors become the worker's own.
    pub(super) cycle: &'a mut Cycle,
    /// How the master reads configurations, to read handed ones the same way.
    pub(super) source: Source,
    /// To the master.
    pub(super) channel: Channel,
    /// For what goes wrong before it serves.
    pub(super) log: &'a mut Log,
    /// To be renamed.
    pub(super) title: Option<&'a mut Title>,
}

/// Runs the worker in a freshly forked process; returns its exit status.
#[must_use]
pub(super) fn run(birth: Birth<'_>) -> i32 {
    let Birth {
        cycle,
        source,
        channel,
        log,
        mut title,
    } = birth;
    if let Some(title) = title.as_deref_mut() {
        title.set("nginx: worker process");
    }
    let open_files = own_open_files();
    if let Err((what, error)) = settle(&cycle.plan, log) {
        log.failed(Level::Emerg, &what, &error);
        return FATAL;
    }
    let mut worker = match Worker::start(cycle, source, channel, open_files) {
        Ok(worker) => worker,
        Err(error) => {
            log.failed(Level::Alert, "the worker process could not start", &error);
            return FATAL;
        }
    };
    worker.answer(&Answer::Serving);
    let status = worker.run(title);
    worker.serving.say(Level::Notice, "exit");
    status
}

/// Takes on what the configuration gives a worker, and gives up the rest.
fn settle(plan: &Plan, log: &mut Log) -> Result<(), (String, io::Error)> {
    let environment = environment(plan);
    sys::limits::replace_environment(&environment)
        .map_err(|error| ("the environment could not be set".to_owned(), error))?;
    if let Err((text, error)) = raise_open_files(0, plan, own_open_files()) {
        log.failed(Level::Alert, &text, &error);
    }
    if plan.priority != 0
        && let Err(error) = sys::limits::set_priority(plan.priority)
    {
        log.failed(
            Level::Alert,
            &format!("setpriority({}) failed", plan.priority),
            &error,
        );
    }
    if let Some((name, uid, gid)) = &plan.user {
        become_user(name, *uid, *gid)?;
    }
    sys::limits::settle_privileges();
    if let Some(folder) = &plan.working_directory {
        std::env::set_current_dir(folder)
            .map_err(|error| (format!("chdir(\"{}\") failed", folder.display()), error))?;
    }
    Ok(())
}

fn become_user(name: &str, uid: u32, gid: u32) -> Result<(), (String, io::Error)> {
    let failed = |call: String| move |errno: nix::errno::Errno| (call, io::Error::from(errno));
    nix::unistd::setgid(gid.into()).map_err(failed(format!("setgid({gid}) failed")))?;
    let groups = std::ffi::CString::new(name).unwrap_or_default();
    nix::unistd::initgroups(&groups, gid.into())
        .map_err(failed(format!("initgroups({name}, {gid}) failed")))?;
    nix::unistd::setuid(uid.into()).map_err(failed(format!("setuid({uid}) failed")))
}

/// `TZ` and what `env` names: `NAME` is kept, `NAME=VALUE` set.
fn environment(plan: &Plan) -> Vec<(String, String)> {
    let own = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|value| (name.to_owned(), value))
    };
    let named = plan
        .env
        .iter()
        .filter_map(|entry| match entry.split_once('=') {
            Some((name, value)) => Some((name.to_owned(), value.to_owned())),
            None => own(entry),
        });
    let mut kept: Vec<_> = named.collect();
    if !kept.iter().any(|(name, _)| name == "TZ") {
        kept.extend(own("TZ"));
    }
    kept
}

/// Allows process `pid` (0: this one) the descriptors of all its threads: one process does what
/// nginx spreads over several, each with its own limit (`each` where the configuration is silent).
/// Above the hard limit only who has CAP_SYS_RESOURCE gets, so what is there is taken.
///
/// # Errors
/// What was wanted, when `worker_rlimit_nofile` asks for more than there is.
pub(super) fn raise_open_files(
    pid: i32,
    plan: &Plan,
    each: u64,
) -> Result<(), (String, io::Error)> {
    let Ok((soft, hard)) = sys::limits::open_files(pid) else {
        // A master without that capability may not even ask; the worker does it for itself.
        return Ok(());
    };
    let threads = u64::try_from(plan.threads.max(1)).unwrap_or(1);
    let wanted = match plan.rlimit_nofile {
        Some(each) => each.saturating_mul(threads),
        None => each.saturating_mul(threads).max(soft),
    };
    let Err(error) = sys::limits::set_open_files(pid, wanted, hard.max(wanted)) else {
        return Ok(());
    };
    let taken = sys::limits::set_open_files(pid, wanted.min(hard), hard);
    if plan.rlimit_nofile.is_some() && (wanted > hard || taken.is_err()) {
        return Err((format!("setrlimit(RLIMIT_NOFILE, {wanted}) failed"), error));
    }
    Ok(())
}

/// This process's soft limit of descriptors.
pub(super) fn own_open_files() -> u64 {
    sys::limits::open_files(0).map_or(0, |(soft, _)| soft)
}

/// What the master announced, and the descriptors that came so far.
struct Arriving {
    what: Awaited,
    descriptors: Vec<OwnedFd>,
}

enum Awaited {
    Configuration {
        number: u64,
        bundle: OwnedFd,
        sockets: Vec<usize>,
        files: usize,
    },
    LogFiles(usize),
}

impl Awaited {
    fn count(&self) -> usize {
        match self {
            Self::Configuration { sockets, files, .. } => sockets
                .iter()
                .fold(*files, |sum, count| sum.saturating_add(*count)),
            Self::LogFiles(count) => *count,
        }
    }
}

struct Worker {
    serving: Serving,
    source: Source,
    channel: Option<Channel>,
    signals: Signals,
    poller: Poller,
    arriving: Option<Arriving>,
    prepared: Option<(u64, Prepared)>,
    /// The limit it was born with.
    open_files: u64,
    ending: bool,
}

impl Worker {
    fn start(
        cycle: &mut Cycle,
        source: Source,
        channel: Channel,
        open_files: u64,
    ) -> io::Result<Self> {
        let signals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH];
        let signals = Signals::block(&signals)?;
        let mut serving = Serving::new()?;
        let files = std::mem::take(&mut cycle.files).into_iter();
        let files = files.map(|file| Arc::try_unwrap(file).or_else(|file| file.try_clone()));
        let files = files.collect::<io::Result<Vec<OwnedFd>>>()?;
        let sockets = std::mem::take(&mut cycle.sockets);
        let prepared = serving.prepare(cycle.number, &cycle.plan, sockets, files)?;
        serving.commit(prepared);
        let poller = Poller::new()?;
        poller.add(&signals, SIGNALS)?;
        poller.add(&channel, MASTER)?;
        poller.add(serving.wake(), THREADS)?;
        Ok(Self {
            serving,
            source,
            channel: Some(channel),
            signals,
            poller,
            arriving: None,
            prepared: None,
            open_files,
            ending: false,
        })
    }

    fn run(&mut self, mut title: Option<&mut Title>) -> i32 {
        loop {
            let ready = match self.poller.wait(None) {
                Ok(ready) => ready,
                Err(error) => {
                    self.serving
                        .say(Level::Alert, &format!("epoll_wait() failed: {error}"));
                    return 1;
                }
            };
            for ready in ready {
                match ready.token {
                    SIGNALS => self.take_signals(title.as_deref_mut()),
                    MASTER => self.take_orders(),
                    _ => match self.serving.collect() {
                        State::Ended if self.ending => {
                            self.serving.say(Level::Notice, "exiting");
                            return 0;
                        }
                        State::Broken => return 1,
                        State::Ended | State::Serving => {}
                    },
                }
            }
        }
    }

    fn take_signals(&mut self, title: Option<&mut Title>) {
        let mut quit = false;
        while let Ok(Some(signal)) = self.signals.next_pending() {
            match signal.number {
                SIGTERM | SIGINT => {
                    self.ending = true;
                    self.serving.stop();
                }
                SIGQUIT | SIGWINCH => quit = true,
                SIGUSR1 => self.answer(&Answer::ReopenPlease),
                // HUP and USR2 are the master's.
                _ => {}
            }
        }
        if quit && !self.ending {
            self.ending = true;
            self.serving.say(Level::Notice, "gracefully shutting down");
            if let Some(title) = title {
                title.set("nginx: worker process is shutting down");
            }
            self.serving.quit();
        }
    }

    fn take_orders(&mut self) {
        while let Some(channel) = &self.channel {
            match order::receive::<Order>(channel) {
                Ok(Some((order, descriptors))) => self.take(order, descriptors),
                Ok(None) => return,
                Err(error) => {
                    if error.kind() != io::ErrorKind::UnexpectedEof {
                        let text = format!("the master cannot be understood any more: {error}");
                        self.serving.say(Level::Alert, &text);
                    }
                    if let Some(channel) = self.channel.take() {
                        drop(self.poller.remove(&channel));
                    }
                }
            }
        }
    }

    fn take(&mut self, order: Order, descriptors: Vec<OwnedFd>) {
        match order {
            Order::Prepare {
                number,
                sockets,
                files,
            } => {
                self.forget();
                let Some(bundle) = descriptors.into_iter().next() else {
                    return self.refuse(number, "no configuration came with the order");
                };
                self.arriving = Some(Arriving {
                    what: Awaited::Configuration {
                        number,
                        bundle,
                        sockets,
                        files,
                    },
                    descriptors: Vec::new(),
                });
            }
            Order::Reopen(count) => {
                self.arriving = Some(Arriving {
                    what: Awaited::LogFiles(count),
                    descriptors: Vec::new(),
                });
            }
            Order::Descriptors => {
                if let Some(arriving) = &mut self.arriving {
                    arriving.descriptors.extend(descriptors);
                }
            }
            Order::Commit(number) => match self.prepared.take() {
                Some((ready, prepared)) if ready == number && !self.ending => {
                    self.serving.commit(prepared);
                }
                other => self.prepared = other,
            },
            Order::Abort(_) => self.forget(),
        }
        if let Some(arriving) = self.arriving.take_if(Arriving::complete) {
            self.complete(arriving);
        }
    }

    fn complete(&mut self, arriving: Arriving) {
        let Arriving { what, descriptors } = arriving;
        match what {
            Awaited::LogFiles(_) => {
                self.serving.say(Level::Notice, "reopening logs");
                self.serving.reopen(descriptors);
            }
            Awaited::Configuration {
                number,
                bundle,
                sockets,
                ..
            } => match self.prepare(number, bundle, &sockets, descriptors) {
                Ok(prepared) => {
                    self.prepared = Some((number, prepared));
                    self.answer(&Answer::Prepared(number));
                }
                Err(error) => self.refuse(number, &error.to_string()),
            },
        }
    }

    fn prepare(
        &mut self,
        number: u64,
        bundle: OwnedFd,
        counts: &[usize],
        descriptors: Vec<OwnedFd>,
    ) -> io::Result<Prepared> {
        let plan = self.source.replay(bundle)?;
        let listeners = &plan.stream.listeners;
        if listeners.len() != counts.len() {
            return Err(io::Error::other("master and worker read it differently"));
        }
        let mut descriptors = descriptors.into_iter();
        let mut sockets = Vec::with_capacity(listeners.len());
        for (listener, count) in listeners.iter().zip(counts) {
            let kept = || self.serving.socket(&listener.key);
            let socket = match (*count, listener.options.reuseport) {
                (0, _) => kept(),
                (count, true) => {
                    let own = descriptors.by_ref().take(count).map(Arc::new);
                    Some(Sockets::PerThread(own.collect()))
                }
                (_, false) => descriptors.next().map(|fd| Sockets::Shared(Arc::new(fd))),
            };
            let missing = || io::Error::other(format!("no socket for {}", listener.display));
            sockets.push(socket.ok_or_else(missing)?);
        }
        let files: Vec<OwnedFd> = descriptors.collect();
        if files.len() != plan.stream.files.len() {
            return Err(io::Error::other("a log file is missing"));
        }
        if let Err((text, error)) = raise_open_files(0, &plan, self.open_files) {
            let (errno, why) = reason(&error);
            self.serving
                .say(Level::Alert, &format!("{text} ({errno}: {why})"));
        }
        self.serving.prepare(number, &plan, sockets, files)
    }

    fn forget(&mut self) {
        self.arriving = None;
        if let Some((_, prepared)) = self.prepared.take() {
            Serving::abort(prepared);
        }
    }

    fn refuse(&mut self, number: u64, why: &str) {
        self.answer(&Answer::Refused(number, why.to_owned()));
    }

    fn answer(&mut self, answer: &Answer) {
        if let Some(channel) = &self.channel
            && let Err(error) = order::send(channel, answer, &[])
        {
            self.serving.say(
                Level::Alert,
                &format!("the master does not listen: {error}"),
            );
        }
    }
}

impl Arriving {
    fn complete(&mut self) -> bool {
        self.descriptors.len() >= self.what.count()
    }
}
