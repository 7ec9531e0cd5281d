//! Which routes and rules of a keepalived the kernel has.
//!
//! Invariants: keys are what the kernel tells two routes (or rules) apart by, so a route and the
//! kernel's account of it have equal keys; only what carries the protocol number of keepalived is
//! listed, however large the tables are.

use core::net::IpAddr;
use std::collections::BTreeSet;
use std::io;

use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteMessage, RouteProtocol, RouteVia,
};
use netlink_packet_route::rule::{RuleAttribute, RuleFlags, RuleMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use wire::routing::{Route, Rule};

use super::Requests;
use super::rule::selector;

/// The metric that the kernel gives an IPv6 route without one (IP6_RT_PRIO_USER).
const METRIC_V6: u32 = 1024;

/// What tells a route or a rule from others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoutingKey {
    /// A route.
    Route {
        /// Destination, host bits cleared; unspecified for everywhere.
        destination: IpAddr,
        /// Its length.
        prefix: u8,
        /// Table.
        table: u32,
        /// Type of service.
        tos: u8,
        /// Metric.
        metric: u32,
        /// RTN_* type.
        kind: u8,
        /// The only gateway.
        via: Option<IpAddr>,
    },
    /// A rule.
    Rule {
        /// IPv6.
        v6: bool,
        /// Preference.
        priority: u32,
        /// FR_ACT_*
        action: u8,
        /// Table, 0 for none.
        table: u32,
        /// Source selector.
        from: Option<(IpAddr, u8)>,
        /// Destination selector.
        to: Option<(IpAddr, u8)>,
        /// Inverted.
        not: bool,
        /// Mark.
        mark: u32,
        /// Input and output interface.
        interfaces: (Option<String>, Option<String>),
    },
}

impl From<&Route<u32>> for RoutingKey {
    fn from(route: &Route<u32>) -> Self {
        let (destination, prefix) = route.destination;
        let default = match destination {
            IpAddr::V4(_) => 0,
            IpAddr::V6(_) => METRIC_V6,
        };
        let metric = match route.metric {
            None | Some(0) => default,
            Some(metric) => metric,
        };
        Self::Route {
            destination,
            prefix,
            table: route.table,
            tos: route.tos,
            metric,
            kind: route.kind,
            via: match route.hops.as_slice() {
                [hop] => hop.via,
                _ => None,
            },
        }
    }
}

impl From<&Rule> for RoutingKey {
    fn from(rule: &Rule) -> Self {
        Self::Rule {
            v6: rule.v6,
            priority: rule.priority,
            action: rule.action,
            table: rule.table,
            from: selector(rule.from),
            to: selector(rule.to),
            not: rule.not,
            mark: rule.mark.unwrap_or(0),
            interfaces: (rule.iif.clone(), rule.oif.clone()),
        }
    }
}

impl Requests {
    /// Keys of all routes and rules with keepalived's protocol number.
    ///
    /// # Errors
    /// What the socket or the kernel report.
    pub fn routing(&mut self) -> io::Result<BTreeSet<RoutingKey>> {
        let mut keys = BTreeSet::new();
        // With it the kernel looks at the protocol itself; without, everything is told.
        let _ = self.socket.set_netlink_get_strict_chk(true);
        for family in [AddressFamily::Inet, AddressFamily::Inet6] {
            let mut message = RouteMessage::default();
            message.header.address_family = family;
            message.header.protocol = RouteProtocol::KeepAlived;
            let answers = self.dump(RouteNetlinkMessage::GetRoute(message));
            keys.extend(answers?.iter().filter_map(ours));
        }
        let _ = self.socket.set_netlink_get_strict_chk(false);
        for family in [AddressFamily::Inet, AddressFamily::Inet6] {
            let mut message = RuleMessage::default();
            message.header.family = family;
            let answers = self.dump(RouteNetlinkMessage::GetRule(message));
            keys.extend(answers?.iter().filter_map(ours));
        }
        Ok(keys)
    }
}

/// The key of what is told, if it is keepalived's.
pub(super) fn ours(answer: &RouteNetlinkMessage) -> Option<RoutingKey> {
    match answer {
        RouteNetlinkMessage::NewRoute(message) | RouteNetlinkMessage::DelRoute(message) => {
            (message.header.protocol == RouteProtocol::KeepAlived).then(|| route(message))
        }
        RouteNetlinkMessage::NewRule(message) | RouteNetlinkMessage::DelRule(message) => {
            let ours = RuleAttribute::Protocol(RouteProtocol::KeepAlived);
            message.attributes.contains(&ours).then(|| rule(message))
        }
        _ => None,
    }
}

fn address(told: &RouteAddress) -> Option<IpAddr> {
    match told {
        RouteAddress::Inet(address) => Some((*address).into()),
        RouteAddress::Inet6(address) => Some((*address).into()),
        _ => None,
    }
}

fn route(message: &RouteMessage) -> RoutingKey {
    let header = &message.header;
    let everywhere = match header.address_family {
        AddressFamily::Inet => IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED),
        _ => IpAddr::V6(core::net::Ipv6Addr::UNSPECIFIED),
    };
    let (mut to, mut gateway) = (everywhere, None);
    let (mut in_table, mut priority) = (u32::from(header.table), 0);
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(told) => to = address(told).unwrap_or(everywhere),
            RouteAttribute::Gateway(told) => gateway = address(told),
            RouteAttribute::Via(RouteVia::Inet(told)) => gateway = Some((*told).into()),
            RouteAttribute::Via(RouteVia::Inet6(told)) => gateway = Some((*told).into()),
            RouteAttribute::Table(told) => in_table = *told,
            RouteAttribute::Priority(told) => priority = *told,
            _ => {}
        }
    }
    RoutingKey::Route {
        destination: to,
        prefix: header.destination_prefix_length,
        table: in_table,
        tos: header.tos,
        metric: priority,
        kind: header.kind.into(),
        via: gateway,
    }
}

fn rule(message: &RuleMessage) -> RoutingKey {
    let header = &message.header;
    let (mut told_from, mut told_to, mut interfaces) = (None, None, (None, None));
    let (mut in_table, mut number, mut mark) = (u32::from(header.table), 0, 0);
    for attribute in &message.attributes {
        match attribute {
            RuleAttribute::Source(told) => told_from = Some((*told, header.src_len)),
            RuleAttribute::Destination(told) => told_to = Some((*told, header.dst_len)),
            RuleAttribute::Table(told) => in_table = *told,
            RuleAttribute::Priority(told) => number = *told,
            RuleAttribute::FwMark(told) => mark = *told,
            RuleAttribute::Iifname(told) => interfaces.0 = Some(told.clone()),
            RuleAttribute::Oifname(told) => interfaces.1 = Some(told.clone()),
            _ => {}
        }
    }
    RoutingKey::Rule {
        v6: header.family == AddressFamily::Inet6,
        priority: number,
        action: header.action.into(),
        table: in_table,
        from: told_from,
        to: told_to,
        not: header.flags.contains(RuleFlags::Invert),
        mark,
        interfaces,
    }
}
