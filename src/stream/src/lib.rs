//! The stream engine: which server and peer a session gets, whether it may go on, what is logged.
//!
//! Invariants: no clock, socket or configuration text; the same peers as nginx for the same input.
//! Deliberately unknown here: file descriptors, bytes in flight, epoll.

pub mod config;

pub use config::Config;
