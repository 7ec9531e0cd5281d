//! nginx.conf: text becomes the AST's `process.nginx` and `stream`.
//!
//! ```
//! use grammar::MemoryLoader;
//! use grammar::nginx::{Options, parse};
//!
//! let text = "events {}\nstream { server { listen 80; proxy_pass 10.0.0.1:80; } }\n";
//! let mut files = MemoryLoader::new([("/etc/nginx/nginx.conf", text)]);
//! let parsed = parse(&mut files, "/etc/nginx/nginx.conf".as_ref(), None, &Options::default());
//! assert!(parsed.diagnostics.is_empty());
//! assert_eq!(parsed.ast.stream.servers.len(), 1);
//! ```
//!
//! How it fits together: [`parse`] reads the `-g` text and the file with its includes, in the
//! order of the original; `plan::nginx` then resolves, checks across blocks and adds its own
//! diagnostics. [`sort`] puts all of them in the order in which nginx would meet them: the first
//! error is the one nginx prints (`Diagnostic::nginx_line` gives its wording), the others
//! are what an operator will have to mend too. [`dump`] lists the files for `-T`.
//!
//! Invariants: parsing never fails, never panics, and is bounded for any input; equal ASTs print
//! equally, and printing and parsing again gives the same AST ([`print`]).
//! Deliberately unknown here: host names, accounts, what of other blocks a directive refers to.

mod foreign;
mod lex;
mod lower;
mod print;
mod read;
mod rows;
mod template;
#[cfg(test)]
mod tests;
mod url;
mod value;

use std::path::{Path, PathBuf};

use crate::ast::Ast;
use crate::diagnostic::{Diagnostic, Severity, sort_by_place};
use crate::keyword::{Inactive, Lowering};
use crate::loader::Loader;
use crate::span::{Origin, SourceMap, Span};

pub use print::print;
pub use rows::entries;

/// What is not in the text.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where relative includes start; the directory of the main file when none.
    pub conf_prefix: Option<PathBuf>,
}

/// What a configuration says, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The configuration; where it has mistakes, what could be understood of it.
    pub ast: Ast,
    /// Every text that was read, in the order of opening.
    pub sources: SourceMap,
    /// Problems, in the order in which the original would meet them.
    pub diagnostics: Vec<Diagnostic>,
    /// Directives that are understood but do nothing.
    pub inactive: Vec<Inactive>,
}

/// Parses the text of `-g`, if there is one, and then the file.
pub fn parse(
    loader: &mut dyn Loader,
    conf_path: &Path,
    global: Option<&str>,
    options: &Options,
) -> Parsed {
    let parent = conf_path.parent().unwrap_or(Path::new(""));
    let prefix = options.conf_prefix.as_deref().unwrap_or(parent);
    let mut reader = read::Reader::new(loader, prefix);
    let mut statements = global.map_or(Vec::new(), |text| reader.argument(text));
    statements.extend(reader.root(conf_path));
    let read::Reader {
        sources,
        diagnostics,
        muted,
        ..
    } = reader;

    let mut low = Lowering::new(&sources);
    low.diagnostics = diagnostics;
    low.muted = muted;
    let ast = lower::main(&statements, &mut low);
    let Lowering {
        mut diagnostics,
        inactive,
        skipped,
        ..
    } = low;
    diagnostics.retain(|problem| !is_inside(problem, &skipped, &sources));
    sort(&mut diagnostics, &sources);
    drop_consequences(&mut diagnostics);
    Parsed {
        ast,
        sources,
        diagnostics,
        inactive,
    }
}

/// Sorts into the order in which the original would meet the problems.
pub fn sort(diagnostics: &mut [Diagnostic], sources: &SourceMap) {
    sort_by_place(diagnostics, sources);
}

fn is_inside(problem: &Diagnostic, ranges: &[(Vec<u32>, Vec<u32>)], sources: &SourceMap) -> bool {
    let Some(span) = problem.span().filter(|_| !ranges.is_empty()) else {
        return false;
    };
    let order = sources.order(span);
    ranges
        .iter()
        .any(|(open, close)| *open < order && order < *close)
}

/// After any error, a brace too many or too few is more likely its consequence than a second
/// mistake.
fn drop_consequences(diagnostics: &mut Vec<Diagnostic>) {
    let mut failed = false;
    diagnostics.retain(|problem| {
        let consequence = failed && problem.code == read::UNBALANCED;
        failed |= problem.severity == Severity::Error;
        !consequence
    });
}

/// Files with their texts as `-T` prints them: each once, in the order of opening.
pub fn dump(sources: &SourceMap) -> impl Iterator<Item = (&Path, &str)> {
    let mut seen = std::collections::HashSet::new();
    sources
        .iter()
        .filter(|(_, source)| source.origin != Origin::Argument)
        .filter(move |(_, source)| seen.insert(&source.name))
        .map(|(_, source)| (source.name.as_path(), &*source.text))
}

/// The original's line for a problem of a directive is that of its `;` or `{`. If the problem's
/// place is on another line, this makes the terminator the primary place and keeps the other.
#[must_use]
pub fn at_terminator(mut problem: Diagnostic, directive: Span, sources: &SourceMap) -> Diagnostic {
    let end = lower::terminator(directive);
    let line = |span| sources.place(span).line;
    match problem.labels.first() {
        Some(label) if line(label.span) == line(end) => problem,
        _ => {
            let label = crate::diagnostic::Label {
                span: end,
                text: String::new(),
            };
            problem.labels.insert(0, label);
            problem
        }
    }
}

/// Help for a word that nobody filled in: `<master1-ip>:6443`, `...`.
#[must_use]
pub fn placeholder(word: &str) -> Option<String> {
    let named = word.find('<').and_then(|start| {
        let end = word[start..].find('>')?;
        (end > 1).then(|| &word[start..=start + end])
    });
    if let Some(name) = named {
        return Some(format!(
            "`{name}` is a placeholder: put the real value here"
        ));
    }
    (word == "...").then(|| "`...` stands for something left out: put it here".to_owned())
}
