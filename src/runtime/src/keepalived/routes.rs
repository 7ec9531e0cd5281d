//! Which router a received packet is for, and which port a router uses.
//!
//! Invariants: pure; made anew for every configuration, so that a packet costs two look-ups however
//! many routers there are.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use sys::raw::Received;
use vrrp::config::{Router, RouterIx, Transport};
use vrrp::{Config, Input};

use super::ports::{self, PortKey};

/// The routers of one configuration by port and VRID.
#[derive(Debug, Default)]
pub(super) struct Routes {
    keys: Vec<Rc<PortKey>>,
    /// For each port the VRIDs there, in order, and whose they are.
    by_port: BTreeMap<Rc<PortKey>, Vec<(u8, RouterIx)>>,
    /// Interface (none: unicast), IPv6, VRID. Macvlans hear what is for each other. Only where
    /// others are told of.
    known: BTreeSet<(Option<Arc<str>>, bool, u8)>,
}

impl Routes {
    pub(super) fn of(config: &Config) -> Self {
        let mut keys = Vec::with_capacity(config.routers.len());
        let mut by_port: BTreeMap<Rc<PortKey>, Vec<(u8, RouterIx)>> = BTreeMap::new();
        let mut known = BTreeSet::new();
        for (ix, router) in (0_u32..).zip(&config.routers) {
            let key = PortKey::of(router);
            let shared = by_port.get_key_value(&key).map(|(key, _)| Rc::clone(key));
            let key = shared.unwrap_or_else(|| Rc::new(key));
            let vrid = router.key.vrid.get();
            if config.log_unknown_vrids {
                known.insert((place(&key), router.source.is_ipv6(), vrid));
            }
            let by_vrid = by_port.entry(Rc::clone(&key)).or_default();
            by_vrid.push((vrid, RouterIx(ix)));
            keys.push(key);
        }
        for by_vrid in by_port.values_mut() {
            by_vrid.sort_unstable();
            by_vrid.shrink_to_fit();
        }
        Self {
            keys,
            by_port,
            known,
        }
    }

    /// The port of `router`.
    pub(super) fn port(&self, router: RouterIx) -> Option<&PortKey> {
        self.keys.get(router.0 as usize).map(|key| &**key)
    }

    /// Whether any router uses `port`.
    pub(super) fn uses(&self, port: &PortKey) -> bool {
        self.by_port.contains_key(port)
    }

    /// A packet received on `port` as input for the engine that runs `config`.
    pub(super) fn input(
        &self,
        config: &Config,
        port: &PortKey,
        mut packet: Received,
    ) -> Option<Input> {
        let envelope = ports::unwrap(port, &mut packet)?;
        let Some(router) = self.router(config, port, &packet) else {
            let told = config.log_unknown_vrids;
            return told.then(|| self.stranger(port, &packet)).flatten();
        };
        Some(Input::Packet {
            router,
            source: packet.source,
            destination: packet.destination,
            ttl: packet.ttl,
            payload: packet.payload,
            envelope,
        })
    }

    /// What to tell of a packet received on `port` whose VRID none of ours has there.
    fn stranger(&self, port: &PortKey, packet: &Received) -> Option<Input> {
        let vrid = wire::vrrp::View::new(&packet.payload).ok()?.vrid()?;
        let place = place(port);
        // Raw sockets hear what is for others, too.
        if place.is_some() != packet.destination.is_multicast() {
            return None;
        }
        let of_ours = (place, packet.source.is_ipv6(), vrid.get());
        if self.known.contains(&of_ours) {
            return None;
        }
        let place = of_ours.0;
        Some(Input::Stranger {
            place: place.map_or_else(|| packet.destination.to_string(), |it| it.to_string()),
            vrid,
            source: packet.source,
        })
    }

    /// The router of `config` that a packet received on `port` is for. Routers of one interface may
    /// share a VRID when their groups or peers differ; otherwise the VRID decides, and the engine
    /// judges.
    fn router(&self, config: &Config, port: &PortKey, packet: &Received) -> Option<RouterIx> {
        let vrid = wire::vrrp::View::new(&packet.payload).ok()?.vrid()?;
        let by_vrid = self.by_port.get(port)?;
        let first = by_vrid.partition_point(|(other, _)| *other < vrid.get());
        let candidates = by_vrid[first..].iter();
        let mut candidates = candidates.take_while(|(other, _)| *other == vrid.get());
        let fits = |(_, ix): &&(u8, RouterIx)| {
            let router = config.routers.get(ix.0 as usize);
            router.is_some_and(|router| is_for(router, packet))
        };
        let exact = candidates.clone().find(fits);
        exact.or_else(|| candidates.next()).map(|(_, ix)| *ix)
    }
}

/// The interface that adverts come over; none where they come from peers.
fn place(port: &PortKey) -> Option<Arc<str>> {
    match port {
        PortKey::Multicast { interface, .. } => Some(interface.clone()),
        PortKey::Unicast { .. } => None,
    }
}

fn is_for(router: &Router, packet: &Received) -> bool {
    match &router.transport {
        Transport::Multicast { group } => *group == packet.destination,
        Transport::Unicast { peers, .. } => peers.iter().any(|peer| peer.address == packet.source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{Family, Priority, VrId};
    use vrrp::config::{Policy, RouterKey};

    fn router(vrid: u8, group: [u8; 4]) -> Router {
        let group = group.into();
        Router {
            link: None,
            name: format!("VI_{vrid}"),
            key: RouterKey {
                vrid: VrId::new(vrid).expect("not zero"),
                family: Family::V4,
                interface: "ens34".into(),
                unicast_source: None,
                group: Some(group),
                peer: None,
            },
            priority: Priority(100),
            source: [192, 0, 2, 1].into(),
            addresses: Vec::new(),
            policy: Policy {
                transport: Transport::Multicast { group },
                ..Policy::default()
            }
            .into(),
        }
    }

    fn packet(vrid: u8, destination: [u8; 4]) -> Received {
        Received {
            source: [192, 0, 2, 2].into(),
            destination: destination.into(),
            ttl: 255,
            index: 2,
            arrived: None,
            header: [0; 20],
            payload: vec![0x21, vrid, 100, 0, 0, 1, 0, 0],
        }
    }

    #[test]
    fn vrid_and_group_decide() {
        let (usual, other) = ([224, 0, 0, 18], [224, 0, 0, 99]);
        let config = Config {
            routers: vec![router(51, usual), router(52, usual), router(52, other)].into(),
            log_unknown_vrids: true,
            ..Config::default()
        };
        let routes = Routes::of(&config);
        let port = routes.port(RouterIx(0)).expect("a port").clone();
        let to = |vrid, group| routes.router(&config, &port, &packet(vrid, group));
        assert_eq!(to(51, usual), Some(RouterIx(0)));
        assert_eq!(to(52, other), Some(RouterIx(2)));
        // Nobody's group, but somebody's VRID: the engine says what is wrong with it.
        assert_eq!(to(51, other), Some(RouterIx(0)));
        assert_eq!(to(53, usual), None);
        let elsewhere = PortKey::Unicast {
            source: [192, 0, 2, 1].into(),
            ah: false,
            vrf: None,
        };
        let told = |vrid, group| routes.stranger(&port, &packet(vrid, group));
        assert!(matches!(
            told(53, usual),
            Some(Input::Stranger { place, .. }) if place == "ens34"
        ));
        assert!(told(51, other).is_none());
        // It is for another socket.
        assert!(told(53, [192, 0, 2, 1]).is_none());
        assert!(routes.uses(&port) && !routes.uses(&elsewhere));
    }
}
