use proptest::prelude::*;

use super::*;

fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    let mut text = String::new();
    for word in bytes.chunks(4) {
        for byte in word {
            write!(text, "{byte:02x}").expect("a string takes everything");
        }
        text.push('\n');
    }
    text
}

fn tcp(address: &str) -> ServiceKey {
    ServiceKey::Address {
        address: address.parse().expect("an address"),
        protocol: Protocol::Tcp,
    }
}

// Written down attribute by attribute from include/uapi/linux/ip_vs.h, for a little-endian host.
#[cfg(target_endian = "little")]
#[test]
fn new_service_bytes() {
    let (command, bytes) = Change::AddService(Service {
        key: tcp("192.168.1.31:16443"),
        scheduler: "rr".into(),
        persistence: Some(50),
        granularity: Granularity::Mask(Ipv4Addr::new(255, 255, 255, 0)),
    })
    .encode();
    assert_eq!(command, Command::NewService);
    let expected = [
        "54000180", // IPVS_CMD_ATTR_SERVICE, nested, 84 bytes
        "06000100", "02000000", // AF_INET
        "06000200", "06000000", // TCP
        "14000300", "c0a8011f", "00000000", "00000000", "00000000", // address
        "06000400", "403b0000", // port, network order
        "07000600", "72720000", // "rr", NUL
        "0c000700", "01000000", "01000000", // flags and mask: persistent
        "08000800", "32000000", // 50 s
        "08000900", "ffffff00", // netmask, network order
    ];
    assert_eq!(hex(&bytes).lines().collect::<Vec<_>>(), expected);
}

#[cfg(target_endian = "little")]
#[test]
fn destination_bytes() {
    let key = ServiceKey::Mark {
        mark: 7,
        family: Family::V6,
    };
    let (command, bytes) = Change::EditDest(
        key,
        Destination {
            address: "[2001:db8::1]:80".parse().expect("an address"),
            weight: 3,
            forwarding: Forwarding::Tunnel,
        },
    )
    .encode();
    assert_eq!(command, Command::SetDest);
    let expected = [
        "14000180", // service: family and mark alone identify it
        "06000100", "0a000000", "08000500", "07000000", //
        "48000280", // IPVS_CMD_ATTR_DEST, 72 bytes
        "14000100", "20010db8", "00000000", "00000000", "00000001", //
        "06000200", "00500000", // port 80
        "06000b00", "0a000000", // AF_INET6
        "08000300", "02000000", // tunnel
        "08000400", "03000000", // weight
        "08000500", "00000000", "08000600", "00000000", // no thresholds
    ];
    assert_eq!(hex(&bytes).lines().collect::<Vec<_>>(), expected);
}

#[test]
fn deletions_name_only_the_identity() {
    let key = tcp("10.0.0.9:80");
    let (command, bytes) = Change::DelService(key).encode();
    assert_eq!(command, Command::DelService);
    assert_eq!(bytes, encode_get_destinations(&key));
    let server = "10.0.0.1:80".parse().expect("an address");
    let (command, bytes) = Change::DelDest(key, server).encode();
    assert_eq!(command, Command::DelDest);
    assert_eq!(
        decode_destination(&bytes, Family::V4),
        Err(Error::Missing("weight"))
    );
}

#[test]
fn old_kernels_do_not_name_the_family_of_a_destination() {
    let mut inner = Vec::new();
    put(&mut inner, DEST_ADDR, &address_bytes([10, 0, 0, 1].into()));
    put(&mut inner, DEST_PORT, &80u16.to_be_bytes());
    put_u32(&mut inner, DEST_FWD_METHOD, 3);
    put_u32(&mut inner, DEST_WEIGHT, 1);
    let mut bytes = Vec::new();
    put(&mut bytes, CMD_DEST, &inner);
    let found = decode_destination(&bytes, Family::V4).expect("complete");
    assert_eq!(found.address, "10.0.0.1:80".parse().expect("an address"));
    assert_eq!(found.forwarding, Forwarding::DirectRouting);
}

fn any_address() -> impl Strategy<Value = SocketAddr> {
    prop_oneof![
        any::<([u8; 4], u16)>().prop_map(SocketAddr::from),
        any::<([u8; 16], u16)>().prop_map(SocketAddr::from),
    ]
}

fn any_key() -> impl Strategy<Value = ServiceKey> {
    prop_oneof![
        (
            any_address(),
            prop_oneof![
                Just(Protocol::Tcp),
                Just(Protocol::Udp),
                Just(Protocol::Sctp)
            ]
        )
            .prop_map(|(address, protocol)| ServiceKey::Address { address, protocol }),
        (
            1..=u32::MAX,
            prop_oneof![Just(Family::V4), Just(Family::V6)]
        )
            .prop_map(|(mark, family)| ServiceKey::Mark { mark, family }),
    ]
}

fn any_service() -> impl Strategy<Value = Service> {
    (
        any_key(),
        "[a-z]{1,15}",
        proptest::option::of(1u32..2_678_400),
        any::<u32>(),
    )
        .prop_map(|(key, scheduler, persistence, mask)| Service {
            key,
            scheduler,
            persistence,
            granularity: match key.family() {
                Family::V4 => Granularity::Mask(Ipv4Addr::from(mask)),
                Family::V6 => Granularity::Prefix(u8::try_from(mask % 129).unwrap_or(128)),
            },
        })
}

fn any_destination() -> impl Strategy<Value = Destination> {
    (
        any_address(),
        0u32..=65_535,
        prop_oneof![
            Just(Forwarding::Masquerade),
            Just(Forwarding::DirectRouting),
            Just(Forwarding::Tunnel)
        ],
    )
        .prop_map(|(address, weight, forwarding)| Destination {
            address,
            weight,
            forwarding,
        })
}

proptest! {
    #[test]
    fn services_round_trip(service in any_service()) {
        let (_, bytes) = Change::AddService(service.clone()).encode();
        prop_assert_eq!(bytes.len() % 4, 0);
        prop_assert_eq!(decode_service(&bytes), Ok(service));
    }

    #[test]
    fn destinations_round_trip(key in any_key(), destination in any_destination()) {
        let (_, bytes) = Change::AddDest(key, destination).encode();
        prop_assert_eq!(decode_destination(&bytes, key.family()), Ok(destination));
    }

    #[test]
    fn a_cut_or_changed_answer_never_panics(
        service in any_service(), cut in 0usize..100, at in 0usize..100, byte in any::<u8>(),
    ) {
        let (_, mut bytes) = Change::AddService(service).encode();
        bytes.truncate(cut);
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        let _ = decode_service(&bytes);
        let _ = decode_destination(&bytes, Family::V6);
    }

    #[test]
    fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode_service(&bytes);
        let _ = decode_destination(&bytes, Family::V4);
    }
}
