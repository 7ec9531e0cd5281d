//! `global_defs` and root keywords: what the host must know of them.

use core::time::Duration;
use std::collections::BTreeMap;

use grammar::Diagnostic;
use grammar::ast::global::LinkDelay;
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
        self.debounce();
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

    /// A link that goes down must be noticed before the others take over.
    fn debounce(&mut self) {
        let delays = &self.ast.process.links.delays;
        if delays.is_empty() {
            return;
        }
        let delays: BTreeMap<&str, &LinkDelay> = delays
            .iter()
            .map(|delay| (delay.interface.value.as_str(), delay))
            .collect();
        let defaults = &self.ast.vrrp.defaults;
        for instance in &self.ast.vrrp.instances {
            let interface = instance.interface.as_ref();
            let delay = interface.and_then(|interface| delays.get(interface.value.as_str()));
            let Some(delay) = delay else { continue };
            let count = instance.down_timer_adverts.or(defaults.down_timer_adverts);
            let count = count.map_or(3, |count| count.value);
            let interval = instance.advert_int;
            let interval = interval.map_or(Duration::from_secs(1), |time| time.value);
            let longest = interval * u32::from(count.saturating_sub(1));
            if delay.down.max(delay.up.unwrap_or(delay.down)) < longest {
                continue;
            }
            let name = &instance.name;
            // The original only logs it.
            let message = format!(
                "{name}: interface {} debounce timer(s) not less than {} * advert_int - resetting",
                delay.interface,
                count.saturating_sub(1)
            );
            let problem = Diagnostic::warning("debounce-too-long", message);
            let problem = problem.label(delay.interface.span, "this delay");
            let problem = problem.label(name.span, "others take over before it ends");
            let help = "choose a shorter delay, or a larger down_timer_adverts";
            self.problems.push(problem.help(help));
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
