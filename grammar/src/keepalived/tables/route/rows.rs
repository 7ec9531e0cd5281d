//! The options of a route line: where it leads and what it is. The metrics are in `metric_rows`.

use super::super::join;
use super::metric_rows::METRICS;
use super::{encap, nexthop, set};
use crate::ast::route::Route;
use crate::keyword::Keyword;

const MPLS_ONLY: &str = "it is for MPLS routes, which keepalived does not add either";

pub(super) static VIRTUAL: [Keyword<Route>; 54] = join(&OPTIONS, &METRICS);

pub(super) static STATIC: [Keyword<Route>; 55] = join(&VIRTUAL, &[TRACK_GROUP]);

const TRACK_GROUP: Keyword<Route> = Keyword::set(
    "track_group",
    "<NAME>",
    (1, Some(1)),
    set::track_group,
    "Let the instances of that track group track the interface of the route.",
)
.default("none")
.since("2.0.3")
.samples(&["tg1"], &[""]);

const OPTIONS: [Keyword<Route>; 38] = [
    Keyword::set(
        "<DST>[/<MASK>]",
        "default|any|all|<IPADDR>",
        (0, Some(0)),
        set::destination,
        "Destination: an address, a prefix, or everything.",
    )
    .samples(
        &[
            "198.51.100.0/24",
            "default",
            "any",
            "all",
            "2001:db8::/32",
            "192.0.2.1",
        ],
        &["198.51.100/24", "198.51.100.0/33", "bogus"],
    ),
    Keyword::set(
        "default6",
        "",
        (0, Some(0)),
        set::default6,
        "Everything in IPv6. Deprecated: write `inet6 default`.",
    )
    .samples(&[""], &[]),
    Keyword::set(
        "to",
        "[<TYPE>] <DST>",
        (1, Some(2)),
        set::to,
        "Destination in its explicit form.",
    )
    .samples(
        &["198.51.100.0/24", "blackhole 198.51.100.0/24", "default"],
        &["", "bogus", "blackhole"],
    ),
    Keyword::set(
        "src",
        "<IPADDR>",
        (1, Some(1)),
        set::src,
        "Source address of what this host sends by the route.",
    )
    .samples(&["192.0.2.1"], &["", "x", "fe80::1"]),
    Keyword::set(
        "as",
        "[to] <LABEL>",
        (1, Some(2)),
        set::label,
        "Label that packets of an MPLS route leave with; nothing acts on it, here or in \
         keepalived.",
    )
    .accepted(MPLS_ONLY)
    .samples(&["to 16", "16"], &["", "to"]),
    Keyword::set(
        "via",
        "[inet|inet6] <IPADDR>",
        (1, Some(2)),
        set::via,
        "Gateway that packets are sent to.",
    )
    .samples(
        &["192.0.2.2", "inet 192.0.2.2"],
        &["", "x", "inet6 192.0.2.2", "inet"],
    ),
    Keyword::set(
        "gw",
        "<IPADDR>",
        (1, Some(2)),
        set::via,
        "Older name of via. Deprecated.",
    )
    .samples(&["192.0.2.2"], &["", "x"]),
    Keyword::set(
        "or",
        "<IPADDR>",
        (1, Some(1)),
        set::or,
        "Older way to give a second gateway. Deprecated: write `nexthop`.",
    )
    .samples(&["192.0.2.3"], &["", "x", "fe80::1"]),
    Keyword::set(
        "from",
        "<IPADDR>[/<MASK>]",
        (1, Some(1)),
        set::from,
        "Sources that the route is for; IPv6.",
    )
    .samples(
        &["2001:db8:1::/48", "2001:db8::1"],
        &["", "x", "192.0.2.0/24"],
    ),
    Keyword::set(
        "tos",
        "<N>",
        (1, Some(1)),
        set::tos,
        "Type of service that the route is for.",
    )
    .default("0")
    .samples(&["8", "0x10", "AF11"], &["", "256", "-1"]),
    Keyword::set(
        "dsfield",
        "<N>|<NAME>",
        (1, Some(1)),
        set::tos,
        "Type of service that packets must have, as tos.",
    )
    .default("0")
    .samples(&["AF11", "8"], &["", "256", "-1"]),
    Keyword::set(
        "table",
        "<TABLE>",
        (1, Some(1)),
        set::table,
        "Routing table: a number or a name of rt_tables.",
    )
    .default("main")
    .samples(&["100", "local", "default"], &[""]),
    Keyword::set(
        "protocol",
        "<PROTO>",
        (1, Some(1)),
        set::protocol,
        "Who the kernel is told to have added the route.",
    )
    .default("keepalived(18)")
    .samples(&["18", "keepalived", "static no_track"], &["", "256"]),
    Keyword::set(
        "scope",
        "<SCOPE>",
        (1, Some(1)),
        set::scope,
        "Scope: global, site, link, host, nowhere, a number, or a name of rt_scopes.",
    )
    .default("by type")
    .samples(&["link", "253"], &["", "256", "-1"]),
    Keyword::set(
        "metric",
        "<N>",
        (1, Some(1)),
        set::metric,
        "Metric: of two routes the one with the smaller metric is used.",
    )
    .default("0")
    .samples(&["5"], &["", "x", "-1", "4294967296"]),
    Keyword::set(
        "priority",
        "<N>",
        (1, Some(1)),
        set::metric,
        "Metric of the route, as metric; the smallest wins.",
    )
    .samples(&["5"], &["", "x", "-1", "4294967296"]),
    Keyword::set(
        "preference",
        "<N>",
        (1, Some(1)),
        set::metric,
        "Metric of the route, as metric; the smallest wins.",
    )
    .samples(&["5"], &["", "x", "-1", "4294967296"]),
    Keyword::set(
        "dev",
        "<IF>",
        (1, Some(1)),
        set::dev,
        "Interface that packets leave by.",
    )
    .default("instance interface")
    .samples(&["eth1"], &[""]),
    Keyword::set(
        "oif",
        "<IF>",
        (1, Some(1)),
        set::dev,
        "Interface that packets leave by, as dev.",
    )
    .samples(&["eth1"], &[""]),
    Keyword::set(
        "onlink",
        "",
        (0, Some(0)),
        set::onlink,
        "Take the gateway for reachable although no address here is near it.",
    )
    .default("off")
    .samples(&[""], &[]),
    Keyword::set(
        "encap",
        "ip|ip6|mpls|ila <ARGS>",
        (0, None),
        encap::encap,
        "Light-weight tunnel for what takes the route.",
    )
    .samples(
        &[
            "ip id 5 dst 192.0.2.7 src 192.0.2.1 tos 4 ttl 5 flags 7",
            "ip6 id 5 dst fe80::1 tc 4 hoplimit 5",
            "mpls 16/17",
            "ila 1:2:3:4",
        ],
        &[
            "",
            "bogus 1",
            "ip",
            "ip id x",
            "ip dst fe80::1",
            "mpls x",
            "mpls 1048576",
            "ila 5",
        ],
    ),
    Keyword::set(
        "expires",
        "<SECS>",
        (1, Some(1)),
        set::expires,
        "Seconds after which the kernel removes the route; IPv6.",
    )
    .default("never")
    .samples(&["10"], &["", "x", "-1", "4294967296"]),
    Keyword::set(
        "realms",
        "[<SRC>/]<DST>",
        (1, Some(1)),
        set::realms,
        "Realms for accounting: numbers or names of rt_realms.",
    )
    .samples(&["5", "5/6"], &["", "65536", "5/", "/5"]),
    Keyword::set(
        "pref",
        "low|medium|high",
        (1, Some(1)),
        set::pref,
        "Router preference of RFC 4191; IPv6.",
    )
    .default("medium")
    .samples(&["low", "high", "medium"], &["", "bogus", "256"]),
    Keyword::set(
        "ttl-propagate",
        "enabled|disabled",
        (1, Some(1)),
        set::ttl_propagate,
        "Whether the TTL goes from an MPLS label to the packet.",
    )
    .accepted(MPLS_ONLY)
    .samples(&["enabled", "disabled"], &["", "x"]),
    Keyword::set(
        "add",
        "",
        (0, Some(0)),
        set::add,
        "Do not add the route if an equal one is there.",
    )
    .samples(&[""], &[]),
    Keyword::set(
        "prepend",
        "",
        (0, Some(0)),
        set::prepend,
        "Put it before equal ones.",
    )
    .samples(&[""], &[]),
    Keyword::set(
        "append",
        "",
        (0, Some(0)),
        set::append,
        "Put it after equal ones.",
    )
    .samples(&[""], &[]),
    Keyword::set(
        "nexthop",
        "via <IPADDR> [dev <IF>] [weight <N>] [onlink] [encap ..] [realms ..]",
        (0, None),
        nexthop::nexthop,
        "One way of a multipath route; may be given several times, last on the line.",
    )
    .samples(
        &[
            "via 192.0.2.2 dev eth0 weight 1 nexthop via 192.0.2.3 weight 256 onlink",
            "via inet 192.0.2.2",
            "dev eth0 realms 5/6",
            "via 192.0.2.2 encap mpls 16",
        ],
        &[
            "via",
            "via x",
            "via fe80::1",
            "via 192.0.2.2 weight 0",
            "via 192.0.2.2 weight 257",
            "via 192.0.2.2 metric 6",
        ],
    ),
    Keyword::set(
        "vrf",
        "<IF>",
        (1, Some(1)),
        set::vrf,
        "Use the routing table of that VRF.",
    )
    .since("2.2.5")
    .samples(&["eth1"], &[""]),
    Keyword::set(
        "no_track",
        "",
        (0, Some(0)),
        set::no_track,
        "Do not react when somebody else removes the route.",
    )
    .default("off")
    .samples(&[""], &[]),
    Keyword::set(
        "inet",
        "",
        (0, Some(0)),
        set::inet,
        "Say that the route is an IPv4 one where its destination does not tell.",
    )
    .samples(&[""], &[]),
    Keyword::set(
        "inet6",
        "",
        (0, Some(0)),
        set::inet6,
        "Say that the route is an IPv6 one where its destination does not tell.",
    )
    .samples(&[""], &[]),
    Keyword::set(
        "unicast",
        "<DST>",
        (1, Some(1)),
        set::typed,
        "The ordinary type of route; also local, broadcast, anycast, multicast, nat, xresolve.",
    )
    .aliases(&[
        "local",
        "broadcast",
        "brd",
        "anycast",
        "multicast",
        "nat",
        "xresolve",
    ])
    .default("default")
    .samples(&["198.51.100.0/24"], &["", "bogus"]),
    Keyword::set(
        "blackhole",
        "<DST>",
        (1, Some(1)),
        set::typed,
        "Drop packets silently.",
    )
    .samples(&["198.51.100.0/24", "default"], &["", "bogus"]),
    Keyword::set(
        "unreachable",
        "<DST>",
        (1, Some(1)),
        set::typed,
        "Answer that the destination is unreachable.",
    )
    .samples(&["198.51.100.0/24"], &["", "bogus"]),
    Keyword::set(
        "prohibit",
        "<DST>",
        (1, Some(1)),
        set::typed,
        "Answer that the way is prohibited.",
    )
    .samples(&["198.51.100.0/24"], &["", "bogus"]),
    Keyword::set(
        "throw",
        "<DST>",
        (1, Some(1)),
        set::typed,
        "Leave this table and look in the next one.",
    )
    .samples(&["198.51.100.0/24"], &["", "bogus"]),
];
