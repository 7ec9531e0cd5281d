//! Virtual services, as `keepalived.conf` says it.

mod check;
mod service;

use serde::{Deserialize, Serialize};

pub use check::{Attempts, Check, Connect, TcpCheck};
pub use service::{Granularity, Method, Protocol, RealServer, Schedule, Service, Target};

/// Virtual services.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lvs {
    /// `virtual_server`
    pub services: Vec<Service>,
}
