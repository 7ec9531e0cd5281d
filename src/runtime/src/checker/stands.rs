//! How the virtual services stand, as plain values.
//!
//! Invariant: nothing of the engine changes by being looked at.

use lvs::Engine;

use super::phrases::Vs;
use crate::keepalived::status::{Server, Service, Services};

/// Everything, as of now.
pub(super) fn gather(engine: &Engine) -> Services {
    let services = engine.services().into_iter().map(|service| Service {
        name: Vs(&service.config.key).to_string(),
        scheduler: service.config.scheduler.to_owned(),
        quorum: service.quorum,
        up: service.quorum_up,
        saying_sorry: service.saying_sorry,
        servers: service
            .servers
            .iter()
            .map(|server| Server {
                address: server.address,
                weight: server.weight,
                alive: server.alive,
                checks: server.checks,
                failing: server.failing,
            })
            .collect(),
    });
    Services {
        served: !engine.is_unserved(),
        services: services.collect(),
    }
}
