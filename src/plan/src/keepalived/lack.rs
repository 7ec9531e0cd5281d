//! What a `virtual_server` lacks or asks too much of, in the original's words (seen: 2.2.7).
//!
//! Invariant: each report comes with the value that is taken instead.

use core::net::SocketAddr;

use base::Family;
use grammar::Diagnostic;
use grammar::ast::lvs::{Protocol, Service, Target};
use lvs::config::RealServer;

/// The service as the original names it.
pub(super) fn vs(service: &Service) -> String {
    match &service.target.value {
        Target::Address(address, port) => format!("[{address}]:{}:{port}", protocol(service)),
        Target::Mark(mark) => format!("FWM {mark}"),
        Target::Group(name) => name.clone(),
    }
}

/// One of its servers as the original names it.
pub(super) fn rs(service: &Service, server: SocketAddr) -> String {
    let protocol = match &service.target.value {
        Target::Address(..) | Target::Group(_) => protocol(service),
        Target::Mark(_) => "none",
    };
    format!("[{}]:{protocol}:{}", server.ip(), server.port())
}

fn protocol(service: &Service) -> &'static str {
    match service.protocol.as_ref().map(|protocol| protocol.value) {
        Some(Protocol::Tcp) => "tcp",
        Some(Protocol::Udp) => "udp",
        Some(Protocol::Sctp) => "sctp",
        None => "none",
    }
}

fn report(code: &'static str, service: &Service, message: String, help: &str) -> Diagnostic {
    Diagnostic::error(code, message)
        .at(service.target.span)
        .unplaced()
        .help(help)
}

/// A service without servers is left out.
pub(super) fn no_servers(service: &Service, problems: &mut Vec<Diagnostic>) {
    let message = format!(
        "Virtual server {} has no real servers - ignoring",
        vs(service)
    );
    let help = "add a real_server block";
    problems.push(report("no-real-server", service, message, help));
}

/// Settings that must be written, although they have a default.
pub(super) fn defaults(service: &Service, problems: &mut Vec<Diagnostic>) {
    let name = vs(service);
    let by_mark = matches!(service.target.value, Target::Mark(_));
    // From here on the original takes its own default for granted.
    let known = name.replace(":none:", ":udp:");
    // One that was written, but not understood, was reported where it stands.
    let lacks = |keyword: &str| !service.rejected.contains(keyword);
    if service.protocol.is_none() && !by_mark && lacks("protocol") {
        let message = format!("Virtual server {name}: no protocol set - defaulting to UDP");
        problems.push(report("no-protocol", service, message, "add: protocol TCP"));
    }
    if service.protocol.is_some() && by_mark {
        let message = format!(
            "Warning: Virtual server {name}: protocol specified for fwmark - protocol will be \
             ignored"
        );
        let help = "the packets with the mark have their own";
        problems.push(report("protocol-of-mark", service, message, help));
    }
    if service.scheduler.is_none() && lacks("lb_algo") {
        let message = format!("Virtual server {known}: no scheduler set, setting default 'wlc'");
        problems.push(report("no-scheduler", service, message, "add: lb_algo wlc"));
    }
    let of_their_own = service.servers.iter().all(|server| server.method.is_some());
    if service.method.is_none() && !of_their_own && lacks("lb_kind") {
        let message =
            format!("Virtual server {known}: no forwarding method set, setting default NAT");
        problems.push(report("no-method", service, message, "add: lb_kind NAT"));
    }
}

/// `ip_family` is for services by mark; elsewhere it can only repeat what the address says.
pub(super) fn family(service: &Service, problems: &mut Vec<Diagnostic>) {
    if let (Some(written), Target::Address(address, _)) = (service.family, &service.target.value)
        && written.value != Family::of(*address)
    {
        let word = match written.value {
            Family::V4 => "inet",
            Family::V6 => "inet6",
        };
        let message =
            format!("Virtual server specified family {word} conflicts with server family");
        let problem = Diagnostic::error("family-mismatch", message).at(written.span);
        problems.push(problem.help("leave ip_family out: the address says it"));
    }
}

/// A service for every port of its address works with persistence only.
pub(super) fn port(service: &Service, persistence: u32, problems: &mut Vec<Diagnostic>) {
    let message = format!(
        "Virtual server {}: zero port only valid for persistent services - setting",
        vs(service)
    );
    let help = format!("write a port, or: persistence_timeout {persistence}");
    problems.push(report("no-port", service, message, &help));
}

/// Quorum and hysteresis, lowered to what the servers' weights can reach.
pub(super) fn quorum(
    service: &Service,
    servers: &[RealServer],
    problems: &mut Vec<Diagnostic>,
) -> (u32, u32) {
    let asked = service.quorum.map_or(1, |quorum| quorum.value);
    let total = servers
        .iter()
        .fold(0_u32, |sum, server| sum.saturating_add(server.weight));
    if servers.is_empty() {
        // Every one of them has been reported, and the service is left out.
        return (asked, 0);
    }
    if asked > total {
        let message = format!(
            "Warning - quorum {asked} for {} exceeds total weight of real servers {total}, \
             reducing quorum to {total}",
            vs(service)
        );
        let help = "without a living server of weight 1 or more the service is down";
        let mut problem = report("quorum-too-high", service, message, help);
        problem
            .labels
            .extend(service.quorum.map(|quorum| label(quorum.span)));
        problems.push(problem);
    }
    let quorum = asked.min(total);
    let hysteresis = service.hysteresis.map_or(0, |hysteresis| hysteresis.value);
    // Nothing is below a quorum of 0, which has been reported already.
    if hysteresis >= quorum && quorum > 0 {
        let lowered = quorum - 1;
        let message = format!(
            "Virtual server {}: hysteresis {hysteresis} >= quorum {quorum}; setting hysteresis to \
             {lowered}",
            vs(service)
        );
        let help = "the quorum is lost at quorum - hysteresis, which must stay above 0";
        problems.push(report("hysteresis-too-high", service, message, help));
        return (quorum, lowered);
    }
    (quorum.max(1), hysteresis)
}

fn label(span: grammar::Span) -> grammar::diagnostic::Label {
    grammar::diagnostic::Label {
        span,
        text: String::new(),
    }
}
