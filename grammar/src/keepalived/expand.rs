//! Files to logical lines: comments, conditionals, definitions and includes.
//!
//! Invariants: every token knows the source it came from; include depth, file count and total
//! size are bounded; a problem never ends the reading.
//! Deliberately unknown here: which words are keywords, except the few that act on reading itself
//! (`include…`, `include_check`, `instance`, `random_seed`).

use std::path::{Path, PathBuf};

use base::Rng;

use crate::diagnostic::{Class, Diagnostic};
use crate::keepalived::Options;
use crate::keepalived::define::{Definition, Definitions, definition_of};
use crate::keepalived::include::{Checks, Include};
use crate::keepalived::lex::{self, Piece};
use crate::keepalived::shape::shapes;
use crate::loader::{FileKind, LoadError, Loader};
use crate::span::{FileId, Origin, SourceMap, Span};

/// Deepest nesting of includes.
pub const MAX_DEPTH: usize = 64;
/// Most sources of one configuration.
pub const MAX_FILES: usize = 10_000;
/// Most text of one configuration, in bytes.
pub const MAX_TEXT: usize = 512 << 20;

/// A logical line or a brace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// Text of one setting.
    Line {
        /// Trimmed.
        span: Span,
        /// Whether it lies in a block that opens and closes on its physical line.
        one_line: bool,
    },
    /// `{`
    Open(Span),
    /// `}`
    Close(Span),
}

/// What reading yields.
#[derive(Debug, Default)]
pub struct Read {
    /// Everything read, expansions included.
    pub sources: SourceMap,
    /// In order.
    pub tokens: Vec<Token>,
    /// Problems of reading.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads `path` and all it includes.
pub fn read(loader: &mut dyn Loader, path: &Path, options: &Options) -> Read {
    let mut reader = Reader {
        loader,
        options,
        read: Read::default(),
        definitions: Definitions::default(),
        checks: if options.include_check {
            Checks::ALL
        } else {
            Checks::NONE
        },
        instance: options.instance.clone(),
        rng: Rng::new(options.seed),
        depth: 0,
        files: 0,
        size: 0,
        braces: 0,
    };
    reader.root(path);
    reader.read
}

struct Reader<'a> {
    loader: &'a mut dyn Loader,
    options: &'a Options,
    read: Read,
    definitions: Definitions,
    checks: Checks,
    instance: Option<String>,
    rng: Rng,
    depth: usize,
    files: usize,
    size: usize,
    /// Brace depth, to tell root keywords.
    braces: usize,
}

/// A definition whose lines go on.
struct Pending {
    name: String,
    definition: Definition,
    /// Whether its condition held.
    kept: bool,
}

impl Reader<'_> {
    fn root(&mut self, path: &Path) {
        let loaded = match self.loader.read(path) {
            Ok(loaded) => loaded,
            Err(error) => return self.no_root(path, &error.text),
        };
        // Deviation: the original passes such a file in test mode.
        match loaded.kind {
            FileKind::Regular => {}
            FileKind::Executable => return self.no_root(path, "it is executable"),
            FileKind::Directory => return self.no_root(path, "it is a directory"),
            FileKind::Special => return self.no_root(path, "it is not a regular file"),
        }
        let (text, replaced) = loaded.text();
        let file = self.read.sources.add(path, text, Origin::Root);
        self.file(file, replaced);
    }

    fn no_root(&mut self, path: &Path, why: &str) {
        let path = path.display();
        let message = format!("Unable to read configuration file {path}: {why}");
        let help = "the file must be a regular file without execute permission";
        let problem = Diagnostic::error("no-configuration", message);
        self.push(problem.class(Class::Security).help(help));
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.read.diagnostics.push(diagnostic);
    }

    fn file(&mut self, file: FileId, replaced: bool) {
        let Some(source) = self.read.sources.get(file) else {
            return;
        };
        let text = source.text.clone();
        self.size += text.len();
        if replaced {
            let start = text.find(char::REPLACEMENT_CHARACTER).unwrap_or(0);
            let span = Span::new(file, start, start + 3);
            let message = "bytes that are not UTF-8 were replaced";
            self.push(Diagnostic::warning("not-utf8", message).at(span));
        }
        let mut pending = None;
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            self.physical_line(
                file,
                start,
                line.trim_end_matches(['\n', '\r']),
                &mut pending,
            );
            start += line.len();
        }
        self.finish(pending);
    }

    fn physical_line(
        &mut self,
        file: FileId,
        start: usize,
        line: &str,
        pending: &mut Option<Pending>,
    ) {
        if let Some(at) = line.find('\0') {
            let span = Span::new(file, start + at, start + at + 1);
            let message = "Line contains a NUL character - ignoring the line";
            return self.push(Diagnostic::error("nul-byte", message).at(span));
        }
        let content = &line[..lex::before_comment(line)];
        let indent = content.len() - content.trim_ascii_start().len();
        let content = content.trim_ascii();
        let span = Span::new(file, start + indent, start + indent + content.len());
        if let Some(mut open) = pending.take() {
            if continue_definition(&mut open.definition, content) {
                *pending = Some(open);
            } else {
                self.finish(Some(open));
            }
            return;
        }
        if content.is_empty() {
            return;
        }
        let (kept, content, span) = self.condition(content, span);
        if let Some((name, value)) = definition_of(content) {
            let mut definition = Definition {
                lines: Vec::new(),
                span,
            };
            let more = continue_definition(&mut definition, value.trim_ascii());
            let open = Pending {
                name: name.to_owned(),
                definition,
                kept,
            };
            if more {
                *pending = Some(open);
            } else {
                self.finish(Some(open));
            }
        } else if kept && !content.is_empty() {
            self.expand(content, span);
        }
    }

    fn finish(&mut self, pending: Option<Pending>) {
        if let Some(open) = pending.filter(|open| open.kept) {
            self.definitions.insert(open.name, open.definition);
        }
    }

    /// Strips `@id` and tells whether the line counts.
    fn condition<'t>(&self, content: &'t str, span: Span) -> (bool, &'t str, Span) {
        let Some(rest) = content.strip_prefix('@') else {
            return (true, content, span);
        };
        let negated = rest.starts_with('^');
        let rest = rest.strip_prefix('^').unwrap_or(rest);
        let len = rest
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let (id, line) = rest.split_at(len);
        let line = line.trim_ascii_start();
        let kept = (id == self.config_id()) != negated;
        let offset = content.len() - line.len();
        (kept, line, lex::within(span, offset, content.len()))
    }

    fn config_id(&self) -> &str {
        let host = || self.options.hostname.split('.').next().unwrap_or("");
        let id = self
            .options
            .config_id
            .as_deref()
            .or(self.instance.as_deref());
        id.unwrap_or_else(host)
    }

    fn expand(&mut self, content: &str, span: Span) {
        if !content.contains(['$', '~']) {
            return self.logical_lines(content, span);
        }
        if let Some(word) = ["~SEQ(", "~SEQx(", "~LST("]
            .into_iter()
            .find(|w| content.contains(w))
        {
            let word = word.trim_end_matches('(');
            let message = format!("{word} is not understood by this version yet");
            let at = content.find(word).unwrap_or(0);
            let span = lex::within(span, at, at + word.len());
            let help = "write the repeated lines out";
            return self.push(Diagnostic::error("sequence", message).at(span).help(help));
        }
        let Some(done) = self.substitute(content, span) else {
            return self.logical_lines(content, span);
        };
        if done.endless {
            let message = "Definition expands without end - ignoring the line";
            let mut problem = Diagnostic::error("endless-definition", message).at(span);
            if let Some(definition) = done.definition {
                problem = problem.label(definition, "defined here");
            }
            return self.push(problem);
        }
        self.size += done.text.len();
        if self.size > MAX_TEXT {
            return self.too_much(span);
        }
        let sources = &mut self.read.sources;
        let text: std::sync::Arc<str> = done.text.into();
        let file = sources.add_expansion(text.clone(), span, done.definition);
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let content = line.trim_ascii();
            let indent = line.len() - line.trim_ascii_start().len();
            if !content.is_empty() {
                let at = start + indent;
                self.logical_lines(content, Span::new(file, at, at + content.len()));
            }
            start += line.len();
        }
    }

    fn substitute(
        &mut self,
        content: &str,
        span: Span,
    ) -> Option<crate::keepalived::define::Expansion> {
        let directory = self.directory(span).to_string_lossy().into_owned();
        let (loader, instance, rng) = (&mut *self.loader, &self.instance, &mut self.rng);
        self.definitions
            .expand(content, &mut |name, parameters| match name {
                "PWD" => Some(directory.clone()),
                "INSTANCE" => Some(instance.clone().unwrap_or_default()),
                "HASH" => Some("#".to_owned()),
                "BANG" => Some("!".to_owned()),
                "ENV" => loader.env(parameters),
                "RANDOM" => random(rng, parameters),
                _ => None,
            })
    }

    fn directory(&self, span: Span) -> PathBuf {
        let name = self.read.sources.name(span.file);
        name.parent().map(Path::to_owned).unwrap_or_default()
    }

    fn too_much(&mut self, span: Span) {
        let message = "The configuration is too large - ignoring the rest";
        self.push(Diagnostic::error("too-large", message).at(span));
    }

    fn logical_lines(&mut self, content: &str, span: Span) {
        if let Some(include) = Include::of(content) {
            return self.include(&include, span);
        }
        let mut pieces = lex::pieces(content);
        if let Some(at) = lex::undefined_name(content, &pieces) {
            return self.undefined(content, at, span);
        }
        if shapes().is_script(content.split_ascii_whitespace().next().unwrap_or(""))
            && lex::brace_in_single_quotes(content)
        {
            // The original crashes here. What stands before the brace is enough to report it.
            pieces.truncate(1);
        }
        self.watch(content);
        // Which opening braces are closed on this line, and how many such blocks hold each text.
        let mut open = Vec::new();
        let mut closed = vec![false; pieces.len()];
        for (index, (piece, _)) in pieces.iter().enumerate() {
            match piece {
                Piece::Open => open.push(index),
                Piece::Close => {
                    if let Some(opened) = open.pop() {
                        closed[opened] = true;
                        closed[index] = true;
                    }
                }
                Piece::Text => {}
            }
        }
        let mut inside = 0_usize;
        for ((piece, range), closed) in pieces.into_iter().zip(closed) {
            let span = lex::within(span, range.start, range.end);
            self.read.tokens.push(match piece {
                Piece::Open => {
                    inside += usize::from(closed);
                    self.braces += 1;
                    Token::Open(span)
                }
                Piece::Close => {
                    inside -= usize::from(closed);
                    self.braces = self.braces.saturating_sub(1);
                    Token::Close(span)
                }
                Piece::Text => Token::Line {
                    span,
                    one_line: inside > 0,
                },
            });
        }
    }

    /// `${NAME}` outside quotes that nothing defines. In the original its braces are taken for
    /// those of a block.
    fn undefined(&mut self, content: &str, at: core::ops::Range<usize>, span: Span) {
        let written = &content[at.clone()];
        let message = format!("Unknown definition '{written}' - ignoring the line");
        let problem = Diagnostic::error("undefined-name", message);
        let mut problem = problem.at(lex::within(span, at.start, at.end));
        let name = written.trim_matches(['$', '{', '}']);
        if let Some(meant) = crate::keyword::nearest(name, self.definitions.names()) {
            problem = problem.help(format!("did you mean `${{{meant}}}`?"));
        }
        self.push(problem);
    }

    /// Settings that act on the reading of what follows them.
    fn watch(&mut self, content: &str) {
        let mut words = content.split_ascii_whitespace();
        match (words.next(), self.braces) {
            (Some("instance"), 0) if self.options.instance.is_none() => {
                self.instance = words.next().map(str::to_owned);
            }
            (Some("include_check"), 1) if !self.options.ignores("global_defs/include_check") => {
                self.checks = self.checks.change(words);
            }
            (Some("random_seed"), 1) if !self.options.ignores("global_defs/random_seed") => {
                if let Some(seed) = words.next().and_then(|word| word.parse().ok()) {
                    self.rng = Rng::new(seed);
                }
            }
            _ => {}
        }
    }

    fn include(&mut self, include: &Include, span: Span) {
        let checks = self.checks.union(include.checks);
        let directory = self.directory(span);
        for pattern in &include.patterns {
            let full = directory.join(pattern);
            if !pattern.contains(['*', '?', '[']) {
                self.include_file(&full, checks, span);
                continue;
            }
            match self.loader.glob(&full.to_string_lossy()) {
                Ok(paths) if paths.is_empty() => {
                    let message = format!("No config files matched '{pattern}'.");
                    self.not_included(message, checks.wildcard, span);
                }
                Ok(paths) => {
                    for path in paths {
                        self.include_file(&path, checks, span);
                    }
                }
                Err(error) => {
                    let message = format!("Unable to expand '{pattern}': {error}");
                    self.not_included(message, checks.wildcard, span);
                }
            }
        }
    }

    fn include_file(&mut self, path: &Path, checks: Checks, span: Span) {
        let name = path.display();
        self.files += 1;
        if self.depth >= MAX_DEPTH || self.files > MAX_FILES || self.size > MAX_TEXT {
            let message = format!("Too many includes at '{name}' - does it include itself?");
            let problem = Diagnostic::error("include-limit", message);
            return self.push(problem.class(Class::Security).at(span));
        }
        let refuse = |what: &str| format!("Configuration file '{name}' is {what} - skipping");
        match self.loader.read(path) {
            Ok(loaded) => match loaded.kind {
                FileKind::Regular => {
                    let (text, replaced) = loaded.text();
                    let origin = Origin::Included { at: span };
                    let file = self.read.sources.add(path, text, origin);
                    self.depth += 1;
                    self.file(file, replaced);
                    self.depth -= 1;
                }
                FileKind::Executable => {
                    self.not_included(refuse("executable"), checks.read, span);
                }
                FileKind::Directory => {
                    self.not_included(refuse("a directory"), checks.read, span);
                }
                FileKind::Special => {
                    self.not_included(refuse("not a regular file"), checks.read, span);
                }
            },
            Err(LoadError { errno: 2, .. }) => {
                self.not_included(
                    format!("Config files missing '{name}'."),
                    checks.exists,
                    span,
                );
            }
            Err(error) => {
                let message = format!("Unable to open config file '{name}': {error}");
                self.not_included(message, checks.read, span);
            }
        }
    }

    fn not_included(&mut self, message: String, strict: bool, span: Span) {
        let problem = if strict {
            Diagnostic::error("include", message).class(Class::Security)
        } else {
            Diagnostic::warning("include", message)
        };
        self.push(problem.at(span));
    }
}

/// Adds a line to a definition; a backslash at its end tells that it goes on.
fn continue_definition(definition: &mut Definition, line: &str) -> bool {
    let more = line.ends_with('\\');
    let line = line.strip_suffix('\\').unwrap_or(line).trim_ascii();
    definition.lines.push(line.to_owned());
    more
}

/// `${_RANDOM [lo [hi]]}`, both ends included.
fn random(rng: &mut Rng, parameters: &str) -> Option<String> {
    let mut bounds = parameters.split_ascii_whitespace();
    let mut bound = |default| {
        bounds
            .next()
            .map_or(Some(default), |word| word.parse().ok())
    };
    let (low, high): (u32, u32) = (bound(0)?, bound(32_767)?);
    let width = u64::from(high.checked_sub(low)?) + 1;
    (width > 1).then(|| (u64::from(low) + rng.below(width)).to_string())
}
