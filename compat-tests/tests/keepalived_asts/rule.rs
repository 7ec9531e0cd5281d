//! Lines of rules.

use base::Family;
use grammar::ast::route::{Destination, Named};
use grammar::ast::rule::{Action, Mark, Range, Rule};
use proptest::option;
use proptest::prelude::*;

use super::words::{family, interface, maybe, named, prefix, realms, spanned, wild};

/// The protocol number of the daemon's own rules; another one goes with `no_track` only.
const OWN: u8 = 18;

fn selector(family: Family) -> impl Strategy<Value = Destination> {
    let everywhere = match family {
        Family::V4 => Destination::Default,
        Family::V6 => Destination::DefaultV6,
    };
    prop_oneof![
        1 => Just(everywhere),
        3 => prefix(family).prop_map(Destination::Prefix),
    ]
}

/// What is done, and the preference, which a target must be behind.
fn action() -> impl Strategy<Value = (Action, u32)> {
    let table = named(u32::MAX).prop_map(|table| match table {
        Named::Number(0) => Named::Number(1),
        table => table,
    });
    let preference = any::<u32>();
    prop_oneof![
        (table, preference).prop_map(|(table, at)| (Action::Table(spanned(table)), at)),
        preference.prop_map(|at| (Action::L3mdev, at)),
        (1..=u32::MAX).prop_flat_map(|target| (Just(Action::Goto(target)), 0..target)),
        preference.prop_map(|at| (Action::Nop, at)),
        preference.prop_map(|at| (Action::Blackhole, at)),
        preference.prop_map(|at| (Action::Prohibit, at)),
        preference.prop_map(|at| (Action::Unreachable, at)),
    ]
}

fn mark() -> impl Strategy<Value = Mark> {
    any::<(u32, Option<u32>)>().prop_map(|(mark, mask)| Mark { mark, mask })
}

fn range<N: Arbitrary + Copy>() -> impl Strategy<Value = Option<Range<N>>> {
    any::<Option<(N, N)>>().prop_map(|ends| ends.map(|(first, last)| Range { first, last }))
}

fn line(family: Family) -> impl Strategy<Value = Rule> {
    let selectors = (
        maybe(selector(family)),
        maybe(selector(family)),
        any::<(bool, bool)>(),
    );
    let links = (maybe(interface()), maybe(interface()));
    let suppressors = (
        option::of(0..=i32::MAX.unsigned_abs()),
        maybe(named(0x7fff_ffff)),
        maybe(realms()),
    );
    let numbers = (maybe(named(255)), option::of(mark()), any::<Option<u64>>());
    let ranges = (range::<u32>(), range::<u16>(), range::<u16>());
    let protocols = any::<(Option<u8>, Option<u8>, bool)>();
    (
        action(),
        selectors,
        links,
        suppressors,
        numbers,
        ranges,
        protocols,
    )
        .prop_map(
            move |(action, selectors, links, suppressors, numbers, ranges, protocols)| {
                let (from, to, (not, spelt)) = selectors;
                let (protocol, ipproto, no_track) = protocols;
                let (action, preference) = action;
                let looks_up = matches!(action, Action::Table(_) | Action::L3mdev);
                Rule {
                    family: spelt.then_some(family),
                    from,
                    to,
                    not,
                    action: Some(action),
                    preference: Some(preference),
                    tos: numbers.0,
                    fwmark: numbers.1,
                    tunnel_id: numbers.2,
                    suppress_prefixlength: suppressors.0.filter(|_| looks_up),
                    suppress_ifgroup: suppressors.1.filter(|_| looks_up),
                    realms: suppressors.2.filter(|_| looks_up && family == Family::V4),
                    iif: links.0,
                    oif: links.1,
                    uids: ranges.0,
                    sport: ranges.1,
                    dport: ranges.2,
                    protocol: protocol
                        .filter(|protocol| no_track || *protocol == OWN)
                        .map(spanned),
                    ipproto,
                    no_track,
                    ..Rule::default()
                }
            },
        )
}

/// A line of `virtual_rules`.
pub(crate) fn virtual_line() -> impl Strategy<Value = Rule> {
    family().prop_flat_map(line)
}

/// A line of `static_rules`: a track group needs the interface.
pub(crate) fn static_line() -> impl Strategy<Value = Rule> {
    (virtual_line(), maybe(wild())).prop_map(|(rule, group)| Rule {
        track_group: group.filter(|_| rule.iif.is_some()),
        ..rule
    })
}
