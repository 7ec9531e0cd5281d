//! Whether a script speaks of nodes and services that exist: a misspelt node must not turn an
//! `expect … on nobody` into a success.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Condition, Nodes, Problem, Script, Statement};

/// Problems of `script` over nodes and the services that each can run.
#[must_use]
pub fn check(script: &Script, nodes: &BTreeMap<String, BTreeSet<String>>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for step in &script.steps {
        for (node, service) in mentioned(&step.statement) {
            let message = match (nodes.get(node), service) {
                (None, _) => format!(
                    "no node is called `{node}`; nodes are {}",
                    list(nodes.keys())
                ),
                (Some(services), Some(service)) if !services.contains(service) => format!(
                    "`{service}` is not a service of {node}; its services are {}",
                    list(services.iter())
                ),
                (Some(_), _) => continue,
            };
            problems.push(Problem {
                line: step.line,
                message,
            });
        }
    }
    problems
}

fn list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

type Mention<'a> = (&'a str, Option<&'a str>);

fn mentioned(statement: &Statement) -> Vec<Mention<'_>> {
    match statement {
        Statement::Act(action) => in_action(action).into_iter().collect(),
        Statement::Pause(_) => Vec::new(),
        Statement::WaitUntil { condition, .. }
        | Statement::Expect { condition, .. }
        | Statement::Keeps { condition, .. } => in_condition(condition),
    }
}

fn in_action(action: &Action) -> Option<Mention<'_>> {
    match action {
        Action::Start { service, nodes } | Action::Stop { service, nodes } => match nodes {
            Nodes::All => None,
            Nodes::One(node) => Some((node, service.as_deref())),
        },
        Action::Restart { service, node }
        | Action::Reload { service, node }
        | Action::Kill { service, node, .. }
        | Action::Hang { service, node, .. }
        | Action::Resume { service, node }
        | Action::StartsOf { service, node, .. } => Some((node, Some(service))),
        Action::Cut { node, .. } | Action::Heal { node } | Action::Exec { node, .. } => {
            Some((node, None))
        }
    }
}

fn in_condition(condition: &Condition) -> Vec<Mention<'_>> {
    match condition {
        Condition::StateIs { node, .. }
        | Condition::States { node, .. }
        | Condition::Log { node, .. } => vec![(node, None)],
        Condition::ServiceIs { service, node, .. } => vec![(node, Some(service))],
        Condition::VipOn { node, .. } => node.iter().map(|n| (n.as_str(), None)).collect(),
        Condition::VipAt { node, .. } => vec![(node, None)],
        Condition::Advertises { node, .. } if node == "nobody" => Vec::new(),
        Condition::Advertises { node, .. } => vec![(node, None)],
        Condition::Order(steps) => steps.iter().map(|(n, _)| (n.as_str(), None)).collect(),
        Condition::PeerAnswering { .. } | Condition::Outage(_) => Vec::new(),
    }
}
