//! The text of a script keyword: one command, quoted or not, then perhaps a user and a group.
//!
//! Invariants: no shell rules; a quoted command is unescaped once as a string and then split into
//! words, where quotes and backslashes count again (seen in the original: `"a \"b c\" d\ e"` is
//! three arguments, the last two with a blank).
//! Deliberately unknown here: whether the program exists.

use crate::ast::leaf::{Command, Spanned, User};
use crate::keyword::{Args, Problem};

/// The command of a script keyword. Words after command, user and group are reported.
///
/// # Errors
/// When it is empty or a quote is not closed.
pub fn command(args: &Args<'_>) -> Result<Spanned<Command>, Problem> {
    let raw = args.raw.trim_ascii();
    let name = &args.name.text;
    let unclosed = || {
        let message = format!("String '{name} {raw}': missing terminating quote");
        let problem = Problem::error("unmatched-quote", message).span(args.raw_span);
        problem.help("braces cut a line even within single quotes; use double quotes")
    };
    let (text, rest) = first(raw).ok_or_else(unclosed)?;
    let argv = split(&text).ok_or_else(unclosed)?;
    if argv.is_empty() {
        let message = format!("{name}: no command given");
        return Err(Problem::error("empty-command", message).span(args.raw_span));
    }
    let mut words = rest.split_ascii_whitespace();
    let user = words.next().map(|user| User {
        user: user.trim_matches('"').to_owned(),
        group: words.next().map(|group| group.trim_matches('"').to_owned()),
    });
    if words.next().is_some() {
        let message = format!("{name}: words after command, user and group are ignored");
        let problem = Problem::warning("extra-words", message).span(args.raw_span);
        args.report(problem.help("put the command with all its arguments into double quotes"));
    }
    Ok(Spanned::new(Command { argv, user }, args.raw_span))
}

/// The first word of a script text, unescaped if it is quoted, and what follows it.
fn first(raw: &str) -> Option<(String, &str)> {
    let quote = raw.chars().next().filter(|&c| c == '"' || c == '\'');
    let Some(quote) = quote else {
        let mut escaped = false;
        let end = raw.char_indices().find(|&(_, c)| {
            let ends = c.is_ascii_whitespace() && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let end = end.map_or(raw.len(), |(at, _)| at);
        return Some((raw[..end].to_owned(), &raw[end..]));
    };
    let mut escaped = false;
    for (at, c) in raw.char_indices().skip(1) {
        if c == quote && !escaped {
            return Some((unescape(&raw[1..at]), &raw[at + 1..]));
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// Replaces escapes in a quoted string; an escaped blank stays escaped for the splitting.
fn unescape(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        done.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else {
            done.push('\\');
            break;
        };
        let mut len = c.len_utf8();
        match c {
            'a' => done.push('\x07'),
            'b' => done.push('\x08'),
            'e' => done.push('\x1b'),
            'f' => done.push('\x0c'),
            'n' => done.push('\n'),
            'r' => done.push('\r'),
            't' => done.push('\t'),
            'v' => done.push('\x0b'),
            ' ' => done.push_str("\\ "),
            'x' => len = 1 + number(&rest[1..], 16, 2, &mut done),
            '0'..='7' => len = number(rest, 8, 3, &mut done),
            other => done.push(other),
        }
        rest = &rest[len..];
    }
    done.push_str(rest);
    done
}

/// Reads up to `most` digits of a character code. A code that is no character stands for itself.
fn number(text: &str, radix: u32, most: usize, done: &mut String) -> usize {
    let digits = text
        .chars()
        .take(most)
        .take_while(|c| c.is_digit(radix))
        .count();
    match u32::from_str_radix(&text[..digits], radix)
        .ok()
        .and_then(char::from_u32)
    {
        Some(c) if c != '\0' => done.push(c),
        _ => done.push_str(&text[..digits]),
    }
    digits
}

/// Splits a command into arguments; none when a quote is not closed.
fn split(text: &str) -> Option<Vec<String>> {
    let mut argv = Vec::new();
    let mut current: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let word = current.get_or_insert_default();
                word.push(chars.next().unwrap_or('\\'));
            }
            '"' | '\'' if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => {
                quote = Some(c);
                current.get_or_insert_default();
            }
            c if c.is_ascii_whitespace() && quote.is_none() => argv.extend(current.take()),
            c => current.get_or_insert_default().push(c),
        }
    }
    argv.extend(current);
    quote.is_none().then_some(argv)
}

/// A command as text that [`command`] reads back.
#[must_use]
pub fn print(command: &Command) -> String {
    let mut inner = String::new();
    for arg in &command.argv {
        if !inner.is_empty() {
            inner.push(' ');
        }
        let plain = !arg.is_empty()
            && arg
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"\"'\\".contains(&b));
        if plain {
            inner.push_str(arg);
        } else {
            inner.push('"');
            for c in arg.chars() {
                if c == '"' || c == '\\' {
                    inner.push('\\');
                }
                inner.push(c);
            }
            inner.push('"');
        }
    }
    let mut text = String::from("\"");
    for c in inner.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            c => text.push(c),
        }
    }
    text.push('"');
    if let Some(user) = &command.user {
        text.push(' ');
        text.push_str(&user.user);
        if let Some(group) = &user.group {
            text.push(' ');
            text.push_str(group);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(raw: &str) -> Option<Vec<String>> {
        split(&first(raw)?.0)
    }

    fn owned(words: &[&str]) -> Option<Vec<String>> {
        Some(words.iter().map(|&word| word.to_owned()).collect())
    }

    /// Each line was seen in the original's dump.
    #[test]
    fn as_the_original_splits() {
        assert_eq!(argv("/bin/echo a b"), owned(&["/bin/echo"]));
        assert_eq!(
            argv(r#""/bin/echo a 'two words' x\ y" root"#),
            owned(&["/bin/echo", "a", "two words", "x y"])
        );
        assert_eq!(argv("'/bin/echo q w'"), owned(&["/bin/echo", "q", "w"]));
        assert_eq!(
            argv(r#""/bin/echo \"in ner\" z""#),
            owned(&["/bin/echo", "in ner", "z"])
        );
        assert_eq!(
            argv(r#""/bin/echo a\\#b \x41 \t.""#),
            owned(&["/bin/echo", "a#b", "A", "."])
        );
    }

    #[test]
    fn an_open_quote_is_told() {
        assert_eq!(argv("'/bin/echo "), None);
        assert_eq!(argv("\"/bin/echo 'a\""), None);
    }

    #[test]
    fn printing_reads_back() {
        for argv in [
            &["/bin/x"][..],
            &["/x", "a b", "", "\"q\\", "'", "é\n", "#!"],
        ] {
            let argv: Vec<String> = argv.iter().map(|&word| word.to_owned()).collect();
            let printed = print(&Command {
                argv: argv.clone(),
                user: None,
            });
            let (text, rest) = first(&printed).expect("closed");
            assert_eq!((split(&text), rest), (Some(argv), ""), "{printed}");
        }
    }
}
