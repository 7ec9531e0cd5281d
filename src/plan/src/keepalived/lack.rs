//! What a `virtual_server` lacks or asks too much of, in the original's words (seen: 2.2.7).
//!
//! Invariant: each report comes with the value that is taken instead.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use base::Family;
use grammar::Diagnostic;
use grammar::ast::lvs::{Flag, Granularity, Protocol, Scheduler, Service, Target};
use lvs::config::RealServer;

use super::served::Served;

/// A service as the original names it.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    service: &'a Service,
    protocol: &'static str,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.service.target.value {
            Target::Address(address, port) => write!(f, "[{address}]:{}:{port}", self.protocol),
            Target::Mark(mark) => write!(f, "FWM {mark}"),
            Target::Group(name) => write!(f, "[{name}]:0"),
        }
    }
}

/// The service's name; text only where something is said of it.
pub(super) fn vs(service: &Service) -> Named<'_> {
    Named {
        service,
        protocol: protocol(service),
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
pub(super) fn defaults(service: &Service, served: &Served, problems: &mut Vec<Diagnostic>) {
    let name = vs(service);
    let by_mark = !served.addresses;
    // From here on the original takes its own default for granted.
    let known = Named {
        protocol: match name.protocol {
            "none" => "udp",
            protocol => protocol,
        },
        ..name
    };
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

/// Flags that do not go with the protocol, the scheduler or what the service is for.
pub(super) fn flags(service: &Service, served: &Served, problems: &mut Vec<Diagnostic>) {
    let by_mark = !served.addresses;
    let name = vs(service);
    let scheduler = service.scheduler.map(|scheduler| scheduler.value);
    for flag in &service.flags {
        let knows = flag.scheduler();
        let hashing = matches!(scheduler, Some(Scheduler::Sh | Scheduler::Mh));
        if flag.value == Flag::Ops {
            let protocol = service.protocol.map(|protocol| protocol.value);
            if by_mark || !matches!(protocol, Some(Protocol::Tcp | Protocol::Sctp)) {
                continue;
            }
            let message =
                format!("Virtual server {name}: one packet scheduling requires UDP - resetting");
            let help = "leave ops out: a connection stays with its server";
            let problem = report("ops-without-udp", service, message, help);
            problems.push(problem.label(flag.span, "for datagrams only"));
        } else if knows.is_some() && !hashing {
            let message = format!("{} only applies to sh scheduler - ignoring", flag.word());
            let problem = Diagnostic::error("flag-without-scheduler", message).at(flag.span);
            let wanted = knows.map_or("sh", Scheduler::word);
            problems.push(problem.help(format!("write lb_algo {wanted}, or leave it out")));
        } else if knows.is_some() && knows != scheduler {
            // The original says nothing and ignores it too.
            let wanted = knows.map_or("sh", Scheduler::word);
            let message = format!("{} does nothing: it is for lb_algo {wanted}", flag.word());
            problems.push(Diagnostic::warning("flag-without-scheduler", message).at(flag.span));
        }
    }
    if service.ha_suspend && served.marks {
        let message = format!(
            "Virtual server {name}: cannot use ha_suspend with fwmarks - clearing ha_suspend"
        );
        let help = "leave ha_suspend out: a mark has no address that could be elsewhere";
        problems.push(report("suspend-of-mark", service, message, help));
    }
}

/// Settings of a sorry server that is not there.
pub(super) fn sorry(service: &Service, problems: &mut Vec<Diagnostic>) {
    if service.sorry_server.is_some() || service.rejected.contains("sorry_server") {
        return;
    }
    let help = "add: sorry_server ADDRESS PORT";
    let mut lacks = |span: grammar::Span, message: &str| {
        let problem = Diagnostic::error("no-sorry-server", message).at(span);
        problems.push(problem.help(help));
    };
    if let Some(inhibit) = service.sorry_server_inhibit {
        let message = "Ignoring sorry_server inhibit used before or without sorry_server";
        lacks(inhibit.span, message);
    }
    if let Some(method) = service.sorry_server_method {
        lacks(
            method.span,
            "sorry_server forwarding used without sorry_server",
        );
    }
}

/// The sorry server is one of the real servers, and is to be treated like it.
pub(super) fn sorry_of_two_minds(
    service: &Service,
    server: &RealServer,
    span: grammar::Span,
    problems: &mut Vec<Diagnostic>,
) {
    let done = if server.inhibit_on_failure {
        "sett"
    } else {
        "clear"
    };
    let message = format!(
        "Virtual server {}: real server {} matches sorry server, but inhibit setting differs, \
         {done}ing on sorry server",
        vs(service),
        rs(service, server.address)
    );
    let help = "say the same of both: inhibit_on_failure, sorry_server_inhibit";
    let problem = report("inhibit-differs", service, message, help);
    problems.push(problem.label(span, "this server"));
}

/// How many clients count as one, in the form that the family has: a mask or a prefix length.
pub(super) fn granularity(
    service: &Service,
    family: Family,
    problems: &mut Vec<Diagnostic>,
) -> Option<IpAddr> {
    let written = service.granularity?;
    match (written.value, family) {
        (Granularity::Mask(mask), Family::V4) => Some(IpAddr::V4(mask)),
        (Granularity::Prefix(len), Family::V6) => Some(IpAddr::V6(Ipv6Addr::from_bits(
            u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0),
        ))),
        // Deviation: the original takes the number for the last byte of a mask.
        (Granularity::Prefix(len), Family::V4) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(len.into()));
            let mask = Ipv4Addr::from_bits(mask.unwrap_or(0));
            let message =
                format!("persistence_granularity {len} is no IPv4 netmask - using {mask}");
            let problem = Diagnostic::warning("prefix-for-mask", message).at(written.span);
            problems.push(problem.help(format!("write: persistence_granularity {mask}")));
            Some(IpAddr::V4(mask))
        }
        (Granularity::Mask(mask), Family::V6) => {
            let message = format!("Invalid IPv6 persistence_granularity specified - {mask}");
            let problem = Diagnostic::error("mask-for-prefix", message).at(written.span);
            problems.push(problem.help("write a prefix length: persistence_granularity 64"));
            None
        }
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
