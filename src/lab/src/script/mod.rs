//! The lab's script language: what to do to the nodes and what to expect of them.
//!
//! One statement a line, `#` starts a comment. Declarations say what the configurations do not
//! (addresses, the client, stand-ins); steps act, wait and expect. Invariants: parsing is pure,
//! finds every problem in one run, and yields values whose numbers are in range.
//! Deliberately unknown here: namespaces, processes, clocks. The same scripts run in the
//! simulator, so nothing here may depend on how a statement is carried out.

mod check;
mod condition;
mod line;
mod parse;

pub use check::check;
pub use line::read_duration as duration;
pub use parse::{FORMS, parse};

use core::fmt;
use core::time::Duration;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// A whole script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// What is there before anything happens, in the order written.
    pub declarations: Vec<(u32, Declaration)>,
    /// What happens, in the order written.
    pub steps: Vec<Step>,
}

/// One step with the place it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Line in the script, from 1.
    pub line: u32,
    /// The statement as written, without comment.
    pub text: String,
    /// What it means.
    pub statement: Statement,
}

/// An address with its prefix length, as `172.21.18.34/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cidr {
    /// The address itself, host bits included.
    pub address: IpAddr,
    /// Prefix length, at most 32 or 128.
    pub prefix: u8,
}

impl Cidr {
    /// Whether `other` lies in the network of this address.
    #[must_use]
    pub fn contains(&self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let shift = 32u32.saturating_sub(u32::from(self.prefix));
                shift >= 32 || a.to_bits() >> shift == b.to_bits() >> shift
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let shift = 128u32.saturating_sub(u32::from(self.prefix));
                shift >= 128 || a.to_bits() >> shift == b.to_bits() >> shift
            }
            _ => false,
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// What is there before the first step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Declaration {
    /// `title TEXT`: the heading of the timeline.
    Title(String),
    /// `node NAME address [INTERFACE] ADDRESS/LEN`: what a configuration does not say.
    Node {
        node: String,
        interface: Option<String>,
        address: Cidr,
    },
    /// `gateway ADDRESS/LEN`: the switch answers there and routes; nodes in its network use it.
    Gateway(Cidr),
    /// `client ADDRESS/LEN probe TARGET…`.
    Client {
        address: Cidr,
        probes: Vec<ProbeTarget>,
    },
    /// `backend ADDRESS:PORT name NAME`: a TCP server that answers with its name.
    Backend { listen: SocketAddr, name: String },
    /// `http ADDRESS:PORT on NODE [with SERVICE]`: answers 200; with a service only while that
    /// runs, and not at all where the original program does so itself.
    Http {
        listen: SocketAddr,
        node: String,
        with: Option<String>,
    },
    /// `daemons NODE SERVICE…`: what `start NODE` starts; default: what it has configuration for.
    Daemons { node: String, services: Vec<String> },
    /// `file NODE PATH from FILE [for original]`: this file, named from the script's directory, lies
    /// there instead; or only if the node's keepalived is the original.
    File {
        node: String,
        path: String,
        from: String,
        for_original: bool,
    },
    /// `original NODE [SERVICE…]`: the node runs the original programs.
    Original { node: String, services: Vec<String> },
}

/// What a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ProbeTarget {
    /// ICMP echo to the address.
    Ping(IpAddr),
    /// A TCP connection; the first line received names the peer.
    Tcp(SocketAddr),
}

impl fmt::Display for ProbeTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ping(address) => write!(f, "{address}"),
            Self::Tcp(address) => write!(f, "{address}"),
        }
    }
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// Changes something.
    Act(Action),
    /// `wait T`: lets time pass.
    Pause(Duration),
    /// `wait until CONDITION [within T]`: the script ends as failed if it does not come.
    WaitUntil {
        condition: Condition,
        within: Duration,
    },
    /// `expect CONDITION [within T] [not before T]`: recorded, the script goes on.
    Expect {
        condition: Condition,
        within: Duration,
        /// Earliest time after the last action at which the condition may have become true.
        not_before: Option<Duration>,
    },
    /// `expect CONDITION for T`: holds now and without a break for that long.
    Keeps {
        condition: Condition,
        during: Duration,
    },
}

/// Which node or all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nodes {
    /// Every node with daemons.
    All,
    /// The named one.
    One(String),
}

/// Which processes of a service a signal goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// Every process of the service, as `killall`.
    All,
    /// The main process only, as `kill $(cat …pid)`.
    Main,
    /// Everything but the main process.
    Children,
}

/// A signal a script can send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignalName {
    Hup,
    Int,
    Quit,
    Abrt,
    Kill,
    Usr1,
    Segv,
    Usr2,
    Term,
    Cont,
    Stop,
}

impl SignalName {
    /// Every signal with its number and its name.
    pub const ALL: [(Self, i32, &'static str); 11] = [
        (Self::Hup, 1, "HUP"),
        (Self::Int, 2, "INT"),
        (Self::Quit, 3, "QUIT"),
        (Self::Abrt, 6, "ABRT"),
        (Self::Kill, 9, "KILL"),
        (Self::Usr1, 10, "USR1"),
        (Self::Segv, 11, "SEGV"),
        (Self::Usr2, 12, "USR2"),
        (Self::Term, 15, "TERM"),
        (Self::Cont, 18, "CONT"),
        (Self::Stop, 19, "STOP"),
    ];

    /// The number on Linux.
    #[must_use]
    pub fn number(self) -> i32 {
        Self::ALL
            .iter()
            .find(|row| row.0 == self)
            .map_or(0, |row| row.1)
    }

    /// The name without `SIG`.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|row| row.0 == self)
            .map_or("", |row| row.2)
    }
}

/// What a script does to the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `start [SERVICE on] NODE`; must succeed.
    Start {
        service: Option<String>,
        nodes: Nodes,
    },
    /// `stop [SERVICE on] NODE`, in an orderly way.
    Stop {
        service: Option<String>,
        nodes: Nodes,
    },
    /// `restart SERVICE on NODE`.
    Restart { service: String, node: String },
    /// `reload SERVICE on NODE`.
    Reload { service: String, node: String },
    /// `kill [-SIGNAL] [main|children of] SERVICE on NODE`; default TERM, every process.
    Kill {
        signal: SignalName,
        part: Part,
        service: String,
        node: String,
    },
    /// `hang [main|children of] SERVICE on NODE`: stops the processes without ending them.
    Hang {
        part: Part,
        service: String,
        node: String,
    },
    /// `resume SERVICE on NODE`: lets stopped processes go on.
    Resume { service: String, node: String },
    /// `cut NODE [silently]`: pulls the cable; silently: frames vanish, the carrier stays.
    Cut { node: String, silently: bool },
    /// `heal NODE`: undoes `cut`.
    Heal { node: String },
    /// `exec NODE COMMAND` must exit 0; `try NODE COMMAND` may exit as it likes.
    Exec {
        node: String,
        command: String,
        must_succeed: bool,
    },
    /// `restart SERVICE on NODE fails|succeeds`: what comes of later starts of the service.
    StartsOf {
        service: String,
        node: String,
        succeed: bool,
    },
}

/// A VRRP state as keepalived's log names it, or that the daemon does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    Master,
    Backup,
    Fault,
    /// Not running.
    Stopped,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Stopped => "STOPPED",
        })
    }
}

/// Bound on the client's longest outage since the last action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// `= 0`: no probe was lost.
    Zero,
    /// `< T`.
    Below(Duration),
    /// `at most T`.
    AtMost(Duration),
}

/// Something that holds or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `NODE is STATE [in INSTANCE]`.
    StateIs {
        node: String,
        instance: Option<String>,
        state: State,
    },
    /// `SERVICE on NODE is running|stopped`.
    ServiceIs {
        service: String,
        node: String,
        running: bool,
    },
    /// `vip ADDRESS on NODE|nobody`: exactly that node holds the address.
    VipOn { vip: IpAddr, node: Option<String> },
    /// `vip ADDRESS at NODE`: the node was the last to announce it, so packets go there; another
    /// may still hold the address, if it was killed.
    VipAt { vip: IpAddr, node: String },
    /// `NODE|nobody advertises [PRIORITY]`: the last advert on the wire.
    Advertises { node: String, priority: Option<u8> },
    /// `peer answering is NAME`: the peer is among those who answer the client's TCP probes.
    PeerAnswering { name: String },
    /// `outage < T`, `outage = 0`, `outage at most T`.
    Outage(Bound),
    /// `states of NODE are STATE…`: all states since the start, in order.
    States { node: String, states: Vec<State> },
    /// `order NODE STATE, NODE STATE, …`: these transitions came one after another since the
    /// last action, others between them allowed.
    Order(Vec<(String, State)>),
    /// `log of NODE contains "PHRASE"`, since the start.
    Log { node: String, phrase: String },
}

/// A line that is not a statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct Problem {
    /// Line in the script, from 1.
    pub line: u32,
    /// What is wrong and what would be right.
    pub message: String,
}
