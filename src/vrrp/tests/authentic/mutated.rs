//! Adverts that somebody changed on their way.

use super::*;

proptest! {
    #![proptest_config(property::config(1_000))]

    /// Whatever byte is changed on the way: only what routers may change is taken.
    #[test]
    fn no_changed_byte_of_an_ah_packet_is_accepted(
        at in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
        is_unicast: bool,
    ) {
        let router = if is_unicast { unicast(ah(router()), &[ABOVE]) } else { ah(router()) };
        let good = adverts(&peer(&router), 1).remove(0);
        let Input::Packet { payload, envelope, .. } = good else {
            unreachable!("adverts are packets");
        };
        let before = envelope.ah.unwrap();
        let mut bytes: Vec<u8> = before.ip.to_vec();
        bytes.extend(before.header);
        bytes.extend(&payload);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let (ip, rest) = bytes.split_first_chunk::<20>().unwrap();
        let (protection, message) = Protection::split(*ip, rest).unwrap();
        let address = |at: usize| IpAddr::V4(Ipv4Addr::from_octets(*ip[at..].first_chunk().unwrap()));
        let input = Input::Packet {
            router: R,
            source: address(12),
            destination: address(16),
            ttl: ip[8],
            payload: message.to_vec(),
            envelope: Envelope { ah: Some(protection), ..Envelope::default() },
        };
        // Type of service, fragment, checksum; and the TTL of a packet that is routed.
        let mutable = matches!(at, 1 | 6 | 7 | 10 | 11) || at == 8 && is_unicast;
        prop_assert_eq!(accepted(&mut backup(&router), input), mutable, "byte {}", at);
    }

    #[test]
    fn no_changed_byte_of_a_keyed_advert_is_accepted(
        at in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
        mode in prop::sample::select(vec![Mode::Enforce, Mode::Permissive, Mode::ReceiveOnly]),
        window in prop::sample::select(vec![None, Some(5), Some(300)]),
    ) {
        let sender = peer(&keyed(|hmac| hmac.window = window));
        let router = keyed(|hmac| { hmac.mode = mode; hmac.window = window; });
        let mut input = adverts(&sender, 1).remove(0);
        let bytes = payload(&mut input);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(!accepted(&mut backup(&router), input), "byte {}", at);
    }

    /// A password on the wire proves nothing; but what was damaged on the way is not taken.
    #[test]
    fn no_changed_byte_of_an_advert_with_a_password_is_accepted(
        at in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
        is_unicast: bool,
    ) {
        let router = router().with(|it| it.auth = Auth::Pass(*b"secret\0\0"));
        let router = if is_unicast { unicast(router, &[ABOVE]) } else { router };
        let good = adverts(&peer(&router), 1).remove(0);
        prop_assert!(accepted(&mut backup(&router), good.clone()));
        let mut input = good;
        let bytes = payload(&mut input);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(!accepted(&mut backup(&router), input), "byte {}", at);
    }

    /// Whatever length it is cut or grown to.
    #[test]
    fn no_other_length_is_accepted(length in 0..200_usize, enforce: bool) {
        let mode = if enforce { Mode::Enforce } else { Mode::Permissive };
        let router = keyed(|hmac| hmac.mode = mode);
        let mut input = adverts(&peer(&router), 1).remove(0);
        let whole = payload(&mut input).len();
        payload(&mut input).resize(length, 0);
        let bare = whole - wire::trailer::LEN;
        // Without its trailer it is an advert without a trailer, perhaps with padding.
        let padded = length >= bare && (length - bare) % 4 == 2 || length == bare;
        let wanted = length == whole || !enforce && padded;
        prop_assert_eq!(accepted(&mut backup(&router), input), wanted);
    }
}
