//! Elections against keepalived's observed timing and rules.

mod bench;

use core::time::Duration;

use base::{Instant, Machine, Priority, VrId};
use bench::{
    ABOVE, BELOW, Bench, OURS, R, address_lost, advert, config, effect_failed, ip, link, router,
    routing_lost, v3,
};
use insta::assert_snapshot;
use proptest::prelude::*;
use vrrp::config::{Auth, Peer, Router, Transport};
use vrrp::{Config, EFFECT_RETRY, Effect, Engine, Input, State};

const SECOND: Duration = Duration::from_secs(1);

/// When a router that hears nobody becomes master.
fn first_master(router: Router) -> Instant {
    Bench::master(config(router)).now
}

#[test]
fn start_waits_the_full_down_timer() {
    assert_eq!(first_master(router()).to_string(), "3.609375");
    assert_eq!(
        first_master(v3(Duration::from_millis(500))).to_string(),
        "1.804687"
    );
    let owner = router().with(|it| it.priority = Priority::OWNER);
    assert_eq!(first_master(owner.clone()), Instant::ZERO);
    let initial_backup = true;
    let waiting = owner.with(|it| it.initial_backup = initial_backup);
    assert_eq!(first_master(waiting).to_string(), "3.003906");
}

#[test]
fn becoming_master_and_the_adverts_after() {
    let mut bench = Bench::started(config(router()));
    assert_snapshot!(bench.run(Duration::from_millis(9000)), @r"
    3.609375 advert 100 to 224.0.0.18
    3.609375 add addresses
    3.609375 announce x5
    3.609375 Backup -> Master: MasterDown { waited: 3.609375s, last: None }
    4.609375 advert 100 to 224.0.0.18
    5.609375 advert 100 to 224.0.0.18
    6.609375 advert 100 to 224.0.0.18
    7.609375 advert 100 to 224.0.0.18
    8.609375 advert 100 to 224.0.0.18
    8.609375 announce x5
    ");
}

#[test]
fn a_late_wake_up_does_not_shift_later_adverts() {
    let mut bench = Bench::master(config(router()));
    let due = bench.now + SECOND;
    bench.now = due + Duration::from_millis(300);
    bench.give(Input::Tick);
    assert_eq!(bench.engine.deadline(), Some((due + SECOND, "advert")));
    // Stopped for ten seconds: one advert, not ten.
    bench.now = due + SECOND * 10;
    assert_eq!(bench.give(Input::Tick).matches("advert").count(), 1);
}

#[test]
fn release_hands_over_after_one_skew() {
    let mut bench = Bench::started(config(router()));
    bench.wait(SECOND).hear(ABOVE, 200);
    bench.wait(SECOND).hear(ABOVE, 0);
    assert_snapshot!(bench.run(SECOND), @r"
    2.609375 advert 100 to 224.0.0.18
    2.609375 add addresses
    2.609375 announce x5
    2.609375 Backup -> Master: MasterReleased { source: 192.0.2.2, waited: 609.375ms }
    ");
}

#[test]
fn preemption_waits_for_the_timer_and_nopreempt_never_preempts() {
    let hear_lower_for_ten_seconds = |router: Router| {
        let mut bench = Bench::started(config(router));
        for _ in 0..20 {
            bench.wait(SECOND / 2);
            if bench.state() == State::Backup {
                bench.hear(ABOVE, 50);
            }
        }
        (bench.state(), bench.engine.status(R).unwrap().since)
    };
    let preempt = hear_lower_for_ten_seconds(router());
    assert_eq!(preempt, (State::Master, Instant::from_micros(3_609_375)));
    let preempt = false;
    let polite = hear_lower_for_ten_seconds(router().with(|it| it.preempt = preempt));
    assert_eq!(polite, (State::Backup, Instant::ZERO));
}

/// Observed: delay 4 s, takeover 7 s after the delay began.
#[test]
fn preempt_delay_runs_before_the_timer() {
    let mut bench = Bench::started(config(router().with(|it| {
        it.preempt_delay = SECOND * 4;
        it.priority = Priority(250);
    })));
    let mut log = String::new();
    for _ in 0..8 {
        bench.wait(SECOND);
        if bench.state() == State::Backup {
            let (now, said) = (bench.now, bench.hear(ABOVE, 50));
            log += &format!("{now} {said}\n");
        }
    }
    let since = bench.engine.status(R).unwrap().since;
    assert_eq!(since.to_string(), "7.023437", "{log}");
    assert_snapshot!(log, @r"
    1.000000 (PreemptDelayStarted { router: RouterIx(0), source: 192.0.2.2, priority: Priority(50), delay: 4s })
    2.000000 
    3.000000 
    4.000000 
    5.000000 (LowerPriorityDiscarded { router: RouterIx(0), source: 192.0.2.2, theirs: Priority(50), ours: Priority(250) })
    6.000000 (LowerPriorityDiscarded { router: RouterIx(0), source: 192.0.2.2, theirs: Priority(50), ours: Priority(250) })
    7.000000 (LowerPriorityDiscarded { router: RouterIx(0), source: 192.0.2.2, theirs: Priority(50), ours: Priority(250) })
    ");
}

#[test]
fn preempt_delay_stops_for_a_better_master() {
    let mut bench = Bench::started(config(router().with(|it| it.preempt_delay = SECOND * 4)));
    assert!(bench.hear(ABOVE, 50).contains("PreemptDelayStarted"));
    assert!(bench.hear(ABOVE, 150).contains("PreemptDelayStopped"));
    bench.wait(SECOND * 3);
    // It starts anew, not where it was.
    assert!(bench.hear(ABOVE, 50).contains("PreemptDelayStarted"));
}

#[test]
fn ties_go_to_the_higher_address() {
    for (source, priority, state) in [
        (ABOVE, 100, State::Backup),
        (BELOW, 100, State::Master),
        (OURS, 100, State::Master),
        (BELOW, 101, State::Backup),
        (ABOVE, 99, State::Master),
    ] {
        let mut bench = Bench::master(config(router()));
        bench.hear(source, priority);
        assert_eq!(bench.state(), state, "{source} {priority}");
    }
}

#[test]
fn a_lower_master_is_told_and_the_network_reminded() {
    let mut bench = Bench::master(config(router()));
    bench.wait(SECOND * 6 + SECOND / 2);
    bench.hear(ABOVE, 50);
    // The advert restarts the interval. The rival may have announced the addresses after us: once
    // more when it has settled, and after the burst's own delay.
    assert_snapshot!(bench.run(SECOND * 5 + SECOND / 2), @r"
    10.209375 announce x2
    11.109375 advert 100 to 224.0.0.18
    12.109375 advert 100 to 224.0.0.18
    13.109375 advert 100 to 224.0.0.18
    14.109375 advert 100 to 224.0.0.18
    15.109375 advert 100 to 224.0.0.18
    15.109375 announce x2
    ");
    let mut compatible = Bench::master(config(router().with(|it| it.compat_timing = true)));
    compatible.wait(SECOND * 6 + SECOND / 2);
    compatible.hear(ABOVE, 50);
    let told = compatible.run(SECOND * 5 + SECOND / 2);
    assert_eq!(told.matches("announce").count(), 1, "{told}");
    let mut quiet = Bench::master(config(router().with(|it| it.lower_prio_no_advert = true)));
    assert!(!quiet.hear(ABOVE, 50).contains("advert 100"));
}

#[test]
fn higher_prio_send_advert_says_one_more() {
    let mut bench = Bench::master(config(
        router().with(|it| it.higher_prio_send_advert = true),
    ));
    assert_snapshot!(bench.hear(ABOVE, 200), @r"
    advert 100 to 224.0.0.18
    remove addresses
    Master -> Backup: BetterMaster { source: 192.0.2.2, theirs: Priority(200), ours: Priority(100) }
    ");
}

#[test]
fn version_3_backup_goes_by_the_masters_interval() {
    let ours = v3(Duration::from_millis(500));
    let theirs = v3(Duration::from_millis(100));
    let mut bench = Bench::started(config(ours));
    bench.give(advert(&theirs, ABOVE, 200));
    let next = bench.engine.deadline().unwrap().0;
    // 3 x 0.1 + 156/256 x 0.1
    assert_eq!(next.to_string(), "0.360937");
    bench.next();
    assert_eq!(bench.state(), State::Master);
    let (due, _) = bench.engine.deadline().unwrap();
    assert_eq!(due.since(bench.now), Duration::from_millis(500));
}

#[test]
fn two_owners() {
    let owner = router().with(|it| it.priority = Priority::OWNER);
    let mut lower = Bench::started(config(owner.clone()));
    lower.hear(ABOVE, 255);
    assert_eq!(lower.state(), State::Backup);

    let mut higher = Bench::started(config(owner));
    let told = higher.hear(BELOW, 255);
    assert!(told.contains("DuplicateOwner"), "{told}");
    assert_eq!(told.matches("advert 255").count(), 2);
    higher.wait(SECOND);
    assert_eq!(higher.hear(BELOW, 255), "", "not told often enough yet");
    higher.wait(SECOND);
    higher.hear(BELOW, 255);
    assert_eq!(higher.state(), State::Backup);
    assert_eq!(higher.priority(), 254);
    // Once the other one is silent, we own the addresses again.
    higher.until(|bench| bench.state() == State::Master);
    assert_eq!(higher.priority(), 255);
}

/// BFD is believed where it was asked for, and only about the master.
#[test]
fn a_master_that_bfd_has_lost_is_not_waited_for() {
    let lost = |bfd_master_down, address| {
        let mut bench = Bench::started(config(
            router().with(|it| it.bfd_master_down = bfd_master_down),
        ));
        bench.wait(SECOND).hear(ABOVE, 200);
        bench.wait(SECOND / 2);
        let address = ip(address);
        (bench.give(Input::PathDown { address }), bench.state())
    };
    let (told, state) = lost(true, ABOVE);
    assert_eq!(state, State::Master);
    assert!(told.contains("MasterUnreachable"), "{told}");
    assert!(told.contains("waited: 500ms"), "{told}");
    assert_eq!(lost(true, BELOW), (String::new(), State::Backup));
    assert_eq!(lost(false, ABOVE), (String::new(), State::Backup));
}

/// An interface that gets its address after the start.
#[test]
fn the_source_may_be_found_out_later() {
    let unknown = router().with(|it| it.source = ip("0.0.0.0"));
    let mut bench = Bench::new(config(unknown.clone()));
    bench.give(Input::SourceAddress {
        router: R,
        address: ip(OURS),
    });
    bench.give(Input::Start);
    bench.until(|bench| bench.state() == State::Master);
    bench.hear(BELOW, 100);
    assert_eq!(bench.state(), State::Master, "ours is the higher address");
    bench.give(Input::Reconfigure(config(unknown)));
    bench.hear(BELOW, 100);
    assert_eq!(bench.state(), State::Master, "still is");
    bench.give(Input::SourceAddress {
        router: R,
        address: ip("192.0.1.255"),
    });
    bench.hear(BELOW, 100);
    assert_eq!(bench.state(), State::Backup, "no longer");
}

/// Addresses of routers that move together move together, so that the last VIP is not late.
#[test]
fn simultaneous_takeovers_are_grouped() {
    let twins = Config {
        routers: [51, 52]
            .map(|vrid| router().with(|it| it.key.vrid = VrId::new(vrid).unwrap()))
            .to_vec()
            .into(),
        scripts: Vec::new(),
        ..Config::default()
    };
    let mut bench = Bench::started(twins);
    assert_snapshot!(bench.next(), @r"
    advert 100 to 224.0.0.18
    advert 100 to 224.0.0.18
    add addresses
    add addresses
    announce x5
    announce x5
    Backup -> Master: MasterDown { waited: 3.609375s, last: None }
    Backup -> Master: MasterDown { waited: 3.609375s, last: None }
    ");
    assert_snapshot!(bench.give(Input::Shutdown), @r"
    advert 0 to 224.0.0.18
    (Released { router: RouterIx(0) })
    advert 0 to 224.0.0.18
    (Released { router: RouterIx(1) })
    ");
    assert_snapshot!(bench.next(), @r"
    remove addresses
    remove addresses
    Master -> Init: Stop
    Master -> Init: Stop
    (Stopped)
    ");
}

/// An owner as well, which was master at once when it started.
#[test]
fn link_loss_is_a_fault_and_return_waits_the_full_timer() {
    for (priority, full) in [(Priority(100), 3_609_375), (Priority::OWNER, 3_003_906)] {
        let mut bench = Bench::master(config(Router {
            priority,
            ..router()
        }));
        bench.give(link(false));
        assert_eq!(bench.state(), State::Fault);
        assert_eq!(bench.engine.deadline(), None, "no timer in FAULT");
        bench.wait(SECOND * 10);
        bench.give(link(true));
        assert_eq!(bench.state(), State::Backup);
        let (due, _) = bench.engine.deadline().unwrap();
        assert_eq!(due.since(bench.now), Duration::from_micros(full));
    }
}

#[test]
fn link_down_before_start() {
    let mut bench = Bench::new(config(router()));
    bench.give(link(false));
    assert_snapshot!(
        bench.give(Input::Start),
        @r#"Init -> Fault: Link { reason: "eth0 down" }"#
    );
}

/// Observed at priority 120: priority 0, BACKUP, master again 0.53 s later.
#[test]
fn a_deleted_address_comes_back_after_one_skew() {
    let mut bench = Bench::master(config(router().with(|it| it.priority = Priority(120))));
    let lost = bench.now;
    bench.give(address_lost());
    assert_eq!(bench.state(), State::Backup);
    bench.until(|bench| bench.state() == State::Master);
    assert_eq!(bench.now.since(lost), Duration::from_micros(531_250));
}

/// `dont_track_primary`; that there is no interface at all counts.
#[test]
fn a_link_that_does_not_count_leaves_a_master_alone() {
    let mut bench = Bench::master(config(router().with(|it| it.ignores_link = true)));
    bench.give(link(false));
    assert_eq!(bench.state(), State::Master);
    bench.give(Input::Link {
        router: R,
        up: false,
        reason: "interface eth0 does not exist".into(),
        at_once: true,
    });
    assert_eq!(bench.state(), State::Fault);
}

/// Observed likewise, of a route and of a rule.
#[test]
fn a_deleted_route_comes_back_after_one_skew() {
    let mut bench = Bench::master(config(router().with(|it| it.priority = Priority(120))));
    let lost = bench.now;
    bench.give(routing_lost());
    assert_eq!(bench.state(), State::Backup);
    bench.until(|bench| bench.state() == State::Master);
    assert_eq!(bench.now.since(lost), Duration::from_micros(531_250));
}

#[test]
fn a_failed_effect_is_tried_again_later() {
    let mut bench = Bench::master(config(router()));
    let failed = bench.now;
    bench.give(effect_failed());
    bench.wait(SECOND).give(link(true));
    assert_eq!(
        bench.state(),
        State::Fault,
        "something else getting well does not help"
    );
    bench.next();
    assert_eq!(bench.state(), State::Backup);
    assert_eq!(bench.now.since(failed), EFFECT_RETRY);
}

/// The packets as captured from keepalived 2.2.7 and 2.4.3, each with the destination its
/// checksum covers.
#[test]
fn packets_on_the_wire() {
    let sent = |vrid: u8, address: &str, router: Router| {
        let mut engine = Engine::new(config(router.clone().with(|it| {
            it.priority = Priority(200);
            it.addresses = vec![ip(address)];
            it.key.vrid = VrId::new(vrid).unwrap();
        })));
        let mut packets = Vec::new();
        let mut keep = |effect| {
            if let Effect::SendAdvert { to, packet, .. } = effect {
                let hex: String = packet.iter().map(|byte| format!("{byte:02x}")).collect();
                packets.push(format!("{to} {hex}"));
            }
        };
        engine.handle(Instant::ZERO, Input::Start, &mut keep);
        let (due, _) = engine.deadline().unwrap();
        engine.handle(due, Input::Tick, &mut keep);
        packets
    };
    let unicast = |router: Router| {
        router.with(|it| {
            it.transport = Transport::Unicast {
                peers: ["192.0.2.2", "192.0.2.3"]
                    .map(|peer| Peer {
                        address: ip(peer),
                        min_ttl: 0,
                        max_ttl: 255,
                    })
                    .into(),
                ttl: 255,
            }
        })
    };
    let secret = router().with(|it| it.auth = Auth::Pass(*b"secret\0\0"));
    let half = v3(Duration::from_millis(500));
    let group = "224.0.0.18";
    assert_eq!(
        sent(52, "192.0.2.110", secret),
        [format!("{group} 2134c8010101170ec000026e7365637265740000")]
    );
    assert_eq!(
        sent(54, "192.0.2.112", half),
        [format!("{group} 3136c8010032a194c0000270")]
    );
    assert_eq!(
        sent(56, "192.0.2.113", unicast(router())),
        ["192.0.2.2", "192.0.2.3"]
            .map(|peer| format!("{peer} 2138c80100015453c00002710000000000000000"))
    );
    // The pseudo header differs by one from peer to peer.
    assert_eq!(
        sent(57, "192.0.2.114", unicast(v3(SECOND))),
        [
            "192.0.2.2 3139c8010064bf6dc0000272",
            "192.0.2.3 3139c8010064bf6cc0000272"
        ]
    );
}

proptest! {
    /// Whatever is heard in whatever order: addresses are held exactly while master, one
    /// transition follows from the one before, and the timer is never in the past.
    #[test]
    fn addresses_follow_mastership(
        steps in prop::collection::vec((0..10_u8, 0..4_u8, 0..3000_u64), 1..60),
        preempt in any::<bool>(),
        delay in 0..3_u64,
    ) {
        let mut bench = Bench::started(config(router().with(|it| {
it.preempt = preempt;
it.preempt_delay = SECOND * delay as u32;
})));
        let (mut held, mut state) = (false, State::Backup);
        for (what, source, millis) in steps {
            let before = bench.run(Duration::from_millis(millis));
            let source = ["192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3"][usize::from(source)];
            let now = match what {
                0 => bench.give(link(false)),
                1 => bench.give(link(true)),
                2 => bench.give(address_lost()),
                3 => bench.give(effect_failed()),
                4 => bench.hear(source, 0),
                5 => bench.hear(source, 100),
                6 => bench.hear(source, 50),
                7 => bench.give(Input::Reconfigure(bench.engine.config().clone())),
                _ => bench.hear(source, 200),
            };
            for line in before.lines().chain(now.lines()) {
                if line.ends_with("add addresses") {
                    prop_assert!(!held);
                    held = true;
                } else if line.ends_with("remove addresses") {
                    prop_assert!(held);
                    held = false;
                } else if let Some((from, rest)) = line.split_once(" -> ") {
                    prop_assert!(from.ends_with(&format!("{state:?}")), "{line} after {state:?}");
                    state = match rest.split(':').next() {
                        Some("Master") => State::Master,
                        Some("Backup") => State::Backup,
                        _ => State::Fault,
                    };
                    prop_assert_eq!(held, state == State::Master, "{}", line);
                }
            }
            prop_assert_eq!(bench.state(), state);
            prop_assert_eq!(held, state == State::Master);
            if let Some((due, _)) = bench.engine.deadline() {
                prop_assert!(due > bench.now);
            }
        }
    }
}
