//! Routes and rules in the dumps, in the original's words and order (seen: 2.2.7).
//!
//! Deliberately unknown here: whether the kernel has them. Labels of `encap mpls` are decimal, and
//! `lock` stands before what it locks everywhere; the original prints neither in a readable way.

use core::fmt::{self, Display, Write as _};
use core::net::IpAddr;

use plan::keepalived::{self as planned, Routing};
use wire::routing::{Encap, Hop, Place, Route, Tunnel};

/// RTPROT_KEEPALIVED: what a line that does not say is added as. Those that are not tracked are
/// shown without.
const OWN_PROTOCOL: u8 = 18;
/// RT_TABLE_MAIN
const MAIN: u32 = 254;
/// RTN_UNICAST
const UNICAST: u8 = 1;
/// RTAX_LOCK of linux/rtnetlink.h
const LOCK: u16 = 1;
/// RTAX_CC_ALGO
const CC_ALGO: u16 = 16;

/// RTAX_* in the order of the dump: number, word, unit.
const METRICS: [(u16, &str, Unit); 15] = [
    (4, "rtt", Unit::Millis(8)),
    (5, "rttvar", Unit::Millis(4)),
    (13, "rto_min", Unit::Millis(1)),
    (12, "features", Unit::Features),
    (2, "mtu", Unit::Number),
    (3, "window", Unit::Number),
    (6, "ssthresh", Unit::Number),
    (7, "cwnd", Unit::Number),
    (8, "advmss", Unit::Number),
    (9, "reordering", Unit::Number),
    (10, "hoplimit", Unit::Number),
    (11, "initcwnd", Unit::Number),
    (14, "initrwnd", Unit::Number),
    (15, "quickack", Unit::Number),
    (17, "fastopen_no_cookie", Unit::Number),
];

/// What the kernel counts a metric in.
#[derive(Clone, Copy)]
enum Unit {
    Number,
    /// So many make a millisecond.
    Millis(u32),
    Features,
}

// Writing to a `String` cannot fail.

/// A line of `virtual_routes`.
pub(super) fn route_line(line: &Routing) -> Option<String> {
    match line {
        Routing::Route(it) => Some(route(it)),
        Routing::Rule(_) => None,
    }
}

/// A line of `virtual_rules`.
pub(super) fn rule_line(line: &Routing) -> Option<String> {
    match line {
        Routing::Rule(it) => Some(rule(it)),
        Routing::Route(_) => None,
    }
}

fn route(planned: &planned::Route) -> String {
    let route = &planned.route;
    let mut text = String::from(match route.place {
        Place::Instead if route.kind == UNICAST => "prepend",
        Place::Before => "prepend",
        Place::Instead | Place::Alone => "add",
        Place::After => "append",
    });
    if let Some(kind) = kind(route.kind) {
        let _ = write!(text, " {kind}");
    }
    let _ = write!(text, " {}", network(route.destination));
    said(&mut text, " from ", route.from.map(network));
    said(&mut text, " src ", route.source);
    said(&mut text, " tos ", (route.tos != 0).then_some(route.tos));
    let only = match route.hops.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    if let Some(hop) = only {
        way(&mut text, hop);
    }
    match &planned.vrf {
        Some(vrf) => said(&mut text, " vrf ", Some(vrf)),
        None => said(
            &mut text,
            " table ",
            (route.table != MAIN).then_some(route.table),
        ),
    }
    // Without an interface of its own it cannot be tracked, whatever the line says.
    let own_too = planned.track || only.is_none_or(nowhere);
    let added_as = shown(route.protocol, own_too);
    said(&mut text, " proto ", added_as);
    said(&mut text, " scope ", scope(route));
    said(&mut text, " metric ", route.metric);
    if let Some(expires) = route.expires {
        let _ = write!(text, " expires {expires}sec");
    }
    if let Some(hop) = only {
        further(&mut text, hop);
    }
    metrics(&mut text, route);
    let preference = route.preference.map(|preference| match preference {
        1 => "high",
        3 => "low",
        _ => "medium",
    });
    said(&mut text, " pref ", preference);
    for hop in route.hops.iter().filter(|_| only.is_none()) {
        text.push_str(" nexthop");
        way(&mut text, hop);
        said(
            &mut text,
            " weight ",
            (hop.weight > 1).then_some(hop.weight),
        );
        further(&mut text, hop);
    }
    untracked(&mut text, planned.track);
    text
}

/// RTN_*; an ordinary one needs no word.
const fn kind(number: u8) -> Option<&'static str> {
    Some(match number {
        2 => "local",
        3 => "broadcast",
        4 => "anycast",
        5 => "multicast",
        6 => "blackhole",
        7 => "unreachable",
        8 => "prohibit",
        9 => "throw",
        10 => "nat",
        _ => return None,
    })
}

/// Scope, where it is another than that of the type.
fn scope<L>(route: &Route<L>) -> Option<u8> {
    /// RT_SCOPE_LINK, RT_SCOPE_HOST
    const NEAR: [u8; 2] = [253, 254];
    let by_type = match route.kind {
        2 | 10 => NEAR[1],
        3..=5 => NEAR[0],
        _ => 0,
    };
    (route.scope != by_type).then_some(route.scope)
}

const fn nowhere(hop: &Hop<String>) -> bool {
    hop.link.is_none()
}

fn shown(protocol: u8, own_too: bool) -> Option<u8> {
    (own_too || protocol != OWN_PROTOCOL).then_some(protocol)
}

fn untracked(text: &mut String, track: bool) {
    if !track {
        text.push_str(" no_track");
    }
}

fn said(text: &mut String, word: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        let _ = write!(text, "{word}{value}");
    }
}

/// "192.0.2.0/24", "192.0.2.1"
fn network((address, length): (IpAddr, u8)) -> String {
    let whole = if address.is_ipv4() { 32 } else { 128 };
    if length == whole {
        address.to_string()
    } else {
        format!("{address}/{length}")
    }
}

/// Where it goes.
fn way(text: &mut String, hop: &Hop<String>) {
    match &hop.encap {
        None => {}
        Some(Encap::Ip(it)) => tunnel(text, "ip", it),
        Some(Encap::Ip6(it)) => tunnel(text, "ip6", it),
        Some(Encap::Mpls(labels)) => {
            let labels: Vec<String> = labels.iter().map(ToString::to_string).collect();
            let _ = write!(text, " encap mpls {}", labels.join("/"));
        }
        Some(Encap::Ila(locator)) => {
            let _ = write!(text, " encap ila {locator}");
        }
    }
    if let Some(via) = hop.via {
        let family = if via.is_ipv4() { "inet" } else { "inet6" };
        let _ = write!(text, " via {family} {via}");
    }
    said(text, " dev ", hop.link.as_ref());
}

fn tunnel<A: Display>(text: &mut String, name: &str, tunnel: &Tunnel<A>) {
    let _ = write!(text, " encap {name}");
    said(text, " id ", tunnel.id);
    said(text, " dst ", tunnel.dst.as_ref());
    said(text, " src ", tunnel.src.as_ref());
    said(text, " tos ", tunnel.tos);
    said(text, " ttl ", tunnel.ttl);
    let flags = tunnel.flags.map(|flags| format!("{flags:#x}"));
    said(text, " flags ", flags);
}

/// What else is said of a way.
fn further(text: &mut String, hop: &Hop<String>) {
    if hop.onlink {
        text.push_str(" onlink");
    }
    match hop.realms {
        None => {}
        Some((0, to)) => said(text, " realm ", Some(to)),
        Some((from, to)) => said(text, " realms ", Some(format_args!("{from}/{to}"))),
    }
}

fn metrics<L>(text: &mut String, route: &Route<L>) {
    let value = |wanted: u16| {
        let mut all = route.metrics.iter();
        all.find_map(|(kind, value)| (*kind == wanted).then_some(*value))
    };
    let locked = value(LOCK).unwrap_or(0);
    let lock = |kind: u16| {
        if locked & (1 << kind) == 0 {
            ""
        } else {
            "lock "
        }
    };
    if let Some(congestion) = &route.congestion {
        let _ = write!(text, " congctl {}{congestion}", lock(CC_ALGO));
    }
    for (kind, word, unit) in METRICS {
        if let Some(value) = value(kind) {
            let _ = write!(text, " {word} {}{}", lock(kind), Measured(value, unit));
        }
    }
}

struct Measured(u32, Unit);

impl Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, unit) = *self;
        match unit {
            Unit::Features => f.write_str("ecn"),
            Unit::Number => write!(f, "{value}"),
            Unit::Millis(parts) => match value / parts {
                millis if millis >= 1000 && millis % 1000 == 0 => write!(f, "{}s", millis / 1000),
                millis => write!(f, "{millis}ms"),
            },
        }
    }
}

fn rule(planned: &planned::Rule) -> String {
    let rule = &planned.rule;
    let mut text = String::from(if rule.not { "not from " } else { "from " });
    text.push_str(&rule.from.map_or_else(|| "all".to_owned(), network));
    said(&mut text, " to ", rule.to.map(network));
    let _ = write!(text, " priority {} tos {:#x}", rule.priority, rule.tos);
    let mark = rule.mark.map(|mark| format!("{mark:#x}"));
    said(&mut text, " fwmark ", mark);
    let mask = rule.mask.map(|mask| format!("{mask:#x}"));
    said(&mut text, "/", mask);
    said(&mut text, " iif ", rule.iif.as_ref());
    said(&mut text, " oif ", rule.oif.as_ref());
    said(&mut text, " suppress_prefixlen ", rule.suppress_prefix);
    said(&mut text, " suppress_ifgroup ", rule.suppress_group);
    said(&mut text, " tunnel-id ", rule.tunnel);
    said(&mut text, " uidrange ", rule.uids.map(range));
    if rule.l3mdev {
        text.push_str(" l3mdev");
    }
    said(&mut text, " protocol ", shown(rule.protocol, planned.track));
    said(&mut text, " ipproto ", rule.ip_protocol);
    said(&mut text, " sport ", rule.sport.map(range));
    said(&mut text, " dport ", rule.dport.map(range));
    let realms = rule.realms.map(|(from, to)| format!("{from}/{to}"));
    said(&mut text, " realms ", realms);
    let _ = match rule.action {
        1 => write!(text, " lookup {}", rule.table),
        2 => write!(text, " goto {}", rule.goto.unwrap_or_default()),
        3 => write!(text, " nop"),
        6 => write!(text, " type blackhole"),
        7 => write!(text, " type unreachable"),
        8 => write!(text, " type prohibit"),
        other => write!(text, " type {other}"),
    };
    untracked(&mut text, planned.track);
    text
}

fn range((from, to): (impl Display, impl Display)) -> String {
    format!("{from}-{to}")
}
