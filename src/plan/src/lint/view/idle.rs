//! Settings that do nothing because another one is not there.
//!
//! Invariants: only what is certain from the file alone; a file that was not read as a whole, or
//! is one of several, says nothing.

use grammar::ast::Ast;
use grammar::ast::leaf::Spanned;
use grammar::ast::lvs::{Check, RealServer, Service, Target};
use grammar::ast::vrrp::Instance;
use grammar::{SourceMap, Span};

use super::super::Node;
use crate::keepalived::timing;

/// One of them.
pub(crate) struct Idle {
    pub(crate) at: Span,
    /// What does nothing, and why.
    pub(crate) message: String,
}

/// Those of a node, in the order of the file.
pub(super) fn idle(node: &Node, sources: &SourceMap) -> Vec<Idle> {
    let [read] = &node.keepalived[..] else {
        return Vec::new();
    };
    if read.ast.process.lost.unread {
        return Vec::new();
    }
    let mut found = Found(Vec::new());
    found.process(&read.ast);
    found.mail(&read.ast);
    for instance in &read.ast.vrrp.instances {
        found.instance(&read.ast, instance);
    }
    for service in &read.ast.lvs.services {
        found.service(service);
    }
    for idle in &mut found.0 {
        idle.at = idle.at.moved(read.moved);
    }
    found.0.sort_by_key(|idle| sources.order(idle.at));
    found.0
}

struct Found(Vec<Idle>);

impl Found {
    fn say(&mut self, at: Span, message: impl Into<String>) {
        let message = message.into();
        self.0.push(Idle { at, message });
    }

    /// A setting that is there although `needed` is not.
    fn lacks<T>(&mut self, setting: Option<&Spanned<T>>, message: &str) {
        if let Some(setting) = setting {
            self.say(setting.span, message);
        }
    }

    fn process(&mut self, ast: &Ast) {
        let (hooks, fifos) = (&ast.process.processes, &ast.process.fifos);
        for (name, hook) in [("startup", &hooks.startup), ("shutdown", &hooks.shutdown)] {
            let timeout = hook.timeout.as_ref().filter(|_| hook.script.is_none());
            let message = format!("{name}_script_timeout does nothing: there is no {name}_script");
            self.lacks(timeout, &message);
        }
        for (name, fifo) in [
            ("notify_fifo", &fifos.all),
            ("vrrp_notify_fifo", &fifos.vrrp),
            ("lvs_notify_fifo", &fifos.lvs),
        ] {
            let script = fifo.script.as_ref().filter(|_| fifo.path.is_none());
            let message =
                format!("{name}_script never runs: there is no {name} that it could read");
            self.lacks(script, &message);
        }
        let defaults = &ast.vrrp.defaults;
        let instances = &ast.vrrp.instances;
        let made = |it: &Instance| {
            let mut lines = it.addresses.iter().chain(&it.excluded);
            it.use_vmac.is_some()
                || it.use_ipvlan.is_some()
                || it.use_vmac_addr
                || lines.any(|line| line.use_vmac.is_some())
        };
        if !instances.iter().any(made) {
            let message = "does nothing: no instance and no address has use_vmac";
            let prefix = defaults.vmac_prefix.as_ref();
            self.lacks(prefix, &format!("vmac_prefix {message}"));
            let prefix = defaults.vmac_addr_prefix.as_ref();
            self.lacks(prefix, &format!("vmac_addr_prefix {message}"));
        }
    }

    /// Without somebody to write to, or a server to give it to, there is no mail.
    fn mail(&mut self, ast: &Ast) {
        let mail = &ast.process.mail;
        let lack = match (mail.recipients.is_empty(), mail.server.is_none()) {
            (true, _) => "notification_email",
            (false, true) => "smtp_server",
            (false, false) => return,
        };
        if lack == "notification_email" {
            let message = |name: &str| format!("{name} does nothing: there is no {lack}");
            self.lacks(mail.from.as_ref(), &message("notification_email_from"));
            self.lacks(mail.server.as_ref(), &message("smtp_server"));
            self.lacks(mail.helo_name.as_ref(), &message("smtp_helo_name"));
            self.lacks(
                mail.connect_timeout.as_ref(),
                &message("smtp_connect_timeout"),
            );
        }
        let (instances, groups) = (&ast.vrrp.instances, &ast.vrrp.sync_groups);
        let instances = instances.iter().map(|it| (&it.name, it.smtp_alert));
        let groups = groups.iter().map(|it| (&it.name, it.smtp_alert));
        for (name, alert) in instances.chain(groups) {
            if alert == Some(true) {
                let message = format!("smtp_alert of {name} sends no mail: there is no {lack}");
                self.say(name.span, message);
            }
        }
    }

    fn instance(&mut self, ast: &Ast, instance: &Instance) {
        let (own, name) = (&instance.garp, &instance.name);
        let garp = timing::garp(own, &ast.vrrp.defaults);
        if garp.refresh.is_zero() {
            let message = format!(
                "garp_master_refresh_repeat of {name} does nothing: there is no garp_master_refresh"
            );
            self.lacks(own.refresh_repeat.as_ref(), &message);
        }
        if garp.lower_prio_repeat == 0 {
            let message = format!(
                "garp_lower_prio_delay of {name} does nothing: garp_lower_prio_repeat is 0"
            );
            self.lacks(own.lower_prio_delay.as_ref(), &message);
        }
        let source = instance.mcast_src_ip.or(instance.unicast_src_ip);
        if instance.track_src_ip && source.is_none() {
            let message = format!(
                "track_src_ip of {name} does nothing: there is no mcast_src_ip or unicast_src_ip"
            );
            self.say(name.span, message);
        }
    }

    fn service(&mut self, service: &Service) {
        let every_port = match service.target.value {
            Target::Address(_, port) => port == 0,
            Target::Mark(_) | Target::Group(_) => false,
        };
        if service.persistence_timeout.is_none() && !every_port {
            let message = "persistence_granularity does nothing: there is no persistence_timeout";
            self.lacks(service.granularity.as_ref(), message);
        }
        let asks = |server: &RealServer| {
            let mut checks = server.checks.iter();
            checks.any(|check| matches!(check.value, Check::Http(_) | Check::Ssl(_)))
        };
        let message = "virtualhost does nothing: no HTTP_GET or SSL_GET would send it";
        if !service.servers.iter().any(asks) {
            self.lacks(service.virtualhost.as_deref(), message);
        }
        for server in service.servers.iter().filter(|server| !asks(server)) {
            self.lacks(server.virtualhost.as_deref(), message);
        }
    }
}
