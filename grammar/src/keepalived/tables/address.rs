//! Entries of `virtual_ipaddress`, `virtual_ipaddress_excluded` and `static_ipaddress`: an address
//! with options.
//!
//! Invariants: as in the original, an address is left out when an option that it cannot do without
//! is wrong or lacks its value, and kept without the option otherwise.

use core::net::IpAddr;

use crate::ast::Ast;
use crate::ast::address::{AddressLine, Broadcast, UseVmac};
use crate::ast::leaf::{Node as _, Prefix, Spanned};
use crate::ast::vrrp::Instance;
use crate::keepalived::line::{self, Wording};
use crate::keepalived::lower::each_entry;
use crate::keepalived::names::{self, SCOPES};
use crate::keepalived::tables::join;
use crate::keepalived::value::{self, MAX_INTERFACE_NAME, PrefixError, parse_prefix};
use crate::keyword::{Args, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

/// Options without which an address is not wanted.
const ESSENTIAL: &[&str] = &["dev", "brd", "broadcast", "label"];

/// Lines of `virtual_ipaddress`.
pub static VIRTUAL: Table<AddressLine> = Table {
    block: "virtual_ipaddress#line",
    rows: &VIRTUAL_ROWS,
};

/// Lines of `virtual_ipaddress_excluded`.
pub static EXCLUDED: Table<AddressLine> = Table {
    block: "virtual_ipaddress_excluded#line",
    rows: &VIRTUAL_ROWS,
};

/// Lines of `static_ipaddress`.
pub static STATIC: Table<AddressLine> = Table {
    block: "static_ipaddress#line",
    rows: &STATIC_ROWS,
};

static VIRTUAL_ROWS: [Keyword<AddressLine>; 15] = join(&COMMON, &[USE_VMAC]);

static STATIC_ROWS: [Keyword<AddressLine>; 15] = join(&COMMON, &[TRACK_GROUP]);

const USE_VMAC: Keyword<AddressLine> = Keyword::set(
    "use_vmac",
    "[<NAME>] [group <N>]",
    (0, Some(3)),
    use_vmac,
    "Put the address on a macvlan of its own.",
)
.default("off")
.since("1.2.3")
.samples(
    &["", "vip5", "vip5 group 3", "group 3"],
    &["vip5 group", "vip5 group x", "averylonginterfacename"],
);

const TRACK_GROUP: Keyword<AddressLine> = Keyword::set(
    "track_group",
    "<NAME>",
    (1, Some(1)),
    track_group,
    "Let the instances of that track group track the interface of the address.",
)
.default("none")
.since("2.0.3")
.samples(&["tg1"], &[""]);

const COMMON: [Keyword<AddressLine>; 14] = [
    Keyword::set(
        "<IPADDR>",
        "[/<MASK>]",
        (0, Some(0)),
        address,
        "The address, first on its line, with its prefix length.",
    )
    .default("/32 or /128")
    .samples(
        &["192.0.2.1/24", "192.0.2.1", "2001:db8::1/64", "fe80::1"],
        &["192.0.2", "192.0.2.1/33", "192.0.2.1/x", "2001:db8::1/129"],
    ),
    Keyword::set(
        "dev",
        "<IF>",
        (1, Some(1)),
        dev,
        "Interface to put the address on.",
    )
    .default("instance interface or default_interface")
    .samples(&["eth0"], &["", "averylonginterfacename", "eth0 dev eth1"]),
    Keyword::set(
        "scope",
        "<SCOPE>",
        (1, Some(1)),
        scope,
        "Address scope: global, site, link, host, nowhere, a number, or a name of rt_scopes.",
    )
    .default("global")
    .samples(&["link", "global", "host", "200"], &["", "256", "-1"]),
    Keyword::set(
        "brd",
        "<IPADDR>|+|-",
        (1, Some(1)),
        broadcast,
        "Broadcast address; + sets the host bits, - clears them.",
    )
    .default("none")
    .samples(&["192.0.2.255", "+", "-"], &["", "x", "fe80::1"]),
    Keyword::set(
        "broadcast",
        "<IPADDR>|+|-",
        (1, Some(1)),
        broadcast,
        "Broadcast address, as brd: + sets the host bits, - clears them.",
    )
    .default("none")
    .samples(&["192.0.2.255", "+", "-"], &["", "x", "fe80::1"]),
    Keyword::set(
        "label",
        "<LABEL>",
        (1, Some(1)),
        label,
        "Label of the address as old tools show it (eth0:1); IPv4 only.",
    )
    .default("none")
    .samples(&["eth0:1"], &["", "abcdefghijklmnop"]),
    Keyword::set(
        "peer",
        "<IPADDR>[/<MASK>]",
        (1, Some(1)),
        peer,
        "Other end of a point-to-point address.",
    )
    .default("none")
    .samples(
        &["192.0.2.2", "192.0.2.2/24"],
        &["", "x", "fe80::1", "192.0.2.2/33"],
    ),
    Keyword::set(
        "home",
        "",
        (0, Some(0)),
        home,
        "Mark it as the home address of mobile IP; IPv6.",
    )
    .default("off")
    .samples(&[""], &[]),
    Keyword::set(
        "-nodad",
        "",
        (0, Some(0)),
        nodad,
        "Leave out duplicate address detection; IPv6.",
    )
    .default("off")
    .samples(&[""], &[]),
    Keyword::set(
        "mngtmpaddr",
        "",
        (0, Some(0)),
        mngtmpaddr,
        "Let the kernel make temporary addresses from it; IPv6.",
    )
    .default("off")
    .samples(&[""], &[]),
    Keyword::set(
        "noprefixroute",
        "",
        (0, Some(0)),
        noprefixroute,
        "Do not add a route for its prefix.",
    )
    .default("off")
    .samples(&[""], &[]),
    Keyword::set(
        "autojoin",
        "",
        (0, Some(0)),
        autojoin,
        "Join the multicast group on the Ethernet level too.",
    )
    .default("off")
    .samples(&[""], &[]),
    Keyword::set(
        "no_track",
        "",
        (0, Some(0)),
        no_track,
        "Do not react when somebody else removes the address.",
    )
    .default("off")
    .samples(&[""], &[]),
    Keyword::set(
        "preferred_lft",
        "<N>|forever",
        (1, Some(1)),
        preferred_lft,
        "Seconds for which it is chosen as a source; 0: never.",
    )
    .default("forever (0 for /128 VIPs sharing a link)")
    .samples(
        &["0", "forever", "4294967294"],
        &["", "x", "-1", "4294967296"],
    ),
];

type Set = Result<(), Problem>;

/// `virtual_ipaddress`
pub(super) fn virtual_ipaddress(
    instance: &mut Instance,
    _: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let before = lowering.diagnostics.len();
    lines(&VIRTUAL, &mut instance.addresses, block, lowering);
    if lowering.diagnostics.len() > before {
        instance.reject("virtual_ipaddress");
    }
    Ok(())
}

/// `virtual_ipaddress_excluded`
pub(super) fn excluded(
    instance: &mut Instance,
    _: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    lines(&EXCLUDED, &mut instance.excluded, block, lowering);
    Ok(())
}

/// `static_ipaddress`
pub(super) fn static_ipaddress(
    ast: &mut Ast,
    _: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    // The block as a whole is told already.
    let quiet = lowering.inactive.len();
    lines(&STATIC, &mut ast.vrrp.static_addresses, block, lowering);
    lowering.inactive.truncate(quiet);
    Ok(())
}

fn lines(
    table: &Table<AddressLine>,
    lines: &mut Vec<AddressLine>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) {
    let mut inactive = Vec::new();
    // Most lists are short, and there are as many as instances.
    lines.reserve_exact(block.statements.len());
    each_entry(block, lowering, |args| {
        if args.ignores(table.block, "<IPADDR>") {
            return Ok(());
        }
        let mut line = AddressLine::new(prefix(args)?);
        let text = &args.name.text;
        let wording = Wording {
            unknown: &|word| {
                format!("Unknown configuration entry '{word}' for ip address - ignoring")
            },
            missing: &|option, _| {
                let message = format!("No {option} parameter specified for {text}");
                Problem::error("missing-value", message)
            },
            ..Wording::default()
        };
        let outcome = line::worded(table, &mut line, args, 0, &wording);
        let span = args.name.span;
        let told = outcome.inactive.into_iter();
        inactive.extend(told.map(|(name, why)| (name, why, span)));
        let essential = |option: &&&'static str| ESSENTIAL.contains(option);
        if !outcome.cut_short && line.rejected.0.iter().find(essential).is_none() {
            lines.push(line);
        }
        Ok(())
    });
    for (name, why, span) in inactive {
        lowering.note_inactive(name, why, span);
    }
}

/// The line's first word.
fn prefix(args: &Args<'_>) -> Result<Spanned<Prefix>, Problem> {
    let text = &args.name.text;
    let span = args.name.span;
    match parse_prefix(text) {
        Ok(prefix) => Ok(Spanned::new(prefix, span)),
        Err(PrefixError::Length(prefix)) => {
            let len = text.rsplit('/').next().unwrap_or("");
            let message = format!(
                "Invalid address prefix len {len} for address {text} - using {}",
                prefix.len
            );
            args.report(Problem::error("invalid-prefix", message));
            Ok(Spanned::new(prefix, span))
        }
        Err(PrefixError::Address) => {
            let message = format!("VRRP parsed invalid IP {text}. skipping IP...");
            Err(Problem::error("invalid-address", message).label("not an IP address"))
        }
    }
}

fn address(line: &mut AddressLine, args: &Args<'_>) -> Set {
    line.prefix = prefix(args)?;
    Ok(())
}

fn dev(line: &mut AddressLine, args: &Args<'_>) -> Set {
    if line.dev.is_some() {
        let prefix = line.prefix;
        let message = format!("Cannot specify ipaddress device more than once for {prefix}");
        return Err(Problem::error("repeated-option", message));
    }
    line.dev = Some(value::interface(args, 0)?);
    Ok(())
}

fn scope(line: &mut AddressLine, args: &Args<'_>) -> Set {
    let prefix = line.prefix;
    let invalid = |word: &str| format!("Invalid scope '{word}' specified for {prefix} - ignoring");
    let scope = names::named(args, 0, &SCOPES, invalid)?;
    if !prefix.address.is_ipv4() {
        let message =
            format!("Cannot specify scope for IPv6 addresses ({prefix}) - ignoring scope");
        return Err(Problem::error("wrong-family", message));
    }
    line.scope = Some(scope);
    Ok(())
}

fn broadcast(line: &mut AddressLine, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    let prefix = line.prefix;
    if !prefix.address.is_ipv4() {
        let message = format!(
            "VRRP is trying to assign a broadcast {} to the IPv6 address {prefix}. skipping VIP...",
            word.text
        );
        let problem = Problem::error("wrong-family", message);
        return Err(problem.word(0).label("IPv6 has no broadcast"));
    }
    line.broadcast = Some(match word.text.as_str() {
        "+" => Broadcast::HostBitsSet,
        "-" => Broadcast::HostBitsClear,
        text => match text.parse() {
            Ok(address @ IpAddr::V4(_)) => Broadcast::Address(address),
            _ => {
                let message =
                    format!("VRRP is trying to assign invalid broadcast {text}. skipping VIP...");
                let problem = Problem::error("invalid-address", message);
                return Err(problem.word(0).label("not an IPv4 address"));
            }
        },
    });
    Ok(())
}

fn label(line: &mut AddressLine, args: &Args<'_>) -> Set {
    let text = &value::word(args, 0)?.text;
    let prefix = line.prefix;
    if text.len() > MAX_INTERFACE_NAME {
        let message = format!(
            "Address label {text} is longer than maximum length {MAX_INTERFACE_NAME} - removing \
             address"
        );
        return Err(Problem::error("invalid-label", message).word(0));
    }
    if !prefix.address.is_ipv4() {
        let message =
            format!("Cannot specify label for IPv6 addresses ({prefix}) - ignoring label");
        args.report(Problem::error("wrong-family", message));
        return Ok(());
    }
    line.label = Some(text.to_string());
    Ok(())
}

fn peer(line: &mut AddressLine, args: &Args<'_>) -> Set {
    let text = &value::word(args, 0)?.text;
    if line.peer.is_some() {
        let message = format!("Peer {text} - another peer has already been specified");
        return Err(Problem::error("repeated-option", message));
    }
    let Ok(peer) = parse_prefix(text) else {
        let message = format!("Invalid peer address {text}");
        let problem = Problem::error("invalid-address", message);
        return Err(problem.word(0).label("not an IP address"));
    };
    if peer.address.is_ipv4() != line.prefix.address.is_ipv4() {
        let message = format!("Peer address {text} does not match address family");
        return Err(Problem::error("wrong-family", message).word(0));
    }
    line.peer = Some(peer);
    Ok(())
}

macro_rules! flags {
    ($($name:ident)*) => {$(
        fn $name(line: &mut AddressLine, _: &Args<'_>) -> Set {
            line.$name = true;
            Ok(())
        }
    )*};
}

flags! { home nodad mngtmpaddr noprefixroute autojoin no_track }

fn preferred_lft(line: &mut AddressLine, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("preferred_lft {word} is invalid");
    line.preferred_lft = Some(match args.text(0) {
        Some("forever") => u32::MAX,
        _ => value::integer(args, 0, 0..=u32::MAX, invalid)?.value,
    });
    Ok(())
}

/// `use_vmac [<NAME>] [group <N>]`; what follows may be the next address of a one-line block.
fn use_vmac(line: &mut AddressLine, args: &Args<'_>) -> Set {
    let mut vmac = UseVmac::default();
    let mut taken = 0;
    let is_name = |text: &&str| *text != "group" && parse_prefix(text).is_err();
    if args.text(0).filter(is_name).is_some() {
        vmac.name = Some(value::interface(args, 0)?.value);
        taken = 1;
    }
    if args.text(taken) == Some("group") {
        if args.get(taken + 1).is_none() {
            return Err(line::missing());
        }
        let invalid = |word: &str| format!("Invalid interface group '{word}'");
        vmac.group = Some(value::integer(args, taken + 1, 0..=u32::MAX, invalid)?.value);
        taken += 2;
    }
    args.take(taken);
    line.use_vmac = Some(vmac);
    Ok(())
}

fn track_group(line: &mut AddressLine, args: &Args<'_>) -> Set {
    let name = value::text(args, 0)?;
    if line.track_group.is_some() {
        let message = format!("track_group {name} is a duplicate");
        return Err(Problem::error("repeated-option", message));
    }
    line.track_group = Some(name);
    Ok(())
}
