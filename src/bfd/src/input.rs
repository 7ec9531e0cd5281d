//! What the engine is told.

use core::net::IpAddr;

use crate::config::{Config, SessionIx};

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Sessions begin.
    Start,
    /// The deadline has come.
    Tick,
    /// A packet has arrived on one of the two ports.
    Packet(Received),
    /// A session can no longer send, or can again.
    Path {
        /// Which.
        session: SessionIx,
        /// Why it cannot; none: it can.
        fault: Option<String>,
    },
    /// Run this configuration instead; sessions that both have go on.
    Reconfigure(Config),
    /// Say goodbye. Nothing is done after that.
    Shutdown,
}

/// A packet as it came from the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Sender.
    pub source: IpAddr,
    /// Our address that it was sent to; none where the kernel did not say.
    pub destination: Option<IpAddr>,
    /// TTL or hop limit that it arrived with.
    pub ttl: u8,
    /// It came to the port of sessions across routers.
    pub multihop: bool,
    /// From the BFD header on.
    pub payload: Vec<u8>,
}
