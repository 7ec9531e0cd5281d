//! Performing an engine's effects on the world.

use core::net::IpAddr;

use base::Duration;
use vrrp::config::{Router, ScriptIx};
use vrrp::input::{Envelope, ScriptOutcome};
use vrrp::packet::{self, Protection};
use vrrp::{Config, Effect, Event, Input};

use crate::node::NodeIx;
use crate::seen::Seen;
use crate::timeline::{What, describe};
use crate::world::{Coming, Frame, World};

impl World {
    pub(crate) fn perform(&mut self, ix: NodeIx, config: &Config, effect: Effect) {
        match effect {
            Effect::SendAdvert {
                router,
                to,
                packet,
                number,
                ..
            } => {
                self.see(|| Seen::Advert {
                    node: ix,
                    router,
                    packet: packet.clone(),
                });
                let sender = &config.routers[router.0 as usize];
                let ah = number.and_then(|number| protection(sender, to, number, &packet));
                let frame = Frame {
                    source: sender.source,
                    destination: to,
                    interface: (&*sender.key.interface).into(),
                    ttl: wire::vrrp::TTL,
                    payload: packet.into(),
                    envelope: Envelope {
                        ah,
                        ..Envelope::default()
                    },
                };
                self.send(ix, &frame);
            }
            Effect::AddAddresses { router } => {
                if self.nodes[ix.0].refuses {
                    let reason = "the kernel refuses".to_owned();
                    self.give(ix, Input::EffectFailed { router, reason });
                    return;
                }
                let addresses = &config.routers[router.0 as usize].addresses;
                self.nodes[ix.0].held.extend(addresses);
                self.note(Some(ix), What::Added, format!("has {}", list(addresses)));
                self.see(|| Seen::Added { node: ix, router });
            }
            Effect::RemoveAddresses { router } => {
                let addresses = &config.routers[router.0 as usize].addresses;
                let held = &mut self.nodes[ix.0].held;
                let held = |address: &&IpAddr| held.remove(*address);
                let gone: Vec<_> = addresses.iter().filter(held).copied().collect();
                self.note(Some(ix), What::Removed, format!("gave up {}", list(&gone)));
                self.see(|| Seen::Removed { node: ix, router });
            }
            Effect::YieldAddress { address, .. } => {
                self.nodes[ix.0].held.remove(&address);
                self.note(Some(ix), What::Removed, format!("gave up {address}"));
            }
            Effect::UpdateAddresses { router, .. } => {
                // One router per address in this world: what no master of ours lists goes.
                let listed = &config.routers[router.0 as usize].addresses;
                self.nodes[ix.0].held.extend(listed);
                let all = || config.routers.iter().flat_map(|router| &router.addresses);
                self.nodes[ix.0]
                    .held
                    .retain(|held| all().any(|address| address == held));
                self.note(Some(ix), What::Added, format!("has {}", list(listed)));
                self.see(|| Seen::Added { node: ix, router });
            }
            Effect::RunScript { script, timeout } => self.run_script(ix, config, script, timeout),
            Effect::Event(event) => {
                if event == Event::Stopped {
                    self.nodes[ix.0].engine = None;
                }
                let text = describe(&event, config);
                self.note(Some(ix), What::Event(event), text);
            }
            Effect::Announce { router, .. } => {
                self.timeline.announced(self.now, ix);
                self.see(|| Seen::Announced { node: ix, router });
                self.announced(ix, &config.routers[router.0 as usize].addresses);
            }
            // Interfaces without adverts do not exist here.
            Effect::AnnounceExtra { .. } | Effect::Reconfigured { .. } => {}
        }
    }

    fn run_script(&mut self, ix: NodeIx, config: &Config, script: ScriptIx, timeout: Duration) {
        let name = config.scripts[script.0 as usize].name.clone();
        let node = &self.nodes[ix.0];
        let incarnation = node.incarnation;
        let check = node.checks.get(&name).cloned().unwrap_or_default();
        let (takes, outcome) = if check.takes > timeout {
            (timeout, ScriptOutcome::TimedOut)
        } else {
            (check.takes, check.outcome)
        };
        let end = Coming::ScriptEnd {
            node: ix,
            incarnation,
            script: name.clone(),
            outcome,
        };
        self.queue(self.now + takes, end);
        self.see(|| Seen::ScriptRuns {
            node: ix,
            script: name,
        });
    }

    /// Puts an advert on the segment.
    fn send(&mut self, ix: NodeIx, frame: &Frame) {
        if !self.nodes[ix.0].link_up {
            return;
        }
        let to = frame.destination;
        for other in self.nodes() {
            let listens = to.is_multicast() || self.has_source(other, to);
            if other == ix || !listens || !self.network.connects(ix, other) {
                continue;
            }
            if let Some(takes) = self.network.carry(&mut self.rng) {
                let packet = Coming::Packet {
                    to: other,
                    frame: frame.clone(),
                };
                self.queue(self.now + takes, packet);
            }
        }
    }

    fn has_source(&self, node: NodeIx, address: IpAddr) -> bool {
        let routers = &self.nodes[node.0].running.routers;
        routers.iter().any(|router| router.source == address)
    }
}

/// What stands in front of `message` when it is sent with `number`.
fn protection(router: &Router, to: IpAddr, number: u32, message: &[u8]) -> Option<Protection> {
    let (IpAddr::V4(source), IpAddr::V4(to)) = (router.source, to) else {
        return None;
    };
    let packet = packet::ipv4(router, 1, source, to, Some(number), message);
    let (ip, rest) = packet.split_first_chunk()?;
    Protection::split(*ip, rest).map(|(protection, _)| protection)
}

pub(crate) fn list(addresses: &[IpAddr]) -> String {
    let words: Vec<_> = addresses.iter().map(IpAddr::to_string).collect();
    words.join(", ")
}
