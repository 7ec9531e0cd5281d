//! Routes and rules as the kernel numbers them, except interfaces, which keep their names: an
//! interface may come, go and come back under another index.
//!
//! Invariants: names of tables, protocols, scopes and the like are looked up; two lines that mean
//! the same to the kernel are equal, so that a reload leaves what they made alone.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// A line of `virtual_routes`, `virtual_rules`, `static_routes` or `static_rules`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Routing {
    /// A route.
    Route(Box<Route>),
    /// A rule.
    Rule(Box<Rule>),
}

impl Routing {
    /// Whether its removal by somebody else is acted on.
    #[must_use]
    pub const fn is_tracked(&self) -> bool {
        match self {
            Self::Route(route) => route.track,
            Self::Rule(rule) => rule.track,
        }
    }
}

impl fmt::Display for Routing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(route) => write!(f, "route {route}"),
            Self::Rule(rule) => write!(f, "rule {rule}"),
        }
    }
}

/// Where a route goes among equal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Place {
    /// In the place of an equal one.
    Instead,
    /// `add`: nowhere if there is an equal one.
    Alone,
    /// `prepend`
    Before,
    /// `append`
    After,
}

/// `encap`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Encap {
    /// `ip`
    Ip(Tunnel<Ipv4Addr>),
    /// `ip6`
    Ip6(Tunnel<Ipv6Addr>),
    /// `mpls`: labels, outermost first.
    Mpls(Vec<u32>),
    /// `ila`: the locator.
    Ila(u64),
}

/// What `encap ip` and `encap ip6` say; the rest is the kernel's choice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tunnel<A> {
    /// `id`
    pub id: Option<u64>,
    /// `dst`
    pub dst: Option<A>,
    /// `src`
    pub src: Option<A>,
    /// `tos`
    pub tos: Option<u8>,
    /// `ttl`
    pub ttl: Option<u8>,
    /// `flags`
    pub flags: Option<u16>,
}

/// One way of a route.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hop {
    /// `via`
    pub via: Option<IpAddr>,
    /// `dev`
    pub interface: Option<String>,
    /// `weight`: 1 to 256.
    pub weight: u16,
    /// `onlink`
    pub onlink: bool,
    /// `encap`
    pub encap: Option<Encap>,
    /// `realms`: from, to.
    pub realms: Option<(u16, u16)>,
}

/// A route. Numbers are the kernel's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Route {
    /// Destination without host bits, and its length; tells the family.
    pub destination: (IpAddr, u8),
    /// `from`
    pub from: Option<(IpAddr, u8)>,
    /// RTN_*
    pub kind: u8,
    /// `tos`
    pub tos: u8,
    /// `table`
    pub table: u32,
    /// `vrf`: the table of that interface instead.
    pub vrf: Option<String>,
    /// `protocol`
    pub protocol: u8,
    /// `scope`
    pub scope: u8,
    /// `src`
    pub source: Option<IpAddr>,
    /// `metric`
    pub metric: Option<u32>,
    /// RTAX_* number and value in the kernel's unit; RTAX_LOCK (1) is the set of locked ones.
    pub metrics: Vec<(u16, u32)>,
    /// `congctl`
    pub congestion: Option<String>,
    /// `expires`: seconds.
    pub expires: Option<u32>,
    /// `pref`
    pub preference: Option<u8>,
    /// Ways; none for a type that needs none.
    pub hops: Vec<Hop>,
    /// `add`, `prepend`, `append`
    pub place: Place,
    /// Its removal by somebody else is acted on.
    pub track: bool,
}

impl fmt::Display for Route {
    /// As `ip route` shows it, as far as it takes to find it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Routing table `main`.
        const MAIN: u32 = 254;
        match self.destination {
            (address, 0) if address.is_unspecified() => f.write_str("default")?,
            (address, length) => write!(f, "{address}/{length}")?,
        }
        for hop in &self.hops {
            if self.hops.len() > 1 {
                f.write_str(" nexthop")?;
            }
            if let Some(via) = hop.via {
                write!(f, " via {via}")?;
            }
            if let Some(interface) = &hop.interface {
                write!(f, " dev {interface}")?;
            }
        }
        match &self.vrf {
            Some(vrf) => write!(f, " vrf {vrf}"),
            None if self.table != MAIN => write!(f, " table {}", self.table),
            None => Ok(()),
        }
    }
}

/// A rule. Numbers are the kernel's.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rule {
    /// IPv6, else IPv4.
    pub v6: bool,
    /// `from`
    pub from: Option<(IpAddr, u8)>,
    /// `to`
    pub to: Option<(IpAddr, u8)>,
    /// `not`
    pub not: bool,
    /// FR_ACT_*
    pub action: u8,
    /// `table`; 0 for actions without one.
    pub table: u32,
    /// `goto`
    pub goto: Option<u32>,
    /// `preference`, made up where none is written.
    pub priority: u32,
    /// `tos`
    pub tos: u8,
    /// `fwmark`
    pub mark: Option<u32>,
    /// Bits of the mark that count.
    pub mask: Option<u32>,
    /// `realms`: from, to.
    pub realms: Option<(u16, u16)>,
    /// `suppress_prefixlength`
    pub suppress_prefix: Option<u32>,
    /// `suppress_ifgroup`
    pub suppress_group: Option<u32>,
    /// `iif`
    pub iif: Option<String>,
    /// `oif`
    pub oif: Option<String>,
    /// `tunnel-id`
    pub tunnel: Option<u64>,
    /// `l3mdev`
    pub l3mdev: bool,
    /// `uidrange`
    pub uids: Option<(u32, u32)>,
    /// `protocol`
    pub protocol: u8,
    /// `ipproto`
    pub ip_protocol: Option<u8>,
    /// `sport`
    pub sport: Option<(u16, u16)>,
    /// `dport`
    pub dport: Option<(u16, u16)>,
    /// Its removal by somebody else is acted on.
    pub track: bool,
}

impl fmt::Display for Rule {
    /// As `ip rule` shows it, as far as it takes to find it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.priority)?;
        for (word, selector) in [("from", self.from), ("to", self.to)] {
            if let Some((address, length)) = selector {
                write!(f, " {word} {address}/{length}")?;
            }
        }
        match self.table {
            0 => Ok(()),
            table => write!(f, " lookup {table}"),
        }
    }
}
