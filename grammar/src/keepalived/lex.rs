//! Lines and words: where comments begin, where braces cut, where words end.
//!
//! Invariants: works on one line at a time, keeps offsets, never fails; an unbalanced quote runs
//! to the end of the line and is told.
//! Deliberately unknown here: keywords, definitions, files.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{anychar, char, multispace0};
use nom::combinator::{map, opt, recognize, verify};
use nom::multi::fold_many1;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use crate::span::Span;
use crate::tree::Word;

/// What a piece of a physical line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text between braces, trimmed, not empty.
    Text,
    /// `{`
    Open,
    /// `}`
    Close,
}

/// What a line contains that needs a closer look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// `#` or `!`
    pub comment: bool,
    /// `$` or `~`
    pub expands: bool,
    /// A byte 0.
    pub nul: bool,
}

/// Looks a line over.
#[must_use]
pub fn marks(line: &str) -> Marks {
    let mut marks = Marks::default();
    for byte in line.bytes() {
        match byte {
            b'#' | b'!' => marks.comment = true,
            b'$' | b'~' => marks.expands = true,
            0 => marks.nul = true,
            _ => {}
        }
    }
    marks
}

/// Whether a brace stands anywhere.
#[must_use]
pub fn has_brace(line: &str) -> bool {
    line.bytes().any(|byte| byte == b'{' || byte == b'}')
}

/// Length of the line up to a comment. `#` and `!` begin one anywhere outside double quotes,
/// also in the middle of a word, unless a backslash stands before them.
#[must_use]
pub fn before_comment(line: &str) -> usize {
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' if !escaped => quoted = !quoted,
            b'#' | b'!' if !quoted && !escaped => return at,
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    line.len()
}

/// Cuts a line at its unquoted braces. Offsets are within the line.
#[must_use]
pub fn pieces(line: &str) -> Vec<(Piece, core::ops::Range<usize>)> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' if !escaped => quoted = !quoted,
            b'{' | b'}' if !quoted => {
                push_text(line, start..at, &mut pieces);
                let piece = if byte == b'{' {
                    Piece::Open
                } else {
                    Piece::Close
                };
                pieces.push((piece, at..at + 1));
                start = at + 1;
            }
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    push_text(line, start..line.len(), &mut pieces);
    pieces
}

/// The first `${NAME}` whose braces are pieces of their own: outside quotes, and not replaced.
#[must_use]
pub fn undefined_name(
    line: &str,
    pieces: &[(Piece, core::ops::Range<usize>)],
) -> Option<core::ops::Range<usize>> {
    let mut opens = pieces.iter().filter(|(piece, _)| *piece == Piece::Open);
    opens.find_map(|(_, brace)| {
        let start = brace
            .start
            .checked_sub(1)
            .filter(|&at| line.as_bytes()[at] == b'$')?;
        let close = line[brace.end..].find('}')?;
        Some(start..brace.end + close + 1)
    })
}

/// Whether a brace stands within single quotes, where it cuts the line all the same.
#[must_use]
pub fn brace_in_single_quotes(line: &str) -> bool {
    let mut quote = None;
    for byte in line.bytes() {
        match byte {
            b'"' | b'\'' if quote == Some(byte) => quote = None,
            b'"' | b'\'' if quote.is_none() => quote = Some(byte),
            b'{' | b'}' if quote == Some(b'\'') => return true,
            _ => {}
        }
    }
    false
}

fn push_text(
    line: &str,
    range: core::ops::Range<usize>,
    pieces: &mut Vec<(Piece, core::ops::Range<usize>)>,
) {
    let text = &line[range.clone()];
    let trimmed = text.trim_ascii();
    if !trimmed.is_empty() {
        let start = range.start + (text.len() - text.trim_ascii_start().len());
        pieces.push((Piece::Text, start..start + trimmed.len()));
    }
}

/// The words of a text, and whether its last quote is never closed. That quote's word is lost, as
/// in the original.
#[must_use]
pub fn words(text: &str, at: Span) -> (Vec<Word>, bool) {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        match word(rest) {
            Ok((after, (len, value, quoted))) => {
                let end = text.len() - after.len();
                words.push(Word {
                    text: value,
                    span: within(at, end - len, end),
                    quoted,
                });
                rest = after;
            }
            Err(_) => return (words, !rest.trim_ascii().is_empty()),
        }
    }
}

/// The stretch `start..end` of the text at `span`.
#[must_use]
pub fn within(span: Span, start: usize, end: usize) -> Span {
    let base = span.start as usize;
    Span::new(span.file, base + start, base + end)
}

/// One word after white space: its length as written, its text, whether it was quoted.
fn word(input: &str) -> IResult<&str, (usize, String, bool)> {
    preceded(multispace0, alt((quoted_word, plain_word))).parse(input)
}

/// Double quotes keep everything up to the next one.
fn quoted_word(input: &str) -> IResult<&str, (usize, String, bool)> {
    let content = recognize(opt(fold_many1(quoted_char, || (), |(), _| ())));
    map(
        terminated(preceded(char('"'), content), char('"')),
        |text: &str| (text.len() + 2, text.to_owned(), true),
    )
    .parse(input)
}

fn quoted_char(input: &str) -> IResult<&str, &str> {
    alt((
        recognize((char('\\'), anychar)),
        take_while1(|c: char| c != '"' && c != '\\'),
    ))
    .parse(input)
}

/// Up to white space or a quote; `\#` and `\!` stand for the character.
fn plain_word(input: &str) -> IResult<&str, (usize, String, bool)> {
    let part = alt((
        map(
            (char('\\'), alt((tag("#"), tag("!")))),
            |(_, text): (_, &str)| text,
        ),
        take_while1(|c: char| !c.is_ascii_whitespace() && c != '"' && c != '\\'),
        tag("\\"),
    ));
    let joined = fold_many1(part, String::new, |mut text: String, part: &str| {
        text.push_str(part);
        text
    });
    let (rest, text) = verify(joined, |text: &String| !text.is_empty()).parse(input)?;
    Ok((rest, (input.len() - rest.len(), text, false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        let (words, _) = words(line, Span::default());
        words.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn comments_begin_anywhere_outside_quotes() {
        assert_eq!(before_comment("router_id a#b"), 11);
        assert_eq!(before_comment("router_id \"a#b\" ! c"), 16);
        assert_eq!(before_comment(r"router_id a\#b"), 14);
    }

    #[test]
    fn words_and_quotes() {
        assert_eq!(texts(r#"a"b c"d e"#), ["a", "b c", "d", "e"]);
        assert_eq!(texts(r"x a\#b c\d"), ["x", "a#b", "c\\d"]);
        assert_eq!(texts("é \"\" 'x y'"), ["é", "", "'x", "y'"]);
    }

    #[test]
    fn an_open_quote_loses_its_word() {
        let (words, open) = words("script \"a b", Span::default());
        assert_eq!((words.len(), open), (1, true));
    }

    #[test]
    fn braces_cut_even_inside_words() {
        let line = r#"global_defs{router_id "x{y}"}"#;
        let cut: Vec<_> = pieces(line)
            .into_iter()
            .map(|(_, range)| &line[range])
            .collect();
        assert_eq!(cut, ["global_defs", "{", "router_id \"x{y}\"", "}"]);
    }
}
