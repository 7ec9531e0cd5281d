//! What a session may use while it handles an event: clock, buffer, timers, epoll.
//!
//! Invariants: the buffer holds nothing between two events; a timer that was armed is in the tree
//! exactly once.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Weak};

use base::Instant;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};

use crate::Clock;
use crate::log_file::LogFile;
use crate::thread::Process;

/// Size of the receive buffer that all sessions of a thread share.
pub(crate) const BUFFER: usize = 512 * 1024;

/// Whom an event or a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Token {
    /// Commands wait.
    Wake,
    /// A listener's key.
    Listener(usize),
    /// Listeners that were at rest accept again.
    AcceptAgain,
    /// A session's key; its client, or its timer.
    Client(usize),
    /// A session's key; its peer.
    Upstream(usize),
    /// Sessions of generations up to this number have outlived their configuration.
    Shutdown(u64),
    /// A log buffer's key is due.
    Flush(usize),
}

impl Token {
    const KIND_BITS: u32 = 3;

    fn pack(self) -> u64 {
        let (kind, value) = match self {
            Self::Wake => (0, 0),
            Self::Listener(key) => (1, key as u64),
            Self::AcceptAgain => (2, 0),
            Self::Client(key) => (3, key as u64),
            Self::Upstream(key) => (4, key as u64),
            Self::Shutdown(number) => (5, number),
            Self::Flush(key) => (6, key as u64),
        };
        value << Self::KIND_BITS | kind
    }

    /// The token of an epoll event; only [`Self::pack`]'s results are ever registered.
    pub(crate) fn unpack(packed: u64) -> Self {
        let value = packed >> Self::KIND_BITS;
        let key = usize::try_from(value).unwrap_or(usize::MAX);
        match packed & ((1 << Self::KIND_BITS) - 1) {
            0 => Self::Wake,
            1 => Self::Listener(key),
            2 => Self::AcceptAgain,
            3 => Self::Client(key),
            4 => Self::Upstream(key),
            5 => Self::Shutdown(value),
            _ => Self::Flush(key),
        }
    }
}

/// The services of one thread.
pub(crate) struct Turn {
    pub(crate) epoll: Epoll,
    pub(crate) clock: Clock,
    pub(crate) buffer: Box<[u8]>,
    /// For one line or key at a time.
    pub(crate) text: Vec<u8>,
    pub(crate) process: Arc<Process>,
    pub(crate) tid: u32,
    /// Descriptors that count against `worker_connections`.
    pub(crate) connections: usize,
    pub(crate) worker_connections: usize,
    timers: BTreeSet<(Instant, Token)>,
    /// Files with a flush timer; a place is used again when its file is gone.
    flushes: Vec<Weak<LogFile>>,
}

/// A timer of one owner, which knows whether it is armed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timer(Option<Instant>);

impl Timer {
    /// To be called by the owner when the timer fires.
    pub(crate) const fn fired(&mut self) {
        self.0 = None;
    }
}

impl Turn {
    pub(crate) fn new(process: Arc<Process>) -> io::Result<Self> {
        Ok(Self {
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            clock: Clock::new(),
            buffer: vec![0; BUFFER].into_boxed_slice(),
            text: Vec::new(),
            process,
            tid: 0,
            // As in nginx, the way commands come in is one.
            connections: 1,
            worker_connections: 0,
            timers: BTreeSet::new(),
            flushes: Vec::new(),
        })
    }

    /// Registers `socket` for all changes of its state, each told once.
    pub(crate) fn watch(&self, socket: impl AsFd, token: Token) -> io::Result<()> {
        let flags = EpollFlags::EPOLLIN
            | EpollFlags::EPOLLOUT
            | EpollFlags::EPOLLRDHUP
            | EpollFlags::EPOLLET;
        Ok(self
            .epoll
            .add(socket, EpollEvent::new(flags, token.pack()))?)
    }

    /// Registers `socket` for being readable, told as long as it is.
    pub(crate) fn listen(
        &self,
        socket: impl AsFd,
        token: Token,
        exclusive: bool,
    ) -> io::Result<()> {
        let mut flags = EpollFlags::EPOLLIN;
        flags.set(EpollFlags::EPOLLEXCLUSIVE, exclusive);
        Ok(self
            .epoll
            .add(socket, EpollEvent::new(flags, token.pack()))?)
    }

    /// Makes `timer` fire at `deadline` or before. An earlier firing stays armed: owners look at
    /// their deadline again when it fires, which spares moving a timer with every byte.
    pub(crate) fn arm(&mut self, timer: &mut Timer, deadline: Instant, token: Token) {
        match timer.0 {
            Some(armed) if armed <= deadline => {}
            Some(armed) => {
                self.timers.remove(&(armed, token));
                self.set(timer, deadline, token);
            }
            None => self.set(timer, deadline, token),
        }
    }

    fn set(&mut self, timer: &mut Timer, deadline: Instant, token: Token) {
        timer.0 = Some(deadline);
        self.timers.insert((deadline, token));
    }

    /// Takes `timer` out.
    pub(crate) fn disarm(&mut self, timer: &mut Timer, token: Token) {
        if let Some(armed) = timer.0.take() {
            self.timers.remove(&(armed, token));
        }
    }

    /// Arms a timer that nobody moves or takes out.
    pub(crate) fn fire_at(&mut self, deadline: Instant, token: Token) {
        self.timers.insert((deadline, token));
    }

    /// When the next timer is due.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.timers.first().map(|(deadline, _)| *deadline)
    }

    /// Takes one timer that is due at `now`.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Token> {
        let &(deadline, token) = self
            .timers
            .first()
            .filter(|(deadline, _)| *deadline <= now)?;
        self.timers.remove(&(deadline, token));
        Some(token)
    }

    /// Writes one access-log line to `file`, buffered if its `access_log` says so. Returns what an
    /// operator should be told.
    pub(crate) fn write_access(
        &mut self,
        file: &Arc<LogFile>,
        buffer: Option<stream::config::LogBuffer>,
        line: &[u8],
    ) -> Option<(String, nix::Error)> {
        let Some(settings) = buffer else {
            return file.write_or_tell(line, self.clock.now());
        };
        let first = file.write_buffered(line, settings);
        if let Some(flush) = settings.flush.filter(|_| first) {
            let weak = Arc::downgrade(file);
            let free = |known: &Weak<_>| known.ptr_eq(&weak) || known.strong_count() == 0;
            let key = self
                .flushes
                .iter()
                .position(free)
                .unwrap_or(self.flushes.len());
            match self.flushes.get_mut(key) {
                Some(place) => *place = weak,
                None => self.flushes.push(weak),
            }
            self.fire_at(self.clock.now() + flush, Token::Flush(key));
        }
        None
    }

    /// Flushes the log buffer that a [`Token::Flush`] names.
    pub(crate) fn flush(&mut self, key: usize) {
        if let Some(file) = self.flushes.get(key).and_then(Weak::upgrade) {
            file.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_the_kernel() {
        for token in [
            Token::Wake,
            Token::Listener(3),
            Token::AcceptAgain,
            Token::Client(70_000),
            Token::Upstream(0),
            Token::Shutdown(9),
            Token::Flush(1),
        ] {
            assert_eq!(Token::unpack(token.pack()), token);
        }
    }

    #[test]
    fn an_earlier_timer_stays_and_a_later_one_moves() {
        let mut turn = Turn::new(Arc::default()).expect("epoll");
        let (mut timer, token) = (Timer::default(), Token::Client(1));
        let at = Instant::from_millis;
        turn.arm(&mut timer, at(50), token);
        turn.arm(&mut timer, at(90), token);
        assert_eq!(turn.next_deadline(), Some(at(50)));
        turn.arm(&mut timer, at(20), token);
        assert_eq!(turn.pop_due(at(19)), None);
        assert_eq!(turn.pop_due(at(20)), Some(token));
        assert_eq!(turn.next_deadline(), None);
        timer.fired();
        turn.arm(&mut timer, at(30), token);
        turn.disarm(&mut timer, token);
        assert_eq!(turn.next_deadline(), None);
    }
}
