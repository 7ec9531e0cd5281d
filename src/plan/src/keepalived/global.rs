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
            commands.event(part, command, what, problems);
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
