//! Statements to values: the loop every block shares.
//!
//! Invariants: every statement is either taken, kept or reported, exactly once; a wrong statement
//! never hides another one.
//! Deliberately unknown here: any particular keyword.

use std::rc::Rc;

use crate::ast::leaf::Node;
use crate::diagnostic::{Class, Diagnostic};
use crate::index::Index;
use crate::keepalived::MAX_PROBLEMS;
use crate::keepalived::shape;
use crate::keyword::{Action, Args, Keyword, Lowering, Problem, Repeat, Status, Table};
use crate::span::Span;
use crate::tree::{Block, Statement, Word};

/// Lowers every statement of `block` by its row in `table`.
pub fn lower<T: Node>(
    table: &Table<T>,
    target: &mut T,
    block: &Block,
    lowering: &mut Lowering<'_>,
) {
    let mut begun = Begun::new(table, lowering);
    for statement in &block.statements {
        begun.statement(target, statement, lowering);
    }
    begun.seen.clear();
    lowering.spare.push(begun.seen);
}

/// A block whose statements come one by one.
pub(crate) struct Begun<'t, T: 'static> {
    table: &'t Table<T>,
    index: Rc<Index>,
    /// Rows that were used, with the last place; no more than the table has rows.
    seen: Vec<(usize, Span)>,
}

impl<'t, T: Node> Begun<'t, T> {
    pub(crate) fn new(table: &'t Table<T>, lowering: &mut Lowering<'_>) -> Self {
        Self {
            table,
            index: lowering.index(table),
            seen: lowering.spare.pop().unwrap_or_default(),
        }
    }

    fn find(&self, word: &str) -> Option<(usize, &'static Keyword<T>)> {
        let index = self.index.get(word)? as usize;
        Some((index, self.table.rows.get(index)?))
    }

    /// Where the row was used last; now it is at `span`.
    fn before(&mut self, row: usize, span: Span) -> Option<Span> {
        match self.seen.iter_mut().find(|(seen, _)| *seen == row) {
            Some((_, place)) => Some(core::mem::replace(place, span)),
            None => {
                self.seen.push((row, span));
                None
            }
        }
    }

    /// Lowers one statement.
    pub(crate) fn statement(
        &mut self,
        target: &mut T,
        statement: &Statement,
        lowering: &mut Lowering<'_>,
    ) {
        let table = self.table;
        let Some(first) = statement.words.first() else {
            return;
        };
        if lowering.diagnostics.len() > MAX_PROBLEMS {
            return;
        }
        if stands_for_something(first) {
            return lowering.push(placeholder(first));
        }
        let Some((index, row)) = self.find(&first.text) else {
            let meant = table.suggest(&first.text);
            lowering.push(unknown(table, first, meant));
            // What it was probably meant to be is not missing: one report is enough.
            if let Some(meant) = meant {
                target.reject(meant);
            }
            if let (Some(name), Some(_)) = (statement.words.get(1), &statement.body) {
                target.lose(&name.text);
            }
            return;
        };
        if statement.damaged {
            target.reject(row.name);
            return;
        }
        if let Some(before) = self.before(index, first.span)
            && let Some(problem) = repeated(row, first, before)
        {
            lowering.push(problem);
            if row.repeat != Repeat::Last {
                return;
            }
        }
        if !lowering.ignores(table.block, row.name) {
            statement_of(row, target, statement, lowering);
        }
    }
}

fn unknown<T>(table: &Table<T>, word: &Word, meant: Option<&str>) -> Diagnostic {
    let message = format!("Unknown keyword '{}'", word.text);
    let place = match table.block {
        "root" => "not known at the top level".to_owned(),
        block => format!("not known in {block}"),
    };
    let problem = Diagnostic::error("unknown-keyword", message).label(word.span, place);
    match meant {
        Some(name) => problem.help(format!("did you mean `{name}`?")),
        None => problem,
    }
}

fn repeated<T>(row: &Keyword<T>, word: &Word, before: Span) -> Option<Diagnostic> {
    match row.repeat {
        Repeat::Last | Repeat::Many => None,
        Repeat::First | Repeat::Never => {
            let message = format!("{} already specified - ignoring", row.name);
            let problem = Diagnostic::error("repeated-keyword", message).at(word.span);
            Some(problem.label(before, "first given here"))
        }
    }
}

fn statement_of<T: Node>(
    row: &'static Keyword<T>,
    target: &mut T,
    statement: &Statement,
    lowering: &mut Lowering<'_>,
) {
    let sources = lowering.sources;
    let raw = sources.text(statement.raw);
    let script = shape::is_script(row.name);
    let words = usable_words(row, statement, script, lowering);
    let Some((args, words)) = words.and_then(|words| {
        let args = Args::new(words, raw, statement.raw)?;
        Some((args, words))
    }) else {
        target.reject(row.name);
        return;
    };
    if let Status::Refused(why) = row.status {
        let message = format!("{} is not supported: {why}", row.name);
        lowering.push(Diagnostic::error("refused-keyword", message).at(args.name.span));
        return;
    }
    let result = match (row.action, &statement.body) {
        (Action::Set(set), None) => set(target, &args),
        (Action::Set(set), Some(body)) => {
            let message = "Unexpected '{' - ignoring";
            let problem = Diagnostic::error("unexpected-brace", message).at(body.open);
            lowering.push(problem.label(args.name.span, "takes no block"));
            set(target, &args)
        }
        (Action::Block(block), Some(body)) => block(target, &args, body, lowering),
        // The tree builder has reported the missing brace.
        (Action::Block(_), None) => Ok(()),
    };
    lowering.diagnostics.extend(args.take_reports());
    match result {
        Ok(()) => {
            if let Status::Accepted(why) = row.status {
                lowering.note_inactive(row.name, why, args.name.span);
            }
            if !script {
                warn_about_semicolon(words, lowering);
            }
        }
        Err(problem) => {
            target.reject(row.name);
            lowering.push(args.locate(problem));
        }
    }
}

/// The words the setter may see; none when the statement cannot be used.
fn usable_words<'s, T>(
    row: &'static Keyword<T>,
    statement: &'s Statement,
    script: bool,
    lowering: &mut Lowering<'_>,
) -> Option<&'s [Word]> {
    let words = &statement.words[..];
    let (least, most) = row.arity;
    let given = words.len().saturating_sub(1);
    if given < least {
        lowering.push(match row.missing {
            Class::MissingParameter => missing_parameter(words, given + 2),
            class => missing_argument(row, words).class(class),
        });
        return None;
    }
    let most = most.unwrap_or(given);
    let command = script && shape::is_command(row.name);
    if let Some((index, word)) = words.iter().enumerate().skip(1).find(|(_, word)| {
        stands_for_something(word) || (command && is_placeholder_path(&word.text))
    }) {
        lowering.push(placeholder(word));
        // `router_id NAME ...`: what stands before an ellipsis too much is good.
        let good = index > most && least <= most;
        return good.then(|| &words[..=most]);
    }
    if given > most && !script {
        if let Some(extra) = words.get(most + 1) {
            let message = format!("{}: extra words are ignored", row.name);
            let problem = match row.excess {
                Class::None => Diagnostic::warning("extra-words", message),
                class => Diagnostic::error("extra-words", message).class(class),
            };
            let problem = problem.at(extra.span);
            lowering.push(problem.help("one setting per line"));
        }
        return Some(&words[..=most]);
    }
    Some(words)
}

/// The original ends at once with status 2 here.
fn missing_parameter(words: &[Word], position: usize) -> Diagnostic {
    let name = words.first().map_or("", |word| word.text.as_str());
    let message = format!(
        "*** Configuration line starting `{name}` is missing a parameter after keyword `{}` at \
         word position {position}",
        words.last().map_or("", |word| word.text.as_str()),
    );
    let problem = Diagnostic::error("missing-parameter", message).class(Class::MissingParameter);
    match words.last() {
        Some(word) => problem.label(word.span, "a word must follow"),
        None => problem,
    }
}

/// The original reports it and reads on.
fn missing_argument<T>(row: &Keyword<T>, words: &[Word]) -> Diagnostic {
    let message = format!("{}: argument missing", row.name);
    let problem = Diagnostic::error("missing-argument", message);
    let problem = problem.help(format!("write `{} {}`", row.name, row.args));
    match words.last() {
        Some(word) => problem.label(word.span, "a word must follow"),
        None => problem,
    }
}

fn warn_about_semicolon(words: &[Word], lowering: &mut Lowering<'_>) {
    let Some(word) = words
        .last()
        .filter(|word| !word.quoted && word.text.ends_with(';'))
    else {
        return;
    };
    let message = format!("the `;` is part of the value '{}'", word.text);
    let problem = Diagnostic::warning("semicolon", message).at(word.span);
    lowering.push(problem.help("keepalived.conf needs no `;` at the end of a line; remove it"));
}

/// A literal `...` or `<something>` that a reader was meant to replace.
#[must_use]
pub fn is_placeholder(word: &str) -> bool {
    // Nearly every word is told by its first byte.
    if !matches!(word.as_bytes(), [b'<' | b'.' | 0xe2, ..]) {
        return false;
    }
    let inner = word.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    let named = inner.is_some_and(|(inner, _)| {
        let fits = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
        !inner.is_empty() && inner.chars().all(fits)
    });
    named || word == "..." || word == "…"
}

/// Quotes tell that a word is meant as it stands.
fn stands_for_something(word: &Word) -> bool {
    !word.quoted && is_placeholder(&word.text)
}

/// A command whose path has a `...` in it.
fn is_placeholder_path(text: &str) -> bool {
    let mut parts = text.split(|c: char| c == '/' || c.is_ascii_whitespace());
    text.contains('/') && parts.any(|part| part == "..." || part == "…")
}

fn placeholder(word: &Word) -> Diagnostic {
    let message = format!("'{}' is a placeholder, not a value", word.text);
    let problem =
        Diagnostic::error("placeholder", message).label(word.span, "still to be filled in");
    problem.help("put in what is meant on this machine, or remove it; quotes keep it as it is")
}

/// Lowers a block that nothing acts on yet: the block is told as such, its keywords are not.
pub fn lower_inactive<T: Node>(
    table: &Table<T>,
    target: &mut T,
    block: &Block,
    lowering: &mut Lowering<'_>,
) {
    let quiet = lowering.inactive.len();
    lower(table, target, block, lowering);
    lowering.inactive.truncate(quiet);
}

/// Calls `entry` for every line of a list block; the line's first word is the arguments' name.
pub fn each_entry(
    block: &Block,
    lowering: &mut Lowering<'_>,
    mut entry: impl FnMut(&Args<'_>) -> Result<(), Problem>,
) {
    let sources = lowering.sources;
    for statement in &block.statements {
        if lowering.diagnostics.len() > MAX_PROBLEMS {
            return;
        }
        if let Some(body) = &statement.body {
            let message = "Unexpected '{' - ignoring";
            lowering.push(Diagnostic::error("unexpected-brace", message).at(body.open));
        }
        if statement.damaged {
            continue;
        }
        if let Some(word) = statement
            .words
            .iter()
            .find(|word| stands_for_something(word))
        {
            lowering.push(placeholder(word));
            continue;
        }
        let raw = sources.text(statement.raw);
        let Some(args) = Args::new(&statement.words, raw, statement.raw) else {
            continue;
        };
        let args = args.ignoring(lowering.ignored.clone());
        let result = entry(&args);
        lowering.diagnostics.extend(args.take_reports());
        match result {
            Ok(()) => warn_about_semicolon(&statement.words, lowering),
            Err(problem) => lowering.push(args.locate(problem)),
        }
    }
}
