//! What is collected on the way from statements to values.
//!
//! Deliberately unknown here: any keyword.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::index::Index;
use crate::keyword::Table;
use crate::span::{SourceMap, Span};

/// A use of a keyword that is understood but does nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inactive {
    /// The keyword.
    pub name: &'static str,
    /// Why.
    pub why: &'static str,
    /// Where it was first used.
    pub span: Span,
}

/// What lowering collects on its way through the tree.
pub struct Lowering<'a> {
    /// For raw text.
    pub sources: &'a SourceMap,
    /// Problems so far.
    pub diagnostics: Vec<Diagnostic>,
    /// Keywords that do nothing, each once.
    pub inactive: Vec<Inactive>,
    /// Raw text of statements whose flaw is reported already.
    pub muted: Vec<Span>,
    /// Bodies that are not looked at, from first to last place (see [`SourceMap::order`]).
    pub skipped: Vec<(Vec<u32>, Vec<u32>)>,
    /// A row (`block/keyword`) that does nothing.
    pub ignored: Option<Arc<str>>,
    /// Memory of blocks that were lowered, for the next ones.
    pub(crate) spare: Vec<Vec<(usize, Span)>>,
    /// By the address of a table's rows.
    indices: BTreeMap<usize, Rc<Index>>,
}

impl<'a> Lowering<'a> {
    /// Nothing collected yet.
    #[must_use]
    pub fn new(sources: &'a SourceMap) -> Self {
        Self {
            sources,
            diagnostics: Vec::new(),
            inactive: Vec::new(),
            muted: Vec::new(),
            skipped: Vec::new(),
            ignored: None,
            spare: Vec::new(),
            indices: BTreeMap::new(),
        }
    }

    /// The names of a table; made when it is used for the first time.
    pub(crate) fn index<T>(&mut self, table: &Table<T>) -> Rc<Index> {
        let rows = table.rows.as_ptr().addr();
        let index = self.indices.entry(rows);
        index.or_insert_with(|| Rc::new(table.index())).clone()
    }

    /// Collects a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether the row `name` of `block` is to do nothing.
    #[must_use]
    pub fn ignores(&self, block: &str, name: &str) -> bool {
        is_row(self.ignored.as_deref(), block, name)
    }

    /// Remembers a keyword that does nothing.
    pub fn note_inactive(&mut self, name: &'static str, why: &'static str, span: Span) {
        if !self.inactive.iter().any(|seen| seen.name == name) {
            self.inactive.push(Inactive { name, why, span });
        }
    }
}

/// Whether `row` (`block/keyword`) is the row `name` of `block`.
pub(crate) fn is_row(row: Option<&str>, block: &str, name: &str) -> bool {
    let rest = row.and_then(|row| row.strip_prefix(block));
    rest.and_then(|rest| rest.strip_prefix('/')) == Some(name)
}
