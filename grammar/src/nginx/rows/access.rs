//! `allow` and `deny`.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::ast::stream::{AccessRule, AccessSource, Settings};
use crate::keyword::{Args, Keyword, Problem, Repeat, Table};
use crate::nginx::url;
use crate::nginx::value::{self, Words as _};

/// `allow` and `deny`
pub(super) static SETTINGS: Table<Settings> = Table {
    block: "stream, server",
    rows: &[
        Keyword::set(
            "allow",
            "ADDRESS|CIDR|unix:|all",
            (1, Some(1)),
            |settings, args| rule(settings, args, true),
            "Lets these clients in; the first rule that matches decides.",
        )
        .repeat(Repeat::Many)
        .since("1.9.2"),
        Keyword::set(
            "deny",
            "ADDRESS|CIDR|unix:|all",
            (1, Some(1)),
            |settings, args| rule(settings, args, false),
            "Refuses these clients; the first rule that matches decides.",
        )
        .repeat(Repeat::Many)
        .since("1.9.2"),
    ],
};

fn rule(settings: &mut Settings, args: &Args<'_>, allow: bool) -> Result<(), Problem> {
    let text = args.word(0);
    let source = match text {
        "all" => AccessSource::All,
        "unix:" => AccessSource::Unix,
        _ => {
            let invalid = || {
                let message = format!("invalid parameter \"{text}\"");
                Problem::error("invalid-parameter", message).word(0)
            };
            let (address, prefix, stray) = network(text).ok_or_else(invalid)?;
            if stray {
                let message = format!("low address bits of {text} are meaningless");
                args.report(Problem::warning("stray-bits", message).word(0));
            }
            AccessSource::Net(address, prefix)
        }
    };
    settings
        .access
        .push(args.here(AccessRule { allow, source }));
    Ok(())
}

/// Network address, prefix length, and whether bits behind it were set.
fn network(text: &str) -> Option<(IpAddr, u8, bool)> {
    let (address, mask) = match text.split_once('/') {
        Some((address, mask)) => (address, Some(mask)),
        None => (text, None),
    };
    if let Some(v4) = url::ipv4(address) {
        let prefix = prefix(mask, 32)?;
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        let net = Ipv4Addr::from_bits(v4.to_bits() & mask);
        return Some((net.into(), prefix, net != v4));
    }
    let v6: Ipv6Addr = address.parse().ok()?;
    let prefix = prefix(mask, 128)?;
    let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
    let net = Ipv6Addr::from_bits(v6.to_bits() & mask);
    Some((net.into(), prefix, net != v6))
}

fn prefix(text: Option<&str>, longest: u8) -> Option<u8> {
    let Some(text) = text else {
        return Some(longest);
    };
    let prefix = u8::try_from(value::number(text)?).ok()?;
    (prefix <= longest).then_some(prefix)
}
