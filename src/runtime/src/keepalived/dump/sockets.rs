//! What `keepalived.data` says of the sockets that adverts travel through.

use core::fmt::Write as _;
use std::collections::BTreeMap;

use vrrp::config::Router;

use super::Dumped;
use crate::keepalived::ports::PortKey;

/// Every pair of sockets, in the order of the routers that use them.
pub(super) fn pool(text: &mut String, dumped: &Dumped<'_>) {
    let mut users: BTreeMap<PortKey, Vec<&Router>> = BTreeMap::new();
    let mut order = Vec::new();
    for router in dumped.plan.vrrp.routers.iter() {
        let key = PortKey::of(router);
        let users = users.entry(key.clone()).or_default();
        if users.is_empty() {
            order.push(key);
        }
        users.push(router);
    }
    for key in &order {
        if let Some(users) = users.get_mut(key) {
            users.sort_by_key(|router| router.key.vrid);
            pair(text, dumped, key, users);
        }
    }
}

fn pair(text: &mut String, dumped: &Dumped<'_>, key: &PortKey, users: &[&Router]) {
    let [receiver, sender] = dumped.ports.numbers(key);
    let base = users.first().map_or("", |router| &router.key.interface);
    let (name, v6, ah, vrf, address) = match key {
        PortKey::Multicast {
            interface,
            link,
            v6,
            ah,
        } => {
            let name = &**link.as_ref().unwrap_or(interface);
            (name, *v6, *ah, None, None)
        }
        PortKey::Unicast { source, ah, vrf } => {
            (base, source.is_ipv6(), *ah, vrf.as_ref(), Some(source))
        }
    };
    let _ = writeln!(
        text,
        " fd_in {receiver} fd_out = {sender}\n   Interface = {name}"
    );
    if let Some(vrf) = vrf {
        let _ = writeln!(text, "   VRF = {vrf}");
    }
    let _ = writeln!(
        text,
        "   Family = {}\n   Protocol = {}\n   Type = {}",
        if v6 { "IPv6" } else { "IPv4" },
        if ah { "AH" } else { "VRRP" },
        match address {
            Some(_) => "Unicast",
            None => "Multicast",
        },
    );
    if let Some(address) = address {
        let _ = writeln!(text, "   Address = {address}");
    }
    let size = dumped.ports.buffer(key).unwrap_or_default();
    let _ = writeln!(text, "   Rx buf size = {size}\n   VRRP instances");
    for router in users {
        let _ = writeln!(text, "     {} vrid {}", router.name, router.key.vrid);
    }
}
