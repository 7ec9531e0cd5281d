//! The VRRP engine of one node: virtual routers, their elections and timers, and what they track.
//!
//! Invariants: no clock, socket, randomness, configuration text or hash order inside; every
//! transition carries its cause and the numbers it was decided on; packets are built when sent.
//! Deliberately unknown here: interfaces beyond their name, processes, log wording.

pub mod config;
pub mod effect;
pub mod input;

pub use config::Config;
pub use effect::{Cause, Effect, Event, State};
pub use input::Input;
