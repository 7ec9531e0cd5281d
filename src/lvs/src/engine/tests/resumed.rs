//! An engine that goes on with what another one has left.

use super::*;

/// The engine of `world` is replaced, as a process is by its successor.
fn replace(world: &mut World, config: Config) {
    let left = serde_json::to_vec(&world.engine.records()).expect("plain values");
    let left = serde_json::from_slice(&left).expect("what was written");
    world.engine = Engine::resume(config, left);
    world.log.clear();
    world.batches.clear();
    world.notices.clear();
    world.feed(Input::Start { seed: 9 });
}

#[test]
fn who_failed_stays_out_and_who_passed_stays_in() {
    let config = Config {
        services: vec![service([25, 26, 27])],
    };
    let mut world = World::new([service([25, 26, 27])]).start();
    world.dead.insert(host(26));
    world.until(20 * SECOND);
    assert_eq!(world.pool(), [(25, 1), (27, 1)]);
    let next = world.engine.deadline();
    replace(&mut world, config);
    assert_eq!(world.engine.deadline(), next, "each check in its time");
    assert_eq!(world.batches, Vec::<Vec<Change>>::new(), "{}", world.log);
    assert_eq!(world.notices, Vec::new());
    world.until(40 * SECOND);
    assert_eq!(world.pool(), [(25, 1), (27, 1)]);
    assert_eq!(world.batches, Vec::<Vec<Change>>::new());
    world.dead.clear();
    world.until(60 * SECOND);
    assert_eq!(world.pool(), [(25, 1), (26, 1), (27, 1)]);
}

#[test]
fn a_retry_that_was_used_is_used() {
    let mut world = World::new([service([25, 26])]).start();
    world.until(10 * SECOND);
    world.dead.insert(host(25));
    let failed = |world: &World| {
        let first = world.probed.iter();
        first
            .filter(|(at, of)| *of == host(25) && *at > Instant::ZERO + 10 * SECOND)
            .count()
    };
    while failed(&world) < 1 {
        world.until(world.now.since(Instant::ZERO) + SECOND / 4);
    }
    assert_eq!(world.pool(), [(25, 1), (26, 1)], "one more try");
    let config = Config {
        services: vec![service([25, 26])],
    };
    replace(&mut world, config);
    let end = world.now.since(Instant::ZERO) + 2 * SECOND;
    world.until(end);
    assert_eq!(world.pool(), [(26, 1)]);
}

#[test]
fn what_there_is_no_record_of_begins() {
    let mut world = World::new([service([25, 26])]).start();
    world.dead.insert(host(26));
    world.until(20 * SECOND);
    let mut changed = service([25, 26, 27]);
    changed.servers[0].checks.clear();
    replace(
        &mut world,
        Config {
            services: vec![changed],
        },
    );
    assert_eq!(world.pool(), [(25, 1), (27, 1)]);
}
