//! What both lexers produce: statements made of words, some with a body.
//!
//! Invariants: expansion and includes are done, every word knows its place, nothing is known
//! about which words are keywords.

use compact_str::CompactString;

use crate::span::Span;

/// A word of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Text without quotes and escapes.
    pub text: CompactString,
    /// Where it stands, quotes included.
    pub span: Span,
    /// Whether it was quoted.
    pub quoted: bool,
}

/// One statement: a line of keepalived.conf or a directive of nginx.conf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// At least one word; the first is the keyword.
    pub words: Vec<Word>,
    /// Raw text after the first word, comment stripped, for keywords that split words themselves.
    pub raw: Span,
    /// `{ … }`, if there is one.
    pub body: Option<Block>,
    /// A word of it was lost, which was reported; the statement cannot be used.
    pub damaged: bool,
}

impl Statement {
    /// From the first to the last word.
    #[must_use]
    pub fn span(&self) -> Span {
        match (self.words.first(), self.words.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => self.raw,
        }
    }
}

/// The body of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The `{`.
    pub open: Span,
    /// The `}`; none when the text ended first (which was reported).
    pub close: Option<Span>,
    /// What stands in it.
    pub statements: Vec<Statement>,
}
