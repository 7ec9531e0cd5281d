//! keepalived.conf: [`parse`] yields the AST, the sources and every problem of the text.
//!
//! ```
//! use grammar::{MemoryLoader, keepalived};
//!
//! let mut loader = MemoryLoader::new([("k.conf", "vrrp_instance A {\n interfac eth0\n}\n")]);
//! let parsed = keepalived::parse(&mut loader, "k.conf".as_ref(), &keepalived::Options::default());
//! assert_eq!(parsed.ast.vrrp.instances[0].name.value, "A");
//! let line = parsed.diagnostics[0].keepalived_line(&parsed.sources);
//! assert_eq!(line, "(k.conf: Line 2) Unknown keyword 'interfac'");
//! ```
//!
//! Stages: [`expand`] reads files and makes logical lines, [`tree`] makes statements and repairs
//! braces, [`lower`] turns statements into values by the rows of [`tables`]. Whoever runs a
//! configuration gives the result to `plan::keepalived`, which knows the host.
//!
//! Invariants: never fails; all problems in one run, one per mistake, ordered by place.
//! Deliberately unknown here: interfaces, users, programs.

pub mod command;
mod copy;
pub mod define;
pub mod expand;
pub mod fmt;
pub mod include;
pub mod lex;
pub mod line;
pub mod lower;
pub mod names;
pub mod print;
pub mod sequence;
pub mod shape;
pub mod tables;
pub mod tree;
pub mod value;

use std::path::Path;

use crate::Ast;
use crate::diagnostic::{Class, Diagnostic, Severity, sort_by_place};
use crate::keyword::{Inactive, Lowering};
use crate::loader::Loader;
use crate::span::SourceMap;

pub use copy::copy;
pub use print::{print, print_settings};
pub use value::print_seconds;

/// Most problems that are told of one configuration. What comes after so many is not looked at.
pub const MAX_PROBLEMS: usize = 100_000;

/// What the command line adds to the text.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `-i`: the id that `@id` lines are compared with.
    pub config_id: Option<String>,
    /// Instance name, when it does not come from the text itself.
    pub instance: Option<String>,
    /// Host name, whose first part is the id when neither of the above is given.
    pub hostname: String,
    /// `-e`: every include problem is an error.
    pub include_check: bool,
    /// Seed of `${_RANDOM}`; `random_seed` in the text outranks it.
    pub seed: u64,
    /// A row (`block/keyword`) that does nothing: how a proof of that keyword shows that it would
    /// notice.
    pub ignored: Option<String>,
}

impl Options {
    /// Whether `row` (`block/keyword`) is to do nothing.
    fn ignores(&self, row: &str) -> bool {
        self.ignored.as_deref() == Some(row)
    }

    /// Whether the reader's own word does nothing.
    fn ignores_reading(&self, word: &str) -> bool {
        let ignored = self.ignored.as_deref();
        ignored.and_then(|row| row.strip_prefix("#lexer/")) == Some(word)
    }

    /// Whether the built-in `$_NAME` does nothing.
    fn ignores_builtin(&self, name: &str) -> bool {
        let ignored = self.ignored.as_deref();
        ignored.and_then(|row| row.strip_prefix("#lexer/$_")) == Some(name)
    }
}

/// What a text means.
#[derive(Debug)]
pub struct Parsed {
    /// The AST; everything that was understood.
    pub ast: Ast,
    /// What was read, for places.
    pub sources: SourceMap,
    /// All problems, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Keywords that nothing acts on yet, each once.
    pub inactive: Vec<Inactive>,
}

/// Reads and understands `path` with all it includes.
pub fn parse(loader: &mut dyn Loader, path: &Path, options: &Options) -> Parsed {
    let read = expand::read(loader, path, options);
    let sources = read.sources;
    let mut diagnostics = read.diagnostics;
    let mut ast = Ast::default();
    let mut unread = diagnostics
        .iter()
        .filter(|it| it.code == expand::NOT_INCLUDED);
    ast.process.lost.unread = unread.clone().next().is_some();
    ast.process.lost.incomplete = unread.any(|it| it.class > Class::None);
    let mut lowering = Lowering::new(&sources);
    lowering.ignored = options.ignored.as_deref().map(Into::into);
    let mut root = lower::Begun::new(&tables::root::ROOT, &mut lowering);
    // One statement of the top level at a time: the tree of all would be larger than the AST.
    let problems = tree::build(&read.tokens, &sources, &mut |statement| {
        root.statement(&mut ast, statement, &mut lowering);
    });
    diagnostics.extend(problems);
    diagnostics.append(&mut lowering.diagnostics);
    let inactive = core::mem::take(&mut lowering.inactive);
    sort_by_place(&mut diagnostics, &sources);
    bound(&mut diagnostics);
    Parsed {
        ast,
        sources,
        diagnostics,
        inactive,
    }
}

/// Keeps the first [`MAX_PROBLEMS`] of sorted problems, and says so if there are more.
pub fn bound(diagnostics: &mut Vec<Diagnostic>) {
    const CODE: &str = "too-many-problems";
    if diagnostics.len() > MAX_PROBLEMS {
        // It may have been said already.
        diagnostics.retain(|problem| problem.code != CODE);
        diagnostics.truncate(MAX_PROBLEMS);
        let message = "Too many problems - the rest of the configuration is not looked at";
        diagnostics.push(Diagnostic::error(CODE, message));
    }
}

/// Exit status of a test run (`-t`) with these problems, as the original's.
#[must_use]
pub fn test_status(diagnostics: &[Diagnostic]) -> u8 {
    let mut highest = Class::None;
    for diagnostic in diagnostics {
        // The original ends at the first missing parameter, whatever it had seen before.
        if diagnostic.class == Class::MissingParameter {
            return Class::MissingParameter.keepalived_status();
        }
        highest = highest.max(diagnostic.class);
    }
    highest.keepalived_status()
}

/// The lines a test run prints: one per problem that is more than a notice.
#[must_use]
pub fn report(diagnostics: &[Diagnostic], sources: &SourceMap) -> Vec<String> {
    let told = |diagnostic: &&Diagnostic| diagnostic.severity > Severity::Notice;
    let lines = diagnostics.iter().filter(told);
    lines
        .map(|diagnostic| diagnostic.keepalived_line(sources))
        .collect()
}
