//! What `keepalived.data` says of the interfaces of the host.

use core::fmt::Write as _;
use core::net::IpAddr;
use std::collections::BTreeMap;

use base::{Duration, MacAddr};
use sys::netlink::Link;
use vrrp::config::{ObjectKind, Track};

use super::Dumped;

/// The kernel's switches of one interface.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::keepalived) struct Switches {
    /// How many macvlans on it had theirs changed.
    pub(in crate::keepalived) changed: usize,
    /// `arp_ignore`, as it was before that.
    pub(in crate::keepalived) arp_ignore: u32,
    /// `arp_filter`, as it was before that.
    pub(in crate::keepalived) arp_filter: u32,
    /// `rp_filter`
    pub(in crate::keepalived) rp_filter: Option<u32>,
    /// `promote_secondaries`, as it was.
    pub(in crate::keepalived) promote: u32,
    /// How many routers had that changed.
    pub(in crate::keepalived) promoted: usize,
}

/// Who minds an interface: the router, the weight, whether that is reversed.
type Minders<'a> = BTreeMap<&'a str, Vec<(&'a str, i16, bool)>>;

/// Every interface of the host, and those that are waited for.
pub(super) fn all(text: &mut String, dumped: &Dumped<'_>) {
    let mut minders = minders(dumped);
    for link in dumped.links.all() {
        interface(text, dumped, link);
        minded(text, minders.remove(link.name.as_str()));
    }
    for (name, by) in minders {
        let _ = writeln!(text, " Name = {name}\n   index = 0 (deleted)");
        minded(text, Some(by));
    }
}

fn minded(text: &mut String, by: Option<Vec<(&str, i16, bool)>>) {
    if by.is_some() {
        text.push_str("   Tracking VRRP instances :\n");
    }
    for (router, weight, reverse) in by.into_iter().flatten() {
        let word = if reverse { " reverse" } else { "" };
        let _ = writeln!(text, "     {router}, weight {weight}{word}");
    }
}

fn minders<'a>(dumped: &Dumped<'a>) -> Minders<'a> {
    /// As the original says that an interface may be down.
    const NOT_TRACKED: i16 = 255;
    let plan = dumped.plan;
    let mut minders = Minders::new();
    let mut add = |name: &'a str, router: &'a str, weight, reverse| {
        let by = minders.entry(name).or_default();
        if by.iter().all(|(known, ..)| *known != router) {
            by.push((router, weight, reverse));
        }
    };
    let interface = |track: &Track| {
        let object = plan.vrrp.objects.get(track.object.0 as usize)?;
        (object.kind == ObjectKind::Interface).then_some(object.name.as_str())
    };
    let routers = || plan.vrrp.routers.iter().zip(&plan.routers);
    for (router, host) in routers() {
        let weight = if router.ignores_link { NOT_TRACKED } else { 0 };
        for name in host.interface.iter().chain(&host.link) {
            add(name, &router.name, weight, false);
        }
        for track in router.tracks.iter().take(host.listed.needed) {
            if let Some(name) = interface(track) {
                add(name, &router.name, track.weight.0, track.reverse);
            }
        }
    }
    for (router, host) in routers() {
        for track in router.tracks.iter().skip(host.listed.needed) {
            if let Some(name) = interface(track) {
                add(name, &router.name, track.weight.0, track.reverse);
            }
        }
    }
    minders
}

fn interface(text: &mut String, dumped: &Dumped<'_>, link: &Link) {
    let _ = writeln!(text, " Name = {}\n   index = {}", link.name, link.index);
    addresses(text, dumped, link);
    if link.mac != MacAddr::default() {
        let _ = writeln!(
            text,
            "   MAC = {}\n   MAC broadcast = {}",
            link.mac, link.shape.broadcast_mac
        );
    }
    standing(text, dumped, link);
    below(text, dumped, link);
    let _ = writeln!(text, "   MTU = {}", link.mtu);
    let _ = match link.shape.layer {
        1 => writeln!(text, "   HW Type = ETHERNET"),
        772 => writeln!(text, "   HW Type = LOOPBACK"),
        other => writeln!(text, "   HW Type = UNKNOWN ({other})"),
    };
    let asked = dumped.polled.get(&link.name);
    let asked = asked.copied().unwrap_or("netlink status update");
    let _ = writeln!(text, "   NIC {asked}");
    let master = link.master.and_then(|master| dumped.links.by_index(master));
    if let Some(table) = link.vrf_table {
        let _ = writeln!(text, "   VRF master table {table}");
    } else if let Some(vrf) = master.filter(|master| master.vrf_table.is_some()) {
        let _ = writeln!(text, "   VRF slave of {}", vrf.name);
    }
    switches(text, dumped, link);
}

fn addresses(text: &mut String, dumped: &Dumped<'_>, link: &Link) {
    let own = || {
        let own = dumped.addresses.iter();
        own.filter(|(index, _)| *index == link.index)
            .map(|(_, address)| *address)
    };
    let of_v4 = own().filter(IpAddr::is_ipv4).collect();
    let link_local = |address: &IpAddr| matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
    let of_v6 = own().filter(link_local).collect();
    for (family, addresses) in [("IPv4", of_v4), ("IPv6", of_v6)] {
        let addresses: Vec<IpAddr> = addresses;
        let Some((first, others)) = addresses.split_first() else {
            let _ = writeln!(text, "   {family} address = (none)");
            continue;
        };
        let _ = writeln!(text, "   {family} address = {first}");
        if !others.is_empty() {
            let _ = writeln!(text, "   Additional {family} addresses :");
        }
        for other in others {
            let _ = writeln!(text, "     {other}");
        }
    }
}

fn standing(text: &mut String, dumped: &Dumped<'_>, link: &Link) {
    let not = |is: bool| if is { "" } else { "not " };
    let _ = write!(
        text,
        "   State = {}UP, {}RUNNING",
        not(link.up),
        not(link.running)
    );
    for (_, word) in [
        (!link.shape.broadcast, "no broadcast"),
        (link.loopback, "loopback"),
        (link.shape.point_to_point, "point to point"),
        (link.shape.no_arp, "no arp"),
        (!link.multicast, "no multicast"),
    ]
    .into_iter()
    .filter(|(said, _)| *said)
    {
        let _ = write!(text, ", {word}");
    }
    let mut delays = dumped.plan.vrrp.link_delays.iter();
    let delay = delays.find(|delay| *delay.interface == *link.name);
    let micros =
        |of: fn(&vrrp::config::LinkDelay) -> Duration| delay.map_or(0, |it| of(it).as_micros());
    let _ = writeln!(
        text,
        "\n   Seen up = {}\n   Delayed state change running = {}\n   \
         Up debounce timer = {}us\n   Down debounce timer = {}us",
        u8::from(dumped.links.was_seen(link.index)),
        dumped.engine.link_settles(&link.name),
        micros(|it| it.up),
        micros(|it| it.down),
    );
}

/// What a macvlan or ipvlan is made on.
fn below(text: &mut String, dumped: &Dumped<'_>, link: &Link) {
    let word = match link.kind.as_deref() {
        Some("macvlan") => "VMAC",
        Some("ipvlan") => "IPVLAN",
        _ => return,
    };
    let mode = link.shape.mode.unwrap_or("unknown");
    let base = link.parent.and_then(|index| dumped.links.by_index(index));
    let not = |is: bool| if is { "" } else { "not " };
    let _ = match base {
        Some(base) => writeln!(
            text,
            "   {word} type {mode}, underlying interface = {}, state = {}UP, {}RUNNING",
            base.name,
            not(base.up),
            not(base.running)
        ),
        None => writeln!(
            text,
            "   {word} type {mode}, underlying interface in different namespace"
        ),
    };
    if dumped.plan.links.iter().any(|made| made.name == link.name) {
        text.push_str("   I/f created by keepalived\n");
    }
}

fn switches(text: &mut String, dumped: &Dumped<'_>, link: &Link) {
    let switches = dumped.switches.get(&link.name).copied().unwrap_or_default();
    let _ = writeln!(
        text,
        "   Reset ARP config counter {}\n   Original arp_ignore {}\n   Original arp_filter {}",
        switches.changed, switches.arp_ignore, switches.arp_filter,
    );
    if let Some(rp_filter) = switches.rp_filter {
        let _ = writeln!(text, "   rp_filter {rp_filter}");
    }
    let _ = writeln!(
        text,
        "   Original promote_secondaries {}\n   Reset promote_secondaries counter {}",
        switches.promote, switches.promoted,
    );
}
