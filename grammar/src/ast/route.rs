//! Lines of `virtual_routes` and `static_routes`.
//!
//! Invariants: all addresses of a route are of one family.
//! Deliberately unknown here: interfaces, and the numbers of names that only the host knows.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;

use base::Family;
use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Node, Prefix, Rejected, Spanned};

/// A number of the kernel's that iproute2's tables (`rt_tables`, `rt_protos`…) may give a name.
/// Names that mean the same everywhere are numbers already.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Named {
    /// The number.
    Number(u32),
    /// A name that the host has to look up.
    Name(String),
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// Where a route leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// `default`, `any`, `all`: everywhere.
    #[default]
    Default,
    /// `default6`: everywhere in IPv6.
    DefaultV6,
    /// These addresses.
    Prefix(Prefix),
}

impl Destination {
    /// The family it belongs to, if it tells.
    #[must_use]
    pub const fn family(self) -> Option<Family> {
        match self {
            Self::Default => None,
            Self::DefaultV6 => Some(Family::V6),
            Self::Prefix(prefix) => Some(Family::of(prefix.address)),
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::DefaultV6 => f.write_str("default6"),
            Self::Prefix(prefix) => prefix.fmt(f),
        }
    }
}

/// What a route does with packets (`rtm_type`); the discriminant is the kernel's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum RouteType {
    /// To a gateway or onto a link.
    Unicast = 1,
    /// To this host.
    Local = 2,
    /// To this host, as a broadcast.
    Broadcast = 3,
    /// To this host, as an anycast.
    Anycast = 4,
    /// Multicast.
    Multicast = 5,
    /// Dropped silently.
    Blackhole = 6,
    /// Dropped with "unreachable".
    Unreachable = 7,
    /// Dropped with "prohibited".
    Prohibit = 8,
    /// Looked up in the next table.
    Throw = 9,
    /// Translated; kernels do not do this any more.
    Nat = 10,
    /// Resolved elsewhere; kernels do not do this.
    XResolve = 11,
}

impl RouteType {
    /// All types with their names.
    pub const NAMES: [(Self, &'static str); 11] = [
        (Self::Unicast, "unicast"),
        (Self::Local, "local"),
        (Self::Broadcast, "broadcast"),
        (Self::Anycast, "anycast"),
        (Self::Multicast, "multicast"),
        (Self::Blackhole, "blackhole"),
        (Self::Unreachable, "unreachable"),
        (Self::Prohibit, "prohibit"),
        (Self::Throw, "throw"),
        (Self::Nat, "nat"),
        (Self::XResolve, "xresolve"),
    ];
}

impl fmt::Display for RouteType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(kind, _)| kind == self);
        f.write_str(name.map_or("unicast", |(_, name)| name))
    }
}

/// `[<SRC>/]<DST>`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Realms {
    /// Realm that packets come from.
    pub source: Option<Named>,
    /// Realm that packets go to.
    pub destination: Named,
}

impl fmt::Display for Realms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(source) = &self.source {
            write!(f, "{source}/")?;
        }
        self.destination.fmt(f)
    }
}

/// `encap`: the tunnel that packets of a route get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encap {
    /// `ip`
    Ip(Tunnel<Ipv4Addr>),
    /// `ip6`
    Ip6(Tunnel<Ipv6Addr>),
    /// `mpls`: the labels, outermost first, each below 2^20.
    Mpls(Vec<u32>),
    /// `ila`: the locator, the upper half of an address.
    Ila(u64),
}

/// What `encap ip` and `encap ip6` say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tunnel<A> {
    /// `id`
    pub id: Option<u64>,
    /// `dst`
    pub dst: Option<A>,
    /// `src`
    pub src: Option<A>,
    /// `tos` or `tc`
    pub tos: Option<Named>,
    /// `ttl` or `hoplimit`
    pub ttl: Option<u8>,
    /// `flags`
    pub flags: Option<u16>,
}

impl<A> Default for Tunnel<A> {
    fn default() -> Self {
        Self {
            id: None,
            dst: None,
            src: None,
            tos: None,
            ttl: None,
            flags: None,
        }
    }
}

/// One way of a multipath route.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NextHop {
    /// `via`
    pub via: Option<Spanned<IpAddr>>,
    /// `dev`
    pub dev: Option<Spanned<String>>,
    /// `weight`: 1 to 256.
    pub weight: Option<u16>,
    /// `onlink`
    pub onlink: bool,
    /// `encap`
    pub encap: Option<Encap>,
    /// `realms`
    pub realms: Option<Spanned<Realms>>,
}

/// A metric that the kernel may be told to leave alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metric<T> {
    /// The value.
    pub value: T,
    /// `lock`: not to be changed by what the kernel learns.
    #[serde(default)]
    pub lock: bool,
}

/// Per-route protocol settings (`RTA_METRICS`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metrics {
    /// `mtu`: bytes.
    pub mtu: Option<Metric<u32>>,
    /// `advmss`: bytes.
    pub advmss: Option<Metric<u32>>,
    /// `rtt`
    pub rtt: Option<Metric<Duration>>,
    /// `rttvar`
    pub rttvar: Option<Metric<Duration>>,
    /// `reordering`
    pub reordering: Option<Metric<u32>>,
    /// `cwnd`: segments.
    pub cwnd: Option<Metric<u32>>,
    /// `ssthresh`: segments.
    pub ssthresh: Option<Metric<u32>>,
    /// `rto_min`
    pub rto_min: Option<Metric<Duration>>,
    /// `congctl`
    pub congctl: Option<Metric<String>>,
    /// `hoplimit`
    pub hoplimit: Option<u8>,
    /// `window`: bytes.
    pub window: Option<u32>,
    /// `initcwnd`: segments.
    pub initcwnd: Option<u32>,
    /// `initrwnd`: segments.
    pub initrwnd: Option<u32>,
    /// `features ecn`
    pub ecn: bool,
    /// `quickack`
    pub quickack: Option<bool>,
    /// `fastopen_no_cookie`
    pub fastopen_no_cookie: Option<bool>,
}

/// `add`, `prepend`, `append`: where the route goes among equal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Placement {
    /// Refused by the kernel if an equal one is there.
    Add,
    /// Before equal ones.
    Prepend,
    /// After equal ones.
    Append,
}

/// One route.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Route {
    /// Where it leads.
    pub destination: Option<Spanned<Destination>>,
    /// `inet`, `inet6`
    pub family: Option<Family>,
    /// Type; unicast when none is written.
    pub kind: Option<RouteType>,
    /// `src`: preferred source.
    pub src: Option<IpAddr>,
    /// `from`: source selector, IPv6.
    pub from: Option<Prefix>,
    /// `as to`
    pub label: Option<Spanned<String>>,
    /// `via`
    pub via: Option<Spanned<IpAddr>>,
    /// `or`: a second gateway.
    pub or: Option<Spanned<IpAddr>>,
    /// `tos`
    pub tos: Option<Spanned<Named>>,
    /// `table`
    pub table: Option<Spanned<Named>>,
    /// `vrf`: the table of that interface.
    pub vrf: Option<Spanned<String>>,
    /// `protocol`
    pub protocol: Option<Spanned<Named>>,
    /// `scope`
    pub scope: Option<Spanned<Named>>,
    /// `metric`
    pub metric: Option<u32>,
    /// `dev`
    pub dev: Option<Spanned<String>>,
    /// `onlink`
    pub onlink: bool,
    /// `encap`
    pub encap: Option<Encap>,
    /// `expires`: seconds, IPv6.
    pub expires: Option<u32>,
    /// `mtu` and its kind.
    pub metrics: Metrics,
    /// `realms`
    pub realms: Option<Spanned<Realms>>,
    /// `pref`: the kernel's number (low 3, medium 0, high 1), IPv6.
    pub pref: Option<u8>,
    /// `ttl-propagate`
    pub ttl_propagate: Option<bool>,
    /// `add`, `prepend`, `append`
    pub placement: Option<Placement>,
    /// `nexthop`
    pub nexthops: Vec<NextHop>,
    /// `no_track`
    pub no_track: bool,
    /// `track_group` of a static route.
    pub track_group: Option<Spanned<String>>,
    /// Options whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

impl Route {
    /// The family that what was written so far belongs to, if it tells.
    #[must_use]
    pub fn known_family(&self) -> Option<Family> {
        let destination = self.destination.and_then(|to| to.value.family());
        let gateway = self.via.or(self.or).map(|via| via.value);
        let hop = self.nexthops.iter().find_map(|hop| hop.via);
        let address = self.src.or(gateway).or(hop.map(|via| via.value));
        let v6 = self.from.is_some() || self.expires.is_some() || self.pref.is_some();
        self.family
            .or(destination)
            .or(address.map(Family::of))
            .or(v6.then_some(Family::V6))
            .or(self.realms.as_ref().map(|_| Family::V4))
    }
}

impl Node for Route {
    fn reject(&mut self, option: &'static str) {
        self.rejected.0.push(option);
    }
}
