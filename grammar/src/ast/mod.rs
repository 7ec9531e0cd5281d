//! The one typed AST that both languages lower to.
//!
//! keepalived.conf fills `process`, `vrrp` and `lvs`; nginx.conf fills `process` and `stream`.
//! Invariants: values are converted and in range, nothing is resolved; what was not written is
//! `None` (defaults belong to `plan`); comparing two ASTs ignores where things stand.

pub mod address;
pub mod global;
mod json;
pub mod leaf;
pub mod lvs;
pub mod process;
pub mod rare;
pub mod route;
pub mod rule;
pub mod stream;
pub mod vrrp;

use serde::{Deserialize, Serialize};

pub use leaf::{Command, Endpoint, Size, Spanned, User};
pub use lvs::Lvs;
pub use process::Process;
pub use stream::Stream;
pub use vrrp::Vrrp;

/// Everything one configuration says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ast {
    /// Process-wide settings of either program.
    pub process: Process,
    /// Virtual routers and what they track.
    pub vrrp: Vrrp,
    /// Virtual services.
    pub lvs: Lvs,
    /// nginx's `stream {}`.
    pub stream: Stream,
}
