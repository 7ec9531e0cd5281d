//! Places in text: spans, the sources they point into, and how a source came to be.
//!
//! Invariants: a [`Span`] always lies within the text of its source; every source but the first
//! knows the place that caused it, so a chain of origins ends at the file the user named.
//! Deliberately unknown here: either language, the host's files.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use crate::expanded::{Chain, Expanded};

/// Index of a source in a [`SourceMap`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct FileId(pub u32);

/// A stretch of one source, in bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Span {
    /// Which source.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// Number of bytes.
    pub len: u32,
}

impl Span {
    /// The stretch `start..end` of `file`; an `end` before `start` gives an empty one. Sources are
    /// below 4 GiB (see [`SourceMap::add`]), so offsets fit.
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            file,
            start: offset(start),
            len: offset(end.saturating_sub(start)),
        }
    }

    /// One past the last byte.
    #[must_use]
    pub const fn end(self) -> u32 {
        self.start.saturating_add(self.len)
    }

    /// The same stretch after its map was [appended](SourceMap::append) to another one.
    #[must_use]
    pub const fn moved(self, by: u32) -> Self {
        Self {
            file: FileId(self.file.0.saturating_add(by)),
            ..self
        }
    }

    /// The smallest span that covers both; `self` when they lie in different sources.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        let start = self.start.min(other.start);
        let end = self.end().max(other.end());
        Self {
            file: self.file,
            start,
            len: end - start,
        }
    }
}

/// How a source came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The file named on the command line.
    Root,
    /// Text given on the command line itself.
    Argument,
    /// Read because of the `include` at this place.
    Included {
        /// The include statement.
        at: Span,
    },
    /// Made from lines of the other sources of its configuration, see [`Expanded`].
    Expanded,
}

/// One text.
#[derive(Clone, Debug)]
pub struct Source {
    /// As messages show it: the path as it was given.
    pub name: PathBuf,
    /// The text. Bytes that are not UTF-8 were replaced when it was read.
    pub text: Arc<str>,
    /// How it came to be.
    pub origin: Origin,
    /// Offsets of its lines, once somebody asked for a line.
    line_starts: OnceLock<Vec<u32>>,
    /// Its text and history, if it stands in no file.
    expanded: Option<Box<Expanded>>,
    secrets: Secrets,
}

/// Where secrets stand in lines, by where each line begins.
#[derive(Debug, Default)]
struct Secrets(Mutex<BTreeMap<usize, Arc<[Range<usize>]>>>);

impl Clone for Secrets {
    /// They can be found again.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Source {
    /// 1-based line and byte column of an offset.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let starts = self.line_starts.get_or_init(|| line_starts(&self.text));
        let index = starts.partition_point(|&start| start <= offset);
        let line = u32::try_from(index).unwrap_or(u32::MAX).max(1);
        let start = starts.get(index.wrapping_sub(1)).copied();
        (line, offset - start.unwrap_or(0).min(offset) + 1)
    }

    /// Where secrets stand in the line that begins at `start`; `find` is asked once.
    pub(crate) fn secrets(
        &self,
        start: usize,
        find: impl FnOnce() -> Vec<Range<usize>>,
    ) -> Arc<[Range<usize>]> {
        // Whoever panicked here left a whole map behind.
        let mut known = self
            .secrets
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.entry(start).or_insert_with(|| find().into()).clone()
    }
}

/// All texts one configuration was read from.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
    /// The one text that stands in no file, once there is any.
    expanded: Option<FileId>,
}

impl SourceMap {
    /// Largest text kept; what a loader delivers beyond it is cut off.
    pub const MAX_SOURCE: usize = 1 << 31;

    /// A map without sources.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text. The first one added is the root.
    pub fn add(
        &mut self,
        name: impl Into<PathBuf>,
        text: impl Into<Arc<str>>,
        o: Origin,
    ) -> FileId {
        self.push(name.into(), text.into(), o)
    }

    /// The text that stands in no file, for adding to it.
    pub fn expanded_mut(&mut self) -> (FileId, &mut Expanded) {
        let file = match self.expanded {
            Some(file) => file,
            None => self.push(PathBuf::new(), Arc::default(), Origin::Expanded),
        };
        self.expanded = Some(file);
        // The index is that of a source that was pushed.
        let source = &mut self.sources[file.0 as usize];
        (file, source.expanded.get_or_insert_default())
    }

    fn expanded(&self, file: FileId) -> Option<&Expanded> {
        self.get(file)?.expanded.as_deref()
    }

    /// How a place in expanded text came to be; none for a place in a file.
    #[must_use]
    pub fn chain(&self, span: Span) -> Option<Chain> {
        Some(self.expanded(span.file)?.chain(span.start))
    }

    /// The line that was made at a place in expanded text; none for a place in a file.
    #[must_use]
    pub fn expansion(&self, span: Span) -> Option<&str> {
        Some(self.expanded(span.file)?.line(span.start))
    }

    /// Takes over all texts of `other`, so that one map serves several configurations. The result
    /// is by how much spans of `other` have to be [moved](Span::moved).
    pub fn append(&mut self, other: Self) -> u32 {
        let by = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        self.sources
            .extend(other.sources.into_iter().map(|mut source| {
                if let Origin::Included { at } = &mut source.origin {
                    *at = at.moved(by);
                }
                if let Some(expanded) = &mut source.expanded {
                    expanded.move_by(by);
                }
                source
            }));
        by
    }

    fn push(&mut self, name: PathBuf, text: Arc<str>, origin: Origin) -> FileId {
        let text: Arc<str> = match text.get(..Self::MAX_SOURCE) {
            Some(cut) if text.len() > Self::MAX_SOURCE => cut.into(),
            _ => text,
        };
        let id = FileId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        self.sources.push(Source {
            name,
            text,
            origin,
            line_starts: OnceLock::new(),
            expanded: None,
            secrets: Secrets::default(),
        });
        id
    }

    /// The source, unless `file` came from another map.
    #[must_use]
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.sources.get(file.0 as usize)
    }

    /// Every source, in the order of reading.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        (0..).map(FileId).zip(&self.sources)
    }

    /// Number of sources.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Name of a source; empty if it is not of this map.
    #[must_use]
    pub fn name(&self, file: FileId) -> &Path {
        self.get(file).map_or(Path::new(""), |source| &source.name)
    }

    /// The text of a span; empty if it is not of this map.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        let text = match self.get(span.file) {
            Some(source) => match &source.expanded {
                None => &source.text,
                Some(expanded) => expanded.text(),
            },
            None => "",
        };
        text.get(span.start as usize..span.end() as usize)
            .unwrap_or("")
    }

    /// What the user wrote for `span`: itself in a file, the line that was expanded otherwise.
    #[must_use]
    pub fn written(&self, span: Span) -> Span {
        let expanded = self.expanded(span.file);
        expanded.map_or(span, |expanded| expanded.written(span.start))
    }

    /// File, line and column (1-based, in bytes) of what the user wrote for `span`.
    #[must_use]
    pub fn place(&self, span: Span) -> Place<'_> {
        let span = self.written(span);
        let (line, column) = self
            .get(span.file)
            .map_or((0, 0), |source| source.line_column(span.start));
        Place {
            file: self.name(span.file),
            line,
            column,
        }
    }

    /// Sorts by place of reading: an included file's places come where its include stands.
    #[must_use]
    pub fn order(&self, span: Span) -> Vec<u32> {
        let mut chain = vec![span.start];
        let mut file = span.file;
        if let Some(expanded) = self.expanded(file) {
            let written = expanded.written(span.start);
            chain.push(written.start);
            file = written.file;
        }
        // Includes nest at most as deep as there are sources.
        for _ in 0..=self.sources.len() {
            let Some(Origin::Included { at }) = self.get(file).map(|source| &source.origin) else {
                break;
            };
            // Files of one statement come in the order of reading.
            chain.extend([file.0, at.start]);
            file = at.file;
            if let Some(expanded) = self.expanded(file) {
                let written = expanded.written(at.start);
                chain.push(written.start);
                file = written.file;
            }
        }
        chain.push(file.0);
        chain.reverse();
        chain
    }
}

fn line_starts(text: &str) -> Vec<u32> {
    let newlines = text.bytes().zip(1_u32..).filter(|&(byte, _)| byte == b'\n');
    core::iter::once(0)
        .chain(newlines.map(|(_, next)| next))
        .collect()
}

/// A place as messages show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// File as it was named.
    pub file: &'a Path,
    /// 1-based; 0 when unknown.
    pub line: u32,
    /// 1-based, in bytes.
    pub column: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns() {
        let mut map = SourceMap::new();
        let file = map.add("a.conf", "one\ntwo three\n", Origin::Root);
        let span = Span::new(file, 8, 13);
        assert_eq!(map.text(span), "three");
        let place = map.place(span);
        assert_eq!((place.line, place.column), (2, 5));
        assert_eq!(map.place(Span::new(file, 14, 14)).line, 3);
    }

    #[test]
    fn appended_maps_keep_their_places() {
        let mut first = SourceMap::new();
        first.add("a.conf", "a\n", Origin::Root);
        let mut second = SourceMap::new();
        let file = second.add("b.conf", "x\n$A b\n", Origin::Root);
        let (inner, expanded) = second.expanded_mut();
        let step = expanded.begin(Span::new(file, 2, 6));
        expanded.push(step, 0, "p q b");
        let by = first.append(second);
        let place = first.place(Span::new(inner, 2, 3).moved(by));
        assert_eq!((place.file, place.line), (Path::new("b.conf"), 2));
    }

    #[test]
    fn an_expansion_points_at_the_user_s_line() {
        let mut map = SourceMap::new();
        let file = map.add("a.conf", "x\n$A b\n", Origin::Root);
        let (inner, expanded) = map.expanded_mut();
        let step = expanded.begin(Span::new(file, 2, 6));
        expanded.push(step, 0, "p");
        let start = expanded.push(step, 1, "q b");
        let inner = Span::new(inner, start, start + 1);
        assert_eq!((map.place(inner).line, map.text(inner)), (2, "q"));
        assert_eq!(map.order(inner), [0, 2, 2]);
    }
}
