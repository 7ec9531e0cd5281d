//! Round trips, arbitrary bytes, and etherparse as an independent opinion.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base::{Family, MacAddr, Priority, VrId};
use proptest::prelude::*;
use wire::checksum::Rule;
use wire::process::Event;
use wire::vrrp::{Advert, Body, GROUP_V4, HEADER_LEN, PROTOCOL, View};
use wire::{InvalidPacket, ah, arp, ipv4, ipv6, ndp, process};

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        (any::<u8>(), any::<u8>(), any::<[u8; 8]>()).prop_map(|(auth_type, interval, auth)| {
            Body::V2 {
                auth_type,
                interval,
                auth,
            }
        }),
        (0..=0x0fff_u16).prop_map(|interval| Body::V3 { interval }),
    ]
}

fn addresses() -> impl Strategy<Value = (Family, Vec<IpAddr>)> {
    let v4 = prop::collection::vec(any::<Ipv4Addr>().prop_map(IpAddr::V4), 0..260);
    let v6 = prop::collection::vec(any::<Ipv6Addr>().prop_map(IpAddr::V6), 0..260);
    prop_oneof![
        v4.prop_map(|list| (Family::V4, list)),
        v6.prop_map(|list| (Family::V6, list)),
    ]
}

proptest! {
    #[test]
    fn advert_round_trip(
        vrid in 1..=255_u8,
        priority in any::<u8>(),
        (family, list) in addresses(),
        body in body(),
        padding in 0..20_usize,
    ) {
        let advert = Advert {
            vrid: VrId::new(vrid).unwrap(),
            priority: Priority(priority),
            addresses: &list,
            body,
        };
        let (source, destination) = match family {
            Family::V4 => (Ipv4Addr::new(10, 0, 0, 1).into(), GROUP_V4.into()),
            Family::V6 => (Ipv6Addr::LOCALHOST.into(), wire::vrrp::GROUP_V6.into()),
        };
        for rule in [Rule::Message, Rule::Pseudo { source, destination }, Rule::Zero] {
            let mut bytes = advert.encode(rule);
            let length = bytes.len();
            bytes.resize(length + padding, 0);
            let view = View::new(&bytes).unwrap();
            prop_assert_eq!(view.stated_len(family), length);
            prop_assert_eq!(view.vrid(), Some(advert.vrid));
            prop_assert_eq!(view.priority(), advert.priority);
            let read: Vec<_> = view.addresses(family).collect();
            prop_assert_eq!(&read[..], &list[..list.len().min(255)]);
            prop_assert_eq!(view.computed_checksum(family, rule), Some(view.checksum()));
            let again = Advert { addresses: &read, ..advert }.encode(rule);
            prop_assert_eq!(&again[..], &bytes[..length]);
        }
    }

    /// A one's-complement sum sees every single changed byte (only 0x0000 and 0xffff are alike).
    #[test]
    fn a_changed_byte_changes_the_checksum(at in 0..28_usize, to in any::<u8>()) {
        let list = [IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2])];
        let body = Body::V2 { auth_type: 1, interval: 1, auth: *b"password" };
        let advert = Advert {
            vrid: VrId::new(51).unwrap(),
            priority: Priority(100),
            addresses: &list,
            body,
        };
        let mut bytes = advert.encode(Rule::Message);
        // Count and version say how much is summed; they are checked before.
        prop_assume!(at < bytes.len() && bytes[at] != to && at != 0 && at != 3);
        bytes[at] = to;
        let view = View::new(&bytes).unwrap();
        prop_assert_ne!(view.computed_checksum(Family::V4, Rule::Message), Some(view.checksum()));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(view) = View::new(&bytes) {
            for family in [Family::V4, Family::V6] {
                let count = view.addresses(family).count();
                prop_assert!(count <= usize::from(view.count()));
                let complete = view.len() >= view.stated_len(family);
                let sum = view.computed_checksum(family, Rule::Message);
                prop_assert_eq!(sum.is_some(), complete);
                if view.version() == 2 {
                    prop_assert_eq!(view.auth(family).is_some(), complete);
                }
            }
        } else {
            prop_assert!(bytes.len() < HEADER_LEN);
        }
        let _ = ah::Header::parse(&bytes);
        let _ = arp::Packet::parse(&bytes);
        let _ = ipv4::Header::parse(&bytes);
        let _ = ipv6::Header::parse(&bytes);
        let _ = ndp::Unsolicited::parse(&bytes);
    }

    /// What looks like IPv4 is read as etherparse reads it.
    #[test]
    fn ipv4_as_etherparse(
        mut bytes in prop::collection::vec(any::<u8>(), 20..120),
        words in 5..8_u8,
        total in 0..130_u16,
    ) {
        bytes[0] = 0x40 | words;
        bytes[2..4].copy_from_slice(&total.to_be_bytes());
        bytes[6] &= 0x40;
        bytes[7] = 0;
        match (ipv4::Header::parse(&bytes), etherparse::Ipv4Slice::from_slice(&bytes)) {
            (Ok((ours, payload)), Ok(theirs)) => {
                prop_assert_eq!(ours.source, theirs.header().source_addr());
                prop_assert_eq!(ours.destination, theirs.header().destination_addr());
                prop_assert_eq!(ours.ttl, theirs.header().ttl());
                prop_assert_eq!(ours.protocol, theirs.header().protocol().0);
                prop_assert_eq!(ours.dont_fragment, theirs.header().dont_fragment());
                // etherparse takes an authentication header apart already.
                if ours.protocol != ah::PROTOCOL {
                    prop_assert_eq!(payload, theirs.payload().payload);
                }
            }
            // etherparse also looks into an authentication header, which may be cut short.
            (Ok((ours, _)), Err(_)) => prop_assert_eq!(ours.protocol, ah::PROTOCOL),
            (Err(_), theirs) => prop_assert!(theirs.is_err()),
        }
    }

    #[test]
    fn ipv4_header_as_etherparse_writes_it(
        tos in any::<u8>(),
        id in any::<u16>(),
        df in any::<bool>(),
        ttl in any::<u8>(),
        source in any::<Ipv4Addr>(),
        to in any::<Ipv4Addr>(),
        length in 0..1400_u16,
    ) {
        let header = ipv4::Header {
            tos, id, dont_fragment: df, ttl, protocol: PROTOCOL, source, destination: to,
        };
        let ours = header.encode(length.into());
        let theirs = etherparse::Ipv4Header::from_slice(&ours).unwrap().0;
        prop_assert_eq!(theirs.calc_header_checksum(), theirs.header_checksum);
        prop_assert_eq!(theirs.to_bytes().to_vec(), ours.to_vec());
        let mut packet = ours.to_vec();
        packet.resize(20 + usize::from(length), 0);
        prop_assert_eq!(ipv4::Header::parse(&packet).unwrap().0, header);
    }

    #[test]
    fn ipv6_as_etherparse(
        bytes in prop::collection::vec(any::<u8>(), 40..80),
        length in 0..50_u16,
    ) {
        let mut bytes = bytes;
        bytes[0] = 0x60 | (bytes[0] & 0x0f);
        bytes[4..6].copy_from_slice(&length.to_be_bytes());
        let theirs = etherparse::Ipv6Header::from_slice(&bytes).unwrap().0;
        match ipv6::Header::parse(&bytes) {
            Ok((ours, payload)) => {
                prop_assert_eq!(ours.source, theirs.source_addr());
                prop_assert_eq!(ours.destination, theirs.destination_addr());
                prop_assert_eq!(ours.flow, theirs.flow_label.value());
                prop_assert_eq!(ours.hop_limit, theirs.hop_limit);
                prop_assert_eq!(ours.traffic_class, theirs.traffic_class);
                prop_assert_eq!(payload.len(), usize::from(length));
                prop_assert_eq!(ours.encode(payload.len()).to_vec(), bytes[..40].to_vec());
            }
            Err(error) => prop_assert_eq!(
                error,
                InvalidPacket::Truncated { needed: 40 + usize::from(length), got: bytes.len() }
            ),
        }
    }

    #[test]
    fn arp_round_trip(mac in any::<[u8; 6]>(), address in any::<Ipv4Addr>()) {
        let packet = arp::Packet::gratuitous(MacAddr(mac), address);
        prop_assert_eq!(arp::Packet::parse(&packet.encode()), Ok(packet));
        let sliced = etherparse::SlicedPacket::from_ethernet(&packet.broadcast_frame()).unwrap()
            .net.is_some();
        prop_assert!(sliced, "etherparse sees ARP in it");
    }

    #[test]
    fn advertisement_round_trip(
        mac in any::<[u8; 6]>(),
        target in any::<Ipv6Addr>(),
        router in any::<bool>(),
    ) {
        let announcement = ndp::Unsolicited { target, mac: MacAddr(mac), router };
        let bytes = announcement.encode();
        prop_assert_eq!(ndp::Unsolicited::parse(&bytes), Ok(announcement));
        let read = etherparse::Icmpv6Slice::from_slice(&bytes).unwrap();
        prop_assert!(read.is_checksum_valid(target.octets(), ndp::ALL_NODES.octets()));
    }
}

/// A process event as the kernel sends it: `kind` and the words that depend on it.
fn process_event(kind: u32, data: &[u32]) -> Vec<u8> {
    let headers = [76, 3, 0, 0, 1, 1, 0, 0, 40, kind, 0, 0, 0];
    let words = headers.iter().chain(data).map(|word| word.to_ne_bytes());
    let mut bytes: Vec<u8> = words.flatten().collect();
    bytes.resize(76, 0);
    bytes
}

#[test]
fn process_events_and_those_of_threads() {
    for (kind, data, wanted) in [
        (process::ANSWER, &[0][..], Event::Answer(0)),
        (process::ANSWER, &[1], Event::Answer(1)),
        (
            process::FORK,
            &[11, 10, 20, 20],
            Event::Forked {
                parent: 10,
                child: 20,
            },
        ),
        (process::FORK, &[10, 10, 21, 10], Event::Other),
        (process::EXEC, &[20, 20], Event::Changed(20)),
        (process::COMM, &[20, 20], Event::Changed(20)),
        (process::COMM, &[21, 20], Event::Other),
        (process::EXIT, &[20, 20, 9, 9], Event::Ended(20)),
        (process::EXIT, &[21, 20, 0, 0], Event::Other),
        (0x100, &[20, 20], Event::Other),
        (process::EXEC, &[u32::MAX, u32::MAX], Event::Other),
    ] {
        let bytes = process_event(kind, data);
        assert_eq!(Event::parse(&bytes), Ok(wanted), "{kind} {data:?}");
        for length in 0..bytes.len() {
            assert!(Event::parse(&bytes[..length]).is_err(), "{length} bytes");
        }
    }
    let mut other = process_event(process::EXIT, &[20, 20]);
    other[16] ^= 2;
    assert!(Event::parse(&other).is_err(), "another connector");
    let ask = process::request(true);
    assert_eq!(ask.len(), process::REQUEST);
    assert_ne!(ask, process::request(false));
}

proptest! {
    #[test]
    fn process_events_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..100),
        kind in any::<u32>(),
        data in prop::collection::vec(any::<u32>(), 0..8),
        cut in 0..80_usize,
        length in 0..100_u32,
    ) {
        let _ = Event::parse(&bytes);
        let mut event = process_event(kind, &data);
        event[..4].copy_from_slice(&length.to_ne_bytes());
        event.truncate(cut);
        // What the length does not cover is not read.
        if Event::parse(&event).is_ok() {
            prop_assert!(length as usize <= event.len());
        }
    }
}
