//! Scenarios in virtual time.

mod laws;
mod notices;
mod resumed;
mod world;

use std::collections::BTreeSet;

use base::{Duration, Family};
use wire::ipvs::{Destination, Forwarding, Granularity, Protocol, ServiceKey};

use super::*;
use crate::check::CheckRun;
use crate::config::Check;
use crate::table::{Pool, Table};
use world::*;

#[test]
fn a_server_dies_returns_and_the_stop_empties_the_table() {
    let mut world = World::new([service([25, 26, 27])]).start();
    assert_eq!(world.pool(), [(25, 1), (26, 1), (27, 1)], "alive at once");
    world.until(10 * SECOND);
    world.dead.insert(host(26));
    world.until(20 * SECOND);
    assert_eq!(world.pool(), [(25, 1), (27, 1)]);
    world.dead.clear();
    world.until(30 * SECOND);
    assert_eq!(world.pool(), [(25, 1), (26, 1), (27, 1)]);
    world.feed(Input::Shutdown);
    assert_eq!(world.kernel, Some(Table::new()));
    insta::assert_snapshot!(world.log, @r"
     0.000000 25 activated
     0.000000 26 activated
     0.000000 27 activated
     0.000000 quorum gained 1/0 weight 3
     3.399369 25 passed
     4.474690 26 passed
     5.826016 27 passed
    11.474690 26 failed Some(1)
    11.474690 26 down inhibit=false
    23.474690 26 passed
    23.474690 26 up inhibited=false
    30.000000 25 withdrawn inhibited=false
    30.000000 26 withdrawn inhibited=false
    30.000000 27 withdrawn inhibited=false
    ");
    world.feed(Input::Tick);
    world.feed(Input::Shutdown);
    assert_eq!(world.engine.deadline(), None);
    assert_eq!(world.batches.len(), 4, "nothing after the withdrawal");
}

#[test]
fn only_the_first_run_goes_without_retries() {
    let mut world = World::new([service([1, 2])]);
    world.dead.insert(host(1));
    let mut world = world.start();
    world.until(7 * SECOND);
    let runs = |world: &World, last| {
        let mut times = world.probed.iter().filter(|(_, of)| *of == host(last));
        let mut found = Vec::new();
        for (at, _) in &mut times {
            found.push(*at);
        }
        found
    };
    let first = runs(&world, 1)[0];
    assert!(first <= Instant::ZERO + 6 * SECOND, "within the warm-up");
    assert_eq!(world.pool(), [(2, 1)], "down by its first failure");
    world.dead.clear();
    world.until(20 * SECOND);
    assert_eq!(world.pool(), [(1, 1), (2, 1)]);
    world.dead.insert(host(2));
    world.until(40 * SECOND);
    assert_eq!(world.pool(), [(1, 1)]);
    let gaps: Vec<Duration> = runs(&world, 2)
        .windows(2)
        .map(|pair| pair[1].since(pair[0]))
        .collect();
    let retried = gaps.iter().filter(|gap| **gap == SECOND).count();
    assert_eq!(retried, 1, "one retry, once: {gaps:?}");
    assert!(gaps.iter().all(|gap| *gap == SECOND || *gap == 6 * SECOND));
}

#[test]
fn a_success_gives_all_retries_back() {
    let mut run = CheckRun::new(
        Check {
            retry: 2,
            ..server(1).checks.remove(0)
        },
        true,
        Instant::ZERO,
    );
    let down = || Verdict::Down("refused".into());
    let now = Instant::ZERO;
    assert_eq!(run.conclude(now, Verdict::Up), Outcome::Passed);
    for _ in 0..5 {
        assert_eq!(run.conclude(now, down()), Outcome::Unchanged);
        assert_eq!(run.conclude(now, down()), Outcome::Unchanged);
        assert_eq!(run.conclude(now, Verdict::Up), Outcome::Unchanged);
    }
    assert_eq!(run.conclude(now, down()), Outcome::Unchanged);
    assert_eq!(run.conclude(now, down()), Outcome::Unchanged);
    assert!(matches!(
        run.conclude(now, down()),
        Outcome::Failed {
            retries: Some(2),
            ..
        }
    ));
    assert_eq!(run.conclude(now, down()), Outcome::Unchanged, "told once");
}

#[test]
fn what_our_own_host_cannot_do_is_not_the_servers_fault() {
    let mut run = CheckRun::new(server(1).checks.remove(0), true, Instant::ZERO);
    let verdict = Verdict::NotRun("no descriptors".into());
    let now = Instant::from_millis(5);
    for _ in 0..5 {
        let outcome = run.conclude(now, verdict.clone());
        assert_eq!(outcome, Outcome::NotRun("no descriptors".into()));
        assert!(run.up);
        assert_eq!(
            run.phase,
            Phase::Waiting {
                at: now + 6 * SECOND
            }
        );
    }
    let first = run.conclude(now, Verdict::Down("refused".into()));
    assert!(matches!(first, Outcome::Failed { retries: None, .. }));
}

#[test]
fn the_sorry_server_takes_over_in_one_step_and_gives_back_in_one() {
    let mut config = service([1, 2, 3]);
    config.servers[2].weight = 2;
    config.quorum = 3;
    config.hysteresis = 1;
    config.sorry = Some(server(9));
    let mut world = World::new([config]).start();
    assert_eq!(
        world.pool(),
        [(1, 1), (2, 1), (3, 2)],
        "4 = 3 + 1 is enough"
    );
    world.until(10 * SECOND);
    world.dead.insert(host(1));
    world.until(20 * SECOND);
    assert_eq!(world.pool(), [(2, 1), (3, 2)], "3 is not below 3 - 1");
    world.dead.insert(host(2));
    world.until(30 * SECOND);
    assert_eq!(world.pool(), [(3, 2)], "2 is not below 3 - 1 either");
    world.dead.insert(host(3));
    world.until(40 * SECOND);
    assert_eq!(world.pool(), [(9, 1)]);
    let last = world.batches.last().expect("changes");
    assert!(
        matches!(last[..], [Change::AddDest(..), Change::DelDest(..)]),
        "in before out, together: {last:?}"
    );
    world.dead = BTreeSet::from([host(1)]);
    world.until(50 * SECOND);
    assert_eq!(world.pool(), [(9, 1)], "3 of the 4 needed to gain it back");
    world.dead.clear();
    world.until(60 * SECOND);
    assert_eq!(world.pool(), [(1, 1), (2, 1), (3, 2)]);
}

#[test]
fn inhibited_servers_stay_with_weight_0() {
    let mut config = service([1, 2]);
    for server in &mut config.servers {
        server.inhibit_on_failure = true;
    }
    let mut sorry = server(9);
    sorry.inhibit_on_failure = true;
    config.sorry = Some(sorry);
    config.quorum = 2;
    let mut world = World::new([config]).start();
    assert_eq!(world.pool(), [(1, 1), (2, 1), (9, 0)]);
    world.until(10 * SECOND);
    world.dead.insert(host(1));
    world.until(20 * SECOND);
    assert_eq!(world.pool(), [(1, 0), (2, 0), (9, 1)]);
    world.dead.clear();
    world.until(30 * SECOND);
    assert_eq!(world.pool(), [(1, 1), (2, 1), (9, 0)]);
}

#[test]
fn alpha_servers_wait_outside_for_their_first_success() {
    let mut config = service([1, 2]);
    config.alpha = true;
    let mut world = World::new([config]);
    world.dead.insert(host(2));
    let mut world = world.start();
    assert_eq!(world.pool(), []);
    assert!(world.kernel.as_ref().is_some_and(|table| table.len() == 1));
    world.until(7 * SECOND);
    assert_eq!(world.pool(), [(1, 1)]);
    let lost = |event: &Event| matches!(event, Event::QuorumLost(_) | Event::ServerDown { .. });
    assert!(!world.events.iter().any(lost), "{}", world.log);

    let mut config = service([1]);
    config.servers[0].checks[0].alpha = true;
    config.servers[0].inhibit_on_failure = true;
    config.sorry = Some(server(9));
    let world = World::new([config]).start();
    assert_eq!(world.pool(), [(1, 0), (9, 1)]);
}

#[test]
fn a_server_without_checks_is_alive() {
    let mut config = service([1]);
    config.servers[0].checks.clear();
    config.alpha = true;
    let world = World::new([config]).start();
    assert_eq!(world.pool(), [(1, 1)]);
    assert_eq!(world.engine.deadline(), None);
}

#[test]
fn all_checks_of_a_server_must_pass() {
    let mut config = service([1]);
    let mut second = server(2).checks.remove(0);
    second.delay_loop = SECOND;
    config.servers[0].checks.push(second);
    let mut world = World::new([config]).start();
    world.dead.insert(host(2));
    world.until(10 * SECOND);
    assert_eq!(world.pool(), []);
    world.dead = BTreeSet::from([host(1)]);
    world.until(30 * SECOND);
    assert_eq!(world.pool(), []);
    world.dead.clear();
    world.until(40 * SECOND);
    assert_eq!(world.pool(), [(1, 1)]);
}

#[test]
fn a_reload_keeps_what_both_configurations_have() {
    let mut world = World::new([service([1, 2, 3])]).start();
    world.until(10 * SECOND);
    world.dead.insert(host(2));
    world.until(20 * SECOND);
    let deadline = world.engine.deadline();
    let batches = world.batches.len();
    world.reload([service([1, 2, 3])]);
    assert_eq!(world.batches.len(), batches, "nothing to change");
    assert_eq!(world.engine.deadline(), deadline, "same schedule");
    world.log.clear();
    let mut config = service([1, 2, 4]);
    config.servers[0].weight = 5;
    world.reload([config]);
    assert_eq!(world.pool(), [(1, 5), (4, 1)], "2 stays down");
    insta::assert_snapshot!(world.log, @r"
    20.000000 1 1 -> 5
    20.000000 3 dropped
    20.000000 3 taken out inhibited=false
    20.000000 1 activated
    20.000000 2 activated
    20.000000 4 activated
    ");
    let last = world.batches.last().expect("changes");
    assert_eq!(last.len(), 3, "{last:?}");
    world.until(40 * SECOND);
    assert_eq!(world.pool(), [(1, 5), (4, 1)]);
    world.reload([]);
    assert_eq!(world.kernel, Some(Table::new()));
    assert!(world.events.contains(&Event::ServiceDropped(key(1))));
    assert_eq!(world.engine.deadline(), None);
}

#[test]
fn a_verdict_that_comes_after_its_check_was_dropped_is_nobodys() {
    let mut engine = Engine::new(Config {
        services: vec![service([1])],
    });
    let mut effects = Vec::new();
    engine.handle(Instant::ZERO, Input::Start { seed: 1 }, &mut |_| {});
    let (at, _) = engine.deadline().expect("a check");
    engine.handle(at, Input::Tick, &mut |effect| effects.push(effect));
    let [Effect::Probe { id, .. }] = effects[..] else {
        panic!("{effects:?}");
    };
    let mut config = service([1]);
    config.servers[0].checks[0].probe = server(7).checks.remove(0).probe;
    let config = Config {
        services: vec![config],
    };
    engine.handle(at, Input::Reconfigure(Box::new(config)), &mut |_| {});
    let late = Input::ProbeDone {
        probe: id,
        verdict: Verdict::Down("late".into()),
    };
    engine.handle(at, late, &mut |effect| panic!("{effect:?}"));
}

#[test]
fn a_refused_service_is_tried_again_ever_more_rarely_and_holds_up_no_other() {
    let mut bad = service([5]);
    bad.key = key(2);
    bad.scheduler = "nosuch";
    let mut world = World::new([bad, service([1, 2])]);
    world.unknown.insert(key(2));
    let mut world = world.start();
    assert_eq!(world.pool(), [(1, 1), (2, 1)]);
    world.until(600 * SECOND);
    let tries = world.batches.len();
    assert!(
        (10..=18).contains(&tries),
        "{tries} attempts in ten minutes"
    );
    world.dead.insert(host(1));
    world.until(608 * SECOND);
    assert_eq!(world.pool(), [(2, 1)]);
    world.unknown.clear();
    world.until(730 * SECOND);
    let table = world.kernel.as_ref().expect("IPVS");
    assert_eq!(table[&key(2)].destinations.len(), 1);
    let tries = world.batches.len();
    world.until(1000 * SECOND);
    assert_eq!(world.batches.len(), tries, "peace");
}

#[test]
fn somebody_removes_what_we_then_want_to_change() {
    let mut world = World::new([service([1, 2])]).start();
    world.until(10 * SECOND);
    world.kernel = Some(Table::new());
    world.dead.insert(host(2));
    world.until(30 * SECOND);
    assert_eq!(world.pool(), [(1, 1)], "built anew after the refusal");
}

#[test]
fn leftovers_of_a_crash_are_adopted_and_foreign_services_left_alone() {
    let pool = |key, servers: &[(u8, u32)]| Pool {
        service: wire::ipvs::Service {
            key,
            scheduler: "rr".into(),
            persistence: None,
            granularity: Granularity::host(Family::V4),
        },
        destinations: servers
            .iter()
            .map(|&(last, weight)| Destination {
                address: host(last),
                weight,
                forwarding: Forwarding::Masquerade,
            })
            .collect(),
    };
    let mut world = World::new([service([1, 2])]);
    world.kernel = Some(Table::from([
        (key(1), pool(key(1), &[(1, 1), (2, 3), (7, 1)])),
        (key(8), pool(key(8), &[(1, 1)])),
    ]));
    let mut world = world.start();
    assert_eq!(world.pool(), [(1, 1), (2, 1)]);
    assert!(!world.batches[0].iter().any(|change| matches!(
        change,
        Change::AddService(_) | Change::DelService(_) | Change::AddDest(..)
    )));
    world.feed(Input::Shutdown);
    let left: Vec<_> = world.kernel.expect("IPVS").into_keys().collect();
    assert_eq!(left, [key(8)]);
}

#[test]
fn without_ipvs_checks_go_on_and_the_table_is_made_when_it_comes() {
    let mut world = World::new([service([1, 2])]);
    world.kernel = None;
    let mut world = world.start();
    assert!(world.engine.is_unserved());
    world.dead.insert(host(2));
    world.until(100 * SECOND);
    let told = |world: &World| {
        world
            .events
            .iter()
            .filter(|event| matches!(event, Event::NotServed { .. }))
            .count()
    };
    assert_eq!(told(&world), 1, "{}", world.log);
    let mut other = service([3]);
    other.key = key(2);
    world.reload([service([1, 2]), other]);
    assert_eq!(told(&world), 2, "the new one too");
    world.kernel = Some(Table::new());
    world.until(200 * SECOND);
    assert_eq!(world.pool(), [(1, 1)], "as the checks say");
    assert!(!world.engine.is_unserved());
    assert!(world.events.contains(&Event::ServedNow(key(2))));
}

#[test]
fn a_stop_before_the_table_is_known_withdraws_all_the_same() {
    let mut engine = Engine::new(Config {
        services: vec![service([1])],
    });
    engine.handle(Instant::ZERO, Input::Start { seed: 1 }, &mut |_| {});
    let mut effects = Vec::new();
    engine.handle(Instant::ZERO, Input::Shutdown, &mut |e| effects.push(e));
    let last = effects.pop();
    assert_eq!(last, Some(Effect::Ipvs(vec![Change::DelService(key(1))])));
}

#[test]
fn quorum_and_hysteresis_are_lowered_to_what_can_be_reached() {
    let mut config = service([1, 2]);
    config.quorum = 9;
    config.hysteresis = 9;
    assert_eq!(config.reachable_quorum(), (2, 1));
    config.servers.clear();
    assert_eq!(config.reachable_quorum(), (1, 0));
}

#[test]
fn ipv6_granularity_is_a_prefix_length() {
    let mut config = service([]);
    config.key = ServiceKey::Address {
        address: at("[2001:db8::1]:80"),
        protocol: Protocol::Udp,
    };
    config.granularity = Some("ffff:ffff:ffff:ffff::".parse().expect("an address"));
    let key = config.key;
    let world = World::new([config]).start();
    let pool = &world.kernel.as_ref().expect("IPVS")[&key];
    assert_eq!(pool.service.granularity, Granularity::Prefix(64));
}
