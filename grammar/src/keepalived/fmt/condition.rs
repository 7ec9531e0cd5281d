//! Lines that count only under a condition, and the braces of lines that are left as they are.
//!
//! Invariants: only the indentation depends on what is found here, never the text.

/// A brace of a line, outside of quotes and of `${NAME}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge<'a> {
    /// `{`, and the text before it.
    Open(&'a str),
    /// `}`
    Close,
}

/// The braces of a line.
pub(super) fn edges(content: &str) -> Vec<Edge<'_>> {
    let mut edges = Vec::new();
    let mut quoted = false;
    let mut name = false;
    let mut before = 0;
    let mut from = 0;
    for (at, byte) in content.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'}' if name => name = false,
            _ if quoted || name => {}
            b'{' if before == b'$' => name = true,
            b'{' => {
                edges.push(Edge::Open(content[from..at].trim_ascii()));
                from = at + 1;
            }
            b'}' => {
                edges.push(Edge::Close);
                from = at + 1;
            }
            _ => {}
        }
        before = byte;
    }
    edges
}

/// Conditional lines that follow each other are alternatives: each id has its own depth.
pub(super) struct Conditional {
    first: String,
    base: usize,
    depths: Vec<(String, usize)>,
}

/// Most ids that are told apart in one run of lines.
const MAX_IDS: usize = 64;

impl Conditional {
    pub(super) fn new(id: &str, base: usize) -> Self {
        Self {
            first: id.to_owned(),
            base,
            depths: Vec::new(),
        }
    }

    /// Whether what follows the run depends on lines of this id.
    pub(super) fn counts(&self, id: &str) -> bool {
        self.first == id
    }

    /// Takes a line; gives the depth to show it at.
    pub(super) fn pass(&mut self, id: &str, edges: &[Edge<'_>]) -> usize {
        let known = self.depths.iter().position(|(known, _)| known == id);
        let index = known.unwrap_or_else(|| {
            if self.depths.len() < MAX_IDS {
                self.depths.push((id.to_owned(), self.base));
            }
            self.depths.len() - 1
        });
        let depth = &mut self.depths[index].1;
        let leading = usize::from(edges.first() == Some(&Edge::Close));
        let shown = depth.saturating_sub(leading);
        for edge in edges {
            *depth = match edge {
                Edge::Open(_) => *depth + 1,
                Edge::Close => depth.saturating_sub(1),
            };
        }
        shown
    }
}
