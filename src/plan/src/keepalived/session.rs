//! `bfd_instance` blocks to sessions, with the defaults of keepalived.conf(5).
//!
//! Deliberately unknown here: who follows a session, and how it is told.

use core::net::IpAddr;
use core::num::NonZeroU8;
use core::time::Duration;

use bfd::config::{Config, Session, SessionKey};
use grammar::ast::leaf::Spanned;
use grammar::ast::vrrp::BfdInstance;

/// `min_rx` and `min_tx`
const INTERVAL: Duration = Duration::from_millis(10);
/// `idle_tx`
const IDLE: Duration = Duration::from_secs(1);
/// `multiplier`
const MULTIPLIER: NonZeroU8 = NonZeroU8::new(5).unwrap();
/// `ttl` of IPv4.
const TTL: u8 = 255;
/// `hoplimit` of IPv6.
const HOPLIMIT: u8 = 64;

/// The sessions that BFD runs.
pub(super) fn config(blocks: &[&BfdInstance]) -> Config {
    Config {
        sessions: blocks.iter().filter_map(|block| session(block)).collect(),
    }
}

/// None without a neighbour, which a block that was read has.
fn session(block: &BfdInstance) -> Option<Session> {
    let neighbor = block.neighbor?.value;
    let time = |written: Option<Spanned<Duration>>, default| written.map_or(default, |it| it.value);
    let ttl = match neighbor {
        IpAddr::V4(_) => TTL,
        IpAddr::V6(_) => HOPLIMIT,
    };
    let multiplier = block.multiplier.map(|multiplier| multiplier.value);
    let max_hops = block.max_hops.map_or(0, |hops| hops.value);
    Some(Session {
        key: SessionKey {
            name: block.name.value.clone(),
            neighbor,
            source: block.source.map(|source| source.value),
            multihop: block.multihop.unwrap_or(false),
        },
        min_rx: time(block.min_rx, INTERVAL),
        min_tx: time(block.min_tx, INTERVAL),
        idle_tx: time(block.idle_tx, IDLE),
        multiplier: multiplier.and_then(NonZeroU8::new).unwrap_or(MULTIPLIER),
        passive: block.passive,
        ttl: block.ttl.map_or(ttl, |ttl| ttl.value),
        // A negative number: any.
        max_hops: u8::try_from(max_hops).ok(),
    })
}
