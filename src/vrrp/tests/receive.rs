//! The receive checks: each alone, their order, and every byte of an advert mutated.

mod bench;

use core::time::Duration;

use bench::{ABOVE, Bench, R, advert, config, ip, router, v3};
use vrrp::config::{Auth, Peer, Router, Transport};
use vrrp::{Effect, Event, Input, State};

use base::Machine;
use vrrp::effect::Refusal;

/// What a backup says to an advert with priority 200 after `change`.
fn refusal(router: &Router, change: impl FnOnce(&mut Input)) -> Option<Refusal> {
    let mut input = advert(router, ABOVE, 200);
    change(&mut input);
    let mut bench = Bench::started(config(router.clone()));
    let mut refusal = None;
    let mut keep = |effect| {
        if let Effect::Event(Event::PacketRefused { reason, .. }) = effect {
            refusal = Some(reason);
        }
    };
    bench.engine.handle(bench.now, input, &mut keep);
    let accepted = bench.engine.status(R).unwrap().stats.adverts_received == 1;
    assert_eq!(
        accepted,
        matches!(refusal, None | Some(Refusal::AddressList(_))),
        "{refusal:?}"
    );
    refusal
}

fn bytes(input: &mut Input) -> &mut Vec<u8> {
    match input {
        Input::Packet { payload, .. } => payload,
        _ => unreachable!("adverts are packets"),
    }
}

/// The same of the other version, which has the authentication field or has it not.
fn other_version(input: &mut Input) {
    let message = bytes(input);
    match message[0] >> 4 {
        2 => message.truncate(12),
        _ => message.resize(20, 0),
    }
    message[0] ^= 0x10;
}

fn set(at: usize, to: u8) -> impl FnOnce(&mut Input) {
    move |input| bytes(input)[at] = to
}

fn unicast() -> Router {
    router().with(|it| {
        it.transport = Transport::Unicast {
            peers: vec![Peer {
                address: ip(ABOVE),
                min_ttl: 250,
                max_ttl: 255,
            }],
            ttl: 255,
        };
        it.key.group = None;
        it.key.peer = None;
        it.check_unicast_src = true;
    })
}

fn with_ttl(got: u8) -> impl FnOnce(&mut Input) {
    move |input| {
        if let Input::Packet { ttl, .. } = input {
            *ttl = got;
        }
    }
}

#[test]
fn each_check() {
    let secret = router().with(|it| it.auth = Auth::Pass(*b"secret\0\0"));
    let plain = router();
    let v3 = v3(Duration::from_secs(1));
    assert_eq!(refusal(&plain, |_| {}), None);
    assert_eq!(refusal(&secret, |_| {}), None);
    assert_eq!(refusal(&v3, |_| {}), None);
    assert_eq!(
        refusal(&plain, |input| bytes(input).truncate(7)),
        Some(Refusal::Length { got: 7, wanted: 8 })
    );
    assert_eq!(
        refusal(&plain, with_ttl(254)),
        Some(Refusal::Ttl { got: 254 })
    );
    assert_eq!(
        refusal(&plain, other_version),
        Some(Refusal::Version { got: 3, wanted: 2 })
    );
    assert_eq!(
        refusal(&v3, other_version),
        Some(Refusal::Version { got: 2, wanted: 3 })
    );
    assert_eq!(
        refusal(&plain, set(4, 3)),
        Some(Refusal::AuthUnknown { got: 3 })
    );
    assert_eq!(
        refusal(&plain, set(4, 1)),
        Some(Refusal::AuthType { got: 1, wanted: 0 })
    );
    assert_eq!(refusal(&secret, set(12, b'S')), Some(Refusal::AuthPass));
    assert_eq!(
        refusal(&plain, set(5, 2)),
        Some(Refusal::AdvertInterval { got: 2, wanted: 1 })
    );
    assert_eq!(
        refusal(&plain, set(0, 0x22)),
        Some(Refusal::Type { got: 2 })
    );
    assert_eq!(
        refusal(&plain, set(3, 2)),
        Some(Refusal::Length {
            got: 20,
            wanted: 24
        })
    );
    assert!(matches!(
        refusal(&plain, set(2, 201)),
        Some(Refusal::Checksum { .. })
    ));
    assert!(matches!(
        refusal(&v3, set(2, 201)),
        Some(Refusal::Checksum { .. })
    ));
    assert_eq!(
        refusal(&plain, |input| bytes(input).extend([0; 18])),
        None,
        "Ethernet padding"
    );
    assert_eq!(
        refusal(&plain, |input| bytes(input).extend([0; 28])),
        Some(Refusal::Length {
            got: 48,
            wanted: 20
        }),
        "a trailer that nobody asked for"
    );
}

#[test]
fn unicast_checks() {
    assert_eq!(refusal(&unicast(), |_| {}), None);
    assert_eq!(
        refusal(&unicast(), with_ttl(249)),
        Some(Refusal::Ttl { got: 249 })
    );
    let from = |address: &'static str| {
        move |input: &mut Input| {
            if let Input::Packet { source, .. } = input {
                *source = ip(address);
            }
        }
    };
    assert_eq!(
        refusal(&unicast(), from("192.0.2.9")),
        Some(Refusal::UnknownPeer)
    );
    let trusting = unicast().with(|it| it.check_unicast_src = false);
    assert_eq!(refusal(&trusting, from("192.0.2.9")), None);
    let to_group = |input: &mut Input| {
        if let Input::Packet { destination, .. } = input {
            *destination = ip("224.0.0.18");
        }
    };
    assert_eq!(refusal(&unicast(), to_group), Some(Refusal::CastMismatch));
}

/// Two things wrong: the earlier check speaks.
#[test]
fn order_of_the_checks() {
    let secret = router().with(|it| it.auth = Auth::Pass(*b"secret\0\0"));
    // In order; each leaves what the ones before it look at alone.
    type Fault<'a> = (&'a str, &'a dyn Fn(&mut Input));
    let faults: [Fault<'_>; 8] = [
        ("Length", &|input| bytes(input).extend([0; 4])),
        ("Ttl", &|input| with_ttl(1)(input)),
        ("Version", &other_version),
        ("AuthType", &|input| bytes(input)[4] = 0),
        ("AuthPass", &|input| bytes(input)[12] = b'S'),
        ("AdvertInterval", &|input| bytes(input)[5] = 9),
        ("Type", &|input| {
            bytes(input)[0] = bytes(input)[0] & 0xf0 | 2
        }),
        ("Checksum", &|input| bytes(input)[2] = 99),
    ];
    for (at, (earlier, first)) in faults.iter().enumerate() {
        for (_, second) in &faults[at + 1..] {
            let got = refusal(&secret, |input| {
                second(input);
                first(input);
            });
            let got = format!("{got:?}");
            assert!(
                got.starts_with(&format!("Some({earlier}")),
                "{got}, not {earlier}"
            );
        }
    }
}

/// A mutated byte is never taken for a good advert unless it is one.
#[test]
fn mutations() {
    let secret = router().with(|it| it.auth = Auth::Pass(*b"secret\0\0"));
    for router in [router(), secret, v3(Duration::from_secs(1))] {
        let Input::Packet { payload, .. } = advert(&router, ABOVE, 200) else {
            unreachable!("adverts are packets");
        };
        for (at, &byte) in payload.iter().enumerate() {
            for to in 0..=255 {
                if to == byte || at == 1 {
                    continue;
                }
                let got = refusal(&router, set(at, to));
                assert!(
                    got.is_some_and(|refusal| !matches!(refusal, Refusal::AddressList(_))),
                    "byte {at} = {to} was accepted"
                );
            }
        }
    }
}

#[test]
fn another_vrid_is_none_of_ours() {
    let mut bench = Bench::started(config(router()));
    let mut input = advert(&router(), ABOVE, 200);
    bytes(&mut input)[1] = 52;
    assert_eq!(bench.give(input), "");
    assert_eq!(bench.engine.status(R).unwrap().last_heard, None);
}

#[test]
fn another_address_list_is_told_and_tolerated() {
    let mut longer = router();
    longer.addresses.push(ip("192.0.2.101"));
    let mut bench = Bench::started(config(router()));
    let said = bench.give(advert(&longer, ABOVE, 200));
    assert!(said.contains("AddressList"), "{said}");
    bench.wait(Duration::from_secs(3));
    bench.give(advert(&longer, ABOVE, 200));
    bench.wait(Duration::from_secs(3));
    assert_eq!(bench.state(), State::Backup, "it counts all the same");

    // The same addresses in another order are the same.
    let swapped = longer
        .clone()
        .with(|it| it.addresses = longer.addresses.iter().rev().copied().collect());
    let mut bench = Bench::started(config(longer.clone()));
    assert_eq!(bench.give(advert(&swapped, ABOVE, 200)), "");

    // skip_check_adv_addr: looked at once per master.
    let mut bench = Bench::started(config(router().with(|it| it.skip_check_adv_addr = true)));
    assert!(
        bench
            .give(advert(&longer, ABOVE, 200))
            .contains("AddressList")
    );
    assert_eq!(bench.give(advert(&longer, ABOVE, 200)), "");
}

#[test]
fn complaints_are_told_twice_and_counted_always() {
    let mut bench = Bench::started(config(router()));
    let mut said = Vec::new();
    for _ in 0..4 {
        let mut input = advert(&router(), ABOVE, 200);
        with_ttl(1)(&mut input);
        said.push(!bench.give(input).is_empty());
    }
    assert_eq!(said, [true, true, false, false]);
    let stats = bench.engine.status(R).unwrap().stats.clone();
    assert_eq!(stats.refused(&Refusal::Ttl { got: 0 }), 4);
    assert_eq!(stats.adverts_received, 0);
}

#[test]
fn an_interval_of_zero_is_nobodys() {
    let router = v3(Duration::from_secs(1));
    let silent = v3(Duration::ZERO);
    let mut bench = Bench::started(config(router));
    assert!(
        bench
            .give(advert(&silent, ABOVE, 200))
            .contains("AdvertInterval")
    );
}
