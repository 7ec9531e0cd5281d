//! Sessions. Here, TCP's: a client, the peer it is connected to, and the bytes between them.
//!
//! Invariants: while no side blocks, a session holds no buffer; a peer that was picked is given
//! back exactly once; the log line is written once, at the end.
//!
//! Deliberately unknown here: which peer is best (`stream::balance`), how log lines read.

mod any;
mod connect;
mod core;
mod lines;
mod pace;
mod shift;
mod udp;

use std::os::fd::OwnedFd;
use std::rc::Rc;

use base::Instant;
use nix::sys::epoll::EpollFlags;
use stream::balance::Outcome;
use stream::config::Level;
use stream::session::Status;

pub(crate) use self::any::AnySession;
use self::core::Core;
pub(crate) use self::core::address_of;
use self::shift::Flow;
pub(crate) use self::udp::{Arrival, UdpSession, datagram_client};
use crate::listener::Accepted;
use crate::running::Running;
use crate::turn::{Token, Turn};

/// Which of the two sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Upstream,
}

/// What the loop is to do with a session after it acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Wait for events.
    Stay,
    /// Call [`TcpSession::resume`] soon.
    Again,
    /// It is over.
    End,
}

/// A socket and what is known of its readiness. Readiness is told once per change, so it is
/// remembered until a call says otherwise.
#[derive(Debug)]
struct End {
    socket: OwnedFd,
    readable: bool,
    writable: bool,
    /// The other end has finished sending: a short read has taken the last byte.
    fin: bool,
    /// Nothing more will be read.
    eof: bool,
}

impl End {
    const fn new(socket: OwnedFd) -> Self {
        Self {
            socket,
            readable: false,
            writable: false,
            fin: false,
            eof: false,
        }
    }

    fn note(&mut self, flags: EpollFlags) {
        let broken = flags.intersects(EpollFlags::EPOLLERR | EpollFlags::EPOLLHUP);
        if flags.intersects(EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP) || broken {
            self.readable = true;
        }
        if flags.contains(EpollFlags::EPOLLOUT) || broken {
            self.writable = true;
        }
        // After an error the read must fail, so that the error is seen.
        if flags.contains(EpollFlags::EPOLLRDHUP) && !flags.contains(EpollFlags::EPOLLERR) {
            self.fin = true;
        }
    }
}

#[derive(Debug)]
enum Phase {
    /// Waiting for the peer to accept, until then.
    Connecting { until: Instant },
    /// Moving bytes, since then.
    Proxying { since: Instant },
}

/// One client's connection.
#[derive(Debug)]
pub(crate) struct TcpSession {
    core: Core,
    client: End,
    upstream: Option<End>,
    phase: Phase,
    /// Client to peer.
    up: Flow,
    /// Peer to client.
    down: Flow,
    half_closed: bool,
}

impl TcpSession {
    pub(crate) fn new(
        key: usize,
        running: Rc<Running>,
        accepted: Accepted,
        turn: &mut Turn,
    ) -> Self {
        let client = address_of(&accepted.client);
        let mut core = Core::new(key, running, accepted.listener, client, turn);
        core.choose_server(&accepted.socket);
        let chunk = core.config().buffer_size;
        turn.connections += 1;
        Self {
            client: End::new(accepted.socket),
            upstream: None,
            phase: Phase::Connecting { until: core.active },
            up: Flow::new(chunk),
            down: Flow::new(chunk),
            half_closed: false,
            core,
        }
    }

    pub(crate) const fn core(&self) -> &Core {
        &self.core
    }

    /// Begins: the client is watched, the first peer is tried.
    pub(crate) fn start(&mut self, turn: &mut Turn) -> Step {
        self.core.log_arrival(turn);
        if !self.core.is_let_in(turn) {
            return self.core.end_with(Status::FORBIDDEN);
        }
        if let Err(error) = turn.watch(&self.client.socket, Token::Client(self.core.key)) {
            self.core.log(
                turn,
                Level::Alert,
                "epoll_ctl() failed",
                error.raw_os_error(),
            );
            return self.core.end_with(Status::INTERNAL);
        }
        self.core.begin_selection(&self.client.socket, turn);
        self.connect(turn)
    }

    /// One of the sockets changed its state.
    pub(crate) fn on_event(&mut self, side: Side, flags: EpollFlags, turn: &mut Turn) -> Step {
        match (side, &mut self.upstream) {
            (Side::Client, _) => self.client.note(flags),
            (Side::Upstream, Some(upstream)) => upstream.note(flags),
            (Side::Upstream, None) => return Step::Stay,
        }
        match (&self.phase, side) {
            (Phase::Connecting { .. }, Side::Client) => Step::Stay,
            (Phase::Connecting { .. }, Side::Upstream) => self.on_connect_event(flags, turn),
            (Phase::Proxying { .. }, _) => self.proxy(turn),
        }
    }

    /// Goes on after having let others go first.
    pub(crate) fn resume(&mut self, turn: &mut Turn) -> Step {
        match self.phase {
            Phase::Proxying { .. } => self.proxy(turn),
            Phase::Connecting { .. } => Step::Stay,
        }
    }

    /// The session's timer fired; which of its deadlines is due shows now.
    pub(crate) fn on_timer(&mut self, turn: &mut Turn) -> Step {
        self.core.timer.fired();
        let now = turn.clock.now();
        match self.phase {
            Phase::Connecting { until } if now >= until => self.on_connect_timeout(turn),
            Phase::Connecting { .. } => self.wait(turn),
            Phase::Proxying { .. } => self.on_proxy_timer(now, turn),
        }
    }

    fn on_proxy_timer(&mut self, now: Instant, turn: &mut Turn) -> Step {
        if self.wake_flows(now) {
            self.proxy(turn)
        } else if !self.sleeping() && now >= self.core.active + self.core.config().proxy_timeout {
            self.core.log_timeout(turn);
            self.core.end_with(Status::OK)
        } else {
            self.wait(turn)
        }
    }

    /// Its configuration was replaced longer than `worker_shutdown_timeout` ago.
    pub(crate) fn shut_down(&mut self, turn: &mut Turn) -> Step {
        self.core.log_shutdown(turn);
        self.core.end_with(Status::OK)
    }

    /// The worker stops at once.
    pub(crate) fn stop(&mut self) -> Step {
        self.core.end_with(Status::OK)
    }

    /// Arms the timer for whatever is due next.
    fn wait(&mut self, turn: &mut Turn) -> Step {
        let deadline = match self.phase {
            Phase::Connecting { until } => until,
            Phase::Proxying { .. } => self
                .next_waking()
                .unwrap_or_else(|| self.core.active + self.core.config().proxy_timeout),
        };
        self.core.wait_until(deadline, turn)
    }

    /// Takes leave: the peer is given back, the log line is written, sockets are closed.
    pub(crate) fn finish(mut self, turn: &mut Turn) {
        self.core.leave(Outcome::Fine, turn);
        self.close_upstream(turn);
        self.core.log_access(&self.client.socket, turn);
        // The client's.
        turn.connections -= 1;
    }

    fn close_upstream(&mut self, turn: &mut Turn) {
        if self.upstream.take().is_some() {
            turn.connections -= 1;
        }
    }
}

#[cfg(test)]
impl TcpSession {
    pub(crate) const fn is_proxying(&self) -> bool {
        matches!(self.phase, Phase::Proxying { .. })
    }

    /// The client's socket and the peer's.
    pub(crate) fn sockets(&self) -> (&OwnedFd, Option<&OwnedFd>) {
        (
            &self.client.socket,
            self.upstream.as_ref().map(|upstream| &upstream.socket),
        )
    }
}
