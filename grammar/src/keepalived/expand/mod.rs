//! Files to logical lines: comments, conditionals, definitions, sequences and includes.
//!
//! Invariants: every token knows the line of a file it goes back to; include depth, number of
//! files, rounds of sequences and total size are bounded; a problem never ends the reading, a
//! limit does.
//! Deliberately unknown here: which words are keywords, except the few that act on reading itself
//! (`include…`, `include_check`, `instance`, `random_seed`).

mod files;
mod logical;
mod unfold;

use std::path::{Path, PathBuf};

use base::Rng;

use crate::diagnostic::{Class, Diagnostic};
use crate::keepalived::define::{Definition, Definitions, Line, definition_of};
use crate::keepalived::include::Checks;
use crate::keepalived::lex::{self, Marks};
use crate::keepalived::{MAX_PROBLEMS, Options};
use crate::loader::Loader;
use crate::span::{FileId, SourceMap, Span};

pub(in crate::keepalived) use files::NOT_INCLUDED;
pub use files::{MAX_DEPTH, MAX_FILES};
pub use unfold::{MAX_NESTED, MAX_REPLACED, MAX_ROUNDS};

/// Most text of one configuration, in bytes, files and expansions together.
pub const MAX_TEXT: usize = 512 << 20;
/// Most logical lines and braces of one configuration.
pub const MAX_TOKENS: usize = 4 << 20;
/// Most blocks of one configuration: what a block stands for takes far more memory than its text.
pub const MAX_BLOCKS: usize = 512 << 10;
/// Most logical lines and braces of one block of the top level with all that it holds: its tree is
/// made as a whole.
pub const MAX_STATEMENT: usize = 1 << 20;
/// Most definitions of one configuration, and most lines of one of them; of lines and definitions
/// together there are no more than [`MAX_TOKENS`].
pub const MAX_DEFINITIONS: usize = 512 << 10;
/// Most names that are compared with wrong ones, to suggest what was meant.
pub const MAX_COMPARED: usize = 1 << 20;
/// Longest line that the original takes, in bytes without the line's end.
pub const LONG_LINE: usize = 1023;
/// Longest line that is looked at, in bytes.
pub const MAX_LINE: usize = 1 << 16;

/// What some editors put before the first line of a file.
pub const BYTE_ORDER_MARK: char = '\u{feff}';

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
        definitions: Definitions::new(options),
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
        rounds: 0,
        replaced: 0,
        braces: 0,
        blocks: 0,
        statement: 0,
        compared: 0,
        defined: 0,
        full: false,
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
    /// Includes that are open.
    depth: usize,
    files: usize,
    /// Bytes of files and expansions.
    size: usize,
    /// Rounds of all sequences.
    rounds: u64,
    /// Names replaced.
    replaced: usize,
    /// Brace depth, to tell root keywords.
    braces: usize,
    /// Opening braces so far.
    blocks: usize,
    /// Where the tokens of the statement of the top level begin that is being read.
    statement: usize,
    /// Names compared with wrong ones.
    compared: usize,
    /// Lines of all definitions so far.
    defined: usize,
    /// A limit was reached and told; nothing is read any more.
    full: bool,
}

/// A definition whose lines go on.
struct Pending {
    name: String,
    definition: Definition,
    /// Whether its condition held.
    kept: bool,
}

impl Reader<'_> {
    fn push(&mut self, diagnostic: Diagnostic) {
        self.read.diagnostics.push(diagnostic);
        self.full |= self.read.diagnostics.len() > MAX_PROBLEMS;
    }

    /// Reads the text of a file that is in the source map.
    fn file(&mut self, file: FileId) {
        let Some(source) = self.read.sources.get(file) else {
            return;
        };
        let text = source.text.clone();
        self.size += text.len();
        let mut pending = None;
        let body = self.body(file, &text);
        let mut start = text.len() - body.len();
        while start < text.len() {
            let (len, marks) = Marks::of_first_line(&text[start..]);
            let line = &text[start..start + len];
            let content = match line.as_bytes().last() {
                Some(b'\r') => line.trim_end_matches('\r'),
                _ => line,
            };
            self.physical_line(file, start, content, marks, &mut pending);
            if self.full {
                return;
            }
            start += len + 1;
        }
        self.finish(pending);
    }

    /// The text without a byte-order mark, which the original takes for a part of the first word.
    fn body<'t>(&mut self, file: FileId, text: &'t str) -> &'t str {
        let Some(body) = text.strip_prefix(BYTE_ORDER_MARK) else {
            return text;
        };
        let ends = |it: char| it.is_ascii_whitespace() || "{};\"'!#".contains(it);
        let word = body.trim_ascii_start().split(ends).next().unwrap_or("");
        let message = format!(
            "Unknown keyword '{BYTE_ORDER_MARK}{word}': the file begins with a byte-order mark"
        );
        let problem = Diagnostic::error("byte-order-mark", message);
        let problem = problem.at(Span::new(file, 0, text.len() - body.len()));
        self.push(problem.help("save it as UTF-8 without a byte-order mark (BOM)"));
        body
    }

    fn physical_line(
        &mut self,
        file: FileId,
        start: usize,
        line: &str,
        marks: Marks,
        pending: &mut Option<Pending>,
    ) {
        if (line.len() > LONG_LINE || marks.nul()) && !self.readable(file, start, line) {
            return;
        }
        let content = match marks.comment() {
            true => &line[..lex::before_comment(line)],
            false => line,
        };
        let begun = content.trim_ascii_start();
        let indent = content.len() - begun.len();
        let content = begun.trim_ascii_end();
        let span = Span::new(file, start + indent, start + indent + content.len());
        if let Some(mut open) = pending.take() {
            // An empty line ends a definition, one of white space or with a comment does not.
            let room = open.definition.lines.len() <= MAX_DEFINITIONS;
            let goes_on =
                !line.is_empty() && (content.is_empty() || continues(&mut open, content, span));
            if goes_on && room {
                *pending = Some(open);
            } else {
                self.finish(Some(open));
            }
            return;
        }
        if content.is_empty() {
            return;
        }
        let (kept, rest) = self.condition(content);
        let span = lex::within(span, content.len() - rest.len(), content.len());
        if let Some((name, value)) = definition_of(rest) {
            let mut open = Pending {
                name: name.to_owned(),
                definition: Definition::new(span),
                kept,
            };
            let value = value.trim_ascii();
            if value == "\\" || continues(&mut open, value, span) {
                *pending = Some(open);
            } else {
                self.finish(Some(open));
            }
        } else if kept && !rest.is_empty() {
            match marks.expands() {
                true => self.unfold(rest, span),
                false => self.logical_line(rest, span, marks.brace()),
            }
        }
    }

    /// Tells what is wrong with a line as such, and whether it can be read all the same.
    fn readable(&mut self, file: FileId, start: usize, line: &str) -> bool {
        if let Some(at) = line.find('\0') {
            let span = Span::new(file, start + at, start + at + 1);
            let message = "Line contains a NUL character - ignoring the line";
            let problem = Diagnostic::error("nul-byte", message).at(span);
            self.push(problem.help("is this a text file? remove the byte"));
            return false;
        }
        let span = Span::new(file, start, start);
        let message = format!("Line of {} bytes is too long", line.len());
        let problem = Diagnostic::error("long-line", message).at(span);
        let help = format!(
            "keepalived cuts a line after {LONG_LINE} bytes; split it, or build it from definitions"
        );
        self.push(problem.help(help));
        line.len() <= MAX_LINE
    }

    fn finish(&mut self, pending: Option<Pending>) {
        let defines = !self.options.ignores("#lexer/$NAME=");
        if let Some(mut open) = pending.filter(|open| open.kept && defines) {
            if open.definition.is_body() {
                let spans = open.definition.lines.iter().map(|line| line.span);
                let spans = spans.collect();
                open.definition.body = Some(self.read.sources.expanded_mut().1.add_body(spans));
            }
            self.define(open.name, open.definition);
        }
    }

    /// Takes in a definition, if there is room for it.
    fn define(&mut self, name: String, definition: Definition) {
        let lines = definition.lines.len();
        self.defined += lines;
        let many = self.definitions.names().len() >= MAX_DEFINITIONS;
        if many || lines > MAX_DEFINITIONS || self.defined > MAX_TOKENS {
            return self.too_much(definition.span, "too many definitions");
        }
        self.definitions.insert(name, definition);
    }

    /// Strips `@id` and tells whether the line counts.
    fn condition<'t>(&self, content: &'t str) -> (bool, &'t str) {
        let Some(rest) = content.strip_prefix('@') else {
            return (true, content);
        };
        let negated = rest.starts_with('^');
        let rest = rest.strip_prefix('^').unwrap_or(rest);
        let len = rest
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let (id, line) = rest.split_at(len);
        let row = if negated {
            "#lexer/@^<ID>"
        } else {
            "#lexer/@<ID>"
        };
        let kept = (id == self.config_id()) != negated || self.options.ignores(row);
        (kept, line.trim_ascii_start())
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

    /// The directory of the file that a place goes back to.
    fn directory(&self, span: Span) -> PathBuf {
        let name = self.read.sources.name(self.read.sources.written(span).file);
        name.parent().map(Path::to_owned).unwrap_or_default()
    }

    /// A limit is reached: nothing more is read.
    fn too_much(&mut self, span: Span, what: &str) {
        if !self.full {
            self.full = true;
            let message = format!("The configuration is too large ({what}) - ignoring the rest");
            let problem = Diagnostic::error("too-large", message).class(Class::Security);
            self.push(problem.at(span));
        }
    }
}

/// Adds a line to a definition; a backslash at its end tells that it goes on.
fn continues(open: &mut Pending, line: &str, span: Span) -> bool {
    let more = line.ends_with('\\');
    let text = line.strip_suffix('\\').unwrap_or(line).trim_ascii();
    if !text.is_empty() || !more {
        let text = text.to_owned();
        open.definition.lines.push(Line { text, span });
    }
    more
}
