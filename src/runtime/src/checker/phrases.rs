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
struct Rs<'a>(&'a ServerId);

impl fmt::Display for Rs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ip, port) = (self.0.server.ip(), self.0.server.port());
        match &self.0.service {
            ServiceKey::Address { protocol, .. } => write!(f, "[{ip}]:{protocol}:{port}"),
            ServiceKey::Mark { .. } => write!(f, "[{ip}]:{port}"),
        }
    }
}

/// Tells one event.
pub(super) fn log(event: &Event) {
    match event {
        Event::CheckActivated(of) => info!(
            "Activating healthchecker for service {} for VS {}",
            Rs(of),
            Vs(&of.service)
        ),
        Event::CheckPassed { of, probe } => match probe {
            Probe::Tcp { .. } => info!("TCP connection to {} success.", Rs(of)),
        },
        Event::CheckFailed {
            of,
            probe,
            reason,
            retries,
        } => info!("{}", failed(of, probe, reason, *retries)),
        Event::CheckNotRun { of, reason } => warn!(
            "Check of service {} for VS {} could not run ({reason}): its state stays",
            Rs(of),
            Vs(&of.service)
        ),
        Event::ServerUp { of, inhibited } => {
            let (verb, to) = pick(*inhibited, ("Enabling", "of"), ("Adding", "to"));
            info!("{verb} service {} {to} VS {}", Rs(of), Vs(&of.service));
        }
        Event::ServerDown { of, inhibit } => {
            let (verb, from) = pick(*inhibit, ("Disabling", "of"), ("Removing", "from"));
            info!("{verb} service {} {from} VS {}", Rs(of), Vs(&of.service));
        }
        Event::QuorumGained(quorum) => info!("{}", gained(quorum)),
        Event::QuorumLost(quorum) => info!("{}", lost(quorum)),
        Event::SorryServerIn { of, inhibited } => {
            let verb = if *inhibited { "Enabling" } else { "Adding" };
            let vs = Vs(&of.service);
            info!("{verb} sorry server {} to VS {vs}", Rs(of));
            info!("Removing alive servers from the pool for VS {vs}");
        }
        Event::SorryServerOut { of, inhibit } => {
            let verb = if *inhibit { "Disabling" } else { "Removing" };
            let vs = Vs(&of.service);
            info!("{verb} sorry server {} from VS {vs}", Rs(of));
            info!("Adding alive servers to the pool for VS {vs}");
        }
        Event::WeightChanged {
            of,
            from,
            to,
            alive,
        } => info!(
            "Changing weight from {from} to {to} for {} service {} of VS {}",
            if *alive { "active" } else { "inactive" },
            Rs(of),
            Vs(&of.service)
        ),
        Event::ServerDropped(of) => info!("service {} no longer exist", Rs(of)),
        Event::ServiceDropped(service) => info!("{} no longer exist", Vs(service)),
        Event::NotServed { service, reason } => error!(
            "Virtual server {} is not served: {reason}. Its checks and everything else go on; \
             IPVS is looked for again every minute",
            Vs(service)
        ),
        Event::ServedNow(service) => {
            info!(
                "Virtual server {} is served: IPVS is there now",
                Vs(service)
            );
        }
        Event::ServerWithdrawn { of, inhibited } => info!(
            "Shutting down {}service {} from VS {}",
            if *inhibited { "(inhibited) " } else { "" },
            Rs(of),
            Vs(&of.service)
        ),
    }
}

const fn pick<T: Copy>(condition: bool, yes: T, no: T) -> T {
    if condition { yes } else { no }
}

fn failed(of: &ServerId, probe: &Probe, reason: &str, retries: Option<u32>) -> String {
    let check = match probe {
        Probe::Tcp { .. } => "TCP_CHECK",
    };
    let after = retries.map_or_else(String::new, |n| format!(" after {n} retries"));
    format!(
        "{check} on service {} failed{after}. Cause: {reason}",
        Rs(of)
    )
}

fn gained(of: &Quorum) -> String {
    let bound = of.quorum.saturating_add(of.hysteresis);
    format!(
        "Gained quorum {}+{}={bound} <= {} for VS {}",
        of.quorum,
        of.hysteresis,
        of.weight,
        Vs(&of.service)
    )
}

fn lost(of: &Quorum) -> String {
    let bound = of.quorum.saturating_sub(of.hysteresis);
    format!(
        "Lost quorum {}-{}={bound} > {} for VS {}",
        of.quorum,
        of.hysteresis,
        of.weight,
        Vs(&of.service)
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
