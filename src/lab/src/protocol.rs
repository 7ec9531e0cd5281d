//! What the lab and the init of a node say to each other: JSON lines over a socket pair, which
//! is the init's standard input. When the lab is gone the socket closes, and the init ends.

use std::io::{self, BufRead, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::observed::Event;
use crate::script::{Cidr, Part, ProbeTarget};
use crate::unit::Unit;

/// Longest line either side accepts; a setup with many files stays far below.
const LONGEST_LINE: u64 = 4 << 20;

/// Everything the init needs to know before its root exists.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct NodeSetup {
    /// Host name.
    pub name: String,
    /// The node's directory, as laid over the root.
    pub files: Option<PathBuf>,
    /// Files of the host that lie elsewhere in the node, over the node's own.
    pub placed: Vec<(PathBuf, PathBuf)>,
    /// For /etc/hosts.
    pub hosts: Vec<(IpAddr, String)>,
    /// Programs of the host to appear at a path of the node.
    pub programs: Vec<(PathBuf, PathBuf)>,
    /// Small executables to write: path and text.
    pub wrappers: Vec<(PathBuf, String)>,
    /// Services the node can run.
    pub units: Vec<Unit>,
    /// Stand-in servers.
    pub stand_ins: Vec<StandIn>,
    /// Whether the node lives in a user namespace with only uid 0.
    pub unprivileged: bool,
}

/// A server that stands in for a real one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StandIn {
    pub listen: SocketAddr,
    pub kind: StandInKind,
}

/// What a stand-in answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum StandInKind {
    /// Its name and a newline at once, then an echo of what comes.
    Name(String),
    /// HTTP 200; with a service only while that runs.
    Http { with: Option<String> },
}

/// A request of the lab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub id: u64,
    pub what: Command,
}

/// What the lab asks of an init.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Command {
    /// Configure the interface that the lab has put into the node.
    Attach {
        interface: String,
        addresses: Vec<Cidr>,
        gateway: Option<IpAddr>,
    },
    /// Begin to probe.
    Probe {
        targets: Vec<ProbeTarget>,
    },
    Start {
        service: String,
    },
    Stop {
        service: String,
    },
    Restart {
        service: String,
    },
    Reload {
        service: String,
    },
    Signal {
        service: String,
        part: Part,
        signal: i32,
    },
    StartsOf {
        service: String,
        succeed: bool,
    },
    Exec {
        command: String,
    },
}

/// What an init says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Report {
    /// The root is built, requests are answered.
    Ready { warnings: Vec<String> },
    /// The root could not be built.
    Unusable { why: String },
    /// A request is done.
    Reply {
        id: u64,
        result: Result<String, String>,
    },
    /// Something happened, at microseconds of the monotonic clock.
    Seen { at_us: u64, event: Event },
}

/// Writes one line.
pub(crate) fn send<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(message).map_err(io::Error::other)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Reads one line; `None` at the end of the stream.
pub(crate) fn receive<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    let read = from.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    serde_json::from_slice(&line)
        .map(Some)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Microseconds of the monotonic clock, which all namespaces share.
pub(crate) fn monotonic_us() -> u64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC);
    now.map_or(0, |t| {
        let seconds = u64::try_from(t.tv_sec()).unwrap_or(0);
        let nanos = u64::try_from(t.tv_nsec()).unwrap_or(0);
        seconds * 1_000_000 + nanos / 1000
    })
}
