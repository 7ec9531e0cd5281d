//! The world's clock: what happens next, what is done to nodes, and what reaches them.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::rc::Rc;

use base::{Duration, Instant, Rng};
use vrrp::config::RouterIx;
use vrrp::input::{Envelope, ScriptOutcome};
use vrrp::{Config, Effect, Input, RouterStatus, State};
use wire::vrrp::View;

use crate::action::Action;
use crate::clock::Clock;
use crate::network::Network;
use crate::node::{Check, Node, NodeIx};
use crate::seen::Onlooker;
use crate::timeline::{Entry, Timeline, What};

/// Something that will happen.
#[derive(Clone, Debug)]
pub(crate) enum Coming {
    Act(Action),
    Packet {
        to: NodeIx,
        frame: Frame,
    },
    ScriptEnd {
        node: NodeIx,
        incarnation: u32,
        script: String,
        outcome: ScriptOutcome,
    },
    Respawn {
        node: NodeIx,
        incarnation: u32,
    },
}

/// An advert on its way.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    /// The sender's interface: nodes that have one of that name have it on the same segment.
    pub(crate) interface: Rc<str>,
    pub(crate) ttl: u8,
    pub(crate) payload: Rc<[u8]>,
    pub(crate) envelope: Envelope,
}

/// How long it takes until a VRRP child that died has a successor.
const RESPAWN: Duration = Duration::from_millis(300);

/// Nodes, network and time.
#[derive(Debug)]
pub struct World {
    pub(crate) now: Instant,
    pub(crate) nodes: Vec<Node>,
    /// The segment between them.
    pub network: Network,
    pub(crate) rng: Rng,
    /// By time, then in the order they were planned.
    coming: BTreeMap<(Instant, u64), Coming>,
    planned: u64,
    pub(crate) timeline: Timeline,
    pub(crate) onlooker: Onlooker,
}

impl World {
    /// An empty world. Loss and jitter follow from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            now: Instant::ZERO,
            nodes: Vec::new(),
            network: Network::default(),
            rng: Rng::new(seed),
            coming: BTreeMap::new(),
            planned: 0,
            timeline: Timeline::default(),
            onlooker: Onlooker::default(),
        }
    }

    /// Adds a node whose daemon is down.
    pub fn add(&mut self, name: &str, config: Config, clock: Clock) -> NodeIx {
        self.nodes.push(Node::new(name.to_owned(), config, clock));
        NodeIx(self.nodes.len() - 1)
    }

    /// The time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// What happened so far.
    #[must_use]
    pub const fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// All nodes.
    pub fn nodes(&self) -> impl Iterator<Item = NodeIx> + use<> {
        (0..self.nodes.len()).map(NodeIx)
    }

    /// A router of a node; `None` while its daemon is down.
    #[must_use]
    pub fn status(&self, node: NodeIx, router: RouterIx) -> Option<RouterStatus<'_>> {
        self.nodes.get(node.0)?.engine.as_ref()?.status(router)
    }

    /// Whether the node's daemon was told to stop and waits to be replaced.
    #[must_use]
    pub fn is_leaving(&self, node: NodeIx) -> bool {
        let engine = self.nodes.get(node.0).and_then(|node| node.engine.as_ref());
        engine.is_some_and(vrrp::Engine::is_leaving)
    }

    /// The nodes on which `router` is master. One that leaves is none any more, though it may
    /// still have the addresses.
    #[must_use]
    pub fn masters(&self, router: RouterIx) -> Vec<NodeIx> {
        let master = |node: &NodeIx| {
            let status = self.status(*node, router);
            let status = status.filter(|_| !self.is_leaving(*node));
            status.is_some_and(|status| status.state == State::Master)
        };
        self.nodes().filter(master).collect()
    }

    /// The nodes that have `address`, with or without a daemon.
    #[must_use]
    pub fn holders(&self, address: IpAddr) -> Vec<NodeIx> {
        let holds = |node: &NodeIx| self.nodes[node.0].held.contains(&address);
        self.nodes().filter(holds).collect()
    }

    /// Whether a frame of `from` would reach `to`: both cables are in, and no cut is between them.
    #[must_use]
    pub fn reaches(&self, from: NodeIx, to: NodeIx) -> bool {
        self.linked(from) && self.linked(to) && self.network.connects(from, to)
    }

    /// Whether the node's cable is in.
    #[must_use]
    pub fn linked(&self, node: NodeIx) -> bool {
        self.nodes.get(node.0).is_some_and(|node| node.link_up)
    }

    /// Plans `action` for `at`; what is planned for the past happens next.
    pub fn plan(&mut self, at: Instant, action: Action) {
        self.queue(at, Coming::Act(action));
    }

    pub(crate) fn queue(&mut self, at: Instant, coming: Coming) {
        self.coming.insert((at.max(self.now), self.planned), coming);
        self.planned += 1;
    }

    /// Lets `time` pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.run_one(end) {}
    }

    /// Lets time pass until the next thing has happened, at most until `end`; false when nothing
    /// did before.
    pub fn run_one(&mut self, end: Instant) -> bool {
        let Some(at) = self.next().filter(|at| *at <= end) else {
            self.now = self.now.max(end);
            return false;
        };
        self.now = self.now.max(at);
        self.step();
        true
    }

    /// When something happens next.
    fn next(&self) -> Option<Instant> {
        let coming = self.coming.keys().next().map(|(at, _)| *at);
        let woken = self.nodes.iter().filter_map(Node::deadline).min();
        coming.into_iter().chain(woken).min()
    }

    /// What is due now: first what comes from outside, then timers.
    fn step(&mut self) {
        match self.coming.first_entry() {
            Some(first) if first.key().0 <= self.now => match first.remove() {
                Coming::Act(action) => self.act(action),
                Coming::Packet { to, frame } => self.arrive(to, frame),
                Coming::ScriptEnd {
                    node,
                    incarnation,
                    script,
                    outcome,
                } => self.script_end(node, incarnation, &script, outcome),
                Coming::Respawn { node, incarnation } => self.respawn(node, incarnation),
            },
            Some(_) | None => {
                let due = |node: &NodeIx| {
                    let deadline = self.nodes[node.0].deadline();
                    deadline.is_some_and(|at| at <= self.now)
                };
                if let Some(node) = self.nodes().find(due) {
                    self.give(node, Input::Tick);
                }
            }
        }
    }

    /// Does `action` now.
    pub fn act(&mut self, action: Action) {
        if let Some(node) = action.node()
            && node.0 >= self.nodes.len()
        {
            return;
        }
        let text = action.to_string();
        self.note(action.node(), What::Action(action.clone()), text);
        match action {
            Action::Start(node) => self.start(node),
            Action::Stop(node) => {
                if self.nodes[node.0].hung {
                    // Its parent loses patience.
                    self.nodes[node.0].engine = None;
                    let ended = What::Event(vrrp::Event::Stopped);
                    self.note(Some(node), ended, "stopped".to_owned());
                }
                self.give(node, Input::Shutdown);
                self.nodes[node.0].stand_in = None;
            }
            Action::Kill(node) => {
                self.nodes[node.0].engine = None;
                self.nodes[node.0].stand_in = None;
            }
            Action::Crash(node) => {
                self.nodes[node.0].crash();
                let incarnation = self.nodes[node.0].incarnation;
                let respawn = Coming::Respawn { node, incarnation };
                self.queue(self.now + RESPAWN, respawn);
            }
            Action::Hang(node) => self.nodes[node.0].hung = true,
            Action::Resume(node) => self.resume(node),
            Action::PowerOff(node) => {
                self.nodes[node.0].power_off();
            }
            Action::LinkDown(node) => self.link(node, false),
            Action::LinkUp(node) => self.link(node, true),
            Action::Cut(a, b) => self.cut(a, b, true),
            Action::Heal(a, b) => self.cut(a, b, false),
            Action::Isolate(node) => self.nodes().for_each(|other| self.cut(node, other, true)),
            Action::Rejoin(node) => self.nodes().for_each(|other| self.cut(node, other, false)),
            Action::Check {
                node,
                script,
                outcome,
                takes,
            } => {
                let checks = &mut self.nodes[node.0].checks;
                checks.insert(script, Check { outcome, takes });
            }
            Action::Object {
                node,
                object,
                reading,
            } => {
                self.nodes[node.0].readings.insert(object, reading);
                self.tell_objects(node);
            }
            Action::DeleteAddress(node, address) => self.delete_address(node, address),
            Action::Refuse(node, refuses) => self.nodes[node.0].refuses = refuses,
            Action::Reload(node, config) => {
                self.nodes[node.0].config = config.clone();
                self.give(node, Input::Reconfigure(config));
                self.tell_objects(node);
            }
            Action::Loss(ppm) => self.network.loss_ppm = ppm,
        }
    }

    fn cut(&mut self, a: NodeIx, b: NodeIx, apart: bool) {
        for (from, to) in [(a, b), (b, a)] {
            if apart {
                self.network.cut(from, to);
            } else {
                self.network.heal(from, to);
            }
        }
    }

    /// A packet reaches a node, which finds the router it is for.
    fn arrive(&mut self, to: NodeIx, frame: Frame) {
        let node = &self.nodes[to.0];
        let vrid = View::new(&frame.payload).ok().and_then(|view| view.vrid());
        let family = base::Family::of(frame.source);
        let wanted = |router: &vrrp::config::Router| {
            Some(router.key.vrid) == vrid && router.key.family == family
        };
        let routers = &node.running.routers;
        // Virtual routers of different links may have the same id.
        let here = |router: &vrrp::config::Router| {
            wanted(router) && *router.key.interface == *frame.interface
        };
        let found = routers.iter().position(here);
        let found = found.or_else(|| routers.iter().position(wanted));
        if let (true, Some(router)) = (node.link_up, found.and_then(|at| u32::try_from(at).ok())) {
            let input = Input::Packet {
                router: RouterIx(router),
                source: frame.source,
                destination: frame.destination,
                ttl: frame.ttl,
                payload: frame.payload.to_vec(),
                envelope: frame.envelope,
            };
            self.give(to, input);
        }
    }

    /// Hands an input to a node's daemon and performs what it wants done.
    pub(crate) fn give(&mut self, ix: NodeIx, input: Input) {
        let node = &mut self.nodes[ix.0];
        if node.hung {
            node.inbox.push_back(input);
            return;
        }
        let now = node.clock.local(self.now);
        // Effects before the mark of a reload name routers of the configuration before it.
        let mut config = Rc::clone(&node.running);
        if let Input::Reconfigure(config) = &input {
            node.running = Rc::new(config.clone());
        }
        // All nodes know the time of day.
        let noon = Duration::from_secs(1_700_000_000) + self.now.since(Instant::ZERO);
        node.handle(now, Input::WallClock(noon));
        for effect in node.handle(now, input) {
            if matches!(effect, Effect::Reconfigured { .. }) {
                config = Rc::clone(&self.nodes[ix.0].running);
            }
            self.perform(ix, &config, effect);
        }
    }

    pub(crate) fn note(&mut self, node: Option<NodeIx>, what: What, text: String) {
        let name = node.map_or(String::new(), |node| self.nodes[node.0].name.clone());
        self.timeline.push(Entry {
            at: self.now,
            node,
            name,
            what,
            text,
        });
    }
}
