//! Lines of `virtual_routes` and `static_routes`.
//!
//! Deliberately unknown here: interfaces, and the numbers of names that only the host knows.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A number of the kernel's that iproute2's tables (`rt_tables`, `rt_protos`…) may give a name.
/// Names that mean the same everywhere are numbers already.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Named {
    /// The number.
    Number(u32),
    /// A name that the host has to look up.
    Name(String),
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}
