//! A line without names to tokens: where braces cut it, and the settings that act on reading.

use super::{MAX_BLOCKS, MAX_COMPARED, MAX_STATEMENT, MAX_TOKENS, Reader, Token};
use crate::diagnostic::Diagnostic;
use crate::keepalived::include::Include;
use crate::keepalived::lex::{self, Piece};
use crate::keepalived::shape;
use crate::nearest::nearest;
use crate::span::Span;

impl Reader<'_> {
    /// Adds the tokens of a line, or reads what it includes; `braces` tells whether it has any.
    pub(super) fn logical_line(&mut self, content: &str, span: Span, braces: bool) {
        if content.starts_with("include")
            && let Some(include) = Include::of(content)
        {
            if !self.options.ignores_reading(include.word) {
                self.include(&include, span);
            }
            return;
        }
        if self.read.tokens.len() > MAX_TOKENS {
            return self.too_much(span, "too many lines");
        }
        if self.braces == 0 {
            self.statement = self.read.tokens.len();
        }
        if self.read.tokens.len() - self.statement > MAX_STATEMENT {
            return self.too_much(span, "too many lines in one block");
        }
        if self.braces < 2 && content.starts_with(['i', 'r']) {
            self.watch(content);
        }
        if !braces {
            let one_line = false;
            return self.read.tokens.push(Token::Line { span, one_line });
        }
        if self.blocks >= MAX_BLOCKS && content.contains('{') {
            return self.too_much(span, "too many blocks");
        }
        if self.usual(content, span) {
            return;
        }
        let mut pieces = lex::pieces(content);
        if let Some(at) = lex::undefined_name(content, &pieces) {
            return self.undefined(content, at, span);
        }
        if shape::is_script(content.split_ascii_whitespace().next().unwrap_or(""))
            && lex::brace_in_single_quotes(content)
        {
            // The original crashes here. What stands before the brace is enough to report it.
            pieces.truncate(1);
        }
        self.cut(pieces, span);
    }

    /// Takes the lines that hold one brace: `}` and `keyword … {`.
    fn usual(&mut self, content: &str, span: Span) -> bool {
        if content == "}" {
            self.braces = self.braces.saturating_sub(1);
            self.read.tokens.push(Token::Close(span));
            return true;
        }
        let Some(before) = content.strip_suffix('{') else {
            return false;
        };
        let text = before.trim_ascii_end();
        let bytes = text.as_bytes();
        let special = memchr::memchr3(b'{', b'}', b'"', bytes)
            .or_else(|| memchr::memchr3(b'\'', b'\\', b'$', bytes));
        if text.is_empty() || special.is_some() {
            return false;
        }
        self.braces += 1;
        self.blocks += 1;
        self.read.tokens.push(Token::Line {
            span: lex::within(span, 0, text.len()),
            one_line: false,
        });
        let brace = lex::within(span, before.len(), content.len());
        self.read.tokens.push(Token::Open(brace));
        true
    }

    fn cut(&mut self, pieces: Vec<(Piece, core::ops::Range<usize>)>, span: Span) {
        let inside = lex::inside_one_line(&pieces);
        for ((piece, range), one_line) in pieces.into_iter().zip(inside) {
            let span = lex::within(span, range.start, range.end);
            self.read.tokens.push(match piece {
                Piece::Open => {
                    self.braces += 1;
                    self.blocks += 1;
                    Token::Open(span)
                }
                Piece::Close => {
                    self.braces = self.braces.saturating_sub(1);
                    Token::Close(span)
                }
                Piece::Text => Token::Line { span, one_line },
            });
        }
    }

    /// `${NAME}` outside quotes that nothing defines. In the original its braces are taken for
    /// those of a block.
    fn undefined(&mut self, content: &str, at: core::ops::Range<usize>, span: Span) {
        let written = &content[at.clone()];
        let name = written.trim_matches(['$', '{', '}']);
        let body = self.definitions.get(name).is_some();
        let message = match body {
            true => format!("'{written}' has several lines - ignoring the line"),
            false => format!("Unknown definition '{written}' - ignoring the line"),
        };
        let problem = Diagnostic::error("undefined-name", message);
        let problem = problem.at(lex::within(span, at.start, at.end));
        let meant = self.meant(name);
        let problem = match meant {
            _ if body => problem.help("it must be the last thing on the line that uses it"),
            Some(meant) => problem.help(format!("did you mean `${{{meant}}}`?")),
            None => problem,
        };
        self.push(problem);
    }

    /// The definition that was probably meant. The work for all of a configuration is bounded: many
    /// wrong names among many definitions would take as many steps as their product.
    fn meant(&mut self, name: &str) -> Option<&str> {
        let names = self.definitions.names();
        self.compared += names.len();
        let affordable = self.compared <= MAX_COMPARED;
        affordable.then(|| nearest(name, names)).flatten()
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
                    self.rng = base::Rng::new(seed);
                }
            }
            _ => {}
        }
    }
}
