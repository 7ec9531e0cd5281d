//! Lines of routes.

use core::net::{Ipv4Addr, Ipv6Addr};
use core::time::Duration;

use base::Family;
use grammar::ast::route::{
    Destination, Encap, Metric, Metrics, NextHop, Placement, Route, RouteType, Tunnel,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::words::{address, family, interface, maybe, name, named, prefix, realms, spanned, wild};

fn metric<T: Clone + core::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<Metric<T>>> {
    let metric = (value, any::<bool>()).prop_map(|(value, lock)| Metric { value, lock });
    option::weighted(0.2, metric)
}

/// A multiple of `unit`, up to 120 s.
fn time(unit: u64) -> impl Strategy<Value = Duration> {
    (0..=120_000_000 / unit).prop_map(move |count| Duration::from_micros(count * unit))
}

fn metrics() -> impl Strategy<Value = Metrics> {
    let number = || metric(any::<u32>());
    let numbers = (number(), number(), number(), number(), number());
    let times = (metric(time(125)), metric(time(250)), metric(time(1000)));
    let plain = (
        option::weighted(0.2, any::<u8>()),
        option::weighted(0.2, any::<u32>()),
        option::weighted(0.2, any::<u32>()),
        option::weighted(0.2, any::<u32>()),
    );
    let switches = any::<(bool, Option<bool>, Option<bool>)>();
    (numbers, times, metric(name()), plain, switches).prop_map(
        |(numbers, (rtt, rttvar, rto_min), congctl, plain, switches)| Metrics {
            mtu: numbers.0,
            advmss: numbers.1,
            reordering: numbers.2,
            cwnd: numbers.3,
            ssthresh: numbers.4,
            rtt,
            rttvar,
            rto_min,
            congctl,
            hoplimit: plain.0,
            window: plain.1,
            initcwnd: plain.2,
            initrwnd: plain.3,
            ecn: switches.0,
            quickack: switches.1,
            fastopen_no_cookie: switches.2,
        },
    )
}

/// A tunnel with an end or an id.
fn tunnel<A: Clone + core::fmt::Debug>(
    address: impl Strategy<Value = A> + Clone,
) -> impl Strategy<Value = Tunnel<A>> {
    let rest = (
        option::of(address.clone()),
        option::of(named(255)),
        any::<Option<u8>>(),
        any::<Option<u16>>(),
    );
    (any::<Option<u64>>(), address, any::<bool>(), rest).prop_map(
        |(id, dst, both, (src, tos, ttl, flags))| Tunnel {
            dst: (both || id.is_none()).then_some(dst),
            id,
            src,
            tos,
            ttl,
            flags,
        },
    )
}

fn encap() -> impl Strategy<Value = Encap> {
    prop_oneof![
        tunnel(any::<u32>().prop_map(Ipv4Addr::from_bits)).prop_map(Encap::Ip),
        tunnel(any::<u128>().prop_map(Ipv6Addr::from_bits)).prop_map(Encap::Ip6),
        vec(0..1_u32 << 20, 1..4).prop_map(Encap::Mpls),
        any::<u64>().prop_map(Encap::Ila),
    ]
}

fn hop(family: Family) -> impl Strategy<Value = NextHop> {
    let way = (maybe(address(family)), maybe(interface()));
    let weight = option::of(1..=256_u16);
    let encap = option::weighted(0.2, encap().boxed());
    (way, weight, any::<bool>(), encap, maybe(realms())).prop_map(
        move |((via, dev), weight, onlink, encap, realms)| NextHop {
            via,
            dev,
            weight,
            onlink,
            encap,
            realms: realms.filter(|_| family == Family::V4),
        },
    )
}

fn destination(family: Family) -> impl Strategy<Value = Destination> {
    let everywhere = match family {
        Family::V4 => Destination::Default,
        Family::V6 => Destination::DefaultV6,
    };
    prop_oneof![
        1 => Just(everywhere),
        4 => prefix(family).prop_map(Destination::Prefix),
    ]
}

fn placement() -> impl Strategy<Value = Placement> {
    select(vec![Placement::Add, Placement::Prepend, Placement::Append])
}

/// Where it leads and by which way.
fn way(family: Family) -> BoxedStrategy<Route> {
    let kind = option::of(select(RouteType::NAMES.map(|(kind, _)| kind).to_vec()));
    let addresses = (
        option::of(address(family)),
        maybe(address(family)),
        maybe(address(family)),
        option::of(prefix(Family::V6)),
    );
    let hops = vec(hop(family).boxed(), 0..3);
    let spelt = any::<bool>();
    (
        destination(family),
        kind,
        addresses,
        maybe(interface()),
        hops,
        spelt,
    )
        .prop_map(
            move |(destination, kind, (src, via, or, from), dev, nexthops, spelt)| Route {
                family: spelt.then_some(family),
                destination: Some(spanned(destination)),
                kind,
                src,
                via,
                or: or.filter(|_: &_| nexthops.is_empty()),
                from: from.filter(|_| family == Family::V6),
                dev,
                nexthops,
                ..Route::default()
            },
        )
        .boxed()
}

fn line(family: Family) -> BoxedStrategy<Route> {
    let names = (
        maybe(named(255)),
        maybe(named(u32::MAX)),
        maybe(interface()),
        maybe(named(255)),
        maybe(named(255)),
        maybe(realms()),
        maybe(wild()),
    );
    let numbers = any::<(Option<u32>, Option<u32>, Option<u8>)>();
    let switches = any::<(bool, bool, Option<bool>)>();
    // Boxed: values of this size would not fit on a test's stack.
    let rest = (
        metrics().boxed(),
        option::of(placement()),
        option::of(encap().boxed()),
    );
    (way(family), names, numbers, switches, rest)
        .prop_map(
            move |(way, names, (metric, expires, pref), switches, (metrics, placement, encap))| {
                let v6 = family == Family::V6;
                Route {
                    tos: names.0,
                    table: names.1,
                    vrf: names.2,
                    protocol: names.3,
                    scope: names.4,
                    realms: names.5.filter(|_| !v6),
                    label: names.6,
                    metric,
                    expires: expires.filter(|_| v6),
                    pref: pref.filter(|_| v6),
                    onlink: switches.0,
                    no_track: switches.1,
                    ttl_propagate: switches.2,
                    metrics,
                    placement,
                    encap,
                    ..way
                }
            },
        )
        .boxed()
}

/// A line of `virtual_routes`.
pub(crate) fn virtual_line() -> BoxedStrategy<Route> {
    family().prop_flat_map(line).boxed()
}

/// A line of `static_routes`: a track group needs the interface.
pub(crate) fn static_line() -> impl Strategy<Value = Route> {
    (virtual_line(), maybe(wild())).prop_map(|(route, group)| Route {
        track_group: group.filter(|_| route.dev.is_some()),
        ..route
    })
}
