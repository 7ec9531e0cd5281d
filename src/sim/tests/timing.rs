//! Timing that differs from the original's on purpose, and `compat_timing`, which does without.

mod nodes;

use base::{Duration, Instant};
use nodes::{R, alone, router};
use sim::{Action, Clock, World};
use vrrp::config::Router;

/// Announcements of the better of two masters that hear each other again after 20 s, until the
/// rival has long stepped down: milliseconds after it heard of it.
fn after_a_split(compat_timing: bool) -> Vec<u64> {
    let mut world = World::new(0);
    let [better, worse] = [("better", 100), ("worse", 90)].map(|(name, priority)| {
        let source = format!("192.0.2.{priority}");
        let router = Router {
            compat_timing,
            ..router(51, &source, priority, &["192.0.2.10"])
        };
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
