//! The BFD side: a neighbour for every session, which lives from second 10 to second 50.
//!
//! An address whose last part is 98 is one hop away.

use core::net::IpAddr;
use core::num::NonZeroU8;
use std::collections::BTreeMap;

use base::{Duration, Instant, Machine as _};
use bfd::config::{Session, SessionKey};
use bfd::{Config, Effect, Engine, Input, Received, SessionIx};
use plan::keepalived::Plan;
use wire::bfd::{LEN, Packet};

use crate::observe::{END, Seen, stamped};

/// When the neighbours begin and end.
const BIRTH: Instant = Instant::from_millis(10_000);
const DEATH: Instant = Instant::from_millis(50_000);
/// How long a packet travels.
const DELAY: Duration = Duration::from_millis(1);

/// The engine of the node, and one for each neighbour.
struct World<'a> {
    plan: &'a Plan,
    node: Engine,
    neighbors: Vec<Engine>,
    coming: BTreeMap<(Instant, usize), (Option<SessionIx>, Input)>,
    order: usize,
}

/// Runs the plan's sessions until [`END`].
pub(crate) fn run(plan: &Plan, seen: &mut Seen) {
    if plan.bfd.sessions.is_empty() {
        return;
    }
    let neighbors = plan.bfd.sessions.iter().map(neighbor);
    let mut world = World {
        plan,
        node: Engine::new(plan.bfd.clone(), 7),
        neighbors: neighbors.collect(),
        coming: BTreeMap::new(),
        order: 0,
    };
    world.at(Instant::ZERO, None, Input::Start);
    world.at(END, None, Input::Shutdown);
    for (ix, _) in (0..).zip(&plan.bfd.sessions) {
        let neighbor = Some(SessionIx(ix));
        world.at(BIRTH, neighbor, Input::Start);
    }
    // A bound for engines that would never come to rest.
    for _ in 0..200_000 {
        if !world.step(seen) {
            return;
        }
    }
    seen.push("never comes to rest".to_owned());
}

impl World<'_> {
    fn at(&mut self, at: Instant, who: Option<SessionIx>, input: Input) {
        self.order += 1;
        self.coming.insert((at, self.order), (who, input));
    }

    /// False when nothing is left to happen.
    fn step(&mut self, seen: &mut Seen) -> bool {
        let timers = (0..).map(SessionIx).map(Some).zip(&self.neighbors);
        let timers = timers.filter_map(|(who, engine)| Some((engine.deadline()?.0, who)));
        let alive = timers.filter(|(at, _)| *at < DEATH);
        let own = self.node.deadline().map(|(at, _)| (at, None));
        let timer = alive.chain(own).min();
        let next = self.coming.keys().next().map(|(at, _)| *at);
        let (now, who, input) = match (timer, next) {
            (Some((at, who)), next) if next.is_none_or(|next| at < next) => (at, who, Input::Tick),
            (_, Some(at)) => match self.coming.pop_first() {
                Some((_, (who, input))) => (at, who, input),
                None => return false,
            },
            (_, None) => return false,
        };
        let engine = match who {
            Some(_) if now >= DEATH => return true,
            Some(SessionIx(ix)) => &mut self.neighbors[ix as usize],
            None => &mut self.node,
        };
        let mut effects = Vec::new();
        engine.handle(now, input, &mut |effect| effects.push(effect));
        for effect in effects {
            self.perform(now, who, &effect, seen);
        }
        true
    }

    fn perform(&mut self, now: Instant, who: Option<SessionIx>, effect: &Effect, seen: &mut Seen) {
        let Effect::Send { session, packet } = effect else {
            if who.is_none() {
                seen.push(stamped(now, &format!("bfd {effect:?}")));
            }
            return;
        };
        let config = &self.plan.bfd.sessions[who.unwrap_or(*session).0 as usize];
        let key = &config.key;
        let ours = key.source.unwrap_or([192, 0, 2, 10].into());
        let ttl = match key.neighbor {
            IpAddr::V4(address) if address.octets()[3] == 98 => 254,
            IpAddr::V4(_) | IpAddr::V6(_) => 255,
        };
        if who.is_none() {
            seen.push(stamped(now, &sent(config, packet)));
        }
        let (source, destination) = match who {
            None => (ours, key.neighbor),
            Some(_) => (key.neighbor, ours),
        };
        let received = Received {
            source,
            destination: Some(destination),
            ttl,
            multihop: key.multihop,
            payload: packet.to_vec(),
        };
        let to = match who {
            None => Some(*session),
            Some(_) => None,
        };
        self.at(now + DELAY, to, Input::Packet(received));
    }
}

/// What the child would send, and how.
fn sent(config: &Session, packet: &[u8; LEN]) -> String {
    let key = &config.key;
    let port = if key.multihop { 4784 } else { 3784 };
    let (source, to) = (key.source, key.neighbor);
    let packet = Packet::parse(packet);
    format!(
        "bfd to {to} port {port} from {source:?} ttl {}: {packet:?}",
        config.ttl
    )
}

/// The other end of a session: 100 ms, three of them, and it takes packets from anywhere.
fn neighbor(session: &Session) -> Engine {
    let key = SessionKey {
        name: session.key.name.clone(),
        neighbor: session.key.source.unwrap_or([192, 0, 2, 10].into()),
        source: None,
        multihop: session.key.multihop,
    };
    let other = Session {
        key,
        min_rx: Duration::from_millis(100),
        min_tx: Duration::from_millis(100),
        idle_tx: Duration::from_secs(1),
        multiplier: NonZeroU8::MIN.saturating_add(2),
        passive: false,
        ttl: 255,
        max_hops: None,
    };
    let config = Config {
        sessions: vec![other],
    };
    Engine::new(config, 8)
}
