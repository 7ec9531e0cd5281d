//! One entry of a batch of requests.

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;

use super::{Address, NewLink, Route, Rule, made};

/// Something to change in the kernel. What is to be removed and is not there is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Put an address on its interface. An existing one is an error (`AlreadyExists`).
    Add(Address),
    /// Take it off.
    Remove(Address),
    /// Add a route, among equal ones as it says.
    AddRoute(Route),
    /// Remove it.
    RemoveRoute(Route),
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
            Self::AddRoute(route) => (route.new_message(), route.flags()),
            Self::RemoveRoute(route) => (route.del_message(), 0),
            Self::AddRule(rule) => (rule.new_message(), Rule::FLAGS),
            Self::RemoveRule(rule) => (rule.del_message(), 0),
            Self::AddLink(link) => (link.message(), NLM_F_CREATE | NLM_F_EXCL),
            Self::SetUp(name) => (made::up(name), 0),
            Self::RemoveLink(name) => (made::delete(name), 0),
        }
    }
}
