//! Which commands a shell script runs, as far as its text shows it.
//!
//! Invariants: never fails and is linear in the text; places lie in the text that was given.
//! Deliberately unknown here: functions, expansions, here-documents (their lines are read as
//! commands, which no rule looks for).

use grammar::Span;

/// What stands before a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// A new statement.
    Statement,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|`
    Pipe,
}

/// One simple command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// Program and arguments without their quotes; assignments before the program are left out.
    pub(super) words: Vec<String>,
    pub(super) place: Span,
    pub(super) after: After,
    /// Its output goes into a word of another command: `$(…)` or backticks.
    pub(super) captured: bool,
    /// It decides an `if` or `while`.
    pub(super) condition: bool,
    /// `if`, `while` and the like around it.
    pub(super) depth: usize,
}

impl Command {
    /// A command that is run without a shell.
    pub(super) fn plain(argv: &[String], place: Span) -> Self {
        Self {
            words: argv.to_vec(),
            place,
            after: After::Statement,
            captured: false,
            condition: false,
            depth: 0,
        }
    }

    /// Program without its directory.
    pub(super) fn program(&self) -> &str {
        let first = self.words.first().map_or("", String::as_str);
        first.rsplit('/').next().unwrap_or(first)
    }

    /// Whether one of the arguments is this word.
    pub(super) fn has(&self, word: &str) -> bool {
        self.arguments().any(|argument| argument == word)
    }

    pub(super) fn arguments(&self) -> impl Iterator<Item = &str> {
        self.words.iter().skip(1).map(String::as_str)
    }
}

/// Commands in the order in which they stand; captured ones before the command they belong to.
pub(super) fn commands(text: &str, place: Span) -> Vec<Command> {
    let mut reader = Reader {
        text,
        base: place,
        at: 0,
        found: Vec::new(),
        depth: 0,
    };
    while reader.at < text.len() {
        reader.list(None, false, 0);
        // A stray closing bracket.
        reader.at += 1;
    }
    reader.found
}

/// Substitutions inside substitutions that are followed.
const MAX_NESTING: usize = 16;

struct Reader<'t> {
    text: &'t str,
    base: Span,
    at: usize,
    found: Vec<Command>,
    depth: usize,
}

/// A command that is being read.
struct Pending {
    words: Vec<String>,
    word: Option<String>,
    start: usize,
    end: usize,
    after: After,
    condition: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Commands up to `until` (not taken) or the end.
    fn list(&mut self, until: Option<u8>, captured: bool, nesting: usize) {
        let mut pending = Pending::new(After::Statement, self.at, false);
        while let Some(byte) = self.peek() {
            if Some(byte) == until || (until.is_none() && byte == b')') {
                break;
            }
            match byte {
                b'#' if pending.word.is_none() => self.comment(),
                b'&' if self.redirects(&pending) => self.character(&mut pending),
                b'\n' | b';' | b'|' | b'&' | b'(' => {
                    let after = self.separator(byte);
                    let condition = pending.goes_on(after);
                    self.push(pending, captured);
                    pending = Pending::new(after, self.at, condition);
                }
                b' ' | b'\t' | b'\r' => {
                    pending.end_word();
                    self.at += 1;
                    self.keyword(&mut pending);
                }
                b'\'' => self.quoted(&mut pending),
                b'\\' => {
                    self.at += 1;
                    self.character(&mut pending);
                }
                b'"' => self.double_quoted(&mut pending, nesting),
                b'`' => self.substitution(&mut pending, 1, b'`', nesting),
                b'$' if self.text[self.at..].starts_with("$(") => {
                    self.substitution(&mut pending, 2, b')', nesting);
                }
                _ => self.character(&mut pending),
            }
        }
        self.push(pending, captured);
    }

    fn comment(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    /// `2>&1` and `&>file`, which separate nothing.
    fn redirects(&self, pending: &Pending) -> bool {
        let behind = pending
            .word
            .as_ref()
            .is_some_and(|word| word.ends_with('>'));
        behind || self.text.as_bytes().get(self.at + 1) == Some(&b'>')
    }

    fn separator(&mut self, byte: u8) -> After {
        let double = byte != b'\n' && self.text.as_bytes().get(self.at + 1) == Some(&byte);
        self.at += if double { 2 } else { 1 };
        match (byte, double) {
            (b'|', true) => After::Or,
            (b'&', true) => After::And,
            (b'|', false) => After::Pipe,
            _ => After::Statement,
        }
    }

    /// Reserved words begin and end what surrounds commands.
    fn keyword(&mut self, pending: &mut Pending) {
        let [word] = pending.words.as_slice() else {
            return;
        };
        match word.as_str() {
            "if" | "while" | "until" => {
                self.depth += 1;
                pending.condition = true;
            }
            "elif" => pending.condition = true,
            "for" | "case" => self.depth += 1,
            "then" | "do" | "else" => pending.condition = false,
            "fi" | "done" | "esac" => self.depth = self.depth.saturating_sub(1),
            "!" | "{" | "}" | "exec" | "sudo" | "nohup" | "time" => {}
            assignment if is_assignment(assignment) => {}
            _ => return,
        }
        pending.words.clear();
        pending.start = self.at;
    }

    fn character(&mut self, pending: &mut Pending) {
        let Some(character) = self.text[self.at..].chars().next() else {
            return;
        };
        pending.take(character, self.at);
        self.at += character.len_utf8();
        pending.end = self.at;
    }

    fn quoted(&mut self, pending: &mut Pending) {
        self.at += 1;
        pending.word.get_or_insert_default();
        while self.peek().is_some_and(|byte| byte != b'\'') {
            self.character(pending);
        }
        self.at += 1;
        pending.end = self.at.min(self.text.len());
    }

    fn double_quoted(&mut self, pending: &mut Pending, nesting: usize) {
        self.at += 1;
        pending.word.get_or_insert_default();
        while let Some(byte) = self.peek().filter(|byte| *byte != b'"') {
            match byte {
                b'\\' => {
                    self.at += 1;
                    self.character(pending);
                }
                b'`' => self.substitution(pending, 1, b'`', nesting),
                b'$' if self.text[self.at..].starts_with("$(") => {
                    self.substitution(pending, 2, b')', nesting);
                }
                _ => self.character(pending),
            }
        }
        self.at += 1;
        pending.end = self.at.min(self.text.len());
    }

    fn substitution(&mut self, pending: &mut Pending, open: usize, close: u8, nesting: usize) {
        pending.take('$', self.at);
        self.at += open;
        if nesting < MAX_NESTING {
            let depth = self.depth;
            self.list(Some(close), true, nesting + 1);
            self.depth = depth;
        }
        self.at += 1;
        pending.end = self.at.min(self.text.len());
    }

    fn push(&mut self, mut pending: Pending, captured: bool) {
        pending.end_word();
        self.keyword(&mut pending);
        if pending.words.is_empty() {
            return;
        }
        let Span { file, start, .. } = self.base;
        let start = start as usize;
        let end = pending.end.min(self.text.len());
        self.found.push(Command {
            words: pending.words,
            place: Span::new(file, start + pending.start.min(end), start + end),
            after: pending.after,
            captured,
            condition: pending.condition,
            depth: self.depth,
        });
    }
}

impl Pending {
    fn new(after: After, start: usize, condition: bool) -> Self {
        Self {
            words: Vec::new(),
            word: None,
            start,
            end: start,
            after,
            condition,
        }
    }

    fn take(&mut self, character: char, at: usize) {
        if self.words.is_empty() && self.word.is_none() {
            self.start = at;
        }
        self.word.get_or_insert_default().push(character);
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    /// Whether a condition goes on behind this command.
    fn goes_on(&self, after: After) -> bool {
        self.condition && after != After::Statement
    }
}

/// `NAME=…`
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammar::FileId;

    fn read(text: &str) -> Vec<Command> {
        commands(text, Span::new(FileId(0), 0, text.len()))
    }

    fn words(text: &str) -> Vec<String> {
        read(text)
            .iter()
            .map(|command| command.words.join(" "))
            .collect()
    }

    #[test]
    fn statements_pipes_and_conditions() {
        let text =
            "#!/bin/sh\nif [ $n -eq 0 ]; then\n  sleep 2 && x # no\nfi\nps -ef | grep 'a b' || y\n";
        assert_eq!(
            words(text),
            ["[ $n -eq 0 ]", "sleep 2", "x", "ps -ef", "grep a b", "y"]
        );
        let all = read(text);
        assert!(all[0].condition && !all[1].condition);
        assert_eq!((all[1].depth, all[3].depth), (1, 0));
        assert_eq!(
            (all[2].after, all[4].after, all[5].after),
            (After::And, After::Pipe, After::Or)
        );
        let place = all[1].place;
        assert_eq!(&text[place.start as usize..place.end() as usize], "sleep 2");
    }

    #[test]
    fn substitutions_are_captured() {
        let text = "n=$(ps -C nginx | wc -l)\ncode=`curl -s $url`\necho \"$(date)\"\n";
        assert_eq!(
            words(text),
            ["ps -C nginx", "wc -l", "curl -s $url", "date", "echo $"]
        );
        assert!(read(text)[..4].iter().all(|command| command.captured));
    }

    #[test]
    fn redirections_do_not_separate() {
        assert_eq!(
            words("a >/dev/null 2>&1 || exit 1"),
            ["a >/dev/null 2>&1", "exit 1"]
        );
    }

    #[test]
    fn nothing_panics() {
        for text in [
            "'",
            "\"$(",
            "`",
            "$(((((",
            "))) ;; && ||",
            "é'é\"é$(é`é",
            "a \\",
        ] {
            let _ = read(text);
        }
    }
}
