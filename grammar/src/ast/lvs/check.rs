//! Checkers of a real server.
//!
//! Invariant: a checker in the tree has all it needs to run, such as the name it follows or a page
//! to fetch; one that lacks it is reported and left out.

use core::net::IpAddr;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Command, Node, Rejected, Spanned, User};
use crate::ast::lvs::hex::{Hex, HexPattern};
use crate::ast::lvs::http::HttpCheck;
use crate::ast::lvs::{Schedule, words};
use crate::ast::rare::Rare;

/// One checker. All but the usual ones lie elsewhere: there are as many as servers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Check {
    /// `TCP_CHECK`
    Tcp(TcpCheck),
    /// `HTTP_GET`
    Http(Box<HttpCheck>),
    /// `SSL_GET`
    Ssl(Box<HttpCheck>),
    /// `SMTP_CHECK`
    Smtp(Box<SmtpCheck>),
    /// `DNS_CHECK`
    Dns(Box<DnsCheck>),
    /// `MISC_CHECK`
    Misc(Box<MiscCheck>),
    /// `UDP_CHECK`
    Udp(Box<UdpCheck>),
    /// `PING_CHECK`
    Ping(PingCheck),
    /// `FILE_CHECK`
    File(FileCheck),
    /// `BFD_CHECK`
    Bfd(BfdCheck),
}

impl Check {
    /// Its keyword.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Tcp(_) => "TCP_CHECK",
            Self::Http(_) => "HTTP_GET",
            Self::Ssl(_) => "SSL_GET",
            Self::Smtp(_) => "SMTP_CHECK",
            Self::Dns(_) => "DNS_CHECK",
            Self::Misc(_) => "MISC_CHECK",
            Self::Udp(_) => "UDP_CHECK",
            Self::Ping(_) => "PING_CHECK",
            Self::File(_) => "FILE_CHECK",
            Self::Bfd(_) => "BFD_CHECK",
        }
    }

    /// Where it connects, if it does.
    #[must_use]
    pub const fn connect(&self) -> Option<&Connect> {
        match self {
            Self::Tcp(check) => Some(&check.connect),
            Self::Http(check) | Self::Ssl(check) => Some(&check.connect),
            Self::Smtp(check) => Some(&check.connect),
            Self::Dns(check) => Some(&check.connect),
            Self::Udp(check) => Some(&check.connect),
            Self::Ping(check) => Some(&check.connect),
            Self::Misc(_) | Self::File(_) | Self::Bfd(_) => None,
        }
    }
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
    pub schedule: Rare<Schedule>,
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

/// `PING_CHECK`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PingCheck {
    /// Where the echo requests go; the port means nothing.
    pub connect: Connect,
    /// When it runs.
    pub attempts: Attempts,
}

impl Node for PingCheck {}

/// `SMTP_CHECK`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SmtpCheck {
    /// Where it connects.
    pub connect: Connect,
    /// When it runs.
    pub attempts: Attempts,
    /// `helo_name`
    pub helo_name: Option<Spanned<String>>,
    /// `host`: each is a checker of its own.
    pub hosts: Vec<SmtpHost>,
}

impl Node for SmtpCheck {}

/// `SMTP_CHECK/host`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SmtpHost {
    /// Where it connects.
    pub connect: Connect,
    /// When it runs.
    pub attempts: Attempts,
}

impl Node for SmtpHost {}

words! {
    /// `DNS_CHECK/type`
    DnsType {
        /// IPv4 address
        A = "A",
        /// Name server
        Ns = "NS",
        /// Alias
        Cname = "CNAME",
        /// Start of authority
        Soa = "SOA",
        /// Mail exchanger
        Mx = "MX",
        /// Text
        Txt = "TXT",
        /// IPv6 address
        Aaaa = "AAAA",
        /// Signature
        Rrsig = "RRSIG",
        /// Public key
        Dnskey = "DNSKEY",
    }
}

/// `DNS_CHECK`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DnsCheck {
    /// Where it connects.
    pub connect: Connect,
    /// When it runs.
    pub attempts: Attempts,
    /// `type`
    pub kind: Option<Spanned<DnsType>>,
    /// `name`
    pub name: Option<Spanned<String>>,
}

impl Node for DnsCheck {}

/// `MISC_CHECK`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MiscCheck {
    /// When it runs.
    pub attempts: Attempts,
    /// `misc_path`; always there.
    pub command: Option<Spanned<Command>>,
    /// `misc_timeout`: whole seconds.
    pub timeout: Option<Spanned<Duration>>,
    /// `misc_dynamic`
    pub dynamic: bool,
    /// `user`
    pub user: Option<Spanned<User>>,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

/// `UDP_CHECK`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UdpCheck {
    /// Where it connects.
    pub connect: Connect,
    /// When it runs.
    pub attempts: Attempts,
    /// `payload`
    pub payload: Option<Spanned<Hex>>,
    /// `require_reply`: any reply when the pattern is empty.
    pub require_reply: Option<Spanned<HexPattern>>,
    /// `min_reply_length`
    pub min_reply_length: Option<Spanned<u16>>,
    /// `max_reply_length`
    pub max_reply_length: Option<Spanned<u16>>,
}

impl Node for UdpCheck {}

/// `FILE_CHECK`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileCheck {
    /// `track_file`; always there.
    pub track_file: Option<Spanned<String>>,
    /// `weight`
    pub weight: Option<Spanned<FileWeight>>,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

/// `FILE_CHECK/weight`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileWeight {
    /// What the file's number is multiplied with.
    pub weight: i32,
    /// `reverse`: subtract instead of add.
    pub reverse: bool,
}

/// `BFD_CHECK`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BfdCheck {
    /// `name`; always there.
    pub name: Option<Spanned<String>>,
    /// `alpha`
    pub alpha: Option<bool>,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

/// Checkers that cannot run without some keyword.
macro_rules! rejecting {
    ($($check:ty),*) => {$(
        impl Node for $check {
            fn reject(&mut self, keyword: &'static str) {
                self.rejected.0.push(keyword);
            }
        }
    )*};
}

rejecting!(MiscCheck, FileCheck, BfdCheck);
