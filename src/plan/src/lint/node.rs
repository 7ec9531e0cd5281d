//! Rules about what nodes are called.

use std::collections::BTreeMap;

use grammar::{Diagnostic, Severity, Span};

use super::rule::Rule;
use super::view::View;

pub(super) const ALL_NODES_SAME_ROUTER_ID: Rule = Rule {
    id: "all-nodes-same-router-id",
    severity: Severity::Notice,
    checks: "router_id of all nodes",
    outcome: "mails, traps and dashboards cannot tell which node they are about; the election does \
              not look at it",
    fix: "give every node its own router_id, or leave it out: then it is the host name",
    run: all_nodes_same_router_id,
};

fn all_nodes_same_router_id(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    let mut said: BTreeMap<&str, Vec<(&str, Span)>> = BTreeMap::new();
    for node in &view.nodes {
        if let Some(id) = &node.router_id {
            said.entry(&id.value)
                .or_default()
                .push((&node.name, id.span));
        }
    }
    for (id, nodes) in said.into_iter().filter(|(_, nodes)| nodes.len() > 1) {
        let names: Vec<&str> = nodes.iter().map(|(name, _)| *name).collect();
        let message = format!(
            "{} all call themselves {id}: mails and traps do not tell which of them it was",
            names.join(", ")
        );
        let finding = rule.notice(message);
        findings.push(
            nodes
                .iter()
                .fold(finding, |finding, (_, span)| finding.at(*span)),
        );
    }
}
