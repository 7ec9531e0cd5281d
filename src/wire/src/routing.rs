//! Routes and policy rules as the kernel numbers them, but for links: a plan has their names (a link
//! may come, go and come back under another index), what is given to the kernel has indices.
//!
//! Invariants: names of tables, protocols, scopes and the like are looked up; what means the same to
//! the kernel is equal.
//! Deliberately unknown here: netlink, which links there are.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

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
    /// `mpls`: labels, outermost first, each below 2^20.
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
    /// `tos`: type of service or traffic class.
    pub tos: Option<u8>,
    /// `ttl`: TTL or hop limit.
    pub ttl: Option<u8>,
    /// `flags`: TUNNEL_* bits.
    pub flags: Option<u16>,
}

/// One way of a route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hop<L> {
    /// `via`: a gateway, perhaps of the other family.
    pub via: Option<IpAddr>,
    /// `dev`; without it the choice is the kernel's.
    pub link: Option<L>,
    /// `weight`: 1 to 256; counts among several ways only.
    pub weight: u16,
    /// `onlink`: the gateway counts as reachable.
    pub onlink: bool,
    /// `encap`
    pub encap: Option<Encap>,
    /// `realms`: from, to.
    pub realms: Option<(u16, u16)>,
}

impl<L> Default for Hop<L> {
    fn default() -> Self {
        Self {
            via: None,
            link: None,
            weight: 1,
            onlink: false,
            encap: None,
            realms: None,
        }
    }
}

/// A route. Numbers are the kernel's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Route<L> {
    /// Destination without host bits, and its length; tells the family.
    pub destination: (IpAddr, u8),
    /// `from`: IPv6, sources that it is for.
    pub from: Option<(IpAddr, u8)>,
    /// RTN_*
    pub kind: u8,
    /// `tos`
    pub tos: u8,
    /// `table`
    pub table: u32,
    /// RTPROT_* originator.
    pub protocol: u8,
    /// RT_SCOPE_*
    pub scope: u8,
    /// `src`
    pub source: Option<IpAddr>,
    /// `metric`
    pub metric: Option<u32>,
    /// RTAX_* number and value in the kernel's unit; RTAX_LOCK (1) is the set of locked ones.
    pub metrics: Vec<(u16, u32)>,
    /// `congctl`
    pub congestion: Option<String>,
    /// `expires`: seconds; IPv6.
    pub expires: Option<u32>,
    /// `pref`: RFC 4191, as the kernel numbers it; IPv6.
    pub preference: Option<u8>,
    /// Ways; none for a type that needs none. One is written as the route's own.
    pub hops: Vec<Hop<L>>,
    /// `add`, `prepend`, `append`
    pub place: Place,
}

impl<L> Route<L> {
    /// The same with other words for links.
    ///
    /// # Errors
    /// The first that `link` reports.
    pub fn with_links<M, E>(self, mut link: impl FnMut(L) -> Result<M, E>) -> Result<Route<M>, E> {
        let hops = self.hops.into_iter().map(|hop| {
            Ok(Hop {
                via: hop.via,
                link: hop.link.map(&mut link).transpose()?,
                weight: hop.weight,
                onlink: hop.onlink,
                encap: hop.encap,
                realms: hop.realms,
            })
        });
        Ok(Route {
            hops: hops.collect::<Result<_, E>>()?,
            destination: self.destination,
            from: self.from,
            kind: self.kind,
            tos: self.tos,
            table: self.table,
            protocol: self.protocol,
            scope: self.scope,
            source: self.source,
            metric: self.metric,
            metrics: self.metrics,
            congestion: self.congestion,
            expires: self.expires,
            preference: self.preference,
            place: self.place,
        })
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
    /// RTPROT_* originator.
    pub protocol: u8,
    /// `ipproto`
    pub ip_protocol: Option<u8>,
    /// `sport`
    pub sport: Option<(u16, u16)>,
    /// `dport`
    pub dport: Option<(u16, u16)>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_get_other_words_and_nothing_else_changes() {
        let way = |link: &str| Hop {
            link: Some(link.to_owned()),
            weight: 7,
            ..Hop::default()
        };
        let route = Route {
            destination: ("192.0.2.0".parse().unwrap(), 24),
            from: None,
            kind: 1,
            tos: 2,
            table: 3,
            protocol: 4,
            scope: 5,
            source: Some("192.0.2.1".parse().unwrap()),
            metric: Some(6),
            metrics: vec![(2, 1400)],
            congestion: Some("reno".to_owned()),
            expires: Some(8),
            preference: Some(9),
            hops: vec![way("eth0"), Hop::default(), way("eth1")],
            place: Place::After,
        };
        let numbers = route.clone().with_links(|name| match name.as_str() {
            "eth0" => Ok(10),
            "eth1" => Ok(11),
            _ => Err(name),
        });
        let numbers = numbers.unwrap();
        let links: Vec<Option<u32>> = numbers.hops.iter().map(|hop| hop.link).collect();
        assert_eq!(links, [Some(10), None, Some(11)]);
        let back = numbers.with_links(|index| Ok::<_, String>(format!("eth{}", index - 10)));
        assert_eq!(back, Ok(route.clone()));
        let missing = route.with_links(|name| if name == "eth1" { Err(name) } else { Ok(0) });
        assert_eq!(missing, Err("eth1".to_owned()));
    }
}
