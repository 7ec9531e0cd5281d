//! One entry of a batch of requests.

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use wire::routing::{Route, Rule};

use super::{Address, NewLink, made, route, rule};

/// Something to change in the kernel. What is to be removed and is not there is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Put an address on its interface. An existing one is an error (`AlreadyExists`).
    Add(Address),
    /// Take it off.
    Remove(Address),
    /// Add a route, among equal ones as it says.
    AddRoute(Route<u32>),
    /// Remove it.
    RemoveRoute(Route<u32>),
    /// Add a rule. An existing one is an error (`AlreadyExists`).
    AddRule(Rule),
    /// Remove it.
    RemoveRule(Rule),
    /// Make a link. An existing one of the name is an error (`AlreadyExists`).
    AddLink(NewLink),
    /// Set the link of that name up.
    SetUp(String),
    /// Delete the link of that name.
    RemoveLink(String),
}

impl Change {
    /// The request and the flags it needs besides REQUEST and ACK.
    pub(super) fn message(&self) -> (RouteNetlinkMessage, u16) {
        match self {
            Self::Add(address) => (
                RouteNetlinkMessage::NewAddress(address.body_to_add()),
                NLM_F_CREATE | NLM_F_EXCL,
            ),
            Self::Remove(address) => (RouteNetlinkMessage::DelAddress(address.body()), 0),
            Self::AddRoute(it) => (
                RouteNetlinkMessage::NewRoute(route::message(it)),
                route::flags(it),
            ),
            Self::RemoveRoute(it) => (RouteNetlinkMessage::DelRoute(route::message(it)), 0),
            Self::AddRule(it) => (RouteNetlinkMessage::NewRule(rule::message(it)), rule::FLAGS),
            Self::RemoveRule(it) => (RouteNetlinkMessage::DelRule(rule::message(it)), 0),
            Self::AddLink(link) => (link.message(), NLM_F_CREATE | NLM_F_EXCL),
            Self::SetUp(name) => (made::up(name), 0),
            Self::RemoveLink(name) => (made::delete(name), 0),
        }
    }
}
