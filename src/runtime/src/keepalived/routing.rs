//! Planned routes and rules as the kernel takes them.
//!
//! Invariants: what is removed is described by the same words as what was added.

use core::net::IpAddr;

use plan::keepalived::{Encap, Hop, Place, Route, Routing, Rule, Tunnel};
use sys::netlink::{Change, RoutingKey};

use super::links::Links;

/// A route or rule that the kernel has because of us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeldRouting {
    /// As planned.
    pub(super) spec: Routing,
    kernel: Kernel,
}

/// As given to the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kernel {
    Route(Box<sys::netlink::Route>),
    Rule(Box<sys::netlink::Rule>),
}

impl HeldRouting {
    /// Names interfaces by index.
    ///
    /// # Errors
    /// In words for people, when an interface does not exist.
    pub(super) fn of(spec: &Routing, links: &Links) -> Result<Self, String> {
        let kernel = match spec {
            Routing::Route(route) => Kernel::Route(Box::new(kernel_route(route, links)?)),
            Routing::Rule(rule) => Kernel::Rule(Box::new(kernel_rule(rule))),
        };
        Ok(Self {
            spec: spec.clone(),
            kernel,
        })
    }

    pub(super) fn addition(&self) -> Change {
        match &self.kernel {
            Kernel::Route(route) => Change::AddRoute((**route).clone()),
            Kernel::Rule(rule) => Change::AddRule((**rule).clone()),
        }
    }

    pub(super) fn removal(&self) -> Change {
        match &self.kernel {
            Kernel::Route(route) => Change::RemoveRoute((**route).clone()),
            Kernel::Rule(rule) => Change::RemoveRule((**rule).clone()),
        }
    }

    pub(super) fn key(&self) -> RoutingKey {
        match &self.kernel {
            Kernel::Route(route) => route.key(),
            Kernel::Rule(rule) => rule.key(),
        }
    }
}

fn kernel_route(route: &Route, links: &Links) -> Result<sys::netlink::Route, String> {
    let missing = |name: &str| format!("interface {name} does not exist");
    let hop = |hop: &Hop| {
        let index = match &hop.interface {
            None => None,
            Some(name) => Some(links.by_name(name).ok_or_else(|| missing(name))?.index),
        };
        Ok(sys::netlink::Hop {
            via: hop.via,
            index,
            weight: hop.weight,
            onlink: hop.onlink,
            encap: hop.encap.as_ref().map(kernel_encap),
            realms: hop.realms,
        })
    };
    let table = match &route.vrf {
        None => route.table,
        Some(name) => {
            let vrf = links.by_name(name).ok_or_else(|| missing(name))?;
            vrf.vrf_table.ok_or_else(|| format!("{name} is no VRF"))?
        }
    };
    let (destination, prefix) = route.destination;
    Ok(sys::netlink::Route {
        destination,
        prefix,
        from: route.from,
        kind: route.kind,
        tos: route.tos,
        table,
        protocol: route.protocol,
        scope: route.scope,
        source: route.source,
        metric: route.metric,
        metrics: route.metrics.clone(),
        congestion: route.congestion.clone(),
        expires: route.expires,
        preference: route.preference,
        hops: route.hops.iter().map(hop).collect::<Result<_, String>>()?,
        placement: match route.place {
            Place::Instead => sys::netlink::Placement::Replace,
            Place::Alone => sys::netlink::Placement::Only,
            Place::Before => sys::netlink::Placement::Before,
            Place::After => sys::netlink::Placement::After,
        },
    })
}

fn kernel_encap(encap: &Encap) -> sys::netlink::Encap {
    match encap {
        Encap::Ip(tunnel) => sys::netlink::Encap::Ip(kernel_tunnel(tunnel)),
        Encap::Ip6(tunnel) => sys::netlink::Encap::Ip6(kernel_tunnel(tunnel)),
        Encap::Mpls(labels) => sys::netlink::Encap::Mpls(labels.clone()),
        Encap::Ila(locator) => sys::netlink::Encap::Ila(*locator),
    }
}

const fn kernel_tunnel<A: Copy>(tunnel: &Tunnel<A>) -> sys::netlink::Tunnel<A> {
    sys::netlink::Tunnel {
        id: tunnel.id,
        dst: tunnel.dst,
        src: tunnel.src,
        tos: tunnel.tos,
        ttl: tunnel.ttl,
        flags: tunnel.flags,
    }
}

fn kernel_rule(rule: &Rule) -> sys::netlink::Rule {
    let selector = |selector: Option<(IpAddr, u8)>| selector.filter(|(_, length)| *length > 0);
    sys::netlink::Rule {
        v6: rule.v6,
        from: selector(rule.from),
        to: selector(rule.to),
        not: rule.not,
        action: rule.action,
        table: rule.table,
        goto: rule.goto,
        priority: rule.priority,
        tos: rule.tos,
        mark: rule.mark,
        mask: rule.mask,
        realms: rule.realms,
        suppress_prefix: rule.suppress_prefix,
        suppress_group: rule.suppress_group,
        iif: rule.iif.clone(),
        oif: rule.oif.clone(),
        tunnel: rule.tunnel,
        l3mdev: rule.l3mdev,
        uids: rule.uids,
        protocol: rule.protocol,
        ip_protocol: rule.ip_protocol,
        sport: rule.sport,
        dport: rule.dport,
    }
}
