//! Process-wide settings: accounts, threads, limits.

use grammar::Diagnostic;
use grammar::ast::stream::{CpuAffinity, Family, WorkerProcesses};

use super::{Plan, Planner};

/// Most threads one worker runs; nginx's limit of processes.
const MAX_THREADS: u64 = 1024;
/// `worker_connections` unless given.
const DEFAULT_CONNECTIONS: u64 = 512;

impl Planner<'_> {
    /// A plan without its stream side and logs.
    pub(super) fn process(&mut self) -> Plan {
        let main = &self.parsed.ast.process.nginx;
        let user = self.user();
        let threads = match main.worker_processes.as_deref() {
            None => 1,
            Some(WorkerProcesses::Auto) => self.facts.cpus().max(1),
            // A worker without threads would serve nothing.
            Some(WorkerProcesses::Count(count)) => {
                usize::try_from((*count).clamp(1, MAX_THREADS)).unwrap_or(1)
            }
        };
        let events = main.events.as_deref();
        let connections = events.and_then(|events| events.worker_connections.as_deref());
        let connections = connections.copied().unwrap_or(DEFAULT_CONNECTIONS);
        Plan {
            daemon: main.daemon.as_deref().copied().unwrap_or(true),
            master_process: main.master_process.as_deref().copied().unwrap_or(true),
            pid: match &main.pid {
                Some(pid) => self.path(pid),
                None => self.layout.prefix.join(&self.layout.pid),
            },
            user,
            threads,
            worker_connections: usize::try_from(connections).unwrap_or(usize::MAX),
            rlimit_nofile: main.worker_rlimit_nofile.as_deref().copied(),
            priority: main.worker_priority.as_deref().copied().unwrap_or(0),
            shutdown_timeout: main
                .worker_shutdown_timeout
                .as_deref()
                .copied()
                .filter(|timeout| !timeout.is_zero()),
            working_directory: main.working_directory.as_deref().map(Into::into),
            cpu_affinity: self.affinity(threads),
            env: main
                .env
                .iter()
                .map(|variable| variable.value.clone())
                .collect(),
            multi_accept: events
                .and_then(|events| events.multi_accept.as_deref().copied())
                .unwrap_or(false),
            error_logs: Vec::new(),
            stream: stream::Config::default(),
            not_served: self.not_served(),
        }
    }

    fn user(&mut self) -> Option<(String, u32, u32)> {
        let Some(written) = self.main().user.clone() else {
            return self.default_user();
        };
        let at = written.span;
        if !self.facts.is_root() {
            let text = "the \"user\" directive makes sense only if the master process runs with \
                        super-user privileges, ignored";
            let warning = Diagnostic::warning("user-ignored", text).at(at);
            self.push(grammar::nginx::at_terminator(warning, at, self.sources()));
            return None;
        }
        let Some(user) = self.facts.user(&written.user) else {
            let text = format!("getpwnam(\"{}\") failed", written.user);
            self.fail("user", text, at, at);
            return None;
        };
        let group = written.group.as_deref().unwrap_or(&written.user);
        let Some(gid) = self.facts.group(group) else {
            let text = format!("getgrnam(\"{group}\") failed");
            self.fail("group", text, at, at);
            return None;
        };
        Some((user.name, user.uid, gid))
    }

    fn default_user(&mut self) -> Option<(String, u32, u32)> {
        if !self.facts.is_root() {
            return None;
        }
        let name = &self.layout.user;
        match self.facts.user(name) {
            Some(user) => Some((user.name, user.uid, user.gid)),
            None => {
                let text = format!("getpwnam(\"{name}\") failed");
                self.push(Diagnostic::error("default-user", text).unplaced());
                None
            }
        }
    }

    /// The CPUs of each thread; empty when they may run anywhere.
    fn affinity(&mut self, threads: usize) -> Vec<Vec<usize>> {
        let cpus = self.facts.cpus().max(1);
        let Some(affinity) = self.main().worker_cpu_affinity.clone() else {
            return Vec::new();
        };
        match affinity.value {
            CpuAffinity::Auto(mask) => {
                let mask = mask.unwrap_or_else(|| (0..cpus).collect());
                let one = |thread: usize| vec![mask[thread % mask.len()]];
                if mask.is_empty() {
                    return Vec::new();
                }
                (0..threads).map(one).collect()
            }
            CpuAffinity::Masks(masks) => {
                if masks.len() != 1 && masks.len() != threads {
                    let text = "the number of \"worker_processes\" is not equal to the number of \
                                \"worker_cpu_affinity\" masks, using last mask for remaining \
                                worker processes";
                    self.push(Diagnostic::warning("affinity", text).unplaced());
                }
                let Some(last) = masks.len().checked_sub(1) else {
                    return Vec::new();
                };
                (0..threads)
                    .map(|thread| masks[thread.min(last)].clone())
                    .collect()
            }
        }
    }

    fn not_served(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for foreign in &self.main().foreign {
            for listen in &foreign.listens {
                let name = match foreign.family {
                    Family::Http => "",
                    Family::Mail => " (mail)",
                };
                found.push((format!("{}{name}", listen.value), self.origin(listen.span)));
            }
        }
        found
    }

    /// What nginx checks after everything else.
    pub(super) fn check_connections(&mut self, plan: &Plan) {
        let listeners = plan.stream.listeners.len();
        if self.main().events.is_none() && !self.is_shapeless() {
            let text = "no \"events\" section in configuration";
            let problem = Diagnostic::error("no-events", text).unplaced();
            self.push(problem.help("add `events {}`: nginx does not start without it"));
        } else if self.main().events.is_some() && plan.worker_connections < listeners + 1 {
            let text = format!(
                "{} worker_connections are not enough for {listeners} listening sockets",
                plan.worker_connections
            );
            self.push(Diagnostic::error("connections", text).unplaced());
        }
    }

    /// Whether blocks or whole directives are garbled or misspelt: what is missing may be there.
    fn is_shapeless(&self) -> bool {
        const CODES: [&str; 9] = [
            "not-terminated",
            "no-block",
            "not-allowed",
            "unknown-directive",
            "unexpected",
            "unterminated",
            "too-long",
            "open",
            "unbalanced-brace",
        ];
        let mut problems = self.parsed.diagnostics.iter();
        problems.any(|problem| CODES.contains(&problem.code))
    }
}
