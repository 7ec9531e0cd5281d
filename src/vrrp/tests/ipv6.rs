//! Version 3 over IPv6: the kernel fills in and verifies checksums, everything else is the same.

mod bench;

use core::cell::RefCell;

use base::{Duration, Family, Instant, Machine, Priority};
use bench::{R, config, ip, v3};
use vrrp::config::{Router, Transport};
use vrrp::{Effect, Engine, Input, State};
use wire::checksum::Rule;
use wire::vrrp::{Advert, Body, GROUP_V6, View};

fn router() -> Router {
    let group = GROUP_V6.into();
    let base = v3(Duration::from_secs(1));
    base.with(|it| {
        it.key.family = Family::V6;
        it.key.group = Some(group);
        it.source = ip("fe80::1");
        it.transport = Transport::Multicast { group };
        it.addresses = vec![ip("fe80::100"), ip("2001:db8::100")];
        it.priority = Priority(200);
    })
}

fn hear(source: &str, priority: u8, padding: usize) -> Input {
    let router = router();
    let advert = Advert {
        vrid: router.key.vrid,
        priority: Priority(priority),
        addresses: &router.addresses,
        body: Body::V3 { interval: 100 },
    };
    let destination = GROUP_V6.into();
    let source = ip(source);
    let mut payload = advert.encode(Rule::Pseudo {
        source,
        destination,
    });
    payload.resize(payload.len() + padding, 0);
    Input::Packet {
        router: R,
        source,
        destination,
        ttl: 255,
        payload,
        envelope: vrrp::input::Envelope::default(),
    }
}

#[test]
fn elects_and_leaves_the_checksum_to_the_kernel() {
    let mut engine = Engine::new(config(router()));
    let sent = RefCell::new(Vec::new());
    let mut keep = |effect| {
        if let Effect::SendAdvert { to, packet, .. } = effect {
            sent.borrow_mut().push((to, packet));
        }
    };
    engine.handle(Instant::ZERO, Input::Start, &mut keep);
    let (due, _) = engine.deadline().unwrap();
    assert_eq!(due.to_string(), "3.218750");
    engine.handle(due, Input::Tick, &mut keep);
    let (to, packet) = sent.borrow_mut().pop().expect("master now");
    assert_eq!(to, ip("ff02::12"));
    let view = View::new(&packet).unwrap();
    assert_eq!(view.checksum(), 0);
    let listed: Vec<_> = view.addresses(Family::V6).collect();
    assert_eq!(listed, router().addresses);

    // Addresses are compared by bytes.
    engine.handle(due, hear("fe80::", 200, 0), &mut keep);
    assert_eq!(engine.status(R).unwrap().state, State::Master);
    engine.handle(due, hear("fe80::2", 200, 6), &mut keep);
    assert_eq!(engine.status(R).unwrap().state, State::Backup);
}
