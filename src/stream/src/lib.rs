//! The stream engine: which server and peer a session gets, whether it may go on, what is logged.
//!
//! Invariants: no clock, socket or configuration text; the same peers as nginx for the same input.
//! Deliberately unknown here: file descriptors, bytes in flight, epoll.

pub mod access;
pub mod access_log;
pub mod balance;
pub mod config;
pub mod error_log;
pub mod session;
pub mod template;

pub use config::Config;
pub use session::{Attempt, Session, Status};
