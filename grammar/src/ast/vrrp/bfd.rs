//! `bfd_instance`: a session that watches a neighbour (RFC 5880).
//!
//! Invariants: both addresses are of one family; no more hops are accepted than are sent.

use core::net::IpAddr;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Node, Rejected, Spanned};
use crate::ast::vrrp::TrackWeight;

/// One `bfd_instance`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BfdInstance {
    /// Its name, at most 31 bytes.
    pub name: Spanned<String>,
    /// `neighbor_ip`. Never none when it was read from text.
    pub neighbor: Option<Spanned<IpAddr>>,
    /// `source_ip`
    pub source: Option<Spanned<IpAddr>>,
    /// `min_rx`, written in milliseconds.
    pub min_rx: Option<Spanned<Duration>>,
    /// `min_tx`, written in milliseconds.
    pub min_tx: Option<Spanned<Duration>>,
    /// `idle_tx`, written in milliseconds.
    pub idle_tx: Option<Spanned<Duration>>,
    /// `multiplier`: 1 to 255.
    pub multiplier: Option<Spanned<u8>>,
    /// `passive`
    pub passive: bool,
    /// `ttl` or `hoplimit`: 1 to 255.
    pub ttl: Option<Spanned<u8>>,
    /// `max_hops`: 0 to 255, -1 for any number.
    pub max_hops: Option<Spanned<i16>>,
    /// `multihop`
    pub multihop: Option<bool>,
    /// `weight`
    pub weight: Option<Spanned<TrackWeight>>,
    /// `vrrp`: events go there; both get them when neither is written.
    pub vrrp: bool,
    /// `checker`: events go there.
    pub checker: bool,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

impl Node for BfdInstance {
    fn reject(&mut self, keyword: &'static str) {
        self.rejected.0.push(keyword);
    }
}
