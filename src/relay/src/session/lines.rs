//! What a session writes into logs.
//!
//! Invariant: nothing is formatted that no log wants.

use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::Arc;

use stream::access_log::write_line;
use stream::config::{Address, Level, Transport, Variable};
use stream::error_log::{About, Action, Line, Traffic};
use stream::template::{self, Facts};

use super::Side;
use super::core::{Core, address_of};
use crate::turn::Turn;

impl Core {
    /// The running try's peer, or the group.
    pub(super) fn upstream_name(&self) -> String {
        let attempt = self.record.attempts.last();
        attempt.map_or_else(String::new, |attempt| {
            template::peer_name(self.pool(), attempt)
        })
    }

    pub(super) fn traffic(&self) -> Traffic {
        let attempt = self.record.attempts.last();
        Traffic {
            from_client: self.record.received,
            to_client: self.record.sent,
            from_upstream: attempt.map_or(0, |attempt| attempt.received),
            to_upstream: attempt.map_or(0, |attempt| attempt.sent),
        }
    }

    pub(super) fn wants(&self, level: Level) -> bool {
        self.running.error_logs(self.server).wants(level)
    }

    /// A line with all that is known of the session.
    pub(super) fn log(&self, turn: &mut Turn, level: Level, text: &str, errno: Option<i32>) {
        if !self.wants(level) {
            return;
        }
        let client = client_text(&self.record.client);
        let upstream = self.upstream_name();
        let proxying = self.action != Action::Initializing;
        let about = About {
            action: self.action,
            transport: self.record.transport,
            client: &client,
            server: &self.running.listener(self.listener).display,
            upstream: Some(upstream.as_str()).filter(|name| !name.is_empty()),
            traffic: proxying.then(|| self.traffic()),
        };
        self.write(turn, level, text, errno, Some(about));
    }

    /// What datagram sessions put before some words.
    const fn kind(&self) -> &'static str {
        match self.record.transport {
            Transport::Tcp => "",
            Transport::Udp => "udp ",
        }
    }

    /// A line that says by itself what it is about.
    pub(super) fn log_plain(&self, turn: &mut Turn, text: &str) {
        self.write(turn, Level::Info, text, None, None);
    }

    fn write(
        &self,
        turn: &mut Turn,
        level: Level,
        text: &str,
        errno: Option<i32>,
        about: Option<About<'_>>,
    ) {
        let errno = errno.map(|number| (number, nix::Error::from_raw(number).desc()));
        let line = Line {
            level,
            connection: Some(self.record.connection),
            text,
            errno,
            about,
        };
        self.running
            .error_logs(self.server)
            .write(&line, &mut turn.clock, turn.tid);
    }

    pub(super) fn log_arrival(&self, turn: &mut Turn) {
        if self.wants(Level::Info) {
            let listener = &self.running.listener(self.listener).display;
            let client = template::address(&self.record.client);
            let kind = self.kind();
            self.log_plain(
                turn,
                &format!("{kind}client {client} connected to {listener}"),
            );
        }
    }

    pub(super) fn log_connected(&self, upstream: impl AsFd, turn: &mut Turn) {
        if !self.wants(Level::Info) {
            return;
        }
        let local = sys::relay_socket::local_address(upstream);
        let local = local.map_or_else(|_| String::new(), |a| template::address(&address_of(&a)));
        let peer = self.upstream_name();
        self.log_plain(
            turn,
            &format!("{}proxy {local} connected to {peer}", self.kind()),
        );
    }

    pub(super) fn log_disconnected(&self, side: Side, turn: &mut Turn) {
        if self.wants(Level::Info) {
            let side = match side {
                Side::Client => "client",
                Side::Upstream => "upstream",
            };
            self.log_plain(
                turn,
                &format!("{side} disconnected, {}", self.traffic().text()),
            );
        }
    }

    pub(super) fn log_timeout(&self, turn: &mut Turn) {
        self.log(
            turn,
            Level::Info,
            "connection timed out",
            Some(nix::libc::ETIMEDOUT),
        );
    }

    pub(super) fn log_shutdown(&self, turn: &mut Turn) {
        self.log(turn, Level::Info, "shutdown timeout", None);
    }

    /// A receive or send that failed on `side`: a client's fault is everyday, a peer's is not.
    pub(super) fn log_broken(&self, side: Side, text: &str, errno: nix::Error, turn: &mut Turn) {
        use nix::Error as E;
        let everyday = matches!(
            errno,
            E::ECONNRESET
                | E::EPIPE
                | E::ENOTCONN
                | E::ETIMEDOUT
                | E::ECONNREFUSED
                | E::ENETDOWN
                | E::ENETUNREACH
                | E::EHOSTDOWN
                | E::EHOSTUNREACH
        );
        let level = match (everyday, side) {
            (false, _) => Level::Alert,
            (true, Side::Client) => Level::Info,
            (true, Side::Upstream) => Level::Error,
        };
        self.log(turn, level, text, Some(errno as i32));
    }

    /// A send failed in the direction that starts at `from`.
    pub(super) fn log_send_failure(&mut self, from: Side, errno: nix::Error, turn: &mut Turn) {
        let (side, action) = match from {
            Side::Client => (Side::Upstream, Action::SendingUpstream),
            Side::Upstream => (Side::Client, Action::SendingClient),
        };
        self.action = action;
        // The names of the calls that nginx makes: people search logs for them.
        let text = match self.record.transport {
            Transport::Tcp => "writev() failed",
            Transport::Udp => "sendmsg() failed",
        };
        self.log_broken(side, text, errno, turn);
    }

    /// Writes the access-log lines.
    pub(super) fn log_access(&mut self, client: impl AsFd, turn: &mut Turn) {
        let running = Rc::clone(&self.running);
        let logs = &running.server(self.server).access_logs;
        let local = [Variable::ServerAddr, Variable::ServerPort];
        if logs
            .iter()
            .any(|log| local.iter().any(|&variable| log.format.uses(variable)))
        {
            self.find_local_address(client);
        }
        let process = Arc::clone(&turn.process);
        for log in logs {
            let mut line = core::mem::take(&mut turn.text);
            line.clear();
            let facts = Facts {
                session: &self.record,
                pool: self.pool(),
                now: turn.clock.now(),
                clock: turn.clock.text(),
                process: &process.facts,
            };
            write_line(&log.format, log.escape, &facts, &mut line);
            let file = &running.generation.parts.files[log.file.0 as usize];
            let trouble = turn.write_access(file, log.buffer, &line);
            turn.text = line;
            if let Some((text, errno)) = trouble {
                self.log(turn, Level::Alert, &text, Some(errno as i32));
            }
        }
    }
}

fn client_text(client: &Address) -> String {
    match client {
        Address::Inet(address) => address.ip().to_string(),
        Address::Unix(_) => template::address(client),
    }
}
