//! `static_ipaddress` and `static_routes`: what is there as long as the daemon runs.

use std::collections::BTreeMap;

use grammar::Diagnostic;
use grammar::ast::address::AddressLine;
use grammar::ast::leaf::Spanned;
use grammar::diagnostic::Class;

use super::address::DEFAULT_INTERFACE;
use super::group::garp_groups;
use super::router::Routers;
use crate::facts::NumberTable;

impl Routers<'_> {
    pub(super) fn static_items(&mut self) {
        let vrrp = &self.ast.vrrp;
        let mut seen = BTreeMap::new();
        for line in &vrrp.static_addresses {
            self.static_address(line);
            let dev = line.dev.as_ref().map(|dev| dev.value.as_str());
            if let Some(first) = seen.insert((line.prefix.address, dev), line.prefix.span) {
                // The original says nothing.
                let message = format!("static address {} is there twice", line.prefix);
                let problem = Diagnostic::warning("duplicate-address", message);
                let problem = problem.at(line.prefix.span).label(first, "first here");
                self.problems.push(problem);
            }
        }
        self.routes(&vrrp.static_routes);
        self.rules();
        let addresses = vrrp.static_addresses.iter();
        let routes = vrrp.static_routes.iter();
        let named = addresses
            .filter_map(|line| line.track_group.as_ref())
            .chain(routes.filter_map(|route| route.track_group.as_ref()));
        for group in named {
            self.track_groups.check(group, self.problems);
        }
        for interface in vrrp.garp_groups.iter().flat_map(|group| &group.interfaces) {
            self.garp_device(interface);
        }
        garp_groups(&vrrp.garp_groups, self.problems);
    }

    fn static_address(&mut self, line: &AddressLine) {
        let prefix = line.prefix;
        if let Some(dev) = &line.dev {
            self.device(dev, &format!("ip address {prefix}"));
        } else {
            self.default_device(line);
        }
        if let Some(scope) = &line.scope {
            let message = format!(
                "Invalid scope '{}' specified for {prefix} - ignoring",
                scope.value
            );
            self.number(NumberTable::Scopes, scope, message);
        }
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

    fn default_device(&mut self, line: &AddressLine) {
        let defaults = &self.ast.vrrp.defaults;
        let written = defaults.default_interface.as_ref();
        let name = written.map_or(DEFAULT_INTERFACE, |name| name.value.as_str());
        if defaults.dynamic_interfaces.is_some() || self.interface(name).is_some() {
            return;
        }
        let message = format!(
            "Static address {} requires either an interface or default interface must exist",
            line.prefix
        );
        let problem = Diagnostic::error("no-interface", message).class(Class::Severe);
        let problem = problem.label(line.prefix.span, format!("this host has no {name}"));
        self.problems
            .push(problem.help("add `dev INTERFACE` to it"));
    }
}
