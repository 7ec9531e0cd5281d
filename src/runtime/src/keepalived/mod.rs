//! The processes of keepalived-rs: a parent without runtime or threads, the VRRP child, the
//! checker child, the BFD child.
//!
//! Invariants: files are read by a short-lived child into a sealed bundle that every process plans
//! from; the parent only supervises; children die with it. The engine decides, [`host`] performs,
//! [`phrases`] tells.
//! Deliberately unknown here: the command line's syntax.

mod addresses;
pub mod alert;
mod announce;
mod appointment;
mod bfd_child;
mod checker_child;
pub mod command;
mod conduct;
pub mod config;
mod control;
pub mod dump;
pub mod fifo;
mod foretold;
mod handover;
mod host;
pub mod ledger;
mod links;
pub mod notify;
pub mod options;
mod parent;
mod past;
mod phrases;
mod ports;
mod reader;
pub(crate) mod record;
mod respawn;
mod routes;
mod routing;
mod saved;
mod sentinel;
mod standing;
pub mod status;
pub mod vrrp_child;
mod watch;

pub use options::Options;
pub use parent::{run, upgrade_signal};

/// What the version text and the log call this program. Scripts compare the number with releases
/// of keepalived whose configuration and files they know.
pub const VERSION: &str = concat!(
    "Keepalived v2.4.3 (keepalived-rs ",
    env!("CARGO_PKG_VERSION"),
    ")"
);
