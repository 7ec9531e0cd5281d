//! What dumps show of the host.

use std::collections::{BTreeMap, BTreeSet};

use plan::keepalived::LinkKind;
use sys::beat::Method;
use vrrp::Engine;
use vrrp::config::ObjectIx;

use super::Host;
use super::switches;
use crate::keepalived::dump::{Clocks, Dumped, Switches};

impl Host {
    /// Everything as it is now.
    pub(in crate::keepalived) fn dumped<'a>(&'a mut self, engine: &'a Engine) -> Dumped<'a> {
        // In the order that the kernel has them, which is not remembered. Without an answer there
        // are none to show.
        let listed = self.requests.addresses().unwrap_or_default();
        let this: &'a Self = self;
        let plan = &this.plan;
        let held = plan.routers.iter().flat_map(|host| &host.addresses);
        let held: BTreeSet<_> = held.map(|held| (&*held.interface, held.address)).collect();
        let own = listed.iter().filter(|it| {
            let name = this.links.by_index(it.index).map(|link| link.name.as_str());
            !it.ours && name.is_some_and(|name| !held.contains(&(name, it.address)))
        });
        let objects = (0..).zip(&plan.vrrp.objects);
        let polled = plan.polled.iter().filter_map(|polled| {
            let word = match this.beats.method(&polled.interface)? {
                Method::Mii => "support MII regs",
                Method::Ethtool => "support ETHTOOL GLINK interface",
                Method::Flags => "ioctl refresh polling",
            };
            Some((polled.interface.clone(), word))
        });
        Dumped {
            plan,
            engine,
            clocks: Clocks::read(),
            running: objects
                .map(|(ix, _)| this.watches.running(ObjectIx(ix)))
                .collect(),
            links: &this.links,
            addresses: own.map(|it| (it.index, it.address)).collect(),
            polled: polled.collect(),
            switches: this.switches(),
            ports: &this.ports,
        }
    }

    /// The switches of macvlans, of the interfaces below them, and of those whose secondary
    /// addresses are promoted.
    fn switches(&self) -> BTreeMap<String, Switches> {
        let mut known: BTreeMap<String, Switches> = BTreeMap::new();
        let made = self.plan.links.iter();
        for made in made.filter(|made| matches!(made.kind, LinkKind::Macvlan { .. })) {
            known.entry(made.name.clone()).or_default();
            known.entry(made.parent.clone()).or_default().changed += 1;
        }
        for host in self.plan.routers.iter() {
            let name = host.interface.as_deref();
            let name = name.filter(|_| host.promote_secondaries);
            if let Some(name) = name.filter(|name| self.promoted.contains(*name)) {
                known.entry(name.to_owned()).or_default().promoted += 1;
            }
        }
        for (name, switches) in &mut known {
            let now = |switch| switches::number(&switches::v4(name, switch));
            let before = |switch| {
                let saved = self.made.switch(&switches::v4(name, switch));
                saved.or_else(|| now(switch)).unwrap_or_default()
            };
            switches.arp_ignore = before("arp_ignore");
            switches.arp_filter = before("arp_filter");
            switches.rp_filter = now("rp_filter");
            if switches.promoted == 0 {
                switches.promote = now("promote_secondaries").unwrap_or_default();
            }
        }
        known
    }
}
