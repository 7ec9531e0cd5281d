//! Entries of `unicast_peer`: `<IPADDR> [min_ttl <N>] [max_ttl <N>]`.

use crate::ast::leaf::Spanned;
use crate::ast::vrrp::{Instance, Peer};
use crate::keepalived::lower::each_entry;
use crate::keepalived::value;
use crate::keyword::{Args, Lowering, Problem};
use crate::tree::Block;

/// `unicast_peer`
pub(super) fn peers(
    instance: &mut Instance,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Result<(), Problem> {
    let name = instance.name.value.clone();
    let span = args.name.span;
    let before = lowering.diagnostics.len();
    let peers = instance
        .unicast_peers
        .get_or_insert_with(|| Spanned::new(Vec::new(), span));
    each_entry(block, lowering, |args| {
        peers.value.push(peer(args, &name)?);
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
    let mut index = 0;
    while let Some(option) = args.text(index) {
        let ttl = |word: &str| format!("({instance}) invalid {option} '{word}' - ignoring");
        match option {
            "min_ttl" => peer.min_ttl = Some(value::integer(args, index + 1, 0..=255, ttl)?.value),
            "max_ttl" => peer.max_ttl = Some(value::integer(args, index + 1, 0..=255, ttl)?.value),
            _ => {
                let message = format!("({instance}) unknown unicast_peer option '{option}'");
                args.report(Problem::error("unknown-option", message).word(index));
            }
        }
        index += if option.ends_with("_ttl") { 2 } else { 1 };
    }
    Ok(peer)
}
