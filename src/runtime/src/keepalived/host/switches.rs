//! The switches of the kernel (`/proc/sys`) that virtual addresses on macvlans need.
//!
//! A host has the address of its interface and the virtual ones in one network, on two links. Each
//! link must answer ARP for its own addresses only, and what comes in on a macvlan must not be
//! dropped because the way back leads over the interface below.
//!
//! Invariants: what a switch was is known before it is set; strict source checks of all interfaces
//! go over to each of them before they are taken from all; an interface that has gone has no
//! switches to put back.

use std::collections::{BTreeMap, BTreeSet};
use std::{fs, io};

use base::Family;
use plan::keepalived::{LinkKind, NewLink};
use tracing::warn;

/// `rp_filter` of all interfaces: the larger of it and an interface's own counts.
const ALL: &str = "/proc/sys/net/ipv4/conf/all/rp_filter";

/// Whether the kernel reports memberships of 224.0.0.0/24, which switches forward anyway
/// (RFC 4541 §2.1.2).
pub(super) const IGMP: &str = "/proc/sys/net/ipv4/igmp_link_local_mcast_reports";

/// A switch to set.
#[derive(Debug)]
pub(super) struct Addition {
    pub(super) path: String,
    pub(super) old: String,
    new: String,
}

/// Where a switch of an interface is.
pub(super) fn v4(interface: &str, switch: &str) -> String {
    format!("/proc/sys/net/ipv4/conf/{interface}/{switch}")
}

/// What it is now, if it is a number.
pub(super) fn number(path: &str) -> Option<u32> {
    read(path)?.parse().ok()
}

fn read(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned())
}

/// What switches have to be while there are macvlans for IPv4 on `parents`, where other
/// interfaces are `others` and `saved` is what was before.
pub(super) fn wanted<'n>(
    parents: &BTreeSet<&str>,
    others: impl Iterator<Item = &'n str>,
    saved: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut wanted = BTreeMap::new();
    for parent in parents {
        for switch in ["arp_ignore", "arp_filter"] {
            let path = v4(parent, switch);
            // Another value is stricter.
            if saved.contains_key(&path) || read(&path).is_some_and(|now| now == "0") {
                wanted.insert(path, "1".to_owned());
            }
        }
    }
    let before = |path: &str| saved.get(path).cloned().or_else(|| read(path));
    let of_all = before(ALL).filter(|of_all| of_all != "0" && !parents.is_empty());
    let Some(of_all) = of_all else {
        return wanted;
    };
    for name in others.chain(["default"]) {
        let path = v4(name, "rp_filter");
        if before(&path).is_some_and(|own| own < of_all) {
            wanted.insert(path, of_all.clone());
        }
    }
    wanted.insert(ALL.to_owned(), "0".to_owned());
    wanted
}

/// What is to be set for that, the switch of all interfaces last.
pub(super) fn additions(
    wanted: &BTreeMap<String, String>,
    saved: &BTreeMap<String, String>,
) -> Vec<Addition> {
    let new = wanted.iter().filter(|(path, _)| !saved.contains_key(*path));
    let mut additions: Vec<Addition> = new
        .filter_map(|(path, new)| {
            let (path, new) = (path.clone(), new.clone());
            let old = read(&path)?;
            (old != new).then_some(Addition { path, old, new })
        })
        .collect();
    additions.sort_by_key(|it| it.path == ALL);
    additions
}

/// Sets them.
pub(super) fn set(additions: &[Addition]) {
    for Addition { path, new, .. } in additions {
        if let Err(error) = fs::write(path, new) {
            warn!("cannot set {path} to {new}: {error}");
        }
    }
}

/// Puts back what is `saved` and no longer wanted.
pub(super) fn put_back(wanted: &BTreeMap<String, String>, saved: &mut BTreeMap<String, String>) {
    saved.retain(|path, old| {
        let keep = wanted.contains_key(path);
        if !keep
            && let Err(error) = fs::write(path, old.as_str())
            && error.kind() != io::ErrorKind::NotFound
        {
            warn!("cannot set {path} back to {old}: {error}");
        }
        keep
    });
}

/// Sets the switches of a macvlan or ipvlan that was just made.
///
/// # Errors
/// What writing reports, except that the kernel has no IPv6.
pub(super) fn of_link(spec: &NewLink) -> io::Result<()> {
    let name = &spec.name;
    if let LinkKind::Ipvlan { v6, .. } = spec.kind {
        return disable_v6(name, !v6);
    }
    if spec.family == Family::V4 {
        for (switch, value) in [
            ("arp_ignore", "1"),
            ("accept_local", "1"),
            ("rp_filter", "0"),
            ("promote_secondaries", "1"),
        ] {
            fs::write(v4(name, switch), value)?;
        }
    }
    let disable = if spec.family == Family::V4 { "1" } else { "0" };
    // The virtual MAC address is shown by masters alone: no address is made from it, no router is
    // asked, none is listened to. Deviation: the original drops what is asked by a packet filter.
    for (switch, value) in [
        ("addr_gen_mode", "1"),
        ("accept_ra", "0"),
        ("router_solicitations", "0"),
        ("disable_ipv6", disable),
    ] {
        let path = format!("/proc/sys/net/ipv6/conf/{name}/{switch}");
        match fs::write(path, value) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// An ipvlan needs no IPv6 for adverts over IPv4.
fn disable_v6(name: &str, disable: bool) -> io::Result<()> {
    let path = format!("/proc/sys/net/ipv6/conf/{name}/disable_ipv6");
    match fs::write(path, if disable { "1" } else { "0" }) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
