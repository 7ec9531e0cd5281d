//! Reading a configuration, sealing what was read, and planning from it.
//!
//! Invariants: only a reader looks at files and at the host; whoever gets a bundle arrives at the
//! reader's plan without asking the host anything.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use grammar::diagnostic::Class;
use grammar::keepalived::{self as language, Parsed};
use grammar::loader::FileKind;
use grammar::{Diagnostic, FsLoader, Loader, SourceMap};
use plan::Facts;
use plan::keepalived::Plan;
use plan::keepalived::reload::{self, Verdicted};
use serde::{Deserialize, Serialize};

use super::options::Options;
use crate::bundle::Bundle;
use crate::facts::{HostFacts, Recorder};

/// A configuration that was read.
#[derive(Debug)]
pub struct Reading {
    /// What to run.
    pub plan: Plan,
    /// All problems, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// For the places of the problems.
    pub sources: SourceMap,
    /// Keywords that are understood but do nothing yet, in words.
    pub inactive: Vec<String>,
    /// For other processes.
    pub bundle: Bundle,
}

/// Why there is nothing to read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// What the parent needs to know of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// There is something for the VRRP child to do.
    pub vrrp: bool,
    /// There is something for the checker child to do.
    pub checkers: bool,
    /// `instance`
    pub instance: Option<String>,
    /// `use_pid_dir`
    pub use_pid_dir: bool,
    /// `child_wait_time`
    pub child_wait_time: base::Duration,
    /// A start must end with this status.
    pub fatal: Option<i32>,
}

impl Reading {
    /// Lines in the original's wording, one per problem.
    #[must_use]
    pub fn report(&self) -> Vec<String> {
        language::report(&self.diagnostics, &self.sources)
    }

    /// Exit status of a test run.
    #[must_use]
    pub fn test_status(&self) -> i32 {
        language::test_status(&self.diagnostics).into()
    }

    fn verdicted(&self) -> Verdicted<'_> {
        Verdicted {
            plan: &self.plan,
            diagnostics: &self.diagnostics,
            sources: &self.sources,
        }
    }

    /// For the parent.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let process = &self.plan.process;
        let missing = |d: &Diagnostic| d.class == Class::MissingParameter;
        Summary {
            vrrp: !self.plan.vrrp.routers.is_empty(),
            checkers: !self.plan.lvs.services.is_empty(),
            instance: process.instance.clone(),
            use_pid_dir: process.use_pid_dir,
            child_wait_time: process.child_wait_time,
            fatal: self.diagnostics.iter().any(missing).then_some(2),
        }
    }
}

/// Reads `options.file` and plans for this host.
///
/// # Errors
/// When there is no configuration file that may be read.
pub fn read(options: &Options) -> Result<Reading, Unreadable> {
    let mut files = FsLoader::default();
    let host = HostFacts::default();
    let mut loader = grammar::Recorder::new(&mut files);
    let facts = Recorder::new(&host);
    readable(&mut loader, &options.file)?;
    let mut bundle = Bundle {
        root: options.file.clone(),
        // A reader without randomness still reads; it only repeats itself.
        seed: Bundle::new_seed().unwrap_or_default(),
        config_id: options.config_id.clone(),
        include_check: options.all_config,
        ..Bundle::default()
    };
    let (parsed, plan, problems) = understand(&bundle, &mut loader, &facts);
    bundle.text = loader.finish();
    bundle.facts = facts.finish();
    Ok(reading(parsed, plan, problems, bundle))
}

/// Arrives at the plan that the reader of `bundle` had.
#[must_use]
pub fn replay(bundle: Bundle) -> Reading {
    let mut text = bundle.text.clone();
    let (parsed, plan, problems) = understand(&bundle, &mut text, &bundle.facts);
    reading(parsed, plan, problems, bundle)
}

/// Plans from a bundle that another process passed.
///
/// # Errors
/// When `fd` is not a bundle.
pub(super) fn receive(fd: OwnedFd) -> io::Result<Plan> {
    let (bundle, _) = Bundle::receive(fd)?;
    Ok(replay(bundle).plan)
}

fn reading(parsed: Parsed, plan: Plan, problems: Vec<Diagnostic>, bundle: Bundle) -> Reading {
    let mut diagnostics = parsed.diagnostics;
    diagnostics.extend(problems);
    grammar::diagnostic::sort_by_place(&mut diagnostics, &parsed.sources);
    Reading {
        plan,
        diagnostics,
        inactive: parsed
            .inactive
            .iter()
            .map(|i| format!("{} ({})", i.name, i.why))
            .collect(),
        sources: parsed.sources,
        bundle,
    }
}

fn understand(
    bundle: &Bundle,
    loader: &mut dyn Loader,
    facts: &dyn Facts,
) -> (Parsed, Plan, Vec<Diagnostic>) {
    let options = language::Options {
        config_id: bundle.config_id.clone(),
        hostname: facts.hostname(),
        include_check: bundle.include_check,
        seed: bundle.seed,
        ..language::Options::default()
    };
    let parsed = language::parse(loader, &bundle.root, &options);
    let (plan, problems) = plan::keepalived::plan(&parsed.ast, &parsed.sources, facts);
    (parsed, plan, problems)
}

/// The original runs no file that somebody may execute: it is probably not a configuration.
fn readable(loader: &mut dyn Loader, file: &Path) -> Result<(), Unreadable> {
    let name = file.display();
    match loader.read(file) {
        Err(error) => Err(Unreadable(format!(
            "Configuration file '{name}' cannot be read: {error}"
        ))),
        Ok(found) => match found.kind {
            FileKind::Regular => Ok(()),
            FileKind::Executable => Err(Unreadable(format!(
                "Configuration file '{name}' is executable, so it is not taken for a configuration (chmod a-x)"
            ))),
            FileKind::Directory | FileKind::Special => Err(Unreadable(format!(
                "Configuration file '{name}' is not a regular non-executable file"
            ))),
        },
    }
}

/// Why `new` must not replace `old`, as the line to log.
#[must_use]
pub fn refusal(old: &Reading, new: &Reading) -> Option<String> {
    let problem = reload::verdict(old.verdicted(), new.verdicted()).err()?;
    Some(problem.keepalived_line(&new.sources))
}
