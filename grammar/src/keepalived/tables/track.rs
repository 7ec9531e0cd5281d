//! Entries of `track_script` and the other track lists: `<NAME> [weight <N> [reverse|noreverse]]`.

use base::Weight;

use crate::ast::leaf::Spanned;
use crate::ast::vrrp::{Instance, TrackLine, TrackWeight};
use crate::keepalived::lower::each_entry;
use crate::keepalived::value;
use crate::keyword::{Args, Lowering, Problem};
use crate::tree::Block;

/// `track_script`
pub(super) fn scripts(
    instance: &mut Instance,
    _: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Result<(), Problem> {
    let lines = &mut instance.track_scripts;
    each_entry(block, lowering, |args| {
        lines.push(line(args)?);
        Ok(())
    });
    Ok(())
}

/// One entry. A wrong option is reported and the entry kept without it, as in the original.
fn line(args: &Args<'_>) -> Result<TrackLine, Problem> {
    let name = Spanned::new(args.name.text.clone(), args.name.span);
    let weight = match args.text(0) {
        None => None,
        Some("weight") if args.words.len() > 1 => match weight(args, 1, &args.name.text) {
            Ok(weight) => Some(weight),
            Err(problem) => {
                args.report(problem);
                None
            }
        },
        Some("weight") => {
            let message = format!(
                "weight without value specified for {} - ignoring",
                name.value
            );
            args.report(Problem::error("missing-parameter", message).word(0));
            None
        }
        Some(other) => {
            let message = format!(
                "unknown track option '{other}' specified for {}",
                name.value
            );
            let problem = Problem::error("unknown-option", message).word(0);
            args.report(problem.help("one entry per line, with `weight N` after its name"));
            None
        }
    };
    Ok(TrackLine { name, weight })
}

/// `<N> [reverse|noreverse]` from word `index` on.
pub(super) fn weight(args: &Args<'_>, index: usize, owner: &str) -> Result<TrackWeight, Problem> {
    let invalid = |word: &str| format!("{owner} weight {word} must be in [-253, 253]");
    let number = value::integer::<i16>(args, index, -253..=253, invalid)?;
    let reverse = match args.text(index + 1) {
        None => None,
        Some("reverse") => Some(true),
        Some("noreverse") => Some(false),
        Some(other) => {
            let message = format!("{owner} unknown weight option {other}");
            let problem = Problem::error("unknown-option", message).word(index + 1);
            args.report(problem.label("reverse or noreverse is accepted"));
            None
        }
    };
    Ok(TrackWeight {
        weight: Weight(number.value),
        reverse,
    })
}
