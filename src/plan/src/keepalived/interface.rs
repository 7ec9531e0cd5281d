//! The interface that an instance runs on.
//!
//! Invariants: the host is asked once about each interface; an instance that cannot run for want
//! of one was reported.

use core::net::IpAddr;
use std::rc::Rc;

use base::Family;
use grammar::Diagnostic;
use grammar::ast::vrrp::Instance;
use vrrp::config::Transport;

use super::router::Routers;
use crate::facts::Interface;

impl Routers<'_> {
    /// The interface, asked for once.
    pub(super) fn interface(&mut self, name: &str) -> Option<Rc<Interface>> {
        if let Some(known) = self.interfaces.get(name) {
            return known.clone();
        }
        let found = self.facts.interface(name).map(Rc::new);
        self.interfaces.insert(name.to_owned(), found.clone());
        found
    }

    /// The interface's name; `Some(None)` when unicast needs none, `None` when the instance cannot
    /// run.
    pub(super) fn own_interface(
        &mut self,
        instance: &Instance,
        family: Family,
    ) -> Option<Option<String>> {
        let name = &instance.name;
        let Some(interface) = &instance.interface else {
            return self.without_interface(instance, family).then_some(None);
        };
        let dynamic = self.ast.vrrp.defaults.dynamic_interfaces.is_some();
        let found = self.interface(interface);
        if found.is_none() && !dynamic {
            let message =
                format!("WARNING - interface {interface} for vrrp_instance {name} doesn't exist");
            let mut problem = Diagnostic::error("missing-interface", message);
            problem = problem.label(interface.span, self.known_interfaces());
            problem = problem.help("the instance is left out; `dynamic_interfaces` waits for it");
            self.problems.push(problem);
            return None;
        }
        if found.is_some_and(|found| found.loopback) {
            let message = format!(
                "({name}) cannot use a loopback interface ({interface}) for vrrp - ignoring"
            );
            let problem = Diagnostic::error("loopback", message).at(interface.span);
            let help = "name the interface that leads to the other nodes";
            self.problems.push(problem.help(help));
            return None;
        }
        Some(Some(interface.value.clone()))
    }

    /// Whether the instance can do without an interface of its own.
    fn without_interface(&mut self, instance: &Instance, family: Family) -> bool {
        let name = &instance.name;
        if instance.rejected.contains("interface") {
            return false;
        }
        let peers = instance.unicast_peers.as_ref();
        if peers.is_none_or(|peers| peers.is_empty()) {
            let message = format!("({name}) Unknown interface!");
            let problem = Diagnostic::error("no-interface", message).at(name.span);
            self.problems.push(problem.help("add `interface NAME`"));
            return false;
        }
        let Some(source) = instance.unicast_src_ip.or(instance.mcast_src_ip) else {
            let rejected = instance.rejected.contains("unicast_src_ip");
            if !rejected {
                let message =
                    format!("({name}): Unicast instances must have unicast_src_ip or interface");
                let problem = Diagnostic::error("no-interface", message).at(name.span);
                self.problems
                    .push(problem.help("add `unicast_src_ip ADDRESS`"));
            }
            return false;
        };
        let bound = matches!(source.value, IpAddr::V6(address) if address.is_unicast_link_local());
        if bound && family == Family::V6 {
            let message = format!("({name}) Non link-local address required if interface omitted");
            let problem = Diagnostic::error("no-interface", message).at(source.span);
            let help = "a link-local address means nothing without its interface: add `interface`";
            self.problems.push(problem.help(help));
            return false;
        }
        true
    }

    /// What a missing interface is labelled with.
    pub(super) fn known_interfaces(&mut self) -> String {
        let facts = self.facts;
        let text = self.known_interfaces.get_or_insert_with(|| {
            let all = facts.interfaces();
            let names: Vec<&str> = all.iter().take(10).map(|it| it.name.as_str()).collect();
            let more = match all.len().saturating_sub(10) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("this host has {}{more}", names.join(", "))
        });
        text.clone()
    }

    /// Why adverts can never be sent. An interface that is not there yet, or has no address yet,
    /// may get there: whoever runs the plan looks.
    pub(super) fn cannot_send(
        &mut self,
        instance: &Instance,
        found: Option<&Interface>,
        transport: &Transport,
    ) -> Option<String> {
        let name = &instance.name;
        let interface = instance.interface.as_ref()?;
        let deaf = found.is_some_and(|found| !found.multicast);
        if deaf && matches!(transport, Transport::Multicast { .. }) {
            let message = format!(
                "({name}) interface {interface} does not support multicast, specify unicast peers \
                 - disabling"
            );
            let problem = Diagnostic::error("no-multicast", message).at(interface.span);
            let help = "add a unicast_peer block with the other nodes";
            self.problems.push(problem.help(help));
            return Some(format!("interface {interface} does not support multicast"));
        }
        None
    }
}
