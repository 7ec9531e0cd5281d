//! Interfaces that a router needs besides its own, because addresses, routes or rules of it lie
//! there: without one of them it could not do as master what it is for. And interfaces of static items
//! that are tied to it by a `track_group`.
//!
//! Invariants: an interface is tracked once; what the configuration says of one goes first;
//! `no_track` is heeded.

use std::collections::{BTreeMap, BTreeSet};

use base::Weight;
use vrrp::config::{Router, Track};

use super::watch::Watched;
use super::{RouterHost, Routing};

/// Interfaces of static items, by the name of the instance that follows them.
pub(super) type HeldFor = BTreeMap<String, BTreeSet<String>>;

/// Adds what `host` and static items need to what `router` tracks.
pub(super) fn track(
    router: &mut Router,
    host: &RouterHost,
    statics: &HeldFor,
    watched: &mut Watched<'_>,
) {
    let known: BTreeSet<_> = router.tracks.iter().map(|track| track.object).collect();
    let tied = statics.get(&router.name).into_iter().flatten();
    let own = host.interface.as_deref();
    let tied = tied.map(String::as_str).filter(|name| Some(*name) != own);
    let mut names = interfaces(host);
    names.extend(tied);
    for interface in names {
        let object = watched.interface(interface);
        if !known.contains(&object) {
            router.tracks.push(Track {
                object,
                weight: Weight(0),
                reverse: false,
            });
        }
    }
}

fn interfaces(host: &RouterHost) -> BTreeSet<&str> {
    let addresses = host.addresses.iter().filter(|address| !address.no_track);
    let addresses = addresses.map(|address| &*address.interface);
    let routing = host.routing.iter().filter(|routing| routing.is_tracked());
    let routing = routing.flat_map(|routing| match routing {
        Routing::Route(route) => {
            let hops = route.route.hops.iter();
            hops.filter_map(|hop| hop.link.as_deref()).collect()
        }
        Routing::Rule(rule) => {
            let names = [rule.rule.iif.as_deref(), rule.rule.oif.as_deref()];
            names.into_iter().flatten().collect::<Vec<_>>()
        }
    });
    let own = host.interface.as_deref();
    let elsewhere = |name: &&str| Some(*name) != own;
    addresses.chain(routing).filter(elsewhere).collect()
}
