//! What the engine runs: validated services, servers and checks.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use serde::{Deserialize, Serialize};

/// All virtual services in file order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `virtual_server` blocks.
    pub services: Vec<Service>,
}

/// IP protocol of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Protocol {
    /// 6
    Tcp,
    /// 17
    Udp,
    /// 132
    Sctp,
}

/// How packets reach the real server (`lvs_method`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Forwarding {
    /// NAT
    Masquerade,
    /// DR
    DirectRouting,
    /// TUN (ipip)
    Tunnel,
}

/// Identity of a service in the kernel's table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ServiceKey {
    /// Address, port, protocol.
    Address {
        /// Address and port.
        address: SocketAddr,
        /// Protocol.
        protocol: Protocol,
    },
    /// Firewall mark.
    Mark {
        /// The mark.
        mark: u32,
        /// Its family.
        family: base::Family,
    },
}

/// One `virtual_server`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Identity.
    pub key: ServiceKey,
    /// `lb_algo`: kernel scheduler name.
    pub scheduler: String,
    /// Default forwarding of its servers.
    pub forwarding: Forwarding,
    /// `persistence_timeout` in seconds; none: no persistence.
    pub persistence: Option<u32>,
    /// `persistence_granularity`, as the kernel's netmask (host order) or prefix length for IPv6.
    pub granularity: Option<IpAddr>,
    /// `quorum`
    pub quorum: u32,
    /// `hysteresis`
    pub hysteresis: u32,
    /// `alpha`
    pub alpha: bool,
    /// `omega`
    pub omega: bool,
    /// `sorry_server`
    pub sorry: Option<RealServer>,
    /// `real_server` blocks.
    pub servers: Vec<RealServer>,
}

/// One `real_server`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealServer {
    /// Where.
    pub address: SocketAddr,
    /// 0 to 65535.
    pub weight: u32,
    /// NAT, DR, TUN.
    pub forwarding: Forwarding,
    /// `inhibit_on_failure`
    pub inhibit_on_failure: bool,
    /// `alpha` of the server
    pub alpha: bool,
    /// All must pass.
    pub checks: Vec<Check>,
}

/// Schedule and probe of one checker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What to do.
    pub probe: Probe,
    /// `delay_loop`
    pub delay_loop: Duration,
    /// `warmup`: the first run comes after a random part of it.
    pub warmup: Duration,
    /// `retry`: extra failures before down.
    pub retry: u32,
    /// `delay_before_retry`
    pub delay_before_retry: Duration,
    /// `alpha`
    pub alpha: bool,
}

/// What a checker does; the schedule does not depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// `TCP_CHECK`
    Tcp {
        /// `connect_ip`/`connect_port`, default the real server.
        target: SocketAddr,
        /// `bindto`/`bind_port`
        bind: Option<SocketAddr>,
        /// `connect_timeout`
        timeout: Duration,
    },
}
