//! The vocabulary every crate shares: time, identifiers, randomness, and the shape of an engine.
//!
//! Invariants: integers only, no clock is read here, nothing is allocated on a hot path.
//! Deliberately unknown here: sockets, configuration text, the host.

mod id;
mod machine;
mod pool;
mod rng;
mod time;

pub use id::{Family, MacAddr, Priority, VrId, Weight};
pub use machine::Machine;
pub use pool::{Names, Pool};
pub use rng::Rng;
pub use time::{Instant, span};

pub use core::time::Duration;
