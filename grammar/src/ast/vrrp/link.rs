//! What an instance puts its addresses on: a macvlan (`use_vmac`) or an ipvlan (`use_ipvlan`).
//!
//! Invariants: names fit an interface; a MAC address is no group address. Whether interfaces exist
//! is `plan`'s business.

use base::MacAddr;
use serde::{Deserialize, Serialize};

use crate::ast::leaf::Prefix;

/// `use_vmac`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vmac {
    /// Name of the macvlan; `vrrp.VRID` unless written.
    pub name: Option<String>,
    /// The interface it is made on; the instance's own unless written.
    pub parent: Option<String>,
    /// Its address; the virtual router's unless written.
    pub mac: Option<MacAddr>,
    /// `group`: the interface group it is put into.
    pub group: Option<u32>,
    /// `netlink_notify_msg`
    pub netlink_notify: bool,
}

/// First word of `use_ipvlan`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IpvlanMode {
    /// `bridge`
    Bridge,
    /// `private`
    Private,
    /// `vepa`
    Vepa,
}

/// `use_ipvlan`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ipvlan {
    /// How ipvlans of one parent see each other.
    pub mode: Option<IpvlanMode>,
    /// Name of the ipvlan; `vrrp.VRID` unless written.
    pub name: Option<String>,
    /// The interface it is made on; the instance's own unless written.
    pub parent: Option<String>,
    /// Address that adverts are sent from.
    pub address: Option<Prefix>,
    /// `group`: the interface group it is put into.
    pub group: Option<u32>,
}
