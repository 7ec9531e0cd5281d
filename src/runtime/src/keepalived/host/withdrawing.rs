//! The end of a daemon whose VRRP process cannot do it any more: everything that is on record goes.
//!
//! Invariants: the record is authoritative: nothing else is touched, and what is there is on it
//! from before it was made; each part goes whatever becomes of the others; afterwards the record
//! is gone. Deliberately unknown here: the configuration.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use sys::netlink::{Address, Change, Requests};
use sys::nft;
use tracing::{error, info};

use super::routing::withdraw;
use super::{made, switches, sysctl};
use crate::keepalived::links::Links;
use crate::keepalived::record::{Left, Record};
use crate::keepalived::routing::HeldRouting;

/// Removes addresses, routes, rules, macvlans and packet filter that are recorded at `path`, of
/// routers and static ones, and puts the kernel's switches back.
pub(in crate::keepalived) fn withdraw_recorded(path: &Path) {
    let (mut record, mut left) = Record::open(path);
    if left.is_empty() {
        return;
    }
    if let Err(error) = off_the_network(&left) {
        error!("what the daemon had added stays: {error}");
        return;
    }
    if let Some(table) = &left.filter
        && let Err(error) = nft::delete(table)
    {
        error!("cannot delete the nftables table {table}: {error}");
    }
    switches::put_back(&BTreeMap::new(), &mut left.switches);
    sysctl::put_back(&left.promoted);
    if let Err(error) = record.forget() {
        error!("cannot remove the record {}: {error}", path.display());
    }
}

fn off_the_network(left: &Left) -> io::Result<()> {
    let mut requests = Requests::open()?;
    let links = Links::list(&mut requests)?;
    let routing = left.routing.iter();
    let routing: Vec<HeldRouting> = routing
        .filter_map(|spec| HeldRouting::of(spec, &links).ok())
        .collect();
    for spec in withdraw(&mut requests, &routing) {
        info!("removed {spec}");
    }
    let addresses = left.addresses.iter().filter_map(|entry| {
        let index = links.by_name(&entry.interface)?.index;
        let there = links.has_address(Some(index), entry.address);
        there.then(|| Change::Remove(Address::new(entry.address, entry.prefix, index)))
    });
    let made = left.links.iter();
    let made = made.filter(|name| links.by_name(name).is_some_and(made::may_be_ours));
    let made = made.map(|name| Change::RemoveLink(name.clone()));
    let changes: Vec<Change> = addresses.chain(made).collect();
    for (change, result) in changes.iter().zip(requests.apply(&changes)) {
        let gone = |error: &io::Error| {
            use nix::libc::{EADDRNOTAVAIL, ENODEV};
            matches!(error.raw_os_error(), Some(EADDRNOTAVAIL | ENODEV))
        };
        match (change, result) {
            (Change::Remove(address), Ok(())) => info!("removed {}", address.address),
            (Change::RemoveLink(name), Ok(())) => info!("removed VMAC interface {name}"),
            (_, Err(error)) if !gone(&error) => error!("{change:?}: {error}"),
            _ => {}
        }
    }
    Ok(())
}
