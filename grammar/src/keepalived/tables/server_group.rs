//! `virtual_server_group` and its lines.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base::Family;

use crate::ast::leaf::Spanned;
use crate::ast::lvs::{Addresses, Group, Member};
use crate::diagnostic::Class;
use crate::keepalived::lower::each_entry;
use crate::keepalived::value;
use crate::keyword::{Action, Args, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

const NO_NETWORKS: &str = "not acted on yet: write the addresses as FIRST-LAST";

/// The lines; what a line begins with says which row it follows.
pub static GROUP_LINE: Table<Group> = Table {
    block: "virtual_server_group#line",
    rows: &[RANGE, NETWORK, MARK],
};

const RANGE: Keyword<Group> = Keyword::set(
    "<IPADDR>[-<END>]",
    "[<PORT>]",
    (0, Some(1)),
    addresses,
    "An address, or all from it to END: the last byte of IPv4, the last group of IPv6, or a \
     whole address.",
)
.default("port 0")
.samples(
    &[
        "192.0.2.1 80",
        "192.0.2.1-5 80",
        "2001:db8::1-ff",
        "192.0.2.1-192.0.2.9",
    ],
    &[
        "192.0.2.5-1 80",
        "192.0.2.1-256 80",
        "192.0.2.1 70000",
        "web1 80",
        "192.0.2.1-x",
    ],
);

const NETWORK: Keyword<Group> = Keyword::set(
    "<IPADDR>/<MASK>",
    "[<PORT>]",
    (0, Some(1)),
    network,
    "All addresses of a network.",
)
.default("port 0")
.accepted(NO_NETWORKS)
.samples(
    &["192.0.2.0/24 80", "2001:db8::/64"],
    &[
        "192.0.2.1/24 80",
        "192.0.2.0/33",
        "192.0.2.0/",
        "192.0.2.0/24 http",
    ],
);

const MARK: Keyword<Group> = Keyword::set(
    "fwmark",
    "<N> [inet|inet6]",
    (1, Some(2)),
    mark,
    "Packets that the firewall has given this mark.",
)
.default("inet decided by other members")
.since("1.2.13")
.samples(
    &["7", "7 inet", "7 inet6"],
    &["x", "-1", "4294967296", "7 ipv4"],
);

type Set = Result<(), Problem>;

/// Lowers the lines of a group. A group without members is reported.
pub(super) fn group(
    name: Spanned<String>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Result<Option<Group>, Problem> {
    let mut group = Group {
        name,
        members: Vec::new(),
    };
    let mut reported = false;
    each_entry(block, lowering, |args| {
        let result = line(&mut group, args);
        reported |= result.is_err();
        result
    });
    if group.members.is_empty() {
        if reported {
            return Ok(None);
        }
        let message = format!(
            "virtual server group {} has no entries - removing",
            group.name.value
        );
        let problem = Problem::error("empty-group", message).help("add addresses, one per line");
        return Err(problem.span(block.close.unwrap_or(block.open)));
    }
    mixed(&group, block)?;
    Ok(Some(group))
}

/// A mark without a family takes that of the addresses, so these must be of one.
fn mixed(group: &Group, block: &Block) -> Set {
    let has = |wanted: Option<Family>| {
        group.members.iter().any(|member| match &member.value {
            Member::Mark(_, family) => *family == wanted,
            Member::Addresses(addresses, _) => Some(family(addresses)) == wanted,
        })
    };
    if !(has(None) && has(Some(Family::V4)) && has(Some(Family::V6))) {
        return Ok(());
    }
    let message = format!(
        "virtual server group {} cannot have IPv4, IPv6 and fwmark without family - removing",
        group.name.value
    );
    let problem = Problem::error("mixed-group", message);
    let problem = problem.span(block.close.unwrap_or(block.open));
    Err(problem.help("write the family after the mark: fwmark N inet"))
}

const fn family(addresses: &Addresses) -> Family {
    match addresses {
        Addresses::One(address) | Addresses::Range(address, _) | Addresses::Network(address, _) => {
            Family::of(*address)
        }
    }
}

fn line(group: &mut Group, args: &Args<'_>) -> Set {
    let row = match args.name.text.as_str() {
        "fwmark" => &MARK,
        text if text.contains('/') => &NETWORK,
        _ => &RANGE,
    };
    if args.ignores(GROUP_LINE.block, row.name) {
        return Ok(());
    }
    let (least, most) = row.arity;
    let given = args.words.len();
    if given < least {
        let message = format!(
            "*** Configuration line starting `{0}` is missing a parameter after keyword `{0}` at \
             word position 2",
            row.name
        );
        return Err(Problem::error("missing-parameter", message)
            .class(Class::MissingParameter)
            .help(format!("write `{} {}`", row.name, row.args)));
    }
    if most.is_some_and(|most| given > most) {
        let message = format!("{}: extra words are ignored", args.name.text);
        args.report(Problem::warning("extra-words", message).word(most.unwrap_or(0)));
    }
    match row.action {
        Action::Set(set) => set(group, args),
        Action::Block(_) => Ok(()),
    }
}

fn mark(group: &mut Group, args: &Args<'_>) -> Set {
    let name = group.name.value.as_str();
    let mark = value::integer(args, 0, 0..=u32::MAX, |word| {
        format!("({name}): fwmark '{word}' must be in [0, 4294967295] - ignoring")
    })?;
    let family = match args.text(1) {
        None => None,
        Some("inet") => Some(Family::V4),
        Some("inet6") => Some(Family::V6),
        Some(other) => {
            let message = format!("({name}): fwmark '{mark}' family {other} unknown - ignoring");
            let problem = Problem::error("unknown-family", message).word(1);
            return Err(problem.label("inet or inet6 is accepted"));
        }
    };
    let member = Member::Mark(mark.value, family);
    group.members.push(Spanned::new(member, args.name.span));
    Ok(())
}

/// The port; 0 and nothing mean every port.
fn port(args: &Args<'_>) -> Result<Option<u16>, Problem> {
    if args.words.is_empty() {
        return Ok(None);
    }
    let port = value::integer(args, 0, 0..=u16::MAX, |word| {
        format!(
            "Invalid virtual server group IP address {} /port/{word} - skipping",
            args.name.text
        )
    })?;
    Ok(Some(port.value).filter(|&port| port != 0))
}

fn store(group: &mut Group, args: &Args<'_>, addresses: Addresses) -> Set {
    let member = Member::Addresses(addresses, port(args)?);
    group.members.push(Spanned::new(member, args.name.span));
    Ok(())
}

fn invalid(message: String, label: &str) -> Problem {
    Problem::error("invalid-address", message).label(label)
}

fn address(args: &Args<'_>, text: &str) -> Result<IpAddr, Problem> {
    text.parse().map_err(|_| {
        let message = format!(
            "Invalid virtual server group IP address {} - skipping",
            args.name.text
        );
        invalid(message, "not an IP address")
    })
}

fn addresses(group: &mut Group, args: &Args<'_>) -> Set {
    let text = args.name.text.as_str();
    let Some((first, end)) = text.split_once('-') else {
        let address = address(args, text)?;
        return store(group, args, Addresses::One(address));
    };
    let first = address(args, first)?;
    let last = match end.parse() {
        Ok(last) => last,
        Err(_) => {
            shorthand(first, end).map_err(|why| invalid(why(text, end), "end of the range"))?
        }
    };
    if Family::of(first) != Family::of(last) {
        let message = format!("Range address families do not match {text} - skipping");
        return Err(invalid(message, "IPv4 and IPv6"));
    }
    // The short form names another address, the long one may name the same.
    let whole = end.contains(['.', ':']);
    if first > last || (first == last && !whole) {
        let message = format!(
            "Address range end is not greater than address range start - {text} - skipping"
        );
        return Err(invalid(message, "the end is not above the start"));
    }
    store(group, args, Addresses::Range(first, last))
}

/// The last address, of which only the last byte or group is written.
fn shorthand(first: IpAddr, end: &str) -> Result<IpAddr, fn(&str, &str) -> String> {
    let bad_end = |text: &str, _: &str| format!("Invalid range end {text} - skipping");
    let too_large = |text: &str, end: &str| {
        format!("Virtual server group range '{text}' end '{end}' too large")
    };
    let extra = |text: &str, end: &str| {
        format!("Virtual server group range '{text}' has extra characters at end '{end}'")
    };
    if end.contains(['.', ':']) {
        return Err(bad_end);
    }
    let radix = if first.is_ipv4() { 10 } else { 16 };
    if !end.chars().all(|c| c.is_digit(radix)) || end.is_empty() {
        return Err(extra);
    }
    let number = u32::from_str_radix(end, radix).map_err(|_| too_large as fn(&str, &str) -> _)?;
    match first {
        IpAddr::V4(first) => {
            let [a, b, c, _] = first.octets();
            let last = u8::try_from(number).map_err(|_| too_large as fn(&str, &str) -> _)?;
            Ok(IpAddr::V4(Ipv4Addr::new(a, b, c, last)))
        }
        IpAddr::V6(first) => {
            let mut groups = first.segments();
            groups[7] = u16::try_from(number).map_err(|_| too_large as fn(&str, &str) -> _)?;
            Ok(IpAddr::V6(Ipv6Addr::from(groups)))
        }
    }
}

fn network(group: &mut Group, args: &Args<'_>) -> Set {
    let text = args.name.text.as_str();
    let (base, len) = text.split_once('/').unwrap_or((text, ""));
    let base = address(args, base)?;
    let full = if base.is_ipv4() { 32 } else { 128 };
    let digits = !len.is_empty() && len.bytes().all(|byte| byte.is_ascii_digit());
    let len = len
        .parse()
        .ok()
        .filter(|len| digits && (1..=full).contains(len));
    let len: u8 = len.ok_or_else(|| {
        let message = format!("Invalid netmask - {text} - skipping");
        invalid(
            message,
            if full == 32 {
                "1 to 32 after the /"
            } else {
                "1 to 128 after the /"
            },
        )
    })?;
    let host = match base {
        IpAddr::V4(base) => base.to_bits() & u32::MAX.checked_shr(len.into()).unwrap_or(0) != 0,
        IpAddr::V6(base) => base.to_bits() & u128::MAX.checked_shr(len.into()).unwrap_or(0) != 0,
    };
    if host {
        let message = format!("Address mask bits not empty - {text} - skipping");
        return Err(invalid(message, "write the first address of the network"));
    }
    store(group, args, Addresses::Network(base, len))
}
