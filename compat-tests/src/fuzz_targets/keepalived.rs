//! keepalived.conf: lexer, expansion, whole files, formatting, JSON.
//!
//! Invariants checked: every word and token is a stretch of a text that was read; every place
//! goes back to a line that the user wrote; what is printed, formatted or converted means the
//! same.

use std::path::Path;

use grammar::keepalived::define::{definition_of, use_at};
use grammar::keepalived::expand::{self, Token};
use grammar::keepalived::include::Include;
use grammar::keepalived::lex::{self, Marks, Piece};
use grammar::keepalived::sequence::{self, Sequence};
use grammar::keepalived::{self, Options, fmt};
use grammar::loader::FileKind;
use grammar::span::Span;
use grammar::{Ast, FileId, MemoryLoader, json};
use plan::keepalived::check;

use super::LONGEST;
use super::host::Host;
use super::language::{PATH, only};

/// Most rounds whose values are looked at.
const ROUNDS: u64 = 16;

/// The lines of a text, each on its own.
pub fn keepalived_lexer(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if text.len() > LONGEST {
        return;
    }
    for line in text.lines() {
        lexed(line);
        headed(line);
    }
}

/// Comment, pieces and words.
fn lexed(line: &str) {
    let end = lex::before_comment(line);
    assert_eq!(end < line.len(), {
        let rest = line[end..].chars().next();
        rest.is_some_and(|c| c == '#' || c == '!')
    });
    assert!(end == line.len() || Marks::of(line).comment(), "{line:?}");
    let pieces = lex::pieces(line);
    let mut last = 0;
    for (piece, range) in &pieces {
        assert!(last <= range.start && range.start < range.end, "{line:?}");
        last = range.end;
        let text = &line[range.clone()];
        match piece {
            Piece::Open => assert_eq!(text, "{"),
            Piece::Close => assert_eq!(text, "}"),
            Piece::Text => assert_eq!(text, text.trim_ascii()),
        }
    }
    if let Some(name) = lex::undefined_name(line, &pieces) {
        assert!(line[name].starts_with("${"), "{line:?}");
    }
    let _ = lex::brace_in_single_quotes(line);
    let (words, open) = lex::words(line, Span::new(FileId(0), 0, line.len()));
    let mut last = 0;
    for word in &words {
        assert!(last <= word.span.start && word.span.len > 0, "{line:?}");
        last = word.span.end();
        let written = &line[word.span.start as usize..word.span.end() as usize];
        assert!(written.len() >= word.text.len(), "{line:?}");
        assert_eq!(word.quoted, written.starts_with('"'), "{line:?}");
    }
    assert!(!open || line.contains('"'), "{line:?}");
}

/// What makes a line more than a setting.
fn headed(line: &str) {
    if let Some(include) = Include::of(line) {
        assert!(!include.patterns.is_empty(), "{line:?}");
    }
    if let Some((name, value)) = definition_of(line) {
        assert_eq!(format!("${name}={value}"), line);
    }
    for (at, _) in line.match_indices('$') {
        if let Some(used) = use_at(&line[at..], || None) {
            assert!(line[at..].is_char_boundary(used.len), "{line:?}");
        }
    }
    let Some(head) = sequence::head(line) else {
        return;
    };
    let Some(Ok(sequence)) = head
        .parameters
        .map(|parameters| Sequence::parse(head.word, parameters))
    else {
        return;
    };
    let rounds = sequence.rounds();
    for round in (0..rounds.min(ROUNDS)).chain(rounds.checked_sub(1)) {
        let (names, values) = (sequence.names.len(), sequence.values(round).len());
        assert_eq!(names, values, "{line:?}");
    }
}

/// Several files: each line of `%%` and a name begins one, the text before it is the root, which
/// any may include.
fn files(text: &str) -> MemoryLoader {
    let mut loader = MemoryLoader::default();
    let mut parts = text.split("\n%%");
    let root = parts.next().unwrap_or("");
    loader.insert(PATH, FileKind::Regular, root.as_bytes());
    for part in parts {
        let (name, text) = part.split_once('\n').unwrap_or((part, ""));
        let path = format!("/etc/fuzz/{}", name.trim());
        loader.insert(path, FileKind::Regular, text.as_bytes());
    }
    loader
}

/// Reading without understanding.
pub fn keepalived_expansion(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if text.len() > LONGEST {
        return;
    }
    let options = Options::default();
    let read = expand::read(&mut files(&text), Path::new(PATH), &options);
    for token in &read.tokens {
        let (span, wanted) = match *token {
            Token::Line { span, .. } => (span, None),
            Token::Open(span) => (span, Some("{")),
            Token::Close(span) => (span, Some("}")),
        };
        let text = read.sources.text(span);
        match wanted {
            Some(brace) => assert_eq!(text, brace),
            None => assert!(!text.is_empty() && text == text.trim_ascii(), "{text:?}"),
        }
        // Chains are walked for some of a bomb's tokens only.
        if read.tokens.len() < 1_000 || span.start % 61 == 0 {
            placed(&read, span);
        }
    }
    for problem in &read.diagnostics {
        assert!(!problem.message.is_empty());
        let line = problem.keepalived_line(&read.sources);
        assert!(!line.contains('\n'), "{line:?}");
    }
}

/// A place goes back to a line of a file.
fn placed(read: &expand::Read, span: Span) {
    let place = read.sources.place(span);
    assert!(place.line > 0 && place.column > 0, "{span:?}");
    assert!(place.file.starts_with("/etc/fuzz"), "{span:?}");
    let Some(chain) = read.sources.chain(span) else {
        return;
    };
    assert_eq!(chain.written, read.sources.written(span));
    for definition in chain.definitions {
        assert!(!read.sources.text(definition).contains('\n'), "{span:?}");
    }
}

/// A keepalived.conf, which may include itself.
pub fn keepalived_conf(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let options = Options::default();
    let checked = check(&mut only(data), Path::new(PATH), &options, &Host);
    let _ = (checked.status(), checked.report(), checked.notice());
    let parsed = keepalived::parse(&mut only(data), Path::new(PATH), &options);
    let printed = keepalived::print(&parsed.ast);
    if parsed.diagnostics.is_empty() {
        let again = keepalived::parse(&mut only(printed.as_bytes()), Path::new(PATH), &options);
        assert_eq!(again.diagnostics, [], "of what was printed:\n{printed}");
        assert_eq!(again.ast, parsed.ast, "{printed}");
    }
}

/// Canonical text: twice is once, and the meaning stays.
pub fn keepalived_fmt(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else {
        return;
    };
    if text.len() > LONGEST {
        return;
    }
    let options = Options::default();
    let path = Path::new(PATH);
    // The loader knows one more file, and what is formatted may include itself.
    let mut loader = MemoryLoader::new([("/etc/fuzz/x", "interface eth1\n")]);
    let once = fmt::checked(&mut loader, path, &options, text).expect("the same meaning");
    let twice = fmt::checked(&mut loader, path, &options, &once);
    assert_eq!(twice.as_ref(), Ok(&once), "twice is once");
    let understood = |text: &str| {
        let parsed = keepalived::parse(&mut only(text.as_bytes()), path, &options);
        let codes = parsed.diagnostics.into_iter().map(|problem| problem.code);
        // A line that is split is no longer too long.
        let mut codes: Vec<_> = codes.filter(|code| *code != "long-line").collect();
        codes.sort_unstable();
        (parsed.ast, codes)
    };
    assert_eq!(understood(text), understood(&once), "{once}");
}

/// The AST of any text comes back from JSON; and any JSON is an AST or is refused.
pub fn keepalived_json(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let (ast, sound) = match serde_json::from_slice(data).map(json::from_value::<Ast>) {
        Ok(Ok(ast)) => (ast, true),
        Ok(Err(_)) => return,
        Err(_) => {
            let options = Options::default();
            let parsed = keepalived::parse(&mut only(data), Path::new(PATH), &options);
            (parsed.ast, parsed.diagnostics.is_empty())
        }
    };
    let value = json::to_value(&ast).expect("written");
    let read: Ast = json::from_value(value.clone()).expect("what was written");
    // That something was not taken is a part of equality, but not of what is written.
    assert!(!sound || read == ast, "{value:#}");
    let again = json::to_value(&read).expect("written");
    assert_eq!(again, value);
    let text = serde_json::to_string(&value).expect("a value");
    let again: serde_json::Value = serde_json::from_str(&text).expect("what was written");
    assert_eq!(again, value, "{text}");
    let _ = keepalived::print(&read);
}
