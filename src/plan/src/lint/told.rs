//! Problems of a file that are only the other half of what is said anyway.

use std::collections::BTreeSet;

use grammar::{Diagnostic, FileId, SourceMap};

/// What is said.
pub(super) struct Told {
    /// Where scripts are defined that no-tracking names: file and offset.
    untracked: BTreeSet<(FileId, u32)>,
    /// Names that were probably meant.
    meant: BTreeSet<String>,
    /// Files with an instance that does not send as the others do.
    unlike: BTreeSet<FileId>,
}

impl Told {
    pub(super) fn new(problems: &[Diagnostic], findings: &[Diagnostic]) -> Self {
        let labels = |code: &'static str| {
            let rule = findings.iter().filter(move |it| it.code == code);
            rule.flat_map(|it| it.labels.iter().map(|label| label.span))
        };
        let meant = problems.iter().filter_map(|problem| {
            let help = problem.help.as_deref()?;
            let rest = help.strip_prefix("did you mean `")?;
            rest.split('`').next().map(str::to_owned)
        });
        Self {
            untracked: labels("no-tracking")
                .map(|span| (span.file, span.start))
                .collect(),
            meant: meant.collect(),
            unlike: labels("multicast-with-unicast")
                .map(|span| span.file)
                .collect(),
        }
    }

    pub(super) fn covers(&self, problem: &Diagnostic, sources: &SourceMap) -> bool {
        let Some(place) = problem.span() else {
            return false;
        };
        match problem.code {
            // Nothing is tracked, or it is misspelt where it should be.
            "unused" => {
                self.untracked.contains(&(place.file, place.start))
                    || self.meant.contains(sources.text(place))
            }
            "no-peers" => self.unlike.contains(&place.file),
            _ => false,
        }
    }
}
