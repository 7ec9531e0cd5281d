//! From files to statements: the lexer's items are nested into blocks, includes are spliced in
//! where they stand, and reading goes on after a flaw.
//!
//! Invariants: every flaw is reported once, in the original's words, at the original's line; depth
//! of blocks, depth of includes and the number of files are bounded.
//! Deliberately unknown here: which directives exist (but `include` and Lua bodies).

use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::loader::{FileKind, LoadError, Loader};
use crate::span::{FileId, Origin, SourceMap, Span};
use crate::tree::{Block, Statement, Word};

use super::lex::{Flaw, Item, Lexer, Medium, Recovery};
use super::placeholder;

/// Deepest nesting of blocks in one file; nobody writes more, and recursion stays bounded.
const MAX_BLOCKS: usize = 100;
/// Deepest chain of includes.
const MAX_INCLUDES: usize = 100;
/// Most files read for one configuration.
const MAX_FILES: usize = 100_000;
/// Codes of problems that an earlier one usually caused: a missing brace moves all that follow.
pub(super) const UNBALANCED: &str = "unbalanced-brace";

/// Reads one configuration.
pub(super) struct Reader<'a> {
    loader: &'a mut dyn Loader,
    /// Texts, in the order of opening.
    pub(super) sources: SourceMap,
    /// Flaws and failed includes.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Statements whose flaw is reported already: further complaints about them are noise.
    pub(super) muted: Vec<Span>,
    prefix: PathBuf,
    chain: Vec<PathBuf>,
}

/// A block being read: its head, its `{`, and the parent's statements.
struct Open {
    head: Vec<Word>,
    brace: Span,
    before: Vec<Statement>,
}

impl<'a> Reader<'a> {
    /// Includes without a leading `/` start at `prefix`.
    pub(super) fn new(loader: &'a mut dyn Loader, prefix: &Path) -> Self {
        Self {
            loader,
            sources: SourceMap::new(),
            diagnostics: Vec::new(),
            muted: Vec::new(),
            prefix: prefix.to_owned(),
            chain: Vec::new(),
        }
    }

    /// Reads the argument of `-g`.
    pub(super) fn argument(&mut self, text: &str) -> Vec<Statement> {
        let file = self.sources.add("command line", text, Origin::Argument);
        self.text(file, Medium::Argument)
    }

    /// Reads the file named on the command line.
    pub(super) fn root(&mut self, path: &Path) -> Vec<Statement> {
        self.file(path, None)
    }

    fn file(&mut self, path: &Path, at: Option<Span>) -> Vec<Statement> {
        let recursive = self.chain.iter().any(|open| open == path);
        let loaded =
            if recursive || self.chain.len() >= MAX_INCLUDES || self.sources.len() >= MAX_FILES {
                Err(too_many())
            } else {
                self.loader.read(path)
            };
        let problem = match loaded {
            Err(ref error) => open_failed(path, error),
            Ok(ref loaded) if loaded.kind == FileKind::Directory => {
                let error = LoadError::from(std::io::Error::from_raw_os_error(21));
                let text = format!("pread() \"{}\" failed ({})", path.display(), errno(&error));
                Diagnostic::error("directory", text).help("a directory needs a mask: `DIR/*`")
            }
            Ok(loaded) => {
                let origin = at.map_or(Origin::Root, |at| Origin::Included { at });
                let file = self.sources.add(path, loaded.into_text().0, origin);
                self.chain.push(path.to_owned());
                let statements = self.text(file, Medium::File);
                self.chain.pop();
                return statements;
            }
        };
        let problem = match (recursive, at) {
            (true, _) => problem.help("this file includes itself"),
            _ => problem,
        };
        self.diagnostics.push(match at {
            Some(at) => problem.at(at),
            None => problem,
        });
        Vec::new()
    }

    fn text(&mut self, file: FileId, medium: Medium) -> Vec<Statement> {
        let Some(source) = self.sources.get(file) else {
            return Vec::new();
        };
        let text = source.text.clone();
        let mut lexer = Lexer::new(&text, file, medium);
        let mut open: Vec<Open> = Vec::new();
        let mut here: Vec<Statement> = Vec::new();
        loop {
            match lexer.next() {
                Ok(Item::End(at)) => {
                    self.end_of_text(at, open, &mut here);
                    return here;
                }
                Ok(Item::Close(at)) => self.close(at, &mut open, &mut here),
                Ok(Item::Statement { words, end, block }) if block => {
                    self.block(words, end, medium, &mut lexer, &mut open, &mut here);
                }
                Ok(Item::Statement { words, end, .. }) => self.simple(words, end, &mut here),
                Err(flaw) => self.flaw(flaw, &mut lexer, &mut open, &mut here),
            }
        }
    }

    fn simple(&mut self, words: Vec<Word>, end: Span, here: &mut Vec<Statement>) {
        let statement = statement(words, end, None);
        match &statement.words[..] {
            [name, pattern] if name.text == "include" => {
                here.extend(self.include(&pattern.text, pattern.span));
            }
            _ => here.push(statement),
        }
    }

    fn block(
        &mut self,
        words: Vec<Word>,
        brace: Span,
        medium: Medium,
        lexer: &mut Lexer<'_>,
        open: &mut Vec<Open>,
        here: &mut Vec<Statement>,
    ) {
        if medium == Medium::Argument {
            let text = "block directives are not supported in -g option";
            self.diagnostics
                .push(Diagnostic::error("block-in-argument", text).at(brace));
            lexer.abandon();
        } else if words
            .first()
            .is_some_and(|name| name.text.ends_with("_by_lua_block"))
        {
            let close = lexer.skip_foreign_body();
            let body = Block {
                open: brace,
                close,
                statements: Vec::new(),
            };
            here.push(statement(words, brace, Some(body)));
            if close.is_none() {
                let text = "unexpected end of file, expecting \"}\"";
                self.diagnostics
                    .push(Diagnostic::error(UNBALANCED, text).at(brace));
            }
        } else if open.len() >= MAX_BLOCKS {
            let text = format!("blocks are nested deeper than {MAX_BLOCKS} levels");
            self.diagnostics
                .push(Diagnostic::error("too-deep", text).at(brace));
            lexer.abandon();
        } else {
            open.push(Open {
                head: words,
                brace,
                before: core::mem::take(here),
            });
        }
    }

    fn close(&mut self, at: Span, open: &mut Vec<Open>, here: &mut Vec<Statement>) {
        match open.pop() {
            Some(block) => finish(block, Some(at), here),
            None => {
                let text = "unexpected \"}\"";
                self.diagnostics
                    .push(Diagnostic::error(UNBALANCED, text).at(at));
            }
        }
    }

    fn end_of_text(&mut self, at: Span, mut open: Vec<Open>, here: &mut Vec<Statement>) {
        if let Some(innermost) = open.last() {
            let text = "unexpected end of file, expecting \"}\"";
            let mut problem = Diagnostic::error(UNBALANCED, text).at(at);
            if let Some(name) = innermost.head.first() {
                problem = problem.label(name.span, "this block is not closed");
            }
            self.diagnostics.push(problem);
        }
        while let Some(block) = open.pop() {
            finish(block, None, here);
        }
    }

    fn flaw(
        &mut self,
        flaw: Flaw,
        lexer: &mut Lexer<'_>,
        open: &mut Vec<Open>,
        here: &mut Vec<Statement>,
    ) {
        let mut problem = Diagnostic::error(flaw.code, flaw.message).at(flaw.at);
        if let (Some(first), Some(last)) = (flaw.words.first(), flaw.words.last()) {
            problem = problem.label(first.span.to(last.span), "this is not ended by `;`");
        }
        problem.help = flaw.words.iter().find_map(|word| placeholder(&word.text));
        if !flaw.words.is_empty() {
            let cut = statement(flaw.words, flaw.at, None);
            self.muted.push(cut.raw);
            here.push(cut);
        }
        self.diagnostics.push(problem);
        match flaw.recovery {
            Recovery::Statement => {}
            Recovery::Garbled => lexer.resynchronise(),
            Recovery::Closed => self.close(flaw.at, open, here),
            Recovery::Opened => open.push(Open {
                head: Vec::new(),
                brace: flaw.at,
                before: core::mem::take(here),
            }),
        }
    }

    fn include(&mut self, pattern: &str, at: Span) -> Vec<Statement> {
        let path = self.prefix.join(pattern);
        if !pattern.contains(['*', '?', '[']) {
            return self.file(&path, Some(at));
        }
        match self.loader.glob(&path.to_string_lossy()) {
            Ok(paths) => {
                let files = paths.iter().flat_map(|path| self.file(path, Some(at)));
                files.collect()
            }
            Err(error) => {
                let text = format!("glob() \"{}\" failed ({})", path.display(), errno(&error));
                self.diagnostics
                    .push(Diagnostic::error("include", text).at(at));
                Vec::new()
            }
        }
    }
}

/// The block's statements are in `here`; afterwards `here` is the parent's, with the block.
fn finish(block: Open, close: Option<Span>, here: &mut Vec<Statement>) {
    let statements = core::mem::replace(here, block.before);
    if block.head.is_empty() {
        return;
    }
    let body = Block {
        open: block.brace,
        close,
        statements,
    };
    here.push(statement(block.head, block.brace, Some(body)));
}

/// `raw` of a statement is all of it, from the first word to what ends it.
fn statement(words: Vec<Word>, end: Span, body: Option<Block>) -> Statement {
    let raw = words.first().map_or(end, |first| first.span.to(end));
    Statement {
        words,
        raw,
        body,
        damaged: false,
    }
}

fn open_failed(path: &Path, error: &LoadError) -> Diagnostic {
    let text = format!("open() \"{}\" failed ({})", path.display(), errno(error));
    Diagnostic::error("open", text)
}

fn errno(error: &LoadError) -> String {
    match error.errno {
        0 => error.text.clone(),
        number => format!("{number}: {}", error.text),
    }
}

/// What the original runs into when a file includes itself.
fn too_many() -> LoadError {
    LoadError::from(std::io::Error::from_raw_os_error(24))
}
