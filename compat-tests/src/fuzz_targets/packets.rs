//! What comes from the network and from the kernel.
//!
//! Invariant: what a decoder accepts, the encoder writes in a form that means the same.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base::Family;
use wire::checksum::Rule;
use wire::{ah as authentication, arp as link, bfd, ipv4, ipv6, ipvs, ndp, process, vrrp};

/// Bytes from the VRRP header on.
pub fn vrrp_advert(data: &[u8]) {
    let Ok(view) = vrrp::View::new(data) else {
        return;
    };
    let v4 = Rule::Pseudo {
        source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        destination: IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18)),
    };
    let v6 = Rule::Pseudo {
        source: IpAddr::V6(Ipv6Addr::LOCALHOST),
        destination: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    for (family, pseudo) in [(Family::V4, v4), (Family::V6, v6)] {
        let listed = view.addresses(family).count();
        assert!(listed <= usize::from(view.count()), "more than announced");
        for rule in [pseudo, Rule::Message, Rule::Zero] {
            let _ = view.computed_checksum(family, rule);
        }
        let _ = (view.auth(family), view.stated_len(family));
    }
    assert!(view.len() <= data.len(), "longer than what was received");
    let _ = (view.version(), view.kind(), view.vrid(), view.priority());
    let _ = (view.auth_type(), view.checksum(), view.is_empty());
    let _ = (view.interval_seconds(), view.interval_centiseconds());
}

/// An IPv4 packet.
pub fn ipv4_header(data: &[u8]) {
    if let Ok((header, payload)) = ipv4::Header::parse(data) {
        assert!(payload.len() <= data.len(), "a payload from nowhere");
        let mut again = header.encode(payload.len()).to_vec();
        again.extend_from_slice(payload);
        let (read, rest) = ipv4::Header::parse(&again).expect("what was encoded");
        assert_eq!((read, rest), (header, payload));
    }
}

/// An IPv6 packet.
pub fn ipv6_header(data: &[u8]) {
    if let Ok((header, payload)) = ipv6::Header::parse(data) {
        assert!(payload.len() <= data.len(), "a payload from nowhere");
        let mut again = header.encode(payload.len()).to_vec();
        again.extend_from_slice(payload);
        let (read, rest) = ipv6::Header::parse(&again).expect("what was encoded");
        assert_eq!((read, rest), (header, payload));
    }
}

/// An ARP packet with its Ethernet header.
pub fn arp(data: &[u8]) {
    if let Ok(packet) = link::Packet::parse(data) {
        assert_eq!(link::Packet::parse(&packet.encode()), Ok(packet));
    }
}

/// A BFD control packet.
pub fn bfd_control(data: &[u8]) {
    if let Ok(packet) = bfd::Packet::parse(data) {
        assert_eq!(bfd::Packet::parse(&packet.encode()), Ok(packet));
    }
}

/// An ICMPv6 neighbour advertisement.
pub fn neighbour_advertisement(data: &[u8]) {
    if let Ok(packet) = ndp::Unsolicited::parse(data) {
        assert_eq!(ndp::Unsolicited::parse(&packet.encode()), Ok(packet));
    }
}

/// An authentication header and what follows it.
pub fn ah(data: &[u8]) {
    if let Ok((_, rest)) = authentication::Header::parse(data) {
        assert!(data.ends_with(rest), "a payload from elsewhere");
        vrrp_advert(rest);
    }
}

/// Attributes of the kernel's answers about virtual services.
pub fn ipvs_message(data: &[u8]) {
    let _ = ipvs::decode_service(data);
    let _ = ipvs::decode_destination(data, Family::V4);
    let _ = ipvs::decode_destination(data, Family::V6);
}

/// A message of the kernel about a process.
pub fn process_event(data: &[u8]) {
    let event = process::Event::parse(data);
    let mut longer = data.to_vec();
    longer.push(0);
    if event.is_ok() {
        assert_eq!(process::Event::parse(&longer), event, "what follows counts");
    }
}
