//! Drivers: they perform what engines decide, on a real host.
//!
//! Invariants: an engine's effects are performed in order; time, packets and facts enter engines
//! as data; no process forks while it has a runtime or another thread.
//! Deliberately unknown here: the languages (plans come in ready), protocol rules.

pub mod bundle;
pub mod checker;
pub mod facts;
pub mod keepalived;
pub mod log;
pub mod mail;
pub mod nginx;
mod pipe;
mod rest;
pub mod syslog;
