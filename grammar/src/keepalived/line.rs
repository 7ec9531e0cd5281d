//! Options within one line (`192.0.2.1/24 dev eth0 label eth0:1`), by the rows of a table.
//!
//! Invariants: every word of the line is taken by an option or reported; a wrong option does not
//! hide the ones after it.
//! Deliberately unknown here: any particular option.

use crate::ast::leaf::Node;
use crate::keyword::{Action, Args, Keyword, Problem, Status, Table};

/// Applies the options from word number `from` on (counted after the line's first word).
///
/// A row takes the words its arity asks for; optional ones only while they are no options
/// themselves. Problems are reported on `args`, so that the rest of the line still counts.
/// Options that are not acted on are returned with the reason.
pub fn options<T: Node>(
    table: &Table<T>,
    target: &mut T,
    args: &Args<'_>,
    from: usize,
) -> Vec<(&'static str, &'static str)> {
    let mut inactive = Vec::new();
    let mut index = from;
    while let Some(word) = args.words.get(index) {
        let Some((_, row)) = table.find(&word.text) else {
            args.report(unknown(table, &word.text).word(index));
            index += 1;
            continue;
        };
        let given = words_of(table, row, args, index);
        if given < row.arity.0 {
            let message = format!("{} needs a value", row.name);
            let problem = Problem::error("missing-value", message).word(index);
            args.report(problem.help(format!("write `{} {}`", row.name, row.args)));
            target.reject(row.name);
            break;
        }
        if args.ignores(table.block, row.name) {
            index += given + 1;
            continue;
        }
        match apply(row, target, args, index, given) {
            Ok(()) => match row.status {
                Status::Works => {}
                Status::Accepted(why) => inactive.push((row.name, why)),
                Status::Refused(why) => {
                    let message = format!("{} is not supported: {why}", row.name);
                    args.report(Problem::error("refused-keyword", message).word(index));
                }
            },
            Err(problem) => {
                target.reject(row.name);
                args.report(problem);
            }
        }
        index += given + 1;
    }
    inactive
}

/// How many words after `index` belong to the option there.
fn words_of<T>(table: &Table<T>, row: &Keyword<T>, args: &Args<'_>, index: usize) -> usize {
    let (least, most) = row.arity;
    let rest = args.words.get(index + 1..).unwrap_or_default();
    let most = most.unwrap_or(rest.len()).min(rest.len());
    let optional = rest.iter().take(most).skip(least);
    let taken = optional.take_while(|word| table.find(&word.text).is_none());
    least.min(rest.len()) + taken.count()
}

fn apply<T>(
    row: &Keyword<T>,
    target: &mut T,
    args: &Args<'_>,
    index: usize,
    given: usize,
) -> Result<(), Problem> {
    let Action::Set(set) = row.action else {
        return Err(Problem::error("unexpected-block", "an option has no block").word(index));
    };
    let words = args.words.get(index..=index + given).unwrap_or_default();
    let Some(own) = Args::new(words, args.raw, args.raw_span) else {
        return Ok(());
    };
    let result = set(target, &own);
    for problem in own.take_problems() {
        args.report(shifted(problem, index));
    }
    result.map_err(|problem| shifted(problem, index))
}

/// Counts the word from the line's first one.
fn shifted(mut problem: Problem, index: usize) -> Problem {
    let word = problem.word.map_or(index, |word| index + 1 + word as usize);
    problem.word = u32::try_from(word).ok();
    problem
}

fn unknown<T>(table: &Table<T>, word: &str) -> Problem {
    let problem = Problem::error("unknown-option", format!("Unknown option '{word}'"));
    match table.suggest(word) {
        Some(name) => problem.help(format!("did you mean `{name}`?")),
        None => problem,
    }
}
