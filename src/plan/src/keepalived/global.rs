//! `global_defs` and root keywords: what the host must know of them.

use grammar::Diagnostic;
use grammar::ast::leaf::Spanned;
use grammar::ast::process::Process;
use grammar::diagnostic::Class;

use super::command::{Commands, Part};
use super::router::Routers;

/// Looks up the commands that no instance and no service has.
pub(super) fn commands(
    process: &Process,
    commands: &mut Commands<'_>,
    problems: &mut Vec<Diagnostic>,
) {
    let (hooks, fifos) = (&process.processes, &process.fifos);
    for (part, what, command) in [
        (Part::Parent, "startup_script", &hooks.startup.script),
        (Part::Parent, "shutdown_script", &hooks.shutdown.script),
        (Part::Vrrp, "notify_fifo_script", &fifos.all.script),
        (Part::Vrrp, "vrrp_notify_fifo_script", &fifos.vrrp.script),
        (Part::Checker, "lvs_notify_fifo_script", &fifos.lvs.script),
    ] {
        if let Some(command) = command {
            commands.event(part, command, &what, problems);
        }
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
