//! `virtual_server_group`

use core::fmt;
use core::net::IpAddr;

use base::Family;
use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Node, Spanned};

/// A list of addresses and marks that one `virtual_server` serves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Group {
    /// Its name.
    pub name: Spanned<String>,
    /// At least one.
    pub members: Vec<Spanned<Member>>,
}

impl Node for Group {}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Member {
    /// Addresses, and the port of all of them; every port when none.
    Addresses(Addresses, Option<u16>),
    /// `fwmark`, and of which family its packets are when it says so.
    Mark(u32, Option<Family>),
}

/// Addresses of one family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Addresses {
    /// One.
    One(IpAddr),
    /// From the first to the last, both included; the first is not above the last.
    Range(IpAddr, IpAddr),
    /// Network and prefix length; no bit of the host part is set.
    Network(IpAddr, u8),
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(address) => address.fmt(f),
            Self::Range(first, last) => write!(f, "{first}-{last}"),
            Self::Network(address, len) => write!(f, "{address}/{len}"),
        }
    }
}
