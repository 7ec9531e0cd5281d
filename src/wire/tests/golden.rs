//! Packets captured from keepalived 2.2.7 and 2.4.3, which send the same bytes.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base::{Family, MacAddr, Priority, VrId};
use wire::checksum::Rule;
use wire::vrrp::{Advert, Body, GROUP_V4, GROUP_V6, PROTOCOL, View};
use wire::{ah, arp, ipv4, ipv6, ndp};

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn advert(vrid: u8, priority: u8, addresses: &[IpAddr], body: Body) -> Advert<'_> {
    Advert {
        vrid: VrId::new(vrid).unwrap(),
        priority: Priority(priority),
        addresses,
        body,
    }
}

const fn v2(auth_type: u8, auth: [u8; 8]) -> Body {
    Body::V2 {
        auth_type,
        interval: 1,
        auth,
    }
}

/// Encodes the advert in an IPv4 packet, compares, and reads it back.
#[track_caller]
fn check(ttl: u8, to: Ipv4Addr, rule: Rule, advert: &Advert<'_>, wanted: &str) {
    let source = Ipv4Addr::new(192, 0, 2, 1);
    let message = advert.encode(rule);
    let header = ipv4::Header::advert(1, ttl, source, to);
    let mut packet = header.encode(message.len()).to_vec();
    packet.extend_from_slice(&message);
    assert_eq!(packet, unhex(wanted));

    let (read, payload) = ipv4::Header::parse(&packet).unwrap();
    assert_eq!(read, header);
    let view = View::new(payload).unwrap();
    assert_eq!(view.len(), view.stated_len(Family::V4));
    assert_eq!(
        view.computed_checksum(Family::V4, rule),
        Some(view.checksum())
    );
    assert_eq!(
        view.addresses(Family::V4).collect::<Vec<_>>(),
        advert.addresses
    );
    assert_eq!(view.vrid(), Some(advert.vrid));
    assert_eq!(view.priority(), advert.priority);
    match advert.body {
        Body::V2 {
            auth_type,
            interval,
            auth,
        } => {
            assert_eq!(view.version(), 2);
            assert_eq!(view.auth_type(), auth_type);
            assert_eq!(view.interval_seconds(), interval);
            assert_eq!(view.auth(Family::V4), Some(auth));
        }
        Body::V3 { interval } => {
            assert_eq!(view.version(), 3);
            assert_eq!(view.interval_centiseconds(), interval);
        }
    }
}

const PEER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

fn pseudo(to: Ipv4Addr) -> Rule {
    Rule::Pseudo {
        source: ip("192.0.2.1"),
        destination: to.into(),
    }
}

#[test]
fn v2_multicast() {
    let vips = [ip("192.0.2.100"), ip("192.0.2.101")];
    check(
        255,
        GROUP_V4,
        Rule::Message,
        &advert(51, 200, &vips, v2(0, [0; 8])),
        "45c0002c00010000ff70188dc0000201e0000012 2133c802000191fec0000264c0000265
         0000000000000000",
    );
}

#[test]
fn v2_password() {
    check(
        255,
        GROUP_V4,
        Rule::Message,
        &advert(52, 200, &[ip("192.0.2.110")], v2(1, *b"secret\0\0")),
        "45c0002800010000ff701891c0000201e0000012 2134c8010101170ec000026e 7365637265740000",
    );
}

#[test]
fn v2_password_of_eight_bytes() {
    let message = advert(51, 150, &[ip("10.77.0.100")], v2(1, *b"s3cret77")).encode(Rule::Message);
    assert_eq!(View::new(&message).unwrap().checksum(), 0xc9c7);
    let message = advert(51, 0, &[ip("10.77.0.100")], v2(1, *b"s3cret77")).encode(Rule::Message);
    assert_eq!(View::new(&message).unwrap().checksum(), 0x5fc8);
}

#[test]
fn v2_unicast() {
    check(
        255,
        PEER,
        Rule::Message,
        &advert(56, 200, &[ip("192.0.2.113")], v2(0, [0; 8])),
        "45c0002800010000ff7036a1c0000201c0000202 2138c80100015453c0000271 0000000000000000",
    );
}

#[test]
fn v3_multicast_and_release() {
    let vips = [ip("192.0.2.112")];
    let body = Body::V3 { interval: 50 };
    check(
        255,
        GROUP_V4,
        pseudo(GROUP_V4),
        &advert(54, 200, &vips, body),
        "45c0002000010000ff701899c0000201e0000012 3136c8010032a194c0000270",
    );
    let release = advert(54, 0, &vips, body).encode(pseudo(GROUP_V4));
    assert_eq!(release, unhex("3136000100326995c0000270"));
}

#[test]
fn v3_unicast_ttl_64() {
    check(
        64,
        PEER,
        pseudo(PEER),
        &advert(57, 200, &[ip("192.0.2.114")], Body::V3 { interval: 100 }),
        "45c00020000100004070f5a9c0000201c0000202 3139c8010064bf6dc0000272",
    );
}

#[test]
fn v3_ipv6() {
    let vips = [ip("fe80::100"), ip("2001:db8::100")];
    let advert = advert(55, 200, &vips, Body::V3 { interval: 100 });
    let wanted = |sum: &str| {
        unhex(&format!(
            "3137c8020064{sum} fe800000000000000000000000000100 20010db8000000000000000000000100"
        ))
    };
    // On the wire, and as handed to a raw socket.
    let rule = Rule::Pseudo {
        source: ip("fe80::1"),
        destination: GROUP_V6.into(),
    };
    assert_eq!(advert.encode(rule), wanted("d9f8"));
    assert_eq!(advert.encode(Rule::Zero), wanted("0000"));
    let view_of = advert.encode(rule);
    let view = View::new(&view_of).unwrap();
    assert_eq!(view.addresses(Family::V6).collect::<Vec<_>>(), vips);
    assert_eq!(view.computed_checksum(Family::V6, rule), Some(0xd9f8));
}

#[test]
fn v3_ipv6_unicast_checksum() {
    let vips = [ip("fe80::64"), ip("fd77::64")];
    let rule = Rule::Pseudo {
        source: ip("fd77::1"),
        destination: ip("fd77::2"),
    };
    let message = advert(51, 150, &vips, Body::V3 { interval: 50 }).encode(rule);
    assert_eq!(View::new(&message).unwrap().checksum(), 0x404c);
}

#[test]
fn authentication_header_comes_off() {
    let packet = unhex(
        "45c0004000010000ff3318b6c0000201e0000012 70040000c000020100000001af99857caa63d9e469fb8d9b
         2135c80102015258c000026f0000000000000000",
    );
    let (outer, payload) = ipv4::Header::parse(&packet).unwrap();
    assert_eq!(outer.protocol, ah::PROTOCOL);
    let (header, message) = ah::Header::parse(payload).unwrap();
    assert_eq!(header.next, PROTOCOL);
    assert_eq!(header.spi, u32::from(Ipv4Addr::new(192, 0, 2, 1)));
    assert_eq!(header.sequence, 1);
    let wanted = advert(53, 200, &[ip("192.0.2.111")], v2(2, [0; 8])).encode(Rule::Message);
    assert_eq!(message, wanted);
}

#[test]
fn gratuitous_arp_frame() {
    let mac = MacAddr([0x02, 0xbd, 0, 0, 1, 0]);
    let packet = arp::Packet::gratuitous(mac, Ipv4Addr::new(192, 0, 2, 100));
    let frame = packet.broadcast_frame();
    assert_eq!(
        frame.to_vec(),
        unhex(
            "ffffffffffff 02bd00000100 0806 0001 0800 06 04 0001
             02bd00000100 c0000264 ffffffffffff c0000264"
        )
    );
    assert_eq!(arp::Packet::parse(&frame[14..]), Ok(packet));
    assert!(packet.is_gratuitous());
}

#[test]
fn unsolicited_advertisement() {
    let target: Ipv6Addr = "fd77::64".parse().unwrap();
    let announcement = ndp::Unsolicited {
        target,
        mac: MacAddr([0x02, 0xbd, 0, 0, 1, 0]),
        router: false,
    };
    let bytes = announcement.encode();
    assert_eq!(bytes[0], 136);
    assert_eq!(bytes[4], 0x20, "override only");
    let rule = Rule::Pseudo {
        source: target.into(),
        destination: ndp::ALL_NODES.into(),
    };
    assert_eq!(rule.over(&bytes, ndp::PROTOCOL), 0, "checksum is right");
    assert_eq!(ndp::Unsolicited::parse(&bytes), Ok(announcement));
}

#[test]
fn ipv6_header_bytes() {
    let header = ipv6::Header {
        traffic_class: 0xc0,
        flow: 0x12345,
        next: PROTOCOL,
        hop_limit: 255,
        source: "fe80::1".parse().unwrap(),
        destination: GROUP_V6,
    };
    let bytes = header.encode(40);
    assert_eq!(
        bytes.to_vec(),
        unhex(
            "6c012345 0028 70 ff fe800000000000000000000000000001 ff020000000000000000000000000012"
        )
    );
    let mut packet = bytes.to_vec();
    packet.resize(80, 0);
    assert_eq!(ipv6::Header::parse(&packet).unwrap().0, header);
}
