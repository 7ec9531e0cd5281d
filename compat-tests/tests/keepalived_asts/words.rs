//! Words and numbers that values consist of.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;

use base::Family;
use grammar::Span;
use grammar::ast::Spanned;
use grammar::ast::leaf::Prefix;
use grammar::ast::route::{Named, Realms};
use proptest::option;
use proptest::prelude::*;

/// Without a place; comparing ASTs ignores places.
pub(crate) fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(value, Span::default())
}

/// Written or not.
pub(crate) fn maybe<T: Clone + core::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<Spanned<T>>> {
    option::weighted(0.3, value.prop_map(spanned))
}

/// A word of one line, with whatever may stand in quotes.
pub(crate) fn wild() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z][a-z0-9_.-]{0,10}",
        1 => "[a-zA-Z0-9 #!;.,:/%=+<>é-]{1,12}".prop_filter("a word", |text| !text.trim().is_empty()),
    ]
}

/// A name that no option has and no number looks like.
pub(crate) fn name() -> impl Strategy<Value = String> {
    "z[a-z0-9_-]{0,8}q"
}

/// What an interface can be called.
pub(crate) fn interface() -> impl Strategy<Value = String> {
    "[a-z]{2,5}[0-9]{1,3}(\\.[0-9]{1,3})?"
}

pub(crate) fn path() -> impl Strategy<Value = String> {
    "/[a-z]{1,6}/[a-zA-Z0-9 _.#!-]{0,8}[a-z]"
}

/// Times to the microsecond.
pub(crate) fn time(most: u64) -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0..=most).prop_map(Duration::from_secs),
        (0..most * 1_000_000).prop_map(Duration::from_micros),
    ]
}

pub(crate) fn family() -> impl Strategy<Value = Family> {
    prop_oneof![Just(Family::V4), Just(Family::V6)]
}

pub(crate) fn address(family: Family) -> BoxedStrategy<IpAddr> {
    match family {
        Family::V4 => any::<u32>()
            .prop_map(|bits| Ipv4Addr::from_bits(bits).into())
            .boxed(),
        Family::V6 => prop_oneof![any::<u128>(), any::<u16>().prop_map(u128::from)]
            .prop_map(|bits| Ipv6Addr::from_bits(bits).into())
            .boxed(),
    }
}

/// An address with or without its length.
pub(crate) fn prefix(family: Family) -> impl Strategy<Value = Prefix> {
    let most = match family {
        Family::V4 => 32,
        Family::V6 => 128,
    };
    (address(family), option::of(0..=most)).prop_map(move |(address, len)| Prefix {
        address,
        len: len.unwrap_or(most),
        written: len.is_some(),
    })
}

/// A number up to `most`, or a name that the host may know.
pub(crate) fn named(most: u32) -> impl Strategy<Value = Named> {
    prop_oneof![
        (0..=most).prop_map(Named::Number),
        name().prop_map(Named::Name),
    ]
}

pub(crate) fn realms() -> impl Strategy<Value = Realms> {
    (option::of(named(65_535)), named(65_535)).prop_map(|(source, destination)| Realms {
        source,
        destination,
    })
}
