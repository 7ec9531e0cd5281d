//! Diagnostics for programs: one JSON document.
//!
//! ```json
//! { "version": 1,
//!   "diagnostics": [
//!     { "code": "unknown-keyword", "severity": "error", "class": "general",
//!       "message": "Unknown keyword 'prioriti'",
//!       "place": { "file": "a.conf", "line": 2, "column": 3, "end_line": 2, "end_column": 11 },
//!       "labels": [ { "place": { … }, "text": "not known in vrrp_instance", "primary": true } ],
//!       "help": "did you mean `priority`?",
//!       "origin": [ { "kind": "included", "place": { … } } ] } ] }
//! ```
//!
//! `severity` is `notice`, `warning` or `error`; `class` tells what the diagnostic does to the exit
//! status of a test: `none` (0), `missing-parameter` (2), `severe` (4), `general` (5) or `security`
//! (6). Lines and columns count from 1, columns in bytes; an end is where the next character
//! would stand. `place` and `help` are `null` where there is none. `origin` leads from the place to
//! the file that was named on the command line, innermost first: `included` (the include line),
//! `expanded` (the line the user wrote, with the `values` of sequence variables, if any), `defined`
//! (a line of a definition that was used on it).
//!
//! Invariants: fields are only ever added while `version` stays; no field shows a secret.

use std::path::Path;

use serde::Serialize;

use super::{Class, Diagnostic, Severity};
use crate::span::{Origin, SourceMap, Span};

/// Version of the document's form.
pub const VERSION: u32 = 1;

/// The whole document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    /// [`VERSION`].
    pub version: u32,
    /// In the order they were given.
    pub diagnostics: Vec<Entry>,
}

/// One diagnostic with its places resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Stable identifier.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// What it does to the exit status.
    pub class: Class,
    /// One line.
    pub message: String,
    /// The place of the problem.
    pub place: Option<Place>,
    /// Every place that has to do with it.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// How the text of the place came to be.
    pub origin: Vec<Step>,
}

/// A place with a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// May be empty.
    pub text: String,
    /// Whether it is the place of the problem.
    pub primary: bool,
}

/// A stretch of a file as the user wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// As it was named.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in bytes.
    pub column: u32,
    /// From 1.
    pub end_line: u32,
    /// One past the last byte, from 1.
    pub end_column: u32,
}

/// How a text came to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// `included`, `expanded` or `defined`.
    pub kind: &'static str,
    /// Where.
    pub place: Place,
    /// Values of sequence variables: `IF=0, ID=7`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
}

/// Resolves all places.
#[must_use]
pub fn document(diagnostics: &[Diagnostic], sources: &SourceMap) -> Document {
    Document {
        version: VERSION,
        diagnostics: diagnostics.iter().map(|d| d.entry(sources)).collect(),
    }
}

/// What the user wrote for `span`.
#[must_use]
pub fn place(span: Span, sources: &SourceMap) -> Place {
    let written = sources.written(span);
    let start = sources.place(written);
    let len = u32::try_from(sources.text(written).trim_ascii_end().len()).unwrap_or(0);
    let last = Span {
        start: written.start.saturating_add(len),
        len: 0,
        ..written
    };
    let end = sources.place(last);
    Place {
        file: name(start.file),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

fn name(file: &Path) -> String {
    file.to_string_lossy().into_owned()
}

/// From the text of `span` outwards to the file that was named on the command line.
#[must_use]
pub fn origin(span: Span, sources: &SourceMap) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut file = span.file;
    let step = |kind, at| Step {
        kind,
        place: place(at, sources),
        values: None,
    };
    if let Some(chain) = sources.chain(span) {
        let values = Some(chain.rounds.join(", ")).filter(|values| !values.is_empty());
        steps.push(Step {
            values,
            ..step("expanded", chain.written)
        });
        // Innermost first.
        let definitions = chain.definitions.into_iter().rev();
        steps.extend(definitions.map(|at| step("defined", at)));
        file = chain.written.file;
    }
    // Each source is caused by another one, so the chain is no longer than there are sources.
    for _ in 0..sources.len() {
        match sources.get(file).map(|source| &source.origin) {
            Some(Origin::Included { at }) => {
                steps.push(step("included", *at));
                file = sources.written(*at).file;
            }
            _ => break,
        }
    }
    steps
}

impl Diagnostic {
    /// The diagnostic with its places resolved.
    #[must_use]
    pub fn entry(&self, sources: &SourceMap) -> Entry {
        let masked = |text: &str| self.masked(text, sources).into_owned();
        let labels = self.labels.iter().enumerate().map(|(index, label)| Label {
            place: place(label.span, sources),
            text: masked(&label.text),
            primary: index == 0,
        });
        Entry {
            code: self.code,
            severity: self.severity,
            class: self.class,
            message: masked(&self.message),
            place: self.span().map(|span| place(span, sources)),
            labels: labels.collect(),
            help: self.help.as_deref().map(masked),
            origin: self
                .span()
                .map(|span| origin(span, sources))
                .unwrap_or_default(),
        }
    }

    /// [`Diagnostic::entry`] as JSON.
    #[must_use]
    pub fn json(&self, sources: &SourceMap) -> serde_json::Value {
        serde_json::to_value(self.entry(sources)).unwrap_or_default()
    }
}

impl core::fmt::Display for Document {
    /// Compact; indented with `{:#}`.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write(self, f)
    }
}

/// Compact; indented with `{:#}`.
pub(super) fn write(value: &impl Serialize, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
    let text = if f.alternate() {
        serde_json::to_string_pretty(value)
    } else {
        serde_json::to_string(value)
    };
    f.write_str(&text.map_err(|_| core::fmt::Error)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::tests::example;

    #[test]
    fn the_document_has_every_field() {
        let (sources, diagnostic) = example();
        insta::assert_snapshot!(format!("{:#}", document(&[diagnostic], &sources)));
    }

    #[test]
    fn the_origin_leads_to_the_root() {
        let mut sources = SourceMap::new();
        let root = sources.add("a", "$A=x\ninclude b\n", Origin::Root);
        let at = Span::new(root, 5, 14);
        let included = sources.add("b", "$A y\n", Origin::Included { at });
        let (inner, expanded) = sources.expanded_mut();
        let step = expanded.begin(Span::new(included, 0, 4));
        let step = expanded.round(step, [("I", "7")]);
        let step = expanded.value(step, Span::new(root, 0, 4));
        expanded.push(step, 0, "x y");
        let steps = origin(Span::new(inner, 0, 1), &sources);
        assert_eq!(steps[0].values.as_deref(), Some("I=7"));
        let seen: Vec<_> = steps
            .iter()
            .map(|step| (step.kind, step.place.file.as_str(), step.place.line))
            .collect();
        assert_eq!(
            seen,
            [
                ("expanded", "b", 1),
                ("defined", "a", 1),
                ("included", "a", 2)
            ]
        );
    }
}
