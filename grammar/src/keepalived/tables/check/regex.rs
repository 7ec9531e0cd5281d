//! `regex` of a `url`, and its options.
//!
//! Invariant: what the original only logs and then ignores is a warning here.
//! Deliberately unknown here: whether the pattern compiles; PCRE2 says that when it is used.

use crate::ast::leaf::Spanned;
use crate::ast::lvs::{Regex, RegexOption, Url};
use crate::diagnostic::Diagnostic;
use crate::keepalived::tables::check::Set;
use crate::keepalived::tables::named::duplicate;
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem};
use crate::tree::Block;

/// The rows.
pub(super) const ROWS: [Keyword<Url>; 6] = [
    Keyword::set(
        "regex",
        "<PATTERN>",
        (0, None),
        regex,
        "PCRE2 pattern that the body must match; a \\ is written twice.",
    )
    .default("none")
    .since("2.0.7")
    .samples(&["works", "\"it works\"", "\"<b>\\\\d+ ok</b>\""], &[]),
    Keyword::set(
        "regex_no_match",
        "",
        (0, Some(0)),
        no_match,
        "Turn regex around: the page is good when the pattern is not found.",
    )
    .default("off")
    .since("2.0.7"),
    Keyword::set(
        "regex_options",
        "<OPTION>...",
        (0, None),
        options,
        "PCRE2 options of the pattern, such as caseless or multiline.",
    )
    .default("none")
    .since("2.0.7")
    .samples(&["caseless", "caseless multiline"], &[]),
    Keyword::set(
        "regex_min_offset",
        "<N>",
        (0, None),
        min_offset,
        "A match must not begin before this byte of the body.",
    )
    .default("0")
    .since("2.0.7")
    .samples(&["10", "0"], &[]),
    Keyword::set(
        "regex_max_offset",
        "<N>",
        (0, None),
        max_offset,
        "A match must not begin after this byte of the body.",
    )
    .default("none")
    .since("2.0.7")
    .samples(&["4096", "0"], &[]),
    Keyword::set(
        "regex_stack",
        "<START> <MAX>",
        (0, None),
        stack,
        "Memory for a compiled pattern, at first and at most, in bytes.",
    )
    .since("2.0.7")
    .samples(&["32768 524288"], &[]),
];

fn regex(url: &mut Url, args: &Args<'_>) -> Set {
    let raw = args.raw.trim_ascii();
    let span = args.raw_span;
    let words = words(raw).ok_or_else(|| {
        let message = format!("String 'regex {raw}': missing terminating quote");
        let problem = Problem::error("unmatched-quote", message).span(span);
        problem.help("close the quote; within it, write a quote as \\\"")
    })?;
    let Ok([pattern]) = <[String; 1]>::try_from(words) else {
        let message = "regex missing or too many fields";
        let problem = Problem::error("invalid-regex", message).span(span);
        return Err(problem.help("put the whole pattern into double quotes"));
    };
    if url.regex.pattern.is_some() {
        args.report(duplicate(
            "Duplicate regex specified - replacing it".to_owned(),
        ));
    }
    url.regex.pattern = Some(Spanned::new(pattern, span));
    Ok(())
}

fn no_match(url: &mut Url, _: &Args<'_>) -> Set {
    url.regex.no_match = true;
    Ok(())
}

fn options(url: &mut Url, args: &Args<'_>) -> Set {
    for (index, word) in args.words.iter().enumerate() {
        match RegexOption::of(&word.text) {
            Some(option) if url.regex.options.contains(&option) => {}
            Some(option) => url.regex.options.push(option),
            None => {
                let message = format!("Unknown regex option '{}' - ignoring", word.text);
                let known = RegexOption::ALL.iter().map(|option| option.word());
                let mut problem = Problem::warning("unknown-option", message).word(index);
                if let Some(name) = crate::keyword::nearest(&word.text, known) {
                    problem = problem.help(format!("did you mean `{name}`?"));
                }
                args.report(problem);
            }
        }
    }
    Ok(())
}

fn min_offset(url: &mut Url, args: &Args<'_>) -> Set {
    url.regex.min_offset = numbers::<1>(args).map(|number| number.map(|[number]| number));
    Ok(())
}

fn max_offset(url: &mut Url, args: &Args<'_>) -> Set {
    url.regex.max_offset = numbers::<1>(args).map(|number| number.map(|[number]| number));
    Ok(())
}

fn stack(url: &mut Url, args: &Args<'_>) -> Set {
    let Some(sizes) = numbers::<2>(args) else {
        return Ok(());
    };
    let [start, max] = sizes.value;
    if start > max {
        let message = "regex stack start cannot exceed max value";
        args.report(Problem::warning("invalid-number", message).word(0));
        return Ok(());
    }
    url.regex.stack = Some(sizes.map(|_| (start, max)));
    Ok(())
}

/// So many whole numbers; none, which is told, when the words are something else.
fn numbers<const N: usize>(args: &Args<'_>) -> Option<Spanned<[u64; N]>> {
    let name = &args.name.text;
    let ignored = |label: &str| {
        let message = format!("Invalid {name} {} specified - ignoring", args.raw.trim());
        args.report(Problem::warning("invalid-number", message).label(label));
    };
    let (Some(first), Some(last)) = (args.words.first(), args.words.last()) else {
        ignored("needs a value");
        return None;
    };
    let mut read = [0; N];
    if args.words.len() != N {
        ignored(if N == 1 {
            "takes one number"
        } else {
            "takes two numbers"
        });
        return None;
    }
    for (index, number) in read.iter_mut().enumerate() {
        let Ok(found) = value::integer(args, index, 0..=u64::MAX, |_| String::new()) else {
            ignored("not a whole number");
            return None;
        };
        *number = found.value;
    }
    Some(Spanned::new(read, first.span.to(last.span)))
}

/// What the settings of one page ask together.
pub(super) fn check(regex: &mut Regex, block: &Block, lowering: &mut Lowering<'_>) {
    let end = block.close.unwrap_or(block.open);
    if regex.pattern.is_none() {
        if *regex != Regex::default() {
            let message = "regex parameters specified without regex";
            let problem = Diagnostic::warning("no-regex", message).at(end);
            lowering.push(problem.help("add: regex PATTERN"));
        }
        return;
    }
    if let (Some(min), Some(max)) = (regex.min_offset, regex.max_offset)
        && min.value > max.value
    {
        let message = format!("regex min offset {min} > regex_max_offset {max} - ignoring");
        let problem = Diagnostic::warning("no-good-offset", message).at(min.span);
        lowering.push(problem.label(max.span, "no match can begin between the two"));
        regex.min_offset = None;
        regex.max_offset = None;
    }
}

/// The words of a pattern's text, where both kinds of quotes join blanks and escapes count
/// everywhere; none when a quote or an escape is not complete.
fn words(raw: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut current: Option<String> = None;
    let mut quote = None;
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => rest = escape(rest, current.get_or_insert_default())?,
            c if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => {
                quote = Some(c);
                current.get_or_insert_default();
            }
            c if c.is_ascii_whitespace() && quote.is_none() => words.extend(current.take()),
            c => current.get_or_insert_default().push(c),
        }
    }
    words.extend(current);
    quote.is_none().then_some(words)
}

/// Appends what an escape stands for; the text after it.
fn escape<'t>(text: &'t str, done: &mut String) -> Option<&'t str> {
    let first = text.chars().next()?;
    let digits = |text: &str, radix: u32, most: usize| {
        text.chars()
            .take(most)
            .take_while(|c| c.is_digit(radix))
            .count()
    };
    let simple = match first {
        'a' => '\x07',
        'b' => '\x08',
        'E' => '\x1b',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        'x' if digits(&text[1..], 16, 2) > 0 => {
            let end = 1 + digits(&text[1..], 16, 2);
            push_code(u8::from_str_radix(&text[1..end], 16).ok()?, done);
            return Some(&text[end..]);
        }
        '0'..='7' => {
            let end = digits(text, 8, 3);
            push_code(u8::from_str_radix(&text[..end], 8).ok()?, done);
            return Some(&text[end..]);
        }
        'c' if text[1..].starts_with(|c: char| c.is_ascii()) => {
            push_code(text.as_bytes()[1] & 0x1f, done);
            return Some(&text[2..]);
        }
        other => other,
    };
    done.push(simple);
    Some(&text[first.len_utf8()..])
}

/// A code that is no ASCII character stays an escape: PCRE2 reads it the same way.
fn push_code(code: u8, done: &mut String) {
    match code {
        0 | 0x80.. => {
            use core::fmt::Write as _;
            let _ = write!(done, "\\x{code:02x}");
        }
        code => done.push(char::from(code)),
    }
}

/// A pattern as text that is read back to the same pattern.
#[must_use]
pub(in crate::keepalived) fn print(pattern: &str) -> String {
    let mut text = String::from("\"");
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            // What follows could be the name of a definition or a sequence.
            '$' if rest
                .peek()
                .is_some_and(|&next| next == '{' || next == '_' || next.is_alphanumeric()) =>
            {
                text.push_str("\\x24");
            }
            '~' => text.push_str("\\x7e"),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(raw: &str) -> Option<Vec<String>> {
        words(raw)
    }

    #[test]
    fn escapes_and_quotes() {
        let one = |text: &str| Some(vec![text.to_owned()]);
        assert_eq!(of("abc"), one("abc"));
        assert_eq!(of(r#""a b""#), one("a b"));
        assert_eq!(of(r"'a b'"), one("a b"));
        assert_eq!(of(r#"a"b c"d"#), one("ab cd"));
        assert_eq!(of(r#""\\d+ \"x\" \x41\101\cA""#), one("\\d+ \"x\" AA\x01"));
        assert_eq!(of(r"\xff\0"), one(r"\xff\x00"));
        assert_eq!(of("a b"), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(of(""), Some(Vec::new()));
    }

    #[test]
    fn an_open_quote_is_told() {
        assert_eq!(of("\"abc"), None);
        assert_eq!(of("abc\\"), None);
    }

    #[test]
    fn printing_reads_back() {
        for pattern in [
            "",
            "a b",
            "\\d{2} \"'",
            "^$x ${y} ~SEQ(a,1,2) é\n",
            "\\xff#!",
        ] {
            let printed = print(pattern);
            assert_eq!(of(&printed), Some(vec![pattern.to_owned()]), "{printed}");
        }
    }
}
