//! Lines of `virtual_ipaddress`, `virtual_ipaddress_excluded` and `static_ipaddress`.
//!
//! Invariants: a label, a broadcast address and a scope stand with IPv4 addresses only.
//! Deliberately unknown here: interfaces, and the numbers of names that only the host knows.

use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Node, Prefix, Rejected, Spanned};
use crate::ast::route::Named;

/// One address with its options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddressLine {
    /// The address with its prefix length.
    pub prefix: Spanned<Prefix>,
    /// `dev`
    #[serde(default)]
    pub dev: Option<Spanned<String>>,
    /// `scope`: the kernel's number or a name of `rt_scopes`.
    #[serde(default)]
    pub scope: Option<Spanned<Named>>,
    /// `brd`
    #[serde(default)]
    pub broadcast: Option<Broadcast>,
    /// `label`
    #[serde(default)]
    pub label: Option<String>,
    /// `peer`
    #[serde(default)]
    pub peer: Option<Prefix>,
    /// `home`
    #[serde(default)]
    pub home: bool,
    /// `-nodad`
    #[serde(default)]
    pub nodad: bool,
    /// `mngtmpaddr`
    #[serde(default)]
    pub mngtmpaddr: bool,
    /// `noprefixroute`
    #[serde(default)]
    pub noprefixroute: bool,
    /// `autojoin`
    #[serde(default)]
    pub autojoin: bool,
    /// `no_track`
    #[serde(default)]
    pub no_track: bool,
    /// `preferred_lft`: seconds, `u32::MAX` for `forever`.
    #[serde(default)]
    pub preferred_lft: Option<u32>,
    /// `use_vmac`
    #[serde(default)]
    pub use_vmac: Option<UseVmac>,
    /// `track_group` of a static address.
    #[serde(default)]
    pub track_group: Option<Spanned<String>>,
    /// Options whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

/// `brd`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Broadcast {
    /// This one.
    Address(IpAddr),
    /// `+`: host bits set.
    HostBitsSet,
    /// `-`: host bits clear.
    HostBitsClear,
}

/// `use_vmac [<NAME>] [group <N>]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UseVmac {
    /// Name of the macvlan; made up when none is given.
    pub name: Option<String>,
    /// Interface group of the macvlan.
    pub group: Option<u32>,
}

impl AddressLine {
    /// An address without options.
    #[must_use]
    pub const fn new(prefix: Spanned<Prefix>) -> Self {
        Self {
            prefix,
            dev: None,
            scope: None,
            broadcast: None,
            label: None,
            peer: None,
            home: false,
            nodad: false,
            mngtmpaddr: false,
            noprefixroute: false,
            autojoin: false,
            no_track: false,
            preferred_lft: None,
            use_vmac: None,
            track_group: None,
            rejected: Rejected(Vec::new()),
        }
    }
}

impl Node for AddressLine {
    fn reject(&mut self, option: &'static str) {
        self.rejected.0.push(option);
    }
}
