//! The VRRP child dies, again and again: nobody on the network notices.

mod nodes;

use base::{Duration, Instant, Rng};
use nodes::{R, alone, ip, router, tracking};
use sim::{Action, Clock, NodeIx, World};
use vrrp::config::Version;
use vrrp::input::ScriptOutcome;
use vrrp::{Config, State};

fn pair(config: impl Fn(&str, u8) -> Config) -> (World, NodeIx, NodeIx) {
    let mut world = World::new(1);
    let first = world.add("first", config("192.0.2.1", 150), Clock::default());
    let second = world.add("second", config("192.0.2.2", 100), Clock::default());
    for node in [first, second] {
        world.plan(Instant::ZERO, Action::Start(node));
    }
    (world, first, second)
}

/// Crashes the master a hundred times at random moments; returns the transitions since the first.
fn crashes(mut world: World, master: NodeIx) -> usize {
    world.run(Duration::from_secs(10));
    assert_eq!(world.masters(R), [master]);
    let before = world.timeline().transitions();
    let mut rng = Rng::new(7);
    for _ in 0..100 {
        world.act(Action::Crash(master));
        world.run(Duration::from_micros(rng.below(3_000_000)));
        assert_eq!(world.holders(ip("192.0.2.100")), [master]);
    }
    world.run(Duration::from_secs(10));
    assert_eq!(world.masters(R), [master]);
    world.timeline().transitions() - before
}

#[test]
fn no_change_of_master() {
    let plain = |source: &str, priority| alone(router(51, source, priority, &["192.0.2.100"]));
    let (world, first, _) = pair(plain);
    assert_eq!(crashes(world, first), 0);
}

/// Fifteen intervals pass before there is a new child.
#[test]
fn no_change_of_master_at_20_ms() {
    let fast = |source: &str, priority| {
        alone(router(51, source, priority, &["192.0.2.100"]).with(|it| {
            it.version = Version::V3;
            it.advert_interval = Duration::from_millis(20);
        }))
    };
    let (world, first, _) = pair(fast);
    assert_eq!(crashes(world, first), 0);
}

/// A priority that tracking has lowered stays lowered, and a weight-0 script that was good holds.
#[test]
fn verdicts_survive() {
    let tracked = |source: &str, priority| {
        tracking(
            router(51, source, priority, &["192.0.2.100"]),
            "chk",
            -60,
            1,
        )
    };
    let (mut world, first, second) = pair(tracked);
    world.act(Action::Check {
        node: first,
        script: "chk".into(),
        outcome: ScriptOutcome::Exited(1),
        takes: Duration::from_millis(10),
    });
    // 150 - 60 < 100
    assert_eq!(crashes(world, second), 0);
}

/// While its child is dead, the node gives way to a better master.
#[test]
fn yields_meanwhile() {
    let plain = |source: &str, priority| alone(router(51, source, priority, &["192.0.2.100"]));
    let (mut world, first, second) = pair(plain);
    world.act(Action::Isolate(first));
    world.run(Duration::from_secs(10));
    assert_eq!(world.masters(R), [first, second]);
    // The better one comes back 0.1 s before an advert of its own, while the other has no child.
    world.run(Duration::from_micros(300_000));
    world.act(Action::Crash(second));
    world.act(Action::Rejoin(first));
    world.run(Duration::from_millis(299));
    assert_eq!(world.status(second, R), None, "no child yet");
    assert_eq!(world.holders(ip("192.0.2.100")), [first]);
    world.run(Duration::from_secs(3));
    assert_eq!(world.masters(R), [first]);
    let state = world.status(second, R).map(|status| status.state);
    assert_eq!(state, Some(State::Backup));
}
