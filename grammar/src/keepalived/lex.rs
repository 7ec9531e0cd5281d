//! Lines and words: where comments begin, where braces cut, where words end.
//!
//! Invariants: works on one line at a time, keeps offsets, never fails; an unbalanced quote runs
//! to the end of the line and is told.
//! Deliberately unknown here: keywords, definitions, files.

use compact_str::CompactString;

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
pub struct Marks(u8);

impl Marks {
    const COMMENT: u8 = 1;
    const EXPANDS: u8 = 2;
    const NUL: u8 = 4;
    const BRACE: u8 = 8;

    /// What each byte marks.
    const BYTES: [u8; 256] = {
        let mut bytes = [0; 256];
        bytes[b'#' as usize] = Self::COMMENT;
        bytes[b'!' as usize] = Self::COMMENT;
        bytes[b'$' as usize] = Self::EXPANDS;
        bytes[b'~' as usize] = Self::EXPANDS;
        bytes[0] = Self::NUL;
        bytes[b'{' as usize] = Self::BRACE;
        bytes[b'}' as usize] = Self::BRACE;
        bytes
    };

    /// Length of the first line of a text without its end, and what it contains.
    #[must_use]
    pub fn of_first_line(text: &str) -> (usize, Self) {
        let bytes = text.as_bytes();
        let len = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        (len, Self::of(&text[..len]))
    }

    /// Looks a line over.
    #[must_use]
    pub fn of(line: &str) -> Self {
        let add = |marks: u8, byte: &u8| marks | Self::BYTES[*byte as usize];
        // Eight at a time, so that half of the work is not counting.
        let (chunks, rest) = line.as_bytes().as_chunks::<8>();
        let chunk = |marks, chunk: &[u8; 8]| chunk.iter().fold(marks, add);
        Self(rest.iter().fold(chunks.iter().fold(0, chunk), add))
    }

    /// `#` or `!`
    #[must_use]
    pub const fn comment(self) -> bool {
        self.0 & Self::COMMENT != 0
    }

    /// `$` or `~`
    #[must_use]
    pub const fn expands(self) -> bool {
        self.0 & Self::EXPANDS != 0
    }

    /// A byte 0.
    #[must_use]
    pub const fn nul(self) -> bool {
        self.0 & Self::NUL != 0
    }

    /// `{` or `}`
    #[must_use]
    pub const fn brace(self) -> bool {
        self.0 & Self::BRACE != 0
    }
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
    let (start, brace) = opens.find_map(|(_, brace)| {
        let start = brace.start.checked_sub(1);
        let start = start.filter(|&at| line.as_bytes()[at] == b'$')?;
        Some((start, brace))
    })?;
    // Where the first one is not closed, no later one is.
    let close = line[brace.end..].find('}')?;
    Some(start..brace.end + close + 1)
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
    let open = words_into(text, at, &mut words);
    (words, open)
}

/// Adds the words of a text to `words`; whether its last quote is never closed.
pub fn words_into(text: &str, at: Span, words: &mut Vec<Word>) -> bool {
    let bytes = text.as_bytes();
    let mut start = 0;
    loop {
        start += count(&bytes[start..], |class| class == BLANK);
        let Some(&first) = bytes.get(start) else {
            return false;
        };
        let quoted = first == b'"';
        let (end, text) = if quoted {
            let Some(len) = quote_end(&bytes[start + 1..]) else {
                return true;
            };
            (start + len + 2, text[start + 1..start + 1 + len].into())
        } else {
            let (len, text) = plain(&text[start..]);
            (start + len, text)
        };
        words.push(Word {
            text,
            span: within(at, start, end),
            quoted,
        });
        start = end;
    }
}

/// White space between words.
const BLANK: u8 = 1;
const QUOTE: u8 = 2;
const BACKSLASH: u8 = 4;

/// What each byte means to a word.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    // 0x0b is no white space of Rust's.
    let blanks = *b" \t\n\x0b\x0c\r";
    let mut index = 0;
    while index < blanks.len() {
        classes[blanks[index] as usize] = BLANK;
        index += 1;
    }
    classes[b'"' as usize] = QUOTE;
    classes[b'\\' as usize] = BACKSLASH;
    classes
};

/// How many bytes at the beginning are of a class.
fn count(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    let differs = |&byte: &u8| !is(CLASSES[byte as usize]);
    bytes.iter().position(differs).unwrap_or(bytes.len())
}

/// Length of the text up to the closing quote.
fn quote_end(bytes: &[u8]) -> Option<usize> {
    let mut escaped = false;
    bytes.iter().position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// Reads a word up to white space or a quote, with its length; `\#` and `\!` stand for the
/// character.
fn plain(text: &str) -> (usize, CompactString) {
    let bytes = text.as_bytes();
    let usual = count(bytes, |class| class == 0);
    if bytes.get(usual) != Some(&b'\\') {
        return (usual, text[..usual].into());
    }
    let end = usual + count(&bytes[usual..], |class| class & (BLANK | QUOTE) == 0);
    let mut value = CompactString::with_capacity(end);
    let mut rest = &text[..end];
    while let Some(at) = rest.find('\\') {
        let escapes = matches!(rest.as_bytes().get(at + 1), Some(b'#' | b'!'));
        value.push_str(&rest[..at + usize::from(!escapes)]);
        rest = &rest[at + 1..];
    }
    value.push_str(rest);
    (end, value)
}

/// For each piece, whether a block that opens and closes on the line holds it.
#[must_use]
pub fn inside_one_line(pieces: &[(Piece, core::ops::Range<usize>)]) -> Vec<bool> {
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
    let pieces = pieces.iter().zip(closed);
    pieces
        .map(|((piece, _), closed)| {
            match piece {
                Piece::Open => inside += usize::from(closed),
                Piece::Close => inside -= usize::from(closed),
                Piece::Text => {}
            }
            inside > 0
        })
        .collect()
}

/// The stretch `start..end` of the text at `span`.
#[must_use]
pub fn within(span: Span, start: usize, end: usize) -> Span {
    let base = span.start as usize;
    Span::new(span.file, base + start, base + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        let (words, _) = words(line, Span::default());
        words.into_iter().map(|word| word.text.into()).collect()
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
