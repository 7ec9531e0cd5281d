//! A TCP session: a client, the peer it is connected to, and the bytes between them.
//!
//! Invariants: while no side blocks, a session holds no buffer; a peer that was picked is given
//! back exactly once; the log line is written once, at the end.
//!
//! Deliberately unknown here: which peer is best (`stream::balance`), how log lines read.

mod connect;
mod lines;
mod shift;

use std::os::fd::OwnedFd;
use std::rc::Rc;

use base::Instant;
use nix::sys::epoll::EpollFlags;
use socket2::SockAddr;
use stream::balance::{Outcome, Selection};
use stream::config::{Address, Level, Server, ServerIx, Transport};
use stream::error_log::Action;
use stream::session::{Session, Status};

use crate::listener::Accepted;
use crate::running::Running;
use crate::turn::{Timer, Token, Turn};
use shift::Flow;

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
    /// Moving bytes.
    Proxying,
}

/// One client's connection.
#[derive(Debug)]
pub(crate) struct TcpSession {
    key: usize,
    running: Rc<Running>,
    server: ServerIx,
    /// Index into the configuration's listeners.
    listener: usize,
    record: Session,
    client: End,
    upstream: Option<End>,
    selection: Option<Box<Selection>>,
    phase: Phase,
    action: Action,
    /// Client to peer.
    up: Flow,
    /// Peer to client.
    down: Flow,
    /// Last time anything happened.
    active: Instant,
    timer: Timer,
    half_closed: bool,
}

impl TcpSession {
    pub(crate) fn new(
        key: usize,
        running: Rc<Running>,
        accepted: Accepted,
        turn: &mut Turn,
    ) -> Self {
        let listener = running.listener(accepted.listener);
        let now = turn.clock.now();
        let record = Session {
            connection: turn.process.next_connection(),
            transport: Transport::Tcp,
            client: address(&accepted.client),
            local: listener.key.address.clone(),
            started: now,
            received: 0,
            sent: 0,
            status: Status::RUNNING,
            attempts: Vec::new(),
        };
        let server = listener.server;
        let chunk = running.server(server).buffer_size;
        turn.connections += 1;
        Self {
            key,
            server,
            listener: accepted.listener,
            record,
            client: End::new(accepted.socket),
            upstream: None,
            selection: None,
            phase: Phase::Connecting { until: now },
            action: Action::Initializing,
            up: Flow::new(chunk),
            down: Flow::new(chunk),
            active: now,
            timer: Timer::default(),
            half_closed: false,
            running,
        }
    }

    pub(crate) const fn running(&self) -> &Rc<Running> {
        &self.running
    }

    fn config(&self) -> &Server {
        self.running.server(self.server)
    }

    /// Begins: the client is watched, the first peer is tried.
    pub(crate) fn start(&mut self, turn: &mut Turn) -> Step {
        self.log_arrival(turn);
        self.action = Action::Connecting;
        if let Err(error) = turn.watch(&self.client.socket, Token::Client(self.key)) {
            self.log(
                turn,
                Level::Alert,
                "epoll_ctl() failed",
                error.raw_os_error(),
            );
            return self.end_with(Status::INTERNAL);
        }
        self.begin_connecting(turn)
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
            (Phase::Proxying, _) => self.proxy(turn),
        }
    }

    /// Goes on after having let others go first.
    pub(crate) fn resume(&mut self, turn: &mut Turn) -> Step {
        match self.phase {
            Phase::Proxying => self.proxy(turn),
            Phase::Connecting { .. } => Step::Stay,
        }
    }

    /// The session's timer fired; which of its deadlines is due shows now.
    pub(crate) fn on_timer(&mut self, turn: &mut Turn) -> Step {
        self.timer.fired();
        let now = turn.clock.now();
        match self.phase {
            Phase::Connecting { until } if now >= until => self.on_connect_timeout(turn),
            Phase::Connecting { .. } => self.wait(turn),
            Phase::Proxying => self.on_proxy_timer(now, turn),
        }
    }

    fn on_proxy_timer(&mut self, now: Instant, turn: &mut Turn) -> Step {
        if self.wake_flows(now) {
            self.proxy(turn)
        } else if !self.sleeping() && now >= self.active + self.config().proxy_timeout {
            self.log_timeout(turn);
            self.end_with(Status::OK)
        } else {
            self.wait(turn)
        }
    }

    /// Its configuration was replaced longer than `worker_shutdown_timeout` ago.
    pub(crate) fn shut_down(&mut self, turn: &mut Turn) -> Step {
        self.log_shutdown(turn);
        self.end_with(Status::OK)
    }

    /// The worker stops at once.
    pub(crate) fn stop(&mut self, _turn: &mut Turn) -> Step {
        self.end_with(Status::OK)
    }

    fn end_with(&mut self, status: Status) -> Step {
        self.record.status = status;
        Step::End
    }

    /// Arms the timer for whatever is due next.
    fn wait(&mut self, turn: &mut Turn) -> Step {
        let deadline = match self.phase {
            Phase::Connecting { until } => until,
            Phase::Proxying => self
                .next_waking()
                .unwrap_or_else(|| self.active + self.config().proxy_timeout),
        };
        turn.arm(&mut self.timer, deadline, Token::Client(self.key));
        Step::Stay
    }

    /// Takes leave: the peer is given back, the log line is written, sockets are closed.
    pub(crate) fn finish(mut self, turn: &mut Turn) {
        turn.disarm(&mut self.timer, Token::Client(self.key));
        self.record.end_attempt(turn.clock.now());
        self.release(Outcome::Fine, turn);
        self.close_upstream(turn);
        self.log_access(turn);
        // The client's.
        turn.connections -= 1;
    }

    fn close_upstream(&mut self, turn: &mut Turn) {
        if self.upstream.take().is_some() {
            turn.connections -= 1;
        }
    }
}

fn address(address: &SockAddr) -> Address {
    match address.as_socket() {
        Some(inet) => Address::Inet(inet),
        None => Address::Unix(address.as_pathname().map(Into::into).unwrap_or_default()),
    }
}
