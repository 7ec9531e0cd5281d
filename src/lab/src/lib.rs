//! The lab: several machines on one, each in namespaces of its own, to try configurations for
//! real and to compare programs.
//!
//! `script` is the language, `world` runs it over anything that can perform its actions, `judge`
//! and `observed` decide over what was seen; those are pure and serve the simulator, too. `network`
//! is the world of namespaces, `node` the inside of a machine, `topology` makes machines of
//! directories. Invariants: the host's network, files and processes are never touched; nothing is
//! left when the lab has ended, however it ended. Deliberately unknown here: what the daemons do;
//! they are watched from outside, ours like the originals.

pub mod cli;
pub mod judge;
mod netlink;
mod network;
mod node;
pub mod observed;
pub mod phrases;
mod printer;
mod protocol;
mod scan;
pub mod script;
pub mod sniff;
pub mod timeline;
mod topology;
mod unit;
pub mod world;

/// Set in the environment of daemons of an unprivileged lab: files that belong to nobody are the
/// host's root's, and other users cannot be switched to.
pub const UNPRIVILEGED: &str = "KEEPALIVED_RS_LAB_UNPRIVILEGED";
