//! The death of an engine's process: nobody on the network notices.

mod bench;

use core::time::Duration;

use base::{Instant, Machine, Priority};
use bench::{
    ABOVE, BELOW, Bench, R, advert, config, exit, link, router, script, show, with_script,
};
use insta::assert_snapshot;
use vrrp::config::ScriptIx;
use vrrp::snapshot::{Layout, Records, RouterRecord};
use vrrp::{Config, Effect, Engine, Event, Input, StandIn, State};

const SECOND: Duration = Duration::from_secs(1);
const GENERATION: u32 = 7;

/// Through the bytes of a page, as between processes.
fn page(engine: &Engine) -> Vec<u8> {
    let layout = Layout::of(engine.config());
    let mut page = vec![0; layout.len()];
    for ix in 0..u32::MAX {
        let router = vrrp::config::RouterIx(ix);
        let Some(record) = engine.router_record(router, GENERATION) else {
            break;
        };
        page[layout.router(router).unwrap()].copy_from_slice(&record.to_bytes());
    }
    for ix in 0..u32::MAX {
        let Some(record) = engine.script_record(ScriptIx(ix), GENERATION) else {
            break;
        };
        page[layout.script(ScriptIx(ix)).unwrap()].copy_from_slice(&record.to_bytes());
    }
    page
}

fn records(engine: &Engine) -> Records {
    Layout::of(engine.config()).read(&page(engine), GENERATION)
}

fn stand_in(bench: &Bench) -> StandIn {
    StandIn::new(bench.engine.config().clone(), &records(&bench.engine))
}

fn give(machine: &mut StandIn, now: Instant, input: Input) -> String {
    let mut lines = Vec::new();
    machine.handle(now, input, &mut |effect| lines.push(show(&effect)));
    lines.join("\n")
}

#[test]
fn adverts_keep_their_distance_through_two_hand_overs() {
    let mut bench = Bench::master(with_script(-20, script("chk")));
    bench.give(exit(1));
    bench.wait(SECOND * 2);
    let first_due = bench.engine.deadline().unwrap().0.max(bench.now);
    let mut sent = Vec::new();

    // The child dies; the parent serves three adverts.
    let mut parent = stand_in(&bench);
    let mut due = parent.deadline().unwrap().0;
    assert!(due >= first_due);
    for _ in 0..3 {
        assert_eq!(
            give(&mut parent, due, Input::Tick),
            "advert 80 to 224.0.0.18"
        );
        sent.push(due);
        due = parent.deadline().unwrap().0;
    }

    // The next child goes on, lowered priority and all.
    let mut left = records(&bench.engine);
    left.routers[0] = parent.router_record(R);
    bench.now = sent[2] + SECOND / 2;
    bench.engine = Engine::adopt(bench.engine.config().clone(), &left, bench.now);
    assert_eq!(
        bench.give(Input::Start),
        "run script 0",
        "no transition, no address touched"
    );
    assert_eq!((bench.state(), bench.priority()), (State::Master, 80));
    let log = bench.run(SECOND);
    assert!(log.contains("advert 80"), "{log}");
    sent.push(due);
    let distances: Vec<_> = sent.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    assert_eq!(distances, [SECOND; 3]);
    let first = log.lines().find(|line| line.contains("advert")).unwrap();
    assert!(first.starts_with(&due.to_string()), "{first}");
}

/// Announcements are repeated some seconds after a takeover: whoever adopts a mastership that is no
/// older than that does so, as the process before may have died first.
#[test]
fn the_second_burst_is_not_lost() {
    for (age, announced) in [(SECOND, true), (SECOND * 6, true), (SECOND * 9, false)] {
        let mut bench = Bench::master(config(router()));
        let left = records(&bench.engine);
        bench.now += age;
        bench.engine = Engine::adopt(bench.engine.config().clone(), &left, bench.now);
        bench.give(Input::Start);
        let log = bench.run(SECOND * 6);
        assert_eq!(log.contains("announce x5"), announced, "{age:?} {log}");
    }
}

#[test]
fn overdue_by_half_an_interval() {
    let bench = Bench::master(config(router()));
    let record = bench.engine.router_record(R, GENERATION).unwrap();
    let overdue = record.overdue(bench.config()).unwrap();
    assert_eq!(overdue.since(bench.now), SECOND * 3 / 2);
    let backup = Bench::started(config(router()));
    let record = backup.engine.router_record(R, GENERATION).unwrap();
    assert_eq!(record.overdue(backup.config()), None);
}

#[test]
fn a_stand_in_yields_to_a_better_master_only() {
    let bench = Bench::master(config(router()));
    let mut parent = stand_in(&bench);
    for (source, priority) in [(ABOVE, 50), (BELOW, 100), (ABOVE, 0), (bench::OURS, 100)] {
        let input = advert(bench.config(), source, priority);
        assert_eq!(
            give(&mut parent, bench.now, input),
            "",
            "{source} {priority}"
        );
    }
    let mut forged = advert(bench.config(), ABOVE, 200);
    if let Input::Packet { ttl, .. } = &mut forged {
        *ttl = 254;
    }
    assert_eq!(
        give(&mut parent, bench.now, forged),
        "",
        "checks hold here, too"
    );
    let better = advert(bench.config(), ABOVE, 200);
    assert_snapshot!(give(&mut parent, bench.now, better), @r"
    remove addresses
    Master -> Backup: BetterMaster { source: 192.0.2.2, theirs: Priority(200), ours: Priority(100) }
    ");
    assert_eq!(parent.deadline(), None);
    assert_eq!(give(&mut parent, bench.now + SECOND * 5, Input::Tick), "");

    // The next child listens.
    let records = Records {
        routers: vec![parent.router_record(R)],
        scripts: Vec::new(),
    };
    let mut next = Bench::new(config(router()));
    next.now = bench.now + SECOND * 60;
    next.engine = Engine::adopt(config(router()), &records, next.now);
    assert_eq!(next.give(Input::Start), "");
    assert_eq!(next.state(), State::Backup);
    let (due, _) = next.engine.deadline().unwrap();
    assert_eq!(due.since(next.now), Duration::from_micros(3_609_375));
}

#[test]
fn the_last_will() {
    let bench = Bench::master(config(router()));
    let mut parent = stand_in(&bench);
    assert_snapshot!(give(&mut parent, bench.now, Input::Shutdown), @r"
    advert 0 to 224.0.0.18
    (Released { router: RouterIx(0) })
    remove addresses
    Master -> Init: Stop
    (Stopped)
    ");
    assert_eq!(parent.deadline(), None);
}

#[test]
fn backups_and_strangers_are_not_served() {
    let backup = Bench::started(config(router()));
    assert_eq!(stand_in(&backup).deadline(), None);
    // Records of another configuration are none.
    let master = Bench::master(config(router()));
    let old = Layout::of(master.engine.config()).read(&page(&master.engine), GENERATION + 1);
    assert_eq!(old.routers, [None]);
    let parent = StandIn::new(config(router()), &old);
    assert_eq!(parent.deadline(), None);
}

#[test]
fn what_went_wrong_meanwhile_counts() {
    let bench = Bench::master(config(router()));
    let records = records(&bench.engine);
    let mut next = Bench::new(config(router()));
    next.now = bench.now;
    next.engine = Engine::adopt(config(router()), &records, next.now);
    next.give(link(false));
    assert!(next.give(Input::Start).contains("Master -> Fault"));
    // And what got well.
    let fault = next.engine.router_record(R, GENERATION).unwrap();
    assert_eq!(fault.state, State::Fault);
    let records = Records {
        routers: vec![Some(fault)],
        scripts: Vec::new(),
    };
    next.engine = Engine::adopt(config(router()), &records, next.now);
    assert_snapshot!(next.give(Input::Start), @"Fault -> Backup: FaultsCleared");
}

/// Observed without a death: delay 4 s, takeover 7 s after it began. What was heard in between by the
/// next engine, or by the stand-in, does not begin it anew; a better master does.
#[test]
fn preempt_delay_goes_on_where_it_stood() {
    let delayed = config(router().with(|it| {
        it.preempt_delay = SECOND * 4;
        it.priority = Priority(250);
    }));
    for (meanwhile, taken_over) in [
        (None, "7.023437"),
        (Some(50), "7.023437"),
        (Some(251), "8.023437"),
    ] {
        let mut bench = Bench::started(delayed.clone());
        bench.wait(SECOND);
        assert!(bench.hear(ABOVE, 50).contains("PreemptDelayStarted"));
        let mut left = records(&bench.engine);
        let mut parent = stand_in(&bench);
        bench.wait(SECOND);
        if let Some(priority) = meanwhile {
            let heard = advert(bench.config(), ABOVE, priority);
            assert_eq!(give(&mut parent, bench.now, heard), "");
        }
        left.routers[0] = parent.router_record(R);
        bench.engine = Engine::adopt(delayed.clone(), &left, bench.now);
        bench.give(Input::Start);
        for _ in 0..9 {
            if bench.state() == State::Backup {
                bench.hear(ABOVE, 50);
            }
            bench.wait(SECOND);
        }
        assert_eq!(bench.state(), State::Master, "{meanwhile:?}");
        let since = bench.engine.status(R).unwrap().since.to_string();
        assert!(since.starts_with(taken_over), "{meanwhile:?} {since}");
    }
}

/// When the next advert was due is not taken for the end of a delay by one that has given way.
#[test]
fn who_gave_way_delays_from_the_start() {
    let mut bench = Bench::master(config(router().with(|it| it.preempt_delay = SECOND * 4)));
    let mut parent = stand_in(&bench);
    let better = advert(bench.config(), ABOVE, 200);
    assert!(give(&mut parent, bench.now, better).contains("Master -> Backup"));
    let left = Records {
        routers: vec![parent.router_record(R)],
        scripts: Vec::new(),
    };
    bench.engine = Engine::adopt(bench.engine.config().clone(), &left, bench.now);
    bench.give(Input::Start);
    let heard = bench.hear(ABOVE, 50);
    assert!(heard.contains("PreemptDelayStarted"), "{heard}");
}

/// A weight-0 script that has not spoken since the hand-over does not end a mastership.
#[test]
fn a_lost_verdict_does_not_end_a_mastership() {
    let mut bench = Bench::started(with_script(0, script("chk")));
    bench.give(exit(0));
    bench.until(|bench| bench.state() == State::Master);
    let mut records = records(&bench.engine);
    records.scripts.clear();
    bench.engine = Engine::adopt(bench.engine.config().clone(), &records, bench.now);
    bench.give(Input::Start);
    assert_eq!(bench.state(), State::Master);
}

/// So many routers, each on an interface of its own.
fn many(routers: u32, priority: impl Fn(u32) -> Priority) -> Config {
    let of = |ix| {
        router().with(|it| {
            it.priority = priority(ix);
            it.key.interface = format!("eth{ix}").into();
        })
    };
    Config {
        routers: (0..routers).map(of).collect(),
        ..Config::default()
    }
}

/// One tick does not do everything that is due, but what is left is due at once, and no router's
/// turn comes twice before another's.
#[test]
fn many_timers_of_one_moment_fire_in_parts() {
    let mut engine = Engine::new(many(600, |_| Priority(100)));
    engine.handle(Instant::ZERO, Input::Start, &mut |_| {});
    let (moment, _) = engine.deadline().unwrap();
    let mut ticks: Vec<Vec<u32>> = Vec::new();
    while engine.deadline().is_some_and(|(due, _)| due <= moment) {
        let mut changed = Vec::new();
        engine.handle(moment, Input::Tick, &mut |effect| {
            if let Effect::Event(Event::Transition { router, to, .. }) = effect {
                assert_eq!(to, State::Master);
                changed.push(router.0);
            }
        });
        ticks.push(changed);
    }
    let sizes: Vec<usize> = ticks.iter().map(Vec::len).collect();
    assert_eq!(sizes, [256, 256, 88]);
    assert!(ticks.concat().into_iter().eq(0..600));
}

/// Many routers: each advert is sent when due, in order of time, by engine and stand-in alike.
#[test]
fn a_thousand_routers_keep_their_time() {
    let many = many(1020, |ix| Priority(100 + (ix % 150) as u8));
    let mut bench = Bench::started(many.clone());
    bench.run(SECOND * 10);
    let mut parent = StandIn::new(many, &records(&bench.engine));
    let end = bench.now + SECOND * 10;
    let mut last: Vec<Option<Instant>> = vec![None; 1020];
    let mut sent = 0;
    while let Some((due, _)) = parent.deadline().filter(|(due, _)| *due < end) {
        parent.handle(due, Input::Tick, &mut |effect| {
            let Effect::SendAdvert { router, .. } = effect else {
                panic!("nothing but adverts: {effect:?}");
            };
            let before = last[router.0 as usize].replace(due);
            assert!(before.is_none_or(|before| due.since(before) == SECOND));
            sent += 1;
        });
    }
    assert_eq!(sent, 10 * 1020);
}

/// Every effect that changes a record names its router, so that the page is never stale.
#[test]
fn effects_name_the_routers_whose_records_change() {
    let mut bench = Bench::started(config(router()));
    let mut known: RouterRecord = bench.engine.router_record(R, GENERATION).unwrap();
    for step in 0..40_u64 {
        let input = match step % 8 {
            0..=4 => Input::Tick,
            5 => advert(bench.config(), ABOVE, 200),
            6 => link(false),
            _ => link(true),
        };
        bench.now += SECOND;
        let mut named = false;
        bench.engine.handle(bench.now, input, &mut |effect| {
            named |= effect.router() == Some(R);
            assert_ne!(effect, Effect::Event(Event::Stopped));
        });
        let now = bench.engine.router_record(R, GENERATION).unwrap();
        assert!(named || now == known, "step {step}");
        known = now;
    }
}
