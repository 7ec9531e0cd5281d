//! Reaching a peer: pick, connect, and the next one when that fails.
//!
//! Invariant: every pick is answered by one release; a fault of ours never counts against a peer.

use std::io;
use std::os::fd::OwnedFd;

use base::Instant;
use nix::sys::epoll::EpollFlags;
use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use stream::balance::Outcome;
use stream::config::{Address, Balance, Level, Peer, PeerIx, Server, Variable};
use stream::session::{Attempt, Status, millis_between};
use stream::template::{Facts, HashKey};

use super::{End, Phase, Step, TcpSession};
use crate::turn::{Token, Turn};

/// Why no connection is under way.
enum Fault {
    /// Ours: no descriptor, no such local address. Ends the session.
    Local(String, Level, io::Error),
    /// The peer's, or the network's on the way: the next peer may do better.
    Peer(io::Error),
}

impl TcpSession {
    /// Starts the session's way through the pool.
    pub(super) fn begin_connecting(&mut self, turn: &mut Turn) -> Step {
        let key = self.hash_key(turn);
        let config = self.config();
        let (pool, tries) = (config.pool, config.next_upstream_tries);
        let mut selection = self.running.with_pool(pool, |pool| pool.begin(key));
        selection.limit_tries(tries);
        self.selection = Some(Box::new(selection));
        self.active = turn.clock.now();
        self.connect(turn)
    }

    fn hash_key(&mut self, turn: &mut Turn) -> HashKey {
        let pool = self.config().pool.0 as usize;
        let running = std::rc::Rc::clone(&self.running);
        let Balance::Hash { key, .. } = &running.generation.config().pools[pool].balance else {
            return HashKey::default();
        };
        if key.uses(Variable::ServerAddr) || key.uses(Variable::ServerPort) {
            self.find_local_address();
        }
        let now = turn.clock.now();
        let process = std::sync::Arc::clone(&turn.process);
        let facts = Facts {
            session: &self.record,
            pool: &running.generation.config().pools[pool],
            now,
            clock: turn.clock.text(),
            process: &process.facts,
        };
        key.evaluate(&facts).into_boxed_slice()
    }

    /// Tries peers until a connection is under way or none is left.
    fn connect(&mut self, turn: &mut Turn) -> Step {
        loop {
            let now = turn.clock.now();
            let Some(picked) = self.pick(now) else {
                self.record.attempts.push(Attempt::new(None, now));
                self.log(turn, Level::Error, "no live upstreams", None);
                return self.end_with(Status::BAD_GATEWAY);
            };
            self.record.attempts.push(Attempt::new(Some(picked), now));
            match self.open(picked, turn) {
                Ok(socket) => return self.await_connection(socket, turn),
                Err(Fault::Local(text, level, error)) => {
                    self.log(turn, level, &text, error.raw_os_error());
                    return self.end_with(Status::INTERNAL);
                }
                Err(Fault::Peer(error)) => {
                    let text = format!("connect() to {} failed", self.upstream_name());
                    self.log(turn, level_of(&error), &text, error.raw_os_error());
                    if !self.next_upstream(turn) {
                        return self.end_with(Status::BAD_GATEWAY);
                    }
                }
            }
        }
    }

    fn pick(&mut self, now: Instant) -> Option<PeerIx> {
        let pool = self.config().pool;
        let selection = self.selection.as_mut()?;
        self.running
            .with_pool(pool, |pool| pool.pick(selection, now))
    }

    fn open(&self, picked: PeerIx, turn: &Turn) -> Result<OwnedFd, Fault> {
        let config = self.config();
        let pool = &self.running.generation.config().pools[config.pool.0 as usize];
        if turn.connections >= turn.worker_connections {
            let text = format!(
                "{} worker_connections are not enough",
                turn.worker_connections
            );
            return Err(Fault::Local(text, Level::Alert, io::Error::other("")));
        }
        open_socket(&pool.peers[picked.0 as usize], config)
    }

    fn await_connection(&mut self, socket: OwnedFd, turn: &mut Turn) -> Step {
        if let Err(error) = turn.watch(&socket, Token::Upstream(self.key)) {
            self.log(
                turn,
                Level::Alert,
                "epoll_ctl() failed",
                error.raw_os_error(),
            );
            return self.end_with(Status::INTERNAL);
        }
        turn.connections += 1;
        // Connections to peers use up serial numbers, too.
        turn.process.next_connection();
        self.upstream = Some(End::new(socket));
        let until = turn.clock.now() + self.config().connect_timeout;
        self.phase = Phase::Connecting { until };
        self.wait(turn)
    }

    /// The connecting socket tells how it went.
    pub(super) fn on_connect_event(&mut self, flags: EpollFlags, turn: &mut Turn) -> Step {
        if flags.intersects(EpollFlags::EPOLLERR | EpollFlags::EPOLLHUP) {
            let error = self
                .upstream
                .as_ref()
                .and_then(|upstream| SockRef::from(&upstream.socket).take_error().ok().flatten());
            if let Some(error) = error {
                self.log(
                    turn,
                    level_of(&error),
                    "connect() failed",
                    error.raw_os_error(),
                );
                return self.try_next(turn);
            }
        }
        if !flags.contains(EpollFlags::EPOLLOUT) {
            return Step::Stay;
        }
        self.connected(turn)
    }

    pub(super) fn on_connect_timeout(&mut self, turn: &mut Turn) -> Step {
        self.log(
            turn,
            Level::Error,
            "upstream timed out",
            Some(nix::libc::ETIMEDOUT),
        );
        self.try_next(turn)
    }

    fn connected(&mut self, turn: &mut Turn) -> Step {
        let now = turn.clock.now();
        if let Some(attempt) = self.record.attempts.last_mut() {
            attempt.connect_ms = Some(millis_between(attempt.started, now));
        }
        let pool = self.config().pool;
        if let Some(selection) = &self.selection {
            self.running
                .with_pool(pool, |pool| pool.connected(selection));
        }
        if self.config().tcp_nodelay
            && let Some(upstream) = &self.upstream
        {
            // A unix socket has no such option, and needs none.
            drop(SockRef::from(&upstream.socket).set_tcp_nodelay(true));
        }
        self.log_connected(turn);
        self.phase = Phase::Proxying;
        self.start_flows(now);
        self.proxy(turn)
    }

    fn try_next(&mut self, turn: &mut Turn) -> Step {
        if self.next_upstream(turn) {
            self.connect(turn)
        } else {
            self.end_with(Status::BAD_GATEWAY)
        }
    }

    /// Gives the failed peer back; whether another may be tried.
    fn next_upstream(&mut self, turn: &mut Turn) -> bool {
        let now = turn.clock.now();
        self.release(Outcome::Failed, turn);
        self.close_upstream(turn);
        self.record.end_attempt(now);
        let config = self.config();
        let timeout = config.next_upstream_timeout;
        // `active` is when the first try began, as long as none has succeeded.
        let in_time = timeout.is_zero() || now.since(self.active) < timeout;
        let tries_left = self.selection.as_ref().is_some_and(|s| s.tries_left());
        config.next_upstream && in_time && tries_left
    }

    /// Gives the current peer back, if there is one.
    pub(super) fn release(&mut self, outcome: Outcome, turn: &mut Turn) {
        let pool = self.config().pool;
        let now = turn.clock.now();
        let Some(selection) = self.selection.as_mut() else {
            return;
        };
        let set_aside = self
            .running
            .with_pool(pool, |pool| pool.release(selection, outcome, now));
        if set_aside.is_some() {
            self.log(
                turn,
                Level::Warn,
                "upstream server temporarily disabled",
                None,
            );
        }
    }
}

fn open_socket(peer: &Peer, config: &Server) -> Result<OwnedFd, Fault> {
    let (domain, target) = match &peer.address {
        Address::Inet(address) => (Domain::for_address(*address), Ok(SockAddr::from(*address))),
        Address::Unix(path) => (Domain::UNIX, SockAddr::unix(path)),
    };
    let target = target.map_err(Fault::Peer)?;
    let kind = Type::STREAM.nonblocking().cloexec();
    let socket = Socket::new(domain, kind, None)
        .map_err(|error| Fault::Local("socket() failed".to_owned(), Level::Alert, error))?;
    if config.socket_keepalive {
        socket.set_keepalive(true).map_err(|e| {
            Fault::Local(
                "setsockopt(SO_KEEPALIVE) failed".to_owned(),
                Level::Alert,
                e,
            )
        })?;
    }
    if let Some(local) = config.bind.filter(|_| domain != Domain::UNIX) {
        // The port is chosen when the peer is known, so that ports serve several peers.
        let _ = setsockopt(&socket, sockopt::IpBindAddressNoPort, &true);
        socket
            .bind(&local.into())
            .map_err(|error| Fault::Local(format!("bind({local}) failed"), Level::Crit, error))?;
    }
    match socket.connect(&target) {
        Err(error) if error.raw_os_error() != Some(nix::libc::EINPROGRESS) => {
            Err(Fault::Peer(error))
        }
        _ => Ok(socket.into()),
    }
}

/// What a network does is an error; anything else is worth an operator's look.
fn level_of(error: &io::Error) -> Level {
    use nix::libc as c;
    match error.raw_os_error() {
        Some(
            c::ECONNREFUSED
            | c::EAGAIN
            | c::ECONNRESET
            | c::ENETDOWN
            | c::ENETUNREACH
            | c::EHOSTDOWN
            | c::EHOSTUNREACH
            | c::ETIMEDOUT
            | c::EPIPE
            | c::ENOTCONN,
        ) => Level::Error,
        _ => Level::Crit,
    }
}
