//! The text that a diagnostic is about, with marks, labels and help.
//!
//! Invariants: only the lines around labels are shown, so that a huge file costs nothing; places
//! in expanded text show what the user wrote. What all problems together show is bounded: beyond
//! that a place is named by its line, so that many problems far from what they refer to, or on one
//! long line, do not cost the square of it.

use core::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Severity, floor_boundary, mask};
use crate::span::{FileId, SourceMap, Span};

/// Most text that all problems together show, in bytes.
pub(super) const MAX_SHOWN: usize = 4 << 20;
/// Labels of one source that are further apart than this are shown without what lies between, in
/// bytes.
const FAR: usize = 64 << 10;

impl Diagnostic {
    /// Several lines: the message, the text it is about with its labels, and the help.
    #[must_use]
    pub fn annotated(&self, sources: &SourceMap, colour: bool) -> String {
        let mut room = usize::MAX;
        self.annotated_within(sources, colour, &mut room)
    }

    /// The same, with the text as long as there is room for it; what it needs it takes.
    pub(super) fn annotated_within(
        &self,
        sources: &SourceMap,
        colour: bool,
        room: &mut usize,
    ) -> String {
        *room = room.saturating_sub(self.shown(sources, *room));
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Notice => Level::NOTE,
        };
        let title = level.primary_title(self.masked(&self.message, sources));
        let title = title.id(self.code);
        let shows_text = *room > 0;
        let mut group = match shows_text {
            true => title.elements(self.snippets(sources)),
            false => title.elements(self.span().map(|span| named(span, sources))),
        };
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(self.masked(help, sources)));
        }
        let notes = shows_text.then(|| self.expansion_notes(sources));
        for note in notes.unwrap_or_default() {
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
    fn snippets<'a>(&'a self, sources: &'a SourceMap) -> Vec<Snippet<'a, Annotation<'a>>> {
        let windows = self.windows(sources).into_iter();
        windows
            .filter_map(|window| self.snippet(sources, window))
            .collect()
    }

    /// The stretches that its labels are about.
    fn windows(&self, sources: &SourceMap) -> Vec<Window<'_>> {
        let mut files: Vec<FileId> = Vec::new();
        for label in &self.labels {
            let file = sources.written(label.span).file;
            if !files.contains(&file) {
                files.push(file);
            }
        }
        let mut windows = Vec::new();
        for file in files {
            let text = sources.get(file).map_or("", |source| &*source.text);
            let labels = self.ranges(sources, file);
            let all = lines(text, &labels);
            if all.len() <= FAR {
                windows.push(Window {
                    file,
                    lines: all,
                    labels,
                });
                continue;
            }
            windows.extend(labels.into_iter().map(|label| Window {
                file,
                lines: lines(text, core::slice::from_ref(&label)),
                labels: vec![label],
            }));
        }
        windows
    }

    /// How much text it shows, in bytes; where there is no room, that does not matter.
    fn shown(&self, sources: &SourceMap, room: usize) -> usize {
        if room == 0 {
            return 0;
        }
        let expansion = self.span().and_then(|span| sources.expansion(span));
        let windows = self.windows(sources).into_iter();
        let lines = windows.map(|window| window.lines.len());
        lines.sum::<usize>() + expansion.map_or(0, str::len)
    }

    /// Its labels in a source: their numbers, places and texts.
    fn ranges(&self, sources: &SourceMap, file: FileId) -> Vec<Ranged<'_>> {
        let text = sources.get(file).map_or("", |source| &*source.text);
        self.labels
            .iter()
            .enumerate()
            .map(|(index, label)| (index, sources.written(label.span), label.text.as_str()))
            .filter(|(_, span, _)| span.file == file)
            .map(|(index, span, label)| {
                let start = floor_boundary(text, span.start as usize);
                let end = floor_boundary(text, span.end() as usize).max(start);
                (index, start..end, label)
            })
            .collect()
    }

    fn snippet<'a>(
        &'a self,
        sources: &'a SourceMap,
        window: Window<'a>,
    ) -> Option<Snippet<'a, Annotation<'a>>> {
        let source = sources.get(window.file)?;
        let from = window.lines.start;
        let line = source.line_column(u32::try_from(from).unwrap_or(0)).0;
        let mut snippet = Snippet::source(mask::text(&source.text[window.lines]))
            .line_start(line as usize)
            .path(source.name.to_string_lossy().into_owned());
        for (index, range, label) in window.labels {
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

/// A label's number, place and text.
type Ranged<'a> = (usize, Range<usize>, &'a str);

/// A stretch of a source that is shown.
struct Window<'a> {
    file: FileId,
    /// Whole lines.
    lines: Range<usize>,
    labels: Vec<Ranged<'a>>,
}

/// The lines from the first label to the last one.
fn lines(text: &str, labels: &[Ranged<'_>]) -> Range<usize> {
    let first = labels.iter().map(|(_, range, _)| range.start).min();
    let last = labels.iter().map(|(_, range, _)| range.end).max();
    let (first, last) = (first.unwrap_or(0), last.unwrap_or(0));
    let from = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let to = text[last..].find('\n').map_or(text.len(), |at| last + at);
    from..to
}

/// A place by its line alone.
fn named(span: Span, sources: &SourceMap) -> Origin<'_> {
    let place = sources.place(span);
    Origin::path(place.file.to_string_lossy())
        .line(place.line as usize)
        .char_column(place.column as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::tests::example;
    use crate::span;

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
    fn labels_far_apart_are_shown_alone() {
        let mut sources = SourceMap::new();
        let between = "x\n".repeat(FAR);
        let text = format!("first\n{between}second\n");
        let file = sources.add("a", text.as_str(), span::Origin::Root);
        let second = text.len() - 7;
        let diagnostic = Diagnostic::error("again", "twice")
            .label(Span::new(file, second, second + 6), "again")
            .label(Span::new(file, 0, 5), "here first");
        insta::assert_snapshot!(diagnostic.annotated(&sources, false), @r"
        error[again]: twice
             --> a:65538:1
              |
        65538 | second
              | ^^^^^^ again
              |
             ::: a:1:1
              |
            1 | first
              | ----- here first
        ");
    }

    #[test]
    fn without_room_the_line_is_named() {
        let (sources, diagnostic) = example();
        let mut room = 20;
        let first = diagnostic.annotated_within(&sources, false, &mut room);
        let second = diagnostic.annotated_within(&sources, false, &mut room);
        assert_eq!(first, diagnostic.annotated(&sources, false));
        insta::assert_snapshot!(second, @r"
        error[unknown-keyword]: Unknown keyword 'prioriti'
        --> a.conf:2:3
         = help: did you mean `priority`?
        ");
    }

    #[test]
    fn a_span_inside_a_character_does_not_panic() {
        let mut sources = SourceMap::new();
        let file = sources.add("a", "ü", span::Origin::Root);
        let diagnostic = Diagnostic::error("x", "y").at(Span::new(file, 1, 9));
        assert!(diagnostic.annotated(&sources, false).contains('y'));
    }
}
