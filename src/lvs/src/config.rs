//! What the engine runs: validated services, servers and checks.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

/// All virtual services in file order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `virtual_server` blocks.
    pub services: Vec<Service>,
}

pub use wire::ipvs::{Forwarding, Marked, Protocol, ServiceKey};

/// One `virtual_server`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Identity.
    pub key: ServiceKey,
    /// `lb_algo`: kernel scheduler name.
    pub scheduler: &'static str,
    /// Default forwarding of its servers.
    pub forwarding: Forwarding,
    /// `persistence_timeout` in seconds; none: no persistence.
    pub persistence: Option<u32>,
    /// `persistence_granularity` as a netmask; of an IPv6 one the leading ones are the prefix.
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

impl Service {
    /// The quorum and hysteresis that can be reached: a quorum above the sum of the weights is
    /// lowered to it, and a hysteresis that is not below the quorum to one less
    /// (`spec/keepalived-behaviour.md` section 6).
    #[must_use]
    pub fn reachable_quorum(&self) -> (u32, u32) {
        let total = self
            .servers
            .iter()
            .fold(0u32, |sum, server| sum.saturating_add(server.weight));
        let quorum = self.quorum.min(total).max(1);
        (quorum, self.hysteresis.min(quorum - 1))
    }

    /// Whether `server`'s check starts in the failed state because anyone said `alpha`.
    #[must_use]
    pub const fn starts_failed(&self, server: &RealServer, check: &Check) -> bool {
        self.alpha || server.alpha || check.alpha
    }
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
    /// `BFD_CHECK`: looked at anew when [`crate::Input::Look`] says so.
    Session {
        /// Whose state counts.
        name: String,
    },
}
