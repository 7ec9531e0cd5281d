//! `virtual_server` blocks to services with servers and checks; a group becomes several.
//!
//! Invariants: every server of a service is of its family and stands once; every check has its
//! whole schedule.

use core::mem;
use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeSet;

use base::Family;
use grammar::Diagnostic;
use grammar::ast::lvs::{self as ast, Method, Scheduler, Target};
use grammar::diagnostic::Class;
use grammar::keepalived::MAX_PROBLEMS;
use lvs::config::{Forwarding, RealServer, Service, ServiceKey};

use super::command::Commands;
use super::marks::Marks;
use super::name::Naming;
use super::rising::Rising;
use super::served::{Groups, Served};
use super::told::{self, ServiceHost};
use super::{checks, lack};
use crate::Facts;

/// Most servers of all services: each address of a group has all of its service's.
const MOST_SERVERS: usize = 1 << 20;
/// Where persistence is meant, but its time is not written: seconds.
const PERSISTENCE: u32 = 360;

pub(super) fn services(
    naming: &Naming<'_>,
    facts: &dyn Facts,
    commands: &mut Commands<'_>,
    problems: &mut Vec<Diagnostic>,
) -> (Vec<Service>, Vec<ServiceHost>, Option<Marks>) {
    let count = naming.ast.lvs.services.len();
    let mut seen = Rising::with_capacity(count);
    let mut planned = (Vec::with_capacity(count), Vec::with_capacity(count));
    let followed = checks::Followed::new(naming);
    let mut groups = Groups::new(naming, facts, problems);
    let mut room = MOST_SERVERS;
    for service in &naming.ast.lvs.services {
        if problems.len() > MAX_PROBLEMS {
            break;
        }
        let Some(mut served) = groups.served(service, problems) else {
            continue;
        };
        let before = served.keys.len();
        served.keys.retain(|key| seen.insert(*key));
        if served.keys.len() < before {
            let message = "duplicate virtual server - ignoring";
            let span = service.target.span;
            problems.push(Diagnostic::warning("duplicate-service", message).at(span));
        }
        if before > 0 && served.keys.is_empty() {
            continue;
        }
        if service.servers.is_empty() {
            lack::no_servers(service, problems);
            continue;
        }
        lack::defaults(service, &served, problems);
        lack::family(service, problems);
        lack::flags(service, &served, problems);
        lack::sorry(service, problems);
        followed.examine(service, commands, problems);
        let mut host = told::written(service, &naming.ast.process.mail, commands, problems);
        let servers = served.keys.len().saturating_mul(service.servers.len());
        let Some(left) = room.checked_sub(servers) else {
            let message = "The configuration is too large (too many real servers) - ignoring the \
                           rest";
            let problem = Diagnostic::error("too-large", message).class(Class::Security);
            problems.push(problem.at(service.target.span));
            break;
        };
        room = left;
        let count = served.keys.len();
        all(
            service,
            &served,
            &followed,
            problems,
            |index, service, left_out| {
                // A group's services share the block; most blocks are one service.
                let own = if index + 1 == count {
                    mem::take(&mut host)
                } else {
                    host.clone()
                };
                planned.0.push(service);
                planned.1.push(own.without(left_out));
            },
        );
    }
    (planned.0, planned.1, groups.marks())
}

/// Gives `take` one service for each address and mark, with the places in the file of the servers
/// that it lacks. What is wrong about each of them is said once.
fn all(
    service: &ast::Service,
    served: &Served,
    followed: &checks::Followed<'_>,
    problems: &mut Vec<Diagnostic>,
    mut take: impl FnMut(usize, Service, &[usize]),
) {
    let persistence = persistence(service, served, problems);
    let mut told = BTreeSet::new();
    for (index, key) in served.keys.iter().enumerate() {
        let mut own = Vec::new();
        let (service, left_out) = plan(
            service,
            (*key, served.given),
            persistence,
            followed,
            &mut own,
        );
        let place = |problem: &Diagnostic| {
            let label = problem.labels.first();
            label.map(|label| (label.span.file, label.span.start))
        };
        let fresh = own.into_iter();
        problems.extend(fresh.filter(|problem| told.insert((problem.code, place(problem)))));
        if !service.servers.is_empty() {
            take(index, service, &left_out);
        }
    }
}

/// A granularity means nothing without persistence, and a service of every port needs it.
fn persistence(
    service: &ast::Service,
    served: &Served,
    problems: &mut Vec<Diagnostic>,
) -> Option<u32> {
    let written = service.persistence_timeout.map(|timeout| timeout.value);
    if written.is_some() || !served.portless {
        return written;
    }
    if service.granularity.is_none() {
        lack::port(service, PERSISTENCE, problems);
    }
    Some(PERSISTENCE)
}

fn plan(
    service: &ast::Service,
    (key, given): (ServiceKey, bool),
    persistence: Option<u32>,
    followed: &checks::Followed<'_>,
    problems: &mut Vec<Diagnostic>,
) -> (Service, Vec<usize>) {
    let (family, port) = match &key {
        ServiceKey::Address { address, .. } => (Family::of(address.ip()), address.port()),
        ServiceKey::Mark { family, .. } => (*family, 0),
    };
    let granularity = lack::granularity(service, family, problems);
    let persistence = persistence.or(granularity.map(|_| PERSISTENCE));
    let scheduler = service.scheduler.map_or(Scheduler::Wlc, |it| it.value);
    let method = forwarding(service.method.map_or(Method::Nat, |method| method.value));
    let mut planner = Servers {
        service,
        key,
        given,
        family,
        port,
        method,
        followed,
        problems,
        left_out: Vec::new(),
    };
    let servers = planner.servers();
    let sorry = planner.sorry(&servers);
    let left_out = planner.left_out;
    let quorum = lack::quorum(service, &servers, problems);
    let service = Service {
        key,
        scheduler: scheduler.word(),
        forwarding: method,
        persistence,
        granularity,
        quorum: quorum.0,
        hysteresis: quorum.1,
        alpha: service.schedule.alpha.unwrap_or(false),
        omega: service.omega,
        sorry,
        servers,
    };
    (service, left_out)
}

struct Servers<'a> {
    service: &'a ast::Service,
    key: ServiceKey,
    /// The mark stands for addresses, whose ports the servers may well have.
    given: bool,
    family: Family,
    port: u16,
    method: Forwarding,
    followed: &'a checks::Followed<'a>,
    problems: &'a mut Vec<Diagnostic>,
    /// Places in the file of the servers that are not planned.
    left_out: Vec<usize>,
}

impl Servers<'_> {
    fn servers(&mut self) -> Vec<RealServer> {
        let mut seen = BTreeSet::new();
        let mut planned = Vec::with_capacity(self.service.servers.len());
        for (place, server) in self.service.servers.iter().enumerate() {
            let span = server.address.span;
            let method = server.method.map(|method| forwarding(method.value));
            let method = method.unwrap_or(self.method);
            let address = self.address(server.address.value, method, span, "real server");
            let Some(address) = address else {
                self.left_out.push(place);
                continue;
            };
            if self.service.servers.len() > 1 && !seen.insert(address) {
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
                self.left_out.push(place);
                continue;
            }
            let inhibit = server
                .inhibit_on_failure
                .or(self.service.inhibit_on_failure);
            let weight = server.weight.or(self.service.weight);
            // Collecting would take room for four, and most have one.
            let mut checks = Vec::with_capacity(server.checks.len());
            let check = |check| self.followed.plan(self.service, server, check, address);
            checks.extend(server.checks.iter().filter_map(check));
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
            // The original leaves it to the kernel to refuse the members of a group.
            let problem = match self.service.target.value {
                Target::Group(_) => Diagnostic::warning("family-mismatch", message),
                Target::Address(..) | Target::Mark(_) => {
                    Diagnostic::error("family-mismatch", message)
                }
            };
            self.problems.push(problem.at(span));
            return None;
        }
        let place = SocketAddr::new(address, port.unwrap_or(self.port));
        // DR and TUN leave the packet as it is: the port cannot differ.
        if method != Forwarding::Masquerade && place.port() != self.port {
            if !self.given {
                let message = self.other_port(place, what);
                let problem = Diagnostic::error("port-mismatch", message).at(span);
                self.problems.push(problem.unplaced());
            }
            return Some(SocketAddr::new(address, self.port));
        }
        Some(place)
    }

    /// What the original says of a server whose port is not that of its service.
    fn other_port(&self, place: SocketAddr, what: &str) -> String {
        let vs = lack::vs(self.service);
        let which = match what {
            "real server" => format!("{what} {}", lack::rs(self.service, place)),
            _ => what.to_owned(),
        };
        let is_group = matches!(self.service.target.value, Target::Group(_));
        match &self.key {
            ServiceKey::Mark { .. } => {
                let done = if is_group {
                    "port will be ignored"
                } else {
                    "clearing"
                };
                format!("WARNING - fwmark virtual server {vs}, {which} has port specified - {done}")
            }
            ServiceKey::Address { address, .. } if is_group => {
                let member = format!("[{},{}]", address.ip(), address.port());
                format!("virtual server {vs}:{member} and {which} ports don't match")
            }
            ServiceKey::Address { .. } => {
                format!("WARNING - virtual server {vs} and {which} ports don't match - resetting")
            }
        }
    }

    fn sorry(&mut self, servers: &[RealServer]) -> Option<RealServer> {
        let written = self.service.sorry_server.as_deref()?;
        let method = self.service.sorry_server_method;
        let method = method.map_or(self.method, |method| forwarding(method.value));
        let address = self.address(written.value, method, written.span, "sorry server")?;
        let inhibit = self.service.sorry_server_inhibit.is_some_and(|it| it.value);
        let same = servers.iter().find(|server| server.address == address);
        if let Some(same) = same.filter(|same| same.inhibit_on_failure != inhibit) {
            lack::sorry_of_two_minds(self.service, same, written.span, self.problems);
        }
        Some(RealServer {
            address,
            weight: 1,
            forwarding: method,
            inhibit_on_failure: same.map_or(inhibit, |same| same.inhibit_on_failure),
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
