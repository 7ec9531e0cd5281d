//! New clients: connections and datagrams that arrive on a thread's listeners.

use std::rc::Rc;
use std::sync::atomic::Ordering;

use base::Duration;
use stream::config::Level;

use crate::clients::ClientKey;
use crate::event_loop::EventLoop;
use crate::listener::Accepted;
use crate::running::Running;
use crate::session::{AnySession, Arrival, TcpSession, UdpSession, datagram_client};
use crate::turn::Token;

/// How long listeners rest when descriptors ran out.
const ACCEPT_REST: Duration = Duration::from_millis(500);
/// Datagrams taken from one socket before others get their turn.
const DATAGRAMS_PER_TURN: usize = 64;

impl EventLoop {
    /// A listener is readable.
    pub(crate) fn arrive(&mut self, key: usize) {
        let Some(running) = self.newest() else { return };
        if self.listeners.is_datagram(key) {
            self.receive(key, &running);
        } else {
            self.accept(key, &running);
        }
    }

    fn accept(&mut self, key: usize, running: &Rc<Running>) {
        let limit = if running.generation.parts.limits.multi_accept {
            usize::MAX
        } else {
            1
        };
        for _ in 0..limit {
            match self.listeners.accept(key, &self.turn) {
                Ok(Some(accepted)) => self.begin_tcp(running, accepted),
                Ok(None) => return,
                Err(errno) => return self.accept_failed(key, errno),
            }
        }
    }

    /// A client that went away while it waited is everyday. After anything else the listeners rest:
    /// the same would only happen again at once.
    pub(crate) fn accept_failed(&mut self, key: usize, errno: nix::Error) {
        use nix::Error as E;
        let level = match errno {
            E::ECONNABORTED | E::EPROTO => Level::Error,
            E::EMFILE | E::ENFILE => Level::Crit,
            _ => Level::Alert,
        };
        let listener = self.listeners.index(key);
        self.log_at(listener, level, "accept4() failed", Some(errno));
        if level != Level::Error {
            self.listeners.rest(&self.turn);
            let deadline = self.turn.clock.now() + ACCEPT_REST;
            self.turn.fire_at(deadline, Token::AcceptAgain);
        }
    }

    fn receive(&mut self, key: usize, running: &Rc<Running>) {
        for _ in 0..DATAGRAMS_PER_TURN {
            match self.listeners.receive(key, &mut self.turn) {
                Ok(Some(arrival)) => self.deliver(running, arrival),
                Ok(None) => return,
                Err(errno) => {
                    let listener = self.listeners.index(key);
                    return self.log_at(listener, Level::Alert, "recvmsg() failed", Some(errno));
                }
            }
        }
    }

    /// Gives a datagram to its client's session, or begins one.
    fn deliver(&mut self, running: &Rc<Running>, arrival: Arrival) {
        let length = arrival.datagram.length;
        let client = datagram_client(&arrival);
        let session = match self.clients.find(client.as_ref()) {
            Some(session) => {
                self.drive(session, |any, turn| any.on_datagram(length, turn));
                session
            }
            None => match self.begin_udp(running, arrival, client.clone()) {
                Some(session) => session,
                None => return,
            },
        };
        if self.is_full(session) {
            self.clients.remove(client.as_ref(), session);
        }
    }

    fn is_full(&self, key: usize) -> bool {
        matches!(self.sessions.get(key), Some(Some(AnySession::Udp(session))) if session.is_full())
    }

    fn begin_tcp(&mut self, running: &Rc<Running>, accepted: Accepted) {
        if !self.admit(running, accepted.listener) {
            return;
        }
        let entry = self.sessions.vacant_entry();
        let key = entry.key();
        let session = TcpSession::new(key, Rc::clone(running), accepted, &mut self.turn);
        entry.insert(Some(AnySession::Tcp(session)));
        self.drive(key, |any, turn| any.start(0, turn));
    }

    fn begin_udp(
        &mut self,
        running: &Rc<Running>,
        arrival: Arrival,
        client: Option<ClientKey>,
    ) -> Option<usize> {
        if !self.admit(running, arrival.listener) {
            return None;
        }
        let length = arrival.datagram.length;
        let entry = self.sessions.vacant_entry();
        let key = entry.key();
        let session = UdpSession::new(key, Rc::clone(running), arrival, &mut self.turn);
        entry.insert(Some(AnySession::Udp(Box::new(session))));
        self.clients.insert(client, key);
        self.drive(key, |any, turn| any.start(length, turn));
        Some(key)
    }

    /// Counts a session, if `worker_connections` allows one more.
    fn admit(&mut self, running: &Rc<Running>, listener: usize) -> bool {
        let limit = self.turn.worker_connections;
        if self.turn.connections >= limit {
            let text = format!("{limit} worker_connections are not enough");
            self.log_at(Some(listener), Level::Alert, &text, None);
            return false;
        }
        self.turn.process.accepted.fetch_add(1, Ordering::Relaxed);
        self.turn.process.active.fetch_add(1, Ordering::Relaxed);
        running.sessions.set(running.sessions.get() + 1);
        true
    }
}
