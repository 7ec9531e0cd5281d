//! The loop of one thread: wait, commands, accepts, sessions, timers.
//!
//! Invariants: a session's slot is freed only after the batch of events that ended it, so that a
//! stale event never meets a new session; a session that panics is taken out, and the loop goes on.

#[cfg(test)]
mod tests;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};

use nix::sys::epoll::{EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::EventFd;
use slab::Slab;
use stream::config::Level;
use stream::error_log::Line;

use crate::Generation;
use crate::clients::Clients;
use crate::listener::Listeners;
use crate::running::Running;
use crate::session::{AnySession, Side, Step};
use crate::thread::{Command, Report, ReportKind, ThreadConfig};
use crate::turn::{Token, Turn};

/// Events taken from the kernel at once.
const BATCH: usize = 256;
pub(crate) struct EventLoop {
    config: ThreadConfig,
    inbox: mpsc::Receiver<Command>,
    wake: Arc<EventFd>,
    pub(crate) turn: Turn,
    /// None: ended in this batch.
    pub(crate) sessions: Slab<Option<AnySession>>,
    pub(crate) clients: Clients,
    /// Slots to be freed after this batch.
    ended: Vec<usize>,
    /// Sessions that have more to do but let others go first.
    again: Vec<usize>,
    pub(crate) listeners: Listeners,
    /// Newest last; older ones while sessions hold them.
    generations: Vec<Rc<Running>>,
    quitting: bool,
    stopping: bool,
}

impl EventLoop {
    pub(crate) fn new(
        config: ThreadConfig,
        inbox: mpsc::Receiver<Command>,
        wake: Arc<EventFd>,
        turn: Turn,
    ) -> Self {
        Self {
            config,
            inbox,
            wake,
            turn,
            sessions: Slab::new(),
            clients: Clients::default(),
            ended: Vec::new(),
            again: Vec::new(),
            listeners: Listeners::default(),
            generations: Vec::new(),
            quitting: false,
            stopping: false,
        }
    }

    /// Runs until a command ends it.
    pub(crate) fn run(mut self) {
        self.turn.tid = u32::try_from(nix::unistd::gettid().as_raw()).unwrap_or(0);
        self.apply_scheduling();
        let mut events = vec![EpollEvent::empty(); BATCH];
        while !(self.stopping || self.quitting && self.sessions.is_empty()) {
            if let Err(errno) = self.turn_once(&mut events) {
                self.log(Level::Alert, "epoll_wait() failed", Some(errno));
                break;
            }
        }
        self.end_all();
        self.report(ReportKind::Exiting);
    }

    /// Waits for something to happen, and does what follows from it.
    fn turn_once(&mut self, events: &mut [EpollEvent]) -> nix::Result<()> {
        let timeout = self.timeout();
        let count = match self.turn.epoll.wait(events, timeout) {
            Err(nix::Error::EINTR) => 0,
            result => result?,
        };
        self.turn.clock.read();
        for event in &events[..count] {
            self.on_event(Token::unpack(event.data()), event.events());
        }
        self.continue_sessions();
        self.fire_timers();
        self.free_ended();
        Ok(())
    }

    fn apply_scheduling(&self) {
        let mut cpus = nix::sched::CpuSet::new();
        let set = self
            .config
            .affinity
            .iter()
            .all(|&cpu| cpus.set(cpu).is_ok());
        if set && !self.config.affinity.is_empty() {
            // As in nginx, a CPU that does not exist is no reason not to serve.
            let _ = nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &cpus);
        }
        if self.config.priority != 0 {
            drop(sys::relay_socket::set_thread_priority(self.config.priority));
        }
    }

    fn timeout(&self) -> EpollTimeout {
        if !self.again.is_empty() {
            return EpollTimeout::ZERO;
        }
        let Some(deadline) = self.turn.next_deadline() else {
            return EpollTimeout::NONE;
        };
        let left = deadline
            .since(self.turn.clock.now())
            .as_micros()
            .div_ceil(1000);
        EpollTimeout::try_from(left).unwrap_or(EpollTimeout::MAX)
    }

    fn on_event(&mut self, token: Token, flags: EpollFlags) {
        match token {
            Token::Wake => self.take_commands(),
            Token::Listener(key) => self.arrive(key),
            Token::Client(key) => {
                self.drive(key, |session, turn| {
                    session.on_event(Side::Client, flags, turn)
                });
            }
            Token::Upstream(key) => {
                self.drive(key, |session, turn| {
                    session.on_event(Side::Upstream, flags, turn)
                });
            }
            Token::AcceptAgain | Token::Shutdown(_) | Token::Flush(_) => {
                unreachable!("timers are not registered with epoll")
            }
        }
    }

    fn continue_sessions(&mut self) {
        for key in std::mem::take(&mut self.again) {
            self.drive(key, AnySession::resume);
        }
    }

    fn fire_timers(&mut self) {
        let now = self.turn.clock.now();
        while let Some(token) = self.turn.pop_due(now) {
            match token {
                Token::Client(key) => self.drive(key, AnySession::on_timer),
                Token::AcceptAgain => self.listeners.resume(&self.turn),
                Token::Shutdown(number) => self.shut_down(number),
                Token::Flush(key) => self.turn.flush(key),
                Token::Wake | Token::Listener(_) | Token::Upstream(_) => {}
            }
        }
    }

    /// Lets one session act, and does what it then needs.
    pub(crate) fn drive(
        &mut self,
        key: usize,
        act: impl FnOnce(&mut AnySession, &mut Turn) -> Step,
    ) {
        let Some(session) = self.sessions.get_mut(key).and_then(Option::as_mut) else {
            return;
        };
        let turn = &mut self.turn;
        match catch_unwind(AssertUnwindSafe(|| act(session, turn))) {
            Ok(Step::Stay) => {}
            Ok(Step::Again) => self.again.push(key),
            Ok(Step::End) => self.end(key),
            Err(panic) => {
                let text = format!("a session panicked and was ended: {}", message(&*panic));
                self.log(Level::Alert, &text, None);
                self.end(key);
            }
        }
    }

    /// Ends a session: log line, peer given back, sockets closed; its slot stays taken until the
    /// batch is over.
    fn end(&mut self, key: usize) {
        let Some(session) = self.sessions[key].take() else {
            return;
        };
        self.ended.push(key);
        self.clients.remove(session.client_key().as_ref(), key);
        let running = Rc::clone(&session.core().running);
        running.sessions.set(running.sessions.get() - 1);
        self.turn.process.active.fetch_sub(1, Ordering::Relaxed);
        let turn = &mut self.turn;
        if catch_unwind(AssertUnwindSafe(|| session.finish(turn))).is_err() {
            self.log(Level::Alert, "a session panicked while it ended", None);
        }
    }

    fn free_ended(&mut self) {
        if self.ended.is_empty() {
            return;
        }
        for key in self.ended.drain(..) {
            self.sessions.remove(key);
        }
        self.drop_drained();
    }

    fn drop_drained(&mut self) {
        let newest = self.generations.len().saturating_sub(1);
        for old in (0..newest).rev() {
            if self.generations[old].sessions.get() == 0 {
                let drained = self.generations.remove(old);
                self.report(ReportKind::Drained(drained.generation.number()));
            }
        }
    }

    fn take_commands(&mut self) {
        // Empties the counter; it may have been emptied by an earlier look.
        let _ = self.wake.read();
        loop {
            match self.inbox.try_recv() {
                Ok(Command::Install(generation)) => self.install(generation),
                Ok(Command::Quit) => self.quit(),
                Ok(Command::Stop) => self.stopping = true,
                Err(mpsc::TryRecvError::Empty) => return,
                // Whoever started this thread is gone, so nobody could end it later.
                Err(mpsc::TryRecvError::Disconnected) => return self.quit(),
            }
        }
    }

    fn install(&mut self, generation: Arc<Generation>) {
        self.limit_lifetime_of_newest();
        let number = generation.number();
        let running = Rc::new(Running::new(generation));
        self.turn.worker_connections = running.generation.parts.limits.worker_connections;
        if !self.quitting {
            let failed = self
                .listeners
                .install(&running, self.config.index, &mut self.turn);
            for (text, errno) in failed {
                self.log(Level::Alert, &text, Some(errno));
            }
        }
        self.generations.push(running);
        self.drop_drained();
        self.report(ReportKind::Installed(number));
    }

    fn quit(&mut self) {
        if self.quitting {
            return;
        }
        self.quitting = true;
        self.listeners.close(&mut self.turn);
        self.limit_lifetime_of_newest();
        self.drive_all(AnySession::quit);
    }

    /// `worker_shutdown_timeout` begins when a configuration is replaced or the thread quits.
    fn limit_lifetime_of_newest(&mut self) {
        let Some(newest) = self.generations.last() else {
            return;
        };
        if let Some(timeout) = newest.generation.parts.limits.shutdown_timeout {
            let deadline = self.turn.clock.now() + timeout;
            self.turn
                .fire_at(deadline, Token::Shutdown(newest.generation.number()));
        }
    }

    fn shut_down(&mut self, number: u64) {
        let late: Vec<usize> = self
            .sessions
            .iter()
            .filter_map(|(key, session)| Some((key, session.as_ref()?)))
            .filter(|(_, session)| session.core().running.generation.number() <= number)
            .map(|(key, _)| key)
            .collect();
        for key in late {
            self.drive(key, AnySession::shut_down);
        }
    }

    fn drive_all(&mut self, act: impl Fn(&mut AnySession, &mut Turn) -> Step) {
        let keys: Vec<usize> = self.sessions.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.drive(key, &act);
        }
    }

    fn end_all(&mut self) {
        self.listeners.close(&mut self.turn);
        self.drive_all(|session, _| session.stop());
        self.free_ended();
    }

    /// The configuration that new sessions get.
    pub(crate) fn newest(&self) -> Option<Rc<Running>> {
        self.generations.last().cloned()
    }

    fn report(&self, kind: ReportKind) {
        (self.config.report)(Report {
            thread: self.config.index,
            kind,
        });
    }

    /// Writes to the main error logs.
    pub(crate) fn log(&mut self, level: Level, text: &str, errno: Option<nix::Error>) {
        self.log_at(None, level, text, errno);
    }

    /// Writes to the error logs of a listener's server, or to the main ones.
    pub(crate) fn log_at(
        &mut self,
        listener: Option<usize>,
        level: Level,
        text: &str,
        errno: Option<nix::Error>,
    ) {
        let Some(newest) = self.newest() else { return };
        let described = errno.map(|errno| (errno as i32, errno.desc()));
        let line = Line {
            level,
            connection: None,
            text,
            errno: described,
            about: None,
        };
        let logs = match listener {
            Some(listener) => newest.error_logs(newest.listener(listener).server),
            None => newest.generation.error_logs(),
        };
        logs.write(&line, &mut self.turn.clock, self.turn.tid);
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}
