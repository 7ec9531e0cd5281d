//! A virtual world: nodes that run the real engines, a network between them, and time that jumps.
//!
//! The same engine code runs here and in the daemon; this crate performs its effects on a world
//! in which a second costs microseconds and everything that can go wrong does so on request.
//!
//! Invariants: a run follows from its configuration, actions and seed alone; what arrives at a
//! node at the moment it wakes is handled before its timers, as a driver drains its sockets first.
//! Deliberately unknown here: real interfaces and processes; ARP caches of clients.

mod action;
mod clock;
mod daemon;
mod network;
mod node;
mod perform;
mod seen;
mod timeline;
mod world;

pub use action::Action;
pub use clock::Clock;
pub use network::Network;
pub use node::{Check, NodeIx};
pub use seen::Seen;
pub use timeline::{Entry, Timeline, What};
pub use world::World;
