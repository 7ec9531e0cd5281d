//! Receive buffers as the configuration wants them, at the start and after a reload.
//!
//! Invariant: a size that cannot be set is told of, and the socket works with the one it has.

use std::io;

use plan::keepalived::Plan;
use sys::netlink::{Monitor, Requests};
use tracing::warn;

use super::Host;
use crate::keepalived::ports::Ports;

/// The sockets of `plan`, none of them open yet.
pub(super) fn ports(plan: &Plan, requests: &Requests) -> Ports {
    let mut ports = Ports::default();
    renew(&mut ports, plan, requests);
    ports
}

/// A subscription to what happens on this host.
///
/// # Errors
/// What opening reports.
pub(in crate::keepalived) fn monitor(plan: &Plan) -> io::Result<Monitor> {
    let monitor = Monitor::open()?;
    size_monitor(&monitor, plan);
    Ok(monitor)
}

fn renew(ports: &mut Ports, plan: &Plan, requests: &Requests) {
    ports.serve(&plan.vrrp);
    ports.size_buffers(plan);
    let wanted = plan.buffers.vrrp_command;
    tell(
        "asks the kernel",
        requests.size_buffer(wanted.map(Into::into)),
    );
}

fn size_monitor(monitor: &Monitor, plan: &Plan) {
    let wanted = plan.buffers.vrrp_monitor;
    tell(
        "hears of changes",
        monitor.size_buffer(wanted.map(Into::into)),
    );
}

/// Says what could not be set.
pub(crate) fn tell(which: &str, set: io::Result<()>) {
    if let Err(error) = set {
        warn!("cannot set the receive buffer of the socket that {which}: {error}");
    }
}

impl Host {
    /// Serves the routers of the plan from now on.
    pub(super) fn renew_sockets(&mut self) {
        renew(&mut self.ports, &self.plan, &self.requests);
    }

    /// Has `monitor` tell what the plan needs to know.
    ///
    /// # Errors
    /// What subscribing to routes and rules reports.
    pub(in crate::keepalived) fn subscribe(&self, monitor: &Monitor) -> io::Result<()> {
        size_monitor(monitor, &self.plan);
        monitor.watch_routing(self.tracks_routing())
    }
}
