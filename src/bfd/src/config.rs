//! What the engine runs: validated, immutable, without defaults left to fill in.

use core::net::IpAddr;
use core::num::NonZeroU8;
use core::time::Duration;

use serde::{Deserialize, Serialize};

/// Index of a session in [`Config::sessions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionIx(pub u32);

/// Everything one node's BFD side does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `bfd_instance` blocks in file order.
    pub sessions: Vec<Session>,
}

/// What makes two sessions of two configurations the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionKey {
    /// Its name in the file.
    pub name: String,
    /// `neighbor_ip`
    pub neighbor: IpAddr,
    /// `source_ip`; none: whatever the kernel takes.
    pub source: Option<IpAddr>,
    /// `multihop`: the neighbour may be behind routers, and has another port.
    pub multihop: bool,
}

/// One `bfd_instance`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Identity across reloads.
    pub key: SessionKey,
    /// `min_rx`: packets that come faster are not wanted. At least a millisecond.
    pub min_rx: Duration,
    /// `min_tx`: how often to send while the session is up. At least a millisecond.
    pub min_tx: Duration,
    /// `idle_tx`: how often to send while it is not. At least a second (RFC 5880 §6.8.3).
    pub idle_tx: Duration,
    /// `multiplier`
    pub multiplier: NonZeroU8,
    /// `passive`: says nothing until the neighbour is heard.
    pub passive: bool,
    /// `ttl` or `hoplimit` of packets sent, and what a packet of a neighbour on the same link
    /// arrives with.
    pub ttl: u8,
    /// `max_hops`: by how much a packet may arrive below `ttl`; none: by any number.
    pub max_hops: Option<u8>,
}
