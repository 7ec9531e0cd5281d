//! The options of a rule line.

use super::super::join;
use super::set;
use crate::ast::rule::Rule;
use crate::keyword::Keyword;

pub(super) static VIRTUAL: [Keyword<Rule>; 35] = OPTIONS;

pub(super) static STATIC: [Keyword<Rule>; 36] = join(&VIRTUAL, &[TRACK_GROUP]);

const TRACK_GROUP: Keyword<Rule> = Keyword::set(
    "track_group",
    "<NAME>",
    (1, Some(1)),
    set::track_group,
    "Let the instances of that track group track the interface of the rule.",
)
.default("none")
.since("2.0.3")
.samples(&["tg1"], &[""]);

const OPTIONS: [Keyword<Rule>; 35] = [
    Keyword::set(
        "from",
        "<IPADDR>[/<MASK>]|all",
        (1, Some(1)),
        set::from,
        "Source addresses that a packet must come from for the rule to match.",
    )
    .default("all")
    .samples(
        &["203.0.113.0/24", "203.0.113.9", "all"],
        &["", "x", "203.0.113.0/33"],
    ),
    Keyword::set(
        "to",
        "<IPADDR>[/<MASK>]|all",
        (1, Some(1)),
        set::to,
        "Destination addresses that a packet must go to for the rule to match.",
    )
    .default("all")
    .samples(&["198.51.100.0/24", "all"], &["", "x", "fe80::1"]),
    Keyword::set(
        "table",
        "<TABLE>",
        (1, Some(1)),
        set::table,
        "Table to look in: a number or a name of rt_tables.",
    )
    .default("required")
    .samples(&["100", "main"], &["", "0"]),
    Keyword::set(
        "lookup",
        "<TABLE>",
        (1, Some(1)),
        set::table,
        "Routing table to look in, as table.",
    )
    .samples(&["100", "main"], &["", "0"]),
    Keyword::set(
        "not",
        "",
        (0, Some(0)),
        set::not,
        "The rule is for what its selectors do not match.",
    )
    .default("off")
    .samples(&[""], &[]),
    Keyword::set(
        "preference",
        "<N>",
        (1, Some(1)),
        set::preference,
        "Place of the rule: those with smaller numbers are looked at first.",
    )
    .default("allocated with a report")
    .samples(&["900", "0x10"], &["", "x", "-1", "4294967296"]),
    Keyword::set(
        "order",
        "<N>",
        (1, Some(1)),
        set::preference,
        "Place of the rule, as preference; smaller ones are looked at first.",
    )
    .samples(&["900", "0x10"], &["", "x", "-1", "4294967296"]),
    Keyword::set(
        "priority",
        "<N>",
        (1, Some(1)),
        set::preference,
        "Place of the rule, as preference; smaller ones are looked at first.",
    )
    .samples(&["900", "0x10"], &["", "x", "-1", "4294967296"]),
    Keyword::set(
        "tos",
        "<N>",
        (1, Some(1)),
        set::tos,
        "Type of service that the rule is for.",
    )
    .default("0")
    .samples(&["8", "AF11"], &["", "256", "-1"]),
    Keyword::set(
        "dsfield",
        "<N>",
        (1, Some(1)),
        set::tos,
        "Type of service that packets must have, as tos.",
    )
    .default("0")
    .samples(&["8", "AF11"], &["", "256", "-1"]),
    Keyword::set(
        "fwmark",
        "<N>[/<MASK>]",
        (1, Some(1)),
        set::fwmark,
        "Firewall mark that the rule is for, and the bits of it that count.",
    )
    .since("1.2.13")
    .samples(&["5", "0x5/0x7"], &["", "x", "5/x", "4294967296"]),
    Keyword::set(
        "realms",
        "[<SRC>/]<DST>",
        (1, Some(1)),
        set::realms,
        "Realms for accounting: numbers or names of rt_realms.",
    )
    .samples(&["5", "5/6"], &["", "65536", "5/"]),
    Keyword::set(
        "suppress_prefixlength",
        "<N>",
        (1, Some(1)),
        set::suppress_prefixlength,
        "Go on if the route found has a prefix of that length or a shorter one.",
    )
    .samples(&["0", "24"], &["", "x", "-1"]),
    Keyword::set(
        "sup_pl",
        "<N>",
        (1, Some(1)),
        set::suppress_prefixlength,
        "Ignore routes of the table that are not longer than this prefix, as \
         suppress_prefixlength.",
    )
    .samples(&["0"], &["", "x"]),
    Keyword::set(
        "suppress_ifgroup",
        "<GROUP>",
        (1, Some(1)),
        set::suppress_ifgroup,
        "Go on if the route found leaves through an interface of that group.",
    )
    .samples(&["5", "default"], &["", "4294967295"]),
    Keyword::set(
        "sup_group",
        "<GROUP>",
        (1, Some(1)),
        set::suppress_ifgroup,
        "Ignore routes of the table that leave by this group of interfaces, as suppress_ifgroup.",
    )
    .samples(&["5"], &["", "4294967295"]),
    Keyword::set(
        "dev",
        "<IF>",
        (1, Some(1)),
        set::iif,
        "Interface that the packet came in on.",
    )
    .samples(&["eth0"], &[""]),
    Keyword::set(
        "iif",
        "<IF>",
        (1, Some(1)),
        set::iif,
        "Interface that the packet came in on.",
    )
    .samples(&["eth0", "lo"], &[""]),
    Keyword::set(
        "oif",
        "<IF>",
        (1, Some(1)),
        set::oif,
        "Interface that a socket of this host is bound to.",
    )
    .samples(&["eth0"], &[""]),
    Keyword::set(
        "tunnel-id",
        "<N>",
        (1, Some(1)),
        set::tunnel_id,
        "Tunnel that the packet came by.",
    )
    .samples(
        &["5", "18446744073709551615"],
        &["", "x", "18446744073709551616"],
    ),
    Keyword::set(
        "uidrange",
        "<A>-<B>",
        (1, Some(1)),
        set::uidrange,
        "Users of this host whose packets the rule is for.",
    )
    .samples(&["1000-1999"], &["", "5", "x-y"]),
    Keyword::set(
        "l3mdev",
        "",
        (0, Some(0)),
        set::l3mdev,
        "Look in the table of the VRF that the packet belongs to.",
    )
    .default("off")
    .samples(&[""], &[]),
    Keyword::set(
        "protocol",
        "<PROTO>",
        (1, Some(1)),
        set::protocol,
        "Who the kernel is told to have added the rule.",
    )
    .default("keepalived")
    .samples(&["18", "4 no_track"], &["", "256", "static"]),
    Keyword::set(
        "ipproto",
        "<PROTO>",
        (1, Some(1)),
        set::ipproto,
        "Transport protocol that the rule is for.",
    )
    .samples(&["tcp", "UDP", "6"], &["", "256", "bogus"]),
    Keyword::set(
        "sport",
        "<A>-<B>",
        (1, Some(1)),
        set::sport,
        "Source ports that the rule is for; one port is a range too.",
    )
    .samples(&["80-81", "80-80"], &["", "80", "x"]),
    Keyword::set(
        "dport",
        "<A>-<B>",
        (1, Some(1)),
        set::dport,
        "Destination ports that the rule is for; one port is a range too.",
    )
    .samples(&["80-81", "80-80"], &["", "80", "x"]),
    Keyword::set(
        "goto",
        "<N>",
        (1, Some(1)),
        set::goto,
        "Go on at the rule of that preference.",
    )
    .samples(&["1000"], &["", "x", "1"]),
    Keyword::set(
        "nop",
        "",
        (0, Some(0)),
        set::nop,
        "Do nothing; a target for goto.",
    )
    .samples(&[""], &[]),
    Keyword::set(
        "blackhole",
        "",
        (0, Some(0)),
        set::blackhole,
        "Drop packets silently.",
    )
    .samples(&[""], &[]),
    Keyword::set(
        "prohibit",
        "",
        (0, Some(0)),
        set::prohibit,
        "Answer that the way is prohibited.",
    )
    .samples(&[""], &[]),
    Keyword::set(
        "unreachable",
        "",
        (0, Some(0)),
        set::unreachable,
        "Answer that the destination is unreachable.",
    )
    .samples(&[""], &[]),
    Keyword::set(
        "type",
        "<ACTION>",
        (1, Some(2)),
        set::kind,
        "What happens to a matching packet: nop, goto N, blackhole, prohibit or unreachable.",
    )
    .samples(
        &["blackhole", "goto 1000", "prohibit", "unreachable", "nop"],
        &["", "local", "goto"],
    ),
    Keyword::set(
        "inet",
        "",
        (0, Some(0)),
        set::inet,
        "Say that the rule is an IPv4 one where its selectors do not tell.",
    )
    .samples(&[""], &[]),
    Keyword::set(
        "inet6",
        "",
        (0, Some(0)),
        set::inet6,
        "Say that the rule is an IPv6 one where its selectors do not tell.",
    )
    .samples(&[""], &[]),
    Keyword::set(
        "no_track",
        "",
        (0, Some(0)),
        set::no_track,
        "Do not react when somebody else removes the rule.",
    )
    .default("off")
    .samples(&[""], &[]),
];
