//! BFD control packets: the bytes, every one of them changed, and arbitrary ones.

use core::num::{NonZeroU8, NonZeroU32};

use proptest::prelude::*;
use wire::InvalidPacket;
use wire::bfd::{Diagnostic, LEN, Packet, State};

/// What Debian's keepalived 2.2.7 sent while it heard nobody, captured: `min_rx 100`,
/// `multiplier 3`.
const DOWN: [u8; LEN] = [
    0x20, 0x40, 0x03, 0x18, 0x66, 0x66, 0x31, 0x2c, 0, 0, 0, 0, 0x00, 0x0f, 0x42, 0x40, 0x00, 0x01,
    0x86, 0xa0, 0, 0, 0, 0,
];

fn down() -> Packet {
    Packet {
        diagnostic: Diagnostic::NONE,
        state: State::Down,
        poll: false,
        is_final: false,
        independent: false,
        demand: false,
        multiplier: NonZeroU8::new(3).unwrap(),
        my_discriminator: NonZeroU32::new(0x6666_312c).unwrap(),
        your_discriminator: 0,
        desired_min_tx: 1_000_000,
        required_min_rx: 100_000,
        required_min_echo_rx: 0,
    }
}

#[test]
fn golden() {
    assert_eq!(Packet::parse(&DOWN), Ok(down()));
    assert_eq!(down().encode(), DOWN);
    let up = Packet {
        diagnostic: Diagnostic::EXPIRED,
        state: State::Up,
        poll: true,
        your_discriminator: 0x0102_0304,
        ..down()
    };
    let bytes = up.encode();
    assert_eq!(bytes[..4], [0x21, 0xe0, 0x03, 0x18]);
    assert_eq!(bytes[8..12], [1, 2, 3, 4]);
    assert_eq!(Packet::parse(&bytes), Ok(up));
}

/// RFC 5880 §6.8.6 in its order, each on a packet that is sound otherwise.
#[test]
fn what_must_be_discarded() {
    let change = |at: usize, to: u8| {
        let mut bytes = DOWN;
        bytes[at] = to;
        Packet::parse(&bytes)
    };
    let field = |field, got| Err(InvalidPacket::Field { field, got });
    assert_eq!(change(0, 0x00), field("BFD version", 0));
    assert_eq!(change(0, 0x40), field("BFD version", 2));
    assert_eq!(change(3, 23), field("BFD length", 23));
    let truncated = InvalidPacket::Truncated {
        needed: 25,
        got: 24,
    };
    assert_eq!(change(3, 25), Err(truncated));
    assert_eq!(change(2, 0), field("BFD multiplier", 0));
    assert_eq!(change(1, 0x41), field("BFD multipoint bit", 1));
    assert_eq!(change(1, 0x44), field("BFD authentication", 1));
    assert_eq!(change(1, 0x70), field("BFD poll and final bits", 3));
    // Up and Init without naming our session; Down and AdminDown may.
    assert_eq!(change(1, 0xc0), field("BFD your discriminator", 0));
    assert_eq!(change(1, 0x80), field("BFD your discriminator", 0));
    assert!(change(1, 0x00).is_ok());
    let mut nameless = DOWN;
    nameless[4..8].fill(0);
    assert_eq!(Packet::parse(&nameless), field("BFD my discriminator", 0));
    let short = InvalidPacket::Truncated {
        needed: 24,
        got: 23,
    };
    assert_eq!(Packet::parse(&DOWN[..23]), Err(short));
}

/// Every byte to every value: refused, or read as exactly what was written.
#[test]
fn every_byte_matters() {
    let mut sent = DOWN;
    sent[8..12].copy_from_slice(&[9, 8, 7, 6]);
    for at in 0..LEN {
        for to in 0..=u8::MAX {
            let mut bytes = sent;
            bytes[at] = to;
            if let Ok(packet) = Packet::parse(&bytes) {
                assert_eq!(packet.encode(), bytes, "byte {at} as {to}");
            } else {
                assert_ne!(bytes, sent);
                assert!(at < 8, "byte {at} as {to} is refused");
            }
        }
    }
}

fn packet() -> impl Strategy<Value = Packet> {
    let state = prop::sample::select(&[State::AdminDown, State::Down, State::Init, State::Up][..]);
    let flags = (any::<[bool; 3]>(), 0..3_u8);
    let words = (1..=u32::MAX, 1..=u32::MAX, any::<[u32; 3]>());
    (state, 0..32_u8, flags, 1..=255_u8, words).prop_map(
        |(state, diagnostic, ([independent, demand, _], ask), multiplier, (my, your, times))| {
            Packet {
                diagnostic: Diagnostic::new(diagnostic),
                state,
                poll: ask == 1,
                is_final: ask == 2,
                independent,
                demand,
                multiplier: NonZeroU8::new(multiplier).unwrap(),
                my_discriminator: NonZeroU32::new(my).unwrap(),
                your_discriminator: your,
                desired_min_tx: times[0],
                required_min_rx: times[1],
                required_min_echo_rx: times[2],
            }
        },
    )
}

proptest! {
    #[test]
    fn round_trip(packet in packet(), behind in prop::collection::vec(any::<u8>(), 0..10)) {
        let mut bytes = packet.encode().to_vec();
        bytes.extend(behind);
        prop_assert_eq!(Packet::parse(&bytes), Ok(packet));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(packet) = Packet::parse(&bytes) {
            prop_assert_eq!(Packet::parse(&packet.encode()), Ok(packet));
        }
    }
}
