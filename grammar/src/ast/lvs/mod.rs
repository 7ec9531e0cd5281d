//! Virtual services, as `keepalived.conf` says it.

mod check;
mod group;
mod hex;
mod http;
mod service;
mod words;

use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Node, Secret, Spanned};

pub use check::{
    Attempts, BfdCheck, Check, Connect, DnsCheck, DnsType, FileCheck, FileWeight, MiscCheck,
    PingCheck, SmtpCheck, SmtpHost, TcpCheck, UdpCheck,
};
pub use group::{Addresses, Group, Member};
pub use hex::{Hex, HexPattern};
pub use http::{HttpCheck, HttpVersion, Regex, RegexOption, Url};
pub use service::{
    Checksum, Endpoint, Flag, Granularity, Method, Protocol, RealServer, Schedule, Scheduler,
    Service, Target, Tunnel,
};
use words::words;

/// Virtual services.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lvs {
    /// `SSL`
    pub ssl: Option<Spanned<Ssl>>,
    /// `virtual_server_group`
    pub groups: Vec<Group>,
    /// `virtual_server`. Each is large, and there may be tens of thousands: a list of the values
    /// themselves would be copied and cleared several times over while it grows.
    #[allow(clippy::vec_box)]
    pub services: Vec<Box<Service>>,
}

/// What `SSL_GET` presents to the servers it checks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ssl {
    /// `password` of the key.
    pub password: Option<Spanned<Secret>>,
    /// `ca`: file of the authorities.
    pub ca: Option<Spanned<String>>,
    /// `certificate`: file of the client's own.
    pub certificate: Option<Spanned<String>>,
    /// `key`: file of the client's own.
    pub key: Option<Spanned<String>>,
}

impl Node for Ssl {}
