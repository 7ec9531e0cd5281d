//! Settings that hold one name.

use core::borrow::Borrow;

use crate::ast::leaf::Spanned;
use crate::keepalived::value;
use crate::keyword::{Args, Problem};

/// Stores the one word of a statement; without it `missing` is reported. A second use counts, but
/// is reported, as the original does since 2.3.
pub(super) fn named<S: From<Spanned<String>> + Borrow<Spanned<String>>>(
    slot: &mut Option<S>,
    args: &Args<'_>,
    what: &str,
    missing: &str,
) -> Result<(), Problem> {
    if args.words.is_empty() {
        let problem = Problem::error("missing-value", missing);
        return Err(problem.help(format!("write a value after `{}`", args.name.text)));
    }
    let name = value::text(args, 0)?;
    if let Some(before) = slot {
        let before = &(*before).borrow().value;
        let message = format!(
            "Duplicate {what} - overwriting {before} with {}",
            name.value
        );
        args.report(duplicate(message));
    }
    *slot = Some(name.into());
    Ok(())
}

/// That a setting is there twice.
pub(super) fn duplicate(message: String) -> Problem {
    Problem::error("repeated-keyword", message).help("the later one counts; remove the other")
}

/// That exactly one word stands there.
pub(super) fn alone(args: &Args<'_>, message: &str) -> Result<(), Problem> {
    match args.words.len() {
        1 => Ok(()),
        given => {
            let problem = Problem::error("missing-value", message);
            let problem = if given > 1 { problem.word(1) } else { problem };
            Err(problem.help("write one word; quote it if it has blanks"))
        }
    }
}
