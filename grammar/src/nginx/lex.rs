//! The lexer: one text becomes statements that end in `;` or `{`, block ends, and problems.
//!
//! Invariants: exactly the original's word rules (quotes and comments count only at the start of
//! a word, `${` opens no block, 4096 byte limit), and its line numbers: a problem lies where the
//! original stood when it noticed. Every call either consumes text or returns [`Item::End`].
//! Deliberately unknown here: which words are directives, files.

use nom::branch::alt;
use nom::bytes::complete::{take_till, take_while1};
use nom::character::complete::char;
use nom::multi::fold_many0;
use nom::{IResult, Parser as _};

use crate::span::{FileId, Span};
use crate::tree::Word;

/// Size of the original's read buffer: no word or comment may be longer.
const BUFFER: usize = 4096;

/// What one call of [`Lexer::next`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// Words and what ended them.
    Statement {
        /// At least one.
        words: Vec<Word>,
        /// Place of the `;` or `{`.
        end: Span,
        /// Whether it was a `{`.
        block: bool,
    },
    /// `}`
    Close(Span),
    /// The text is used up.
    End(Span),
}

/// Text that is no statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    /// Stable identifier.
    pub(super) code: &'static str,
    /// The original's wording.
    pub(super) message: String,
    /// Where the original stood.
    pub(super) at: Span,
    /// The words read before it, if they can be taken as a statement.
    pub(super) words: Vec<Word>,
    /// How to go on.
    pub(super) recovery: Recovery,
}

/// What stands after a flaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recovery {
    /// The next statement.
    Statement,
    /// The rest of a garbled statement: see [`Lexer::resynchronise`].
    Garbled,
    /// The flaw was a `}`: what follows belongs to the parent block.
    Closed,
    /// The flaw was a `{` without a name: what follows is its body.
    Opened,
}

/// How the text reaches the original, which decides limits and wording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Medium {
    /// A file, read in pieces.
    File,
    /// The argument of `-g`.
    Argument,
}

/// Reads one text.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    file: FileId,
    medium: Medium,
    pos: usize,
}

/// How a word ended.
enum WordEnd {
    Blank,
    Quote,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of `text`.
    pub(super) const fn new(text: &'a str, file: FileId, medium: Medium) -> Self {
        Self {
            text,
            file,
            medium,
            pos: 0,
        }
    }

    /// The next statement, block end or end of text.
    pub(super) fn next(&mut self) -> Result<Item, Flaw> {
        let mut words = Vec::new();
        loop {
            self.skip_blank(&words)?;
            let at = self.here(1);
            match self.peek() {
                None if words.is_empty() => return Ok(Item::End(self.here(0))),
                None => return Err(self.cut_off(words)),
                Some(';' | '{') if words.is_empty() => {
                    let found = self.bump();
                    let recovery = match found {
                        '{' => Recovery::Opened,
                        _ => Recovery::Statement,
                    };
                    return Err(Flaw {
                        recovery,
                        ..flaw("unexpected", format!("unexpected \"{found}\""), at)
                    });
                }
                Some(c @ (';' | '{')) => {
                    self.pos += 1;
                    return Ok(Item::Statement {
                        words,
                        end: at,
                        block: c == '{',
                    });
                }
                Some('}') => {
                    self.pos += 1;
                    if words.is_empty() {
                        return Ok(Item::Close(at));
                    }
                    return Err(Flaw {
                        words,
                        recovery: Recovery::Closed,
                        ..flaw("unexpected", "unexpected \"}\"".to_owned(), at)
                    });
                }
                Some(_) => {
                    let end = self.word(&mut words)?;
                    if matches!(end, WordEnd::Quote) {
                        self.after_quote(&mut words)?;
                    }
                }
            }
        }
    }

    /// Skips a body that is not nginx's language (Lua) up to and with its closing brace, which is
    /// returned; `None` when there is none. Knows Lua's strings and comments.
    pub(super) fn skip_foreign_body(&mut self) -> Option<Span> {
        let mut depth = 1_usize;
        while let Some(c) = self.peek() {
            let rest = &self.text[self.pos..];
            if rest.starts_with("--") || rest.starts_with("[[") || rest.starts_with("[=") {
                self.skip_lua_long(rest);
                continue;
            }
            self.bump();
            match c {
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(Span::new(self.file, self.pos - 1, self.pos));
                    }
                }
                '"' | '\'' => self.skip_lua_string(c),
                _ => {}
            }
        }
        None
    }

    fn skip_lua_string(&mut self, quote: char) {
        while let Some(c) = self.peek() {
            self.bump();
            match c {
                '\\' => {
                    self.bump();
                }
                '\n' => return,
                c if c == quote => return,
                _ => {}
            }
        }
    }

    /// A comment, or a long string; a lone bracket is stepped over.
    fn skip_lua_long(&mut self, rest: &str) {
        let (prefix, after) = match rest.strip_prefix("--") {
            Some(after) => (2, after),
            None => (0, rest),
        };
        let level = after
            .strip_prefix('[')
            .map(|after| after.len() - after.trim_start_matches('=').len());
        let opening = level.filter(|level| after[1 + level..].starts_with('['));
        let skipped = match opening {
            Some(level) => {
                let close = format!("]{}]", "=".repeat(level));
                let body = &after[level + 2..];
                let length = body.find(&close).map_or(body.len(), |at| at + close.len());
                prefix + level + 2 + length
            }
            None if prefix == 2 => rest.find('\n').unwrap_or(rest.len()),
            None => 1,
        };
        self.pos += skipped;
    }

    /// After a flaw: forward to the next place where a statement may start, which is after a `;`
    /// or at the next line.
    pub(super) fn resynchronise(&mut self) {
        let rest = &self.text[self.pos..];
        let skipped = rest.find([';', '\n']).map_or(rest.len(), |at| at + 1);
        self.pos += skipped;
    }

    /// Everything from here on is ignored.
    pub(super) fn abandon(&mut self) {
        self.pos = self.text.len();
    }

    fn skip_blank(&mut self, words: &[Word]) -> Result<(), Flaw> {
        let rest = &self.text[self.pos..];
        let Ok((left, longest)) = blank(rest) else {
            return Ok(());
        };
        if let Some(comment) = longest {
            let start = self.text.len() - comment.len();
            let body = comment.find('\n').unwrap_or(comment.len());
            self.check_limit(start, start, body, words, None)?;
        }
        self.pos = self.text.len() - left.len();
        Ok(())
    }

    /// One word; the first character is neither blank nor one of `;{}#`.
    fn word(&mut self, words: &mut Vec<Word>) -> Result<WordEnd, Flaw> {
        let start = self.pos;
        let quote = self.peek().filter(|c| matches!(c, '"' | '\''));
        let inner = start + usize::from(quote.is_some());
        let length = match quote {
            Some(quote) => quoted_length(&self.text[inner..], quote),
            None => bare_length(&self.text[inner..]),
        };
        let available = length.unwrap_or(self.text.len() - inner);
        self.check_limit(start, inner, available, words, quote)?;
        let Some(length) = length else {
            self.pos = self.text.len();
            return Err(self.cut_off(core::mem::take(words)));
        };
        let stop = inner + length + usize::from(quote.is_some());
        words.push(Word {
            text: unescape(&self.text[inner..inner + length]).into(),
            span: Span::new(self.file, start, stop),
            quoted: quote.is_some(),
        });
        self.pos = stop;
        Ok(if quote.is_some() {
            WordEnd::Quote
        } else {
            WordEnd::Blank
        })
    }

    /// Only a blank, `;`, `{` or `)` may follow a closing quote; `)` starts the next word after it.
    fn after_quote(&mut self, words: &mut Vec<Word>) -> Result<(), Flaw> {
        match self.peek() {
            None | Some(' ' | '\t' | '\r' | '\n' | ';' | '{') => Ok(()),
            Some(')') => {
                self.pos += 1;
                Ok(())
            }
            Some(_) => {
                let at = self.here(1);
                let found = self.bump();
                let message = format!("unexpected \"{found}\"");
                words.clear();
                Err(flaw("unexpected", message, at))
            }
        }
    }

    /// The original reads files through a buffer that a word or comment must not outgrow. `inner`
    /// is where the word's text starts, `length` how long it is or how much there is of it.
    fn check_limit(
        &mut self,
        start: usize,
        inner: usize,
        length: usize,
        words: &[Word],
        quote: Option<char>,
    ) -> Result<(), Flaw> {
        let limit = inner + BUFFER;
        if self.medium == Medium::Argument || length < BUFFER || limit >= self.text.len() {
            return Ok(());
        }
        let message = match quote {
            Some(quote) => {
                format!("too long parameter, probably missing terminating \"{quote}\" character")
            }
            None => {
                let first: String = self.text[inner..].chars().take(10).collect();
                format!("too long parameter \"{first}...\" started")
            }
        };
        self.pos = self.text.len().min(inner + length);
        let at = Span::new(self.file, start, start + 1);
        Err(Flaw {
            words: words.to_vec(),
            ..flaw("too-long", message, at)
        })
    }

    fn cut_off(&self, words: Vec<Word>) -> Flaw {
        let message = match self.medium {
            Medium::File => "unexpected end of file, expecting \";\" or \"}\"",
            Medium::Argument => "unexpected end of parameter, expecting \";\"",
        };
        Flaw {
            words,
            ..flaw("unterminated", message.to_owned(), self.here(0))
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.pos..].chars().next()
    }

    fn bump(&mut self) -> char {
        let c = self.peek().unwrap_or('\0');
        self.pos = self.text.len().min(self.pos + c.len_utf8());
        c
    }

    fn here(&self, len: usize) -> Span {
        Span::new(self.file, self.pos, self.text.len().min(self.pos + len))
    }
}

fn flaw(code: &'static str, message: String, at: Span) -> Flaw {
    Flaw {
        code,
        message,
        at,
        words: Vec::new(),
        recovery: Recovery::Garbled,
    }
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Blanks and comments; yields the first comment that outgrows the buffer.
fn blank(input: &str) -> IResult<&str, Option<&str>> {
    let spaces = take_while1(is_blank).map(|_| None);
    let comment = |input| {
        let start: &str = input;
        let (rest, _) = char('#').parse(input)?;
        let (rest, body) = take_till(|c| c == '\n').parse(rest)?;
        Ok((rest, (body.len() + 1 >= BUFFER).then_some(start)))
    };
    fold_many0(
        alt((spaces, comment)),
        || None,
        |seen: Option<&str>, this| seen.or(this),
    )
    .parse(input)
}

/// Bytes up to the end of a bare word: a blank, `;`, or a `{` that does not follow a `$`.
fn bare_length(text: &str) -> Option<usize> {
    let mut hidden = false;
    let mut dollar = false;
    for (at, c) in text.char_indices() {
        if hidden {
            hidden = false;
            continue;
        }
        if c == '{' && dollar {
            continue;
        }
        dollar = false;
        match c {
            '\\' => hidden = true,
            '$' => dollar = true,
            '{' | ';' => return Some(at),
            c if is_blank(c) => return Some(at),
            _ => {}
        }
    }
    None
}

/// Bytes up to the closing quote.
fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut hidden = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if hidden => hidden = false,
            '\\' => hidden = true,
            c if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// `\"`, `\'` and `\\` lose the backslash, `\t`, `\r`, `\n` become control characters, any other
/// backslash stays.
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        let replaced = match (c, chars.peek()) {
            ('\\', Some(&quote @ ('"' | '\'' | '\\'))) => quote,
            ('\\', Some('t')) => '\t',
            ('\\', Some('r')) => '\r',
            ('\\', Some('n')) => '\n',
            _ => {
                text.push(c);
                continue;
            }
        };
        chars.next();
        text.push(replaced);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All items in a line each: words in brackets, then what ended them; flaws with their offset.
    fn show(text: &str) -> String {
        let mut lexer = Lexer::new(text, FileId(0), Medium::File);
        let mut lines = Vec::new();
        loop {
            match lexer.next() {
                Ok(Item::End(_)) => return lines.join(" "),
                Ok(Item::Close(_)) => lines.push("}".to_owned()),
                Ok(Item::Statement { words, block, .. }) => {
                    let words: Vec<_> = words
                        .iter()
                        .map(|word| format!("[{}]", word.text))
                        .collect();
                    lines.push(format!(
                        "{}{}",
                        words.join(""),
                        if block { "{" } else { ";" }
                    ));
                }
                Err(flaw) => {
                    lines.push(format!("!{}@{}", flaw.message, flaw.at.start));
                    if flaw.recovery == Recovery::Garbled {
                        lexer.resynchronise();
                    }
                }
            }
        }
    }

    #[test]
    fn words_as_the_original_cuts_them() {
        let table = [
            ("a b\t'c d'\"e\";", "[a][b][c d]!"),
            ("listen 80;#x\nb#c d;", "[listen][80]; [b#c][d];"),
            ("y'z\"w a}b;", "[y'z\"w][a}b];"),
            ("log '${a}' ${b} $c{", "[log][${a}][${b}][$c]{"),
            (
                r#"a "x\"y" 'it\'s' b\ c \; \{ \#;"#,
                r#"[a][x"y][it's][b\ c][\;][\{][\#];"#,
            ),
            (r"a b\tc\q\\;", "[a][b\tc\\q\\];"),
            ("if ('x') {", "[if][('x')]{"),
            ("if (a = \"x\"){", "[if][(a][=][x]{"),
            ("a\r\nb;\r\n}", "[a][b]; }"),
            ("\u{feff}events {", "[\u{feff}events]{"),
        ];
        for (text, expected) in table.iter().skip(1) {
            assert_eq!(show(text), *expected, "{text}");
        }
        assert_eq!(show(table[0].0), "!unexpected \"\"\"@9");
    }

    #[test]
    fn flaws_lie_where_the_original_stands() {
        assert_eq!(show("; a;"), "!unexpected \";\"@0 [a];");
        assert_eq!(show("listen 80\n}"), "!unexpected \"}\"@10");
        assert_eq!(
            show("a 'b\n"),
            "!unexpected end of file, expecting \";\" or \"}\"@5"
        );
    }

    #[test]
    fn nothing_outgrows_the_buffer() {
        let fits = format!("a {};\n\n", "x".repeat(4095));
        assert!(show(&fits).starts_with("[a][xxx"), "{}", &show(&fits)[..40]);
        let bare = format!("a {};\n\n", "x".repeat(4096));
        assert_eq!(
            show(&bare),
            "!too long parameter \"xxxxxxxxxx...\" started@2"
        );
        let quoted = format!("a '{}';\n\n", "x".repeat(4096));
        let message = "!too long parameter, probably missing terminating \"'\" character@2";
        assert!(show(&quoted).starts_with(message));
        let comment = format!("#{}\nevents {{}}", "x".repeat(5000));
        assert!(show(&comment).starts_with("!too long parameter \"#xxxxxxxxx...\" started@0"));
    }

    #[test]
    fn foreign_bodies_end_at_their_own_brace() {
        let body = "local a = \"}\" -- }\n --[[ } ]] b = { [=[ } ]=] }\n c[1] = '\\'}' } rest;";
        let mut lexer = Lexer::new(body, FileId(0), Medium::File);
        assert!(lexer.skip_foreign_body().is_some());
        assert!(
            matches!(lexer.next(), Ok(Item::Statement { words, .. }) if words[0].text == "rest")
        );
    }
}
