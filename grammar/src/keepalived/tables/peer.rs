//! Entries of `unicast_peer`: `<IPADDR> [min_ttl <N>] [max_ttl <N>]`.
//!
//! Invariants: a peer whose option is wrong stays a peer, without the option.

use crate::ast::leaf::{Node, Spanned};
use crate::ast::vrrp::{Instance, Peer};
use crate::keepalived::line::{self, Wording};
use crate::keepalived::lower::each_entry;
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

type Set = Result<(), Problem>;

impl Node for Peer {}

/// The options of a peer.
pub static UNICAST_PEER: Table<Peer> = Table {
    block: "vrrp_instance/unicast_peer#line",
    rows: &[
        Keyword::set(
            "min_ttl",
            "<N>",
            (1, Some(1)),
            |peer: &mut Peer, args| {
                peer.min_ttl = Some(ttl(args)?);
                Ok(())
            },
            "Smallest accepted TTL from that peer.",
        )
        .default("0")
        .samples(&["250", "255"], &["", "256", "-1", "x"]),
        Keyword::set(
            "max_ttl",
            "<N>",
            (1, Some(1)),
            |peer: &mut Peer, args| {
                peer.max_ttl = Some(ttl(args)?);
                Ok(())
            },
            "Largest accepted TTL from that peer.",
        )
        .default("255")
        .samples(&["254", "1"], &["", "256", "-1", "x"]),
    ],
};

fn ttl(args: &Args<'_>) -> Result<u8, Problem> {
    let name = &args.name.text;
    let invalid = |word: &str| format!("{name} '{word}' not valid - must be between 0 & 255");
    Ok(value::integer(args, 0, 0..=255, invalid)?.value)
}

/// `unicast_peer`
pub(super) fn peers(
    instance: &mut Instance,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let name = &instance.name.value;
    let span = args.name.span;
    let before = lowering.diagnostics.len();
    let peers = instance
        .unicast_peers
        .get_or_insert_with(|| Spanned::new(Vec::new(), span));
    each_entry(block, lowering, |args| {
        peers.value.push(peer(args, name)?);
        Ok(())
    });
    if lowering.diagnostics.len() > before && peers.is_empty() {
        instance.rejected.0.push("unicast_peer");
    }
    Ok(())
}

fn peer(args: &Args<'_>, instance: &str) -> Result<Peer, Problem> {
    let Ok(address) = args.name.text.parse() else {
        let message = format!(
            "Configuration error: VRRP instance[{instance}] malformed unicast peer address[{}]. \
             Skipping...",
            args.name.text
        );
        return Err(Problem::error("invalid-address", message).label("not an IP address"));
    };
    let mut peer = Peer {
        address: Spanned::new(address, args.name.span),
        min_ttl: None,
        max_ttl: None,
    };
    let wording = Wording {
        unknown: &|word| format!("({instance}) unknown unicast_peer option '{word}'"),
        missing: &|option, _| {
            Problem::error(
                "missing-value",
                format!("({instance}) {option} is missing a value"),
            )
        },
        ..Wording::default()
    };
    line::worded(&UNICAST_PEER, &mut peer, args, 0, &wording);
    if let (Some(min), Some(max)) = (peer.min_ttl, peer.max_ttl)
        && min > max
    {
        let message =
            format!("({instance}) min_ttl {min} > max_ttl {max} - all packets will be discarded");
        let problem = Problem::error("range-order", message);
        args.report(
            problem.help("a TTL counts down on the way; a direct neighbour arrives at 255"),
        );
    }
    Ok(peer)
}
