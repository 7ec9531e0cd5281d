//! Every state against every input: where it leads and what is done, in one table.

mod bench;

use bench::{
    ABOVE, BELOW, Bench, OURS, R, address_lost, address_taken, advert, effect_failed, exit, ip,
    link, object, read, routing_lost, script, with_script,
};
use core::time::Duration;

use base::{Machine, Priority, Weight};
use vrrp::config::{ObjectIx, ObjectKind, Router, ScriptIx, Track};
use vrrp::{Input, Reading, State};

/// What is asked of a router besides the usual.
type Change = fn(&mut Router);

/// A bench in `state`, with a weight-0 script that tells Init from the rest, and an interface of
/// weight 0 that is up.
fn bench_in(state: State) -> Bench {
    bench_of(|_| (), state)
}

/// The same with `change` done to the router.
fn bench_of(change: Change, state: State) -> Bench {
    let mut config = with_script(0, script("chk"));
    change(&mut config.routers[0]);
    config.routers[0].bfd_master_down = true;
    config.objects.push(object(ObjectKind::Interface));
    config.routers[0].tracks.push(Track {
        object: ObjectIx(0),
        weight: Weight(0),
        reverse: false,
    });
    let mut bench = Bench::new(config);
    bench.give(read(Reading::Good));
    bench.give(Input::Start);
    if state != State::Init {
        bench.give(exit(0));
    }
    match state {
        State::Init => {}
        // An owner is backup only when it comes back.
        State::Backup if bench.state() == State::Master => {
            bench.give(link(false));
            bench.give(link(true));
        }
        State::Backup => {}
        State::Master => bench.until(|bench| bench.state() == State::Master),
        State::Fault => {
            bench.give(link(false));
        }
    }
    assert_eq!(bench.state(), state);
    bench
}

fn inputs(bench: &Bench) -> Vec<(&'static str, Input)> {
    let config = bench.config();
    let mut short = advert(config, ABOVE, 200);
    if let Input::Packet { payload, .. } = &mut short {
        payload.truncate(12);
    }
    vec![
        ("start", Input::Start),
        ("tick", Input::Tick),
        ("advert 200", advert(config, ABOVE, 200)),
        ("advert 100 above", advert(config, ABOVE, 100)),
        ("advert 100 ours", advert(config, OURS, 100)),
        ("advert 100 below", advert(config, BELOW, 100)),
        ("advert 50", advert(config, ABOVE, 50)),
        ("advert 0", advert(config, ABOVE, 0)),
        ("advert cut short", short),
        ("script good", exit(0)),
        ("script bad", exit(1)),
        ("interface good", read(Reading::Good)),
        ("interface bad", read(Reading::Bad)),
        ("link up", link(true)),
        ("link down", link(false)),
        (
            "source address",
            Input::SourceAddress {
                router: R,
                address: ip(OURS),
            },
        ),
        ("wall clock", Input::WallClock(Duration::from_secs(1))),
        ("path down", Input::PathDown { address: ip(ABOVE) }),
        ("stranger", stranger()),
        ("address lost", address_lost()),
        ("address taken", address_taken(false)),
        ("last address taken", address_taken(true)),
        ("routing lost", routing_lost()),
        ("effect failed", effect_failed()),
        ("occupied", Input::Occupied),
        (
            "same configuration",
            Input::Reconfigure(bench.engine.config().clone()),
        ),
        ("shutdown", Input::Shutdown),
    ]
}

/// The kinds of input; the compiler asks for new ones here, the test below in [`inputs`].
const KINDS: usize = 17;

fn stranger() -> Input {
    Input::Stranger {
        place: "eth0".into(),
        vrid: base::VrId::new(77).unwrap(),
        source: ip(ABOVE),
    }
}

fn kind(input: &Input) -> usize {
    match input {
        Input::Start => 0,
        Input::Tick => 1,
        Input::Packet { .. } => 2,
        Input::ScriptExit { .. } => 3,
        Input::Read { .. } => 4,
        Input::Link { .. } => 5,
        Input::SourceAddress { .. } => 6,
        Input::WallClock(_) => 7,
        Input::PathDown { .. } => 8,
        Input::Stranger { .. } => 9,
        Input::AddressLost { .. } => 10,
        Input::AddressTaken { .. } => 11,
        Input::RoutingLost { .. } => 12,
        Input::EffectFailed { .. } => 13,
        Input::Occupied => 14,
        Input::Reconfigure(_) => 15,
        Input::Shutdown => 16,
    }
}

#[test]
fn no_kind_of_input_is_missing() {
    let mut kinds: Vec<_> = inputs(&bench_in(State::Backup))
        .iter()
        .map(|(_, input)| kind(input))
        .collect();
    kinds.dedup();
    assert_eq!(kinds, Vec::from_iter(0..KINDS));
}

/// All states and inputs of a router with `change`.
fn table(change: Change) -> String {
    let mut table = String::new();
    for state in [State::Init, State::Backup, State::Master, State::Fault] {
        for at in 0..inputs(&bench_of(change, state)).len() {
            let mut bench = bench_of(change, state);
            bench.wait(Duration::from_millis(1));
            let (name, input) = inputs(&bench).swap_remove(at);
            if name.starts_with("script") {
                let chk = ScriptIx(0);
                bench.until(|bench| bench.engine.script_status(chk).unwrap().running);
            }
            assert_eq!(bench.state(), state, "before {name}");
            let effects = bench.give(input);
            let waits = bench.engine.status(R).unwrap().next;
            let next = waits.map_or("never".into(), |(at, whose)| {
                format!("{whose} in {:?}", at.since(bench.now))
            });
            table += &format!("{state:?} + {name}: {:?}, next {next}\n", bench.state());
            for line in effects.lines() {
                table += &format!("    {line}\n");
            }
        }
    }
    table
}

#[test]
fn every_state_and_input() {
    insta::assert_snapshot!(table(|_| ()));
}

/// Where `nopreempt` makes a difference, and only there.
#[test]
fn what_nopreempt_changes() {
    let (usual, never) = (table(|_| ()), table(|it| it.preempt = false));
    insta::assert_snapshot!(difference(&usual, &never));
}

/// Where it makes a difference that a router owns its addresses.
#[test]
fn what_an_owner_does_otherwise() {
    let (usual, owner) = (table(|_| ()), table(|it| it.priority = Priority::OWNER));
    insta::assert_snapshot!(difference(&usual, &owner));
}

/// The rows of `other` that `usual` does not have.
fn difference(usual: &str, other: &str) -> String {
    let rows = |table: &str| -> Vec<String> {
        let mut rows: Vec<String> = Vec::new();
        for line in table.lines() {
            match rows.last_mut().filter(|_| line.starts_with(' ')) {
                Some(row) => *row += &format!("\n{line}"),
                None => rows.push(line.to_owned()),
            }
        }
        rows
    };
    let (usual, other) = (rows(usual), rows(other));
    assert_eq!(usual.len(), other.len());
    let pairs = usual
        .iter()
        .zip(&other)
        .filter(|(usual, other)| usual != other);
    pairs.map(|(_, other)| format!("{other}\n")).collect()
}

/// A master that was told to stop: it sends nothing, and leaves sooner or later.
#[test]
fn every_input_while_leaving() {
    let mut table = String::new();
    for at in 0..inputs(&bench_in(State::Master)).len() {
        let mut bench = bench_in(State::Master);
        let (name, input) = inputs(&bench).swap_remove(at);
        bench.give(Input::Shutdown);
        bench.wait(Duration::from_millis(1));
        let effects = bench.give(input);
        let waits = bench.engine.status(R).unwrap().next;
        let next = waits.map_or("never".into(), |(at, whose)| {
            format!("{whose} in {:?}", at.since(bench.now))
        });
        table += &format!("{name}: next {next}\n");
        for line in effects.lines() {
            assert!(!line.starts_with("advert"), "{name}: {line}");
            table += &format!("    {line}\n");
        }
    }
    insta::assert_snapshot!(table);
}

/// After the end nothing is ever done or waited for again.
#[test]
fn nothing_after_shutdown() {
    for state in [State::Init, State::Backup, State::Master, State::Fault] {
        let mut bench = bench_in(state);
        let mut told = bench.give(Input::Shutdown);
        assert_eq!(told.ends_with("(Stopped)"), state != State::Master);
        if state == State::Master {
            told = bench.give(Input::Shutdown);
        }
        assert!(told.ends_with("(Stopped)"), "{told}");
        assert_eq!(bench.engine.deadline(), None);
        for (name, input) in inputs(&bench) {
            assert_eq!(bench.give(input), "", "{state:?}: {name}");
        }
    }
}
