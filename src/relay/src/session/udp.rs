//! A UDP session: datagrams of one client address, and the replies of one peer.
//!
//! Invariants: the socket to the peer is connected, so only its datagrams come in; a datagram that
//! the kernel does not take at once is dropped, as a network would.
//!
//! Deliberately unknown here: which session a datagram belongs to.

use core::net::IpAddr;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;

use base::Instant;
use nix::sys::socket::{MsgFlags, SockaddrStorage, recv, send};
use stream::balance::Outcome;
use stream::config::{Address, Level};
use stream::error_log::Action;
use stream::session::{Status, millis_between};

use super::core::Core;
use super::pace::Pace;
use super::{Side, Step};
use crate::clients::ClientKey;
use crate::datagram::{self, Datagram};
use crate::running::Running;
use crate::turn::{Token, Turn};

/// Replies taken before other sessions get their turn.
const REPLIES_PER_TURN: u32 = 32;

/// A datagram that begins a session, and the socket it came from.
pub(crate) struct Arrival {
    pub(crate) datagram: Datagram,
    pub(crate) socket: Arc<OwnedFd>,
    /// Index into the newest configuration's listeners.
    pub(crate) listener: usize,
}

/// Under what the client of a datagram is found.
pub(crate) fn datagram_client(arrival: &Arrival) -> Option<ClientKey> {
    let Datagram { client, local, .. } = &arrival.datagram;
    ClientKey::new(
        &arrival.socket,
        &datagram::address_of(client.as_ref()),
        *local,
    )
}

/// One client's exchange of datagrams.
#[derive(Debug)]
pub(crate) struct UdpSession {
    core: Core,
    /// The listener's, for replies.
    socket: Arc<OwnedFd>,
    client: Option<SockaddrStorage>,
    local: Option<IpAddr>,
    upstream: Option<OwnedFd>,
    requests: u64,
    replies: u64,
    /// The peer's kernel refused, so the peer has failed.
    failed: bool,
    /// When the peer's socket was made.
    since: Instant,
    up: Pace,
    down: Pace,
}

impl UdpSession {
    pub(crate) fn new(key: usize, running: Rc<Running>, arrival: Arrival, turn: &mut Turn) -> Self {
        let Datagram { client, local, .. } = arrival.datagram;
        let mut core = Core::new(
            key,
            running,
            arrival.listener,
            datagram::address_of(client.as_ref()),
            turn,
        );
        if let (Some(ip), Address::Inet(address)) = (local, &mut core.record.local) {
            address.set_ip(ip);
        }
        core.choose_server(&arrival.socket);
        turn.connections += 1;
        Self {
            core,
            socket: arrival.socket,
            client,
            local,
            upstream: None,
            requests: 0,
            replies: 0,
            failed: false,
            since: turn.clock.now(),
            up: Pace::default(),
            down: Pace::default(),
        }
    }

    pub(crate) const fn core(&self) -> &Core {
        &self.core
    }

    /// Under what its client is found.
    pub(crate) fn client_key(&self) -> Option<ClientKey> {
        ClientKey::new(&self.socket, &self.core.record.client, self.local)
    }

    /// Begins with the datagram of `length` bytes in the thread's buffer.
    pub(crate) fn start(&mut self, length: usize, turn: &mut Turn) -> Step {
        self.core.log_arrival(turn);
        if !self.core.is_let_in(turn) {
            return self.core.end_with(Status::FORBIDDEN);
        }
        self.core.begin_selection(&self.socket, turn);
        let Some(socket) = self.core.next_socket(turn) else {
            return Step::End;
        };
        let watched = turn.watch(&socket, Token::Upstream(self.core.key));
        if let Err(error) = watched {
            self.upstream = Some(socket);
            self.core.log(
                turn,
                Level::Alert,
                "epoll_ctl() failed",
                error.raw_os_error(),
            );
            return self.core.end_with(Status::INTERNAL);
        }
        self.core.connected(turn.clock.now());
        self.core.log_connected(&socket, turn);
        self.upstream = Some(socket);
        self.forward(length, turn)
    }

    /// A further datagram of `length` bytes is in the thread's buffer.
    pub(crate) fn on_datagram(&mut self, length: usize, turn: &mut Turn) -> Step {
        self.forward(length.min(self.core.config().buffer_size), turn)
    }

    /// Whether the client's next datagram begins a new session (`proxy_requests`).
    pub(crate) fn is_full(&self) -> bool {
        let limit = u64::from(self.core.config().requests);
        limit > 0 && self.requests >= limit
    }

    fn forward(&mut self, length: usize, turn: &mut Turn) -> Step {
        let Some(upstream) = &self.upstream else {
            return Step::Stay;
        };
        let (rate, now) = (self.core.config().upload_rate, turn.clock.now());
        if self.up.allowance(rate, self.since, now).is_none() {
            // Too fast: as in nginx, it is lost.
            return self.wait(turn);
        }
        self.up.count(rate, length as u64, now);
        self.requests += 1;
        self.core.record.received += length as u64;
        let sent = send(
            upstream.as_raw_fd(),
            &turn.buffer[..length],
            MsgFlags::MSG_NOSIGNAL,
        );
        match sent {
            Ok(count) => {
                if let Some(attempt) = self.core.record.attempts.last_mut() {
                    attempt.sent += count as u64;
                }
            }
            Err(nix::Error::EAGAIN | nix::Error::ENOBUFS | nix::Error::EINTR) => {}
            Err(errno) => {
                self.failed = true;
                self.core.log_send_failure(Side::Client, errno, turn);
                return self.core.end_with(Status::OK);
            }
        }
        self.go_on(turn)
    }

    /// The peer has sent something, or its kernel has refused.
    pub(crate) fn on_replies(&mut self, turn: &mut Turn) -> Step {
        for _ in 0..REPLIES_PER_TURN {
            let Some(upstream) = &self.upstream else {
                return Step::Stay;
            };
            let (rate, now) = (self.core.config().download_rate, turn.clock.now());
            if self.down.allowance(rate, self.since, now).is_none() {
                return self.wait(turn);
            }
            let size = self.core.config().buffer_size.min(datagram::LARGEST);
            let buffer = &mut turn.buffer[..size];
            match recv(upstream.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT) {
                Ok(length) => self.pass_reply(length, turn),
                Err(nix::Error::EAGAIN) => return self.go_on(turn),
                Err(nix::Error::EINTR) => continue,
                Err(errno) => {
                    self.failed = true;
                    self.replies += 1;
                    self.note_first_byte(turn);
                    self.core.action = Action::ReadingUpstream;
                    self.core
                        .log_broken(Side::Upstream, "recv() failed", errno, turn);
                    // Nobody knows how many replies are still to come: let the client's next
                    // datagram find a better peer.
                    if self.core.config().responses.is_none() {
                        return self.core.end_with(Status::OK);
                    }
                }
            }
            if self.is_done() {
                return self.go_on(turn);
            }
        }
        Step::Again
    }

    fn pass_reply(&mut self, length: usize, turn: &mut Turn) {
        self.replies += 1;
        let rate = self.core.config().download_rate;
        self.down.count(rate, length as u64, turn.clock.now());
        self.note_first_byte(turn);
        if let Some(attempt) = self.core.record.attempts.last_mut() {
            attempt.received += length as u64;
        }
        let Some(client) = &self.client else { return };
        match datagram::reply(&self.socket, &turn.buffer[..length], client, self.local) {
            Ok(count) => self.core.record.sent += count as u64,
            Err(nix::Error::EAGAIN | nix::Error::ENOBUFS) => {}
            Err(errno) => {
                self.core.action = Action::SendingClient;
                self.core
                    .log_broken(Side::Client, "sendmsg() failed", errno, turn);
            }
        }
    }

    /// As in nginx, a refusal counts as something that came.
    fn note_first_byte(&mut self, turn: &Turn) {
        let now = turn.clock.now();
        if let Some(attempt) = self.core.record.attempts.last_mut() {
            attempt
                .first_byte_ms
                .get_or_insert(millis_between(attempt.started, now));
        }
    }

    /// All replies to all requests are there.
    fn is_done(&self) -> bool {
        let config = self.core.config();
        let all_requests = config.requests == 0 || self.is_full();
        let expected = config
            .responses
            .map(|each| u64::from(each).saturating_mul(self.requests));
        all_requests && expected.is_some_and(|expected| self.replies >= expected)
    }

    fn go_on(&mut self, turn: &mut Turn) -> Step {
        self.core.action = Action::Proxying;
        if self.is_done() {
            self.log_end("udp done", turn);
            return self.core.end_with(Status::OK);
        }
        self.core.active = turn.clock.now();
        self.wait(turn)
    }

    /// Waits for the end of a sleep, or else for `proxy_timeout`.
    fn wait(&mut self, turn: &mut Turn) -> Step {
        let deadline = self
            .next_waking()
            .unwrap_or_else(|| self.core.active + self.core.config().proxy_timeout);
        self.core.wait_until(deadline, turn)
    }

    fn next_waking(&self) -> Option<Instant> {
        [self.up.asleep(), self.down.asleep()]
            .into_iter()
            .flatten()
            .min()
    }

    pub(crate) fn on_timer(&mut self, turn: &mut Turn) -> Step {
        self.core.timer.fired();
        let now = turn.clock.now();
        let (up, down) = (self.up.wake(now), self.down.wake(now));
        if down {
            // Replies may have come meanwhile.
            return self.on_replies(turn);
        }
        if up {
            return self.go_on(turn);
        }
        let config = self.core.config();
        if self.next_waking().is_some() || now < self.core.active + config.proxy_timeout {
            return self.wait(turn);
        }
        let missing = config
            .responses
            .is_some_and(|each| self.replies < u64::from(each).saturating_mul(self.requests));
        if missing {
            self.failed = true;
            self.core.log(
                turn,
                Level::Error,
                "upstream timed out",
                Some(nix::libc::ETIMEDOUT),
            );
            return self.core.end_with(Status::BAD_GATEWAY);
        }
        self.log_end("udp timed out", turn);
        self.core.end_with(Status::OK)
    }

    /// The thread quits: who waits for a known number of replies still gets them.
    pub(crate) fn quit(&mut self, turn: &mut Turn) -> Step {
        if self.core.config().responses.is_some() {
            return Step::Stay;
        }
        self.core.log_plain(turn, "disconnected on shutdown");
        self.core.end_with(Status::OK)
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

    /// Takes leave: the peer is given back, the log line is written, its socket is closed.
    pub(crate) fn finish(mut self, turn: &mut Turn) {
        let outcome = if self.failed {
            Outcome::Failed
        } else {
            Outcome::Fine
        };
        self.core.leave(outcome, turn);
        if self.upstream.take().is_some() {
            turn.connections -= 1;
        }
        self.core.log_access(&self.socket, turn);
        turn.connections -= 1;
    }

    fn log_end(&self, text: &str, turn: &mut Turn) {
        if self.core.wants(Level::Info) {
            let (requests, replies) = (self.requests, self.replies);
            let traffic = self.core.traffic().text();
            let packets = format!("packets from/to client:{requests}/{replies}");
            self.core
                .log_plain(turn, &format!("{text}, {packets}, {traffic}"));
        }
    }
}
