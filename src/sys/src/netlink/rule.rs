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
use netlink_packet_route::{AddressFamily, IpProtocol, RouteNetlinkMessage};

/// The byte of `struct fib_rule_hdr` cannot hold a table above this.
const LAST_SHORT_TABLE: u32 = 255;

/// A policy rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// IPv6, else IPv4.
    pub v6: bool,
    /// Source selector.
    pub from: Option<(IpAddr, u8)>,
    /// Destination selector.
    pub to: Option<(IpAddr, u8)>,
    /// It is for what its selectors do not match.
    pub not: bool,
    /// FR_ACT_* action.
    pub action: u8,
    /// Routing table; 0 for actions without one.
    pub table: u32,
    /// Preference of the rule to go on with.
    pub goto: Option<u32>,
    /// Preference.
    pub priority: u32,
    /// Type of service.
    pub tos: u8,
    /// Mark.
    pub mark: Option<u32>,
    /// Bits of the mark that count.
    pub mask: Option<u32>,
    /// Realms: from, to.
    pub realms: Option<(u16, u16)>,
    /// Results with so short a prefix do not count.
    pub suppress_prefix: Option<u32>,
    /// Results over interfaces of that group do not count.
    pub suppress_group: Option<u32>,
    /// Input interface.
    pub iif: Option<String>,
    /// Output interface.
    pub oif: Option<String>,
    /// Tunnel id.
    pub tunnel: Option<u64>,
    /// The table of the VRF.
    pub l3mdev: bool,
    /// Users, both included.
    pub uids: Option<(u32, u32)>,
    /// RTPROT_* originator.
    pub protocol: u8,
    /// Transport protocol.
    pub ip_protocol: Option<u8>,
    /// Source ports, both included.
    pub sport: Option<(u16, u16)>,
    /// Destination ports, both included.
    pub dport: Option<(u16, u16)>,
}

impl Rule {
    /// Flags besides REQUEST and ACK to add it with.
    pub(super) const FLAGS: u16 = NLM_F_CREATE | NLM_F_EXCL;

    pub(super) fn new_message(&self) -> RouteNetlinkMessage {
        RouteNetlinkMessage::NewRule(self.body())
    }

    pub(super) fn del_message(&self) -> RouteNetlinkMessage {
        RouteNetlinkMessage::DelRule(self.body())
    }

    fn body(&self) -> RuleMessage {
        let mut message = RuleMessage::default();
        let header = &mut message.header;
        header.family = match self.v6 {
            false => AddressFamily::Inet,
            true => AddressFamily::Inet6,
        };
        header.action = RuleAction::from(self.action);
        header.tos = self.tos;
        if self.not {
            header.flags = RuleFlags::Invert;
        }
        header.src_len = self.from.map_or(0, |(_, length)| length);
        header.dst_len = self.to.map_or(0, |(_, length)| length);
        if self.table <= LAST_SHORT_TABLE {
            header.table = u8::try_from(self.table).unwrap_or_default();
        }
        let pair = |(source, destination)| RouteRealm {
            source,
            destination,
        };
        let ports = |(start, end)| RulePortRange { start, end };
        let uids = |(start, end)| RuleUidRange { start, end };
        let protocol = RouteProtocol::from(self.protocol);
        let long = (self.table > LAST_SHORT_TABLE).then_some(self.table);
        let l3mdev = self.l3mdev.then_some(RuleAttribute::L3MDev(true));
        let parts = [
            Some(RuleAttribute::Priority(self.priority)),
            Some(RuleAttribute::Protocol(protocol)),
            self.from.map(|(from, _)| RuleAttribute::Source(from)),
            self.to.map(|(to, _)| RuleAttribute::Destination(to)),
            long.map(RuleAttribute::Table),
            self.goto.map(RuleAttribute::Goto),
            self.mark.map(RuleAttribute::FwMark),
            self.mask.map(RuleAttribute::FwMask),
            self.realms.map(pair).map(RuleAttribute::Realm),
            self.suppress_prefix.map(RuleAttribute::SuppressPrefixLen),
            self.suppress_group.map(RuleAttribute::SuppressIfGroup),
            self.iif.clone().map(RuleAttribute::Iifname),
            self.oif.clone().map(RuleAttribute::Oifname),
            self.tunnel.map(RuleAttribute::TunId),
            l3mdev,
            self.uids.map(uids).map(RuleAttribute::UidRange),
            self.ip_protocol
                .map(IpProtocol::from)
                .map(RuleAttribute::IpProtocol),
            self.sport.map(ports).map(RuleAttribute::SourcePortRange),
            self.dport
                .map(ports)
                .map(RuleAttribute::DestinationPortRange),
        ];
        message.attributes = parts.into_iter().flatten().collect();
        message
    }
}
