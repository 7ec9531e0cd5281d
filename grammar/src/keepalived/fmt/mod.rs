//! keepalived.conf in its canonical text: one statement a line, four blanks a level, the brace
//! behind its keyword, no more than one empty line, comments where they were.
//!
//! ```
//! use grammar::keepalived::fmt::format;
//!
//! let text = "vrrp_instance A\n{ # x\nauthentication { auth_type PASS; auth_pass y; }\n}\n";
//! let wanted = "vrrp_instance A { # x\n    authentication {\n        auth_type PASS\n        \
//!               auth_pass y\n    }\n}\n";
//! assert_eq!(format(text), wanted);
//! ```
//!
//! Works on lines and words, not on meaning: includes, definitions, `@id` and `~SEQ` lines and
//! lines that use definitions only get another indentation, and so do blocks on one line where it
//! is not known what the block is. [`checked`] makes sure that the meaning stays.
//!
//! Invariants: idempotent; linear in the length of the text; no byte of a comment or of a quoted
//! word changes.
//! Deliberately unknown here: what includes and definitions stand for.

mod condition;
mod meaning;
mod out;

use core::ops::Range;
use std::path::Path;

use self::condition::{Conditional, Edge, edges};
use self::out::{Out, Row};
use crate::keepalived::Options;
use crate::keepalived::define::definition_of;
use crate::keepalived::expand::{BYTE_ORDER_MARK, MAX_LINE};
use crate::keepalived::include::Include;
use crate::keepalived::lex::{self, Piece};
use crate::keepalived::shape::{self, Body, Shape, Shapes};
use crate::keepalived::tree::statements_of;
use crate::loader::Loader;
use crate::span::Span;

pub use meaning::same_meaning;

/// The canonical text of the file `path`, which is known to mean what `text` means. Includes are
/// read through `loader`, to know what they define.
///
/// # Errors
/// In words, what would change.
pub fn checked(
    loader: &mut dyn Loader,
    path: &Path,
    options: &Options,
    text: &str,
) -> Result<String, String> {
    let spread = format(text);
    if same_meaning(loader, path, options, (text, &spread)).is_ok() {
        return Ok(spread);
    }
    // What stands in which block cannot be seen here, so how to cut a line cannot either.
    let uncut = format_with(text, false);
    same_meaning(loader, path, options, (text, &uncut)).map(|()| uncut)
}

/// The canonical text. Where an expansion opens or closes blocks it may mean something else, see
/// [`checked`].
#[must_use]
pub fn format(text: &str) -> String {
    format_with(text, true)
}

fn format_with(text: &str, spread: bool) -> String {
    let shapes = Shapes::default();
    let mut formatter = Formatter {
        spread,
        out: Out::default(),
        bodies: vec![Some(shapes.root())],
        defining: false,
        conditional: None,
    };
    let (mark, body) = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(body) => (Some(BYTE_ORDER_MARK), body),
        None => (None, text),
    };
    for line in body.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        formatter.line(content.trim_end_matches('\r'));
    }
    let mut formatted = formatter.out.finish();
    match mark {
        Some(mark) => formatted.insert(0, mark),
        // It is one only at the very beginning, where it did not stand.
        None if formatted.starts_with(BYTE_ORDER_MARK) => formatted.insert(0, '\n'),
        None => {}
    }
    formatted
}

struct Formatter<'s> {
    /// Whether blocks that stand on one line are cut.
    spread: bool,
    out: Out,
    /// What the open blocks may contain, as far as known; the first one is the file itself.
    bodies: Vec<Option<Body<'s>>>,
    /// A definition goes on with the next line.
    defining: bool,
    /// Lines of conditions that follow each other.
    conditional: Option<Conditional>,
}

impl Formatter<'_> {
    fn depth(&self) -> usize {
        self.bodies.len() - 1
    }

    fn line(&mut self, line: &str) {
        // Such a line is an error, which must stay one.
        if line.contains('\0') || line.len() > MAX_LINE {
            return self.out.push(Row::Raw(line.to_owned()));
        }
        let (content, comment) = line.split_at(lex::before_comment(line));
        let (content, comment) = (content.trim_ascii(), comment.trim_ascii_end());
        if self.defining {
            // An empty line ends a definition, one of blanks or with a comment does not.
            self.defining = !line.is_empty() && (content.is_empty() || content.ends_with('\\'));
            return self.out.push(Row::Raw(line.to_owned()));
        }
        if content.is_empty() {
            return match comment {
                "" => self.out.push(Row::Blank),
                text => self.out.comment(self.depth(), text),
            };
        }
        let (id, rest) = condition(content);
        if id.is_none() {
            self.conditional = None;
        }
        if definition_of(rest).is_some() {
            self.defining = content.ends_with('\\');
            return match self.defining {
                true => self.out.push(Row::Raw(line.to_owned())),
                false => self.out.verbatim(self.depth(), content, comment),
            };
        }
        match id {
            Some(id) => self.conditional_line(id, rest, content, comment),
            None if Include::of(content).is_some() => {
                self.out.verbatim(self.depth(), content, comment);
            }
            None if content.contains(['$', '~']) => self.expanding_line(content, comment),
            None if is_broken_script(content) => {
                self.out.verbatim(self.depth(), content, comment);
            }
            None => self.pieces(content, comment),
        }
    }

    /// Only lines of the first of several alternatives count for the depth of what follows.
    fn conditional_line(&mut self, id: &str, rest: &str, content: &str, comment: &str) {
        let depth = self.depth();
        let run = self
            .conditional
            .get_or_insert_with(|| Conditional::new(id, depth));
        let edges = edges(rest);
        let counts = run.counts(id);
        let shown = run.pass(id, &edges);
        self.out.verbatim(shown, content, comment);
        if counts {
            self.follow(&edges);
        }
    }

    fn expanding_line(&mut self, content: &str, comment: &str) {
        if content.contains("~SEQ") || content.contains("~LST") {
            return self.out.verbatim(self.depth(), content, comment);
        }
        self.uncut(content, comment);
    }

    /// A line whose braces stay where they are.
    fn uncut(&mut self, content: &str, comment: &str) {
        let closes = content.starts_with('}');
        let depth = self.depth() - usize::from(closes && self.depth() > 0);
        self.out.verbatim(depth, content, comment);
        self.follow(&edges(content));
    }

    fn follow(&mut self, edges: &[Edge<'_>]) {
        for edge in edges {
            match edge {
                Edge::Open(header) => self.open(header),
                Edge::Close => self.close(),
            }
        }
    }

    fn open(&mut self, header: &str) {
        let around = self.bodies.last().copied().flatten();
        self.bodies.push(body_of(around, header));
    }

    fn close(&mut self) {
        if self.bodies.len() > 1 {
            self.bodies.pop();
        }
    }

    /// A line that is cut at its braces.
    fn pieces(&mut self, content: &str, comment: &str) {
        let pieces = lex::pieces(content);
        if !may_be_cut(content, &pieces) {
            return self.uncut(content, comment);
        }
        let inside = lex::inside_one_line(&pieces);
        if !self.knows_cuts(content, &pieces, &inside) {
            return self.uncut(content, comment);
        }
        let first = self.out.len();
        let mut header = self.out.header().to_owned();
        for ((piece, range), one_line) in pieces.iter().zip(inside) {
            match piece {
                Piece::Text => {
                    let text = &content[range.clone()];
                    self.statements(text, one_line);
                    header = text.to_owned();
                }
                Piece::Open => {
                    self.out.open(self.depth());
                    self.open(&header);
                    header.clear();
                }
                Piece::Close => {
                    self.close();
                    self.out.close(self.depth());
                    header.clear();
                }
            }
        }
        let closed = matches!(pieces.last(), Some((Piece::Close, _)));
        let depth = self.depth();
        self.out.attach(comment, first, closed, depth);
    }

    /// Whether it is known how to cut the blocks that stand on one line: how their statements are
    /// separated depends on the block, and a file may be one that others include within a block.
    fn knows_cuts(&self, content: &str, pieces: &[(Piece, Range<usize>)], inside: &[bool]) -> bool {
        let mut bodies = self.bodies.clone();
        let mut header = self.out.header();
        for ((piece, range), one_line) in pieces.iter().zip(inside) {
            match piece {
                Piece::Text if *one_line => {
                    let known = bodies.last().is_some_and(Option::is_some);
                    if !known || !self.spread {
                        return false;
                    }
                }
                Piece::Text => {}
                Piece::Open => bodies.push(body_of(bodies.last().copied().flatten(), header)),
                Piece::Close if bodies.len() > 1 => drop(bodies.pop()),
                Piece::Close => {}
            }
            header = match piece {
                Piece::Text => &content[range.clone()],
                _ => "",
            };
        }
        true
    }

    fn statements(&mut self, text: &str, one_line: bool) {
        let depth = self.depth();
        if !one_line {
            return self.statement(depth, text);
        }
        let body = self.bodies.last().copied().flatten();
        for part in statements_of(text, body) {
            self.statement(depth, &text[part]);
        }
    }

    fn statement(&mut self, depth: usize, text: &str) {
        // With a brace behind them these would mean something else.
        let braced = format!("{text} {{");
        let quoted = !matches!(lex::pieces(&braced).last(), Some((Piece::Open, _)));
        match quoted || text.contains('\'') || begins_include(text) {
            true => self.out.verbatim(depth, &spaced(text), ""),
            false => self.out.statement(depth, spaced(text)),
        }
    }
}

/// What a block may contain; none when it is unknown.
fn body_of<'s>(around: Option<Body<'s>>, header: &str) -> Option<Body<'s>> {
    let name = header.split_ascii_whitespace().next().unwrap_or("");
    match around.and_then(|body| body.shape(name)) {
        Some(Shape::Block(body)) => Some(body),
        _ => None,
    }
}

/// `@id` or `@^id` and what follows it.
fn condition(content: &str) -> (Option<&str>, &str) {
    if !content.starts_with('@') {
        return (None, content);
    }
    let end = content.find(|c: char| c.is_ascii_whitespace());
    let (id, rest) = content.split_at(end.unwrap_or(content.len()));
    (Some(id), rest.trim_ascii_start())
}

/// A command whose braces stand in single quotes: an error, which must stay one.
fn is_broken_script(content: &str) -> bool {
    let name = content.split_ascii_whitespace().next().unwrap_or("");
    shape::is_script(name) && lex::brace_in_single_quotes(content)
}

/// Whether the pieces of a line mean the same on lines of their own: some words mean more at the
/// beginning of a line, and single quotes around a brace make an error of a command.
fn may_be_cut(content: &str, pieces: &[(Piece, Range<usize>)]) -> bool {
    let alone = |range: &Range<usize>| {
        let text = &content[range.clone()];
        !text.starts_with('@') && !begins_include(text)
    };
    let texts = pieces.iter().filter(|(piece, _)| *piece == Piece::Text);
    pieces.len() == 1 || (!content.contains('\'') && texts.map(|(_, range)| range).all(alone))
}

/// With more words behind it, it would be an include.
fn begins_include(text: &str) -> bool {
    let first = text.split_ascii_whitespace().next().unwrap_or("");
    Include::of(&format!("{first} x")).is_some()
}

/// A statement with one blank between its words; as it is where blanks may count.
fn spaced(text: &str) -> String {
    let name = text.split_ascii_whitespace().next().unwrap_or("");
    let (words, open_quote) = lex::words(text, Span::default());
    let whole = words.first().is_some_and(|word| word.text == name);
    if open_quote || !whole || text.contains(['\'', '\\']) {
        return text.to_owned();
    }
    if shape::is_script(name) {
        let rest = &text[name.len().min(text.len())..];
        return format!("{name} {}", rest.trim_ascii_start());
    }
    let slice =
        |word: &crate::tree::Word| &text[word.span.start as usize..word.span.end() as usize];
    let words: Vec<&str> = words.iter().map(slice).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stays(text: &str) {
        assert_eq!(format(text), text);
    }

    #[test]
    fn blocks_and_comments() {
        let text = "# head\n\n\n\nvrrp_instance A   # one\n# two\n{\n\n state   MASTER;x # three\n\
                    virtual_ipaddress { 192.0.2.1 192.0.2.2/24 dev eth0 } # four\n\n\n}\nx{y z}\n\n";
        insta::assert_snapshot!(format(text), @r"
        # head

        vrrp_instance A { # one
            # two

            state MASTER;x # three
            virtual_ipaddress { # four
                192.0.2.1
                192.0.2.2/24 dev eth0
            }
        }
        x{y z}
        ");
    }

    #[test]
    fn what_may_be_anything_only_moves() {
        let text = "@main vrrp_instance A {\n@spare vrrp_instance B {\ninclude   /x/{a,b}.conf\n\
                    state $STATE\n${BODY}   x\n~SEQ(I, 1,3)   $VIP\n}\n$IF=eth0   x # c\n\
                    $M=vrrp_instance C { \\\n  state  MASTER \\\n   \n }\n";
        insta::assert_snapshot!(format(text), @r"
        @main vrrp_instance A {
        @spare vrrp_instance B {
            include   /x/{a,b}.conf
            state $STATE
            ${BODY}   x
            ~SEQ(I, 1,3)   $VIP
        }
        $IF=eth0   x # c
        $M=vrrp_instance C { \
          state  MASTER \
           
         }
        ");
    }

    #[test]
    fn canonical_text_stays() {
        stays("vrrp_script a {\n    script \"/bin/x  'a  b'\"\n}\n");
        stays("vrrp_script a {\n    script /bin/x 'a  b'\n}\n");
        stays("");
        stays("}\n}\n");
        stays("$A=x \\\n\n");
    }

    #[test]
    fn a_command_keeps_its_text() {
        assert_eq!(
            format("vrrp_script a { script   /bin/x a  b; interval 2 }"),
            "vrrp_script a {\n    script /bin/x a  b\n    interval 2\n}\n"
        );
    }
}
