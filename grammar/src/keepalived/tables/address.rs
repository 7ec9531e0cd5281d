//! Entries of `virtual_ipaddress`: an address with options.

use core::net::IpAddr;

use crate::ast::leaf::{Prefix, Spanned};
use crate::ast::vrrp::{AddressLine, Broadcast, Instance};
use crate::keepalived::lower::each_entry;
use crate::keepalived::value::{self, PrefixError, parse_prefix};
use crate::keyword::{Args, Lowering, Problem};
use crate::tree::Block;

/// Longest interface name and label (IFNAMSIZ without the final zero).
const MAX_NAME: usize = 15;

/// `virtual_ipaddress`
pub(super) fn virtual_ipaddress(
    instance: &mut Instance,
    _: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Result<(), Problem> {
    let before = lowering.diagnostics.len();
    lines(&mut instance.addresses, block, lowering);
    if lowering.diagnostics.len() > before {
        instance.rejected.0.push("virtual_ipaddress");
    }
    Ok(())
}

/// `virtual_ipaddress_excluded`
pub(super) fn excluded(
    instance: &mut Instance,
    _: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Result<(), Problem> {
    lines(&mut instance.excluded, block, lowering);
    Ok(())
}

fn lines(lines: &mut Vec<AddressLine>, block: &Block, lowering: &mut Lowering<'_>) {
    each_entry(block, lowering, |args| {
        lines.push(line(args)?);
        Ok(())
    });
}

/// One entry. A wrong option is reported and the address kept without it, as in the original.
fn line(args: &Args<'_>) -> Result<AddressLine, Problem> {
    let text = &args.name.text;
    let mut line = AddressLine::new(Spanned::new(prefix(args, text)?, args.name.span));
    let mut index = 0;
    while index < args.words.len() {
        match option(&mut line, args, index) {
            Ok(used) => index += used,
            Err(problem) => {
                let used = if problem.code == "unknown-option" {
                    1
                } else {
                    2
                };
                args.report(problem);
                index += used;
            }
        }
    }
    Ok(line)
}

fn prefix(args: &Args<'_>, text: &str) -> Result<Prefix, Problem> {
    match parse_prefix(text) {
        Ok(prefix) => Ok(prefix),
        Err(PrefixError::Length(prefix)) => {
            let len = text.rsplit('/').next().unwrap_or("");
            let message = format!(
                "Invalid address prefix len {len} for address {text} - using {}",
                prefix.len
            );
            args.report(Problem::error("invalid-prefix", message));
            Ok(prefix)
        }
        Err(PrefixError::Address) => {
            let message = format!("VRRP parsed invalid IP {text}. skipping IP...");
            Err(Problem::error("invalid-address", message).label("not an IP address"))
        }
    }
}

/// Applies the option at `index`; the number of words it took.
fn option(line: &mut AddressLine, args: &Args<'_>, index: usize) -> Result<usize, Problem> {
    let address = line.prefix.address;
    let word = value::word(args, index)?;
    let flag = |flag: &mut bool| {
        *flag = true;
        Ok(1)
    };
    match word.text.as_str() {
        "dev" => {
            line.dev = Some(value::text(args, index + 1).map_err(|_| lacks(word, index, address))?);
        }
        "scope" => line.scope = Some(scope(args, index + 1, address)?),
        "brd" | "broadcast" => line.broadcast = Some(broadcast(args, index + 1, address)?),
        "label" => line.label = Some(label(args, index + 1, address)?),
        "peer" => {
            let text = value::text(args, index + 1).map_err(|_| lacks(word, index, address))?;
            let peer = parse_prefix(&text).ok();
            let peer = peer.filter(|peer| peer.address.is_ipv4() == address.is_ipv4());
            let invalid = || {
                let message = format!("Invalid peer address {text} for ip address {address}");
                Problem::error("invalid-address", message).word(index + 1)
            };
            line.peer = Some(peer.ok_or_else(invalid)?);
        }
        "home" => return flag(&mut line.home),
        "-nodad" | "nodad" => return flag(&mut line.nodad),
        "mngtmpaddr" => return flag(&mut line.mngtmpaddr),
        "noprefixroute" => return flag(&mut line.noprefixroute),
        "autojoin" => return flag(&mut line.autojoin),
        "no_track" | "no-track" => return flag(&mut line.no_track),
        "preferred_lft" => {
            let forever = args.text(index + 1) == Some("forever");
            let invalid = |word: &str| format!("preferred_lft {word} is invalid");
            line.preferred_lft = Some(if forever {
                u32::MAX
            } else {
                value::integer(args, index + 1, 0..=u32::MAX, invalid)?.value
            });
        }
        "use_vmac" => return Ok(use_vmac(line, args, index)),
        other => {
            let message =
                format!("Unknown configuration entry '{other}' for ip address - ignoring");
            let problem = Problem::error("unknown-option", message).word(index);
            return Err(problem.help("one address per line, with its options after it"));
        }
    }
    Ok(2)
}

fn lacks(word: &crate::tree::Word, index: usize, address: IpAddr) -> Problem {
    let message = format!(
        "Missing value after '{}' for ip address {address}",
        word.text
    );
    Problem::error("missing-value", message).word(index)
}

/// `use_vmac [<NAME>] [group <N>]`: kept as written.
fn use_vmac(line: &mut AddressLine, args: &Args<'_>, index: usize) -> usize {
    let known = [
        "dev",
        "scope",
        "brd",
        "broadcast",
        "label",
        "peer",
        "home",
        "-nodad",
        "mngtmpaddr",
        "noprefixroute",
        "autojoin",
        "no_track",
        "preferred_lft",
    ];
    let rest = args.words.iter().skip(index + 1);
    let words: Vec<String> = rest
        .map(|word| word.text.clone())
        .take_while(|word| !known.contains(&word.as_str()))
        .collect();
    let used = words.len() + 1;
    line.use_vmac = Some(words);
    used
}

fn scope(args: &Args<'_>, index: usize, address: IpAddr) -> Result<u8, Problem> {
    let scope = match args.text(index) {
        Some("global" | "universe") => Some(0),
        Some("site") => Some(200),
        Some("link") => Some(253),
        Some("host") => Some(254),
        Some("nowhere") => Some(255),
        Some(number) => number.parse().ok(),
        None => None,
    };
    let word = args.text(index).unwrap_or("");
    let message = format!("Invalid scope '{word}' specified for {address}");
    let help = "global, site, link, host, nowhere or a number up to 255 is accepted";
    scope.ok_or_else(|| {
        Problem::error("invalid-scope", message)
            .word(index)
            .help(help)
    })
}

fn broadcast(args: &Args<'_>, index: usize, address: IpAddr) -> Result<Broadcast, Problem> {
    let word = args.text(index).unwrap_or("");
    let message = format!("Invalid broadcast address '{word}' for {address}");
    let invalid = || Problem::error("invalid-address", message).word(index);
    if !address.is_ipv4() {
        return Err(invalid().label("IPv6 has no broadcast"));
    }
    match word {
        "+" => Ok(Broadcast::HostBitsSet),
        "-" => Ok(Broadcast::HostBitsClear),
        word => match word.parse() {
            Ok(IpAddr::V4(address)) => Ok(Broadcast::Address(IpAddr::V4(address))),
            _ => Err(invalid().label("not an IPv4 address")),
        },
    }
}

fn label(args: &Args<'_>, index: usize, address: IpAddr) -> Result<String, Problem> {
    let word = args.text(index).unwrap_or("");
    if word.is_empty() || word.len() > MAX_NAME || !address.is_ipv4() {
        let message = format!("Invalid label '{word}' specified for {address}");
        let problem = Problem::error("invalid-label", message).word(index);
        return Err(problem.label("one to fifteen bytes, IPv4 only"));
    }
    Ok(word.to_owned())
}
