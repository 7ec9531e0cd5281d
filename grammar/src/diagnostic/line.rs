//! One line per diagnostic, in the wording of the original programs.
//!
//! Invariants: never more than one line's worth of our own words; no source text is shown.

use super::{Diagnostic, Severity};
use crate::span::{Origin, SourceMap};

impl Diagnostic {
    /// keepalived's one line: `(FILE: Line N) text`.
    #[must_use]
    pub fn keepalived_line(&self, sources: &SourceMap) -> String {
        match self.span().filter(|_| !self.unplaced) {
            Some(span) => {
                let place = sources.place(span);
                format!(
                    "({}: Line {}) {}",
                    place.file.display(),
                    place.line,
                    self.masked(&self.message, sources)
                )
            }
            None => self.masked(&self.message, sources).into_owned(),
        }
    }

    /// nginx's one line without the program's name: `[emerg] text in FILE:N`.
    #[must_use]
    pub fn nginx_line(&self, sources: &SourceMap) -> String {
        let level = match self.severity {
            Severity::Error => "emerg",
            Severity::Warning => "warn",
            Severity::Notice => "notice",
        };
        let message = self.masked(&self.message, sources);
        match self.span().filter(|_| !self.unplaced) {
            Some(span) => {
                let place = sources.place(span);
                match sources.get(span.file).map(|source| &source.origin) {
                    Some(Origin::Argument) => {
                        format!("[{level}] {message} in command line")
                    }
                    _ => {
                        let file = place.file.display();
                        format!("[{level}] {message} in {file}:{}", place.line)
                    }
                }
            }
            None => format!("[{level}] {message}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::tests::example;

    #[test]
    fn original_lines() {
        let (sources, diagnostic) = example();
        insta::assert_snapshot!(
            diagnostic.keepalived_line(&sources),
            @"(a.conf: Line 2) Unknown keyword 'prioriti'"
        );
        insta::assert_snapshot!(
            diagnostic.nginx_line(&sources),
            @"[emerg] Unknown keyword 'prioriti' in a.conf:2"
        );
    }
}
