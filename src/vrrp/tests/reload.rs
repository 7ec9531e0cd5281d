//! Reload: what is kept, what is stopped, what is started.

mod bench;

use core::time::Duration;

use base::{Machine, Priority, VrId};
use bench::{ABOVE, Bench, config, exit, ip, router, script, track, with_script};
use insta::assert_snapshot;
use vrrp::config::{Router, RouterIx, ScriptIx, Version};
use vrrp::{Config, Input, State};

const SECOND: Duration = Duration::from_secs(1);

fn reload(bench: &mut Bench, config: Config) -> String {
    bench.give(Input::Reconfigure(config))
}

fn other(vrid: u8) -> Router {
    router().with(|it| {
        it.name = format!("VI_{vrid}");
        it.key.vrid = VrId::new(vrid).unwrap();
    })
}

/// Thousands of routers are kept once by whoever has the configuration, until one has another source.
#[test]
fn a_copy_of_a_configuration_is_its_own_once_it_is_changed() {
    let ours = config(router());
    let mut bench = Bench::master(ours.clone());
    let shared = |bench: &Bench| ours.routers.as_ptr() == bench.engine.config().routers.as_ptr();
    assert!(shared(&bench));
    let address = ip("192.0.2.3");
    let router = RouterIx(0);
    bench.give(Input::SourceAddress { router, address });
    assert!(!shared(&bench));
    assert_ne!(ours.routers[0].source, address);
    assert_eq!(bench.engine.config().routers[0].source, address);
}

/// Observed: renamed and lowered from 150 to 90 in one reload: stays MASTER, address untouched.
#[test]
fn renamed_and_lowered_stays_master() {
    let mut bench = Bench::master(config(router().with(|it| it.priority = Priority(150))));
    let since = bench.engine.status(bench::R).unwrap().since;
    bench.wait(SECOND * 2 + SECOND / 2);
    let effects = reload(
        &mut bench,
        config(router().with(|it| {
            it.name = "renamed".into();
            it.priority = Priority(90);
        })),
    );
    assert_snapshot!(effects, @r#"
    advert 150 to 224.0.0.18
    reconfigured routers ["0"] scripts []
    update addresses of 0 (was 0)
    "#);
    let status = bench.engine.status(bench::R).unwrap();
    assert_eq!((status.state, status.since), (State::Master, since));
    assert_snapshot!(bench.run(SECOND), @r"
    5.914062 advert 90 to 224.0.0.18
    6.914062 advert 90 to 224.0.0.18
    ");
}

/// A backup that goes by the master's interval would not wait for the next advert.
#[test]
fn a_longer_interval_is_told_at_once() {
    let every = |seconds| {
        config(router().with(|it| {
            it.version = Version::V3;
            it.advert_interval = SECOND * seconds;
        }))
    };
    let mut bench = Bench::master(every(1));
    reload(&mut bench, every(30));
    let adverts = |bench: &mut Bench, time| bench.run(time).matches("advert").count();
    assert_eq!(adverts(&mut bench, SECOND), 1);
    assert_eq!(adverts(&mut bench, SECOND * 28), 0, "30 s have not passed");
    assert_eq!(adverts(&mut bench, SECOND * 2), 1);
    // Nothing new: what was said before the reload is enough.
    reload(&mut bench, every(30));
    assert_eq!(adverts(&mut bench, SECOND * 29), 0);
}

#[test]
fn indices_change_their_meaning_at_the_mark() {
    let mut bench = Bench::started(Config {
        routers: vec![router(), other(52)].into(),
        scripts: Vec::new(),
        ..Config::default()
    });
    bench.until(|bench| bench.engine.status(RouterIx(1)).unwrap().state == State::Master);
    let effects = reload(
        &mut bench,
        Config {
            routers: vec![other(53), other(52)].into(),
            scripts: Vec::new(),
            ..Config::default()
        },
    );
    assert_snapshot!(effects, @r#"
    advert 100 to 224.0.0.18
    advert 0 to 224.0.0.18
    (Released { router: RouterIx(0) })
    remove addresses
    Master -> Init: Dropped
    reconfigured routers ["-", "1"] scripts []
    Init -> Backup: Start
    update addresses of 1 (was 1)
    "#);
}

#[test]
fn a_backup_keeps_its_timer() {
    let mut bench = Bench::started(config(router()));
    bench.hear(ABOVE, 200);
    bench.wait(SECOND * 2);
    reload(&mut bench, config(router()));
    assert_eq!(bench.engine.deadline().unwrap().0.to_string(), "3.609375");
    // Another priority: the same moment of hearing, another skew.
    let priority = Priority(228);
    reload(
        &mut bench,
        config(router().with(|it| it.priority = priority)),
    );
    assert_eq!(bench.engine.deadline().unwrap().0.to_string(), "3.109375");
}

#[test]
fn added_addresses_get_a_second_burst() {
    let mut bench = Bench::master(config(router()));
    bench.wait(SECOND * 6);
    let mut more = router();
    more.addresses.push(ip("192.0.2.101"));
    reload(&mut bench, config(more));
    assert!(bench.run(SECOND * 6).contains("announce x5"));
    reload(&mut bench, config(router()));
    assert!(
        !bench.run(SECOND * 6).contains("announce"),
        "nothing new to announce"
    );
}

#[test]
fn scripts_keep_their_verdict_unless_they_changed() {
    let mut bench = Bench::started(with_script(-20, script("chk")));
    bench.give(exit(1));
    assert_eq!(bench.priority(), 80);
    let same = with_script(-20, script("chk"));
    let effects = reload(&mut bench, same);
    assert_snapshot!(effects, @r#"reconfigured routers ["0"] scripts ["0"]"#);
    assert_eq!(bench.priority(), 80);

    let mut changed = script("chk");
    changed.identity = "another command".into();
    let effects = reload(&mut bench, with_script(-20, changed));
    assert_snapshot!(effects, @r#"
    reconfigured routers ["0"] scripts ["-"]
    run script 0
    "#);
    assert_eq!(bench.priority(), 100, "not heard yet");
}

#[test]
fn a_new_base_is_told_from_the_base() {
    let mut bench = Bench::started(with_script(-20, script("chk")));
    bench.give(exit(1));
    let mut lower = with_script(-20, script("chk"));
    lower.routers[0].priority = Priority(90);
    assert_snapshot!(reload(&mut bench, lower), @r#"
    reconfigured routers ["0"] scripts ["0"]
    (PriorityChanged { router: RouterIx(0), from: Priority(90), to: Priority(70), tracker: "chk", good: false })
    "#);
}

#[test]
fn scripts_move_with_their_runs() {
    let mut bench = Bench::started(with_script(0, script("chk")));
    bench.give(exit(0));
    bench.wait(SECOND * 2);
    assert!(bench.engine.script_status(ScriptIx(0)).unwrap().running);
    let moved = Config {
        routers: vec![router().with(|it| it.track_scripts = vec![track(1, 0)])].into(),
        scripts: vec![script("new"), script("chk")],
        ..Config::default()
    };
    reload(&mut bench, moved);
    assert!(bench.engine.script_status(ScriptIx(1)).unwrap().running);
    assert_eq!(bench.state(), State::Backup);
    bench.give(Input::ScriptExit {
        script: ScriptIx(1),
        outcome: vrrp::input::ScriptOutcome::Exited(1),
    });
    assert_eq!(bench.state(), State::Fault);
}

#[test]
fn a_new_fault_counts_at_once() {
    let mut bench = Bench::master(config(router()));
    let broken = router().with(|it| it.start_fault = Some("no unicast peer".into()));
    reload(&mut bench, config(broken));
    assert_eq!(bench.state(), State::Fault);
    reload(&mut bench, config(router()));
    assert_eq!(bench.state(), State::Backup);
}
