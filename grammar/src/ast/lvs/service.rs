//! `virtual_server` and `real_server`.

use core::net::IpAddr;
use core::time::Duration;

use base::Family;
use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Command, Node, Rejected, Spanned};
use crate::ast::lvs::{Check, words};
use crate::ast::rare::{Rare, absent};

/// Address of a server, and its port if one was written.
pub type Endpoint = (IpAddr, Option<u16>);

/// What a service is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Address and port; 0 when none was written.
    Address(IpAddr, u16),
    /// `fwmark`
    Mark(u32),
    /// `group`
    Group(String),
}

impl Default for Target {
    fn default() -> Self {
        Self::Mark(0)
    }
}

words! {
    /// `protocol`
    Protocol {
        /// TCP
        Tcp = "TCP",
        /// UDP
        Udp = "UDP",
        /// SCTP
        Sctp = "SCTP",
    }
}

words! {
    /// `lb_algo`: the kernel's schedulers.
    Scheduler {
        /// Round robin
        Rr = "rr",
        /// Weighted round robin
        Wrr = "wrr",
        /// Least connections
        Lc = "lc",
        /// Weighted least connections
        Wlc = "wlc",
        /// Locality-based least connections
        Lblc = "lblc",
        /// Source hashing
        Sh = "sh",
        /// Maglev hashing
        Mh = "mh",
        /// Destination hashing
        Dh = "dh",
        /// Weighted fail-over
        Fo = "fo",
        /// Weighted overflow
        Ovf = "ovf",
        /// Locality-based least connections with replication
        Lblcr = "lblcr",
        /// Shortest expected delay
        Sed = "sed",
        /// Never queue
        Nq = "nq",
        /// Power of two choices
        Twos = "twos",
    }
}

words! {
    /// Flags of the service and its scheduler.
    Flag {
        /// Hashed entry
        Hashed = "hashed",
        /// One-packet scheduling
        Ops = "ops",
        /// Scheduler flag 1
        Flag1 = "flag-1",
        /// Scheduler flag 2
        Flag2 = "flag-2",
        /// Scheduler flag 3
        Flag3 = "flag-3",
        /// Source hashing with the port
        ShPort = "sh-port",
        /// Source hashing with a second choice
        ShFallback = "sh-fallback",
        /// Maglev hashing with the port
        MhPort = "mh-port",
        /// Maglev hashing with a second choice
        MhFallback = "mh-fallback",
    }
}

impl Flag {
    /// The one scheduler that knows the flag.
    #[must_use]
    pub const fn scheduler(self) -> Option<Scheduler> {
        match self {
            Self::Hashed | Self::ShPort | Self::ShFallback => Some(Scheduler::Sh),
            Self::MhPort | Self::MhFallback => Some(Scheduler::Mh),
            Self::Ops | Self::Flag1 | Self::Flag2 | Self::Flag3 => None,
        }
    }
}

/// `lvs_method`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// NAT
    Nat,
    /// DR
    Dr,
    /// TUN
    Tun(Tunnel),
}

/// How packets are wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tunnel {
    /// IP in IP
    #[default]
    Ipip,
    /// Generic UDP encapsulation
    Gue {
        /// Destination port; not 0.
        port: u16,
        /// Checksum of the outer packet.
        checksum: Checksum,
    },
    /// GRE
    Gre {
        /// `csum`
        checksum: bool,
    },
}

words! {
    /// Checksum of a GUE packet.
    Checksum {
        /// None
        None = "nocsum",
        /// Of the outer packet.
        Full = "csum",
        /// Left to the receiver.
        Remote = "remcsum",
    }
}

/// Settings that a checker inherits from its server and that from its service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Schedule {
    /// `retry`
    pub retry: Option<Spanned<u32>>,
    /// `delay_before_retry`
    pub delay_before_retry: Option<Spanned<Duration>>,
    /// `warmup`
    pub warmup: Option<Spanned<Duration>>,
    /// `delay_loop`
    pub delay_loop: Option<Spanned<Duration>>,
    /// `alpha`
    pub alpha: Option<bool>,
}

absent!(Schedule);

/// One `virtual_server`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// What it is for.
    pub target: Spanned<Target>,
    /// `ip_family`
    pub family: Option<Spanned<Family>>,
    /// Inherited by its servers.
    pub schedule: Schedule,
    /// `connect_timeout`, inherited like the schedule.
    pub connect_timeout: Option<Spanned<Duration>>,
    /// `lb_algo`
    pub scheduler: Option<Spanned<Scheduler>>,
    /// `lb_kind`
    pub method: Option<Spanned<Method>>,
    /// `persistence_timeout` in seconds.
    pub persistence_timeout: Option<Spanned<u32>>,
    /// `persistence_granularity`: a mask or a prefix length.
    pub granularity: Option<Spanned<Granularity>>,
    /// `protocol`
    pub protocol: Option<Spanned<Protocol>>,
    /// `quorum`
    pub quorum: Option<Spanned<u32>>,
    /// `hysteresis`
    pub hysteresis: Option<Spanned<u32>>,
    /// `omega`
    pub omega: bool,
    /// `weight`: default of its servers.
    pub weight: Option<Spanned<u32>>,
    /// `inhibit_on_failure`
    pub inhibit_on_failure: Option<bool>,
    /// `quorum_up`
    pub quorum_up: Option<Box<Spanned<Command>>>,
    /// `quorum_down`
    pub quorum_down: Option<Box<Spanned<Command>>>,
    /// `sorry_server`
    pub sorry_server: Option<Box<Spanned<Endpoint>>>,
    /// `sorry_server_inhibit`
    pub sorry_server_inhibit: Option<Spanned<bool>>,
    /// `sorry_server_lvs_method`
    pub sorry_server_method: Option<Spanned<Method>>,
    /// `hashed`, `ops`, `flag-1` and so on, each once.
    pub flags: Vec<Spanned<Flag>>,
    /// `persistence_engine`
    pub persistence_engine: Option<Box<Spanned<String>>>,
    /// `ha_suspend`
    pub ha_suspend: bool,
    /// `smtp_alert`
    pub smtp_alert: Option<bool>,
    /// `virtualhost`
    pub virtualhost: Option<Box<Spanned<String>>>,
    /// `snmp_name`
    pub snmp_name: Option<Box<Spanned<String>>>,
    /// `real_server`
    pub servers: Vec<RealServer>,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

impl Node for Service {
    fn reject(&mut self, keyword: &'static str) {
        self.rejected.0.push(keyword);
    }
}

/// `persistence_granularity`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Granularity {
    /// IPv4 netmask.
    Mask(core::net::Ipv4Addr),
    /// IPv6 prefix length.
    Prefix(u8),
}

/// One `real_server`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RealServer {
    /// Address and port; the service's port when none was written.
    pub address: Spanned<Endpoint>,
    /// Inherited by its checkers.
    pub schedule: Rare<Schedule>,
    /// `connect_timeout`, inherited like the schedule.
    pub connect_timeout: Option<Spanned<Duration>>,
    /// `weight`
    pub weight: Option<Spanned<u32>>,
    /// `inhibit_on_failure`
    pub inhibit_on_failure: Option<bool>,
    /// `lvs_method`
    pub method: Option<Spanned<Method>>,
    /// `notify_up`
    pub notify_up: Option<Box<Spanned<Command>>>,
    /// `notify_down`
    pub notify_down: Option<Box<Spanned<Command>>>,
    /// Checkers.
    pub checks: Vec<Spanned<Check>>,
    /// `uthreshold`: connections at which it gets no more; 0 is no bound.
    pub upper_threshold: Option<Spanned<u32>>,
    /// `lthreshold`: connections below which it gets some again.
    pub lower_threshold: Option<Spanned<u32>>,
    /// `smtp_alert`
    pub smtp_alert: Option<bool>,
    /// `virtualhost`
    pub virtualhost: Option<Box<Spanned<String>>>,
    /// `snmp_name`
    pub snmp_name: Option<Box<Spanned<String>>>,
}

impl RealServer {
    /// A server without settings.
    #[must_use]
    pub fn new(address: Spanned<Endpoint>) -> Self {
        Self {
            address,
            schedule: Rare::default(),
            connect_timeout: None,
            weight: None,
            inhibit_on_failure: None,
            method: None,
            notify_up: None,
            notify_down: None,
            checks: Vec::new(),
            upper_threshold: None,
            lower_threshold: None,
            smtp_alert: None,
            virtualhost: None,
            snmp_name: None,
        }
    }
}

impl Node for RealServer {}
