//! What dumps show of the host.

use vrrp::Engine;
use vrrp::config::ObjectIx;

use super::Host;
use crate::keepalived::dump::{Clocks, Dumped};

impl Host {
    /// Everything as it is now.
    pub(in crate::keepalived) fn dumped<'a>(&'a self, engine: &'a Engine) -> Dumped<'a> {
        let objects = (0..).zip(&self.plan.vrrp.objects);
        Dumped {
            plan: &self.plan,
            engine,
            clocks: Clocks::read(),
            running: objects
                .map(|(ix, _)| self.watches.running(ObjectIx(ix)))
                .collect(),
            links: &self.links,
            ports: &self.ports,
        }
    }
}
