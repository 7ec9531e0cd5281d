//! Secrets in texts that are shown: passwords and keys become `*`, byte for byte.
//!
//! Works on the text alone, because what is shown may be a line that was not understood: a
//! misspelt `auth_pass` holds a password too.
//!
//! Invariants: the length in bytes stays, so columns stay; a text without secrets is not copied.
//! Deliberately unknown here: which lines were understood.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::Diagnostic;
use crate::keyword::nearest;
use crate::span::{Source, SourceMap, Span};

/// Keywords whose words are secret.
const SECRET: [&str; 2] = ["auth_pass", "password"];
/// Longest line that is looked through again for each problem that it has, in bytes.
const SHORT_LINE: usize = 256;
/// What may stand around a secret and tells nothing.
const QUOTES: [char; 2] = ['"', ';'];
/// Parts of a definition's name that tell that its value is secret.
const TELLING: [&str; 4] = ["PASS", "SECRET", "KEY", "AUTH"];

/// Lines of configuration, or a message that quotes some, without their secrets.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    let mut ranges = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let found = secrets(line).into_iter();
        ranges.extend(found.map(|range| start + range.start..start + range.end));
        start += line.len();
    }
    overwrite(text, &ranges)
}

fn overwrite<'a>(text: &'a str, ranges: &[Range<usize>]) -> Cow<'a, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut done = String::with_capacity(text.len());
    let mut from = 0;
    for range in ranges {
        done.push_str(&text[from..range.start]);
        done.extend(std::iter::repeat_n('*', range.len()));
        from = range.end;
    }
    done.push_str(&text[from..]);
    Cow::Owned(done)
}

/// Where secrets stand in a line, in order.
fn secrets(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let brace = line.find('{').unwrap_or(line.len());
    // Where a statement may begin.
    let mut at = 0;
    while at < line.len() {
        let rest = &line[at..];
        let signs = |c: char| c.is_whitespace() || "{};#!`".contains(c);
        at += rest.len() - rest.trim_start_matches(signs).len();
        let word = word_at(line, at);
        let arguments = word.end + blank(&line[word.end..]);
        let name = &line[word.clone()];
        let secret = if is_secret(name) {
            Some(arguments)
        } else if name == "key" {
            key(line, arguments)
        } else {
            definition(name).map(|value| word.start + value)
        };
        let next = secret.map_or(word.end, |start| mask_words(line, start, brace, &mut found));
        // `@id` is followed by a statement.
        at = match secret {
            None if name.starts_with('@') => word.end,
            // The separator is the end of the secret already.
            Some(_) if brace < next && line[..next].ends_with(';') => next,
            _ => begin_of_next(line, next.max(at + 1)),
        };
    }
    found
}

fn is_secret(name: &str) -> bool {
    SECRET.contains(&name) || nearest(name, SECRET).is_some()
}

/// `key ID SECRET` of `auth_hmac`; `key PATH` of SSL is none.
fn key(line: &str, at: usize) -> Option<usize> {
    let id = word_at(line, at);
    let digits = line[id.clone()].bytes().all(|byte| byte.is_ascii_digit());
    let secret = id.end + blank(&line[id.end..]);
    let is_file = line[secret..].trim_start_matches('"').starts_with("file:");
    (digits && !id.is_empty() && !is_file).then_some(secret)
}

/// Where the value begins in `$NAME=value`, if it sounds secret.
fn definition(word: &str) -> Option<usize> {
    let (name, _) = word.strip_prefix('$')?.split_once('=')?;
    let upper = name.to_ascii_uppercase();
    let tells = TELLING.iter().any(|part| upper.contains(part));
    // A multi-line value is looked at line by line.
    tells.then_some(name.len() + 2)
}

/// Adds the words from `at` on, as far as they can belong to one statement; gives their end.
/// `brace` is where the line's first one stands.
fn mask_words(line: &str, mut at: usize, brace: usize, found: &mut Vec<Range<usize>>) -> usize {
    while let Some(first) = line[at..].chars().next() {
        let range = match first {
            '{' | '}' | '#' | '!' | '`' | '\n' | '\\' => break,
            '"' => {
                let inner = at + 1;
                inner
                    ..line[inner..]
                        .find('"')
                        .map_or(line.trim_end().len(), |len| inner + len)
            }
            _ => word_at(line, at),
        };
        if range.start >= range.end {
            break;
        }
        // The name of a definition is no secret, its value is.
        let is_use = line[range.clone()].starts_with('$');
        let end = range.end;
        if !is_use {
            // A separator, or a part that hides nothing.
            let semicolon = usize::from(line[range.clone()].ends_with(';'));
            found.push(range.start..end - semicolon);
        }
        at = end + usize::from(first == '"' && end < line.len());
        // Only within a block on one line it separates.
        if line[range].ends_with(';') && brace < at {
            break;
        }
        at += blank(&line[at..]);
    }
    at
}

fn blank(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// The word at an offset: up to white space, a quote or a brace.
fn word_at(line: &str, at: usize) -> Range<usize> {
    let rest = &line[at..];
    let braced = rest.starts_with('$');
    let ends = |c: char| c.is_whitespace() || "\"`".contains(c) || (!braced && "{}".contains(c));
    at..at + rest.find(ends).unwrap_or(rest.len())
}

/// After the next brace, semicolon, comment sign or backtick.
fn begin_of_next(line: &str, at: usize) -> usize {
    let Some(rest) = line.get(at..) else {
        return line.len().min(at + 1);
    };
    rest.find(['{', '}', ';', '#', '!', '`'])
        .map_or(line.len(), |found| at + found + 1)
}

impl Diagnostic {
    /// One of its texts without the secrets that its places hold.
    pub(super) fn masked<'a>(&self, text: &'a str, sources: &SourceMap) -> Cow<'a, str> {
        let mut done = Cow::Borrowed(text);
        for label in &self.labels {
            if let Some(value) = secret_at(label.span, sources) {
                let ranges = delimited(&done, &value);
                if !ranges.is_empty() {
                    done = Cow::Owned(overwrite(&done, &ranges).into_owned());
                }
            }
        }
        done
    }
}

/// The text of a place if it is a secret.
fn secret_at(span: Span, sources: &SourceMap) -> Option<String> {
    let value = sources.text(span).trim_matches(QUOTES);
    if value.is_empty() {
        return None;
    }
    let written = sources.written(span);
    let (line, start) = line_of(written, sources)?;
    let ranges = secrets_of(line, start, sources.get(written.file)?);
    if ranges.is_empty() {
        // Names in place of secrets: the line is not changed, but its expansion is secret.
        let first = line.split_whitespace().next().unwrap_or("");
        let expanded = written != span && is_secret(first) && !is_secret(value);
        return expanded.then(|| value.to_owned());
    }
    if written == span {
        let from = (span.start as usize).checked_sub(start)?;
        let hidden = hides(line.get(from..from + span.len as usize)?, from, &ranges);
        return hidden.then(|| value.to_owned());
    }
    (!is_secret(value)).then(|| value.to_owned())
}

/// Whether nothing of a text that stands at an offset of its line is shown; `ranges` are the
/// line's secrets.
fn hides(text: &str, from: usize, ranges: &[Range<usize>]) -> bool {
    let to = from + text.len();
    let first = ranges.partition_point(|range| range.end <= from);
    let ranges = ranges[first..]
        .iter()
        .take_while(|range| range.start < to)
        .map(|range| range.start.max(from) - from..range.end.min(to) - from);
    let ranges: Vec<Range<usize>> = ranges.collect();
    let shown = overwrite(text, &ranges);
    let shown = shown.trim_matches(QUOTES);
    !shown.is_empty() && shown.bytes().all(|byte| byte == b'*')
}

/// Where secrets stand in the line of a source that begins at `start`. Those of a long line are
/// looked for once, however many problems it has.
fn secrets_of(line: &str, start: usize, source: &Source) -> Arc<[Range<usize>]> {
    match line.len() <= SHORT_LINE {
        true => secrets(line).into(),
        false => source.secrets(start, || secrets(line)),
    }
}

/// The line of a file that a place begins on, and its offset.
pub(super) fn line_of(span: Span, sources: &SourceMap) -> Option<(&str, usize)> {
    let text: &str = &sources.get(span.file)?.text;
    let at = super::floor_boundary(text, span.start as usize);
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |len| at + len);
    Some((&text[start..end], start))
}

/// Where `value` stands in `text` as a word of its own.
fn delimited(text: &str, value: &str) -> Vec<Range<usize>> {
    if value.is_empty() {
        return Vec::new();
    }
    let free = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let found = text.match_indices(value).filter(|(at, _)| {
        free(text[..*at].chars().next_back()) && free(text[at + value.len()..].chars().next())
    });
    found.map(|(at, _)| at..at + value.len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Origin;

    #[test]
    fn passwords_and_keys_are_not_shown() {
        let cases = [
            ("  auth_pass geheim # x", "  auth_pass ****** # x"),
            ("auth_pass \"two words\"", "auth_pass \"*********\""),
            ("auth_pass two words\n", "auth_pass *** *****\n"),
            ("# auth_pass old", "# auth_pass ***"),
            ("auth_psas x1", "auth_psas **"),
            (
                "authentication { auth_type PASS; auth_pass x; }",
                "authentication { auth_type PASS; auth_pass *; }",
            ),
            ("a { auth_pass k}", "a { auth_pass *}"),
            (
                "a { auth_pass k; auth_pass l; x }",
                "a { auth_pass *; auth_pass *; x }",
            ),
            ("key 3 hex:00ff", "key 3 ********"),
            ("key 3 file:/etc/k", "key 3 file:/etc/k"),
            ("key /etc/ssl/key.pem", "key /etc/ssl/key.pem"),
            ("password ü", "password **"),
            ("$VRRP_PASS=geheim", "$VRRP_PASS=******"),
            ("$IF=eth0", "$IF=eth0"),
            ("auth_pass $PW", "auth_pass $PW"),
            ("auth_pass ${PW}x", "auth_pass ${PW}x"),
            ("@main auth_pass x", "@main auth_pass *"),
            (
                "script \"/bin/x password y\"",
                "script \"/bin/x password y\"",
            ),
            (
                "this line expands to `auth_pass abc`",
                "this line expands to `auth_pass ***`",
            ),
        ];
        for (given, shown) in cases {
            assert_eq!(text(given), shown, "{given}");
        }
    }

    #[test]
    fn a_message_about_a_secret_does_not_quote_it() {
        let mut sources = SourceMap::new();
        let file = sources.add("a", "auth_pass ab;\n", Origin::Root);
        let message = "the `;` is part of the value 'ab;'";
        let diagnostic = Diagnostic::warning("semicolon", message).at(Span::new(file, 10, 13));
        insta::assert_snapshot!(
            diagnostic.masked(message, &sources),
            @"the `;` is part of the value '**;'"
        );
        let keyword = Diagnostic::error("x", "auth_pass is bad").at(Span::new(file, 0, 9));
        assert_eq!(
            keyword.masked("auth_pass is bad", &sources),
            "auth_pass is bad"
        );
    }
}
