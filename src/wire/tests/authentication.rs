//! Authentication header and keyed trailer against captured packets and published vectors.

use core::net::{IpAddr, Ipv4Addr};

use base::VrId;
use proptest::prelude::*;
use wire::ah::Cast;
use wire::trailer::{Context, Sequence, Trailer};
use wire::{ah, ipv4};

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Captured from keepalived 2.2.7: password "secret", VRID 53, its first packet.
const AH: &str = "45c0004000010000ff3318b6c0000201e0000012
    70040000c000020100000001af99857caa63d9e469fb8d9b
    2135c80102015258c000026f0000000000000000";

fn ip_header(packet: &[u8]) -> [u8; ipv4::LEN] {
    *packet.first_chunk().unwrap()
}

#[test]
fn the_digest_of_a_captured_packet_is_genuine_and_can_be_made() {
    let packet = unhex(AH);
    let ip = ip_header(&packet);
    let (header, payload) = ah::Header::parse(&packet[ipv4::LEN..]).unwrap();
    assert!(header.is_genuine(b"secret", Cast::Multicast, &ip, payload));
    assert!(!header.is_genuine(b"secrex", Cast::Multicast, &ip, payload));
    let made = ah::Header::of(112, Ipv4Addr::new(192, 0, 2, 1), 1).sealed(
        b"secret",
        Cast::Multicast,
        &ip,
        payload,
    );
    assert_eq!(made, header);
    assert_eq!(made.encode(), packet[ipv4::LEN..ipv4::LEN + ah::LEN]);
}

/// The same from 10.77.0.1 to 10.77.0.2, password "s3cret77", VRID 51.
const UNICAST_AH: &str = "45c0004000010000ff330000 0a4d0001 0a4d0002
    700400000a4d000100000001 2b67ec5892a1f1f8b1e96bc5
    2133960102013c19 0a4d0064 0000000000000000";

#[test]
fn between_unicast_peers_the_ttl_is_left_out() {
    let packet = unhex(UNICAST_AH);
    let ip = ip_header(&packet);
    let (header, payload) = ah::Header::parse(&packet[ipv4::LEN..]).unwrap();
    assert!(header.is_genuine(b"s3cret77", Cast::Unicast, &ip, payload));
    assert!(!header.is_genuine(b"s3cret77", Cast::Multicast, &ip, payload));
}

#[test]
fn routers_may_change_what_the_standard_lets_them_change() {
    let packet = unhex(AH);
    let (header, payload) = ah::Header::parse(&packet[ipv4::LEN..]).unwrap();
    let ip = ip_header(&packet);
    for cast in [Cast::Multicast, Cast::Unicast] {
        let header = header.sealed(b"secret", cast, &ip, payload);
        for at in 0..ipv4::LEN {
            let mut ip = ip;
            ip[at] ^= 1;
            let mutable = [1, 6, 7, 10, 11].contains(&at) || (at == 8 && cast == Cast::Unicast);
            let genuine = header.is_genuine(b"secret", cast, &ip, payload);
            assert_eq!(genuine, mutable, "byte {at} of the IP header, {cast:?}");
        }
    }
}

const KEY: [u8; 32] = {
    let mut key = [0; 32];
    let mut at = 0;
    while at < 32 {
        key[at as usize] = at;
        at += 1;
    }
    key
};

struct Vector {
    source: &'static str,
    message: &'static str,
    trailer: &'static str,
}

/// The vectors of the protocol's draft: key 00 to 1f, VRID 51, priority 200.
const VECTORS: [Vector; 2] = [
    Vector {
        source: "198.51.100.10",
        message: "3133c80100644402c0000264",
        trailer: "010100006800000080000000 1b84bc4e8e43892dc6d98448f8ee2265",
    },
    Vector {
        source: "fe80::10",
        message: "3133c8010064a2e9 fe800000000000000000000000000100",
        trailer: "010100006800000080000000 c8c56146ebfd66ee10ec4d8186461b78",
    },
];

fn context(source: &str) -> Context {
    Context {
        version: 3,
        vrid: VrId::new(51).unwrap(),
        source: source.parse::<IpAddr>().unwrap(),
    }
}

#[test]
fn the_draft_s_vectors_are_genuine_and_can_be_made() {
    for vector in VECTORS {
        let (message, bytes) = (unhex(vector.message), unhex(vector.trailer));
        let context = context(vector.source);
        let trailer = Trailer::parse(&bytes).unwrap();
        assert!(trailer.is_genuine(&KEY, &context, &message));
        assert_eq!(trailer.sequence.seconds(), 0x6800_0000);
        let sequence = Sequence(0x6800_0000_8000_0000);
        let made = Trailer::sign(&KEY, 1, sequence, &context, &message);
        assert_eq!(made.encode().as_slice(), bytes);
        // The checksum is filled in after signing.
        let mut other = message.clone();
        other[6] ^= 1;
        assert!(trailer.is_genuine(&KEY, &context, &other));
    }
}

#[test]
fn a_trailer_holds_for_one_source_and_one_router() {
    let vector = &VECTORS[1];
    let trailer = Trailer::parse(&unhex(vector.trailer)).unwrap();
    let message = unhex(vector.message);
    assert!(!trailer.is_genuine(&KEY, &context("fe80::20"), &message));
    let vrid = VrId::new(52).unwrap();
    let other = Context {
        vrid,
        ..context(vector.source)
    };
    assert!(!trailer.is_genuine(&KEY, &other, &message));
}

proptest! {
    #[test]
    fn no_changed_byte_is_accepted(vector in 0..2usize, at in any::<prop::sample::Index>(), flip in 1..=255u8) {
        let vector = &VECTORS[vector];
        let mut bytes = unhex(vector.message);
        let len = bytes.len();
        bytes.extend(unhex(vector.trailer));
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let (message, trailer) = bytes.split_at(len);
        let genuine = Trailer::parse(trailer)
            .is_ok_and(|trailer| trailer.key_id == 1 && trailer.is_genuine(&KEY, &context(vector.source), message));
        // Only the checksum is not signed.
        prop_assert_eq!(genuine, (6..8).contains(&at));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(trailer) = Trailer::parse(&bytes) {
            let encoded = trailer.encode();
            prop_assert_eq!(encoded.as_slice(), &bytes[..]);
            let source = context("192.0.2.1");
            prop_assert!(!trailer.is_genuine(&KEY, &source, &bytes));
        }
    }

    #[test]
    fn no_changed_byte_of_an_authenticated_packet_is_accepted(at in any::<prop::sample::Index>(), flip in 1..=255u8) {
        let mut packet = unhex(AH);
        let at = ipv4::LEN + at.index(packet.len() - ipv4::LEN);
        packet[at] ^= flip;
        let ip = ip_header(&packet);
        let genuine = ah::Header::parse(&packet[ipv4::LEN..])
            .is_ok_and(|(header, payload)| header.is_genuine(b"secret", Cast::Multicast, &ip, payload));
        prop_assert!(!genuine);
    }
}
