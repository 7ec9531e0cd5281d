//! The VRRP engine of one node: virtual routers, their elections and timers, and what they track.
//!
//! Invariants: no clock, socket, randomness, configuration text or hash order inside; every
//! transition carries its cause and the numbers it was decided on; packets are built when sent.
//! Deliberately unknown here: interfaces beyond their name, processes, log wording.

mod adopt;
mod advert;
mod backup;
pub mod config;
pub mod effect;
mod engine;
pub mod input;
mod master;
mod receive;
mod reload;
mod router;
pub mod snapshot;
mod stand_in;
mod stats;
mod status;
mod timer;
pub mod timing;
mod track;
mod words;

pub use config::Config;
pub use effect::{Cause, Effect, Event, State};
pub use engine::Engine;
pub use input::Input;
pub use router::{EFFECT_RETRY, Heard};
pub use stand_in::StandIn;
pub use stats::Stats;
pub use status::{RouterStatus, ScriptStatus};
