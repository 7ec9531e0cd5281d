//! `interface_up_down_delays` and `linkbeat_interfaces`: one interface a line.

use crate::ast::Ast;
use crate::ast::global::{LinkDelay, Linkbeat, Polled};
use crate::keepalived::lower::each_entry;
use crate::keepalived::value;
use crate::keyword::{Args, Lowering, Problem};
use crate::tree::Block;

type Set = Result<(), Problem>;

/// Longest delay, in microseconds.
const LONGEST: u64 = 255_000_000;

fn interface(args: &Args<'_>) -> Result<crate::ast::Spanned<String>, Problem> {
    value::interface_name(args.name).map_err(|problem| problem.span(args.name.span))
}

/// `<IF> <DOWN> [<UP>]`
pub(super) fn delays(
    ast: &mut Ast,
    _: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let delays = &mut ast.process.links.delays;
    each_entry(block, lowering, |args| {
        let interface = interface(args)?;
        let time = |index| {
            let invalid = |word: &str| format!("Invalid delay '{word}' for {interface}");
            value::seconds(args, index, 0..=LONGEST, invalid)
        };
        if args.words.is_empty() {
            let message = format!("No delay specified for {interface}");
            let problem = Problem::warning("missing-value", message);
            args.report(problem.help("write `<IF> <DOWN> [<UP>]`, both in seconds"));
            return Ok(());
        }
        let down = time(0)?.value;
        let up = match args.get(1) {
            Some(_) => Some(time(1)?.value),
            None => None,
        };
        if args.words.len() > 2 {
            let message = format!("interface_up_down_delays {interface}: extra words are ignored");
            args.report(Problem::warning("extra-words", message).word(2));
        }
        delays.push(LinkDelay {
            interface,
            down,
            up,
        });
        Ok(())
    });
    Ok(())
}

/// `<IF> [MII|ETHTOOL|IOCTL]`
pub(super) fn polled(
    ast: &mut Ast,
    _: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let polled = &mut ast.process.links.polled;
    each_entry(block, lowering, |args| {
        let interface = interface(args)?;
        let extra = |index: usize| {
            let word = args.text(index).unwrap_or_default();
            let message = format!("extra characters {word} in linkbeat interface");
            let problem = Problem::error("unknown-option", message).word(index);
            args.report(problem.help("one interface per line, then MII, ETHTOOL or IOCTL"));
        };
        let method = match args.text(0) {
            None => None,
            Some("MII") => Some(Linkbeat::Mii),
            Some("ETHTOOL") => Some(Linkbeat::Ethtool),
            Some("IOCTL") => Some(Linkbeat::Ioctl),
            Some(_) => {
                extra(0);
                None
            }
        };
        if args.words.len() > 1 && method.is_some() {
            extra(1);
        }
        polled.push(Polled { interface, method });
        Ok(())
    });
    Ok(())
}
