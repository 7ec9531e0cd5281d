//! Asks drivers for the state of their links, where the configuration wants that.
//!
//! Invariants: each interface is asked once in [`PERIOD`]; an interface that answers in no way is
//! left to netlink; changes are told once.

use base::{Duration, Instant};
use grammar::ast::global::Linkbeat;
use plan::keepalived::Polled;
use sys::beat::{Method, Prober};
use tracing::{info, warn};

use super::Host;

/// From poll to poll.
const PERIOD: Duration = Duration::from_secs(1);

/// The interfaces that are asked.
#[derive(Debug, Default)]
pub(super) struct Beats {
    prober: Option<Prober>,
    asked: Vec<Asked>,
    next: Option<Instant>,
}

#[derive(Debug)]
struct Asked {
    interface: String,
    /// What is written.
    wanted: Option<Method>,
    /// What works.
    method: Option<Method>,
}

impl Beats {
    /// When [`Host::poll_links`] has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.next
    }

    /// How an interface is asked, if it answers.
    pub(super) fn method(&self, interface: &str) -> Option<Method> {
        let mut asked = self.asked.iter();
        asked.find(|it| it.interface == interface)?.method
    }

    /// Asks for these from now on.
    pub(super) fn replace(&mut self, polled: &[Polled], now: Instant) {
        if !polled.is_empty() && self.prober.is_none() {
            match Prober::open() {
                Ok(prober) => self.prober = Some(prober),
                Err(error) => warn!("links are not polled: {error}"),
            }
            info!("Using MII-BMSR/ETHTOOL NIC polling thread(s)...");
        }
        let asked = polled.iter().map(|polled| Asked {
            interface: polled.interface.clone(),
            wanted: polled.method.map(method),
            method: None,
        });
        self.asked = asked.collect();
        self.next = (!self.asked.is_empty()).then_some(now);
    }

    /// What every interface says; nothing of those that say nothing.
    fn ask(&mut self) -> Vec<(&str, Option<bool>)> {
        let Some(prober) = &self.prober else {
            return Vec::new();
        };
        let answers = self.asked.iter_mut().map(|asked| {
            let interface = asked.interface.as_str();
            if let Some(method) = asked.method
                && let Ok(up) = prober.is_up(interface, method)
            {
                return (interface, Some(up));
            }
            // The interface is new, or is another one now.
            let methods = asked.wanted.into_iter().chain(Method::ALL);
            let mut answers = methods.filter_map(|method| {
                let up = prober.is_up(interface, method).ok()?;
                Some((method, up))
            });
            let found = answers.next();
            let before = asked.method;
            asked.method = found.map(|(method, _)| method);
            if let (Some(wanted), Some(used)) = (asked.wanted, asked.method)
                && wanted != used
                && before != asked.method
            {
                info!(
                    "({interface}): Configured linkbeat type {} not supported, using {}",
                    word(wanted),
                    word(used)
                );
            }
            (interface, found.map(|(_, up)| up))
        });
        answers.collect()
    }
}

impl Host {
    /// Asks, if it is time to; whether something has changed.
    pub(in crate::keepalived) fn poll_links(&mut self, now: Instant) -> bool {
        if self.beats.next.is_none_or(|next| now < next) {
            return false;
        }
        self.beats.next = Some(now + PERIOD);
        let mut changed = false;
        for (interface, up) in self.beats.ask() {
            let before = self.links.beat(interface, up);
            if before == up {
                continue;
            }
            changed = true;
            if let Some(up) = up {
                let state = if up { "up" } else { "down" };
                info!("Linkbeat reports {interface} {state}");
            }
        }
        changed
    }

    /// Polls by the plan from now on.
    pub(super) fn set_beats(&mut self) {
        let now = sys::clock::now();
        self.links.forget_beats();
        self.beats.replace(&self.plan.polled, now);
        self.poll_links(now);
    }
}

const fn method(written: Linkbeat) -> Method {
    match written {
        Linkbeat::Mii => Method::Mii,
        Linkbeat::Ethtool => Method::Ethtool,
        Linkbeat::Ioctl => Method::Flags,
    }
}

const fn word(method: Method) -> &'static str {
    match method {
        Method::Mii => "MII",
        Method::Ethtool => "ETHTOOL",
        Method::Flags => "IOCTL",
    }
}
