//! Tells neighbours where addresses are: gratuitous ARP and unsolicited neighbour advertisements.
//!
//! Invariants: every address is announced once before any is announced again, so that the last of
//! many does not wait for the repetitions of the first.

use core::net::IpAddr;
use std::io;

use base::MacAddr;
use sys::packet::{FrameSender, NeighbourSender};

use super::addresses::Held;
use super::host::detail;
use super::links::Links;

pub(super) struct Announcer {
    frames: FrameSender,
    /// Opened with the first IPv6 address, since a host may lack IPv6.
    neighbours: Option<NeighbourSender>,
}

impl Announcer {
    /// # Errors
    /// What opening the packet socket reports.
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self {
            frames: FrameSender::open()?,
            neighbours: None,
        })
    }

    /// Announces what is `held` for the router `name`, `repeat` times.
    pub(super) fn announce<'a>(
        &mut self,
        name: &str,
        held: impl Iterator<Item = &'a Held>,
        links: &Links,
        repeat: u32,
    ) {
        let mut targets = Vec::new();
        for held in held {
            let interface = &held.spec.interface;
            match links.by_index(held.kernel.index) {
                // Nobody listens on a loopback interface, and it has no hardware address.
                Some(link) if link.loopback || link.mac == MacAddr::default() => continue,
                Some(link) => {
                    targets.push((held.kernel.address, held.kernel.index, link.mac, interface))
                }
                None => continue,
            }
            detail(&format!(
                "({name}) Sending/queueing {}s on {interface} for {}",
                kind(held.kernel.address),
                held.kernel.address
            ));
        }
        for _ in 0..repeat {
            for (address, index, mac, interface) in &targets {
                detail(&format!(
                    "Sending {} on {interface} for {address}",
                    kind(*address)
                ));
                if let Err(error) = self.send(*index, *mac, *address) {
                    detail(&format!("{address} on {interface} not announced: {error}"));
                }
            }
        }
    }

    fn send(&mut self, index: u32, mac: MacAddr, address: IpAddr) -> io::Result<()> {
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

fn kind(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "gratuitous ARP",
        IpAddr::V6(_) => "unsolicited Neighbour Advert",
    }
}

fn forwards_ipv6() -> bool {
    std::fs::read_to_string("/proc/sys/net/ipv6/conf/all/forwarding")
        .is_ok_and(|text| text.trim() == "1")
}
