//! The relay threads of one process, and the configuration they serve.
//!
//! Invariants: threads are started before a configuration is committed to, so that committing
//! cannot fail; a thread that ends unasked is replaced and told.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use nix::sys::eventfd::{EfdFlags, EventFd};
use plan::nginx::Plan;
use relay::{
    Clock, Command, Generation, Limits, LogFiles, Parts, Process, Sockets, Thread, ThreadConfig,
};
use stream::config::Level;
use stream::error_log::Line;
use stream::template::ProcessFacts;

use super::layout::NGINX_VERSION;

/// A thread that ends unasked sooner than this after its start is not replaced.
const SHORTEST_LIFE: Duration = Duration::from_secs(1);

/// Relay threads at work.
pub(super) struct Serving {
    process: Arc<Process>,
    threads: Vec<Running>,
    /// Told to quit; their sessions go on.
    retiring: Vec<Running>,
    next_id: u64,
    told: mpsc::Receiver<Told>,
    teller: Teller,
    files: LogFiles,
    current: Option<Prepared>,
    clock: Clock,
}

/// A configuration ready to be served.
pub(super) struct Prepared {
    generation: Arc<Generation>,
    threads: usize,
    affinity: Vec<Vec<usize>>,
    priority: i32,
    /// Started for it beyond those that run.
    extra: Vec<Running>,
}

struct Running {
    id: u64,
    started: Instant,
    thread: Thread,
}

/// A thread with this id has ended.
struct Told(u64);

#[derive(Clone)]
struct Teller {
    to: mpsc::Sender<Told>,
    wake: Arc<EventFd>,
}

/// Lives in a thread and tells of its end, however it comes.
struct Guard {
    id: u64,
    teller: Teller,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.teller.to.send(Told(self.id)).is_ok() {
            // Fails only when the counter is full, and then the reader wakes anyway.
            let _ = self.teller.wake.write(1);
        }
    }
}

/// All threads have ended, or one that was needed cannot be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// At work.
    Serving,
    /// Every thread has ended after [`Serving::quit`] or [`Serving::stop`].
    Ended,
    /// A thread keeps dying.
    Broken,
}

impl Serving {
    /// No thread yet.
    ///
    /// # Errors
    /// When no event descriptor can be made.
    pub(super) fn new() -> io::Result<Self> {
        let wake = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
        let (to, told) = mpsc::channel();
        let hostname = nix::unistd::gethostname().unwrap_or_default();
        let facts = ProcessFacts {
            hostname: hostname.to_string_lossy().to_lowercase(),
            nginx_version: NGINX_VERSION.to_owned(),
            pid: std::process::id(),
        };
        Ok(Self {
            process: Arc::new(Process::new(facts)),
            threads: Vec::new(),
            retiring: Vec::new(),
            next_id: 0,
            told,
            teller: Teller {
                to,
                wake: Arc::new(wake),
            },
            files: LogFiles::default(),
            current: None,
            clock: Clock::new(),
        })
    }

    /// Readable when [`Self::collect`] should be called.
    #[must_use]
    pub(super) fn wake(&self) -> BorrowedFd<'_> {
        self.teller.wake.as_fd()
    }

    /// The sockets in use for listener keys equal to those of `plan`.
    #[must_use]
    pub(super) fn socket(&self, key: &stream::config::ListenerKey) -> Option<Sockets> {
        let generation = &self.current.as_ref()?.generation;
        let listeners = &generation.config().listeners;
        let index = listeners.iter().position(|l| l.key == *key)?;
        generation.sockets().into_iter().nth(index)
    }

    /// Makes everything ready to serve `plan`.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub(super) fn prepare(
        &mut self,
        number: u64,
        plan: &Plan,
        sockets: Vec<Sockets>,
        files: Vec<OwnedFd>,
    ) -> io::Result<Prepared> {
        let opened = plan.stream.files.iter().zip(files);
        let parts = Parts {
            number,
            config: plan.stream.clone(),
            sockets,
            files: opened.map(|(path, fd)| self.files.open(path, fd)).collect(),
            error_logs: plan.error_logs.clone(),
            limits: Limits {
                worker_connections: plan.worker_connections,
                multi_accept: plan.multi_accept,
                shutdown_timeout: plan.shutdown_timeout,
            },
            threads: plan.threads,
        };
        let mut prepared = Prepared {
            generation: Generation::new(parts),
            threads: plan.threads.max(1),
            affinity: plan.cpu_affinity.clone(),
            priority: plan.priority,
            extra: Vec::new(),
        };
        let mut running = self.threads.len();
        if self.must_restart_threads(&prepared) {
            running = 0;
        }
        for index in running..prepared.threads {
            match self.spawn(index, &prepared) {
                Ok(thread) => prepared.extra.push(thread),
                Err(error) => {
                    Self::abort(prepared);
                    return Err(error);
                }
            }
        }
        Ok(prepared)
    }

    /// Serves what was prepared. Running sessions keep what they began with.
    pub(super) fn commit(&mut self, mut prepared: Prepared) {
        if self.must_restart_threads(&prepared) {
            self.retire_from(0);
        }
        self.retire_from(prepared.threads);
        self.threads.append(&mut prepared.extra);
        for running in &self.threads {
            let generation = Arc::clone(&prepared.generation);
            running.thread.send(Command::Install(generation));
        }
        if let Some(old) = self.current.replace(prepared) {
            old.generation.retire();
        }
    }

    /// Forgets what was prepared.
    pub(super) fn abort(prepared: Prepared) {
        for running in prepared.extra {
            running.thread.send(Command::Stop);
        }
    }

    /// Goes over to log files that were opened anew, parallel to the running configuration's.
    pub(super) fn reopen(&mut self, files: Vec<OwnedFd>) {
        let Some(current) = &self.current else {
            return;
        };
        for (path, fd) in current.generation.config().files.iter().zip(files) {
            self.files.open(path, fd);
        }
    }

    /// Lets sessions end by themselves.
    pub(super) fn quit(&mut self) {
        self.retire_from(0);
    }

    /// Ends all sessions.
    pub(super) fn stop(&mut self) {
        self.retire_from(0);
        for running in &self.retiring {
            running.thread.send(Command::Stop);
        }
    }

    /// Takes note of threads that ended.
    pub(super) fn collect(&mut self) -> State {
        // Empty when somebody else has read it: there is nothing more to know.
        let _ = self.teller.wake.read();
        while let Ok(Told(id)) = self.told.try_recv() {
            if let Some(at) = self.retiring.iter().position(|running| running.id == id) {
                drop(self.retiring.swap_remove(at).thread.join());
            } else if let Some(at) = self.threads.iter().position(|running| running.id == id)
                && !self.replace(at)
            {
                return State::Broken;
            }
        }
        if self.threads.is_empty() && self.retiring.is_empty() {
            State::Ended
        } else {
            State::Serving
        }
    }

    /// Writes a line to the main error logs.
    pub(super) fn say(&mut self, level: Level, text: &str) {
        let Some(current) = &self.current else {
            return;
        };
        let line = Line {
            level,
            connection: None,
            text,
            errno: None,
            about: None,
        };
        let logs = current.generation.error_logs();
        logs.write(&line, &mut self.clock, std::process::id());
    }

    /// Affinity and priority belong to a thread from its start.
    fn must_restart_threads(&self, next: &Prepared) -> bool {
        self.current
            .as_ref()
            .is_some_and(|now| now.affinity != next.affinity || now.priority != next.priority)
    }

    fn retire_from(&mut self, keep: usize) {
        if let Some(current) = self.current.as_ref().filter(|_| keep == 0) {
            current.generation.retire();
        }
        for running in self.threads.drain(keep.min(self.threads.len())..) {
            running.thread.send(Command::Quit);
            self.retiring.push(running);
        }
    }

    fn spawn(&mut self, index: usize, prepared: &Prepared) -> io::Result<Running> {
        let id = self.next_id;
        self.next_id += 1;
        let guard = Guard {
            id,
            teller: self.teller.clone(),
        };
        let masks = &prepared.affinity;
        let affinity = masks.get(index % masks.len().max(1)).cloned();
        let thread = Thread::spawn(ThreadConfig {
            index,
            affinity: affinity.unwrap_or_default(),
            priority: prepared.priority,
            process: Arc::clone(&self.process),
            // Only the closure's life matters here: it ends with its thread, and the guard tells.
            report: Box::new(move |_| _ = &guard),
        })?;
        let started = Instant::now();
        Ok(Running {
            id,
            started,
            thread,
        })
    }

    fn replace(&mut self, at: usize) -> bool {
        let lived = self.threads[at].started.elapsed();
        self.say(
            Level::Alert,
            "a relay thread ended unexpectedly, its sessions are lost",
        );
        let Some(current) = self.current.take() else {
            return false;
        };
        let fresh = if lived < SHORTEST_LIFE {
            None
        } else {
            self.spawn(at, &current).ok()
        };
        let generation = Arc::clone(&current.generation);
        self.current = Some(current);
        let Some(fresh) = fresh else {
            return false;
        };
        fresh.thread.send(Command::Install(generation));
        let dead = std::mem::replace(&mut self.threads[at], fresh);
        // Its panic has been told above.
        drop(dead.thread.join());
        true
    }
}
