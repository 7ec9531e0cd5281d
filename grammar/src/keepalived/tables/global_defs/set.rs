//! Setters that many rows of `global_defs` share.

use core::ops::RangeInclusive;

use crate::ast::leaf::{Command, Spanned};
use crate::diagnostic::{Class, Severity};
use crate::keepalived::command::command;
use crate::keepalived::value;
use crate::keyword::{Args, Problem};

pub(super) type Set = Result<(), Problem>;

/// Longest process title (TASK_COMM_LEN without the final zero).
const MAX_TITLE: usize = 15;

pub(super) fn switch(field: &mut Option<bool>, args: &Args<'_>) -> Set {
    *field = Some(value::switch(args)?);
    Ok(())
}

/// A switch of which the original looks at no word: what is neither on nor off means on, and is
/// worth a warning.
pub(super) fn lenient(field: &mut Option<bool>, args: &Args<'_>) -> Set {
    let value = value::switch(args);
    if let Err(problem) = &value {
        args.report(Problem {
            severity: Severity::Warning,
            class: Class::None,
            ..problem.clone()
        });
    }
    *field = Some(value.unwrap_or(true));
    Ok(())
}

pub(super) fn flag(field: &mut bool) -> Set {
    *field = true;
    Ok(())
}

pub(super) fn text(field: &mut Option<Spanned<String>>, args: &Args<'_>) -> Set {
    *field = Some(value::text(args, 0)?);
    Ok(())
}

pub(super) fn script(field: &mut Option<Spanned<Command>>, args: &Args<'_>) -> Set {
    *field = Some(command(args)?);
    Ok(())
}

/// A number; in `message`, `{}` stands for the word and `{name}` for the keyword.
pub(super) fn number<N>(
    field: &mut Option<Spanned<N>>,
    args: &Args<'_>,
    range: RangeInclusive<N>,
    message: &str,
) -> Set
where
    N: Copy + PartialOrd + core::str::FromStr + core::fmt::Display,
{
    let name = &args.name.text;
    let invalid = |word: &str| message.replace("{name}", name).replace("{}", word);
    *field = Some(value::integer(args, 0, range, invalid)?);
    Ok(())
}

/// A number that is reported and brought into its range.
pub(super) fn clamped<N>(
    field: &mut Option<Spanned<N>>,
    args: &Args<'_>,
    range: RangeInclusive<N>,
    what: &str,
) -> Set
where
    N: Copy + PartialOrd + core::str::FromStr + core::fmt::Display + TryFrom<i64>,
{
    let word = value::word(args, 0)?;
    let invalid = |word: &str| format!("{what} '{word}' invalid");
    let number = value::integer(args, 0, i64::MIN..=i64::MAX, invalid)?.value;
    let (low, high) = (*range.start(), *range.end());
    let fits = N::try_from(number).ok().filter(|it| range.contains(it));
    let value = fits.unwrap_or(if number <= 0 { low } else { high });
    if fits.is_none() {
        let message = if number <= 0 {
            format!("{what} {number} less than minimum {low} - setting to minimum")
        } else {
            format!("{what} {number} greater than maximum {high} - setting to maximum")
        };
        args.report(Problem::error("out-of-range", message).word(0));
    }
    *field = Some(Spanned::new(value, word.span));
    Ok(())
}

/// A process title, cut to what the kernel keeps.
pub(super) fn title(field: &mut Option<Spanned<String>>, args: &Args<'_>) -> Set {
    let mut name = value::text(args, 0)?;
    if name.len() > MAX_TITLE {
        let message = format!("Process name {name} more than {MAX_TITLE} characters, truncating");
        args.report(Problem::error("too-long", message).word(0));
        let end = (0..=MAX_TITLE)
            .rev()
            .find(|&end| name.is_char_boundary(end));
        name.value.truncate(end.unwrap_or(0));
    }
    *field = Some(name);
    Ok(())
}

/// Says that another keyword has taken this one's place. `fails`: the original's test fails.
pub(super) fn older(args: &Args<'_>, instead: &str, fails: bool) {
    let name = &args.name.text;
    let message = format!("Keyword \"{name}\" is deprecated - please use \"{instead}\"");
    let problem = value::deprecated(message);
    args.report(if fails {
        problem
    } else {
        problem.class(Class::None)
    });
}
