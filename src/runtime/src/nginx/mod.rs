//! The processes of nginx-stream-rs: a master with the rights, one worker without them.
//!
//! The master reads configurations, binds addresses, opens log files and starts the worker; the
//! worker runs relay threads on what it is handed. A new configuration is offered to the running
//! worker, so that a reload starts no process and ends no session.
//!
//! Invariants: the master has one thread; sockets are bound before the program goes to the
//! background, and the pid file is written before the parent ends; texts and exit statuses are
//! nginx's where it has any.
//! Deliberately unknown here: the language (`grammar`), what it means (`plan`), sessions (`relay`).

mod children;
mod cycle;
mod daemon;
pub mod layout;
mod listen;
mod load;
mod log;
mod master;
pub mod options;
mod order;
mod pidfile;
mod reload;
mod serving;
mod single;
mod start;
mod upgrade;
mod worker;

pub use start::run;
