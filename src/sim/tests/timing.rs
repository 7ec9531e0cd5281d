//! Timing that differs from the original's on purpose, and `compat_timing`, which does without.

mod nodes;

use base::{Duration, Instant};
use nodes::{R, alone, router, unicast};
use sim::{Action, Clock, World};

/// Announcements of the better of two masters that hear each other again after 20 s, until the
/// rival has long stepped down: milliseconds after it heard of it.
fn after_a_split(compat_timing: bool) -> Vec<u64> {
    let mut world = World::new(0);
    let [better, worse] = [("better", 100), ("worse", 90)].map(|(name, priority)| {
        let source = format!("192.0.2.{priority}");
        let router = router(51, &source, priority, &["192.0.2.10"])
            .with(|it| it.compat_timing = compat_timing);
        world.add(name, alone(router), Clock::default())
    });
    for node in [better, worse] {
        world.plan(Instant::ZERO, Action::Start(node));
    }
    world.plan(Instant::ZERO, Action::Cut(better, worse));
    // Between their adverts: the worse one speaks first.
    let heals = Duration::from_millis(20_630);
    world.plan(Instant::ZERO + heals, Action::Heal(better, worse));
    world.run(heals);
    assert_eq!(world.masters(R), [better, worse]);
    world.run(heals);
    assert_eq!(world.masters(R), [better]);
    let announcements = world.timeline().announcements();
    let late: Vec<Instant> = announcements
        .iter()
        .filter(|(at, node)| *node == better && *at > Instant::ZERO + heals)
        .map(|(at, _)| *at)
        .collect();
    let first = *late.first().expect("the rival is answered");
    let since = |at: &Instant| u64::try_from(at.since(first).as_millis()).expect("small");
    late.iter().map(since).collect()
}

#[test]
fn a_settled_rival_is_answered_once_more() {
    assert_eq!(after_a_split(false), [0, 100, 5_000]);
}

#[test]
fn with_compat_timing_only_when_the_original_answers() {
    assert_eq!(after_a_split(true), [0, 5_000]);
}

/// Milliseconds from the stop of a master to the first announcement of the only other node of a
/// unicast pair.
fn after_a_stop(compat_timing: bool) -> u64 {
    let mut world = World::new(0);
    let [first, second] = [(1, 2, 100), (2, 1, 90)].map(|(own, peer, priority)| {
        let router = router(51, &format!("192.0.2.{own}"), priority, &["192.0.2.10"])
            .with(|it| it.compat_timing = compat_timing);
        let router = unicast(router, &[&format!("192.0.2.{peer}")]);
        world.add(&format!("node{own}"), alone(router), Clock::default())
    });
    for node in [first, second] {
        world.plan(Instant::ZERO, Action::Start(node));
    }
    let stop = Instant::ZERO + Duration::from_secs(10);
    world.plan(stop, Action::Stop(first));
    world.run(Duration::from_secs(15));
    assert_eq!(world.masters(R), [second]);
    let announcements = world.timeline().announcements();
    let (at, _) = announcements
        .iter()
        .find(|(_, node)| *node == second)
        .expect("the addresses are announced");
    u64::try_from(at.since(stop).as_millis()).expect("small")
}

#[test]
fn the_only_unicast_peer_takes_over_at_once() {
    assert!(after_a_stop(false) < 10);
    // The skew of priority 90.
    assert!((648..=660).contains(&after_a_stop(true)));
}
