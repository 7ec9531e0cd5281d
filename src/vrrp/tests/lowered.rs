//! A priority that falls: the master tells it at once, and a backup that is better now takes over
//! after its skew.

mod bench;

use core::time::Duration;

use base::{Machine as _, Priority};
use bench::{ABOVE, BELOW, Bench, advert, config, exit, router, script, v3, with_script};
use insta::assert_snapshot;
use vrrp::config::Router;
use vrrp::{Config, State};

const SECOND: Duration = Duration::from_secs(1);
/// 156/256 s, of priority 100 at an interval of 1 s.
const SKEW: Duration = Duration::from_micros(609_375);

#[test]
fn a_lowered_master_says_so_at_once() {
    let master = |compat_timing| {
        let mut config = with_script(-20, script("chk"));
        config.routers[0].compat_timing = compat_timing;
        let mut bench = Bench::started(config);
        bench.give(exit(0));
        bench.until(|bench| bench.state() == State::Master);
        bench.wait(SECOND / 4);
        bench
    };
    let mut bench = master(false);
    let told = bench.give(exit(1));
    assert!(told.contains("advert 80 to 224.0.0.18"), "{told}");
    // The next one comes an interval later.
    let before = bench.run(SECOND - Duration::from_millis(1));
    assert!(!before.contains("advert"), "{before}");
    assert!(bench.run(Duration::from_millis(2)).contains("advert 80"));
    // What is raised can wait: nobody else has to act on it.
    let told = bench.give(exit(0));
    assert!(!told.contains("advert"), "{told}");
    let told = master(true).give(exit(1));
    assert!(!told.contains("advert"), "{told}");
}

/// A backup that hears `ABOVE` with `theirs` each second, the last time half a second ago.
fn hearing(config: Config, theirs: u8) -> Bench {
    let mut bench = Bench::started(config);
    for _ in 0..3 {
        bench.wait(SECOND).hear(ABOVE, theirs);
    }
    bench.wait(SECOND / 2);
    bench
}

/// How long `bench` takes from now until it is master, when it hears the lower master on each
/// second.
fn replaced_after(bench: &mut Bench, lower: u8) -> Duration {
    let from = bench.now;
    while bench.state() != State::Master {
        let said = bench.run(SECOND);
        if bench.state() == State::Backup {
            bench.hear(ABOVE, lower);
        } else {
            let at = said
                .lines()
                .find_map(|line| line.strip_suffix(" add addresses"));
            let at: f64 = at.expect("addresses").parse().expect("seconds");
            return Duration::from_secs_f64(at) - from.since(base::Instant::ZERO);
        }
    }
    Duration::ZERO
}

#[test]
fn the_best_backup_replaces_a_lowered_master_after_its_skew() {
    let mut bench = hearing(config(router()), 150);
    assert_snapshot!(bench.hear(ABOVE, 90), @r"
    (LowerPriorityDiscarded { router: RouterIx(0), source: 192.0.2.2, theirs: Priority(90), ours: Priority(100) })
    (MasterLowered { router: RouterIx(0), source: 192.0.2.2, from: Priority(150), to: Priority(90), skew: 609.375ms })
    ");
    assert_snapshot!(bench.run(SECOND), @r"
    4.109375 advert 100 to 224.0.0.18
    4.109375 add addresses
    4.109375 announce x5
    4.109375 Backup -> Master: Preempt { source: 192.0.2.2, theirs: Priority(90), ours: Priority(100) }
    ");
}

/// From the first lower advert on: a skew, or what is left of the interval of silence.
#[test]
fn only_who_is_sure_is_quick() {
    // 3.609375 s of silence from the last higher advert, which was half a second before.
    let slow = Duration::from_micros(3_109_375);
    let with = |change: fn(&mut Router)| {
        let mut router = router();
        change(&mut router);
        config(router)
    };
    let first_lower = |config: Config, theirs: u8| {
        let mut bench = hearing(config, theirs);
        bench.hear(ABOVE, 90);
        replaced_after(&mut bench, 90)
    };
    assert_eq!(first_lower(config(router()), 150), SKEW);
    // The same priority was not lower; the address decided.
    assert_eq!(first_lower(config(router()), 100), SKEW);
    assert_eq!(
        first_lower(with(|router| router.compat_timing = true), 150),
        slow
    );
    // A tracked script that has not ended yet may lower ours.
    assert_eq!(first_lower(with_script(-20, script("chk")), 150), slow);

    // Who has just started, or was better before, has heard nothing fall.
    let mut fresh = Bench::started(config(router()));
    fresh.wait(SECOND / 2).hear(ABOVE, 90);
    assert_eq!(replaced_after(&mut fresh, 90), slow);
    // Another node's low priority says nothing about the master.
    let mut other = hearing(config(router()), 150);
    other.hear(BELOW, 90);
    assert_eq!(replaced_after(&mut other, 90), slow);

    // Never with nopreempt, and after its delay with preempt_delay.
    for delay in [None, Some(SECOND * 300)] {
        let mut bench = hearing(
            config(router().with(|it| {
                it.preempt = delay.is_some();
                it.preempt_delay = delay.unwrap_or_default();
            })),
            150,
        );
        for _ in 0..20 {
            bench.hear(ABOVE, 90);
            bench.wait(SECOND);
        }
        assert_eq!(bench.state(), State::Backup);
    }
}

#[test]
fn a_master_that_is_better_again_stays() {
    let mut bench = hearing(config(router()), 150);
    bench.hear(ABOVE, 90);
    bench.wait(SKEW / 2).hear(ABOVE, 150);
    bench.wait(SECOND * 3);
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn version_3_goes_by_the_masters_interval() {
    let ours = v3(Duration::from_millis(500));
    let theirs = v3(Duration::from_millis(100));
    let mut bench = Bench::started(config(ours));
    bench.give(advert(&theirs, ABOVE, 200));
    bench.give(advert(&theirs, ABOVE, 50));
    let next = bench.engine.deadline().expect("a timer").0;
    // 156/256 x 0.1 s
    assert_eq!(next.to_string(), "0.060937");
}

/// Recovered itself, not the master lowered: no hurry.
#[test]
fn a_backup_that_recovers_waits() {
    let mut bench = hearing(with_script(-20, script("chk")), 90);
    bench.give(exit(1));
    assert_eq!(bench.priority(), 80);
    bench.hear(ABOVE, 90);
    bench.wait(SECOND / 2).give(exit(0));
    assert_eq!(Priority(bench.priority()), Priority(100));
    bench.hear(ABOVE, 90);
    bench.wait(SECOND);
    assert_eq!(bench.state(), State::Backup);
}
