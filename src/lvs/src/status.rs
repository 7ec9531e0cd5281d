//! What the engine knows of its services, to be read by whoever is asked.

use core::net::SocketAddr;

use crate::config;
use crate::engine::Engine;

/// One virtual service as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceStatus<'a> {
    /// What it is.
    pub config: &'a config::Service,
    /// Enough of its servers live.
    pub quorum_up: bool,
    /// The sum of weights that is enough.
    pub quorum: u32,
    /// Its sorry server is in the place of the real ones.
    pub saying_sorry: bool,
    /// Its servers, in the file's order.
    pub servers: Vec<ServerStatus>,
}

/// One real server as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerStatus {
    /// Where.
    pub address: SocketAddr,
    /// Its configured weight.
    pub weight: u32,
    /// All its checks pass.
    pub alive: bool,
    /// How many checks it has.
    pub checks: usize,
    /// How many of them fail.
    pub failing: usize,
}

impl Engine {
    /// Every service, in the file's order; none before the start and after the end.
    #[must_use]
    pub fn services(&self) -> Vec<ServiceStatus<'_>> {
        self.running()
            .iter()
            .map(|service| service.status())
            .collect()
    }
}
