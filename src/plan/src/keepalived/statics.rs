//! `static_ipaddress`, `static_routes` and `static_rules`: what is there as long as the daemon runs.
//!
//! Invariants: each stands once in the plan; one that cannot be planned was reported.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use grammar::Diagnostic;
use grammar::ast::address::AddressLine;
use grammar::ast::leaf::Spanned;
use grammar::diagnostic::Class;

use super::address::DEFAULT_INTERFACE;
use super::group::garp_groups;
use super::router::Routers;
use super::rule::Rules;
use super::{Address, Statics};

impl<'a> Routers<'a> {
    pub(super) fn static_items(&mut self) -> (Statics, Rules<'a>) {
        let vrrp = &self.ast.vrrp;
        let mut statics = Statics::default();
        let mut seen = BTreeMap::new();
        for line in &vrrp.static_addresses {
            let planned = self.static_address(line);
            let dev = line.dev.as_ref().map(|dev| dev.value.as_str());
            if let Some(first) = seen.insert((line.prefix.address, dev), line.prefix.span) {
                // The original says nothing.
                let message = format!("static address {} is there twice", line.prefix);
                let problem = Diagnostic::warning("duplicate-address", message);
                let problem = problem.at(line.prefix.span).label(first, "first here");
                self.problems.push(problem);
                continue;
            }
            statics.addresses.extend(planned.map(Arc::new));
        }
        let mut routing = self.routes(&vrrp.static_routes, None);
        let mut rules = self.rules();
        routing.append(&mut rules.statics);
        let mut once = BTreeSet::new();
        routing.retain(|routing| once.insert(routing.clone()));
        statics.routing = routing;
        for line in &vrrp.static_addresses {
            self.tie(line.track_group.as_ref(), line.dev.as_ref());
        }
        for route in &vrrp.static_routes {
            self.tie(route.track_group.as_ref(), route.dev.as_ref());
        }
        for interface in vrrp.garp_groups.iter().flat_map(|group| &group.interfaces) {
            self.garp_device(interface);
        }
        garp_groups(&vrrp.garp_groups, self.problems);
        (statics, rules)
    }

    /// The members of the group follow the interface of the item, the default one if it names none.
    pub(super) fn tie(
        &mut self,
        group: Option<&Spanned<String>>,
        interface: Option<&Spanned<String>>,
    ) {
        let Some(group) = group else {
            return;
        };
        let default = self.ast.vrrp.defaults.default_interface.as_ref();
        let interface = interface.or(default);
        let interface = interface.map_or(DEFAULT_INTERFACE, |name| name.value.as_str());
        for member in self.track_groups.check(group, self.problems) {
            let held = self.held_for.entry(member.value.clone()).or_default();
            held.insert(interface.to_owned());
        }
    }

    fn static_address(&mut self, line: &AddressLine) -> Option<Address> {
        let prefix = line.prefix;
        let interface = match &line.dev {
            Some(dev) => {
                let there = self.device(dev, &format!("ip address {prefix}"));
                there.then(|| dev.value.clone())
            }
            None => self.default_device(line),
        };
        let planned = self.planned_address(line, interface.as_deref().unwrap_or_default());
        interface.map(|_| planned)
    }

    fn garp_device(&mut self, interface: &Spanned<String>) {
        let dynamic = self.ast.vrrp.defaults.dynamic_interfaces.is_some();
        if !dynamic && self.interface(interface).is_none() {
            let message =
                format!("WARNING - interface {interface} specified for garp_group doesn't exist");
            let problem = Diagnostic::error("missing-interface", message);
            let known = self.known_interfaces();
            self.problems.push(problem.label(interface.span, known));
        }
    }

    fn default_device(&mut self, line: &AddressLine) -> Option<String> {
        let defaults = &self.ast.vrrp.defaults;
        let written = defaults.default_interface.as_ref();
        let name = written.map_or(DEFAULT_INTERFACE, |name| name.value.as_str());
        if defaults.dynamic_interfaces.is_some() || self.interface(name).is_some() {
            return Some(name.to_owned());
        }
        let message = format!(
            "Static address {} requires either an interface or default interface must exist",
            line.prefix
        );
        let problem = Diagnostic::error("no-interface", message).class(Class::Severe);
        let problem = problem.label(line.prefix.span, format!("this host has no {name}"));
        self.problems
            .push(problem.help("add `dev INTERFACE` to it"));
        None
    }
}
