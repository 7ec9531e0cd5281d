//! Tells neighbours where addresses are: gratuitous ARP and unsolicited neighbour advertisements.
//!
//! Invariants: every address is announced once before any is announced again, so that the last of
//! many does not wait for the repetitions of the first; on interfaces whose announcements are paced,
//! two are never closer than their interval; an address that is no longer held is not announced.

use core::net::IpAddr;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use base::{Duration, Instant, MacAddr};
use plan::keepalived::{Address, Pace};
use sys::packet::{FrameSender, NeighbourSender};
use vrrp::Pacing;

use super::addresses::Held;
use super::host::detail;
use super::links::Links;

/// An interface and an address on it.
type Target = (u32, IpAddr);

/// What has still to be announced: interface, address, and how often.
pub(super) type Waiting = (u32, IpAddr, u32);

pub(super) struct Announcer {
    frames: FrameSender,
    /// Opened with the first IPv6 address, since a host may lack IPv6.
    neighbours: Option<NeighbourSender>,
    pace: Pace,
    /// What may not go yet; for each lane of the plan one of ARP, then one of advertisements.
    waiting: Pacing<Target>,
}

impl Announcer {
    /// # Errors
    /// What opening the packet socket reports.
    pub(super) fn open(pace: &Pace) -> io::Result<Self> {
        Ok(Self {
            frames: FrameSender::open()?,
            neighbours: None,
            waiting: Pacing::new(intervals(pace), Instant::ZERO),
            pace: pace.clone(),
        })
    }

    /// Goes on by other rules. What waits goes on waiting, if there is still a reason to.
    pub(super) fn pace(&mut self, pace: &Pace, now: Instant, links: &Links) {
        if self.pace == *pace {
            return;
        }
        self.pace = pace.clone();
        let fresh = Pacing::new(intervals(pace), now);
        let old = std::mem::replace(&mut self.waiting, fresh);
        for (target, repeat) in old.waiting() {
            match self.lane(*target, links) {
                Some(lane) => self.waiting.add(lane, *target, repeat),
                None => (0..repeat).for_each(|_| self.send(*target, links)),
            }
        }
    }

    /// What waits, for [`Self::resume`] of another process.
    pub(super) fn waiting(&self) -> Vec<Waiting> {
        let all = self.waiting.waiting();
        all.map(|((index, address), repeat)| (*index, *address, repeat))
            .collect()
    }

    /// Goes on with what another process had still to announce.
    pub(super) fn resume(&mut self, left: &[Waiting], links: &Links) {
        for &(index, address, repeat) in left {
            let target = (index, address);
            if is_heard(target, links)
                && let Some(lane) = self.lane(target, links)
            {
                self.waiting.add(lane, target, repeat);
            }
        }
    }

    /// Announces what is `held` for the router `name`, `repeat` times: at once, or when its
    /// interface may.
    pub(super) fn announce<'a>(
        &mut self,
        name: &str,
        held: impl Iterator<Item = &'a Held>,
        links: &Links,
        repeat: u32,
    ) {
        let mut at_once = Vec::new();
        for held in held {
            let target = (held.index, held.spec.address);
            if !is_heard(target, links) {
                continue;
            }
            detail(&format!(
                "({name}) Sending/queueing {} on {} for {}",
                kinds(target.1),
                held.spec.interface,
                target.1
            ));
            match self.lane(target, links) {
                Some(lane) => self.waiting.add(lane, target, repeat),
                None => at_once.push(target),
            }
        }
        for _ in 0..repeat {
            for target in &at_once {
                self.send(*target, links);
            }
        }
        self.act(links);
    }

    /// When [`Self::act`] has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waiting.due()
    }

    /// Sends what may go now.
    pub(super) fn act(&mut self, links: &Links) {
        while let Some((lane, target)) = self.waiting.take(sys::clock::now()) {
            self.send(target, links);
            self.waiting.sent(lane, sys::clock::now());
        }
    }

    /// Addresses that are no longer ours.
    pub(super) fn forget(&mut self, gone: &[Held]) {
        if self.waiting.due().is_none() {
            return;
        }
        let gone: BTreeSet<Target> = gone
            .iter()
            .map(|held| (held.index, held.spec.address))
            .collect();
        self.waiting.forget(|target| gone.contains(target));
    }

    /// The lane that the target waits in, if it has to.
    fn lane(&self, (index, address): Target, links: &Links) -> Option<usize> {
        let lane = self.pace.lane(&links.by_index(index)?.name)?;
        let (place, interval) = match address {
            IpAddr::V4(_) => (2 * lane, self.pace.lanes.get(lane)?.arp),
            IpAddr::V6(_) => (2 * lane + 1, self.pace.lanes.get(lane)?.na),
        };
        (!interval.is_zero()).then_some(place)
    }

    fn send(&mut self, (index, address): Target, links: &Links) {
        // It may have gone while the target waited.
        let Some(link) = links.by_index(index) else {
            return;
        };
        let interface = &link.name;
        let kind = kind(address);
        detail(&format!("Sending {kind} on {interface} for {address}"));
        if let Err(error) = self.send_frame(index, link.mac, address) {
            detail(&format!("{address} on {interface} not announced: {error}"));
        }
    }

    fn send_frame(&mut self, index: u32, mac: MacAddr, address: IpAddr) -> io::Result<()> {
        match address {
            IpAddr::V4(address) => {
                let frame = wire::arp::Packet::gratuitous(mac, address).broadcast_frame();
                self.frames.send(index, &frame)
            }
            IpAddr::V6(target) => {
                let sender = match &self.neighbours {
                    Some(sender) => sender,
                    None => self.neighbours.insert(NeighbourSender::open()?),
                };
                let message = wire::ndp::Unsolicited {
                    target,
                    mac,
                    router: forwards_ipv6(),
                };
                sender.send(index, target, wire::ndp::ALL_NODES, &message.encode())
            }
        }
    }
}

/// Those of `held` that are among `addresses`.
pub(super) fn among<'a>(
    held: &'a [Held],
    addresses: &'a [Arc<Address>],
) -> impl Iterator<Item = &'a Held> {
    held.iter().filter(|held| addresses.contains(&held.spec))
}

fn intervals(pace: &Pace) -> impl Iterator<Item = Duration> {
    pace.lanes.iter().flat_map(|lane| [lane.arp, lane.na])
}

/// Nobody listens on a loopback interface, and it has no hardware address.
fn is_heard((index, _): Target, links: &Links) -> bool {
    let link = links.by_index(index);
    link.is_some_and(|link| !link.loopback && link.mac != MacAddr::default())
}

fn kind(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "gratuitous ARP",
        IpAddr::V6(_) => "unsolicited Neighbour Advert",
    }
}

/// Several of them; the original has another letter there.
fn kinds(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "gratuitous ARPs",
        IpAddr::V6(_) => "Unsolicited Neighbour Adverts",
    }
}

fn forwards_ipv6() -> bool {
    std::fs::read_to_string("/proc/sys/net/ipv6/conf/all/forwarding")
        .is_ok_and(|text| text.trim() == "1")
}
