//! `virtual_server` and `real_server`.

use core::net::IpAddr;
use core::time::Duration;

use base::Family;
use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Command, Node, Rejected, Setting, Spanned};
use crate::ast::lvs::Check;

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

/// `protocol`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// TCP
    Tcp,
    /// UDP
    Udp,
    /// SCTP
    Sctp,
}

/// `lvs_method`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// NAT
    Nat,
    /// DR
    Dr,
    /// TUN
    Tun,
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
    pub scheduler: Option<Spanned<String>>,
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
    pub quorum_up: Option<Spanned<Command>>,
    /// `quorum_down`
    pub quorum_down: Option<Spanned<Command>>,
    /// `sorry_server`
    pub sorry_server: Option<Spanned<(IpAddr, Option<u16>)>>,
    /// `sorry_server_inhibit`
    pub sorry_server_inhibit: bool,
    /// `sorry_server_lvs_method`
    pub sorry_server_method: Option<Spanned<Method>>,
    /// `real_server`
    pub servers: Vec<RealServer>,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
    /// Keywords that are only kept.
    pub kept: Vec<Setting>,
}

impl Node for Service {
    fn keep(&mut self, setting: Setting) {
        self.kept.push(setting);
    }

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
    pub address: Spanned<(IpAddr, Option<u16>)>,
    /// Inherited by its checkers.
    pub schedule: Schedule,
    /// `connect_timeout`, inherited like the schedule.
    pub connect_timeout: Option<Spanned<Duration>>,
    /// `weight`
    pub weight: Option<Spanned<u32>>,
    /// `inhibit_on_failure`
    pub inhibit_on_failure: Option<bool>,
    /// `lvs_method`
    pub method: Option<Spanned<Method>>,
    /// `notify_up`
    pub notify_up: Option<Spanned<Command>>,
    /// `notify_down`
    pub notify_down: Option<Spanned<Command>>,
    /// Checkers.
    pub checks: Vec<Spanned<Check>>,
    /// Keywords that are only kept.
    pub kept: Vec<Setting>,
}

impl RealServer {
    /// A server without settings.
    #[must_use]
    pub fn new(address: Spanned<(IpAddr, Option<u16>)>) -> Self {
        Self {
            address,
            schedule: Schedule::default(),
            connect_timeout: None,
            weight: None,
            inhibit_on_failure: None,
            method: None,
            notify_up: None,
            notify_down: None,
            checks: Vec::new(),
            kept: Vec::new(),
        }
    }
}

impl Node for RealServer {
    fn keep(&mut self, setting: Setting) {
        self.kept.push(setting);
    }
}
