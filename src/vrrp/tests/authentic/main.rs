//! Adverts that prove themselves: `auth_type AH` and `auth_hmac`, between engines of this crate.

#[path = "../bench/mod.rs"]
mod bench;
mod mutated;

use core::cell::RefCell;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use base::{Instant, Machine, Priority};
use bench::{ABOVE, BELOW, Bench, R, config, ip, router, v3};
use proptest::prelude::*;
use vrrp::config::{Auth, Hmac, Key, Mode, Peer, Router, Transport};
use vrrp::effect::Refusal;
use vrrp::input::Envelope;
use vrrp::packet::{self, Protection};
use vrrp::snapshot::Records;
use vrrp::{Effect, Engine, Event, Input, StandIn, State};

const SECOND: Duration = Duration::from_secs(1);
/// When engines here start, by the calendar.
const NOON: Duration = Duration::from_secs(1_700_000_000);
const SECRET: [u8; 32] = [7; 32];

fn ah(router: Router) -> Router {
    router.with(|it| it.auth = Auth::Ah(*b"secret\0\0"))
}

fn key(id: u8, byte: u8) -> Key {
    Key {
        id,
        secret: vec![byte; 32],
    }
}

fn hmac() -> Hmac {
    Hmac {
        keys: vec![Key {
            id: 1,
            secret: SECRET.to_vec(),
        }],
        active: 1,
        mode: Mode::Enforce,
        window: Some(5),
    }
}

fn keyed(change: impl FnOnce(&mut Hmac)) -> Router {
    let mut hmac = hmac();
    change(&mut hmac);
    v3(SECOND).with(|it| it.auth = Auth::Hmac(hmac))
}

fn unicast(router: Router, peers: &[&str]) -> Router {
    let peer = |address: &&str| Peer {
        address: ip(address),
        min_ttl: 0,
        max_ttl: 255,
    };
    router.with(|it| {
        it.transport = Transport::Unicast {
            peers: peers.iter().map(peer).collect(),
            ttl: 64,
        };
        it.key.group = None;
    })
}

/// The other node: priority 200, at [`ABOVE`].
fn peer(router: &Router) -> Router {
    router.clone().with(|it| {
        it.source = ip(ABOVE);
        it.priority = Priority(200);
    })
}

/// What the peer puts on the wire as IPv4, message and number as the engine says.
fn wrapped(router: &Router, effect: &Effect) -> Option<Input> {
    let Effect::SendAdvert {
        to, packet, number, ..
    } = effect
    else {
        return None;
    };
    let mut envelope = Envelope::default();
    if let (Some(number), IpAddr::V4(source), IpAddr::V4(to)) = (number, router.source, to) {
        let bytes = packet::ipv4(router, 7, source, *to, Some(*number), packet);
        let (header, rest) = bytes.split_first_chunk().unwrap();
        let (protection, message) = Protection::split(*header, rest).unwrap();
        assert_eq!(message, packet);
        envelope.ah = Some(protection);
    }
    Some(Input::Packet {
        router: R,
        source: router.source,
        destination: *to,
        ttl: match router.transport {
            Transport::Multicast { .. } => 255,
            Transport::Unicast { ttl, .. } => ttl,
        },
        payload: packet.clone(),
        envelope,
    })
}

/// The adverts of a master that runs `router`, `count` seconds long.
fn adverts(router: &Router, count: usize) -> Vec<Input> {
    let mut bench = Bench::new(config(router.clone()));
    bench.give(Input::WallClock(NOON));
    bench.give(Input::Start);
    let mut sent = Vec::new();
    while sent.len() < count {
        bench.now = bench.now.max(bench.engine.deadline().unwrap().0);
        bench.engine.handle(bench.now, Input::Tick, &mut |effect| {
            sent.extend(wrapped(router, &effect));
        });
    }
    sent
}

/// A backup at [`bench::OURS`], at the moment when a peer's first adverts are sent.
fn backup(router: &Router) -> Bench {
    let mut bench = Bench::new(config(router.clone().with(|it| it.priority = Priority(1))));
    bench.give(Input::WallClock(NOON));
    bench.give(Input::Start);
    bench.wait(SECOND * 3);
    assert_eq!(bench.state(), State::Backup);
    bench
}

/// Why `input` was refused (or what was remarked), if it was.
fn told(bench: &mut Bench, input: Input) -> Option<Refusal> {
    let before = bench.engine.status(R).unwrap().stats.adverts_received;
    let refusal = RefCell::new(None);
    bench.engine.handle(bench.now, input, &mut |effect| {
        if let Effect::Event(Event::PacketRefused { reason, .. }) = effect {
            *refusal.borrow_mut() = Some(reason);
        }
    });
    let accepted = bench.engine.status(R).unwrap().stats.adverts_received > before;
    let refusal = refusal.into_inner();
    let remark = matches!(refusal, None | Some(Refusal::ClockSkew { .. }));
    assert!(!accepted || remark, "{refusal:?} was accepted");
    refusal
}

fn accepted(bench: &mut Bench, input: Input) -> bool {
    let before = bench.engine.status(R).unwrap().stats.adverts_received;
    bench.give(input);
    bench.engine.status(R).unwrap().stats.adverts_received > before
}

fn protection(input: &mut Input) -> &mut Protection {
    match input {
        Input::Packet { envelope, .. } => envelope.ah.as_mut().unwrap(),
        _ => unreachable!("adverts are packets"),
    }
}

fn payload(input: &mut Input) -> &mut Vec<u8> {
    match input {
        Input::Packet { payload, .. } => payload,
        _ => unreachable!("adverts are packets"),
    }
}

#[test]
fn ah_is_numbered_and_taken_once() {
    for router in [ah(router()), unicast(ah(router()), &[ABOVE])] {
        let sent = adverts(&peer(&router), 3);
        let mut bench = backup(&router);
        for input in &sent {
            assert_eq!(told(&mut bench, input.clone()), None);
        }
        assert_eq!(
            told(&mut bench, sent[1].clone()),
            Some(Refusal::AhNumber { got: 2, highest: 3 })
        );
        // Whoever takes over counts on.
        bench.wait(SECOND * 5);
        assert_eq!(bench.state(), State::Master);
        let record = bench.engine.router_record(R, 1).unwrap();
        assert!(record.sequence > 3, "{}", record.sequence);
    }
}

#[test]
fn ah_refuses_in_the_original_s_order() {
    let router = ah(router());
    let good = adverts(&peer(&router), 1).remove(0);
    let mut bench = backup(&router);
    let mut refusal = |change: &dyn Fn(&mut Input)| {
        let mut input = good.clone();
        change(&mut input);
        told(&mut bench, input)
    };
    let without = |input: &mut Input| {
        if let Input::Packet { envelope, .. } = input {
            *envelope = Envelope::default();
        }
    };
    assert_eq!(
        refusal(&without),
        Some(Refusal::AhPresence { wanted: true })
    );
    let foreign = |input: &mut Input| protection(input).header[0] = 6;
    assert_eq!(refusal(&foreign), None, "IPsec for something else");
    let digest = |input: &mut Input| protection(input).header[23] ^= 1;
    assert_eq!(refusal(&digest), Some(Refusal::AhDigest));
    let kind = |input: &mut Input| {
        digest(input);
        payload(input)[4] = 1;
    };
    let mismatch = Refusal::AuthType { got: 1, wanted: 2 };
    assert_eq!(refusal(&kind), Some(mismatch), "before the digest");
    let interval = |input: &mut Input| {
        digest(input);
        payload(input)[5] = 9;
    };
    assert_eq!(
        refusal(&interval),
        Some(Refusal::AhDigest),
        "before the interval"
    );
    // A genuine header that speaks for somebody else.
    let other_source = |input: &mut Input| {
        if let Input::Packet { source, .. } = input {
            *source = ip(BELOW);
        }
    };
    assert!(matches!(
        refusal(&other_source),
        Some(Refusal::AhSpi { .. })
    ));
    assert_eq!(refusal(&|_| {}), None);

    let mut plain = backup(&bench::router());
    assert_eq!(
        told(&mut plain, good),
        Some(Refusal::AhPresence { wanted: false })
    );
}

#[test]
fn a_wrong_password_never_moves_the_number() {
    let router = ah(router());
    let forger = peer(&router).with(|it| it.auth = Auth::Ah(*b"guess\0\0\0"));
    let mut bench = backup(&router);
    for input in adverts(&forger, 2) {
        assert_eq!(told(&mut bench, input), Some(Refusal::AhDigest));
    }
    assert_eq!(bench.engine.router_record(R, 1).unwrap().sequence, 0);
    assert_eq!(told(&mut bench, adverts(&peer(&router), 1).remove(0)), None);
}

/// The process dies twice; each successor's numbers are above all before, and what a peer sends
/// next is heard.
#[test]
fn numbers_go_on_through_two_hand_overs() {
    for router in [ah(router()), keyed(|_| ())] {
        let router = router.with(|it| it.priority = Priority(100));
        let mut listener = backup(&router);
        let mut bench = Bench::new(config(peer(&router)));
        bench.give(Input::WallClock(NOON));
        bench.give(Input::Start);
        let hear = |listener: &mut Bench, effects: Vec<Effect>| {
            let sent: Vec<_> = effects
                .iter()
                .filter_map(|effect| wrapped(&peer(&router), effect))
                .collect();
            for input in &sent {
                assert_eq!(told(listener, input.clone()), None);
            }
            sent.len()
        };
        let mut heard = 0;
        while heard < 2 {
            bench.now = bench.engine.deadline().unwrap().0;
            listener.now = listener.now.max(bench.now);
            let mut effects = Vec::new();
            let mut keep = |effect| effects.push(effect);
            bench.engine.handle(bench.now, Input::Tick, &mut keep);
            heard += hear(&mut listener, effects);
        }
        let records = Records {
            routers: vec![bench.engine.router_record(R, 1)],
            scripts: Vec::new(),
        };
        let mut parent = StandIn::new(config(peer(&router)), &records);
        // The clock has been put back a little meanwhile.
        let wall = |now: Instant| Input::WallClock(NOON + now.since(Instant::ZERO) - SECOND);
        parent.handle(bench.now, wall(bench.now), &mut |_| ());
        for _ in 0..2 {
            let now = parent.deadline().unwrap().0;
            listener.now = now;
            let mut effects = Vec::new();
            parent.handle(now, Input::Tick, &mut |effect| effects.push(effect));
            assert_eq!(hear(&mut listener, effects), 1);
        }
        let left = Records {
            routers: vec![parent.router_record(R)],
            scripts: Vec::new(),
        };
        let mut next = Engine::adopt(config(peer(&router)), &left, listener.now);
        next.handle(listener.now, Input::Start, &mut |_| ());
        let now = next.deadline().unwrap().0;
        next.handle(now, wall(now), &mut |_| ());
        let mut effects = Vec::new();
        next.handle(now, Input::Tick, &mut |effect| effects.push(effect));
        listener.now = now;
        assert_eq!(hear(&mut listener, effects), 1);
    }
}

/// What `bench` does with `input`: the adverts it sends, as a peer gets them.
fn sends(bench: &mut Bench, input: Input) -> Vec<Input> {
    let router = bench.config().clone();
    let mut sent = Vec::new();
    bench.engine.handle(bench.now, input, &mut |effect| {
        sent.extend(wrapped(&router, &effect));
    });
    sent
}

/// A cut left two masters, of which the worse has counted further; when it is healed, the better
/// one makes itself heard.
#[test]
fn two_masters_come_to_one_whoever_counted_further() {
    let router = ah(router());
    for further in [0, 3] {
        let mut high = Bench::master(config(peer(&router)));
        let mut low = Bench::master(config(router.clone()));
        for _ in 0..further {
            low.next();
        }
        for _ in 0..10 {
            let due = |bench: &Bench| bench.engine.deadline().unwrap().0;
            let (from, to) = if due(&high) <= due(&low) {
                (&mut high, &mut low)
            } else {
                (&mut low, &mut high)
            };
            from.now = due(from).max(from.now);
            to.now = to.now.max(from.now);
            for input in sends(from, Input::Tick) {
                for answer in sends(to, input) {
                    from.give(answer);
                }
            }
        }
        assert_eq!((high.state(), low.state()), (State::Master, State::Backup));
    }
}

#[test]
fn a_trailer_is_demanded_checked_and_taken_once() {
    for router in [keyed(|_| ()), unicast(keyed(|_| ()), &[ABOVE])] {
        let sent = adverts(&peer(&router), 2);
        let mut bench = backup(&router);
        assert_eq!(told(&mut bench, sent[0].clone()), None);
        assert_eq!(told(&mut bench, sent[1].clone()), None);
        assert_eq!(
            told(&mut bench, sent[0].clone()),
            Some(Refusal::TrailerReplay)
        );
        let mut bare = sent[1].clone();
        let length = payload(&mut bare).len() - wire::trailer::LEN;
        payload(&mut bare).truncate(length);
        assert_eq!(told(&mut bench, bare), Some(Refusal::TrailerMissing));
        let mut strange = sent[1].clone();
        payload(&mut strange)[length] = 2;
        assert_eq!(told(&mut bench, strange), Some(Refusal::TrailerMalformed));
        let mut unknown = sent[1].clone();
        payload(&mut unknown)[length + 1] = 9;
        assert_eq!(
            told(&mut bench, unknown),
            Some(Refusal::TrailerKey { id: 9 })
        );
    }
}

#[test]
fn a_wrong_key_is_never_accepted_in_any_mode() {
    for mode in [Mode::Enforce, Mode::Permissive, Mode::ReceiveOnly] {
        let router = keyed(|hmac| hmac.mode = mode);
        let forger = peer(&keyed(|hmac| hmac.keys = vec![key(1, 8)]));
        let mut bench = backup(&router);
        let sent = adverts(&forger, 1).remove(0);
        assert_eq!(told(&mut bench, sent), Some(Refusal::TrailerDigest));
        assert_eq!(bench.engine.status(R).unwrap().last_heard, None);
    }
}

#[test]
fn modes_say_what_is_sent_and_what_is_demanded() {
    let bare = peer(&v3(SECOND)).with(|it| it.auth = Auth::None);
    for (mode, trailer, demands) in [
        (Mode::Enforce, true, true),
        (Mode::Permissive, true, false),
        (Mode::ReceiveOnly, false, false),
    ] {
        let router = keyed(|hmac| hmac.mode = mode);
        let mut sent = adverts(&peer(&router), 1).remove(0);
        let more = if trailer { wire::trailer::LEN } else { 0 };
        assert_eq!(payload(&mut sent).len(), 12 + more, "{mode:?}");
        let refusal = told(&mut backup(&router), adverts(&bare, 1).remove(0));
        let missing = demands.then_some(Refusal::TrailerMissing);
        assert_eq!(refusal, missing, "{mode:?}");
        let signed = adverts(&peer(&keyed(|_| ())), 1).remove(0);
        assert_eq!(told(&mut backup(&router), signed), None, "{mode:?}");
    }
    // Who knows nothing of trailers does not take one for padding.
    let signed = adverts(&peer(&keyed(|_| ())), 1).remove(0);
    let refusal = told(&mut backup(&v3(SECOND)), signed);
    assert_eq!(
        refusal,
        Some(Refusal::Length {
            got: 40,
            wanted: 12
        })
    );
}

#[test]
fn clocks_may_differ_by_the_window() {
    let router = keyed(|_| ());
    let at = |seconds: i64| {
        let now = NOON + SECOND * 3;
        let there = now.as_secs().checked_add_signed(seconds).unwrap();
        Input::WallClock(Duration::from_secs(there))
    };
    for (off, wanted) in [
        (0, None),
        (2, None),
        (4, Some(Refusal::ClockSkew { skew: 4, window: 5 })),
        (
            -4,
            Some(Refusal::ClockSkew {
                skew: -4,
                window: 5,
            }),
        ),
        (7, Some(Refusal::TrailerStale { skew: 7, window: 5 })),
        (
            -7,
            Some(Refusal::TrailerStale {
                skew: -7,
                window: 5,
            }),
        ),
    ] {
        let sent = adverts(&peer(&router), 1).remove(0);
        let mut bench = backup(&router);
        bench.give(at(off));
        assert_eq!(told(&mut bench, sent), wanted, "{off}");
        // Only growth counts.
        let router = keyed(|hmac| hmac.window = None);
        let sent = adverts(&peer(&router), 1).remove(0);
        let mut bench = backup(&router);
        bench.give(at(off * 1_000));
        assert_eq!(told(&mut bench, sent), None, "{off}");
    }
    // It waited in our queue while we were stopped: judged by when it came.
    let mut sent = adverts(&peer(&router), 1).remove(0);
    let mut bench = backup(&router);
    bench.give(at(60));
    if let Input::Packet { envelope, .. } = &mut sent {
        envelope.age = Duration::from_secs(60);
    }
    assert_eq!(told(&mut bench, sent), None);
}

/// Make before break: a new key is known everywhere before the first one sends with it.
#[test]
fn keys_are_changed_by_reloads_without_a_refusal() {
    let both = |active| {
        keyed(move |hmac| {
            hmac.keys.push(key(2, 9));
            hmac.active = active;
        })
    };
    let steps = [
        keyed(|_| ()),
        both(1),
        both(2),
        keyed(|hmac| {
            hmac.keys = vec![key(2, 9)];
            hmac.active = 2;
        }),
    ];
    let mut master = Bench::new(config(peer(&steps[0])));
    let mut listener = backup(&steps[0]);
    master.give(Input::WallClock(NOON));
    master.give(Input::Start);
    master.until(|bench| bench.state() == State::Master);
    let mut last = 0;
    for router in &steps {
        let lower = router.clone().with(|it| it.priority = Priority(1));
        listener.give(Input::Reconfigure(config(lower)));
        let reload = Input::Reconfigure(config(peer(router)));
        let mut sent = sends(&mut master, reload);
        for _ in 0..2 {
            master.now = master.engine.deadline().unwrap().0;
            sent.extend(sends(&mut master, Input::Tick));
        }
        listener.now = master.now;
        assert!(sent.len() >= 3, "a reload advertises first");
        for mut input in sent {
            last = payload(&mut input)[13];
            assert_eq!(told(&mut listener, input), None);
        }
    }
    assert_eq!(last, 2, "the new key is used");
    assert_eq!(listener.state(), State::Backup);
}

#[test]
fn no_secret_is_printed() {
    let text = format!("{:?}{:?}", ah(router()), keyed(|_| ()));
    assert!(
        !text.contains("115, 101") && !text.contains("7, 7"),
        "{text}"
    );
    assert!(text.contains("Key(1, ****)"), "{text}");
}
