//! Checkers of a real server.

use core::net::IpAddr;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Node, Spanned};
use crate::ast::lvs::Schedule;

/// One checker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Check {
    /// `TCP_CHECK`
    Tcp(TcpCheck),
}

/// Where a checker connects to and from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Connect {
    /// `connect_ip`
    pub ip: Option<Spanned<IpAddr>>,
    /// `connect_port`
    pub port: Option<Spanned<u16>>,
    /// `bindto`
    pub bind_ip: Option<Spanned<IpAddr>>,
    /// `bind_port`
    pub bind_port: Option<Spanned<u16>>,
    /// `bind_if`
    pub bind_if: Option<Spanned<String>>,
    /// `connect_timeout`
    pub timeout: Option<Spanned<Duration>>,
    /// `fwmark`
    pub mark: Option<Spanned<u32>>,
}

/// When a checker runs, and what it says of its failures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attempts {
    /// Its own schedule.
    pub schedule: Schedule,
    /// `log_all_failures`
    pub log_all_failures: Option<bool>,
}

/// `TCP_CHECK`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TcpCheck {
    /// Where it connects.
    pub connect: Connect,
    /// When it runs.
    pub attempts: Attempts,
}

impl Node for TcpCheck {}
