//! Logical lines to statements, with recovery from missing and extra braces.
//!
//! Invariants: always yields a tree; where the number of braces is right, the tree follows them
//! exactly; where it is not, the places that need repair are guessed from what each block may
//! contain, one report per missing or extra brace.
//! Deliberately unknown here: what keywords mean.

use crate::diagnostic::Diagnostic;
use crate::keepalived::expand::Token;
use crate::keepalived::shape::{self, Body, Shape, Shapes};
use crate::keepalived::{MAX_PROBLEMS, lex};
use crate::span::{SourceMap, Span};
use crate::tree::{Block, Statement, Word};

/// Deepest nesting of blocks; the language itself needs five.
pub const MAX_NESTING: usize = 32;

/// Builds the tree; every statement of the top level is given to `take` once it is complete.
pub fn build(
    tokens: &[Token],
    sources: &SourceMap,
    take: &mut dyn FnMut(&Statement),
) -> Vec<Diagnostic> {
    let mut braces = (0_usize, 0_usize);
    for token in tokens {
        match token {
            Token::Open(_) => braces.0 += 1,
            Token::Close(_) => braces.1 += 1,
            Token::Line { .. } => {}
        }
    }
    let shapes = Shapes::default();
    let mut builder = Builder {
        sources,
        take,
        stack: vec![Frame {
            header: None,
            body: Some(shapes.root()),
            block: Block::default(),
        }],
        missing: braces.0.saturating_sub(braces.1),
        extra: braces.1.saturating_sub(braces.0),
        awaiting: false,
        deep: 0,
        diagnostics: Vec::new(),
        spare: Spare::default(),
    };
    for (index, token) in tokens.iter().enumerate() {
        let next_opens = matches!(tokens.get(index + 1), Some(Token::Open(_)));
        match *token {
            Token::Line { span, one_line } => builder.line(span, one_line, next_opens),
            Token::Open(span) => builder.open(span),
            Token::Close(span) => builder.close(span),
        }
    }
    builder.finish()
}

/// Memory of statements that were taken, for the next ones.
#[derive(Default)]
struct Spare {
    words: Vec<Vec<Word>>,
    statements: Vec<Vec<Statement>>,
}

impl Spare {
    /// Most pieces of each kind that are kept.
    const MOST: usize = 4096;

    fn statement(&mut self, statement: Statement) {
        let Statement {
            mut words, body, ..
        } = statement;
        words.clear();
        if self.words.len() < Self::MOST {
            self.words.push(words);
        }
        if let Some(block) = body {
            let mut statements = block.statements;
            for statement in statements.drain(..) {
                self.statement(statement);
            }
            if self.statements.len() < Self::MOST {
                self.statements.push(statements);
            }
        }
    }
}

/// A block that is not closed yet.
struct Frame<'a> {
    /// The statement it belongs to; none for the root and for a brace that belongs to nothing.
    header: Option<Statement>,
    /// What it may contain; none when unknown.
    body: Option<Body<'a>>,
    block: Block,
}

struct Builder<'a> {
    sources: &'a SourceMap,
    take: &'a mut dyn FnMut(&Statement),
    /// Never empty: the root stays.
    stack: Vec<Frame<'a>>,
    /// Closing braces that the text lacks and no repair has supplied yet.
    missing: usize,
    /// Closing braces too many that no repair has taken out yet.
    extra: usize,
    /// The last statement is a block keyword whose brace must come next.
    awaiting: bool,
    /// Blocks beyond [`MAX_NESTING`] that are open.
    deep: usize,
    diagnostics: Vec<Diagnostic>,
    spare: Spare,
}

impl<'a> Builder<'a> {
    /// One problem among so many is not missed: [`MAX_PROBLEMS`] is told elsewhere.
    fn tell(&mut self, problem: Diagnostic) {
        if self.diagnostics.len() <= MAX_PROBLEMS {
            self.diagnostics.push(problem);
        }
    }

    /// Hands over what stands at the top level. While there is a closing brace too many, the last
    /// block may have to be opened again.
    fn hand_over(&mut self) {
        if let [root] = &mut self.stack[..] {
            for statement in root.block.statements.drain(..) {
                (self.take)(&statement);
                self.spare.statement(statement);
            }
        }
    }

    fn top(&mut self) -> &mut Frame<'a> {
        let last = self.stack.len() - 1;
        &mut self.stack[last]
    }

    fn line(&mut self, span: Span, one_line: bool, next_opens: bool) {
        if self.deep > 0 {
            return;
        }
        let text = self.sources.text(span);
        if !one_line {
            return self.statement(span, next_opens);
        }
        let body = self.stack.last().and_then(|frame| frame.body);
        let parts = statements_of(text, body);
        let count = parts.len();
        for (index, part) in parts.into_iter().enumerate() {
            let span = lex::within(span, part.start, part.end);
            self.statement(span, next_opens && index + 1 == count);
        }
    }

    fn statement(&mut self, span: Span, next_opens: bool) {
        let sources = self.sources;
        let text = sources.text(span);
        let mut words = self.spare.words.pop().unwrap_or_default();
        if lex::words_into(text, span, &mut words) {
            let message = format!("Unmatched quote: '{text}'");
            let problem = Diagnostic::error("unmatched-quote", message).at(span);
            self.tell(problem.help("close the quote with another \" on this line"));
            self.lose(words, span);
            return;
        }
        let Some(first) = words.first() else {
            return;
        };
        let at = first.span;
        let name = first.text.clone();
        if self.awaiting {
            self.missing_open(at);
        }
        if self.missing > 0 || self.extra > 0 {
            self.repair(&name, at, next_opens);
        }
        self.awaiting = matches!(self.shape(&name), Some(Shape::Block(_)));
        if self.extra == 0 {
            self.hand_over();
        }
        let raw_start = (at.end() - span.start) as usize;
        let raw = &text[raw_start.min(text.len())..];
        let indent = raw.len() - raw.trim_ascii_start().len();
        let statement = Statement {
            words,
            raw: lex::within(span, raw_start + indent, text.len()),
            body: None,
            damaged: false,
        };
        self.top().block.statements.push(statement);
    }

    /// Keeps what is left of a setting whose quote is not closed, so that nobody misses it.
    fn lose(&mut self, words: Vec<Word>, raw: Span) {
        let leaf = |word: &Word| self.shape(&word.text) == Some(Shape::Leaf);
        if words.first().is_some_and(leaf) {
            self.top().block.statements.push(Statement {
                words,
                raw,
                body: None,
                damaged: true,
            });
        }
    }

    fn shape(&self, word: &str) -> Option<Shape<'a>> {
        self.stack.last()?.body?.shape(word)
    }

    fn open(&mut self, span: Span) {
        if self.deep > 0 || self.stack.len() > MAX_NESTING {
            if self.deep == 0 {
                let message = "Blocks are nested too deep - ignoring the block";
                self.tell(Diagnostic::error("too-deep", message).at(span));
            }
            self.deep += 1;
            return;
        }
        self.awaiting = false;
        let Some(header) = self.top().block.statements.pop() else {
            return self.unexpected_open(span);
        };
        let shape = header.words.first().and_then(|word| self.shape(&word.text));
        match (shape, &header.body) {
            (Some(Shape::Block(body)), None) => self.push_frame(Some(header), Some(body), span),
            // An unknown keyword: its block goes with it.
            (None, None) => self.push_frame(Some(header), None, span),
            (Some(Shape::Leaf), _) | (_, Some(_)) => {
                self.top().block.statements.push(header);
                self.unexpected_open(span);
            }
        }
    }

    fn push_frame(&mut self, header: Option<Statement>, body: Option<Body<'a>>, open: Span) {
        let block = Block {
            open,
            close: None,
            statements: self.spare.statements.pop().unwrap_or_default(),
        };
        self.stack.push(Frame {
            header,
            body,
            block,
        });
    }

    /// A brace that follows no keyword. Its partner, if there is one, goes with it.
    fn unexpected_open(&mut self, span: Span) {
        let message = "Unexpected '{' - ignoring";
        self.tell(Diagnostic::error("unexpected-brace", message).at(span));
        if self.missing > 0 {
            self.missing -= 1;
        } else {
            let body = self.top().body;
            self.push_frame(None, body, span);
        }
    }

    fn close(&mut self, span: Span) {
        if self.deep > 0 {
            self.deep -= 1;
            return;
        }
        if self.awaiting {
            self.missing_open(span);
        }
        if self.stack.len() == 1 {
            self.extra = self.extra.saturating_sub(1);
            let message = "Extra '}' found";
            self.tell(Diagnostic::error("extra-brace", message).at(span));
            return;
        }
        self.pop(Some(span));
    }

    fn pop(&mut self, close: Option<Span>) {
        let Some(mut frame) = self.stack.pop() else {
            return;
        };
        self.awaiting = false;
        frame.block.close = close;
        let parent = self.top();
        match frame.header {
            Some(mut header) => {
                header.body = Some(frame.block);
                parent.block.statements.push(header);
            }
            None => parent.block.statements.append(&mut frame.block.statements),
        }
    }

    /// The brace of the last statement did not come.
    fn missing_open(&mut self, at: Span) {
        self.awaiting = false;
        let message = "Missing '{' at beginning of configuration block";
        let mut problem =
            Diagnostic::error("missing-brace", message).label(at, "expected `{` before this");
        let Some(header) = self.top().block.statements.pop() else {
            return;
        };
        problem = problem.label(header.span(), "this begins a block");
        self.tell(problem);
        if self.extra > 0 {
            // Its closing brace is there: the block is.
            self.extra -= 1;
            let shape = header.words.first().and_then(|word| self.shape(&word.text));
            let body = match shape {
                Some(Shape::Block(body)) => Some(body),
                _ => None,
            };
            let open = Span { len: 0, ..at };
            self.push_frame(Some(header), body, open);
        }
        // Otherwise there is no block; the statement alone means nothing and is left out.
    }

    /// Repairs the braces before a statement that does not belong here, if there are braces to
    /// repair and the statement belongs to a block around this one or just before it.
    fn repair(&mut self, word: &str, at: Span, next_opens: bool) {
        let Some(body) = self.top().body else {
            return;
        };
        let known_here = if body.is_free() {
            !next_opens && !self.is_setting_around(word)
        } else {
            body.knows(word)
        };
        if known_here {
            return;
        }
        if self.missing > 0 && self.close_implicitly(word, at) {
            return;
        }
        if self.extra > 0 {
            self.reopen(word);
        }
    }

    /// Whether a word in a free list is a keyword of the block around it.
    fn is_setting_around(&self, word: &str) -> bool {
        let Some(around) = self.stack.len().checked_sub(2) else {
            return false;
        };
        let body = self.stack[around].body;
        self.missing > 0 && body.is_some_and(|body| !body.is_free() && body.knows(word))
    }

    fn close_implicitly(&mut self, word: &str, at: Span) -> bool {
        let owner = self.stack.iter().rposition(|frame| {
            frame
                .body
                .is_some_and(|body| !body.is_free() && body.knows(word))
        });
        let Some(owner) = owner else {
            return false;
        };
        let levels = self.stack.len() - 1 - owner;
        if levels == 0 || levels > self.missing {
            return false;
        }
        for _ in 0..levels {
            self.missing -= 1;
            let message = "There are 1 missing '}'s or extra '{'s";
            let open = self.block_label();
            let problem = Diagnostic::error("missing-brace", message)
                .label(at, "a `}` is missing before this")
                .label(open, "this block is still open");
            self.tell(problem);
            self.pop(None);
        }
        true
    }

    /// Where the innermost block begins, for a label.
    fn block_label(&mut self) -> Span {
        let frame = self.top();
        let open = frame.block.open;
        frame
            .header
            .as_ref()
            .map_or(open, |header| header.span().to(open))
    }

    /// Takes back the closing brace of the block just before, if the statement belongs there.
    fn reopen(&mut self, word: &str) {
        let Some(last) = self.top().block.statements.pop() else {
            return;
        };
        let shape = last.words.first().and_then(|first| self.shape(&first.text));
        match (shape, last.body) {
            (Some(Shape::Block(body)), Some(block)) if !body.is_free() && body.knows(word) => {
                self.extra -= 1;
                if let Some(close) = block.close {
                    let problem = Diagnostic::error("extra-brace", "Extra '}' found");
                    self.tell(problem.at(close));
                }
                self.stack.push(Frame {
                    header: Some(Statement { body: None, ..last }),
                    body: Some(body),
                    block,
                });
            }
            (_, body) => self.top().block.statements.push(Statement { body, ..last }),
        }
    }

    fn finish(mut self) -> Vec<Diagnostic> {
        if self.awaiting
            && let Some(header) = self.top().block.statements.pop()
        {
            let message = "Missing '{' at beginning of configuration block";
            let problem = Diagnostic::error("missing-brace", message);
            self.tell(problem.label(header.span(), "expected `{` after this"));
        }
        let open = self.stack.len() - 1 + self.deep;
        if open > 0 {
            let message = format!("There are {open} missing '}}'s or extra '{{'s");
            let mut problem = Diagnostic::error("missing-brace", message);
            while self.stack.len() > 1 {
                problem = problem.label(self.block_label(), "this block is never closed");
                self.pop(None);
            }
            self.tell(problem);
        }
        self.hand_over();
        self.diagnostics
    }
}

/// Cuts the text of a block that opens and closes on one physical line.
///
/// Deviation: the original knows no separator there and misreads nearly every such line.
pub(super) fn statements_of(text: &str, body: Option<Body<'_>>) -> Vec<core::ops::Range<usize>> {
    let mut parts = Vec::new();
    for part in separate(text, |word| body.is_some_and(|body| body.knows(word))) {
        let piece = &text[part.clone()];
        if body.is_some_and(Body::holds_addresses) {
            let from = part.start;
            let entries = entries(piece).into_iter();
            parts.extend(entries.map(|entry| from + entry.start..from + entry.end));
        } else if !piece.is_empty() {
            parts.push(part);
        }
    }
    parts
}

/// Splits at `;` outside quotes. In the text of a script command that is not wholly quoted, a
/// `;` only counts when a keyword or nothing follows it.
fn separate(text: &str, is_keyword: impl Fn(&str) -> bool) -> Vec<core::ops::Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut script = shape::is_script(first_word(text));
    let mut quote = None;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => {}
            b'"' if quote == Some(b'"') || quote.is_none() => {
                quote = if quote.is_some() { None } else { Some(b'"') };
            }
            b'\'' if script && quote != Some(b'"') => {
                quote = if quote.is_some() { None } else { Some(b'\'') };
            }
            b';' if quote.is_none() => {
                let follows = first_word(&text[at + 1..]);
                let command = text[start..at].trim_ascii_end();
                let ends = follows.is_empty() || is_keyword(follows) || command.ends_with('"');
                if !script || ends {
                    parts.push(trimmed(text, start..at));
                    start = at + 1;
                    script = shape::is_script(follows);
                }
            }
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    parts.push(trimmed(text, start..text.len()));
    parts
}

fn first_word(text: &str) -> &str {
    let text = text.trim_ascii_start();
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == ';' || c == '"');
    &text[..end.unwrap_or(text.len())]
}

fn trimmed(text: &str, range: core::ops::Range<usize>) -> core::ops::Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_ascii_start().len());
    start..start + part.trim_ascii().len()
}

/// Splits a list of addresses with options: a word that is an address begins a new entry, unless
/// the word before it takes an address.
fn entries(text: &str) -> Vec<core::ops::Range<usize>> {
    let (words, _) = lex::words(text, Span::default());
    let mut starts: Vec<usize> = Vec::new();
    let mut before: Option<&Word> = None;
    for word in &words {
        let takes_address = matches!(
            before.map(|word| word.text.as_str()),
            Some("brd" | "broadcast" | "peer")
        );
        if before.is_none() || (!takes_address && is_address(&word.text)) {
            starts.push(word.span.start as usize);
        }
        before = Some(word);
    }
    let ends = starts.iter().copied().skip(1).chain([text.len()]);
    let ranges = starts.iter().copied().zip(ends);
    ranges
        .map(|(start, end)| trimmed(text, start..end))
        .collect()
}

fn is_address(word: &str) -> bool {
    let address = word.split('/').next().unwrap_or("");
    address.parse::<core::net::IpAddr>().is_ok()
        || (word.starts_with('<') && word.ends_with('>') && word.len() > 2)
}
