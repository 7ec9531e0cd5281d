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
mod election;
mod node;
mod ownership;
mod peers;
mod probe;
mod rule;
mod shell;
mod timing;
mod tracking;
mod view;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use grammar::diagnostic::Label;
use grammar::kubeadm::{self, Kubeadm};
use grammar::span::Origin;
use grammar::{Ast, Diagnostic, Severity, SourceMap, Span, keepalived, nginx};

pub use rule::{Rule, rules};

/// The files of a cluster, one entry per node.
#[derive(Debug, Default)]
pub struct Cluster {
    /// Every text of every node; places of findings lie in it.
    sources: SourceMap,
    nodes: Vec<Node>,
    kubeadm: Vec<Kubeadm>,
    /// What the parsers found wrong.
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
        });
        NodeIx(self.nodes.len() - 1)
    }

    /// Gives a node its keepalived.conf.
    pub fn add_keepalived(&mut self, node: NodeIx, parsed: keepalived::Parsed) {
        let ast = parsed.ast;
        let moved = self.take(parsed.sources, parsed.diagnostics);
        self.nodes[node.0].keepalived.push(Read { ast, moved });
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

    /// Adds what kubeadm is told, which is the cluster's and no node's.
    pub fn add_kubeadm(&mut self, parsed: kubeadm::Parsed) {
        let moved = self.take(parsed.sources, parsed.diagnostics);
        let mut kubeadm = parsed.kubeadm;
        if let Some(endpoint) = &mut kubeadm.endpoint {
            endpoint.span = endpoint.span.moved(moved);
        }
        if let Some(port) = &mut kubeadm.bind_port {
            port.span = port.span.moved(moved);
        }
        self.kubeadm.push(kubeadm);
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
        let ruled = |problem: &&Diagnostic| !is_rule(problem.code);
        let mut findings: Vec<Diagnostic> = self.problems.iter().filter(ruled).cloned().collect();
        for rule in rules() {
            rule.run(&view, &mut findings);
        }
        findings.retain(|finding| !allowed.contains(&finding.code));
        grammar::diagnostic::sort_by_place(&mut findings, &self.sources);
        self.merge(findings)
    }

    fn merge(&self, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let mut merged: Vec<Diagnostic> = Vec::new();
        let mut known: BTreeMap<_, usize> = BTreeMap::new();
        for mut finding in findings {
            let place = finding.span().filter(|_| !is_rule(finding.code));
            let place = place.map(|span| self.sources.place(span));
            let place = place.map(|it| (it.file, it.line, it.column));
            match known.entry((finding.code, finding.message.clone(), place)) {
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
            // Often only a part of a node's files is at hand.
            if problem.code == "open" {
                problem.severity = Severity::Warning;
            }
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
