//! What is wrong with a configuration, as a value, and its renderings.
//!
//! [`render`] makes text of many; each renderer has a file: [`line`](self::line) the original's
//! wording, [`annotated`](self::annotated) the text with marks below it, [`json`] and [`sarif`] for
//! programs. No rendering shows a secret, see [`mask`].
//!
//! Invariants: one mistake is one diagnostic; `message` is the text that the original program
//! prints (without file and line), everything that explains it further stands in labels and help.
//! Deliberately unknown here: what a keyword means, where output goes.

mod annotated;
pub mod json;
mod line;
pub mod mask;
pub mod sarif;

use serde::Serialize;

use crate::span::{SourceMap, Span};

/// How diagnostics are shown.
#[derive(Clone, Copy, Debug)]
pub enum Format<'a> {
    /// keepalived's lines; notices are left out, as the original does.
    Line,
    /// The text that each is about, with labels and help.
    Annotated {
        /// Whether a terminal shows it.
        colour: bool,
    },
    /// One JSON document, see [`json`].
    Json,
    /// One SARIF log, see [`sarif`].
    Sarif(sarif::Tool<'a>),
}

/// All diagnostics as text that ends with a newline, or no text where there are none to show.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, format: Format<'_>) -> String {
    match format {
        Format::Line => {
            let told = diagnostics.iter().filter(|d| d.severity > Severity::Notice);
            told.map(|d| d.keepalived_line(sources) + "\n").collect()
        }
        Format::Annotated { colour } => {
            let mut room = annotated::MAX_SHOWN;
            let texts = diagnostics.iter();
            texts
                .map(|d| d.annotated_within(sources, colour, &mut room) + "\n\n")
                .collect()
        }
        Format::Json => format!("{:#}\n", json::document(diagnostics, sources)),
        Format::Sarif(tool) => format!("{:#}\n", sarif::log(diagnostics, sources, &tool)),
    }
}

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
    use crate::span::Origin;

    pub(super) fn example() -> (SourceMap, Diagnostic) {
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
}
