//! What TCP and UDP sessions have in common: their record, and their way through a pool.
//!
//! Invariant: every pick is answered by one release; a fault of ours never counts against a peer.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;

use base::Instant;
use nix::libc as c;
use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, SockAddr, Socket, Type};
use stream::access;
use stream::balance::{Outcome, Selection};
use stream::config::{
    Address, Balance, Level, Peer, PeerIx, Pool, Server, ServerIx, Transport, Variable,
};
use stream::error_log::Action;
use stream::session::{Attempt, Session, Status, millis_between};
use stream::template::{Facts, HashKey};

use super::Step;
use crate::running::Running;
use crate::turn::{Timer, Token, Turn};

/// The part of a session that does not depend on its transport.
#[derive(Debug)]
pub(crate) struct Core {
    pub(super) key: usize,
    pub(crate) running: Rc<Running>,
    pub(super) server: ServerIx,
    /// Index into the configuration's listeners.
    pub(super) listener: usize,
    pub(super) record: Session,
    pub(super) action: Action,
    /// Last time anything happened; before a peer is connected, when the first try began.
    pub(super) active: Instant,
    pub(super) timer: Timer,
    selection: Option<Box<Selection>>,
}

/// Why no connection is under way.
enum Fault {
    /// Ours: no descriptor, no such local address. Ends the session.
    Local(String, Level, Option<i32>),
    /// The peer's, or the network's on the way: the next peer may do better.
    Peer(io::Error),
}

impl Core {
    pub(super) fn new(
        key: usize,
        running: Rc<Running>,
        listener: usize,
        client: Address,
        turn: &Turn,
    ) -> Self {
        let configured = running.listener(listener);
        let now = turn.clock.now();
        let record = Session {
            connection: turn.process.next_connection(),
            transport: configured.key.transport,
            client,
            local: configured.key.address.clone(),
            started: now,
            received: 0,
            sent: 0,
            status: Status::RUNNING,
            attempts: Vec::with_capacity(1),
        };
        Self {
            key,
            server: configured.server,
            listener,
            record,
            action: Action::Initializing,
            active: now,
            timer: Timer::default(),
            selection: None,
            running,
        }
    }

    pub(super) fn config(&self) -> &Server {
        self.running.server(self.server)
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.running.generation.config().pools[self.config().pool.0 as usize]
    }

    pub(super) fn end_with(&mut self, status: Status) -> Step {
        self.record.status = status;
        Step::End
    }

    /// Arms the session's timer.
    pub(super) fn wait_until(&mut self, deadline: Instant, turn: &mut Turn) -> Step {
        turn.arm(&mut self.timer, deadline, Token::Client(self.key));
        Step::Stay
    }

    /// Starts the session's way through the pool; `client` tells which address it reached.
    pub(super) fn begin_selection(&mut self, client: impl AsFd, turn: &mut Turn) {
        let key = self.hash_key(client, turn);
        let config = self.config();
        let (pool, tries) = (config.pool, config.next_upstream_tries);
        let mut selection = self.running.with_pool(pool, |pool| pool.begin(key));
        selection.limit_tries(tries);
        self.selection = Some(Box::new(selection));
        self.active = turn.clock.now();
        self.action = Action::Connecting;
    }

    fn hash_key(&mut self, client: impl AsFd, turn: &mut Turn) -> HashKey {
        let running = Rc::clone(&self.running);
        let pool = &running.generation.config().pools[self.config().pool.0 as usize];
        let Balance::Hash { key, .. } = &pool.balance else {
            return HashKey::default();
        };
        if key.uses(Variable::ServerAddr) || key.uses(Variable::ServerPort) {
            self.find_local_address(client);
        }
        let process = Arc::clone(&turn.process);
        let facts = Facts {
            session: &self.record,
            pool,
            now: turn.clock.now(),
            clock: turn.clock.text(),
            process: &process.facts,
        };
        key.evaluate(&facts).into_boxed_slice()
    }

    /// Tries peers until a connection is under way; none when the session is over.
    pub(super) fn next_socket(&mut self, turn: &mut Turn) -> Option<OwnedFd> {
        loop {
            let now = turn.clock.now();
            let Some(picked) = self.pick(now) else {
                self.record.attempts.push(Attempt::new(None, now));
                self.log(turn, Level::Error, "no live upstreams", None);
                self.record.status = Status::BAD_GATEWAY;
                return None;
            };
            self.record.attempts.push(Attempt::new(Some(picked), now));
            match self.open(picked, turn) {
                Ok(socket) => {
                    turn.connections += 1;
                    return Some(socket);
                }
                Err(Fault::Local(text, level, errno)) => {
                    self.log(turn, level, &text, errno);
                    self.record.status = Status::INTERNAL;
                    return None;
                }
                Err(Fault::Peer(error)) => {
                    let text = format!("connect() to {} failed", self.upstream_name());
                    self.log(turn, level_of(&error), &text, error.raw_os_error());
                    if !self.may_try_next(turn) {
                        self.record.status = Status::BAD_GATEWAY;
                        return None;
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
        if turn.connections >= turn.worker_connections {
            let text = format!(
                "{} worker_connections are not enough",
                turn.worker_connections
            );
            return Err(Fault::Local(text, Level::Alert, None));
        }
        // Connections to peers use up serial numbers, too.
        turn.process.next_connection();
        open_socket(
            &self.pool().peers[picked.0 as usize],
            self.record.transport,
            self.config(),
        )
    }

    /// The connection stands.
    pub(super) fn connected(&mut self, now: Instant) {
        if let Some(attempt) = self.record.attempts.last_mut() {
            attempt.connect_ms = Some(millis_between(attempt.started, now));
        }
        if let (Some(selection), Transport::Tcp) = (&self.selection, self.record.transport) {
            let pool = self.config().pool;
            self.running
                .with_pool(pool, |pool| pool.connected(selection));
        }
    }

    /// Gives the failed peer back; whether another may be tried.
    pub(super) fn may_try_next(&mut self, turn: &mut Turn) -> bool {
        let now = turn.clock.now();
        self.release(Outcome::Failed, turn);
        self.record.end_attempt(now);
        let config = self.config();
        let timeout = config.next_upstream_timeout;
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

    /// Ends the running try and gives its peer back.
    pub(super) fn leave(&mut self, outcome: Outcome, turn: &mut Turn) {
        turn.disarm(&mut self.timer, Token::Client(self.key));
        self.record.end_attempt(turn.clock.now());
        self.release(outcome, turn);
    }

    /// Whether the server's rules let the client in; a refusal is logged.
    pub(super) fn is_let_in(&self, turn: &mut Turn) -> bool {
        let allowed = access::is_allowed(&self.config().access, &self.record.client);
        if !allowed {
            self.log(turn, Level::Error, "access forbidden by rule", None);
        }
        allowed
    }

    /// A wildcard may have other servers at some of its addresses: which one was meant depends on
    /// the local address, which is known for a datagram and asked for otherwise.
    pub(super) fn choose_server(&mut self, client: impl AsFd) {
        let named = !self.running.listener(self.listener).addresses.is_empty();
        if named {
            self.find_local_address(client);
        }
        if let Address::Inet(local) = self.record.local {
            self.server = self.running.listener(self.listener).server_at(local.ip());
        }
    }

    /// Asks the kernel which address the client reached, if the listener has a wildcard.
    pub(super) fn find_local_address(&mut self, client: impl AsFd) {
        if let Address::Inet(address) = self.record.local
            && address.ip().is_unspecified()
            && let Ok(local) = sys::relay_socket::local_address(client)
        {
            self.record.local = address_of(&local);
        }
    }
}

fn open_socket(peer: &Peer, transport: Transport, config: &Server) -> Result<OwnedFd, Fault> {
    let (domain, target) = match &peer.address {
        Address::Inet(address) => (Domain::for_address(*address), Ok(SockAddr::from(*address))),
        Address::Unix(path) => (Domain::UNIX, SockAddr::unix(path)),
    };
    let target = target.map_err(Fault::Peer)?;
    let kind = match transport {
        Transport::Tcp => Type::STREAM,
        Transport::Udp => Type::DGRAM,
    };
    let socket = Socket::new(domain, kind.nonblocking().cloexec(), None)
        .map_err(|error| local("socket() failed", Level::Alert, &error))?;
    if config.socket_keepalive && transport == Transport::Tcp {
        socket
            .set_keepalive(true)
            .map_err(|error| local("setsockopt(SO_KEEPALIVE) failed", Level::Alert, &error))?;
    }
    if let Some(address) = config.bind.filter(|_| domain != Domain::UNIX) {
        // The port is chosen when the peer is known, so that one port can serve several peers.
        let _ = setsockopt(&socket, sockopt::IpBindAddressNoPort, &true);
        socket
            .bind(&address.into())
            .map_err(|error| local(&format!("bind({address}) failed"), Level::Crit, &error))?;
    }
    match socket.connect(&target) {
        Err(error) if error.raw_os_error() != Some(c::EINPROGRESS) => Err(Fault::Peer(error)),
        _ => Ok(socket.into()),
    }
}

fn local(text: &str, level: Level, error: &io::Error) -> Fault {
    Fault::Local(text.to_owned(), level, error.raw_os_error())
}

/// What a network does is an error; anything else is worth an operator's look.
pub(super) fn level_of(error: &io::Error) -> Level {
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

/// A kernel's address as the engine knows it: without the scope of link-local ones, which nginx
/// does not show; an unnamed unix socket has an empty path.
pub(crate) fn address_of(address: &SockAddr) -> Address {
    match address.as_socket() {
        Some(inet) => Address::Inet((inet.ip(), inet.port()).into()),
        None => Address::Unix(address.as_pathname().map(Into::into).unwrap_or_default()),
    }
}
