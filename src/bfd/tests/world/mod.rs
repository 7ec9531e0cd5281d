//! Two engines and the link between them, in virtual time.

// Each test file uses its share.
#![allow(dead_code)]

use core::net::{IpAddr, Ipv4Addr};
use core::num::NonZeroU8;
use core::time::Duration;
use std::collections::BTreeMap;

use base::{Instant, Machine as _, Rng};
use bfd::config::{Session, SessionKey};
use bfd::{Config, Effect, Engine, Event, Input, Received, SessionIx, State};
use wire::bfd::Packet;

pub(crate) const DELAY: Duration = Duration::from_millis(1);

pub(crate) fn millis(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

pub(crate) fn address(node: usize) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, 1 + u8::try_from(node).unwrap()).into()
}

/// 10 ms both ways, three of them.
pub(crate) fn session(node: usize) -> Session {
    Session {
        key: SessionKey {
            name: "neighbor".into(),
            neighbor: address(1 - node),
            source: Some(address(node)),
            multihop: false,
        },
        min_rx: Duration::from_millis(10),
        min_tx: Duration::from_millis(10),
        idle_tx: Duration::from_secs(1),
        multiplier: NonZeroU8::new(3).unwrap(),
        passive: false,
        ttl: 255,
        max_hops: Some(0),
    }
}

pub(crate) fn one(session: Session) -> Config {
    Config {
        sessions: vec![session],
    }
}

/// A packet that a node sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Instant,
    pub(crate) node: usize,
    pub(crate) packet: Packet,
}

pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) nodes: [Engine; 2],
    pub(crate) sent: Vec<Sent>,
    pub(crate) events: Vec<(Instant, usize, Event)>,
    /// The link from each node to the other one.
    pub(crate) cut: [bool; 2],
    /// Of a thousand packets.
    pub(crate) loss: u64,
    chance: Rng,
    coming: BTreeMap<(Instant, usize), (usize, Received)>,
    order: usize,
}

impl World {
    pub(crate) fn new(sessions: [Session; 2], seed: u64) -> Self {
        let [left, right] = sessions;
        Self {
            now: Instant::ZERO,
            nodes: [
                Engine::new(one(left), seed),
                Engine::new(one(right), seed ^ 0x5555),
            ],
            sent: Vec::new(),
            events: Vec::new(),
            cut: [false; 2],
            loss: 0,
            chance: Rng::new(seed),
            coming: BTreeMap::new(),
            order: 0,
        }
    }

    pub(crate) fn started(sessions: [Session; 2], seed: u64) -> Self {
        let mut world = Self::new(sessions, seed);
        world.give(0, Input::Start);
        world.give(1, Input::Start);
        world
    }

    pub(crate) fn give(&mut self, node: usize, input: Input) {
        let mut effects = Vec::new();
        self.nodes[node].handle(self.now, input, &mut |effect| effects.push(effect));
        for effect in effects {
            match effect {
                Effect::Send { packet, session } => {
                    assert_eq!(session, SessionIx(0));
                    self.carry(node, packet);
                }
                Effect::Event(event) => self.events.push((self.now, node, event)),
                Effect::Reconfigured => {}
            }
        }
    }

    fn carry(&mut self, node: usize, bytes: [u8; wire::bfd::LEN]) {
        let packet = Packet::parse(&bytes).expect("a sound packet");
        let at = self.now;
        self.sent.push(Sent { at, node, packet });
        if self.cut[node] || self.chance.below(1000) < self.loss {
            return;
        }
        let received = Received {
            source: address(node),
            destination: Some(address(1 - node)),
            ttl: 255,
            multihop: false,
            payload: bytes.to_vec(),
        };
        self.order += 1;
        self.coming
            .insert((at + DELAY, self.order), (1 - node, received));
    }

    /// Lets time pass.
    pub(crate) fn run_until(&mut self, end: Instant) {
        loop {
            let timers = self.nodes.iter().filter_map(|node| node.deadline());
            let timers = timers.map(|(at, _)| at);
            let packets = self.coming.keys().next().map(|(at, _)| *at);
            let Some(next) = timers.chain(packets).min().filter(|at| *at <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            if packets == Some(next) {
                let (_, (node, received)) = self.coming.pop_first().expect("it is there");
                self.give(node, Input::Packet(received));
            } else {
                for node in 0..2 {
                    if self.nodes[node]
                        .deadline()
                        .is_some_and(|(at, _)| at <= next)
                    {
                        self.give(node, Input::Tick);
                    }
                }
            }
        }
    }

    pub(crate) fn state(&self, node: usize) -> State {
        self.nodes[node].sessions().next().expect("a session").state
    }

    pub(crate) fn states(&self) -> [State; 2] {
        [self.state(0), self.state(1)]
    }

    /// When `node` came to `state` last.
    pub(crate) fn entered(&self, node: usize, state: State) -> Option<Instant> {
        let events = self.events.iter().rev();
        let entered = events.filter_map(|(at, who, event)| match event {
            Event::Transition { to, .. } if *who == node && *to == state => Some(*at),
            _ => None,
        });
        entered.into_iter().next()
    }
}
