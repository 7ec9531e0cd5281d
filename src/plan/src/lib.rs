//! From an AST and facts about the host to validated, immutable plans; what changes between two
//! plans; and the cross-reference checks that neither a keyword row nor an engine can make.
//!
//! Invariants: pure; the host is reached only through [`Facts`], whose answers can be recorded and
//! replayed, so that every process of a daemon plans the same thing.
//! Deliberately unknown here: lexing, sockets, processes.

pub mod facts;
pub mod keepalived;
pub mod lint;
pub mod nginx;

pub use facts::Facts;
