//! `virtual_server` blocks to services with servers and checks.
//!
//! Invariants: every server of a service is of its family and stands once; every check has its
//! whole schedule.

use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeSet;

use base::Family;
use grammar::Diagnostic;
use grammar::ast::lvs::{self as ast, Method, Scheduler, Target};
use lvs::config::{Forwarding, Protocol, RealServer, Service, ServiceKey};

use super::command::{Commands, Part};
use super::name::Naming;
use super::{checks, lack};

/// Where persistence is meant, but its time is not written: seconds.
const PERSISTENCE: u32 = 360;

pub(super) fn services(
    naming: &Naming<'_>,
    commands: &mut Commands<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Service> {
    let mut seen = BTreeSet::new();
    let mut planned = Vec::new();
    let followed = checks::Followed::new(naming);
    for service in &naming.ast.lvs.services {
        let Some(key) = key(service, problems) else {
            continue;
        };
        if !seen.insert(key) {
            let message = "duplicate virtual server - ignoring";
            let span = service.target.span;
            problems.push(Diagnostic::warning("duplicate-service", message).at(span));
            continue;
        }
        if service.servers.is_empty() {
            lack::no_servers(service, problems);
            continue;
        }
        lack::defaults(service, problems);
        lack::family(service, problems);
        lack::flags(service, problems);
        lack::sorry(service, problems);
        followed.examine(service, commands, problems);
        events(service, commands, problems);
        let service = plan(service, key, problems);
        if !service.servers.is_empty() {
            planned.push(service);
        }
    }
    planned
}

/// Commands that a change of state runs are looked up like all others.
fn events(service: &ast::Service, commands: &mut Commands<'_>, problems: &mut Vec<Diagnostic>) {
    let quorum = service.quorum_up.iter().chain(&service.quorum_down);
    let servers = service.servers.iter();
    let states = servers.flat_map(|server| server.notify_up.iter().chain(&server.notify_down));
    let what = lack::vs(service);
    for command in quorum.chain(states) {
        commands.event(Part::Checker, command, &what, problems);
    }
}

fn key(service: &ast::Service, problems: &mut Vec<Diagnostic>) -> Option<ServiceKey> {
    let protocol = match service.protocol.map(|protocol| protocol.value) {
        Some(ast::Protocol::Tcp) => Protocol::Tcp,
        Some(ast::Protocol::Sctp) => Protocol::Sctp,
        // keepalived.conf(5): UDP unless told otherwise.
        Some(ast::Protocol::Udp) | None => Protocol::Udp,
    };
    match &service.target.value {
        Target::Address(address, port) => Some(ServiceKey::Address {
            address: SocketAddr::new(*address, *port),
            protocol,
        }),
        Target::Mark(mark) => {
            let servers = service
                .servers
                .first()
                .map(|server| Family::of(server.address.0));
            let written = service.family.map(|family| family.value);
            Some(ServiceKey::Mark {
                mark: *mark,
                family: written.or(servers).unwrap_or(Family::V4),
            })
        }
        Target::Group(name) => {
            let message = format!("virtual_server group {name} is not acted on yet");
            let problem = Diagnostic::warning("not-yet", message).at(service.target.span);
            problems.push(problem.help("write one virtual_server per address"));
            None
        }
    }
}

fn plan(service: &ast::Service, key: ServiceKey, problems: &mut Vec<Diagnostic>) -> Service {
    let (family, port) = match &key {
        ServiceKey::Address { address, .. } => (Family::of(address.ip()), address.port()),
        ServiceKey::Mark { family, .. } => (*family, 0),
    };
    let granularity = lack::granularity(service, family, problems);
    let mut persistence = service.persistence_timeout.map(|timeout| timeout.value);
    // A granularity means nothing without persistence.
    persistence = persistence.or(granularity.map(|_| PERSISTENCE));
    let portless = port == 0 && matches!(key, ServiceKey::Address { .. });
    if portless && persistence.is_none() {
        lack::port(service, PERSISTENCE, problems);
        persistence = Some(PERSISTENCE);
    }
    let scheduler = service.scheduler.map_or(Scheduler::Wlc, |it| it.value);
    let method = forwarding(service.method.map_or(Method::Nat, |method| method.value));
    let mut planner = Servers {
        service,
        family,
        port,
        method,
        problems,
    };
    let servers = planner.servers();
    let sorry = planner.sorry();
    let quorum = lack::quorum(service, &servers, problems);
    Service {
        key,
        scheduler: scheduler.word().to_owned(),
        forwarding: method,
        persistence,
        granularity,
        quorum: quorum.0,
        hysteresis: quorum.1,
        alpha: service.schedule.alpha.unwrap_or(false),
        omega: service.omega,
        sorry,
        servers,
    }
}

struct Servers<'a> {
    service: &'a ast::Service,
    family: Family,
    port: u16,
    method: Forwarding,
    problems: &'a mut Vec<Diagnostic>,
}

impl Servers<'_> {
    fn servers(&mut self) -> Vec<RealServer> {
        let mut seen = BTreeSet::new();
        let mut planned = Vec::new();
        for server in &self.service.servers {
            let span = server.address.span;
            let method = server.method.map(|method| forwarding(method.value));
            let method = method.unwrap_or(self.method);
            let place = self.address(server.address.value, method, span, "real server");
            let Some(address) = place else { continue };
            if !seen.insert(address) {
                let (vs, rs) = (lack::vs(self.service), lack::rs(self.service, address));
                let message =
                    format!("VS {vs}: real server {rs} is duplicated - removing second rs");
                // One of them has the service's port without writing it: the original does not see
                // that until the kernel refuses it.
                let same = |other: &ast::RealServer| {
                    other.address.span != span && other.address == server.address
                };
                let problem = if self.service.servers.iter().any(same) {
                    Diagnostic::error("duplicate-server", message)
                } else {
                    Diagnostic::warning("duplicate-server", message)
                };
                self.problems.push(problem.at(span).unplaced());
                continue;
            }
            let inhibit = server
                .inhibit_on_failure
                .or(self.service.inhibit_on_failure);
            let weight = server.weight.or(self.service.weight);
            let checks = server.checks.iter();
            let check = |check| checks::plan(self.service, server, check, address);
            let checks = checks.filter_map(check).collect();
            planned.push(RealServer {
                address,
                weight: weight.map_or(1, |weight| weight.value),
                forwarding: method,
                inhibit_on_failure: inhibit.unwrap_or(false),
                alpha: server.schedule.alpha.unwrap_or(false),
                checks,
            });
        }
        planned
    }

    /// Its address, with the service's port unless it has one of its own that can be used.
    fn address(
        &mut self,
        (address, port): (IpAddr, Option<u16>),
        method: Forwarding,
        span: grammar::Span,
        what: &str,
    ) -> Option<SocketAddr> {
        if Family::of(address) != self.family && method != Forwarding::Tunnel {
            let message = format!(
                "Address family of virtual server and {what} {address} don't match - \
                 skipping {what}."
            );
            self.problems
                .push(Diagnostic::error("family-mismatch", message).at(span));
            return None;
        }
        let port = port.unwrap_or(self.port);
        let is_mark = matches!(self.service.target.value, Target::Mark(_));
        let place = SocketAddr::new(address, port);
        // DR and TUN leave the packet as it is: the port cannot differ.
        if method != Forwarding::Masquerade && port != self.port {
            let vs = lack::vs(self.service);
            let which = match what {
                "real server" => format!("{what} {}", lack::rs(self.service, place)),
                _ => what.to_owned(),
            };
            let message = if is_mark {
                format!(
                    "WARNING - fwmark virtual server {vs}, {which} has port specified - clearing"
                )
            } else {
                format!("WARNING - virtual server {vs} and {which} ports don't match - resetting")
            };
            let problem = Diagnostic::error("port-mismatch", message).at(span);
            self.problems.push(problem.unplaced());
            return Some(SocketAddr::new(address, self.port));
        }
        Some(place)
    }

    fn sorry(&mut self) -> Option<RealServer> {
        let written = self.service.sorry_server?;
        let method = self.service.sorry_server_method;
        let method = method.map_or(self.method, |method| forwarding(method.value));
        let address = self.address(written.value, method, written.span, "sorry server")?;
        Some(RealServer {
            address,
            weight: 1,
            forwarding: method,
            inhibit_on_failure: self.service.sorry_server_inhibit.is_some_and(|it| it.value),
            alpha: false,
            checks: Vec::new(),
        })
    }
}

const fn forwarding(method: Method) -> Forwarding {
    match method {
        Method::Nat => Forwarding::Masquerade,
        Method::Dr => Forwarding::DirectRouting,
        Method::Tun(_) => Forwarding::Tunnel,
    }
}
