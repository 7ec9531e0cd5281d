//! Owners that do not listen, checksums of other makes, strangers, and masters that were late.

mod bench;

use core::time::Duration;

use base::{Machine as _, Priority};
use bench::{ABOVE, BELOW, Bench, R, advert, config, ip, router, v3};
use vrrp::config::{Checksum, Peer, Router, Transport, Version};
use vrrp::{Cause, Input, State};
use wire::checksum::Rule;

const SECOND: Duration = Duration::from_secs(1);

fn owner() -> Router {
    router().with(|it| {
        it.priority = Priority::OWNER;
        it.owner_ignores_adverts = true;
    })
}

#[test]
fn an_owner_may_ignore_others_even_other_owners() {
    let mut bench = Bench::started(config(owner()));
    assert_eq!(bench.state(), State::Master);
    for round in 0..10 {
        let said = bench.hear(ABOVE, 255);
        assert_eq!(said.contains("OwnerIgnores"), round < 2, "{round}: {said}");
        bench.wait(SECOND);
    }
    assert_eq!((bench.state(), bench.priority()), (State::Master, 255));
    let stats = bench.engine.status(R).unwrap().stats;
    assert_eq!(stats.adverts_received, 0);
    // It would not, of itself.
    let listens = owner().with(|it| it.owner_ignores_adverts = false);
    let mut bench = Bench::started(config(listens));
    bench.hear(ABOVE, 255);
    assert_eq!(bench.state(), State::Backup);
}

/// A unicast router of version 3.
fn unicast(checksum: Checksum) -> Router {
    let peer = Peer {
        address: ip(ABOVE),
        min_ttl: 0,
        max_ttl: 255,
    };
    let base = v3(SECOND);
    base.with(|it| {
        it.checksum = checksum;
        it.transport = Transport::Unicast {
            peers: vec![peer],
            ttl: 255,
        };
        it.key.group = None;
    })
}

/// `input` with its checksum made by `rule` anew.
fn summed(mut input: Input, rule: Rule) -> Input {
    if let Input::Packet { payload, .. } = &mut input {
        payload[6..8].fill(0);
        let sum = rule.over(payload, wire::vrrp::PROTOCOL);
        payload[6..8].copy_from_slice(&sum.to_be_bytes());
    }
    input
}

fn to(destination: &str) -> Rule {
    Rule::Pseudo {
        source: ip(ABOVE),
        destination: ip(destination),
    }
}

/// Whether the only advert that `bench` sends now is summed by `rule`.
fn sends(bench: &mut Bench, rule: Rule) -> bool {
    let mut right = None;
    let (due, _) = bench.engine.deadline().unwrap();
    bench.now = due;
    bench.engine.handle(due, Input::Tick, &mut |effect| {
        if let vrrp::Effect::SendAdvert { packet, .. } = effect {
            let view = wire::vrrp::View::new(&packet).unwrap();
            right = Some(view.computed_checksum(base::Family::V4, rule) == Some(view.checksum()));
        }
    });
    right.expect("an advert")
}

fn ours(bench: &Bench, destination: &str) -> Rule {
    Rule::Pseudo {
        source: bench.config().source,
        destination: ip(destination),
    }
}

const GROUP: &str = "224.0.0.18";

#[test]
fn a_peer_that_sums_in_the_old_way_is_answered_alike() {
    let router = unicast(Checksum::Either(ip(GROUP)));
    let mut bench = Bench::master(config(router.clone()));
    let usual = ours(&bench, ABOVE);
    bench.until(|bench| bench.engine.deadline().unwrap().1 == "advert");
    assert!(sends(&mut bench, usual));
    let old = |priority| summed(advert(&router, ABOVE, priority), to(GROUP));
    let said = bench.give(old(50));
    assert!(said.contains("OldChecksums"), "{said}");
    assert!(!bench.give(old(50)).contains("OldChecksums"), "said once");
    bench.until(|bench| bench.engine.deadline().unwrap().1 == "advert");
    let group = ours(&bench, GROUP);
    assert!(sends(&mut bench, group));
    // What a stand-in or the next process goes on from.
    let record = bench.engine.router_record(R, 1).unwrap();
    assert!(record.old_sums);
    let read = vrrp::snapshot::RouterRecord::from_bytes(&record.to_bytes());
    assert_eq!(read, Some(record));
    let records = vrrp::snapshot::Records {
        routers: vec![Some(record)],
        scripts: Vec::new(),
    };
    bench.engine = vrrp::Engine::adopt(config(router), &records, bench.now);
    bench.give(Input::Start);
    bench.until(|bench| bench.engine.deadline().unwrap().1 == "advert");
    assert!(sends(&mut bench, group));
}

#[test]
fn each_way_of_summing_takes_its_own() {
    let heard = |checksum, rule| {
        let router = unicast(checksum);
        let input = summed(advert(&router, ABOVE, 200), rule);
        let mut bench = Bench::started(config(router));
        bench.give(input);
        bench.engine.status(R).unwrap().stats.adverts_received == 1
    };
    let (right, old, alone) = (to(bench::OURS), to(GROUP), Rule::Message);
    let group = ip(GROUP);
    let table = [
        (Checksum::Addresses, [true, false, false]),
        (Checksum::Either(group), [true, true, false]),
        (Checksum::Group(group), [false, true, false]),
        (Checksum::Message, [true, false, true]),
    ];
    for (checksum, takes) in table {
        let got = [right, old, alone].map(|rule| heard(checksum, rule));
        assert_eq!(got, takes, "{checksum:?}");
    }
}

#[test]
fn sums_without_addresses() {
    let mut bench = Bench::master(config(unicast(Checksum::Message)));
    bench.until(|bench| bench.engine.deadline().unwrap().1 == "advert");
    assert!(sends(&mut bench, Rule::Message));
    let mut bench = Bench::master(config(unicast(Checksum::Group(ip(GROUP)))));
    bench.until(|bench| bench.engine.deadline().unwrap().1 == "advert");
    let group = ours(&bench, GROUP);
    assert!(sends(&mut bench, group));
}

#[test]
fn strangers_are_told_once_a_minute() {
    let mut bench = Bench::started(config(router()));
    let mut heard = |place: &str, vrid, after: u64| {
        bench.wait(Duration::from_secs(after));
        let said = bench.give(Input::Stranger {
            place: place.into(),
            vrid: base::VrId::new(vrid).unwrap(),
            source: ip(ABOVE),
        });
        said.contains("UnknownVrid")
    };
    assert!(heard("eth0", 77, 0));
    assert!(!heard("eth0", 77, 1));
    assert!(heard("eth1", 77, 0));
    assert!(heard("eth0", 78, 0));
    assert!(!heard("eth0", 77, 58));
    assert!(heard("eth0", 77, 1));
}

/// A master with peers of at most 200 that wakes up `late` after its last advert.
fn late(version: Version, late: Duration, heard: Option<u8>) -> (State, String) {
    let router = router().with(|it| {
        it.version = version;
        it.preempt = false;
        it.timer_expired_backup = Some(Priority(200));
    });
    let mut bench = Bench::master(config(router));
    bench.now += late;
    let said = match heard {
        Some(priority) => bench.hear(BELOW, priority),
        None => bench.give(Input::Tick),
    };
    (bench.state(), said)
}

#[test]
fn a_master_that_was_late_gives_way() {
    // Three intervals and the skew of 200.
    let micros = 3_218_750;
    let (before, then) = (
        Duration::from_micros(micros - 1),
        Duration::from_micros(micros),
    );
    for version in [Version::V2, Version::V3] {
        assert_eq!(late(version, before, None).0, State::Master);
        let (state, said) = late(version, then, None);
        assert_eq!(state, State::Backup);
        // Somebody else is master: no release, which would make it speak, and no advert.
        assert!(
            !said.contains("advert 0 ") && said.starts_with("remove addresses"),
            "{said}"
        );
        let cause = Cause::TimerExpired { silent: then };
        assert!(said.contains(&format!("{cause:?}")), "{said}");
        // Also when the first thing it hears is that other one, of lower priority.
        assert_eq!(late(version, then, Some(50)).0, State::Backup);
        assert_eq!(late(version, before, Some(50)).0, State::Master);
    }
}

#[test]
fn without_the_keyword_being_late_changes_nothing() {
    let mut bench = Bench::master(config(router()));
    bench.now += Duration::from_secs(60);
    bench.give(Input::Tick);
    assert_eq!(bench.state(), State::Master);
}

#[test]
fn other_interfaces_are_reminded_after_the_second_burst() {
    let own = router();
    let router = own.with(|it| it.garp.extra = Duration::from_secs(10));
    let mut bench = Bench::master(config(router.clone()));
    let begun = bench.now;
    let log = bench.run(Duration::from_secs(30));
    let told = log
        .lines()
        .filter(|line| line.ends_with("announce elsewhere"));
    let times: Vec<&str> = told.filter_map(|line| line.split(' ').next()).collect();
    let wanted = [15, 25].map(|after| (begun + Duration::from_secs(after)).to_string());
    assert_eq!(times, wanted);
    // A reload that wants it more often does not wait for the old turn; one without it ends it.
    let garp = vrrp::config::Garp {
        extra: Duration::from_secs(2),
        ..router.garp.clone()
    };
    let often = router.with(|it| it.garp = garp);
    bench.give(Input::Reconfigure(config(often)));
    let log = bench.run(Duration::from_secs(4));
    assert_eq!(log.matches("announce elsewhere").count(), 2, "{log}");
    bench.give(Input::Reconfigure(config(bench::router())));
    let log = bench.run(Duration::from_secs(60));
    assert!(!log.contains("announce elsewhere"), "{log}");
}
