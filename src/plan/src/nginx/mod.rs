//! The plan of nginx-stream-rs: what master and worker run.
//!
//! [`plan`] takes a parsed configuration, resolves its names through [`Facts`], checks what no
//! directive can check alone, applies inheritance and defaults, and merges its complaints with the
//! parser's in the order in which nginx would meet them.
//!
//! Invariants: a plan exists only for a configuration without errors; equal inputs give equal
//! plans; the work is linear in the number of listeners, servers and peers.
//! Deliberately unknown here: files and sockets (a log that cannot be opened and an address that
//! cannot be bound are the master's affair).

mod change;
mod listen;
mod logs;
mod pools;
mod process;
mod servers;
mod variables;

use core::time::Duration;
use std::path::{Path, PathBuf};

use grammar::ast::stream as ast;
use grammar::nginx::{Parsed, at_terminator, placeholder, sort};
use grammar::{Diagnostic, Severity, SourceMap, Span};
use stream::config::ErrorLog;

use crate::Facts;

pub use change::{Change, Changes, diff};

/// Everything one configuration asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// `daemon`
    pub daemon: bool,
    /// `master_process`
    pub master_process: bool,
    /// `pid`, absolute.
    pub pid: PathBuf,
    /// `user`: (name, uid, gid), when root.
    pub user: Option<(String, u32, u32)>,
    /// `worker_processes`: relay threads.
    pub threads: usize,
    /// `worker_connections`
    pub worker_connections: usize,
    /// `worker_rlimit_nofile`
    pub rlimit_nofile: Option<u64>,
    /// `worker_priority`
    pub priority: i32,
    /// `worker_shutdown_timeout`
    pub shutdown_timeout: Option<Duration>,
    /// `working_directory`
    pub working_directory: Option<PathBuf>,
    /// `worker_cpu_affinity`: the CPUs of each thread; empty: any.
    pub cpu_affinity: Vec<Vec<usize>>,
    /// `env`
    pub env: Vec<String>,
    /// `multi_accept`
    pub multi_accept: bool,
    /// Main `error_log`s.
    pub error_logs: Vec<ErrorLog>,
    /// The stream side; `files` includes the main error logs'.
    pub stream: stream::Config,
    /// Addresses that `http {}` would listen on, which are not served: (address, FILE:LINE).
    pub not_served: Vec<(String, String)>,
}

/// Where things are unless the configuration says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Where relative log, pid and other paths start.
    pub prefix: PathBuf,
    /// `pid` when there is no such directive.
    pub pid: PathBuf,
    /// Error log when there is no such directive; none: standard error.
    pub error_log: Option<PathBuf>,
    /// Account of the worker when there is no `user` and the master is root.
    pub user: String,
}

/// What came of a configuration.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The plan; none if anything is wrong.
    pub plan: Option<Plan>,
    /// The parser's problems and those found here, in the original's order: the first error is
    /// what nginx prints.
    pub diagnostics: Vec<Diagnostic>,
    /// The problems that the original reports only after it has found the syntax to be fine.
    pub after_syntax: bool,
}

/// Plans a parsed configuration.
#[must_use]
pub fn plan(parsed: &Parsed, facts: &dyn Facts, layout: &Layout) -> Planned {
    let mut planner = Planner {
        parsed,
        facts,
        layout,
        diagnostics: Vec::new(),
        files: logs::Files::new(&layout.prefix),
    };
    let plan = planner.everything();
    let mut diagnostics = parsed.diagnostics.clone();
    diagnostics.append(&mut planner.diagnostics);
    sort(&mut diagnostics, &parsed.sources);
    let first = diagnostics.iter().find(|problem| is_error(problem));
    let after_syntax = first.is_none_or(|problem| LATE.contains(&problem.code));
    let plan = first.is_none().then_some(plan);
    Planned {
        plan,
        diagnostics,
        after_syntax,
    }
}

/// Codes of what the original finds after the whole text was understood.
const LATE: [&str; 3] = ["no-events", "connections", "default-user"];

fn is_error(problem: &Diagnostic) -> bool {
    problem.severity == Severity::Error
}

/// What planning carries along.
struct Planner<'a> {
    parsed: &'a Parsed,
    facts: &'a dyn Facts,
    layout: &'a Layout,
    diagnostics: Vec<Diagnostic>,
    files: logs::Files,
}

impl Planner<'_> {
    fn sources(&self) -> &SourceMap {
        &self.parsed.sources
    }

    fn main(&self) -> &ast::Main {
        &self.parsed.ast.process.nginx
    }

    fn stream(&self) -> &ast::Stream {
        &self.parsed.ast.stream
    }

    fn everything(&mut self) -> Plan {
        let mut plan = self.process();
        plan.error_logs = self.main_error_logs();
        let pools = self.pools();
        plan.stream.servers = self.servers(&pools, &plan.error_logs);
        plan.stream.listeners = self.listeners();
        plan.stream.pools = pools.pools;
        plan.stream.files = core::mem::take(&mut self.files).paths;
        self.check_connections(&plan);
        plan
    }

    /// A problem of a directive, at a part of it.
    fn fail(&mut self, code: &'static str, message: String, directive: Span, part: Span) {
        let problem = Diagnostic::error(code, message).at(part);
        self.push(at_terminator(problem, directive, &self.parsed.sources));
    }

    fn push(&mut self, problem: Diagnostic) {
        self.diagnostics.push(problem);
    }

    /// A problem with a name or address; says so if it was never filled in.
    fn fail_address(&mut self, message: String, directive: Span, part: Span, word: &str) {
        let mut problem = Diagnostic::error("address", message).at(part);
        problem.help = placeholder(word);
        self.push(at_terminator(problem, directive, &self.parsed.sources));
    }

    /// Whether the parser found an error between these places: then what seems to be missing
    /// there may just be misspelt.
    fn flawed(&self, from: Span, to: Span) -> bool {
        let order = |span| self.sources().order(span);
        let (from, to) = (order(from), order(to));
        let errors = self
            .parsed
            .diagnostics
            .iter()
            .filter(|problem| is_error(problem));
        let mut places = errors.filter_map(Diagnostic::span).map(order);
        places.any(|place| from <= place && place <= to)
    }

    /// `FILE:LINE` of the end of a directive, as the original names it.
    fn origin(&self, directive: Span) -> String {
        let end = Span {
            start: directive.end().saturating_sub(1),
            len: 1,
            ..directive
        };
        let place = self.sources().place(end);
        format!("{}:{}", place.file.display(), place.line)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.layout.prefix.join(Path::new(path))
    }
}
