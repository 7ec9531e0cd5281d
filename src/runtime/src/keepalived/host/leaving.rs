//! Hears who takes over the addresses of a node that leaves.
//!
//! Invariants: every address is reported once; one that is taken off does not take others along.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::BorrowedFd;

use base::MacAddr;
use sys::successor::{AdvertisementListener, ArpListener};
use tracing::warn;
use vrrp::Input;
use vrrp::config::RouterIx;

use super::Host;
use crate::keepalived::addresses::Held;

/// Messages read at once from one socket.
const AT_ONCE: usize = 4096;

/// The ears of a node that leaves.
#[derive(Debug, Default)]
pub(super) struct Successors {
    arp: BTreeMap<u32, ArpListener>,
    advertisements: Option<AdvertisementListener>,
    /// Reported already: interface and address.
    taken: BTreeSet<(u32, IpAddr)>,
}

impl Host {
    /// Whether addresses stay when the daemon stops (`-V`): then nobody is waited for.
    pub(in crate::keepalived) const fn keeps_addresses(&self) -> bool {
        self.keep_addresses
    }

    /// Begins to listen for others that announce what is held here. To be called before the
    /// network hears that this node leaves. `register` sees each socket.
    pub(in crate::keepalived) fn listen_for_successors(
        &mut self,
        register: impl Fn(BorrowedFd<'_>) -> io::Result<()>,
    ) {
        use std::os::fd::AsFd as _;
        let held = self.shares.iter().flat_map(|share| &share.held);
        let places: BTreeSet<(bool, u32)> = held
            .map(|held| (held.spec.address.is_ipv6(), held.index))
            .collect();
        for (v6, index) in places {
            let opened = match (v6, &self.successors.advertisements) {
                (true, Some(_)) => Ok(()),
                (true, None) => AdvertisementListener::open().and_then(|socket| {
                    register(socket.as_fd())?;
                    self.successors.advertisements = Some(socket);
                    Ok(())
                }),
                (false, _) => ArpListener::open(index).and_then(|socket| {
                    register(socket.as_fd())?;
                    self.successors.arp.insert(index, socket);
                    Ok(())
                }),
            };
            if let Err(error) = opened {
                let name = self.links.by_index(index);
                let name = name.map_or("?", |link| link.name.as_str());
                warn!("cannot hear who takes over addresses of {name}: {error}");
            }
        }
        self.keep_secondaries();
    }

    /// Addresses go one by one now, in any order: none may take others of its network along.
    fn keep_secondaries(&mut self) {
        let held = self.shares.iter().flat_map(|share| &share.held);
        let parted = held.filter(|held| held.spec.address.is_ipv4() && held.prefix() < 32);
        let mut interfaces = self.promoted.clone();
        interfaces.extend(parted.map(|held| held.spec.interface.to_string()));
        self.promote(&interfaces);
    }

    /// What was announced since the last call.
    pub(in crate::keepalived) fn successor_news(&mut self) -> Vec<Input> {
        let mut inputs = Vec::new();
        for (index, address) in self.announced() {
            let place = |held: &Held| (held.index, held.spec.address);
            if !self.successors.taken.insert((index, address)) {
                continue;
            }
            for (ix, share) in (0_u32..).zip(&self.shares) {
                if share
                    .held
                    .iter()
                    .any(|held| place(held) == (index, address))
                {
                    let taken = |held: &Held| self.successors.taken.contains(&place(held));
                    inputs.push(Input::AddressTaken {
                        router: RouterIx(ix),
                        address,
                        last: share.held.iter().all(taken),
                    });
                }
            }
        }
        inputs
    }

    /// Addresses that other hosts said are theirs, with the interface where they said so.
    fn announced(&self) -> Vec<(u32, IpAddr)> {
        let mut found = Vec::new();
        for (&index, socket) in &self.successors.arp {
            for _ in 0..AT_ONCE {
                let Ok(Some(message)) = socket.receive() else {
                    break;
                };
                if let Ok(packet) = wire::arp::Packet::parse(&message)
                    && !self.is_own(index, packet.sender_mac)
                {
                    found.push((index, IpAddr::V4(packet.sender)));
                }
            }
        }
        if let Some(socket) = &self.successors.advertisements {
            for _ in 0..AT_ONCE {
                let Ok(Some((index, message))) = socket.receive() else {
                    break;
                };
                if let Ok(advert) = wire::ndp::Unsolicited::parse(&message)
                    && !self.is_own(index, advert.mac)
                {
                    found.push((index, IpAddr::V6(advert.target)));
                }
            }
        }
        found
    }

    /// What a link sent itself and came back over a loop. A virtual router's hardware address
    /// (RFC 9568 §7.3) is the next master's as well.
    fn is_own(&self, index: u32, mac: MacAddr) -> bool {
        let virtual_router = mac.0.starts_with(&[0, 0, 0x5e, 0]);
        let link = self.links.by_index(index);
        !virtual_router && link.is_some_and(|link| link.mac == mac)
    }

    /// Takes one address off that another node has.
    pub(super) fn yield_address(&mut self, router: RouterIx, address: IpAddr) {
        let Some(share) = self.shares.get_mut(router.0 as usize) else {
            return;
        };
        let at = share
            .held
            .iter()
            .position(|held| held.spec.address == address);
        if let Some(at) = at {
            let gone = share.held.remove(at);
            self.apply_removals(&[gone]);
        }
    }
}
