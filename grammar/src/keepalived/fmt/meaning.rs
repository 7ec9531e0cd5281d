//! Whether two texts of one file mean the same.
//!
//! Compared is everything that comes after reading: the statements with their words, the raw text
//! of commands, and the problems. The values follow from these.
//!
//! Deliberately unknown here: how the texts differ as such.

use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::keepalived::shape;
use crate::keepalived::{Options, expand, tree};
use crate::loader::{FileKind, LoadError, Loaded, Loader};
use crate::span::SourceMap;
use crate::tree::{Block, Statement};

/// Whether `path` with the text `after` means what it means with the text `before`. Includes are
/// read through `loader`.
///
/// # Errors
/// In words, what differs first.
pub fn same_meaning(
    loader: &mut dyn Loader,
    path: &Path,
    options: &Options,
    (before, after): (&str, &str),
) -> Result<(), String> {
    let before = Understood::new(&mut Overlay::new(loader, path, before), path, options);
    let after = Understood::new(&mut Overlay::new(loader, path, after), path, options);
    same_block(&before, &before.root, &after, &after.root)?;
    let (left, right) = (before.problems(), after.problems());
    match left.iter().zip(&right).find(|(left, right)| left != right) {
        Some((left, right)) => Err(format!("`{left}` would become `{right}`")),
        None if left.len() != right.len() => Err("other problems would be reported".to_owned()),
        None => Ok(()),
    }
}

struct Understood {
    sources: SourceMap,
    root: Block,
    diagnostics: Vec<Diagnostic>,
}

impl Understood {
    fn new(loader: &mut dyn Loader, path: &Path, options: &Options) -> Self {
        let read = expand::read(loader, path, options);
        let mut root = Block::default();
        let problems = tree::build(&read.tokens, &read.sources, &mut |statement| {
            root.statements.push(statement.clone());
        });
        let mut diagnostics = read.diagnostics;
        diagnostics.extend(problems);
        Self {
            sources: read.sources,
            root,
            diagnostics,
        }
    }

    /// A line that is split is no longer too long.
    fn problems(&self) -> Vec<&str> {
        let counted = self.diagnostics.iter().filter(|it| it.code != "long-line");
        let mut messages: Vec<&str> = counted.map(|it| it.message.as_str()).collect();
        messages.sort_unstable();
        messages
    }

    fn raw(&self, statement: &Statement) -> &str {
        self.sources.text(statement.raw).trim_ascii()
    }
}

fn same_block(a: &Understood, left: &Block, b: &Understood, right: &Block) -> Result<(), String> {
    for (one, other) in left.statements.iter().zip(&right.statements) {
        same_statement(a, one, b, other)?;
    }
    let (more, all) = (&left.statements, &right.statements);
    if more.len() != all.len() {
        let last = more.get(all.len()).or(all.get(more.len()));
        let words = last.map_or(String::new(), words_of);
        return Err(format!("`{words}` would come or go"));
    }
    Ok(())
}

fn same_statement(
    a: &Understood,
    left: &Statement,
    b: &Understood,
    right: &Statement,
) -> Result<(), String> {
    let words = |it: &Statement| -> Vec<(String, bool)> {
        let words = it.words.iter();
        words
            .map(|word| (word.text.to_string(), word.quoted))
            .collect()
    };
    let name = left.words.first().map_or("", |word| word.text.as_str());
    let exact = shape::is_script(name);
    let same = words(left) == words(right)
        && left.damaged == right.damaged
        && (!exact || a.raw(left) == b.raw(right));
    if !same {
        let (left, right) = (words_of(left), words_of(right));
        return Err(format!("`{left}` would become `{right}`"));
    }
    match (&left.body, &right.body) {
        (None, None) => Ok(()),
        (Some(left), Some(right)) => same_block(a, left, b, right),
        _ => Err(format!("`{name}` would get or lose its block")),
    }
}

fn words_of(statement: &Statement) -> String {
    let words = statement.words.iter().map(|word| word.text.as_str());
    words.collect::<Vec<_>>().join(" ")
}

/// One file's text is another than what the loader says.
struct Overlay<'a> {
    inner: &'a mut dyn Loader,
    path: PathBuf,
    text: &'a str,
}

impl<'a> Overlay<'a> {
    fn new(inner: &'a mut dyn Loader, path: &Path, text: &'a str) -> Self {
        let path = path.to_owned();
        Self { inner, path, text }
    }
}

impl Loader for Overlay<'_> {
    fn read(&mut self, path: &Path) -> Result<Loaded, LoadError> {
        if path == self.path {
            return Ok(Loaded {
                kind: FileKind::Regular,
                bytes: self.text.as_bytes().to_vec(),
            });
        }
        self.inner.read(path)
    }

    fn glob(&mut self, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        self.inner.glob(pattern)
    }

    fn env(&mut self, name: &str) -> Option<String> {
        self.inner.env(name)
    }
}
