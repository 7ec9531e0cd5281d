//! What an operator reads about virtual services. The phrases people grep for are the original's,
//! word for word (seen: keepalived 2.2.7 in user-mode Linux); the cause follows them.

use std::fmt;
use std::io;

use lvs::config::{Probe, ServiceKey};
use lvs::{Change, Event, Quorum, ServerId};
use nix::errno::Errno;
use tracing::{error, info, warn};

/// A service as the original names it: `[192.0.2.1]:tcp:80` or `FWM 7`.
pub(super) struct Vs<'a>(pub(super) &'a ServiceKey);

impl fmt::Display for Vs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ServiceKey::Address { address, protocol } => {
                write!(f, "[{}]:{protocol}:{}", address.ip(), address.port())
            }
            ServiceKey::Mark { mark, .. } => write!(f, "FWM {mark}"),
        }
    }
}

/// A real server as the original names it: with the protocol of its service.
pub(super) struct Rs<'a>(pub(super) &'a ServerId);

impl fmt::Display for Rs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ip, port) = (self.0.server.ip(), self.0.server.port());
        match &self.0.service {
            ServiceKey::Address { protocol, .. } => write!(f, "[{ip}]:{protocol}:{port}"),
            ServiceKey::Mark { .. } => write!(f, "[{ip}]:none:{port}"),
        }
    }
}

/// Tells one event.
pub(super) fn log(event: &Event) {
    match event {
        Event::CheckNotRun { .. } => warn!("{}", line(event)),
        Event::NotServed { .. } => error!("{}", line(event)),
        Event::SorryServerIn { of, .. } => {
            info!("{}", line(event));
            let vs = Vs(&of.service);
            info!("Removing alive servers from the pool for VS {vs}");
        }
        Event::SorryServerOut { of, .. } => {
            info!("{}", line(event));
            info!(
                "Adding alive servers to the pool for VS {}",
                Vs(&of.service)
            );
        }
        // The events that it goes with are told already.
        Event::Notice(_) => {}
        _ => info!("{}", line(event)),
    }
}

fn line(event: &Event) -> String {
    match event {
        Event::CheckActivated(of) => {
            let vs = Vs(&of.service);
            format!(
                "Activating healthchecker for service {} for VS {vs}",
                Rs(of)
            )
        }
        Event::CheckPassed { of, probe } => match probe {
            Probe::Tcp { .. } => format!("TCP connection to {} success.", Rs(of)),
            Probe::Session { name } => format!("BFD check of [{name}] RS({}) is UP", Rs(of)),
        },
        Event::CheckFailed {
            of,
            probe,
            reason,
            retries,
        } => failed(of, probe, reason, *retries),
        Event::CheckNotRun { of, reason } => {
            let vs = Vs(&of.service);
            format!(
                "Check of service {} for VS {vs} could not run ({reason}): its state stays",
                Rs(of)
            )
        }
        Event::ServerUp { of, inhibited } => {
            let (verb, to) = pick(*inhibited, ("Enabling", "of"), ("Adding", "to"));
            moved(verb, "service", of, to)
        }
        Event::ServerDown { of, inhibit } => {
            let (verb, from) = pick(*inhibit, ("Disabling", "of"), ("Removing", "from"));
            moved(verb, "service", of, from)
        }
        Event::SorryServerIn { of, inhibited } => {
            let verb = pick(*inhibited, "Enabling", "Adding");
            moved(verb, "sorry server", of, "to")
        }
        Event::SorryServerOut { of, inhibit } => {
            let verb = pick(*inhibit, "Disabling", "Removing");
            moved(verb, "sorry server", of, "from")
        }
        Event::ServerTakenOut { of, inhibited } => moved(
            "Removing",
            pick(*inhibited, INHIBITED, "service"),
            of,
            "from",
        ),
        Event::ServerWithdrawn { of, inhibited } => {
            let what = pick(*inhibited, INHIBITED, "service");
            moved("Shutting down", what, of, "from")
        }
        Event::WeightChanged {
            of,
            from,
            to,
            alive,
        } => {
            let state = pick(*alive, "active", "inactive");
            let verb = format!("Changing weight from {from} to {to} for {state}");
            moved(&verb, "service", of, "of")
        }
        Event::ServerDropped(of) => format!("service {} no longer exist", Rs(of)),
        Event::QuorumGained(_)
        | Event::QuorumLost(_)
        | Event::StartsWithoutQuorum(_)
        | Event::ServiceDropped(_)
        | Event::NotServed { .. }
        | Event::ServedNow(_)
        | Event::Notice(_) => service_line(event).unwrap_or_default(),
    }
}

/// Lines about whole services.
fn service_line(event: &Event) -> Option<String> {
    Some(match event {
        Event::QuorumGained(of) => quorum("Gained quorum", '+', "<=", of),
        Event::QuorumLost(of) => quorum("Lost quorum", '-', ">", of),
        Event::StartsWithoutQuorum(of) => quorum("Starting with quorum down", '+', ">", of),
        Event::ServiceDropped(service) => format!("Removing Virtual Server {}", Vs(service)),
        Event::NotServed { service, reason } => format!(
            "Virtual server {} is not served: {reason}. Its checks and everything else go on; \
             IPVS is looked for again every minute",
            Vs(service)
        ),
        Event::ServedNow(service) => {
            format!(
                "Virtual server {} is served: IPVS is there now",
                Vs(service)
            )
        }
        _ => return None,
    })
}

const INHIBITED: &str = "(inhibited) service";

fn moved(verb: &str, what: &str, of: &ServerId, preposition: &str) -> String {
    let vs = Vs(&of.service);
    format!("{verb} {what} {} {preposition} VS {vs}", Rs(of))
}

fn quorum(what: &str, sign: char, relation: &str, of: &Quorum) -> String {
    let (needed, margin, weight) = (of.quorum, of.hysteresis, of.weight);
    let bound = if sign == '+' {
        needed.saturating_add(margin)
    } else {
        needed.saturating_sub(margin)
    };
    let vs = Vs(&of.service);
    format!("{what} {needed}{sign}{margin}={bound} {relation} {weight} for VS {vs}")
}

const fn pick<T: Copy>(condition: bool, yes: T, no: T) -> T {
    if condition { yes } else { no }
}

fn failed(of: &ServerId, probe: &Probe, reason: &str, retries: Option<u32>) -> String {
    let check = match probe {
        Probe::Tcp { .. } => "TCP_CHECK",
        Probe::Session { name } => return format!("BFD check of [{name}] RS({}) is DOWN", Rs(of)),
    };
    let after = retries.map_or_else(String::new, |n| format!(" after {n} retries"));
    format!(
        "{check} on service {} failed{after}. Cause: {reason}",
        Rs(of)
    )
}

/// A refused change, with what to do where that is known.
pub(super) fn refused(change: &Change, error: &io::Error) -> String {
    let service = Vs(change.service());
    let what = match change {
        Change::AddService(_) => format!("cannot add VS {service}"),
        Change::EditService(_) => format!("cannot change VS {service}"),
        Change::DelService(_) => format!("cannot remove VS {service}"),
        Change::AddDest(_, to) => format!("cannot add server {} to VS {service}", to.address),
        Change::EditDest(_, to) => format!("cannot change server {} of VS {service}", to.address),
        Change::DelDest(_, at) => format!("cannot remove server {at} from VS {service}"),
    };
    let code = error.raw_os_error().map(Errno::from_raw);
    match (change, code) {
        (Change::AddService(wanted) | Change::EditService(wanted), Some(Errno::ENOENT)) => {
            let name = &wanted.scheduler;
            format!("{what}: the kernel has no scheduler '{name}' (load it: modprobe ip_vs_{name})")
        }
        _ => format!("{what}: {error}"),
    }
}

/// The last line, as the original writes it.
pub(super) fn stopped() -> String {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike as _;
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else {
        return "Stopped".into();
    };
    let user = usage.user_time().num_microseconds();
    let system = usage.system_time().num_microseconds();
    format!(
        "Stopped - used {}.{:06} user time, {}.{:06} system time",
        user / 1_000_000,
        user % 1_000_000,
        system / 1_000_000,
        system % 1_000_000
    )
}
