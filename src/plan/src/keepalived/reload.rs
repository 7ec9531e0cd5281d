//! Whether a new configuration may replace the running one.
//!
//! Invariants: a problem that the running configuration has, too, never blocks; without a new
//! problem nothing blocks, whatever is removed on purpose.
//!
//! Deviation: the original loads whatever it understands.

use std::collections::{BTreeMap, BTreeSet};

use grammar::Diagnostic;
use grammar::diagnostic::{Class, Severity};

use super::{Checked, Plan};

/// Codes after which everything that follows may mean something else than was meant.
const STRUCTURAL: &[&str] = &[
    "endless-definition",
    "extra-brace",
    "include",
    "include-limit",
    "missing-brace",
    "missing-parameter",
    "no-configuration",
    "nul-byte",
    "too-deep",
    "too-large",
    "unexpected-brace",
];

/// Whether `new` may replace `old`.
///
/// # Errors
/// With the one line to log: the new problem, and what would be lost by it.
pub fn verdict(old: &Checked, new: &Checked) -> Result<(), Diagnostic> {
    if old.plan.process.instance != new.plan.process.instance {
        let message = "Cannot change instance name at a reload - please restart";
        return Err(Diagnostic::error("instance-changed", message));
    }
    if old.plan.process.namespace != new.plan.process.namespace {
        let message = "Cannot change network namespace at a reload - please restart keepalived";
        return Err(Diagnostic::error("namespace-changed", message));
    }
    let known: BTreeSet<(&str, &str)> = old
        .diagnostics
        .iter()
        .map(|problem| (problem.code, &problem.message[..]))
        .collect();
    let fresh: Vec<&Diagnostic> = new
        .diagnostics
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .filter(|problem| !known.contains(&(problem.code, &problem.message[..])))
        .collect();
    let Some(first) = fresh.first() else {
        return Ok(());
    };
    if new.plan.process.reload_check_config {
        return Err((*first).clone());
    }
    let structural = |problem: &&&Diagnostic| {
        problem.class == Class::MissingParameter || STRUCTURAL.contains(&problem.code)
    };
    if let Some(problem) = fresh.iter().find(structural) {
        return Err((*problem).clone());
    }
    match lost(&old.plan, &new.plan) {
        Some(what) => {
            let mut problem = (*first).clone();
            problem.message = format!("{}; {what} would be lost", problem.message);
            Err(problem)
        }
        None => Ok(()),
    }
}

/// What runs by `old` and would not by `new`.
fn lost(old: &Plan, new: &Plan) -> Option<String> {
    let routers: BTreeMap<_, _> = new
        .vrrp
        .routers
        .iter()
        .zip(&new.routers)
        .map(|(router, host)| (&router.key, host))
        .collect();
    for (router, host) in old.vrrp.routers.iter().zip(&old.routers) {
        let Some(kept) = routers.get(&router.key) else {
            return Some(format!("vrrp_instance {}", router.name));
        };
        let there: BTreeSet<_> = kept
            .addresses
            .iter()
            .map(|address| address.address)
            .collect();
        let gone = host
            .addresses
            .iter()
            .find(|address| !there.contains(&address.address));
        if let Some(gone) = gone {
            return Some(format!("{} of vrrp_instance {}", gone.address, router.name));
        }
    }
    let scripts: BTreeSet<_> = new.vrrp.scripts.iter().map(|script| &script.name).collect();
    let mut gone = old
        .vrrp
        .scripts
        .iter()
        .filter(|script| !scripts.contains(&script.name));
    gone.next()
        .map(|script| format!("vrrp_script {}", script.name))
}
