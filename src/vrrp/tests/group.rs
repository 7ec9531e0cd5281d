//! Sync groups: what one member does to the others.

mod bench;

use core::time::Duration;

use base::{Family, Machine as _, Priority, VrId};
use bench::{Bench, R, address_lost, advert, effect_failed, exit, link, router, script, track};
use insta::assert_snapshot;
use vrrp::config::{Router, RouterIx, SyncGroup};
use vrrp::snapshot::{Records, RouterRecord};
use vrrp::{Cause, Config, Engine, Input, StandIn, State};

const SECOND: Duration = Duration::from_secs(1);
const OTHER: RouterIx = RouterIx(1);

/// Two routers on two links that belong together.
fn pair() -> Config {
    let mut inside = router().with(|it| it.name = "inside".into());
    inside.key.vrid = VrId::new(52).unwrap();
    inside.key.interface = "eth1".into();
    inside.key.family = Family::V4;
    Config {
        routers: vec![router(), inside].into(),
        groups: vec![SyncGroup {
            name: "both".into(),
            members: vec![R, OTHER],
        }],
        ..Config::default()
    }
}

fn states(bench: &Bench) -> [State; 2] {
    [R, OTHER].map(|ix| bench.engine.status(ix).unwrap().state)
}

fn master(config: Config) -> Bench {
    let mut bench = Bench::started(config);
    bench.until(|bench| states(bench) == [State::Master; 2]);
    bench
}

fn to_other(input: Input) -> Input {
    match input {
        Input::Packet {
            source,
            destination,
            ttl,
            payload,
            envelope,
            ..
        } => Input::Packet {
            router: OTHER,
            source,
            destination,
            ttl,
            payload,
            envelope,
        },
        Input::Link {
            up,
            reason,
            at_once,
            ..
        } => Input::Link {
            router: OTHER,
            up,
            reason,
            at_once,
        },
        other => other,
    }
}

#[test]
fn the_last_member_that_becomes_ready_takes_the_others_with_it() {
    // The second member has heard a master for a while; the first has not.
    let mut bench = Bench::started(pair());
    let inside = bench.engine.config().routers[1].clone();
    for _ in 0..5 {
        bench.wait(SECOND);
        bench.give(advert_to_other(&inside, 150));
    }
    assert_eq!(states(&bench), [State::Backup; 2]);
    assert_snapshot!(bench.run(4 * SECOND), @r#"
    8.609375 advert 100 to 224.0.0.18
    8.609375 advert 100 to 224.0.0.18
    8.609375 add addresses
    8.609375 add addresses
    8.609375 announce x5
    8.609375 announce x5
    8.609375 Backup -> Master: MasterDown { waited: 3.609375s, last: Some((192.0.2.7, Priority(150))) }
    8.609375 (GroupFollows { group: GroupIx(0), to: Master })
    8.609375 Backup -> Master: Synced { group: "both", member: "inside" }
    8.609375 (GroupTransition { group: GroupIx(0), from: Backup, to: Master })
    "#);
    assert_eq!(states(&bench), [State::Master; 2]);
}

#[test]
fn a_member_that_hears_a_better_master_keeps_the_group_from_changing_to_and_fro() {
    let mut bench = Bench::started(pair());
    let (outside, inside) = (
        bench.config().clone(),
        bench.engine.config().routers[1].clone(),
    );
    for second in 0..30 {
        bench.give(advert_to_other(&inside, 150));
        silent_but_once(&bench.run(SECOND), second);
    }
    assert_eq!(states(&bench), [State::Backup; 2]);
    // Ready is not for ever: the first hears a better master when the second no longer does.
    for _ in 0..10 {
        bench.give(advert(&outside, "192.0.2.7", 150));
        bench.wait(SECOND);
        assert_eq!(states(&bench), [State::Backup; 2]);
    }
    bench.wait(4 * SECOND);
    assert_eq!(states(&bench), [State::Master; 2]);
}

/// It is told once that the group holds a member back, which is after four seconds.
fn silent_but_once(told: &str, second: u32) {
    let holds = told.contains("HeldByGroup");
    assert_eq!(holds, second == 3, "second {second}: {told}");
    assert!(!told.contains("advert"), "second {second}: {told}");
}

fn advert_to_other(config: &Router, priority: u8) -> Input {
    to_other(advert(config, "192.0.2.7", priority))
}

/// Backups whose masters have been heard, in this and in the other member.
fn backups(config: Config) -> Bench {
    let mut bench = Bench::started(config);
    let [outside, inside] = [0, 1].map(|at| bench.engine.config().routers[at].clone());
    for _ in 0..5 {
        bench.give(advert(&outside, "192.0.2.7", 150));
        bench.give(advert_to_other(&inside, 150));
        bench.wait(SECOND);
    }
    assert_eq!(states(&bench), [State::Backup; 2]);
    bench
}

#[test]
fn priority_0_for_one_member_counts_for_the_group() {
    // The link of the second member is cut: the master gives up the first as well.
    let mut bench = backups(pair());
    let outside = bench.config().clone();
    bench.give(advert(&outside, "192.0.2.7", 0));
    assert_snapshot!(bench.run(SECOND), @r#"
    5.609375 (HeldByGroup { router: RouterIx(0), waited: 609.375ms, member: RouterIx(1) })
    5.609375 advert 100 to 224.0.0.18
    5.609375 advert 100 to 224.0.0.18
    5.609375 add addresses
    5.609375 add addresses
    5.609375 announce x5
    5.609375 announce x5
    5.609375 Backup -> Master: MasterReleased { source: 192.0.2.7, waited: 609.375ms }
    5.609375 (GroupFollows { group: GroupIx(0), to: Master })
    5.609375 Backup -> Master: Synced { group: "both", member: "inside" }
    5.609375 (GroupTransition { group: GroupIx(0), from: Backup, to: Master })
    "#);
    assert_eq!(states(&bench), [State::Master; 2]);
}

#[test]
fn priority_0_does_not_count_where_the_other_members_master_is_heard() {
    let mut bench = backups(pair());
    let [outside, inside] = [0, 1].map(|at| bench.engine.config().routers[at].clone());
    bench.give(advert(&outside, "192.0.2.7", 0));
    for _ in 0..20 {
        bench.give(advert_to_other(&inside, 150));
        bench.wait(SECOND / 2);
        assert_eq!(states(&bench), [State::Backup; 2]);
    }
}

#[test]
fn with_compat_timing_the_other_member_waits_its_timer() {
    let mut config = pair();
    config.routers[1].compat_timing = true;
    let mut bench = backups(config);
    let outside = bench.config().clone();
    bench.give(advert(&outside, "192.0.2.7", 0));
    bench.wait(2 * SECOND);
    assert_eq!(states(&bench), [State::Backup; 2]);
    bench.wait(SECOND);
    assert_eq!(states(&bench), [State::Master; 2]);
}

#[test]
fn a_member_that_yields_takes_the_others_down() {
    let mut bench = master(pair());
    let outside = bench.config().clone();
    assert_snapshot!(bench.give(advert(&outside, "192.0.2.7", 200)), @r#"
    advert 0 to 224.0.0.18
    (Released { router: RouterIx(1) })
    remove addresses
    remove addresses
    Master -> Backup: BetterMaster { source: 192.0.2.7, theirs: Priority(200), ours: Priority(100) }
    (GroupFollows { group: GroupIx(0), to: Backup })
    Master -> Backup: Synced { group: "both", member: "VI_1" }
    (GroupTransition { group: GroupIx(0), from: Master, to: Backup })
    "#);
    assert_eq!(states(&bench), [State::Backup; 2]);
}

#[test]
fn what_is_wrong_with_one_keeps_all_out() {
    let mut bench = master(pair());
    assert_snapshot!(bench.give(to_other(link(false))), @r#"
    advert 0 to 224.0.0.18
    (Released { router: RouterIx(1) })
    advert 0 to 224.0.0.18
    (Released { router: RouterIx(0) })
    remove addresses
    remove addresses
    Master -> Fault: Link { reason: "eth0 down" }
    (GroupFollows { group: GroupIx(0), to: Fault })
    Master -> Fault: Synced { group: "both", member: "inside" }
    (GroupTransition { group: GroupIx(0), from: Master, to: Fault })
    "#);
    assert_eq!(states(&bench), [State::Fault; 2]);
    // The first member's own link goes, too; one alone does not bring the group back.
    bench.give(link(false));
    bench.give(to_other(link(true)));
    assert_eq!(states(&bench), [State::Fault; 2]);
    assert_snapshot!(bench.give(link(true)), @r"
    Fault -> Backup: FaultsCleared
    (GroupFollows { group: GroupIx(0), to: Backup })
    Fault -> Backup: FaultsCleared
    (GroupTransition { group: GroupIx(0), from: Fault, to: Backup })
    ");
    assert_eq!(states(&bench), [State::Backup; 2]);
}

#[test]
fn all_wait_for_the_first_result_of_every_script() {
    let mut config = pair();
    config.routers[1].track_scripts = vec![track(0, 0)];
    config.scripts = vec![script("chk")];
    let mut bench = Bench::started(config);
    bench.wait(SECOND / 2);
    assert_eq!(states(&bench), [State::Init; 2]);
    assert_snapshot!(bench.give(exit(0)), @r#"
    (ScriptVerdict { script: ScriptIx(0), good: true, how: "exited with status 0", first: true })
    Init -> Backup: Start
    Init -> Backup: Start
    (GroupTransition { group: GroupIx(0), from: Init, to: Backup })
    "#);
    assert_eq!(states(&bench), [State::Backup; 2]);
    bench.give(exit(1));
}

#[test]
fn a_lost_address_is_reclaimed_by_all() {
    let mut bench = master(pair());
    bench.give(address_lost());
    assert_eq!(states(&bench), [State::Backup; 2]);
    // One skew, not the whole silence.
    bench.wait(SECOND);
    assert_eq!(states(&bench), [State::Master; 2]);
}

#[test]
fn a_member_that_cannot_be_master_is_tried_again_with_all() {
    let mut bench = master(pair());
    bench.give(effect_failed());
    assert_eq!(states(&bench), [State::Fault; 2]);
    bench.wait(vrrp::EFFECT_RETRY + 4 * SECOND);
    assert_eq!(states(&bench), [State::Master; 2]);
}

#[test]
fn a_lower_master_on_one_link_makes_all_announce() {
    let mut bench = master(pair());
    let outside = bench.config().clone();
    assert_snapshot!(bench.give(advert(&outside, "192.0.2.7", 50)), @r"
    (LowerPriorityHeard { router: RouterIx(0), source: 192.0.2.7, priority: Priority(50) })
    advert 100 to 224.0.0.18
    announce x2
    announce x2
    ");
}

#[test]
fn owners_begin_as_masters_unless_a_member_is_none() {
    let mut config = pair();
    config.routers[1].priority = Priority::OWNER;
    for owner in 0..2 {
        let mut mixed = pair();
        mixed.routers[owner].priority = Priority::OWNER;
        let mut bench = Bench::started(mixed);
        assert_eq!(states(&bench), [State::Backup; 2], "{owner} owns");
        bench.wait(4 * SECOND);
        assert_eq!(states(&bench), [State::Master; 2], "{owner} owns");
    }
    config.routers[0].priority = Priority::OWNER;
    assert_eq!(states(&Bench::started(config)), [State::Master; 2]);
}

#[test]
fn a_reload_may_tie_and_untie() {
    let mut apart = pair();
    apart.groups.clear();
    let mut bench = master(apart.clone());
    bench.give(Input::Reconfigure(pair()));
    bench.give(link(false));
    assert_eq!(states(&bench), [State::Fault; 2]);
    bench.give(Input::Reconfigure(apart));
    assert_eq!(states(&bench), [State::Fault, State::Backup]);
    let cause = bench.engine.status(OTHER).unwrap().cause;
    assert_eq!(cause, &Cause::FaultsCleared);
}

#[test]
fn a_router_that_a_reload_brings_joins_a_group_that_is_master() {
    let mut one = pair();
    one.routers.truncate(1);
    one.groups[0].members.truncate(1);
    let mut bench = Bench::master(one);
    bench.give(Input::Reconfigure(pair()));
    assert_eq!(states(&bench), [State::Master; 2]);
}

#[test]
fn the_end_of_the_group_is_told_once() {
    let mut bench = master(pair());
    let told = bench.give(Input::Shutdown) + "\n" + &bench.next();
    assert_eq!(told.matches("GroupTransition").count(), 1, "{told}");
    assert_eq!(told.matches("advert 0").count(), 2, "{told}");
}

/// The process that stands in yields with the whole group: of a group in two states the next engine
/// would make one again, and that would be the one that yielded.
#[test]
fn a_stand_in_yields_with_the_group() {
    let bench = master(pair());
    let records = |of: &dyn Fn(RouterIx) -> Option<RouterRecord>| Records {
        routers: vec![of(R), of(OTHER)],
        scripts: Vec::new(),
    };
    let noted = records(&|ix| bench.engine.router_record(ix, 1));
    let mut parent = StandIn::new(pair(), &noted);
    let mut lines = Vec::new();
    let better = to_other(advert(&pair().routers[1], "192.0.2.2", 200));
    parent.handle(bench.now, better, &mut |effect| {
        lines.push(bench::show(&effect))
    });
    assert_snapshot!(lines.join("\n"), @r#"
    remove addresses
    Master -> Backup: BetterMaster { source: 192.0.2.2, theirs: Priority(200), ours: Priority(100) }
    remove addresses
    Master -> Backup: Synced { group: "both", member: "inside" }
    "#);
    assert_eq!(parent.deadline(), None);

    let left = records(&|ix| parent.router_record(ix));
    let mut next = Bench::new(pair());
    next.now = bench.now + SECOND;
    next.engine = Engine::adopt(pair(), &left, next.now);
    assert_snapshot!(
        next.give(Input::Start),
        @"(GroupTransition { group: GroupIx(0), from: Init, to: Backup })"
    );
    assert_eq!(states(&next), [State::Backup; 2]);
}

/// The process dies while a member of the group is held, the parent hears `heard`, and the next one
/// goes on.
fn adopted_while_held(heard: &[Input]) -> Bench {
    // The first member waits ten times as long as the second, which hears a master.
    let mut config = pair();
    config.routers[0].advert_interval = 10 * SECOND;
    let mut bench = Bench::started(config.clone());
    while !bench.engine.router_record(R, 1).unwrap().ready {
        bench.give(advert_to_other(&config.routers[1], 150));
        bench.wait(SECOND);
    }
    let noted = Records {
        routers: [R, OTHER]
            .map(|ix| bench.engine.router_record(ix, 1))
            .into(),
        scripts: Vec::new(),
    };
    let mut parent = StandIn::new(config.clone(), &noted);
    for input in heard {
        parent.handle(bench.now, input.clone(), &mut |effect| {
            panic!("{}", bench::show(&effect))
        });
    }
    let left = Records {
        routers: [R, OTHER].map(|ix| parent.router_record(ix)).into(),
        scripts: Vec::new(),
    };
    bench.engine = Engine::adopt(config, &left, bench.now);
    bench.give(Input::Start);
    bench
}

/// A group in which one member waited for the other alone goes on where it was when its process
/// died: the last member leads as soon as its master is gone.
#[test]
fn a_held_group_does_not_wait_anew_for_a_new_process() {
    let mut bench = adopted_while_held(&[]);
    assert_eq!(states(&bench), [State::Backup; 2]);
    bench.wait(4 * SECOND);
    assert_eq!(states(&bench), [State::Master; 2]);
}

/// A master that came meanwhile is not overlooked: the group would change to and fro.
#[test]
fn a_held_member_that_heard_a_master_between_two_processes_is_waited_for() {
    let outside = pair().routers[0]
        .clone()
        .with(|it| it.advert_interval = 10 * SECOND);
    let mut bench = adopted_while_held(&[advert(&outside, "192.0.2.7", 150)]);
    bench.wait(30 * SECOND);
    assert_eq!(states(&bench), [State::Backup; 2]);
    bench.wait(5 * SECOND);
    assert_eq!(states(&bench), [State::Master; 2]);
    // One that would be replaced anyway is none that is waited for.
    let mut bench = adopted_while_held(&[advert(&outside, "192.0.2.7", 50)]);
    bench.wait(4 * SECOND);
    assert_eq!(states(&bench), [State::Master; 2]);
}

/// Whoever reads the records learns at once that a held member has a master again.
#[test]
fn the_end_of_being_held_is_told() {
    let mut bench = Bench::started(pair());
    let (outside, inside) = (
        bench.config().clone(),
        bench.engine.config().routers[1].clone(),
    );
    for _ in 0..5 {
        bench.give(advert_to_other(&inside, 150));
        bench.wait(SECOND);
    }
    assert!(bench.engine.router_record(R, 1).unwrap().ready);
    assert_snapshot!(
        bench.give(advert(&outside, "192.0.2.7", 150)),
        @"(NoLongerHeld { router: RouterIx(0), source: 192.0.2.7 })"
    );
    assert!(!bench.engine.router_record(R, 1).unwrap().ready);
    assert_eq!(bench.give(advert(&outside, "192.0.2.7", 150)), "");
}
