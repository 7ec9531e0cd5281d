//! What a configuration will do that its author did not mean, over all nodes of a cluster.
//!
//! [`Cluster`] takes the parsed files of one or several nodes, [`Cluster::findings`] runs every
//! rule of [`rules`] over them. Each rule says what happens at run time, with the numbers from the
//! files, and what to do about it.
//!
//! Invariants: pure; an error is certain as far as the given files go, a warning says what it
//! depends on, a notice only states a fact; the same input gives the same findings in the same
//! order; work is linear in the number of instances, except within one virtual router, where
//! nodes are compared with each other.
//! Deliberately unknown here: how files were found, how findings are shown, secrets (a password
//! never appears in a message).

mod address;
mod agreement;
mod check;
mod combination;
mod election;
mod endpoint;
mod habit;
mod network;
mod node;
mod ownership;
mod peers;
mod probe;
mod rule;
mod setting;
mod shell;
mod timing;
mod told;
mod tracking;
mod view;

use core::net::IpAddr;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use grammar::diagnostic::Label;
use grammar::kubeadm::{self, Kubeadm};
use grammar::span::Origin;
use grammar::{Ast, Diagnostic, Severity, SourceMap, Span, keepalived, nginx};

pub use habit::Habit;
pub use rule::{Rule, rules};

use crate::facts::Assumed;
use crate::keepalived::Plan;
use told::Told;

/// Problems of one file that a rule tells, too, with what the other nodes make of them; and what
/// is no property of the file.
const RULED: [&str; 4] = [
    "nopreempt-cleared",
    "duplicate-vrid",
    "weight-ignored",
    "not-yet",
];

/// The files of a cluster, one entry per node.
#[derive(Debug, Default)]
pub struct Cluster {
    /// Every text of every node; places of findings lie in it.
    sources: SourceMap,
    nodes: Vec<Node>,
    kubeadm: Vec<Kubeadm>,
    /// What is wrong in a file by itself: what `-t --offline` says.
    problems: Vec<Diagnostic>,
}

/// Which node of a [`Cluster`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeIx(usize);

#[derive(Debug)]
struct Node {
    name: String,
    keepalived: Vec<Read>,
    nginx: Vec<Read>,
    scripts: Vec<Script>,
    nonlocal_bind: Option<bool>,
    /// Names and addresses, of a node that is the host itself.
    interfaces: Vec<(String, IpAddr)>,
}

/// An AST whose places have to be moved to be found in the cluster's sources.
#[derive(Debug)]
struct Read {
    ast: Ast,
    moved: u32,
}

/// The text of a program that a configuration runs.
#[derive(Debug)]
struct Script {
    /// As the configuration names it.
    path: PathBuf,
    /// All of it.
    place: Span,
}

impl Cluster {
    /// A cluster without nodes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node; its name is what findings call it.
    pub fn add_node(&mut self, name: impl Into<String>) -> NodeIx {
        self.nodes.push(Node {
            name: name.into(),
            keepalived: Vec::new(),
            nginx: Vec::new(),
            scripts: Vec::new(),
            nonlocal_bind: None,
            interfaces: Vec::new(),
        });
        NodeIx(self.nodes.len() - 1)
    }

    /// Gives a node its keepalived.conf; returns what the node would run on a host as it is
    /// [`Assumed`].
    pub fn add_keepalived(&mut self, node: NodeIx, parsed: keepalived::Parsed) -> Plan {
        let mut ast = parsed.ast;
        // Often only a part of a node's files is at hand.
        ast.process.lost.incomplete |= ast.process.lost.unread;
        let assumed = Assumed {
            hostname: self.nodes[node.0].name.clone(),
        };
        let (plan, planned) = crate::keepalived::plan(&ast, &parsed.sources, &assumed);
        let told = |problem: &Diagnostic| !RULED.contains(&problem.code);
        let mut problems = parsed.diagnostics;
        problems.extend(planned.into_iter().filter(told));
        let moved = self.take(parsed.sources, problems);
        self.nodes[node.0].keepalived.push(Read { ast, moved });
        plan
    }

    /// Gives a node its nginx.conf.
    pub fn add_nginx(&mut self, node: NodeIx, parsed: nginx::Parsed) {
        let moved = self.take(parsed.sources, parsed.diagnostics);
        let ast = parsed.ast;
        self.nodes[node.0].nginx.push(Read { ast, moved });
    }

    /// Gives a node the text of a script that its configuration runs as `path`; `shown` is where
    /// it lies now.
    pub fn add_script(&mut self, node: NodeIx, path: PathBuf, shown: PathBuf, text: &str) {
        let file = self.sources.add(shown, text, Origin::Root);
        let place = Span::new(file, 0, text.len());
        self.nodes[node.0].scripts.push(Script { path, place });
    }

    /// Says whether a node sets `ip_nonlocal_bind`, for whoever listens on a virtual address.
    pub fn set_nonlocal_bind(&mut self, node: NodeIx, on: bool) {
        self.nodes[node.0].nonlocal_bind = Some(on);
    }

    /// Says which address an interface of the node has now.
    pub fn add_address(&mut self, node: NodeIx, interface: impl Into<String>, address: IpAddr) {
        let interfaces = &mut self.nodes[node.0].interfaces;
        interfaces.push((interface.into(), address));
    }

    /// Adds what kubeadm is told, which is the cluster's and no node's.
    pub fn add_kubeadm(&mut self, parsed: kubeadm::Parsed) {
        let moved = self.take(parsed.sources, parsed.diagnostics);
        self.kubeadm.push(parsed.kubeadm.moved(moved));
    }

    /// Programs with an absolute path that the node's configuration runs as checks: what
    /// [`add_script`](Self::add_script) is asked for.
    #[must_use]
    pub fn programs(&self, node: NodeIx) -> Vec<PathBuf> {
        let scripts = self.nodes[node.0].keepalived.iter().flat_map(|read| {
            let scripts = read.ast.vrrp.scripts.iter();
            scripts.filter_map(|script| script.command.as_ref())
        });
        let words = scripts.flat_map(|command| command.argv.iter());
        let mut found: Vec<PathBuf> = words
            .filter(|word| word.starts_with('/'))
            .map(PathBuf::from)
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// The texts that places of findings lie in.
    #[must_use]
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// What the parsers found wrong, unless a rule says it better, and what the rules find,
    /// ordered by node and place. What is the same on several nodes is one finding with all its
    /// places. Rules in `allowed` are left out.
    #[must_use]
    pub fn findings(&self, allowed: &[&str]) -> Vec<Diagnostic> {
        let view = view::View::new(self);
        let mut findings = Vec::new();
        for rule in rules() {
            rule.run(&view, &mut findings);
        }
        let told = Told::new(&self.problems, &findings);
        let untold =
            |problem: &&Diagnostic| !is_rule(problem.code) && !told.covers(problem, &self.sources);
        findings.extend(self.problems.iter().filter(untold).cloned());
        findings.retain(|finding| !allowed.contains(&finding.code));
        grammar::diagnostic::sort_by_place(&mut findings, &self.sources);
        self.merge(findings)
    }

    /// What several nodes have alike becomes one finding with all its places. A mistake that a
    /// file has twice stays two: the first of one node goes with the first of the others.
    fn merge(&self, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let mut merged: Vec<Diagnostic> = Vec::new();
        let mut known: BTreeMap<_, usize> = BTreeMap::new();
        let mut before: BTreeMap<_, usize> = BTreeMap::new();
        for mut finding in findings {
            let file = finding.span().map(|span| self.sources.written(span).file);
            let what = (finding.code, finding.message.clone());
            let count = before.entry((what.clone(), file)).or_default();
            *count += usize::from(!is_rule(finding.code));
            match known.entry((what, *count)) {
                Entry::Occupied(first) => merged[*first.get()].labels.append(&mut finding.labels),
                Entry::Vacant(place) => {
                    place.insert(merged.len());
                    merged.push(finding);
                }
            }
        }
        for finding in &mut merged {
            // A file that several nodes share was read for each of them.
            let mut seen = BTreeSet::new();
            finding.labels.retain(|label| {
                let place = self.sources.place(label.span);
                seen.insert((place.file.to_owned(), place.line, place.column))
            });
        }
        merged
    }

    fn take(&mut self, sources: SourceMap, problems: Vec<Diagnostic>) -> u32 {
        let moved = self.sources.append(sources);
        let label = |label: Label| Label {
            span: label.span.moved(moved),
            ..label
        };
        let told = problems
            .into_iter()
            .filter(|it| it.severity > Severity::Notice);
        self.problems.extend(told.map(|mut problem| {
            problem.severity = match problem.code {
                // Often only a part of a node's files is at hand.
                "open" | "track-ignored" => Severity::Warning,
                // A habit of most configurations, and without effect on who is master.
                "script-security" => Severity::Notice,
                _ => problem.severity,
            };
            problem.labels = problem.labels.into_iter().map(label).collect();
            problem.noticed = problem.noticed.map(|place| place.moved(moved));
            problem
        }));
        moved
    }
}

fn is_rule(code: &str) -> bool {
    rules().iter().any(|rule| rule.id == code)
}
