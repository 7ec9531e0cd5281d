//! What is told of the host's routers beside the original's phrases.

use core::net::IpAddr;

use tracing::info;
use vrrp::config::RouterIx;
use vrrp::{Engine, Event};

use super::Host;
use crate::keepalived::status::priority_line;

impl Host {
    /// Says what an event leads to, where that is not plain.
    pub(super) fn explain(&self, engine: &Engine, event: &Event) {
        let status = event.router().and_then(|router| engine.status(router));
        let now = sys::clock::now();
        if let Some(line) = status.and_then(|it| priority_line(&self.plan.vrrp, &it, event, now)) {
            info!("{line}");
        }
    }

    /// Whether a router holds an address at the moment.
    pub(in crate::keepalived) fn holds(&self, router: RouterIx, address: IpAddr) -> bool {
        let share = self.shares.get(router.0 as usize);
        share.is_some_and(|share| share.held.iter().any(|held| held.spec.address == address))
    }
}
