//! Starting a relay thread and talking to it.
//!
//! Invariant: every command is followed by a wake-up, so none waits for traffic.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use nix::sys::eventfd::{EfdFlags, EventFd};
use stream::template::ProcessFacts;

use crate::Generation;
use crate::event_loop::EventLoop;
use crate::turn::{Token, Turn};

/// What all threads of a worker share.
#[derive(Debug, Default)]
pub struct Process {
    /// For variables.
    pub facts: ProcessFacts,
    /// `$connection`: serial numbers, also used up by connections to peers.
    pub connections: AtomicU64,
    /// Sessions accepted since the start.
    pub accepted: AtomicU64,
    /// Sessions that run now.
    pub active: AtomicU64,
}

impl Process {
    /// A process that variables see as `facts`.
    #[must_use]
    pub fn new(facts: ProcessFacts) -> Self {
        Self {
            facts,
            ..Self::default()
        }
    }

    /// The next serial number, from 1.
    pub(crate) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// How a thread starts.
pub struct ThreadConfig {
    /// Its number, from 0.
    pub index: usize,
    /// CPUs it may run on (`worker_cpu_affinity`); empty: all.
    pub affinity: Vec<usize>,
    /// `worker_priority`
    pub priority: i32,
    /// Shared with the other threads.
    pub process: Arc<Process>,
    /// Told what happens, on the thread's own stack: must not block.
    pub report: Box<dyn Fn(Report) + Send>,
}

/// What a thread is told.
#[derive(Clone, Debug)]
pub enum Command {
    /// Serve new sessions with this; running ones keep theirs. Sockets that it no longer has are
    /// closed. Answered by [`ReportKind::Installed`].
    Install(Arc<Generation>),
    /// Accept no more; exit when the last session has ended, or at the latest after
    /// `worker_shutdown_timeout`.
    Quit,
    /// End all sessions and exit.
    Stop,
}

/// What a thread tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which thread.
    pub thread: usize,
    /// What.
    pub kind: ReportKind,
}

/// What a thread tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// New sessions get generation number so-and-so.
    Installed(u64),
    /// The last session of a replaced generation has ended.
    Drained(u64),
    /// The thread is about to end: after [`Command::Quit`] or [`Command::Stop`].
    Exiting,
}

/// A running relay thread.
#[derive(Debug)]
pub struct Thread {
    commands: mpsc::Sender<Command>,
    wake: Arc<EventFd>,
    handle: JoinHandle<()>,
}

impl Thread {
    /// Starts a thread, which waits for its first [`Command::Install`].
    ///
    /// # Errors
    /// The system's: no thread, epoll or event descriptor could be made.
    pub fn spawn(config: ThreadConfig) -> io::Result<Self> {
        let (commands, inbox) = mpsc::channel();
        let wake = Arc::new(EventFd::from_flags(
            EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK,
        )?);
        // What can fail is made here, where the caller hears of it.
        let turn = Turn::new(Arc::clone(&config.process))?;
        turn.listen(&*wake, Token::Wake, false)?;
        let woken = Arc::clone(&wake);
        let handle = std::thread::Builder::new()
            .name("nginx".to_owned())
            .spawn(move || EventLoop::new(config, inbox, woken, turn).run())?;
        Ok(Self {
            commands,
            wake,
            handle,
        })
    }

    /// Tells the thread something. A thread that has ended hears nothing.
    pub fn send(&self, command: Command) {
        if self.commands.send(command).is_ok() {
            // Fails only when the counter is full, and then the thread wakes anyway.
            let _ = self.wake.write(1);
        }
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When the thread panicked.
    pub fn join(self) -> std::thread::Result<()> {
        self.handle.join()
    }
}
