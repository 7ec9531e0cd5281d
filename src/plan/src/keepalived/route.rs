//! Routes, static and virtual: looked up on this host, and as the kernel takes them.
//!
//! Invariants: a name that this host does not know is reported where it stands, and the route is
//! left out; what follows from that is not reported.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base::Family;
use grammar::ast::leaf::{Prefix, Spanned};
use grammar::ast::route::{self as written, Destination, Named, Placement, Realms, RouteType};
use grammar::{Diagnostic, Span};
use wire::routing::{self, Place};

use super::hop;
use super::router::Routers;
use super::routing::{Route, Routing};
use crate::facts::{NumberTable, Tables};

/// The kernel's number for routes that keepalived makes.
const RTPROT_KEEPALIVED: u32 = 18;
/// RT_TABLE_MAIN
const MAIN: u32 = 254;
/// RT_SCOPE_LINK
const LINK: u32 = 253;
/// RT_SCOPE_HOST
const HOST: u32 = 254;

impl Routers<'_> {
    /// Those that can be added. `own` is the instance's interface: a route that says no way at all
    /// goes there.
    pub(super) fn routes(&mut self, routes: &[written::Route], own: Option<&str>) -> Vec<Routing> {
        let routes = routes.iter().filter_map(|route| self.route(route, own));
        routes
            .map(|route| Routing::Route(Box::new(route)))
            .collect()
    }

    /// Everything that is wrong with it is reported, so nothing returns early.
    pub(super) fn route(&mut self, route: &written::Route, own: Option<&str>) -> Option<Route> {
        let there = self.devices(route);
        if let Some(vrf) = &route.vrf
            && !self.is_vrf(vrf)
        {
            return None;
        }
        let table = self.number_or(NumberTable::Tables, route.table.as_ref(), MAIN, |name| {
            format!("Routing table {name} not found for route")
        });
        let by_type = default_scope(route.kind);
        let scope = self.number_or(NumberTable::Scopes, route.scope.as_ref(), by_type, |name| {
            format!("Scope {name} not found or invalid for route")
        });
        let tos = self.number_or(NumberTable::DsFields, route.tos.as_ref(), 0, |name| {
            format!("TOS value {name} is invalid")
        });
        let hops = self.hops(route, own);
        let protocol = self.tracked_route(route);
        let (metrics, congestion) = hop::metrics(&route.metrics);
        let byte = |number: u32| u8::try_from(number).ok();
        let planned = routing::Route {
            destination: destination(route)?,
            from: route.from.map(network),
            kind: route.kind.unwrap_or(RouteType::Unicast) as u8,
            tos: byte(tos?)?,
            table: table?,
            protocol: byte(protocol?)?,
            scope: byte(scope?)?,
            source: route.src,
            metric: route.metric,
            metrics,
            congestion,
            expires: route.expires,
            preference: route.pref,
            hops: hops?,
            place: match route.placement {
                None => Place::Instead,
                Some(Placement::Add) => Place::Alone,
                Some(Placement::Prepend) => Place::Before,
                Some(Placement::Append) => Place::After,
            },
        };
        there.then(|| Route {
            route: planned,
            vrf: route.vrf.as_ref().map(|vrf| vrf.value.clone()),
            track: !route.no_track && route.dev.is_some(),
        })
    }

    /// Whether all interfaces that it names are there.
    fn devices(&mut self, route: &written::Route) -> bool {
        let hops = route.nexthops.iter();
        let devices = hops.filter_map(|hop| hop.dev.as_ref());
        let devices = route.dev.iter().chain(devices);
        let missing = devices.filter(|dev| !self.device(dev, "VROUTE nexthop"));
        missing.count() == 0
    }

    /// A route can be looked after only if it has an interface and is known as ours. Returns who
    /// the kernel is told to have added it.
    fn tracked_route(&mut self, route: &written::Route) -> Option<u32> {
        let own = RTPROT_KEEPALIVED;
        let number = self.number_or(
            NumberTable::Protocols,
            route.protocol.as_ref(),
            own,
            |name| format!("Protocol {name} not found or invalid for route"),
        );
        if route.no_track {
            return number;
        }
        if let (Some(protocol), Some(other)) = (&route.protocol, number)
            && other != RTPROT_KEEPALIVED
        {
            let message = format!(
                "Route cannot be tracked if protocol is not RTPROT_KEEPALIVED({RTPROT_KEEPALIVED}), \
                 resetting protocol"
            );
            let problem = Diagnostic::error("untracked-protocol", message).at(protocol.span);
            let help = "add `no_track`, or leave `protocol` out";
            self.problems.push(problem.help(help));
        }
        let number = number.map(|_| RTPROT_KEEPALIVED);
        let Some(destination) = route.destination.filter(|_| route.dev.is_none()) else {
            return number;
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
        number
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

    /// The number of what is written, if anything is; else `default`.
    pub(super) fn number_or(
        &mut self,
        table: NumberTable,
        number: Option<&Spanned<Named>>,
        default: u32,
        message: impl FnOnce(&Named) -> String,
    ) -> Option<u32> {
        match number {
            None => Some(default),
            Some(number) => self.number(table, number, message(&number.value)),
        }
    }

    /// From and to.
    pub(super) fn realms(
        &mut self,
        realms: &Spanned<Realms>,
        message: String,
    ) -> Option<(u16, u16)> {
        let number = |part: &Named| {
            let number = self.look_up(NumberTable::Realms, part)?;
            u16::try_from(number).ok()
        };
        let source = realms.source.as_ref().map_or(Some(0), number);
        let both = source.zip(number(&realms.destination));
        if both.is_none() {
            self.unknown_number(NumberTable::Realms, realms.span, message);
        }
        both
    }

    pub(super) fn look_up(&self, table: NumberTable, number: &Named) -> Option<u32> {
        match number {
            Named::Number(number) => Some(*number),
            Named::Name(name) => {
                let files = &self.ast.process.files;
                let path = |written: &Option<Spanned<String>>| {
                    written.as_ref().map(|path| path.value.clone().into())
                };
                let (usr, etc) = (path(&files.iproute_usr_dir), path(&files.iproute_etc_dir));
                self.facts.number_in(&Tables { usr, etc }, table, name)
            }
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

/// Where it leads, without host bits.
fn destination(route: &written::Route) -> Option<(IpAddr, u8)> {
    Some(match route.destination.as_ref()?.value {
        Destination::Prefix(prefix) => network(prefix),
        Destination::Default if route.known_family() != Some(Family::V6) => {
            (Ipv4Addr::UNSPECIFIED.into(), 0)
        }
        Destination::Default | Destination::DefaultV6 => (Ipv6Addr::UNSPECIFIED.into(), 0),
    })
}

/// The prefix as the kernel wants it: without host bits.
pub(super) fn network(prefix: Prefix) -> (IpAddr, u8) {
    let address = match prefix.address {
        IpAddr::V4(address) => {
            let host = u32::MAX.checked_shr(prefix.len.into()).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & !host))
        }
        IpAddr::V6(address) => {
            let host = u128::MAX.checked_shr(prefix.len.into()).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !host))
        }
    };
    (address, prefix.len)
}

/// Scope of a route that says none, as the original gives it. Deviation: types that the kernel takes
/// with one scope only get that, where the original asks for what no kernel does.
const fn default_scope(kind: Option<RouteType>) -> u32 {
    match kind {
        Some(RouteType::Local | RouteType::Nat) => HOST,
        Some(RouteType::Broadcast | RouteType::Multicast | RouteType::Anycast) => LINK,
        _ => 0,
    }
}
