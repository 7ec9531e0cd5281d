//! Names that blocks call each other by.
//!
//! Invariants: as in the original, a tracked object and a track group must stand before whatever
//! names them, an instance need not. A name whose block was not understood is not missed, as that
//! was reported. Suggestions cost a bounded amount of work, however many names are wrong.

use std::cell::Cell;

use grammar::ast::leaf::Spanned;
use grammar::{Ast, Diagnostic, SourceMap, Span};

/// Names compared for suggestions in one plan.
const MOST_COMPARED: usize = 100_000;

/// What is needed to speak about names.
pub(super) struct Naming<'a> {
    pub(super) ast: &'a Ast,
    pub(super) sources: &'a SourceMap,
    left: Cell<usize>,
}

impl<'a> Naming<'a> {
    pub(super) fn new(ast: &'a Ast, sources: &'a SourceMap) -> Self {
        Self {
            ast,
            sources,
            left: Cell::new(MOST_COMPARED),
        }
    }

    /// Whether `first` is read before `second`.
    pub(super) fn is_before(&self, first: Span, second: Span) -> bool {
        if first.file == second.file {
            return first.start < second.start;
        }
        self.sources.order(first) < self.sources.order(second)
    }

    /// A block of that name was there, but was not understood.
    pub(super) fn is_lost(&self, name: &str) -> bool {
        self.ast.process.lost.contains(name)
    }

    /// What the name was probably meant to be.
    pub(super) fn meant<'n>(
        &self,
        name: &str,
        known: impl ExactSizeIterator<Item = &'n str>,
    ) -> Option<&'n str> {
        let left = self.left.get().checked_sub(known.len())?;
        self.left.set(left);
        grammar::keyword::nearest(name, known)
    }

    /// Adds that to a problem.
    pub(super) fn suggested(&self, problem: Diagnostic, meant: Option<&str>) -> Diagnostic {
        match meant {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None if self.ast.process.lost.unread => {
                problem.help("perhaps it stands in the file that could not be included")
            }
            None => problem,
        }
    }

    /// Both in one.
    pub(super) fn suggest<'n>(
        &self,
        problem: Diagnostic,
        name: &str,
        known: impl ExactSizeIterator<Item = &'n str>,
    ) -> Diagnostic {
        self.suggested(problem, self.meant(name, known))
    }

    /// Says that something is named before it is defined.
    pub(super) fn too_early(
        problem: Diagnostic,
        name: &Spanned<String>,
        defined: Span,
        block: &str,
    ) -> Diagnostic {
        let mut problem = problem;
        problem.labels.clear();
        problem
            .label(name.span, "not known yet here")
            .label(defined, "defined only here")
            .help(format!("move `{block} {name}` above what uses it"))
    }
}
