//! Lines of `virtual_rules` and `static_rules`.
//!
//! Invariants: both selectors are of one family; a rule has one action.
//! Deliberately unknown here: interfaces, and the numbers of names that only the host knows.

use base::Family;
use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Node, Rejected, Spanned};
use crate::ast::route::{Destination, Named, Realms};

/// What happens to a packet that a rule matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// `table`: it is looked up there.
    Table(Spanned<Named>),
    /// `l3mdev`: it is looked up in the table of its VRF.
    L3mdev,
    /// `goto`: the rule of that preference is next.
    Goto(u32),
    /// `nop`: the next rule is next.
    Nop,
    /// `blackhole`: it is dropped silently.
    Blackhole,
    /// `prohibit`: it is dropped with "prohibited".
    Prohibit,
    /// `unreachable`: it is dropped with "unreachable".
    Unreachable,
}

/// `fwmark <N>[/<MASK>]`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The mark.
    pub mark: u32,
    /// Bits that count; all when none is written.
    #[serde(default)]
    pub mask: Option<u32>,
}

/// `<A>-<B>`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range<N> {
    /// First.
    pub first: N,
    /// Last.
    pub last: N,
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// `inet`, `inet6`
    pub family: Option<Family>,
    /// `from`
    pub from: Option<Spanned<Destination>>,
    /// `to`
    pub to: Option<Spanned<Destination>>,
    /// `not`
    pub not: bool,
    /// `table`, `goto`, `blackhole`…
    pub action: Option<Action>,
    /// `preference`
    pub preference: Option<u32>,
    /// `tos`
    pub tos: Option<Spanned<Named>>,
    /// `fwmark`
    pub fwmark: Option<Mark>,
    /// `realms`
    pub realms: Option<Spanned<Realms>>,
    /// `suppress_prefixlength`
    pub suppress_prefixlength: Option<u32>,
    /// `suppress_ifgroup`
    pub suppress_ifgroup: Option<Spanned<Named>>,
    /// `iif`
    pub iif: Option<Spanned<String>>,
    /// `oif`
    pub oif: Option<Spanned<String>>,
    /// `tunnel-id`
    pub tunnel_id: Option<u64>,
    /// `uidrange`
    pub uids: Option<Range<u32>>,
    /// `protocol`: who added the rule.
    pub protocol: Option<Spanned<u8>>,
    /// `ipproto`: number of the transport protocol.
    pub ipproto: Option<u8>,
    /// `sport`
    pub sport: Option<Range<u16>>,
    /// `dport`
    pub dport: Option<Range<u16>>,
    /// `no_track`
    pub no_track: bool,
    /// `track_group` of a static rule.
    pub track_group: Option<Spanned<String>>,
    /// Options whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

impl Rule {
    /// The family that what was written so far belongs to, if it tells.
    #[must_use]
    pub fn known_family(&self) -> Option<Family> {
        let of = |selector: &Option<Spanned<Destination>>| {
            selector.as_ref().and_then(|it| it.value.family())
        };
        self.family
            .or(of(&self.from))
            .or(of(&self.to))
            .or(self.realms.as_ref().map(|_| Family::V4))
    }
}

impl Node for Rule {
    fn reject(&mut self, option: &'static str) {
        self.rejected.0.push(option);
    }
}
