//! Variables of a session as text.
//!
//! Invariant: the same facts give the same bytes. A variable may have no value ("not found"),
//! which differs from an empty one: logs print `-` for it.
//!
//! Deliberately unknown here: clocks; the time comes in as [`ClockText`].

use base::Instant;

use crate::config::{Address, Part, Pool, Template, Transport, Variable};
use crate::session::{Attempt, Session, millis_between};

/// The evaluated key of a hash method; empty for methods that have none.
pub type HashKey = Box<[u8]>;

/// The present moment in the forms that variables and log lines show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClockText {
    /// Milliseconds since the Unix epoch.
    pub epoch_ms: u64,
    /// `$time_iso8601`: 2026-11-21T11:04:40+00:00
    pub iso8601: String,
    /// `$time_local`: 21/Nov/2026:11:04:40 +0000
    pub local: String,
    /// As error logs begin: 2026/11/21 11:04:40
    pub error: String,
}

/// What does not change while the process runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessFacts {
    /// `$hostname`, lower case.
    pub hostname: String,
    /// `$nginx_version`
    pub nginx_version: String,
    /// `$pid` of the worker.
    pub pid: u32,
}

/// Everything a template may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The session.
    pub session: &'a Session,
    /// Where its attempts went.
    pub pool: &'a Pool,
    /// Now, on the engine's clock.
    pub now: Instant,
    /// Now, as text.
    pub clock: &'a ClockText,
    /// The process.
    pub process: &'a ProcessFacts,
}

impl Template {
    /// Whether `variable` occurs.
    #[must_use]
    pub fn uses(&self, variable: Variable) -> bool {
        self.0
            .iter()
            .any(|part| matches!(part, Part::Variable(v) if *v == variable))
    }

    /// The text with every variable replaced, missing ones by nothing.
    #[must_use]
    pub fn evaluate(&self, facts: &Facts<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.extend_from_slice(text.as_bytes()),
                Part::Variable(variable) => {
                    out.extend(value(*variable, facts).unwrap_or_default());
                }
            }
        }
        out
    }
}

/// The value of `variable`; `None` when nginx calls it "not found".
#[must_use]
pub fn value(variable: Variable, facts: &Facts<'_>) -> Option<Vec<u8>> {
    let session = facts.session;
    let text = match variable {
        Variable::BinaryRemoteAddr => return Some(binary(&session.client)),
        Variable::BytesReceived => session.received.to_string(),
        Variable::BytesSent => session.sent.to_string(),
        Variable::Connection => session.connection.to_string(),
        Variable::Hostname => facts.process.hostname.clone(),
        Variable::Msec => seconds(facts.clock.epoch_ms),
        Variable::NginxVersion => facts.process.nginx_version.clone(),
        Variable::Pid => facts.process.pid.to_string(),
        Variable::Protocol => protocol(session.transport).to_owned(),
        Variable::RemoteAddr => host(&session.client),
        Variable::RemotePort => port(&session.client),
        Variable::ServerAddr => host(&session.local),
        Variable::ServerPort => port(&session.local),
        Variable::SessionTime => seconds(millis_between(session.started, facts.now)),
        Variable::Status => session.status.to_string(),
        Variable::TimeIso8601 => facts.clock.iso8601.clone(),
        Variable::TimeLocal => facts.clock.local.clone(),
        Variable::UpstreamAddr => list(facts, |a| peer_name(facts.pool, a))?,
        Variable::UpstreamBytesReceived => list(facts, |a| a.received.to_string())?,
        Variable::UpstreamBytesSent => list(facts, |a| a.sent.to_string())?,
        Variable::UpstreamConnectTime => list(facts, |a| optional(a.connect_ms))?,
        Variable::UpstreamFirstByteTime => list(facts, |a| optional(a.first_byte_ms))?,
        Variable::UpstreamSessionTime => list(facts, |a| {
            seconds(
                a.session_ms
                    .unwrap_or_else(|| millis_between(a.started, facts.now)),
            )
        })?,
    };
    Some(text.into_bytes())
}

/// One item per try; not found when no peer was tried.
fn list(facts: &Facts<'_>, item: impl Fn(&Attempt) -> String) -> Option<String> {
    let items: Vec<String> = facts.session.attempts.iter().map(item).collect();
    (!items.is_empty()).then(|| items.join(", "))
}

/// The peer's address, or the group's name when none could be picked.
#[must_use]
pub fn peer_name(pool: &Pool, attempt: &Attempt) -> String {
    attempt
        .peer
        .and_then(|ix| pool.peers.get(ix.0 as usize))
        .map_or_else(|| pool.name.clone(), |peer| address(&peer.address))
}

/// `ADDR:PORT` or `unix:PATH`.
#[must_use]
pub fn address(address: &Address) -> String {
    match address {
        Address::Inet(address) => address.to_string(),
        Address::Unix(path) => format!("unix:{}", path.display()),
    }
}

fn host(address: &Address) -> String {
    match address {
        Address::Inet(address) => address.ip().to_string(),
        Address::Unix(path) => format!("unix:{}", path.display()),
    }
}

fn port(address: &Address) -> String {
    match address {
        Address::Inet(address) => address.port().to_string(),
        Address::Unix(_) => String::new(),
    }
}

fn binary(address: &Address) -> Vec<u8> {
    match address {
        Address::Inet(core::net::SocketAddr::V4(v4)) => v4.ip().octets().to_vec(),
        Address::Inet(core::net::SocketAddr::V6(v6)) => v6.ip().octets().to_vec(),
        Address::Unix(_) => host(address).into_bytes(),
    }
}

const fn protocol(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "TCP",
        Transport::Udp => "UDP",
    }
}

fn optional(millis: Option<u64>) -> String {
    millis.map_or_else(|| "-".to_owned(), seconds)
}

fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}
