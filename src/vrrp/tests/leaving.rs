//! Make before break: a master that stops keeps its addresses until it is replaced.

mod bench;

use core::time::Duration;

use base::{Family, Machine as _};
use bench::{ABOVE, BELOW, Bench, R, address_taken, advert, config, ip, link, router, v3};
use insta::assert_snapshot;
use vrrp::config::{Peer, Router, Transport};
use vrrp::{Config, Input, State};

const SECOND: Duration = Duration::from_secs(1);
const MILLI: Duration = Duration::from_millis(1);

fn leaving(router: Router) -> Bench {
    let mut bench = Bench::master(config(router));
    bench.give(Input::Shutdown);
    bench
}

/// How long until the addresses go if nothing is heard.
fn waits(router: Router) -> Duration {
    let bench = leaving(router);
    let due = bench.engine.deadline();
    due.map_or(Duration::ZERO, |(at, _)| at.since(bench.now))
}

fn unicast(peers: &[&str]) -> Router {
    let peer = |address: &&str| Peer {
        address: ip(address),
        min_ttl: 0,
        max_ttl: 255,
    };
    router().with(|it| {
        it.transport = Transport::Unicast {
            peers: peers.iter().map(peer).collect(),
            ttl: 255,
        };
        it.key.group = None;
        it.key.unicast_source = Some(router().source);
    })
}

#[test]
fn the_next_master_is_waited_for() {
    let mut bench = Bench::master(config(router()));
    assert_snapshot!(bench.give(Input::Shutdown), @r"
    advert 0 to 224.0.0.18
    (Released { router: RouterIx(0) })
    ");
    let config = bench.engine.config().routers[0].clone();
    bench.wait(600 * MILLI);
    assert_snapshot!(bench.give(advert(&config, BELOW, 90)), @"(Succeeded { router: RouterIx(0), source: 192.0.2.0, priority: Priority(90) })");
    assert_eq!(bench.wait(199 * MILLI).state(), State::Master, "not yet");
    assert_snapshot!(bench.wait(MILLI).give(Input::Tick), @"");
    assert_eq!(bench.state(), State::Init);
    assert_eq!(bench.engine.deadline(), None);
}

#[test]
fn later_adverts_do_not_prolong_it() {
    let mut bench = leaving(router());
    let config = bench.engine.config().routers[0].clone();
    bench.give(advert(&config, BELOW, 90));
    bench.wait(150 * MILLI);
    assert_eq!(bench.give(advert(&config, BELOW, 90)), "");
    bench.wait(50 * MILLI);
    assert_eq!(bench.state(), State::Init);
}

/// Somebody else leaves as well: that is nobody to leave the addresses to.
#[test]
fn a_release_is_no_successor() {
    let mut bench = leaving(router());
    let config = bench.engine.config().routers[0].clone();
    let before = bench.engine.deadline();
    assert_eq!(bench.give(advert(&config, ABOVE, 0)), "");
    assert_eq!(bench.engine.deadline(), before);
}

#[test]
fn each_address_goes_when_it_is_announced_elsewhere() {
    let mut bench =
        leaving(router().with(|it| it.addresses = vec![ip("192.0.2.100"), ip("192.0.2.101")]));
    assert_snapshot!(bench.give(address_taken(false)), @"yield 192.0.2.100");
    assert_snapshot!(bench.give(address_taken(true)), @r"
    remove addresses
    Master -> Init: Stop
    (Stopped)
    ");
}

#[test]
fn a_link_that_goes_ends_the_wait() {
    let mut bench = leaving(router());
    assert_snapshot!(bench.give(link(false)), @r"
    remove addresses
    Master -> Init: Stop
    (Stopped)
    ");
}

#[test]
fn nobody_is_waited_for_longer_than_a_backup_needs() {
    let slack = 50 * MILLI;
    assert_eq!(waits(router()), SECOND + slack);
    assert_eq!(waits(v3(100 * MILLI)), 100 * MILLI + slack);
    let six = |router: Router| router.with(|it| it.key.family = Family::V6);
    assert_eq!(waits(six(v3(100 * MILLI))), 1700 * MILLI + slack);
    assert_eq!(waits(six(v3(3 * SECOND))), 3 * SECOND + slack);
    assert_eq!(waits(unicast(&["192.0.2.2"])), SECOND + slack);
    assert_eq!(waits(unicast(&[])), Duration::ZERO, "nobody is there");
    let compat = router().with(|it| it.compat_timing = true);
    assert_eq!(waits(compat), Duration::ZERO);
}

#[test]
fn each_router_leaves_by_itself() {
    let second = router().with(|it| {
        it.name = "VI_2".into();
        it.key.vrid = base::VrId::new(52).unwrap();
        it.compat_timing = true;
    });
    let mut bench = Bench::started(Config {
        routers: vec![router(), second].into(),
        ..Config::default()
    });
    bench.until(|bench| bench.state() == State::Master);
    assert_snapshot!(bench.give(Input::Shutdown), @r"
    advert 0 to 224.0.0.18
    (Released { router: RouterIx(0) })
    advert 0 to 224.0.0.18
    (Released { router: RouterIx(1) })
    remove addresses
    Master -> Init: Stop
    ");
    assert_eq!(bench.engine.status(R).unwrap().state, State::Master);
    assert!(bench.next().ends_with("(Stopped)"));
}

/// How long a backup that is configured as `router` waits after `source` has released.
fn waits_after_release(router: Router, source: &str) -> Duration {
    let mut bench = Bench::started(config(router));
    bench.wait(SECOND).hear(source, 200);
    bench.wait(SECOND).hear(source, 0);
    assert_eq!(bench.state(), State::Backup);
    let (due, _) = bench.engine.deadline().expect("a backup waits");
    let waited = due.since(bench.now);
    bench.next();
    assert_eq!(bench.state(), State::Master);
    waited
}

#[test]
fn the_only_peer_leaves_nobody_to_race_with() {
    const SKEW: Duration = Duration::from_micros(609_375);
    let pair = || unicast(&[ABOVE]);
    assert_eq!(waits_after_release(pair(), ABOVE), Duration::ZERO);
    assert_eq!(waits_after_release(router(), ABOVE), SKEW);
    assert_eq!(waits_after_release(unicast(&[ABOVE, BELOW]), ABOVE), SKEW);
    // Somebody that is no peer may have others to tell.
    assert_eq!(waits_after_release(pair(), BELOW), SKEW);
    let never_preempts = pair().with(|it| it.preempt = false);
    assert_eq!(waits_after_release(never_preempts, ABOVE), Duration::ZERO);
    let compat = pair().with(|it| it.compat_timing = true);
    assert_eq!(waits_after_release(compat, ABOVE), SKEW);
}

#[test]
fn a_peer_that_releases_and_returns_is_heard_first() {
    let mut bench = Bench::started(config(unicast(&[ABOVE])));
    bench.wait(SECOND).hear(ABOVE, 200);
    bench.hear(ABOVE, 0);
    bench.hear(ABOVE, 200);
    let (due, _) = bench.engine.deadline().expect("a backup waits");
    assert_eq!(due.since(bench.now), Duration::from_micros(3_609_375));
}
