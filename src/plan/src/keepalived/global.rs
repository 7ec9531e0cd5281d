//! `global_defs` and root keywords: what the host must know of them.

use core::time::Duration;

use grammar::Diagnostic;
use grammar::ast::global as ast;
use grammar::ast::leaf::Spanned;
use grammar::ast::process::Process;
use grammar::diagnostic::Class;
use serde::{Deserialize, Serialize};

use super::Command;
use super::command::{Commands, Part};
use super::router::Routers;
use crate::Facts;

/// How long a hook may take unless its timeout is written.
const HOOK_SECONDS: u16 = 10;

/// A command that the parent waits for, within bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// What to run.
    pub command: Command,
    /// It is ended when it takes longer.
    pub timeout: Duration,
}

/// The parent's own commands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hooks {
    /// `startup_script`: before the children start.
    pub startup: Option<Hook>,
    /// `shutdown_script`: after they have ended.
    pub shutdown: Option<Hook>,
}

/// Says so if there is no such network namespace. A test of the original ends silently then, with
/// success.
pub(super) fn namespace(process: &Process, facts: &dyn Facts, problems: &mut Vec<Diagnostic>) {
    let Some(name) = &process.net_namespace else {
        return;
    };
    if !facts.has_namespace(&name.value) {
        let message = format!("Unable to set network namespace {name}");
        let problem = Diagnostic::warning("no-namespace", message);
        let problem = problem.label(name.span, "this host has no network namespace of that name");
        problems.push(problem.help(format!("make it before the start: ip netns add {name}")));
    }
}

/// What the parent runs before its children begin and after they have ended.
pub(super) fn hooks(
    process: &Process,
    commands: &mut Commands<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Hooks {
    let mut plan = |what, written: &ast::Hook| {
        let script = written.script.as_ref()?;
        let command = commands.event(Part::Parent, script, &what, problems)?;
        let seconds = written.timeout.map_or(HOOK_SECONDS, |it| it.value);
        Some(Hook {
            command,
            timeout: Duration::from_secs(seconds.into()),
        })
    };
    Hooks {
        startup: plan("startup_script", &process.processes.startup),
        shutdown: plan("shutdown_script", &process.processes.shutdown),
    }
}

impl Routers<'_> {
    /// Interfaces that are watched whoever uses them.
    pub(super) fn watched_interfaces(&mut self) {
        let links = &self.ast.process.links;
        for delay in &links.delays {
            self.watched(&delay.interface, "up/down delay");
        }
        for polled in &links.polled {
            self.watched(&polled.interface, "linkbeat interface");
        }
        self.sync_daemon();
    }

    /// What the IPVS sync daemon follows. The original looks only when it starts.
    fn sync_daemon(&mut self) {
        let Some(daemon) = &self.ast.process.lvs.sync_daemon else {
            return;
        };
        let dynamic = self.ast.vrrp.defaults.dynamic_interfaces.is_some();
        let interface = &daemon.interface;
        if !dynamic && self.interface(interface).is_none() {
            let message = format!("interface {interface} for lvs_syncd doesn't exist");
            let problem = Diagnostic::warning("missing-interface", message);
            let known = self.known_interfaces();
            self.problems.push(problem.label(interface.span, known));
        }
        let Some(instance) = &daemon.instance else {
            return;
        };
        let instances = self.ast.vrrp.instances.iter();
        let names: Vec<&str> = instances.map(|it| it.name.value.as_str()).collect();
        if names.contains(&instance.value.as_str()) || self.naming.is_lost(instance) {
            return;
        }
        let message = format!(
            "Unable to find vrrp instance {instance} for lvs_syncd - clearing lvs_syncd config"
        );
        let problem = Diagnostic::warning("unknown-instance", message).at(instance.span);
        let problem = self.naming.suggest(problem, instance, names.into_iter());
        self.problems.push(problem);
    }

    fn watched(&mut self, interface: &Spanned<String>, what: &str) {
        let dynamic = self.ast.vrrp.defaults.dynamic_interfaces.is_some();
        if dynamic || self.interface(interface).is_some() {
            return;
        }
        let message = format!("unknown interface {interface} specified for {what}");
        let problem = Diagnostic::error("missing-interface", message).class(Class::Severe);
        let known = self.known_interfaces();
        self.problems.push(problem.label(interface.span, known));
    }
}
