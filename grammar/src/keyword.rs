//! The keyword table: one row per keyword is the single source for parsing, checks, defaults,
//! `explain`, manual pages, completion and coverage.
//!
//! Invariants: a row converts words and stores the result; it never resolves names, opens files
//! or looks at other blocks (that is `plan`). Rows are plain statics.
//! Deliberately unknown here: either dialect's syntax.

use core::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::diagnostic::{Class, Diagnostic, Severity};
use crate::index::Index;
use crate::lowering::is_row;
pub use crate::lowering::{Inactive, Lowering};
pub use crate::nearest::nearest;
use crate::span::Span;
use crate::tree::{Block, Word};

/// Whether a keyword does what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// An engine acts on it. The tests `proofs` of `compat-tests` hold one of the row's name
    /// (`block/keyword`) that sees the effect, and see that it fails without the row.
    Works,
    /// Understood and stored, but it does nothing, and why.
    Accepted(&'static str),
    /// An error, and why.
    Refused(&'static str),
}

/// What a second use in the same block means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// The later one wins silently.
    Last,
    /// The first one stays, the second is reported.
    First,
    /// The second is an error.
    Never,
    /// Each adds something.
    Many,
}

/// What a row does with its statement.
pub enum Action<T: 'static> {
    /// Converts the words and stores the value.
    Set(fn(&mut T, &Args<'_>) -> Result<(), Problem>),
    /// Lowers the body. `Err` means that nothing of the block was taken.
    Block(fn(&mut T, &Args<'_>, &Block, &mut Lowering<'_>) -> Result<(), Problem>),
}

impl<T> Clone for Action<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Action<T> {}

/// What stands for a release in [`Keyword::since`] of a keyword that the original does not have.
pub const OURS: &str = "keepalived-rs";

/// One row.
pub struct Keyword<T: 'static> {
    /// The word.
    pub name: &'static str,
    /// Other spellings with the same meaning.
    pub aliases: &'static [&'static str],
    /// Arguments as a manual shows them: `<SECS>`, `MASTER|BACKUP`.
    pub args: &'static str,
    /// Least and largest number of words after the keyword; `None`: no upper bound.
    pub arity: (usize, Option<usize>),
    /// Exit class of a use with too few words: with most keywords the original ends at once
    /// ([`Class::MissingParameter`]), some report it and go on ([`Class::General`]).
    pub missing: Class,
    /// Exit class of a use with too many words: mostly none, since the original drops them in
    /// silence.
    pub excess: Class,
    /// Second use.
    pub repeat: Repeat,
    /// Default as a manual shows it; empty when there is none.
    pub default: &'static str,
    /// Release of the original that brought it; empty when it was always there, [`OURS`] when it
    /// is not there.
    pub since: &'static str,
    /// What it does here.
    pub status: Status,
    /// One sentence for an operator.
    pub doc: &'static str,
    /// Argument texts that are right, the usual one first: shown by `explain`, used by tests.
    pub good: &'static [&'static str],
    /// Argument texts that are wrong, each in another way.
    pub bad: &'static [&'static str],
    /// What to do with the statement.
    pub action: Action<T>,
}

impl<T> Clone for Keyword<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Keyword<T> {}

impl<T> Keyword<T> {
    /// A keyword whose words are stored by `set`. `args` is documentation only.
    #[must_use]
    pub const fn set(
        name: &'static str,
        args: &'static str,
        arity: (usize, Option<usize>),
        set: fn(&mut T, &Args<'_>) -> Result<(), Problem>,
        doc: &'static str,
    ) -> Self {
        Self::new(name, args, arity, Action::Set(set), doc)
    }

    /// A keyword that opens a block.
    #[must_use]
    pub const fn block(
        name: &'static str,
        args: &'static str,
        arity: (usize, Option<usize>),
        lower: fn(&mut T, &Args<'_>, &Block, &mut Lowering<'_>) -> Result<(), Problem>,
        doc: &'static str,
    ) -> Self {
        Self {
            repeat: Repeat::Many,
            ..Self::new(name, args, arity, Action::Block(lower), doc)
        }
    }

    const fn new(
        name: &'static str,
        args: &'static str,
        arity: (usize, Option<usize>),
        action: Action<T>,
        doc: &'static str,
    ) -> Self {
        Self {
            name,
            aliases: &[],
            args,
            arity,
            missing: Class::MissingParameter,
            excess: Class::None,
            repeat: Repeat::Last,
            default: "",
            since: "",
            status: Status::Works,
            doc,
            good: &[],
            bad: &[],
            action,
        }
    }

    /// Sets other spellings.
    #[must_use]
    pub const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// Sets what a second use means.
    #[must_use]
    pub const fn repeat(self, repeat: Repeat) -> Self {
        Self { repeat, ..self }
    }

    /// A use with too few words is reported as any other mistake, and does not end the reading.
    #[must_use]
    pub const fn missing_is_reported(self) -> Self {
        Self {
            missing: Class::General,
            ..self
        }
    }

    /// A use with too many words is an error, not only worth a warning.
    #[must_use]
    pub const fn excess_is_error(self) -> Self {
        Self {
            excess: Class::General,
            ..self
        }
    }

    /// Sets the documented default.
    #[must_use]
    pub const fn default(self, default: &'static str) -> Self {
        Self { default, ..self }
    }

    /// Sets the release that brought it.
    #[must_use]
    pub const fn since(self, since: &'static str) -> Self {
        Self { since, ..self }
    }

    /// Understood, but does nothing, because …
    #[must_use]
    pub const fn accepted(self, why: &'static str) -> Self {
        Self {
            status: Status::Accepted(why),
            ..self
        }
    }

    /// An error, because …
    #[must_use]
    pub const fn refused(self, why: &'static str) -> Self {
        Self {
            status: Status::Refused(why),
            ..self
        }
    }

    /// Gives argument texts that are right (the usual one first) and texts that are wrong.
    #[must_use]
    pub const fn samples(
        self,
        good: &'static [&'static str],
        bad: &'static [&'static str],
    ) -> Self {
        Self { good, bad, ..self }
    }

    /// Whether this row is meant by `word`.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.name == word || self.aliases.contains(&word)
    }

    /// The row without its type, for documentation and coverage.
    #[must_use]
    pub const fn entry(&self, block: &'static str) -> Entry {
        Entry {
            block,
            name: self.name,
            aliases: self.aliases,
            args: self.args,
            default: self.default,
            since: self.since,
            status: self.status,
            doc: self.doc,
            arity: self.arity,
            repeat: self.repeat,
            good: self.good,
            bad: self.bad,
            opens_block: matches!(self.action, Action::Block(_)),
        }
    }
}

/// A row as documentation and coverage see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Block path, `virtual_server/real_server` style; `root` at the top.
    pub block: &'static str,
    /// The word.
    pub name: &'static str,
    /// Other spellings.
    pub aliases: &'static [&'static str],
    /// Arguments.
    pub args: &'static str,
    /// Default.
    pub default: &'static str,
    /// Release.
    pub since: &'static str,
    /// What it does here.
    pub status: Status,
    /// One sentence.
    pub doc: &'static str,
    /// Least and largest number of words.
    pub arity: (usize, Option<usize>),
    /// Second use.
    pub repeat: Repeat,
    /// Argument texts that are right.
    pub good: &'static [&'static str],
    /// Argument texts that are wrong.
    pub bad: &'static [&'static str],
    /// Whether it is followed by `{`.
    pub opens_block: bool,
}

impl Entry {
    /// The default in words.
    #[must_use]
    pub fn default_in_words(&self) -> &'static str {
        match self.default {
            "global" => "what global_defs says",
            other => other,
        }
    }
}

/// All rows of one block.
pub struct Table<T: 'static> {
    /// Block path.
    pub block: &'static str,
    /// The rows.
    pub rows: &'static [Keyword<T>],
}

impl<T> Table<T> {
    /// The row that `word` means, with its index.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<(usize, &'static Keyword<T>)> {
        self.rows.iter().enumerate().find(|(_, row)| row.is(word))
    }

    /// All names and aliases with the number of their row.
    pub(crate) fn index(&self) -> Index {
        let rows = self.rows.iter().zip(0..);
        Index::new(rows.flat_map(|(row, number)| {
            let names = core::iter::once(row.name).chain(row.aliases.iter().copied());
            names.map(move |name| (name, number))
        }))
    }

    /// The rows without their type.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let block = self.block;
        self.rows.iter().map(move |row| row.entry(block))
    }

    /// The name in this table that `word` was probably meant to be.
    #[must_use]
    pub fn suggest(&self, word: &str) -> Option<&'static str> {
        let names = |row: &'static Keyword<T>| {
            core::iter::once(row.name).chain(row.aliases.iter().copied())
        };
        // `<IPADDR>` stands for what is written there.
        let names = self.rows.iter().flat_map(names);
        let names = names.filter(|name| !name.starts_with('<'));
        let begun = |name: &&str| word.len() >= 4 && name.starts_with(word);
        nearest(word, names.clone()).or_else(|| names.clone().find(begun))
    }
}

/// The words of one statement as a setter sees them.
pub struct Args<'a> {
    /// The keyword itself.
    pub name: &'a Word,
    /// The words after it.
    pub words: &'a [Word],
    /// Their raw text.
    pub raw: &'a str,
    /// Place of [`Args::raw`].
    pub raw_span: Span,
    warnings: RefCell<Vec<Problem>>,
    /// See [`Lowering::ignored`]; for the options of a line.
    ignored: Option<Arc<str>>,
    rest: &'a [Word],
    taken: Cell<Option<usize>>,
}

impl<'a> Args<'a> {
    /// The words of a statement; the first one is the keyword. `None` when there is none.
    #[must_use]
    pub fn new(words: &'a [Word], raw: &'a str, raw_span: Span) -> Option<Self> {
        let (name, words) = words.split_first()?;
        Some(Self {
            name,
            words,
            raw,
            raw_span,
            warnings: RefCell::default(),
            ignored: None,
            rest: words,
            taken: Cell::new(None),
        })
    }

    /// Lets the option `ignored` (`block/option`) of the line do nothing.
    #[must_use]
    pub fn ignoring(self, ignored: Option<Arc<str>>) -> Self {
        Self { ignored, ..self }
    }

    /// Whether the option `name` of `block` is to do nothing.
    #[must_use]
    pub fn ignores(&self, block: &str, name: &str) -> bool {
        is_row(self.ignored.as_deref(), block, name)
    }

    /// The words of an option on a line whose later words are `rest` (those of the option first).
    #[must_use]
    pub fn followed_by(self, rest: &'a [Word]) -> Self {
        Self { rest, ..self }
    }

    /// All words that follow on the line, those of the option included.
    #[must_use]
    pub const fn rest(&self) -> &'a [Word] {
        self.rest
    }

    /// Says how many words of [`Args::rest`] the option took, where the words decide that.
    pub fn take(&self, count: usize) {
        self.taken.set(Some(count));
    }

    /// What [`Args::take`] was told.
    #[must_use]
    pub const fn taken(&self) -> Option<usize> {
        self.taken.get()
    }

    /// The word number `index` after the keyword.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&'a Word> {
        self.words.get(index)
    }

    /// Text of the word number `index` after the keyword.
    #[must_use]
    pub fn text(&self, index: usize) -> Option<&'a str> {
        self.words.get(index).map(|word| word.text.as_str())
    }

    /// Reports something while the value is stored all the same.
    pub fn report(&self, problem: Problem) {
        self.warnings.borrow_mut().push(problem);
    }

    /// What was reported.
    #[must_use]
    pub fn take_problems(&self) -> Vec<Problem> {
        self.warnings.take()
    }

    /// What was reported, each with its place.
    pub fn take_reports(&self) -> impl Iterator<Item = Diagnostic> {
        let problems = self.take_problems().into_iter();
        problems.map(|problem| self.locate(problem))
    }

    /// Gives a problem its place.
    #[must_use]
    pub fn locate(&self, problem: Problem) -> Diagnostic {
        let word = problem
            .word
            .and_then(|index| self.words.get(index as usize));
        let span = problem.span.unwrap_or(word.unwrap_or(self.name).span);
        Diagnostic {
            code: problem.code,
            severity: problem.severity,
            class: problem.class,
            message: problem.message,
            labels: Vec::new(),
            help: problem.help,
            unplaced: false,
            noticed: None,
        }
        .label(span, problem.label)
    }
}

/// Why a setter did not take its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable identifier.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// Exit class.
    pub class: Class,
    /// The original's wording.
    pub message: String,
    /// Text at the place; may be empty.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
    /// Which word after the keyword; the keyword itself when none.
    pub word: Option<u32>,
    /// A place that is no word (part of one, say); outranks `word`.
    pub span: Option<Span>,
}

impl Problem {
    /// An ordinary error.
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            class: Class::General,
            message: message.into(),
            label: String::new(),
            help: None,
            word: None,
            span: None,
        }
    }

    /// A warning; the test still passes.
    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            class: Class::None,
            ..Self::error(code, message)
        }
    }

    /// Which word after the keyword it is about.
    #[must_use]
    pub fn word(mut self, index: usize) -> Self {
        self.word = u32::try_from(index).ok();
        self
    }

    /// Where, when it is no whole word.
    #[must_use]
    pub fn span(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Text at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// What to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the exit class.
    #[must_use]
    pub fn class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }
}
