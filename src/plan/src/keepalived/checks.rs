//! Checkers: what each needs, and the ones that run as the engine runs them.
//!
//! Invariants: a planned check has its whole schedule, inherited as `keepalived.conf(5)` says:
//! checker, server, service, built in. A checker that no engine runs yet is examined like the
//! others and left out, so its server counts as if it had none.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeMap;

use base::Family;
use grammar::ast::leaf::Spanned;
use grammar::ast::lvs::{
    BfdCheck, Check as Written, Connect, MiscCheck, RealServer, Schedule, Service, TcpCheck,
};
use grammar::{Diagnostic, Span};
use lvs::config::{Check, Probe};

use super::command::{Commands, Part, Refused};
use super::name::Naming;

const DELAY_LOOP: Duration = Duration::from_secs(60);
const DELAY_BEFORE_RETRY: Duration = Duration::from_secs(1);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const RETRY: u32 = 1;

/// What checks may follow, by name.
pub(super) struct Followed<'a> {
    naming: &'a Naming<'a>,
    files: BTreeMap<&'a str, Span>,
    sessions: BTreeMap<&'a str, Span>,
}

impl<'a> Followed<'a> {
    pub(super) fn new(naming: &'a Naming<'a>) -> Self {
        let vrrp = &naming.ast.vrrp;
        let files = vrrp.track_files.iter().map(|file| &file.name);
        // One that is for VRRP alone is not there for checks.
        let sessions = vrrp.bfd_instances.iter();
        let sessions = sessions.filter(|session| session.checker || !session.vrrp);
        let sessions = sessions.map(|session| &session.name);
        Self {
            naming,
            files: files.map(|name| (name.value.as_str(), name.span)).collect(),
            sessions: sessions
                .map(|name| (name.value.as_str(), name.span))
                .collect(),
        }
    }

    /// Looks at what the checks of a service name outside their blocks.
    pub(super) fn examine(
        &self,
        service: &Service,
        commands: &mut Commands<'_>,
        problems: &mut Vec<Diagnostic>,
    ) {
        for server in &service.servers {
            for check in &server.checks {
                if let Some(connect) = check.connect() {
                    connection(server, check, connect, problems);
                }
                if let Written::Smtp(smtp) = &check.value {
                    for host in &smtp.hosts {
                        smtp_host(server, check.span, &host.connect, problems);
                    }
                }
                match &check.value {
                    Written::Misc(check) => misc(check, commands, problems),
                    Written::File(check) => {
                        let message = |name: &str| format!("track_file {name} not found");
                        let name = check.track_file.as_ref();
                        self.name(name, &self.files, "track_file", message, problems);
                    }
                    Written::Bfd(check) => {
                        let message = |name: &str| format!("BFD_CHECK - BFD {name} not configured");
                        let name = check.name.as_ref();
                        self.name(name, &self.sessions, "bfd_instance", message, problems);
                    }
                    _ => {}
                }
            }
        }
    }

    /// The block of that name must stand before the check, as in the original.
    fn name(
        &self,
        name: Option<&Spanned<String>>,
        known: &BTreeMap<&str, Span>,
        block: &str,
        message: impl Fn(&str) -> String,
        problems: &mut Vec<Diagnostic>,
    ) {
        let Some(name) = name else { return };
        let found = known.get(name.value.as_str()).copied();
        let early = found.filter(|&defined| !self.naming.is_before(defined, name.span));
        let lost = found.is_none() && self.naming.is_lost(name);
        if lost || (found.is_some() && early.is_none()) {
            return;
        }
        let problem = Diagnostic::error("unknown-name", message(name)).at(name.span);
        problems.push(match early {
            Some(defined) => Naming::too_early(problem, name, defined, block),
            None => self.naming.suggest(problem, name, known.keys().copied()),
        });
    }

    /// The check as the engine runs it; none when it cannot run, or nothing runs it yet.
    pub(super) fn plan(
        &self,
        service: &Service,
        server: &RealServer,
        check: &Spanned<Written>,
        server_at: SocketAddr,
    ) -> Option<Check> {
        match &check.value {
            Written::Tcp(check) => tcp(service, server, check, server_at),
            Written::Bfd(check) => {
                let name = check.name.as_ref();
                let defined = self.sessions.get(name?.value.as_str());
                let known =
                    |at: &&Span| name.is_some_and(|it| self.naming.is_before(**at, it.span));
                defined.filter(known).and_then(|_| session(check))
            }
            Written::Http(_)
            | Written::Ssl(_)
            | Written::Smtp(_)
            | Written::Dns(_)
            | Written::Misc(_)
            | Written::Udp(_)
            | Written::Ping(_)
            | Written::File(_) => None,
        }
    }
}

/// What a check says of where it connects.
fn connection(
    server: &RealServer,
    check: &Spanned<Written>,
    connect: &Connect,
    problems: &mut Vec<Diagnostic>,
) {
    let at = connect
        .ip
        .map_or(server.address.value.0, |address| address.value);
    let place = connect.ip.map_or(check.span, |address| address.span);
    link_local(connect, Spanned::new(at, place), problems);
    // An SMTP_CHECK has no address to compare with before it ends, unless it is written.
    if connect.ip.is_some() || !matches!(check.value, Written::Smtp(_)) {
        family(connect, at, problems);
    }
}

/// A `host` of an SMTP_CHECK is a target of its own.
fn smtp_host(server: &RealServer, check: Span, connect: &Connect, problems: &mut Vec<Diagnostic>) {
    let server = server.address.value.0;
    let at = connect.ip.map_or(server, |address| address.value);
    let place = connect.ip.map_or(check, |address| address.span);
    link_local(connect, Spanned::new(at, place), problems);
    family(connect, at, problems);
}

/// A link-local address is one of some link, and only `bind_if` says which.
fn link_local(connect: &Connect, target: Spanned<IpAddr>, problems: &mut Vec<Diagnostic>) {
    if needs_interface(connect, target.value) {
        let message = format!("Checker link local address {target} requires a bind_if");
        let problem = Diagnostic::error("no-interface", message).at(target.span);
        problems.push(problem.help("add: bind_if INTERFACE"));
    }
}

fn needs_interface(connect: &Connect, target: IpAddr) -> bool {
    let is_link_local = match target {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    is_link_local && connect.bind_if.is_none()
}

fn family(connect: &Connect, target: IpAddr, problems: &mut Vec<Diagnostic>) {
    if let Some(address) = connect.bind_ip
        && Family::of(address.value) != Family::of(target)
    {
        let message = format!(
            "bindto address {address} does not match address family of connect_ip - skipping"
        );
        problems.push(Diagnostic::error("family-mismatch", message).at(address.span));
    }
}

/// The command of a check that nothing runs yet counts for script security all the same.
fn misc(check: &MiscCheck, commands: &mut Commands<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(command) = &check.command else {
        return;
    };
    let name = command.argv.first().map_or("", String::as_str);
    let own = check.user.as_ref().map(|user| &user.value);
    let problem = match commands.command(Part::Checker, command, own) {
        Ok(_) | Err(Refused::Told) => return,
        Err(Refused::NotFound(why)) => {
            let message = format!("Disabling misc script {name} since not found/accessible");
            Diagnostic::warning("script-not-found", message).label(command.span, why)
        }
        Err(Refused::Insecure(why)) => {
            let message = format!("Disabling misc script {name} due to insecure permissions");
            let help = format!("chown root {name}; chmod go-w {name}; the same for its folders");
            Diagnostic::warning("script-insecure", message)
                .label(command.span, why)
                .help(help)
        }
        Err(Refused::NoAccount(why)) => {
            let message =
                format!("Failed to set uid/gid for misc checker script '{name}' - removing");
            let place = check.user.as_ref().map_or(command.span, |user| user.span);
            Diagnostic::error("unknown-user", message).label(place, why)
        }
    };
    problems.push(problem);
}

/// A session tells of itself: the schedule only says when to look again should that get lost.
fn session(check: &BfdCheck) -> Option<Check> {
    let name = check.name.as_ref()?.value.clone();
    Some(Check {
        probe: Probe::Session { name },
        delay_loop: DELAY_LOOP,
        warmup: Duration::ZERO,
        retry: 0,
        delay_before_retry: DELAY_BEFORE_RETRY,
        alpha: check.alpha.unwrap_or(false),
    })
}

fn tcp(
    service: &Service,
    server: &RealServer,
    check: &TcpCheck,
    server_at: SocketAddr,
) -> Option<Check> {
    let own: &Schedule = &check.attempts.schedule;
    let levels: [&Schedule; 3] = [own, &server.schedule, &service.schedule];
    let time = |of: fn(&Schedule) -> Option<Spanned<Duration>>| {
        levels.iter().find_map(|at| of(at)).map(|time| time.value)
    };
    let delay_loop = time(|at| at.delay_loop).unwrap_or(DELAY_LOOP);
    let connect = &check.connect;
    let timeout = connect.timeout.or(server.connect_timeout);
    let timeout = timeout.or(service.connect_timeout);
    let retry = levels.iter().find_map(|at| at.retry);
    let target = SocketAddr::new(
        connect.ip.map_or(server_at.ip(), |address| address.value),
        connect.port.map_or(server_at.port(), |port| port.value),
    );
    if needs_interface(connect, target.ip()) {
        return None;
    }
    Some(Check {
        probe: Probe::Tcp {
            target,
            bind: bind(connect, target.ip()),
            timeout: timeout.map_or(CONNECT_TIMEOUT, |timeout| timeout.value),
        },
        delay_loop,
        warmup: time(|at| at.warmup).unwrap_or(delay_loop),
        retry: retry.map_or(RETRY, |retry| retry.value),
        delay_before_retry: time(|at| at.delay_before_retry).unwrap_or(DELAY_BEFORE_RETRY),
        alpha: own.alpha.unwrap_or(false),
    })
}

/// Where a check comes from, if that is written; an address of the other family is none.
fn bind(connect: &Connect, target: IpAddr) -> Option<SocketAddr> {
    let port = connect.bind_port.map(|port| port.value);
    let address = connect.bind_ip.map(|address| address.value);
    let address = address.filter(|address| Family::of(*address) == Family::of(target));
    if address.is_none() && port.is_none() {
        return None;
    }
    let any = match target {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    Some(SocketAddr::new(address.unwrap_or(any), port.unwrap_or(0)))
}
