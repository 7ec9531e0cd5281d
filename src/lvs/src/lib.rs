//! The LVS engine: virtual services, check schedule, verdicts, quorum, and the difference between
//! the wanted and the actual IPVS table.
//!
//! Invariants: no clock, socket, randomness or configuration text; probes are asked for as effects
//! and their verdicts come back as inputs.
//! Deliberately unknown here: how a probe works, how IPVS is reached.

pub mod config;

pub use config::Config;
