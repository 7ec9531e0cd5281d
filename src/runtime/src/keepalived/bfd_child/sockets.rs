//! The sockets of BFD: one for each port and family that is heard, one for each session that sends
//! (RFC 5881 §4: each has a source port of its own).
//!
//! Invariants: a session whose socket is there keeps it over reloads, and so its source port; a socket
//! is bound to a link that is there, or closed as soon as that is heard to have gone.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use bfd::config::{Session, SessionKey};
use bfd::{Config, Received, SessionIx};
use serde::{Deserialize, Serialize};
use sys::datagram::{Receiver, Sender};
use sys::netlink::Requests;
use tracing::error;
use wire::bfd::{LEN, MULTIHOP_PORT, PORT, SOURCE_PORTS};

use crate::keepalived::links::Links;

/// Packets that are read before something else may happen, for each socket.
const BATCH: usize = 256;

/// What may be heard on one socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Place {
    v6: bool,
    multihop: bool,
}

impl Place {
    const fn of(session: &Session) -> Self {
        Self {
            v6: session.key.neighbor.is_ipv6(),
            multihop: session.key.multihop,
        }
    }

    const fn port(self) -> u16 {
        if self.multihop { MULTIHOP_PORT } else { PORT }
    }
}

#[derive(Debug)]
struct Outlet {
    sender: Sender,
    ttl: u8,
    /// The link that the session is bound to.
    link: Option<u32>,
    /// The last packet could not be sent, which was said.
    failed: bool,
}

/// The interface of a session with a link-local neighbour: that of its own address, which no other
/// may have. (There is no notation for it; 2.2.7 cannot open a socket for such a session.)
fn link_of(key: &SessionKey, links: &Links) -> Result<u32, String> {
    let neighbor = key.neighbor;
    let Some(source) = key.source else {
        return Err(format!(
            "{neighbor} is an address of some link: set source_ip to this host's address there"
        ));
    };
    let mut having = links.having(source);
    match (having.next(), having.next()) {
        (Some(link), None) => Ok(link),
        (None, _) => Err(format!("no interface has {source}")),
        (Some(_), Some(_)) => Err(format!("several interfaces have {source}")),
    }
}

fn list_links() -> Result<Links, String> {
    let listed = Requests::open().and_then(|mut requests| Links::list(&mut requests));
    listed.map_err(|error| format!("cannot list interfaces: {error}"))
}

/// Whether a session has its sockets.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) session: SessionIx,
    /// Why not; none: it has.
    pub(super) reason: Option<String>,
}

/// What the next process goes on with, besides the receivers themselves.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Left {
    /// What each receiver hears.
    places: Vec<Place>,
    /// Where sessions send from.
    ports: Vec<(SessionKey, u16)>,
}

/// All sockets of the process.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    receivers: BTreeMap<Place, Receiver>,
    outlets: BTreeMap<SessionKey, Outlet>,
    /// Where sessions sent from in the process before.
    ports: BTreeMap<SessionKey, u16>,
}

impl Sockets {
    /// Everything, for [`Self::resume`] in another process.
    pub(super) fn leave(&self) -> (Left, Vec<BorrowedFd<'_>>) {
        let outlets = self.outlets.iter();
        let ports = outlets.filter_map(|(key, it)| Some((key.clone(), it.sender.port()?)));
        let left = Left {
            places: self.receivers.keys().copied().collect(),
            ports: ports.collect(),
        };
        (left, self.receivers.values().map(Receiver::as_fd).collect())
    }

    /// Goes on with the sockets of another process. `watch` is given every receiver.
    pub(super) fn resume(
        &mut self,
        left: Left,
        receivers: Vec<OwnedFd>,
        mut watch: impl FnMut(&Receiver) -> io::Result<()>,
    ) -> io::Result<()> {
        self.ports = left.ports.into_iter().collect();
        for (place, fd) in left.places.into_iter().zip(receivers) {
            let receiver = Receiver::from_fd(fd);
            watch(&receiver)?;
            self.receivers.insert(place, receiver);
        }
        Ok(())
    }

    /// Links or addresses have changed: closes the sockets of sessions whose link has gone, or whose
    /// address is on another one now, for [`Self::serve`] to open them there. Whether any was closed.
    pub(super) fn leave_links(&mut self) -> bool {
        if self.outlets.values().all(|outlet| outlet.link.is_none()) {
            return false;
        }
        let links = match list_links() {
            Ok(links) => links,
            Err(reason) => {
                error!("BFD sessions stay on their links: {reason}");
                return false;
            }
        };
        let moved = |key: &SessionKey, link: u32| match link_of(key, &links) {
            Ok(now) => now != link,
            // An address that is missing for a moment is no reason to give up a session.
            Err(_) => links.by_index(link).is_none(),
        };
        let closed = self.outlets.extract_if(.., |key, outlet| {
            outlet.link.is_some_and(|link| moved(key, link))
        });
        let ports = closed.map(|(key, outlet)| Some((key, outlet.sender.port()?)));
        let ports: Vec<_> = ports.collect();
        self.ports.extend(ports.iter().flatten().cloned());
        !ports.is_empty()
    }

    /// Opens what the sessions lack and closes what none needs; how each of them fares. `watch` is
    /// given every new receiver.
    pub(super) fn serve(
        &mut self,
        config: &Config,
        mut watch: impl FnMut(&Receiver) -> io::Result<()>,
    ) -> Vec<Fault> {
        let wanted: BTreeMap<&SessionKey, u8> =
            config.sessions.iter().map(|it| (&it.key, it.ttl)).collect();
        self.outlets
            .retain(|key, outlet| wanted.get(key) == Some(&outlet.ttl));
        let places: Vec<Place> = config.sessions.iter().map(Place::of).collect();
        self.receivers.retain(|place, _| places.contains(place));
        let mut deaf = BTreeMap::new();
        for place in &places {
            if self.receivers.contains_key(place) || deaf.contains_key(place) {
                continue;
            }
            let opened = Receiver::open(place.v6, place.port());
            match opened.and_then(|receiver| watch(&receiver).map(|()| receiver)) {
                Ok(receiver) => drop(self.receivers.insert(*place, receiver)),
                Err(error) => {
                    let reason = format!("cannot listen on UDP port {}: {error}", place.port());
                    deaf.insert(*place, reason);
                }
            }
        }
        let sessions = (0..).map(SessionIx).zip(&config.sessions);
        sessions
            .map(|(session, wanted)| {
                let heard = deaf.get(&Place::of(wanted)).cloned();
                let reason = heard.or_else(|| self.outlet(session, wanted).err());
                Fault { session, reason }
            })
            .collect()
    }

    fn outlet(&mut self, session: SessionIx, wanted: &Session) -> Result<(), String> {
        let key = &wanted.key;
        if self.outlets.contains_key(key) {
            return Ok(());
        }
        let port = Place::of(wanted).port();
        let (to, link) = match key.neighbor {
            IpAddr::V6(v6) if v6.is_unicast_link_local() => {
                let link = link_of(key, &list_links()?)?;
                (SocketAddrV6::new(v6, port, 0, link).into(), Some(link))
            }
            neighbor => (SocketAddr::new(neighbor, port), None),
        };
        // Sessions that are opened together do not all try the same ports.
        let room = SOURCE_PORTS.end() - SOURCE_PORTS.start();
        let offset = u16::try_from(session.0 % u32::from(room)).unwrap_or(0);
        let first = SOURCE_PORTS.start() + offset;
        let first = self.ports.remove(key).unwrap_or(first);
        let opened = Sender::open(to, key.source, wanted.ttl, &SOURCE_PORTS, first);
        let sender = opened.map_err(|error| match key.source {
            Some(source) => format!("cannot send from {source}: {error}"),
            None => format!("cannot send to {}: {error}", key.neighbor),
        })?;
        let outlet = Outlet {
            sender,
            ttl: wanted.ttl,
            link,
            failed: false,
        };
        self.outlets.insert(key.clone(), outlet);
        Ok(())
    }

    /// Sends one packet; a failure is said once, until one goes out again. The session goes on: its
    /// neighbour hears nothing, and says so.
    pub(super) fn send(&mut self, config: &Config, session: SessionIx, packet: &[u8; LEN]) {
        let Some(session) = config.sessions.get(session.0 as usize) else {
            return;
        };
        let Some(outlet) = self.outlets.get_mut(&session.key) else {
            return;
        };
        match outlet.sender.send(packet) {
            Ok(()) => outlet.failed = false,
            Err(error) => {
                if !std::mem::replace(&mut outlet.failed, true) {
                    error!("({}) Error sending packet ({error})", session.key.name);
                }
            }
        }
    }

    /// What has arrived.
    pub(super) fn receive(&self) -> Vec<Received> {
        let mut all = Vec::new();
        for (place, receiver) in &self.receivers {
            for _ in 0..BATCH {
                match receiver.receive() {
                    Ok(Some(datagram)) => all.push(Received {
                        source: datagram.source,
                        destination: datagram.destination,
                        ttl: datagram.ttl,
                        multihop: place.multihop,
                        payload: datagram.bytes,
                    }),
                    Ok(None) => break,
                    Err(error) => {
                        error!("cannot read UDP port {}: {error}", place.port());
                        break;
                    }
                }
            }
        }
        all
    }
}
