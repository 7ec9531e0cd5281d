//! Tracking scripts: schedule, verdicts, weights, faults.

mod bench;

use core::time::Duration;

use base::Priority;
use bench::{Bench, config, exit, link, object, read, router, script, track, with_script};
use insta::assert_snapshot;
use vrrp::config::{Object, ObjectIx, ObjectKind, ScriptIx, Track, TrackScript};
use vrrp::input::ScriptOutcome;
use vrrp::{Config, Input, Reading, State};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn runs_are_spaced_from_start_to_start_and_never_overlap() {
    let mut bench = Bench::new(with_script(-20, script("chk")));
    assert_snapshot!(bench.give(Input::Start), @r"
    Init -> Backup: Start
    run script 0
    ");
    bench.wait(Duration::from_millis(1500)).give(exit(0));
    assert_snapshot!(bench.run(SECOND), @"2.000000 run script 0");
    // Still going at 4 s, ends at 4.5 s, runs again at 6 s.
    assert_snapshot!(
        bench.run(Duration::from_millis(1600)),
        @r"
    3.609375 advert 100 to 224.0.0.18
    3.609375 add addresses
    3.609375 announce x5
    3.609375 Backup -> Master: MasterDown { waited: 3.609375s, last: None }
    4.000000 (ScriptStillRunning { script: ScriptIx(0), overdue: false })
    "
    );
    bench.give(exit(0));
    assert!(bench.run(SECOND * 2).contains("6.000000 run script 0"));
}

/// Effective priority after the script's first result.
fn priority_after(weight: i16, reverse: bool, base: u8, status: i32) -> (u8, State) {
    let mut config = with_script(weight, script("chk"));
    config.routers[0].priority = Priority(base);
    config.routers[0].track_scripts[0].reverse = reverse;
    let mut bench = Bench::started(config);
    bench.give(exit(status));
    (bench.priority(), bench.state())
}

#[test]
fn weights() {
    use State::{Backup, Fault};
    for (weight, reverse, base, status, wanted) in [
        (-20, false, 100, 0, (100, Backup)),
        (-20, false, 100, 1, (80, Backup)),
        (-20, true, 100, 0, (100, Backup)),
        (-20, true, 100, 1, (120, Backup)),
        (20, false, 100, 0, (120, Backup)),
        (20, false, 100, 1, (100, Backup)),
        (20, true, 100, 0, (80, Backup)),
        (20, true, 100, 1, (100, Backup)),
        (0, false, 100, 0, (100, Backup)),
        (0, false, 100, 1, (100, Fault)),
        (0, true, 100, 1, (100, Backup)),
        (0, true, 100, 0, (100, Fault)),
        (254, false, 100, 0, (254, Backup)),
        (-254, false, 100, 1, (1, Backup)),
    ] {
        let got = priority_after(weight, reverse, base, status);
        assert_eq!(
            got, wanted,
            "weight {weight} reverse {reverse} exit {status}"
        );
    }
    assert_eq!(
        priority_after(-20, false, 255, 1).0,
        255,
        "an owner ignores weights"
    );
}

#[test]
fn a_lowered_master_stays_until_it_hears_better() {
    let mut bench = Bench::master(with_script(-20, script("chk")));
    assert_snapshot!(bench.give(exit(1)), @r#"
    (ScriptVerdict { script: ScriptIx(0), good: false, how: "exited with status 1", first: true })
    (PriorityChanged { router: RouterIx(0), from: Priority(100), to: Priority(80), tracker: "chk", good: false })
    advert 80 to 224.0.0.18
    "#);
    assert_eq!(bench.state(), State::Master);
    assert!(bench.run(SECOND).contains("advert 80 to"));
    bench.hear(bench::ABOVE, 90);
    assert_eq!(bench.state(), State::Backup);
}

/// A changed priority moves the running timer by the difference in skew.
#[test]
fn a_backups_timer_follows_its_priority() {
    let mut bench = Bench::started(with_script(-20, script("chk")));
    bench.wait(SECOND).give(exit(1));
    bench.until(|bench| bench.state() == State::Master);
    assert_eq!(bench.now.to_string(), "3.687500");
}

#[test]
fn an_unheard_weightless_script_keeps_out_of_the_election() {
    let mut bench = Bench::started(with_script(0, script("chk")));
    bench.wait(SECOND * 10);
    assert_eq!(bench.state(), State::Init);
    let timed_out = Input::ScriptExit {
        script: ScriptIx(0),
        outcome: ScriptOutcome::TimedOut,
    };
    assert_snapshot!(bench.give(timed_out), @r#"
    (ScriptVerdict { script: ScriptIx(0), good: false, how: "timed_out", first: true })
    Init -> Fault: ScriptFailed { script: "chk" }
    "#);
}

/// A run that cannot be ended, as on a file server that is gone, is a failure when its time is over.
#[test]
fn a_run_that_does_not_end_is_a_failure_in_time() {
    let mut bench = Bench::started(with_script(0, script("chk")));
    bench.give(exit(0));
    bench.until(|bench| bench.state() == State::Master);
    let script = ScriptIx(0);
    let overdue = || Input::ScriptExit {
        script,
        outcome: ScriptOutcome::Overdue,
    };
    bench.until(|bench| {
        bench
            .engine
            .script_status(script)
            .is_some_and(|it| it.running)
    });
    assert_eq!(bench.state(), State::Master);
    let told = bench.give(overdue());
    assert!(told.contains("timed_out"), "{told}");
    assert_eq!(bench.state(), State::Fault);
    // It is neither started again nor judged again until it has gone.
    let meanwhile = bench.run(SECOND * 3);
    assert!(meanwhile.contains("overdue: true"), "{meanwhile}");
    assert!(!meanwhile.contains("RunScript"), "{meanwhile}");
    assert_eq!(bench.give(overdue()), "");
    assert_eq!(bench.give(exit(0)), "");
    bench.until(|bench| {
        bench
            .engine
            .script_status(script)
            .is_some_and(|it| it.running)
    });
    bench.give(exit(0));
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn fault_ends_when_the_last_cause_has_gone() {
    let two = Config {
        routers: vec![router().with(|it| it.track_scripts = vec![track(0, 0), track(1, 0)])].into(),
        scripts: vec![script("a"), script("b")],
        ..Config::default()
    };
    let end = |script: u32, status: i32| Input::ScriptExit {
        script: ScriptIx(script),
        outcome: ScriptOutcome::Exited(status),
    };
    let mut bench = Bench::started(two);
    bench.give(end(0, 1));
    bench.give(link(false));
    bench.wait(SECOND * 2);
    bench.give(end(0, 0));
    assert_eq!(bench.state(), State::Fault, "the link is still down");
    bench.give(link(true));
    assert_eq!(bench.state(), State::Fault, "script b has not spoken");
    bench.give(end(1, 0));
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn an_unexpected_exit_counts_for_nothing() {
    let mut bench = Bench::started(with_script(-20, script("chk")));
    bench.give(exit(0));
    assert_eq!(bench.give(exit(1)), "", "no run is going on");
}

#[test]
fn several_scripts_add_up() {
    let mut scripts = config(router().with(|it| {
        it.track_scripts = vec![
            track(0, -20),
            TrackScript {
                reverse: true,
                ..track(1, -30)
            },
        ]
    }));
    scripts.scripts = vec![script("a"), script("b")];
    let mut bench = Bench::started(scripts);
    bench.give(exit(1));
    bench.give(Input::ScriptExit {
        script: ScriptIx(1),
        outcome: ScriptOutcome::NotStarted("no such file".into()),
    });
    assert_eq!(bench.priority(), 110);
}

fn with_object(kind: ObjectKind, weight: i16, reverse: bool) -> Config {
    Config {
        routers: vec![router().with(|it| {
            it.tracks = vec![Track {
                object: ObjectIx(0),
                weight: base::Weight(weight),
                reverse,
            }]
        })]
        .into(),
        objects: vec![object(kind)],
        ..Config::default()
    }
}

#[test]
fn objects_weigh_like_scripts_and_files_multiply() {
    use Reading::{Bad, Good, Number};
    use State::{Backup, Fault};
    for (reading, weight, reverse, wanted) in [
        (Good, 0, false, (100, Backup)),
        (Bad, 0, false, (100, Fault)),
        (Good, 0, true, (100, Fault)),
        (Good, 20, false, (120, Backup)),
        (Bad, 20, false, (100, Backup)),
        (Bad, -20, false, (80, Backup)),
        (Good, -20, true, (100, Backup)),
        (Bad, -20, true, (120, Backup)),
        (Good, 20, true, (80, Backup)),
        (Bad, 20, true, (100, Backup)),
        (Number(0), 0, false, (100, Backup)),
        (Number(-1), 0, false, (100, Fault)),
        (Number(0), 0, true, (100, Fault)),
        (Number(10), 2, false, (120, Backup)),
        (Number(10), 2, true, (80, Backup)),
        (Number(-10), 2, false, (80, Backup)),
        (Number(-127), 2, false, (100, Fault)),
        (Number(254), 1, true, (100, Fault)),
        (Number(i32::MIN), -254, false, (254, Backup)),
        (Number(i32::MAX), 254, false, (254, Backup)),
    ] {
        let kind = match reading {
            Number(_) => ObjectKind::File,
            Good | Bad => ObjectKind::Interface,
        };
        let mut bench = Bench::new(with_object(kind, weight, reverse));
        bench.give(read(reading));
        bench.give(Input::Start);
        let got = (bench.priority(), bench.state());
        assert_eq!(got, wanted, "{reading:?} weight {weight} reverse {reverse}");
    }
}

#[test]
fn an_unread_object_of_weight_0_keeps_out_of_the_election() {
    let mut bench = Bench::started(with_object(ObjectKind::Process, 0, false));
    bench.wait(SECOND * 10);
    assert_eq!(bench.state(), State::Init);
    bench.give(read(Reading::Good));
    assert_eq!(bench.state(), State::Backup);
}

#[test]
fn a_master_loses_an_interface_and_gets_it_back() {
    let mut config = with_object(ObjectKind::Interface, 0, false);
    config.objects[0].up_delay = SECOND * 2;
    let mut bench = Bench::new(config);
    bench.give(read(Reading::Good));
    bench.give(Input::Start);
    bench.until(|bench| bench.state() == State::Master);
    assert_snapshot!(bench.give(read(Reading::Bad)), @r#"
    (ObjectVerdict { object: ObjectIx(0), good: false, number: None })
    advert 0 to 224.0.0.18
    (Released { router: RouterIx(0) })
    remove addresses
    Master -> Fault: ObjectBad { kind: Interface, name: "thing", value: None }
    "#);
    assert_snapshot!(bench.give(read(Reading::Good)), @"");
    assert_snapshot!(bench.run(SECOND * 3), @r"
    5.609375 (ObjectVerdict { object: ObjectIx(0), good: true, number: None })
    5.609375 Fault -> Backup: FaultsCleared
    ");
}

#[test]
fn a_reload_keeps_what_was_read() {
    let mut bench = Bench::new(with_object(ObjectKind::File, 1, false));
    bench.give(read(Reading::Number(-30)));
    bench.give(Input::Start);
    let mut config = with_object(ObjectKind::File, 1, false);
    config.objects.insert(
        0,
        Object {
            name: "new".into(),
            ..object(ObjectKind::File)
        },
    );
    config.routers[0].tracks[0].object = ObjectIx(1);
    bench.give(Input::Reconfigure(config.clone()));
    assert_eq!(bench.priority(), 70);
    config.objects[1].identity = "elsewhere".into();
    bench.give(Input::Reconfigure(config));
    assert_eq!(bench.priority(), 100);
}
