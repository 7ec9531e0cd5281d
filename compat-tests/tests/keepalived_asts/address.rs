//! Lines of addresses.

use base::Family;
use grammar::ast::address::{AddressLine, Broadcast, UseVmac};
use proptest::option;
use proptest::prelude::*;

use super::words::{address, family, interface, maybe, named, prefix, spanned, wild};

fn broadcast() -> impl Strategy<Value = Broadcast> {
    prop_oneof![
        address(Family::V4).prop_map(Broadcast::Address),
        Just(Broadcast::HostBitsSet),
        Just(Broadcast::HostBitsClear),
    ]
}

fn vmac() -> impl Strategy<Value = UseVmac> {
    (option::of(interface()), any::<Option<u32>>())
        .prop_map(|(name, group)| UseVmac { name, group })
}

/// What only IPv4 addresses have is left away from others.
fn line(family: Family) -> impl Strategy<Value = AddressLine> {
    let flags = any::<(bool, bool, bool, bool, bool, bool)>();
    let only_v4 = (
        maybe(named(255)),
        option::of(broadcast()),
        option::of("[a-z]{1,8}:[0-9]{1,3}"),
    );
    let peer = option::of(prefix(family));
    let lives = any::<Option<u32>>();
    (
        prefix(family),
        maybe(interface()),
        only_v4,
        peer,
        flags,
        lives,
    )
        .prop_map(
            move |(prefix, dev, (scope, broadcast, label), peer, flags, preferred_lft)| {
                let v4 = family == Family::V4;
                AddressLine {
                    dev,
                    scope: scope.filter(|_| v4),
                    broadcast: broadcast.filter(|_| v4),
                    label: label.filter(|_| v4),
                    peer,
                    home: flags.0,
                    nodad: flags.1,
                    mngtmpaddr: flags.2,
                    noprefixroute: flags.3,
                    autojoin: flags.4,
                    no_track: flags.5,
                    preferred_lft,
                    ..AddressLine::new(spanned(prefix))
                }
            },
        )
}

/// A line of `virtual_ipaddress`.
pub(crate) fn virtual_line() -> impl Strategy<Value = AddressLine> {
    (family().prop_flat_map(line), option::of(vmac()))
        .prop_map(|(line, use_vmac)| AddressLine { use_vmac, ..line })
}

/// A line of `static_ipaddress`.
pub(crate) fn static_line() -> impl Strategy<Value = AddressLine> {
    (family().prop_flat_map(line), maybe(wild())).prop_map(|(line, track_group)| AddressLine {
        track_group,
        ..line
    })
}
