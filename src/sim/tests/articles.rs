//! The elections of the five articles, in virtual time.

mod nodes;

use base::{Duration, Instant};
use insta::assert_snapshot;
use nodes::{R, alone, router, tracking, unicast};
use sim::{Action, Clock, NodeIx, World};
use vrrp::Config;
use vrrp::config::Auth;
use vrrp::input::ScriptOutcome;

fn seconds(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1000)
}

/// A world of these nodes, all started at 0.
fn world<const N: usize>(nodes: [(&str, Config); N]) -> (World, [NodeIx; N]) {
    let mut world = World::new(0);
    let nodes = nodes.map(|(name, config)| world.add(name, config, Clock::default()));
    for node in nodes {
        world.plan(Instant::ZERO, Action::Start(node));
    }
    (world, nodes)
}

fn check(node: NodeIx, script: &str, status: i32) -> Action {
    Action::Check {
        node,
        script: script.into(),
        outcome: ScriptOutcome::Exited(status),
        takes: Duration::from_millis(10),
    }
}

/// A check that first tries to restart what it checks, and takes longer than its interval.
fn slow_check(node: NodeIx, script: &str) -> Action {
    Action::Check {
        node,
        script: script.into(),
        outcome: ScriptOutcome::Exited(0),
        takes: Duration::from_millis(2100),
    }
}

fn pass(password: &[u8; 8]) -> Auth {
    Auth::Pass(*password)
}

/// Unicast pair, `killall -0 nginx` every 2 s with weight -20: 100 falls to 80, below 90.
#[test]
fn article_000_nginx_dies_and_returns() {
    let node = |source, peer, priority| {
        let router = unicast(router(251, source, priority, &["172.21.18.33"]), &[peer]);
        let auth = pass(b"123456\0\0");
        tracking(router.with(|it| it.auth = auth), "check_script", -20, 2)
    };
    let (mut world, [master, backup]) = world([
        ("master", node("172.21.18.34", "172.21.18.59", 100)),
        ("backup", node("172.21.18.59", "172.21.18.34", 90)),
    ]);
    world.plan(seconds(10), check(master, "check_script", 1));
    world.plan(seconds(20), check(master, "check_script", 0));
    world.run(Duration::from_secs(19));
    assert_eq!(world.masters(R), [backup]);
    world.run(Duration::from_secs(11));
    assert_eq!(world.masters(R), [master]);
    assert_snapshot!("000_nginx_dies_and_returns", world.timeline());
}

#[test]
fn article_000_master_stops_and_returns() {
    let node = |source, peer, priority| {
        let router = unicast(router(251, source, priority, &["172.21.18.33"]), &[peer]);
        tracking(router, "check_script", -20, 2)
    };
    let (mut world, [master, _]) = world([
        ("master", node("172.21.18.34", "172.21.18.59", 100)),
        ("backup", node("172.21.18.59", "172.21.18.34", 90)),
    ]);
    world.plan(seconds(10), Action::Stop(master));
    world.plan(seconds(20), Action::Start(master));
    world.run(Duration::from_secs(30));
    assert_eq!(world.masters(R), [master]);
    assert_snapshot!("000_master_stops_and_returns", world.timeline());
}

/// The last master is killed without a word; of two equal backups the higher address wins.
#[test]
fn article_002_three_nodes() {
    let node = |source, priority| {
        let router = router(41, source, priority, &["192.168.31.250"]);
        alone(router.with(|it| it.name = "VRRP1".into()))
    };
    let (mut world, [master, low, high]) = world([
        ("master", node("192.168.31.203", 200)),
        ("backup-201", node("192.168.31.201", 199)),
        ("backup-202", node("192.168.31.202", 199)),
    ]);
    world.plan(seconds(10), Action::Kill(master));
    world.plan(seconds(20), Action::Start(master));
    world.run(Duration::from_secs(19));
    assert_eq!(world.masters(R), [high]);
    world.run(Duration::from_secs(11));
    assert_eq!(world.masters(R), [master]);
    assert_ne!(world.masters(R), [low]);
    assert_snapshot!("002_three_nodes", world.timeline());
}

/// `advert_int 2`; `state MASTER` has cleared `nopreempt` on master1, so it does take back; the
/// others never preempt. The check's weight of -2 changes nobody's rank.
#[test]
fn article_003_nopreempt() {
    let node = |source, priority, preempt| {
        let router = router(51, source, priority, &["10.0.0.100", "203.0.113.100"]);
        let router = router.with(|it| {
            it.advert_interval = Duration::from_secs(2);
            it.preempt = preempt;
            it.auth = pass(b"K8SHA_KA");
            it.skip_check_adv_addr = true;
        });
        tracking(router, "check_nginx", -2, 2)
    };
    let (mut world, [master1, master2, _]) = world([
        ("master1", node("10.0.0.11", 100, true)),
        ("master2", node("10.0.0.12", 80, false)),
        ("master3", node("10.0.0.13", 60, false)),
    ]);
    world.plan(seconds(20), slow_check(master1, "check_nginx"));
    world.plan(seconds(30), check(master1, "check_nginx", 0));
    world.plan(seconds(40), Action::Stop(master1));
    world.plan(seconds(50), Action::Stop(master2));
    // Higher than master3, but it does not preempt.
    world.plan(seconds(60), Action::Start(master2));
    world.plan(seconds(80), Action::Start(master1));
    world.run(Duration::from_secs(39));
    assert_eq!(
        world.masters(R),
        [master1],
        "-2 does not change who is first"
    );
    world.run(Duration::from_secs(61));
    assert_eq!(world.masters(R), [master1]);
    assert_snapshot!("003_nopreempt", world.timeline());
}

/// A script without weight: failing is FAULT. It sleeps 2 s before it gives up, longer than its
/// default timeout of 1 s.
#[test]
fn article_004_check_hangs() {
    let node = |source, priority| {
        let router = router(51, source, priority, &["192.168.1.31"]);
        let auth = pass(b"1111\0\0\0\0");
        tracking(router.with(|it| it.auth = auth), "nginx", 0, 1)
    };
    let (mut world, [first, second, _]) = world([
        ("master-1", node("192.168.1.25", 100)),
        ("master-2", node("192.168.1.26", 90)),
        ("master-3", node("192.168.1.27", 80)),
    ]);
    world.plan(seconds(10), slow_check(first, "nginx"));
    world.plan(seconds(20), check(first, "nginx", 0));
    world.run(Duration::from_secs(19));
    assert_eq!(world.masters(R), [second]);
    world.run(Duration::from_secs(11));
    assert_eq!(world.masters(R), [first]);
    assert_snapshot!("004_check_hangs", world.timeline());
}

/// What an operator asks first: cable, silent isolation, split brain and its end.
#[test]
fn article_004_cable_and_isolation() {
    let node = |source, priority| {
        let router = router(51, source, priority, &["192.168.1.31"]);
        tracking(router, "nginx", 0, 1)
    };
    let (mut world, [first, second]) = world([
        ("master-1", node("192.168.1.25", 100)),
        ("master-2", node("192.168.1.26", 90)),
    ]);
    world.plan(seconds(10), Action::LinkDown(first));
    world.plan(seconds(20), Action::LinkUp(first));
    world.plan(seconds(30), Action::Isolate(first));
    world.plan(seconds(40), Action::Rejoin(first));
    world.run(Duration::from_secs(39));
    assert_eq!(world.masters(R), [first, second], "split brain");
    world.run(Duration::from_secs(11));
    assert_eq!(world.masters(R), [first]);
    assert_eq!(world.holders(nodes::ip("192.168.1.31")), [first]);
    assert_snapshot!("004_cable_and_isolation", world.timeline());
}
