//! Cables that are out for a moment: `interface_up_down_delays`.

mod nodes;

use base::{Duration, Instant};
use nodes::{R, alone, router};
use sim::{Action, Clock, NodeIx, World};
use vrrp::config::LinkDelay;
use vrrp::{Config, Event, State};

fn seconds(tenths: u64) -> Instant {
    Instant::from_millis(tenths * 100)
}

/// A pair whose first node is master from second 4 on; down counts after 1 s, up after 2 s.
fn pair() -> (World, NodeIx) {
    let mut world = World::new(0);
    let [first, second] = [("first", 100), ("second", 90)].map(|(name, priority)| {
        let source = format!("192.0.2.{priority}");
        let config = Config {
            link_delays: vec![LinkDelay {
                interface: "eth0".into(),
                down: Duration::from_secs(1),
                up: Duration::from_secs(2),
            }],
            ..alone(router(51, &source, priority, &["192.0.2.10"]))
        };
        world.add(name, config, Clock::default())
    });
    for node in [first, second] {
        world.plan(Instant::ZERO, Action::Start(node));
    }
    (world, first)
}

/// When the first node went where, after second 10.
fn transitions(world: &World, node: NodeIx) -> Vec<(Instant, State)> {
    let events = world.timeline().events();
    let late = events.filter(|(entry, _)| entry.node == Some(node) && entry.at >= seconds(100));
    late.filter_map(|(entry, event)| match event {
        Event::Transition { to, .. } => Some((entry.at, *to)),
        _ => None,
    })
    .collect()
}

#[test]
fn a_short_interruption_does_not_count() {
    let (mut world, first) = pair();
    world.plan(seconds(100), Action::LinkDown(first));
    world.plan(seconds(105), Action::LinkUp(first));
    world.run(Duration::from_secs(30));
    assert_eq!(transitions(&world, first), []);
    assert_eq!(world.masters(R), [first]);
}

#[test]
fn a_longer_one_counts_late_and_its_end_too() {
    let (mut world, first) = pair();
    world.plan(seconds(100), Action::LinkDown(first));
    world.plan(seconds(200), Action::LinkUp(first));
    // Down again before it counted as up: that begins anew.
    world.plan(seconds(210), Action::LinkDown(first));
    world.plan(seconds(215), Action::LinkUp(first));
    world.run(Duration::from_secs(24));
    let went = [(seconds(110), State::Fault), (seconds(235), State::Backup)];
    assert_eq!(transitions(&world, first), went);
}
