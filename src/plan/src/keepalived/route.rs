//! Routes, static and virtual: what the host must know of them.
//!
//! Invariants: a name that this host does not know is reported where it stands; what follows from
//! that is not.

use grammar::ast::leaf::Spanned;
use grammar::ast::route::{Destination, Named, NextHop, Realms, Route};
use grammar::{Diagnostic, Span};

use super::router::Routers;
use crate::facts::NumberTable;

/// The kernel's number for routes that keepalived makes.
const RTPROT_KEEPALIVED: u32 = 18;

impl Routers<'_> {
    pub(super) fn routes(&mut self, routes: &[Route]) {
        for route in routes {
            self.route(route);
        }
    }

    fn route(&mut self, route: &Route) {
        let hops = route.nexthops.iter();
        let devices = route
            .dev
            .iter()
            .chain(hops.filter_map(|hop| hop.dev.as_ref()));
        for dev in devices {
            self.device(dev, "VROUTE nexthop");
        }
        if let Some(vrf) = &route.vrf
            && !self.is_vrf(vrf)
        {
            return;
        }
        if let Some(table) = &route.table {
            let message = format!("Routing table {} not found for route", table.value);
            self.number(NumberTable::Tables, table, message);
        }
        if let Some(scope) = &route.scope {
            let message = format!("Scope {} not found or invalid for route", scope.value);
            self.number(NumberTable::Scopes, scope, message);
        }
        if let Some(tos) = &route.tos {
            let message = format!("TOS value {} is invalid", tos.value);
            self.number(NumberTable::DsFields, tos, message);
        }
        let realms = route
            .nexthops
            .iter()
            .filter_map(|hop: &NextHop| hop.realms.as_ref());
        for realms in route.realms.iter().chain(realms) {
            self.realms(realms, format!("Invalid realms {} for route", realms.value));
        }
        self.tracked_route(route);
    }

    /// A route can be looked after only if it has an interface and is known as ours.
    fn tracked_route(&mut self, route: &Route) {
        let protocol = route.protocol.as_ref().and_then(|protocol| {
            let message = format!("Protocol {} not found or invalid for route", protocol.value);
            let number = self.number(NumberTable::Protocols, protocol, message)?;
            Some(Spanned::new(number, protocol.span))
        });
        if route.no_track {
            return;
        }
        if let Some(protocol) = protocol.filter(|number| number.value != RTPROT_KEEPALIVED) {
            let message = format!(
                "Route cannot be tracked if protocol is not RTPROT_KEEPALIVED({RTPROT_KEEPALIVED}), \
                 resetting protocol"
            );
            let problem = Diagnostic::error("untracked-protocol", message).at(protocol.span);
            let help = "add `no_track`, or leave `protocol` out";
            self.problems.push(problem.help(help));
        }
        let Some(destination) = route.destination.filter(|_| route.dev.is_none()) else {
            return;
        };
        if !route.rejected.contains("dev") {
            let to = match destination.value {
                Destination::Prefix(prefix) => prefix.to_string(),
                everywhere => everywhere.to_string(),
            };
            let message = format!(
                "Warning - cannot track route {to} with no interface specified, not tracking"
            );
            let problem = Diagnostic::error("untracked-route", message).at(destination.span);
            self.problems
                .push(problem.help("add `dev INTERFACE`, or `no_track` if that is meant"));
        }
    }

    /// An interface that something other than an instance names.
    pub(super) fn device(&mut self, name: &Spanned<String>, what: &str) -> bool {
        let dynamic = self.ast.vrrp.defaults.dynamic_interfaces.is_some();
        if dynamic || self.interface(name).is_some() {
            return true;
        }
        let message = format!("WARNING - interface {name} for {what} doesn't exist");
        let problem = Diagnostic::error("missing-interface", message);
        let problem = problem.label(name.span, self.known_interfaces());
        let help = "it is left out; with `dynamic_interfaces` it waits for the interface";
        self.problems.push(problem.help(help));
        false
    }

    /// Without its VRF a route is left out.
    fn is_vrf(&mut self, vrf: &Spanned<String>) -> bool {
        let problem = match self.interface(vrf).as_deref() {
            None => {
                let message = format!("VRF {vrf} not found for route");
                let problem = Diagnostic::error("missing-interface", message);
                problem.label(vrf.span, self.known_interfaces())
            }
            Some(found) if found.is_no_vrf() => {
                let message = format!("Route specified VRF {vrf} is not a VRF");
                let problem = Diagnostic::error("no-vrf", message).at(vrf.span);
                problem.help("name the VRF device itself, or write `table` with its number")
            }
            Some(_) => return true,
        };
        self.problems.push(problem);
        false
    }

    /// The number, asked of the host if it is a name.
    pub(super) fn number(
        &mut self,
        table: NumberTable,
        number: &Spanned<Named>,
        message: String,
    ) -> Option<u32> {
        let found = self.look_up(table, &number.value);
        if found.is_none() {
            self.unknown_number(table, number.span, message);
        }
        found
    }

    pub(super) fn realms(&mut self, realms: &Spanned<Realms>, message: String) {
        let parts = realms.source.iter().chain([&realms.destination]);
        for part in parts {
            if self.look_up(NumberTable::Realms, part).is_none() {
                return self.unknown_number(NumberTable::Realms, realms.span, message);
            }
        }
    }

    fn look_up(&self, table: NumberTable, number: &Named) -> Option<u32> {
        match number {
            Named::Number(number) => Some(*number),
            Named::Name(name) => self.facts.number(table, name),
        }
    }

    fn unknown_number(&mut self, table: NumberTable, span: Span, message: String) {
        let file = table.file();
        let problem = Diagnostic::error("unknown-name", message);
        let problem = problem.label(span, format!("no such name in this host's {file}"));
        let help = format!("write the number, or add a line to /etc/iproute2/{file}");
        self.problems.push(problem.help(help));
    }
}
