//! The LVS engine: virtual services, check schedule, verdicts, quorum, and the difference between
//! the wanted and the actual IPVS table.
//!
//! Invariants: no clock, socket, randomness or configuration text; probes are asked for as effects
//! and their verdicts come back as inputs.
//! Deliberately unknown here: how a probe works, how IPVS is reached.

mod check;
pub mod config;
mod effect;
mod engine;
mod service;
mod snapshot;
mod status;
pub mod table;

pub use config::Config;
pub use effect::{Effect, Event, Input, Moment, Notice, ProbeId, Quorum, ServerId, Verdict};
pub use engine::Engine;
pub use snapshot::Records;
pub use status::{ServerStatus, ServiceStatus};
pub use table::{Pool, Table};
pub use wire::ipvs::{Change, Destination};
