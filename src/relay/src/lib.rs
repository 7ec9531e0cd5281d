//! The hot path of nginx-stream-rs: threads that accept, connect and move bytes.
//!
//! Each [`Thread`] runs its own epoll loop over the listeners of the newest [`Generation`] and over
//! its sessions. Configurations, log files and sockets come in from outside; what a thread has to
//! tell goes out as [`Report`]s.
//!
//! Invariants: a session keeps the generation it began with; a session that panics ends alone; idle
//! sessions hold no buffer. Deliberately unknown here: configuration text, signals, processes.

mod arrivals;
mod clients;
mod clock;
mod datagram;
mod event_loop;
mod generation;
mod listener;
mod log_file;
mod running;
mod session;
mod thread;
mod turn;

pub use clock::Clock;
pub use generation::{Generation, Limits, Parts, Sockets};
pub use log_file::{ErrorLogs, LogFile, LogFiles};
pub use thread::{Command, Process, Report, ReportKind, Thread, ThreadConfig};
