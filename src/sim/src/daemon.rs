//! What befalls a node's daemon and the machine it runs on.

use core::net::IpAddr;
use std::rc::Rc;

use vrrp::config::{Object, ObjectIx, ObjectKind, RouterIx, ScriptIx};
use vrrp::input::ScriptOutcome;
use vrrp::{Engine, Input, Reading, State, Wait};

use crate::node::NodeIx;
use crate::perform::list;
use crate::seen::Seen;
use crate::timeline::What;
use crate::world::World;

impl World {
    pub(crate) fn start(&mut self, ix: NodeIx) {
        if self.is_leaving(ix) {
            // Whoever starts it again has waited for its end.
            self.give(ix, Input::Shutdown);
        }
        let node = &mut self.nodes[ix.0];
        if node.engine.is_some() || node.stand_in.is_some() {
            return;
        }
        // What a killed daemon left behind goes before the first packet is read.
        let left: Vec<_> = core::mem::take(&mut node.held).into_iter().collect();
        node.hung = false;
        // Nor does it hear what its predecessor was too busy for, least of all to stop.
        node.inbox.clear();
        node.incarnation += 1;
        node.running = Rc::new(node.config.clone());
        node.engine = Some(Engine::new(node.config.clone()));
        let link_up = node.link_up;
        if !left.is_empty() {
            let text = format!("removed {}, left behind", list(&left));
            self.note(Some(ix), What::Removed, text);
            self.see(|| Seen::Swept { node: ix });
        }
        if !link_up {
            self.tell_link(ix, false);
        }
        self.tell_objects(ix);
        self.give(ix, Input::Start);
    }

    /// What all tracked objects say.
    pub(crate) fn tell_objects(&mut self, ix: NodeIx) {
        let node = &self.nodes[ix.0];
        let said = |object: &Object| {
            let usual = match object.kind {
                ObjectKind::File => Reading::Number(0),
                ObjectKind::Interface | ObjectKind::Process | ObjectKind::Bfd => Reading::Good,
            };
            node.readings.get(&object.name).copied().unwrap_or(usual)
        };
        let readings: Vec<_> = node.running.objects.iter().map(said).collect();
        for (object, reading) in (0..).map(ObjectIx).zip(readings) {
            self.give(
                ix,
                Input::Read {
                    object,
                    reading,
                    wait: Wait::Usual,
                },
            );
        }
    }

    pub(crate) fn respawn(&mut self, ix: NodeIx, incarnation: u32) {
        let node = &mut self.nodes[ix.0];
        if node.incarnation != incarnation || node.stand_in.is_none() {
            return;
        }
        node.respawn(node.clock.local(self.now));
        if !node.link_up {
            self.tell_link(ix, false);
        }
        self.tell_objects(ix);
        self.give(ix, Input::Start);
        self.tell_lost_addresses(ix);
    }

    /// Addresses that went while nobody looked.
    fn tell_lost_addresses(&mut self, ix: NodeIx) {
        for (router, config) in (0..)
            .map(RouterIx)
            .zip(&Rc::clone(&self.nodes[ix.0].running).routers)
        {
            let status = self.status(ix, router);
            let master = status.is_some_and(|status| status.state == State::Master);
            let held = &self.nodes[ix.0].held;
            let lost = config
                .addresses
                .iter()
                .find(|address| !held.contains(address));
            if let (true, Some(&address)) = (master, lost) {
                self.give(ix, Input::AddressLost { router, address });
            }
        }
    }

    pub(crate) fn resume(&mut self, ix: NodeIx) {
        let node = &mut self.nodes[ix.0];
        node.hung = false;
        for input in core::mem::take(&mut node.inbox) {
            self.give(ix, input);
        }
    }

    pub(crate) fn link(&mut self, ix: NodeIx, up: bool) {
        self.nodes[ix.0].link_up = up;
        self.tell_link(ix, up);
    }

    fn tell_link(&mut self, ix: NodeIx, up: bool) {
        for (router, config) in (0..).zip(&Rc::clone(&self.nodes[ix.0].running).routers) {
            let state = if up { "up" } else { "down" };
            let reason = format!("interface {} {state}", config.key.interface);
            let router = RouterIx(router);
            self.give(
                ix,
                Input::Link {
                    router,
                    up,
                    reason,
                    at_once: false,
                },
            );
        }
    }

    /// A node's announcements reach others that are about to leave the same addresses.
    pub(crate) fn announced(&mut self, from: NodeIx, addresses: &[IpAddr]) {
        for other in self.nodes() {
            if other == from || !self.is_leaving(other) || !self.reaches(from, other) {
                continue;
            }
            for &address in addresses {
                let node = &self.nodes[other.0];
                let routers = Rc::clone(&node.running);
                let owner = routers
                    .routers
                    .iter()
                    .position(|it| it.addresses.contains(&address));
                if let Some(at) = owner.filter(|_| node.held.contains(&address)) {
                    let more = |it: &&IpAddr| **it != address && node.held.contains(it);
                    let last = routers.routers[at].addresses.iter().filter(more).count() == 0;
                    let router = RouterIx(u32::try_from(at).unwrap_or(u32::MAX));
                    self.give(
                        other,
                        Input::AddressTaken {
                            router,
                            address,
                            last,
                        },
                    );
                }
            }
        }
    }

    pub(crate) fn delete_address(&mut self, ix: NodeIx, address: IpAddr) {
        if !self.nodes[ix.0].held.remove(&address) {
            return;
        }
        let routers = &self.nodes[ix.0].running.routers;
        let owner = routers
            .iter()
            .position(|router| router.addresses.contains(&address));
        if let Some(router) = owner.and_then(|at| u32::try_from(at).ok()) {
            let router = RouterIx(router);
            self.give(ix, Input::AddressLost { router, address });
        }
    }

    pub(crate) fn script_end(
        &mut self,
        ix: NodeIx,
        incarnation: u32,
        name: &str,
        outcome: ScriptOutcome,
    ) {
        let node = &self.nodes[ix.0];
        let scripts = &node.running.scripts;
        let found = scripts.iter().position(|script| script.name == name);
        if node.incarnation == incarnation
            && let Some(script) = found.and_then(|at| u32::try_from(at).ok())
        {
            let script = ScriptIx(script);
            self.give(ix, Input::ScriptExit { script, outcome });
        }
    }
}
