//! The text that a diagnostic is about, with marks, labels and help.
//!
//! Invariants: only the lines around labels are shown, so that a huge file costs nothing; places
//! in expanded text show what the user wrote.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::{Diagnostic, Severity, floor_boundary, mask};
use crate::span::{FileId, SourceMap};

impl Diagnostic {
    /// Several lines: the message, the text it is about with its labels, and the help.
    #[must_use]
    pub fn annotated(&self, sources: &SourceMap, colour: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Notice => Level::NOTE,
        };
        let mut group = level
            .primary_title(self.masked(&self.message, sources))
            .id(self.code)
            .elements(self.snippets(sources));
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(self.masked(help, sources)));
        }
        for note in self.expansion_notes(sources) {
            group = group.element(
                Level::NOTE.message(self.masked(&mask::text(&note), sources).into_owned()),
            );
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
        let mut snippet = Snippet::source(mask::text(&text[from..to]))
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
                annotation.label(self.masked(label, sources))
            });
        }
        Some(snippet)
    }

    /// For a place inside expanded text: what the text was at that point.
    fn expansion_notes(&self, sources: &SourceMap) -> Vec<String> {
        let Some(span) = self.span() else {
            return Vec::new();
        };
        let (Some(line), Some(chain)) = (sources.expansion(span), sources.chain(span)) else {
            return Vec::new();
        };
        let mut notes = vec![format!("this line expands to `{}`", line.trim())];
        if !chain.rounds.is_empty() {
            notes.push(format!("with {}", chain.rounds.join(", ")));
        }
        for definition in chain.definitions {
            let place = sources.place(definition);
            let file = place.file.display();
            notes.push(format!(
                "from the definition in {file} line {}: `{}`",
                place.line,
                sources.text(definition).trim()
            ));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::tests::example;
    use crate::span::{Origin, Span};

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
    fn a_span_inside_a_character_does_not_panic() {
        let mut sources = SourceMap::new();
        let file = sources.add("a", "ü", Origin::Root);
        let diagnostic = Diagnostic::error("x", "y").at(Span::new(file, 1, 9));
        assert!(diagnostic.annotated(&sources, false).contains('y'));
    }
}
