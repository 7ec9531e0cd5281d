//! One configuration from its text to everything that is known about it.
//!
//! Invariants: the only way from text to plan, so that the daemon, `-t`, a reload, lint and the
//! fuzzers judge a file alike; all problems are there, one per mistake, ordered by place.
//! Deliberately unknown here: where the text and the facts come from, where messages go.

use std::path::Path;

use grammar::diagnostic::Severity;
use grammar::keepalived::{self as language, Options};
use grammar::keyword::Inactive;
use grammar::{Ast, Diagnostic, Loader, SourceMap};

use super::{Plan, plan};
use crate::Facts;

/// Longest reason that stands behind a keyword in [`Checked::notice`], in bytes.
const SHORT: usize = 60;

/// Codes of notices that the original's daemon logs although its `-t` prints nothing about them.
const LOGGED: [&str; 1] = ["first-not-link-local"];

/// A configuration and what was found out about it.
#[derive(Debug)]
pub struct Checked {
    /// Everything that was understood.
    pub ast: Ast,
    /// What was read, for places.
    pub sources: SourceMap,
    /// What to run.
    pub plan: Plan,
    /// All problems, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Keywords that are understood and that nothing acts on yet, each once.
    pub inactive: Vec<Inactive>,
}

/// Reads `root` with all it includes and plans it. A host name that `options` lacks is the
/// facts'.
pub fn check(
    loader: &mut dyn Loader,
    root: &Path,
    options: &Options,
    facts: &dyn Facts,
) -> Checked {
    let mut options = options.clone();
    if options.hostname.is_empty() {
        options.hostname = facts.hostname();
    }
    let parsed = language::parse(loader, root, &options);
    let (plan, problems) = plan(&parsed.ast, &parsed.sources, facts);
    let mut diagnostics = parsed.diagnostics;
    diagnostics.extend(problems);
    grammar::diagnostic::sort_by_place(&mut diagnostics, &parsed.sources);
    language::bound(&mut diagnostics);
    Checked {
        ast: parsed.ast,
        sources: parsed.sources,
        plan,
        diagnostics,
        inactive: parsed.inactive,
    }
}

impl Checked {
    /// Exit status of a test run: the original's.
    #[must_use]
    pub fn status(&self) -> u8 {
        language::test_status(&self.diagnostics)
    }

    /// Lines in the original's wording, one per problem that is more than a notice.
    #[must_use]
    pub fn report(&self) -> Vec<String> {
        language::report(&self.diagnostics, &self.sources)
    }

    /// What a daemon logs that has read it: the lines of [`Self::report`], and among them, by place,
    /// the notices that the original's daemon logs, too.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        let told = |it: &&Diagnostic| it.severity > Severity::Notice || LOGGED.contains(&it.code);
        let lines = self.diagnostics.iter().filter(told);
        lines.map(|it| it.keepalived_line(&self.sources)).collect()
    }

    /// Whether there was no configuration file that may be read.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        let unread = |problem: &Diagnostic| problem.code == "no-configuration";
        self.diagnostics.iter().any(unread)
    }

    /// The one line about keywords that do nothing yet; none when there are none. A reason is
    /// left out where it is long (`explain KEYWORD` has it).
    #[must_use]
    pub fn notice(&self) -> Option<String> {
        if self.inactive.is_empty() {
            return None;
        }
        let word = |inactive: &Inactive| match inactive.why {
            why if why.len() <= SHORT => format!("{} ({why})", inactive.name),
            _ => inactive.name.to_owned(),
        };
        let words: Vec<String> = self.inactive.iter().map(word).collect();
        Some(format!("accepted but without effect: {}", words.join(", ")))
    }
}
