//! From configuration text to a plan: in the master from the host's files, in the worker from what
//! the master read.
//!
//! Invariant: a replay asks nothing of the host and gives the same plan.

use std::io;
use std::os::fd::OwnedFd;

use grammar::nginx::Parsed;
use grammar::{Diagnostic, FsLoader, Loader, Severity, SourceMap};
use plan::Facts;
use plan::nginx::{Layout, Plan, Planned};
use stream::config::Level;
use sys::memfd::Sealed;

use super::layout::{DEFAULT_USER, Paths};
use super::log::Log;
use crate::bundle::Bundle;
use crate::facts::{self, HostFacts};

/// Where a configuration comes from.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Main file and prefix.
    pub(super) paths: Paths,
    /// `-g`
    pub(super) globals: Option<String>,
}

/// A configuration without errors.
pub(super) struct Loaded {
    /// What it asks for.
    pub(super) plan: Plan,
    /// What it was read from, for the worker.
    pub(super) bundle: Sealed,
    /// Its files, for `-T`.
    pub(super) sources: SourceMap,
}

/// The errors have been told.
#[derive(Debug)]
pub(super) struct NotLoaded;

impl Source {
    /// Reads and checks the configuration; every problem is told in `log`.
    ///
    /// # Errors
    /// When it has an error.
    pub(super) fn load(&self, log: &mut Log) -> Result<Loaded, NotLoaded> {
        self.load_and(log, |_| ())
    }

    /// As [`Self::load`]; `syntax_ok` is called when the text itself has no error, before problems
    /// are told that the original finds only later.
    ///
    /// # Errors
    /// When it has an error.
    pub(super) fn load_and(
        &self,
        log: &mut Log,
        syntax_ok: impl FnOnce(&mut Log),
    ) -> Result<Loaded, NotLoaded> {
        let mut files = FsLoader { specials: true };
        let mut files = grammar::Recorder::new(&mut files);
        let host = HostFacts::default();
        let host = facts::Recorder::new(&host);
        let (parsed, planned) = self.check(&mut files, &host);
        if planned.after_syntax {
            syntax_ok(log);
        }
        for problem in &planned.diagnostics {
            tell(problem, &parsed.sources, log);
        }
        let plan = planned.plan.ok_or(NotLoaded)?;
        tell_inactive(&parsed, log);
        for (address, place) in &plan.not_served {
            let text = format!(
                "http server on {address} is not served, this program runs stream {{}} only, in \
                 {place}"
            );
            log.say(Level::Warn, &text);
        }
        let bundle = Bundle {
            root: self.paths.conf.clone(),
            text: files.finish(),
            facts: host.finish(),
            seed: 0,
            ..Bundle::default()
        };
        let sealed = bundle.seal().map_err(|error| {
            log.failed(Level::Emerg, "memfd_create() failed", &error);
            NotLoaded
        })?;
        Ok(Loaded {
            plan,
            bundle: sealed,
            sources: parsed.sources,
        })
    }

    /// The plan of what another process has read.
    ///
    /// # Errors
    /// When `bundle` is not one, or does not hold a configuration without errors.
    pub(super) fn replay(&self, bundle: OwnedFd) -> io::Result<Plan> {
        let (mut bundle, _) = Bundle::receive(bundle)?;
        let (_, planned) = self.check(&mut bundle.text, &bundle.facts);
        let failed = || io::Error::other("it does not read as it did in the master");
        planned.plan.ok_or_else(failed)
    }

    fn check(&self, files: &mut dyn Loader, host: &dyn Facts) -> (Parsed, Planned) {
        let options = grammar::nginx::Options::default();
        let globals = self.globals.as_deref();
        let parsed = grammar::nginx::parse(files, &self.paths.conf, globals, &options);
        let layout = Layout {
            prefix: self.paths.prefix.clone().into(),
            pid: self.paths.pid.clone(),
            error_log: self.paths.error_log.clone(),
            user: DEFAULT_USER.to_owned(),
        };
        let planned = plan::nginx::plan(&parsed, host, &layout);
        (parsed, planned)
    }
}

/// Tells a problem in nginx's wording.
fn tell(problem: &Diagnostic, sources: &SourceMap, log: &mut Log) {
    let level = match problem.severity {
        Severity::Error => Level::Emerg,
        Severity::Warning => Level::Warn,
        Severity::Notice => Level::Notice,
    };
    let line = problem.nginx_line(sources);
    let text = line
        .split_once("] ")
        .map_or(line.as_str(), |(_, text)| text);
    log.say(level, text);
}

/// Names the directives that are accepted without effect, in one line.
fn tell_inactive(parsed: &Parsed, log: &mut Log) {
    let mut names: Vec<&str> = parsed.inactive.iter().map(|used| used.name).collect();
    names.dedup();
    if !names.is_empty() {
        let text = format!(
            "directives without effect in this program: {}",
            names.join(", ")
        );
        log.say(Level::Notice, &text);
    }
}
