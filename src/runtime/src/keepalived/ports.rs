//! The sockets adverts travel through, shared by the routers that can share them.
//!
//! Invariants: one receiving and one sending socket per interface and family (multicast) or per
//! source address (unicast, which follows routing and so is bound to no interface).

use core::net::IpAddr;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::sync::Arc;

use plan::keepalived::Plan;
use serde::{Deserialize, Serialize};
use sys::raw::{AdvertProtocol, Device, Packet, Received, Receiver, Room, Sender};
use tracing::warn;
use vrrp::config::{Auth, Router, RouterIx, Transport};
use vrrp::input::Envelope;
use vrrp::packet::{self, Protection};
use vrrp::{Config, Input};

use super::links::Links;
use super::routes::Routes;

/// What distinguishes one pair of sockets from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum PortKey {
    /// To and from a group on an interface.
    Multicast {
        interface: Arc<str>,
        /// The macvlan above it that is sent over, if any.
        link: Option<Arc<str>>,
        v6: bool,
        /// Under an authentication header, which is another IP protocol.
        ah: bool,
    },
    /// To and from peers.
    Unicast {
        source: IpAddr,
        ah: bool,
        /// The device of the VRF that they are in, if any.
        vrf: Option<String>,
    },
}

impl PortKey {
    pub(super) fn of(router: &Router) -> Self {
        let ah = matches!(router.auth, Auth::Ah(_));
        match &router.transport {
            Transport::Multicast { group } => Self::Multicast {
                interface: router.key.interface.clone(),
                link: router.link.clone(),
                v6: group.is_ipv6(),
                ah,
            },
            Transport::Unicast { .. } => Self::Unicast {
                source: router.source,
                ah,
                vrf: router.vrf.clone(),
            },
        }
    }

    /// The device that both sockets are bound to; none where routing decides.
    fn device<'l>(&self, links: &'l Links) -> Option<Device<'l>> {
        // What comes from our own MAC address, which other nodes have, too, is passed to the
        // macvlan alone.
        let name: &str = match self {
            Self::Multicast {
                interface, link, ..
            } => link.as_ref().unwrap_or(interface),
            Self::Unicast { vrf, .. } => vrf.as_deref()?,
        };
        let found = links.by_name(name)?;
        Some(Device {
            index: found.index,
            name: &found.name,
        })
    }

    const fn protocol(&self) -> AdvertProtocol {
        match self {
            Self::Multicast { ah: true, .. } | Self::Unicast { ah: true, .. } => {
                AdvertProtocol::AuthenticationHeader
            }
            Self::Multicast { ah: false, .. } | Self::Unicast { ah: false, .. } => {
                AdvertProtocol::Vrrp
            }
        }
    }
}

/// One pair of sockets.
#[derive(Debug)]
pub(super) struct Port {
    /// Token of the receiver in the poller.
    pub(super) token: u64,
    /// The interface that is sent over; 0: by routing.
    pub(super) index: u32,
    pub(super) receiver: Receiver,
    sender: Sender,
    joined: BTreeSet<IpAddr>,
}

/// All sockets of a child.
#[derive(Debug, Default)]
pub(super) struct Ports {
    open: BTreeMap<PortKey, Port>,
    routes: Routes,
    room: Room,
    next_token: u64,
    /// How large receive buffers are to be, in bytes, where that is written.
    buffers: BTreeMap<PortKey, u32>,
}

/// An advert to send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outgoing<'a> {
    pub(super) ix: RouterIx,
    pub(super) router: &'a Router,
    pub(super) source: IpAddr,
    pub(super) to: IpAddr,
    /// IPv4 identification.
    pub(super) id: u16,
    /// With `auth_type AH`: its number.
    pub(super) number: Option<u32>,
    /// VRRP message.
    pub(super) message: &'a [u8],
}

/// Packets read from one socket before timers get their turn.
const PACKETS_AT_ONCE: usize = 4096;

/// Tokens of ports begin here; smaller ones are the loop's own.
pub(super) const FIRST_TOKEN: u64 = 1 << 16;

impl Ports {
    /// Opens the socket pair of `router` unless it is open. `opened` sees a new one.
    ///
    /// # Errors
    /// In words for people.
    pub(super) fn ensure(
        &mut self,
        router: &Router,
        links: &Links,
        mut opened: impl FnMut(&PortKey, &Port) -> io::Result<()>,
    ) -> Result<(), String> {
        let key = PortKey::of(router);
        if let (Some(port), Some(device)) = (self.open.get(&key), key.device(links))
            && port.index != device.index
        {
            // The interface was deleted and made anew: the sockets hang on the old one.
            self.open.remove(&key);
        }
        if !self.open.contains_key(&key) {
            let token = FIRST_TOKEN + self.next_token;
            self.next_token += 1;
            let port = open(&key, router, links, token)?;
            if let Some(bytes) = self.buffers.get(&key) {
                size(&port, &key, Some(*bytes));
            }
            opened(&key, &port).map_err(|error| format!("cannot wait for adverts: {error}"))?;
            self.open.insert(key.clone(), port);
        }
        let Some(port) = self.open.get_mut(&key) else {
            return Ok(());
        };
        // What an ipvlan is in, it says itself.
        let above = router.link.as_ref();
        let above = above.and_then(|link| links.by_name(link));
        let below = above.is_none_or(|above| above.kind.as_deref() != Some("ipvlan"));
        let below = links
            .by_name(&router.key.interface)
            .filter(|_| below)
            .map(|link| link.index);
        if let Transport::Multicast { group } = router.transport
            && !port.joined.contains(&group)
        {
            // Below a macvlan, too: switches learn of the group from there, since what the macvlan
            // itself says of it is kept back.
            for index in [port.index, below.unwrap_or(port.index)] {
                port.receiver.join(group, index).map_err(|error| {
                    format!("cannot join {group} on {}: {error}", router.key.interface)
                })?;
            }
            port.joined.insert(group);
        }
        Ok(())
    }

    /// Serves the routers of `config` from now on; closes what none of them uses.
    pub(super) fn serve(&mut self, config: &Config) {
        self.routes = Routes::of(config);
        self.open.retain(|key, _| self.routes.uses(key));
    }

    /// Nothing is received or sent until [`Ports::serve`] is called again.
    pub(super) fn rest(&mut self) {
        self.routes = Routes::default();
        self.room = Room::default();
    }

    /// Sizes receive buffers as `plan` says: each router that uses a socket adds its part.
    pub(super) fn size_buffers(&mut self, plan: &Plan) {
        let mut wanted = BTreeMap::new();
        for (router, host) in plan.vrrp.routers.iter().zip(&plan.routers) {
            if let Some(part) = host.receive_buffer {
                let sum: &mut u32 = wanted.entry(PortKey::of(router)).or_default();
                *sum = sum.saturating_add(part);
            }
        }
        let before = core::mem::replace(&mut self.buffers, wanted);
        for (key, port) in &self.open {
            let bytes = self.buffers.get(key);
            if bytes != before.get(key) {
                size(port, key, bytes.copied());
            }
        }
    }

    /// Everything that has arrived, as inputs for the engine that runs `config` (the one served).
    pub(super) fn receive_all(&mut self, config: &Config) -> Vec<Input> {
        let (mut inputs, mut packets) = (Vec::new(), Vec::new());
        for (key, port) in &self.open {
            // "Network is down" comes once per transition; the monitor tells the rest.
            while packets.len() < PACKETS_AT_ONCE
                && port
                    .receiver
                    .receive(&mut self.room, &mut packets)
                    .is_ok_and(|more| more)
            {}
            for packet in packets.drain(..) {
                inputs.extend(self.routes.input(config, key, packet));
            }
        }
        inputs
    }

    /// Takes over sockets that another process opened. They replace what was there for `key`.
    pub(super) fn adopt(&mut self, key: PortKey, index: u32, receiver: OwnedFd, sender: OwnedFd) {
        let v6 = match &key {
            PortKey::Multicast { v6, .. } => *v6,
            PortKey::Unicast { source, .. } => source.is_ipv6(),
        };
        let port = Port {
            token: FIRST_TOKEN,
            index,
            receiver: Receiver::from_fd(receiver),
            sender: Sender::from_fd(sender, v6),
            joined: BTreeSet::new(),
        };
        self.open.insert(key, port);
    }

    /// Every pair of sockets, with its interface index.
    pub(super) fn all(&self) -> impl Iterator<Item = (&PortKey, u32, [BorrowedFd<'_>; 2])> {
        let all = self.open.iter();
        all.map(|(key, port)| (key, port.index, port.descriptors()))
    }

    /// How large the receive buffer behind `key` is to be, in bytes, where that is written.
    pub(super) fn buffer(&self, key: &PortKey) -> Option<u32> {
        self.buffers.get(key).copied()
    }

    /// The descriptors that receive and send behind `key`; -1 where there are none.
    pub(super) fn numbers(&self, key: &PortKey) -> [i32; 2] {
        let port = self.open.get(key);
        port.map_or([-1; 2], |port| port.descriptors().map(|fd| fd.as_raw_fd()))
    }

    /// Every receiver.
    pub(super) fn receivers(&self) -> impl Iterator<Item = &Receiver> {
        self.open.values().map(|port| &port.receiver)
    }

    /// Sends adverts, those of one port in their order. `failed` is told which did not go out;
    /// "not connected": its port could not be opened.
    pub(super) fn send(
        &self,
        adverts: &[Outgoing<'_>],
        failed: &mut dyn FnMut(&Outgoing<'_>, io::Error),
    ) {
        // Those of one port mostly come one after the other.
        let mut by_port: Vec<(&Port, Vec<usize>, Vec<Packet>)> = Vec::new();
        for (at, advert) in adverts.iter().enumerate() {
            let port = self
                .routes
                .port(advert.ix)
                .and_then(|key| self.open.get(key));
            let Some(port) = port else {
                failed(advert, io::ErrorKind::NotConnected.into());
                continue;
            };
            let known = by_port.iter().rposition(|of| core::ptr::eq(of.0, port));
            let known = known.unwrap_or_else(|| {
                by_port.push((port, Vec::new(), Vec::new()));
                by_port.len() - 1
            });
            let (_, places, packets) = &mut by_port[known];
            places.push(at);
            packets.push(advert.packet());
        }
        for (port, places, packets) in &by_port {
            let mut failed = |at: usize, error| failed(&adverts[places[at]], error);
            port.sender.send_all(packets, port.index, &mut failed);
        }
    }
}

impl Outgoing<'_> {
    fn packet(&self) -> Packet {
        let (source, to) = (self.source, self.to);
        let bytes = match (source, to) {
            // The kernel would make up an identification for 0, which a digest may cover.
            (IpAddr::V4(from), IpAddr::V4(to)) => packet::ipv4(
                self.router,
                self.id.max(1),
                from,
                to,
                self.number,
                self.message,
            ),
            _ => self.message.to_vec(),
        };
        Packet { bytes, source, to }
    }
}

impl Port {
    /// Receiver and sender, for the process that stands in.
    pub(super) fn descriptors(&self) -> [BorrowedFd<'_>; 2] {
        [self.receiver.as_fd(), self.sender.as_fd()]
    }
}

fn size(port: &Port, key: &PortKey, bytes: Option<u32>) {
    if let Err(error) = port.receiver.size_buffer(bytes) {
        warn!("cannot set the receive buffer of {key:?}: {error}");
    }
}

/// Leaves the message alone in `packet`; what was in front of it is returned. `None` when it is
/// too short for that.
pub(super) fn unwrap(key: &PortKey, packet: &mut Received) -> Option<Envelope> {
    let arrived = packet.arrived.unwrap_or(Duration::MAX);
    let age = sys::clock::wall().saturating_sub(arrived);
    if key.protocol() == AdvertProtocol::Vrrp {
        return Some(Envelope { ah: None, age });
    }
    let (protection, message) = Protection::split(packet.header, &packet.payload)?;
    packet.payload = message.to_vec();
    let ah = Some(protection);
    Some(Envelope { ah, age })
}

/// `unicast_ttl`
fn hops(router: &Router) -> u8 {
    match router.transport {
        Transport::Unicast { ttl, .. } => ttl,
        Transport::Multicast { .. } => wire::vrrp::TTL,
    }
}

fn open(key: &PortKey, router: &Router, links: &Links, token: u64) -> Result<Port, String> {
    let link = links.by_name(&router.key.interface);
    let device = link.map(|link| Device {
        index: link.index,
        name: &link.name,
    });
    let protocol = key.protocol();
    let opened = match key {
        PortKey::Multicast {
            interface,
            link: above,
            v6,
            ..
        } => {
            let missing = above.as_ref().unwrap_or(interface);
            let device = key.device(links);
            let device = device.ok_or_else(|| format!("interface {missing} does not exist"))?;
            let receiver = Receiver::open(*v6, protocol, Some(device), None);
            let sender = if *v6 {
                Sender::v6(Some(device), wire::vrrp::TTL)
            } else {
                Sender::v4(protocol, Some(device))
            };
            let sender = sender.and_then(|sender| {
                if above.is_some() {
                    sender.send_from_elsewhere()?;
                }
                Ok(sender)
            });
            receiver.and_then(|receiver| Ok((receiver, sender?, device.index)))
        }
        PortKey::Unicast {
            source,
            vrf: Some(vrf),
            ..
        } => {
            let device = key.device(links);
            let device = device.ok_or_else(|| format!("VRF {vrf} does not exist"))?;
            let receiver = Receiver::open(source.is_ipv6(), protocol, Some(device), Some(*source));
            let sender = match source {
                IpAddr::V4(_) => Sender::v4(protocol, Some(device)),
                IpAddr::V6(_) => Sender::v6(Some(device), hops(router)),
            };
            receiver.and_then(|receiver| Ok((receiver, sender?, device.index)))
        }
        PortKey::Unicast { source, .. } => {
            let link_local = matches!(source, IpAddr::V6(a) if a.is_unicast_link_local());
            let index = if link_local {
                device.map_or(0, |d| d.index)
            } else {
                0
            };
            let scope = device.filter(|_| link_local);
            let receiver = Receiver::open(source.is_ipv6(), protocol, scope, Some(*source));
            let sender = match source {
                IpAddr::V4(_) => Sender::v4(protocol, None),
                IpAddr::V6(_) => Sender::v6(scope, hops(router)),
            };
            receiver.and_then(|receiver| Ok((receiver, sender?, index)))
        }
    };
    let (receiver, sender, index) =
        opened.map_err(|error| format!("cannot open a VRRP socket: {error}"))?;
    Ok(Port {
        token,
        index,
        receiver,
        sender,
        joined: BTreeSet::new(),
    })
}
