//! What is wrong with a configuration, as a value, and its three renderings.
//!
//! Invariants: one mistake is one diagnostic; `message` is the text that the original program
//! prints (without file and line), everything that explains it further stands in labels and help.
//! Deliberately unknown here: what a keyword means, where output goes.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;

use crate::span::{FileId, Origin, SourceMap, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Works, but perhaps not as meant.
    Warning,
    /// Not understood or not possible.
    Error,
}

/// What a diagnostic does to the exit status of a test run, as the originals class it.
///
/// keepalived: see [`Class::keepalived_status`]. nginx: everything but `None` fails with 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The test still passes.
    None,
    /// A keyword lacks its parameter: keepalived ends at once with 2.
    MissingParameter,
    /// Interface or file missing, instance impossible (4).
    Severe,
    /// An ordinary mistake (5).
    General,
    /// Script security or a failed include (6).
    Security,
}

impl Class {
    /// Exit status of `keepalived -t` when this is the highest class seen.
    #[must_use]
    pub const fn keepalived_status(self) -> u8 {
        match self {
            Self::None => 0,
            Self::MissingParameter => 2,
            Self::Severe => 4,
            Self::General => 5,
            Self::Security => 6,
        }
    }
}

/// A place that belongs to a diagnostic, and what it has to do with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// May be empty.
    pub text: String,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable identifier, `unknown-keyword` style.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// What it does to the exit status.
    pub class: Class,
    /// The original's wording, without place.
    pub message: String,
    /// The first one is the place of the problem.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// The original names no file and line here.
    pub unplaced: bool,
    /// Where reading had got to when the original noticed it, if that is not its place.
    pub noticed: Option<Span>,
}

impl Diagnostic {
    /// An error of the ordinary class.
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, Class::General, message)
    }

    /// A warning; the test still passes.
    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, Class::None, message)
    }

    /// A notice; the test still passes.
    #[must_use]
    pub fn notice(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Notice, Class::None, message)
    }

    fn new(code: &'static str, s: Severity, class: Class, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: s,
            class,
            message: message.into(),
            labels: Vec::new(),
            help: None,
            unplaced: false,
            noticed: None,
        }
    }

    /// Sets the exit class.
    #[must_use]
    pub fn class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }

    /// Adds a place without text. The first place added is the primary one.
    #[must_use]
    pub fn at(self, span: Span) -> Self {
        self.label(span, "")
    }

    /// Adds a place with text.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Sets the help line.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The one-line wording has no place.
    #[must_use]
    pub fn unplaced(mut self) -> Self {
        self.unplaced = true;
        self
    }

    /// The original notices it only when it has read up to here.
    #[must_use]
    pub fn noticed(mut self, at: Span) -> Self {
        self.noticed = Some(at);
        self
    }

    /// The primary place.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

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
                    self.message
                )
            }
            None => self.message.clone(),
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
        match self.span().filter(|_| !self.unplaced) {
            Some(span) => {
                let place = sources.place(span);
                match sources.get(span.file).map(|source| &source.origin) {
                    Some(Origin::Argument) => {
                        format!("[{level}] {} in command line", self.message)
                    }
                    _ => {
                        let file = place.file.display();
                        format!("[{level}] {} in {file}:{}", self.message, place.line)
                    }
                }
            }
            None => format!("[{level}] {}", self.message),
        }
    }

    /// Several lines: the message, the text it is about with its labels, and the help.
    #[must_use]
    pub fn annotated(&self, sources: &SourceMap, colour: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Notice => Level::NOTE,
        };
        let mut group = level
            .primary_title(self.message.as_str())
            .id(self.code)
            .elements(self.snippets(sources));
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        for note in self.expansion_notes(sources) {
            group = group.element(Level::NOTE.message(note));
        }
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.render(&[group])
    }

    /// One snippet per source, the primary place's first, each cut down to the lines around its
    /// labels so that a huge file costs nothing.
    fn snippets<'a>(
        &'a self,
        sources: &'a SourceMap,
    ) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
        let mut files: Vec<FileId> = Vec::new();
        for label in &self.labels {
            let file = sources.written(label.span).file;
            if !files.contains(&file) {
                files.push(file);
            }
        }
        let snippet = |file: FileId| self.snippet(sources, file);
        files.into_iter().filter_map(snippet).collect()
    }

    fn snippet<'a>(
        &'a self,
        sources: &'a SourceMap,
        file: FileId,
    ) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
        let source = sources.get(file)?;
        let text: &str = &source.text;
        let spans: Vec<(usize, core::ops::Range<usize>, &str)> = self
            .labels
            .iter()
            .enumerate()
            .map(|(index, label)| (index, sources.written(label.span), label.text.as_str()))
            .filter(|(_, span, _)| span.file == file)
            .map(|(index, span, label)| {
                let start = floor_boundary(text, span.start as usize);
                let end = floor_boundary(text, span.end() as usize).max(start);
                (index, start..end, label)
            })
            .collect();
        let first = spans.iter().map(|(_, range, _)| range.start).min()?;
        let last = spans.iter().map(|(_, range, _)| range.end).max()?;
        let from = text[..first].rfind('\n').map_or(0, |at| at + 1);
        let to = text[last..].find('\n').map_or(text.len(), |at| last + at);
        let line = source.line_column(u32::try_from(from).unwrap_or(0)).0;
        let mut snippet = Snippet::source(&text[from..to])
            .line_start(line as usize)
            .path(source.name.to_string_lossy().into_owned());
        for (index, range, label) in spans {
            let kind = if index == 0 {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            let annotation = kind.span(range.start - from..range.end - from);
            snippet = snippet.annotation(if label.is_empty() {
                annotation
            } else {
                annotation.label(label)
            });
        }
        Some(snippet)
    }

    /// For a place inside expanded text: what the text was at that point.
    fn expansion_notes(&self, sources: &SourceMap) -> Vec<String> {
        let Some(span) = self.span() else {
            return Vec::new();
        };
        let Some(source) = sources.get(span.file) else {
            return Vec::new();
        };
        let Origin::Expanded { definition, .. } = source.origin else {
            return Vec::new();
        };
        let start = (span.start as usize).min(source.text.len());
        let from = source.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = source.text[from..].lines().next().unwrap_or("");
        let mut notes = vec![format!("this line expands to `{}`", line.trim())];
        if let Some(definition) = definition {
            let place = sources.place(definition);
            let file = place.file.display();
            notes.push(format!(
                "the definition stands in {file} line {}",
                place.line
            ));
        }
        notes
    }

    /// One JSON object with resolved places.
    #[must_use]
    pub fn json(&self, sources: &SourceMap) -> serde_json::Value {
        let labels: Vec<_> = self
            .labels
            .iter()
            .map(|label| {
                let place = sources.place(label.span);
                serde_json::json!({
                    "file": place.file.to_string_lossy(),
                    "line": place.line,
                    "column": place.column,
                    "text": label.text,
                })
            })
            .collect();
        serde_json::json!({
            "code": self.code,
            "severity": self.severity,
            "class": self.class,
            "message": self.message,
            "labels": labels,
            "help": self.help,
        })
    }
}

/// Orders by the place where the original notices it; those without one come last. Stable, so
/// equal places keep their order.
pub fn sort_by_place(diagnostics: &mut [Diagnostic], sources: &SourceMap) {
    diagnostics.sort_by_cached_key(|diagnostic| {
        let order = diagnostic
            .noticed
            .or(diagnostic.span())
            .map(|span| sources.order(span));
        (order.is_none(), order)
    });
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> (SourceMap, Diagnostic) {
        let mut sources = SourceMap::new();
        let file = sources.add(
            "a.conf",
            "vrrp_instance A {\n  prioriti 100\n}\n",
            Origin::Root,
        );
        let diagnostic = Diagnostic::error("unknown-keyword", "Unknown keyword 'prioriti'")
            .label(Span::new(file, 20, 28), "not a keyword of vrrp_instance")
            .help("did you mean `priority`?");
        (sources, diagnostic)
    }

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

    #[test]
    fn annotated_shows_text_and_help() {
        let (sources, diagnostic) = example();
        insta::assert_snapshot!(diagnostic.annotated(&sources, false), @r"
        error[unknown-keyword]: Unknown keyword 'prioriti'
         --> a.conf:2:3
          |
        2 |   prioriti 100
          |   ^^^^^^^^ not a keyword of vrrp_instance
          |
          = help: did you mean `priority`?
        ");
    }

    #[test]
    fn json_has_the_place() {
        let (sources, diagnostic) = example();
        let json = diagnostic.json(&sources);
        assert_eq!(json["labels"][0]["line"], 2);
        assert_eq!(json["class"], "general");
    }

    #[test]
    fn a_span_inside_a_character_does_not_panic() {
        let mut sources = SourceMap::new();
        let file = sources.add("a", "ü", Origin::Root);
        let diagnostic = Diagnostic::error("x", "y").at(Span::new(file, 1, 9));
        assert!(diagnostic.annotated(&sources, false).contains('y'));
    }
}
