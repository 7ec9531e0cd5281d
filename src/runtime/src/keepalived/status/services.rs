//! How virtual services stand, briefly.

use core::fmt::Write as _;
use core::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// What the checker process says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Services {
    /// The kernel has IPVS.
    pub served: bool,
    /// Every `virtual_server`, in the file's order.
    pub services: Vec<Service>,
}

/// One `virtual_server`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// As in the log: `[192.0.2.100]:tcp:80`, `FWM 7`.
    pub name: String,
    /// `lb_algo`
    pub scheduler: String,
    /// The sum of living weights that is enough.
    pub quorum: u32,
    /// It is reached.
    pub up: bool,
    /// The sorry server is in the place of the real ones.
    pub saying_sorry: bool,
    /// Every `real_server`, in the file's order.
    pub servers: Vec<Server>,
}

/// One `real_server`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Where.
    pub address: SocketAddr,
    /// As configured.
    pub weight: u32,
    /// All its checks pass.
    pub alive: bool,
    /// How many checks it has.
    pub checks: usize,
    /// How many of them fail.
    pub failing: usize,
}

/// A block for each service; of its servers those that are down.
pub(super) fn text(said: &Services) -> String {
    let mut text = String::new();
    if !said.served && !said.services.is_empty() {
        text.push_str("\nvirtual servers are NOT SERVED: the kernel has no IPVS\n");
    }
    for service in &said.services {
        let alive = service.servers.iter().filter(|it| it.alive).count();
        let state = if service.up { "up" } else { "DOWN" };
        let sorry = match service.saying_sorry {
            true => ", the sorry server answers",
            false => "",
        };
        let _ = writeln!(
            text,
            "\nvirtual server {}: {state}, {alive} of {} real servers alive{sorry}",
            service.name,
            service.servers.len()
        );
        for server in service.servers.iter().filter(|it| !it.alive) {
            let _ = writeln!(
                text,
                "  {} is DOWN: {} of {} checks fail",
                server.address, server.failing, server.checks
            );
        }
    }
    text
}
