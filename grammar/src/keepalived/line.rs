//! Options within one line (`192.0.2.1/24 dev eth0 label eth0:1`), by the rows of a table.
//!
//! Invariants: every word of the line is taken by an option or reported; a wrong option does not
//! hide the ones after it.
//! Deliberately unknown here: any particular option.

use crate::ast::leaf::Node;
use crate::keyword::{Action, Args, Keyword, Problem, Status, Table};
use crate::tree::Word;

/// Code of the problem that an option lacks a value.
const MISSING: &str = "missing-value";

/// How a kind of line speaks of what is wrong with it.
pub struct Wording<'w> {
    /// The row that takes a word which is no option, if the line has such a place.
    pub positional: Option<&'w str>,
    /// A word that is no option.
    pub unknown: &'w dyn Fn(&str) -> String,
    /// The option (a word of the line, numbered from 1) lacks a value.
    pub missing: &'w dyn Fn(&str, usize) -> Problem,
}

impl Default for Wording<'_> {
    fn default() -> Self {
        Self {
            positional: None,
            unknown: &|word| format!("Unknown option '{word}'"),
            missing: &|option, _| Problem::error(MISSING, format!("{option} needs a value")),
        }
    }
}

/// What became of a line.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Options that are not acted on, with the reason.
    pub inactive: Vec<(&'static str, &'static str)>,
    /// Whether the line ended where a value was expected.
    pub cut_short: bool,
    /// Whether an option was reported.
    pub flawed: bool,
}

/// That an option lacks a value; the line says it in its own words.
#[must_use]
pub fn missing() -> Problem {
    Problem::error(MISSING, "a value is missing")
}

/// Applies the options from word number `from` on (counted after the line's first word).
///
/// A row takes the words its arity asks for; optional ones only while they are no options
/// themselves. A row without an upper bound is given the rest of the line. Either may say how
/// many words it took ([`Args::take`]). Problems are reported on `args`,
/// so that the rest of the line still counts. Options that are not acted on are returned with
/// the reason.
pub fn options<T: Node>(
    table: &Table<T>,
    target: &mut T,
    args: &Args<'_>,
    from: usize,
) -> Vec<(&'static str, &'static str)> {
    worded(table, target, args, from, &Wording::default()).inactive
}

/// As [`options`], with the line's own wording.
pub fn worded<T: Node>(
    table: &Table<T>,
    target: &mut T,
    args: &Args<'_>,
    from: usize,
    wording: &Wording<'_>,
) -> Outcome {
    let line = Line {
        table,
        words: args.words,
        args,
        wording,
        // The first word is number 1.
        first: 2,
    };
    let mut outcome = line.apply(target, from);
    report(args, &mut outcome.problems, Some);
    outcome.told
}

/// A line whose very first word is an option already.
pub fn whole<T: Node>(
    table: &Table<T>,
    target: &mut T,
    args: &Args<'_>,
    wording: &Wording<'_>,
) -> Outcome {
    let words: Vec<Word> = core::iter::once(args.name)
        .chain(args.words)
        .cloned()
        .collect();
    let line = Line {
        table,
        words: &words,
        args,
        wording,
        first: 1,
    };
    let mut outcome = line.apply(target, 0);
    report(args, &mut outcome.problems, |index| index.checked_sub(1));
    outcome.told
}

fn report(args: &Args<'_>, problems: &mut Vec<Problem>, number: impl Fn(usize) -> Option<usize>) {
    for mut problem in problems.drain(..) {
        let word = problem.word.and_then(|word| number(word as usize));
        problem.word = word.and_then(|word| u32::try_from(word).ok());
        args.report(problem);
    }
}

struct Line<'l, T: 'static> {
    table: &'l Table<T>,
    words: &'l [Word],
    args: &'l Args<'l>,
    wording: &'l Wording<'l>,
    /// Number of the first of `words` on the line.
    first: usize,
}

#[derive(Default)]
struct Applied {
    told: Outcome,
    problems: Vec<Problem>,
}

impl<T: Node> Line<'_, T> {
    fn apply(&self, target: &mut T, from: usize) -> Applied {
        let mut done = Applied::default();
        let mut index = from;
        while let Some(word) = self.words.get(index) {
            let Some(row) = self.row(&word.text) else {
                done.told.flawed = true;
                done.problems.push(self.unknown(&word.text).word(index));
                index += 1;
                continue;
            };
            let given = self.words_of(row, index);
            if given < row.arity.0 {
                self.lacks(row, target, index, given, &mut done);
                break;
            }
            if self.args.ignores(self.table.block, row.name) {
                index += given + 1;
                continue;
            }
            let (taken, result) = self.option(row, target, index, given, &mut done.problems);
            match result {
                Ok(()) => note(row, index, &mut done),
                Err(problem) if problem.code == MISSING => {
                    self.lacks(row, target, index, taken, &mut done);
                    break;
                }
                Err(problem) => {
                    target.reject(row.name);
                    done.told.flawed = true;
                    done.problems.push(problem);
                }
            }
            index += taken + 1;
        }
        done
    }

    /// The option of that name, else what takes any other word.
    fn row(&self, word: &str) -> Option<&'static Keyword<T>> {
        let positional = || self.table.find(self.wording.positional?);
        self.table
            .find(word)
            .or_else(positional)
            .map(|(_, row)| row)
    }

    /// The line ends before an option has all its words.
    fn lacks(
        &self,
        row: &Keyword<T>,
        target: &mut T,
        index: usize,
        given: usize,
        done: &mut Applied,
    ) {
        let last = (index + given).min(self.words.len().saturating_sub(1));
        let word = self.words.get(last).map_or(row.name, |word| &word.text);
        let problem = (self.wording.missing)(word, last + self.first);
        let help = format!("write `{} {}`", row.name, row.args);
        done.problems.push(problem.word(last).help(help));
        done.told.cut_short = true;
        done.told.flawed = true;
        target.reject(row.name);
    }

    /// How many words after `index` belong to the option there.
    fn words_of(&self, row: &Keyword<T>, index: usize) -> usize {
        let (least, most) = row.arity;
        let rest = self.words.get(index + 1..).unwrap_or_default();
        let Some(most) = most else {
            return rest.len();
        };
        let optional = rest.iter().take(most).skip(least);
        let taken = optional.take_while(|word| self.table.find(&word.text).is_none());
        least.min(rest.len()) + taken.count()
    }

    /// How many words the option took, and whether it liked them.
    fn option(
        &self,
        row: &Keyword<T>,
        target: &mut T,
        index: usize,
        given: usize,
        problems: &mut Vec<Problem>,
    ) -> (usize, Result<(), Problem>) {
        let Action::Set(set) = row.action else {
            let problem = Problem::error("unexpected-block", "an option has no block");
            return (given, Err(problem.word(index)));
        };
        let words = self.words.get(index..=index + given).unwrap_or_default();
        let rest = self.words.get(index + 1..).unwrap_or_default();
        let Some(own) = Args::new(words, self.args.raw, self.args.raw_span) else {
            return (given, Ok(()));
        };
        let own = own.followed_by(rest);
        let result = set(target, &own);
        let reports = own.take_problems().into_iter();
        problems.extend(reports.map(|problem| shifted(problem, index)));
        let taken = own.taken().unwrap_or(given).min(rest.len());
        (taken, result.map_err(|problem| shifted(problem, index)))
    }

    fn unknown(&self, word: &str) -> Problem {
        let problem = Problem::error("unknown-option", (self.wording.unknown)(word));
        match self.table.suggest(word) {
            Some(name) => problem.help(format!("did you mean `{name}`?")),
            None => problem,
        }
    }
}

fn note<T>(row: &Keyword<T>, index: usize, done: &mut Applied) {
    match row.status {
        Status::Works => {}
        Status::Accepted(why) => done.told.inactive.push((row.name, why)),
        Status::Refused(why) => {
            let message = format!("{} is not supported: {why}", row.name);
            let problem = Problem::error("refused-keyword", message);
            done.problems.push(problem.word(index));
            done.told.flawed = true;
        }
    }
}

/// Counts the word from the line's first one.
fn shifted(mut problem: Problem, index: usize) -> Problem {
    let word = problem.word.map_or(index, |word| index + 1 + word as usize);
    problem.word = u32::try_from(word).ok();
    problem
}
