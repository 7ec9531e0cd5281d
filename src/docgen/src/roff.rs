//! Text of a manual page.
//!
//! Invariants: what comes from a table is never taken for a request or an escape; only ASCII is
//! written, so that every troff shows it.
//! Deliberately unknown here: what a page says.

use std::fmt::Write as _;

/// A page that grows.
#[derive(Default)]
pub(crate) struct Page(String);

impl Page {
    /// A part of a section.
    pub(crate) fn part(&mut self, name: &str) {
        self.request("SS", &[name]);
    }

    /// A term, bold but for what stands after it; its text follows.
    pub(crate) fn term(&mut self, name: &str, rest: &str) {
        self.0.push_str(".TP\n");
        let rest = match rest {
            "" => String::new(),
            rest => format!(" {}", literal(rest)),
        };
        let _ = writeln!(self.0, "\\fB{}\\fR{rest}", literal(name));
    }

    /// A term that is formatted already.
    pub(crate) fn formatted_term(&mut self, term: &str) {
        let _ = writeln!(self.0, ".TP\n{term}");
    }

    /// Sentences.
    pub(crate) fn say(&mut self, text: &str) {
        let _ = writeln!(self.0, "{}", at_begin(prose(text)));
    }

    /// Sentences on a line of their own, after a word in italics.
    pub(crate) fn note(&mut self, word: &str, text: &str) {
        let _ = writeln!(self.0, ".br\n\\fI{}:\\fR {}", literal(word), prose(text));
    }

    /// A new paragraph.
    pub(crate) fn paragraph(&mut self) {
        self.0.push_str(".PP\n");
    }

    /// A list of forms, each on lines of its own, those after the first one further in.
    pub(crate) fn forms<'a>(&mut self, forms: impl IntoIterator<Item = &'a str>) {
        self.0.push_str(".RS\n");
        for form in forms {
            let _ = writeln!(self.0, ".br\n.ti -4n\n{}", at_begin(literal(form)));
        }
        self.0.push_str(".RE\n");
    }

    fn request(&mut self, name: &str, words: &[&str]) {
        let words: Vec<String> = words
            .iter()
            .map(|word| format!(" \"{}\"", literal(word)))
            .collect();
        let _ = writeln!(self.0, ".{name}{}", words.concat());
    }

    /// The text.
    pub(crate) fn done(self) -> String {
        self.0
    }
}

/// Text that is shown byte for byte.
pub(crate) fn literal(text: &str) -> String {
    text.chars().map(|c| escaped(c, true)).collect()
}

/// Sentences; what stands between backticks is bold.
pub(crate) fn prose(text: &str) -> String {
    let mut done = String::new();
    for (index, part) in text.split('`').enumerate() {
        let typed = index % 2 == 1;
        if typed {
            done.push_str("\\fB");
        }
        done.extend(part.chars().map(|c| escaped(c, typed)));
        if typed {
            done.push_str("\\fR");
        }
    }
    done
}

/// `typed`: an apostrophe is the one of a keyboard, not of a printer.
fn escaped(c: char, typed: bool) -> String {
    match c {
        '\\' => "\\e".to_owned(),
        '-' => "\\-".to_owned(),
        '"' => "\\(dq".to_owned(),
        '^' => "\\(ha".to_owned(),
        '~' => "\\(ti".to_owned(),
        '`' => "\\(ga".to_owned(),
        '\'' if typed => "\\(aq".to_owned(),
        '\n' => " ".to_owned(),
        c if c.is_ascii() => c.to_string(),
        c => format!("\\[u{:04X}]", u32::from(c)),
    }
}

/// Keeps the beginning of a line from being a request.
fn at_begin(line: String) -> String {
    match line.chars().next() {
        Some('.' | '\'') => format!("\\&{line}"),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_holds_no_request_and_no_escape() {
        let mut page = Page::default();
        page.say(".5 -x \\n");
        page.say("use `a'b` or \u{2026}");
        let text = page.done();
        assert_eq!(text, "\\&.5 \\-x \\en\nuse \\fBa\\(aqb\\fR or \\[u2026]\n");
    }
}
