//! One policy rule to add or remove.
//!
//! Invariants: adding and removing send the same description.
//! Deliberately unknown here: names of tables and interface groups.

use core::net::IpAddr;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::route::{RouteProtocol, RouteRealm};
use netlink_packet_route::rule::{
    RuleAction, RuleAttribute, RuleFlags, RuleMessage, RulePortRange, RuleUidRange,
};
use netlink_packet_route::{AddressFamily, IpProtocol};
use wire::routing::Rule;

/// The byte of `struct fib_rule_hdr` cannot hold a table above this.
const LAST_SHORT_TABLE: u32 = 255;

/// Flags besides REQUEST and ACK to add it with.
pub(super) const FLAGS: u16 = NLM_F_CREATE | NLM_F_EXCL;

/// A selector of length 0 is none to the kernel.
pub(super) fn selector(written: Option<(IpAddr, u8)>) -> Option<(IpAddr, u8)> {
    written.filter(|(_, length)| *length > 0)
}

/// What it is added and removed with.
pub(super) fn message(rule: &Rule) -> RuleMessage {
    let (from, to) = (selector(rule.from), selector(rule.to));
    let mut message = RuleMessage::default();
    let header = &mut message.header;
    header.family = match rule.v6 {
        false => AddressFamily::Inet,
        true => AddressFamily::Inet6,
    };
    header.action = RuleAction::from(rule.action);
    header.tos = rule.tos;
    if rule.not {
        header.flags = RuleFlags::Invert;
    }
    header.src_len = from.map_or(0, |(_, length)| length);
    header.dst_len = to.map_or(0, |(_, length)| length);
    if rule.table <= LAST_SHORT_TABLE {
        header.table = u8::try_from(rule.table).unwrap_or_default();
    }
    let pair = |(source, destination)| RouteRealm {
        source,
        destination,
    };
    let ports = |(start, end)| RulePortRange { start, end };
    let uids = |(start, end)| RuleUidRange { start, end };
    let protocol = RouteProtocol::from(rule.protocol);
    let long = (rule.table > LAST_SHORT_TABLE).then_some(rule.table);
    let l3mdev = rule.l3mdev.then_some(RuleAttribute::L3MDev(true));
    let parts = [
        Some(RuleAttribute::Priority(rule.priority)),
        Some(RuleAttribute::Protocol(protocol)),
        from.map(|(from, _)| RuleAttribute::Source(from)),
        to.map(|(to, _)| RuleAttribute::Destination(to)),
        long.map(RuleAttribute::Table),
        rule.goto.map(RuleAttribute::Goto),
        rule.mark.map(RuleAttribute::FwMark),
        rule.mask.map(RuleAttribute::FwMask),
        rule.realms.map(pair).map(RuleAttribute::Realm),
        rule.suppress_prefix.map(RuleAttribute::SuppressPrefixLen),
        rule.suppress_group.map(RuleAttribute::SuppressIfGroup),
        rule.iif.clone().map(RuleAttribute::Iifname),
        rule.oif.clone().map(RuleAttribute::Oifname),
        rule.tunnel.map(RuleAttribute::TunId),
        l3mdev,
        rule.uids.map(uids).map(RuleAttribute::UidRange),
        rule.ip_protocol
            .map(IpProtocol::from)
            .map(RuleAttribute::IpProtocol),
        rule.sport.map(ports).map(RuleAttribute::SourcePortRange),
        rule.dport
            .map(ports)
            .map(RuleAttribute::DestinationPortRange),
    ];
    message.attributes = parts.into_iter().flatten().collect();
    message
}
