//! Two ends of a link that loses packets, is cut and heals.

mod world;

use core::num::NonZeroU8;
use core::time::Duration;

use base::Instant;
use bfd::{Input, State};
use proptest::prelude::*;
use world::{DELAY, World, millis, session};

#[derive(Clone, Debug)]
struct End {
    min_rx: u64,
    min_tx: u64,
    multiplier: u8,
    passive: bool,
}

impl End {
    fn session(&self, node: usize) -> bfd::config::Session {
        bfd::config::Session {
            min_rx: Duration::from_millis(self.min_rx),
            min_tx: Duration::from_millis(self.min_tx),
            multiplier: NonZeroU8::new(self.multiplier).unwrap(),
            passive: self.passive,
            ..session(node)
        }
    }
}

fn end(passive: bool) -> impl Strategy<Value = End> {
    (1..300_u64, 1..300_u64, 1..6_u8).prop_map(move |(min_rx, min_tx, multiplier)| End {
        min_rx,
        min_tx,
        multiplier,
        passive,
    })
}

/// The detection time of what `to` hears from `from`, once both are up.
fn detection(from: &End, to: &End) -> Duration {
    let interval = Duration::from_millis(from.min_tx.max(to.min_rx));
    interval * u32::from(from.multiplier)
}

/// Both up, and nobody polls any more.
fn settled(left: &End, right: &End) -> Instant {
    let slowest = [left.min_rx, left.min_tx, right.min_rx, right.min_tx];
    let slowest = slowest.into_iter().max().unwrap_or(0);
    millis(3_000 + 4 * slowest)
}

proptest! {
    #![proptest_config(property::config(200))]

    /// On a sound link the session comes up within one idle interval and stays up.
    #[test]
    fn it_comes_up_and_stays(left in end(false), right in end(true), seed in any::<u64>()) {
        let mut world = World::started([left.session(0), right.session(1)], seed);
        world.run_until(millis(1_010));
        prop_assert_eq!(world.states(), [State::Up; 2]);
        let known = world.events.len();
        world.run_until(millis(30_000));
        prop_assert_eq!(world.events.len(), known, "{:?}", &world.events[known..]);
    }

    /// A cut is noticed by everybody who no longer hears, within the detection time, and never
    /// earlier than one packet may be late.
    #[test]
    fn a_cut_is_noticed_in_time(
        left in end(false),
        right in end(false),
        both in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let mut world = World::started([left.session(0), right.session(1)], seed);
        let cut = settled(&left, &right);
        world.run_until(cut);
        prop_assert_eq!(world.states(), [State::Up; 2]);
        world.cut = [true, both];
        let limit = detection(&left, &right);
        world.run_until(cut + limit + DELAY);
        let noticed = world.entered(1, State::Down);
        prop_assert!(noticed.is_some_and(|at| at <= cut + limit + DELAY));
        // What was on its way, or sent an interval before, was heard.
        let interval = Duration::from_millis(left.min_tx.max(right.min_rx));
        prop_assert!(noticed.is_some_and(|at| at + interval >= cut + limit));
        // The end that still hears is told by the other one, or waits its own time.
        let last = limit.max(detection(&right, &left)) + DELAY * 2;
        world.run_until(cut + last);
        prop_assert!(world.entered(0, State::Down).is_some());
        world.cut = [false; 2];
        let healed = world.now;
        world.run_until(healed + Duration::from_millis(2_010));
        prop_assert_eq!(world.states(), [State::Up; 2]);
    }

    /// Whatever is lost for a while, both ends agree soon after it ends.
    #[test]
    fn loss_ends_in_agreement(
        left in end(false),
        right in end(false),
        loss in 0..1000_u64,
        seed in any::<u64>(),
    ) {
        let mut world = World::started([left.session(0), right.session(1)], seed);
        world.loss = loss;
        world.run_until(millis(20_000));
        world.loss = 0;
        // The longest detection time is that of an end which still believes in idle intervals.
        let slowest = u64::from(left.multiplier.max(right.multiplier));
        world.run_until(millis(20_000 + 1_000 * slowest + 4_000));
        prop_assert_eq!(world.states(), [State::Up; 2]);
        let known = world.events.len();
        world.run_until(millis(60_000));
        prop_assert_eq!(world.events.len(), known);
    }

    /// No packet but an answer comes sooner than three quarters of what the other end wants, and
    /// none later than all of it.
    #[test]
    fn packets_keep_their_distance(left in end(false), right in end(false), seed in any::<u64>()) {
        let mut world = World::started([left.session(0), right.session(1)], seed);
        let from = settled(&left, &right);
        world.run_until(from + Duration::from_secs(5));
        for (node, (own, other)) in [(&left, &right), (&right, &left)].into_iter().enumerate() {
            let interval = Duration::from_millis(own.min_tx.max(other.min_rx));
            let most = if own.multiplier == 1 { 90 } else { 100 };
            let sent = world.sent.iter().filter(|it| it.node == node && it.at >= from);
            let sent: Vec<_> = sent.collect();
            prop_assert!(sent.iter().all(|it| !it.packet.poll && !it.packet.is_final));
            for pair in sent.windows(2) {
                let distance = pair[1].at.since(pair[0].at);
                prop_assert!(distance >= interval * 3 / 4, "{:?} of {:?}", distance, interval);
                prop_assert!(distance <= interval * most / 100);
            }
        }
    }

    /// Packets with a changed byte may end it, but not for long.
    #[test]
    fn forged_packets_do_no_lasting_harm(
        forged in prop::collection::vec((0..wire::bfd::LEN, any::<u8>(), 230..=255_u8), 0..20),
        seed in any::<u64>(),
    ) {
        let mut world = World::started([session(0), session(1)], seed);
        world.run_until(millis(1_500));
        for (at, to, ttl) in forged {
            let last = world.sent.iter().rev().find(|sent| sent.node == 1);
            let mut payload = last.expect("both send").packet.encode().to_vec();
            payload[at] = to;
            let received = bfd::Received {
                source: world::address(1),
                destination: None,
                ttl,
                multihop: false,
                payload,
            };
            world.give(0, Input::Packet(received));
            world.run_until(world.now + Duration::from_millis(5));
        }
        world.run_until(world.now + Duration::from_secs(5));
        prop_assert_eq!(world.states(), [State::Up; 2]);
    }
}
