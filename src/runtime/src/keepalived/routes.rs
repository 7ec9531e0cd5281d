//! Which router a received packet is for, and which port a router uses.
//!
//! Invariants: pure; made anew for every configuration, so that a packet costs two look-ups however
//! many routers there are.

use std::collections::BTreeMap;

use sys::raw::Received;
use vrrp::Config;
use vrrp::config::{Router, RouterIx, Transport};

use super::ports::PortKey;

/// The routers of one configuration by port and VRID.
#[derive(Debug, Default)]
pub(super) struct Routes {
    keys: Vec<PortKey>,
    by_port: BTreeMap<PortKey, BTreeMap<u8, Vec<RouterIx>>>,
}

impl Routes {
    pub(super) fn of(config: &Config) -> Self {
        let keys: Vec<PortKey> = config.routers.iter().map(PortKey::of).collect();
        let mut by_port: BTreeMap<PortKey, BTreeMap<u8, Vec<RouterIx>>> = BTreeMap::new();
        for ((ix, key), router) in (0_u32..).zip(&keys).zip(&config.routers) {
            let by_vrid = by_port.entry(key.clone()).or_default();
            let vrid = router.key.vrid.get();
            by_vrid.entry(vrid).or_default().push(RouterIx(ix));
        }
        Self { keys, by_port }
    }

    /// The port of `router`.
    pub(super) fn port(&self, router: RouterIx) -> Option<&PortKey> {
        self.keys.get(router.0 as usize)
    }

    /// Whether any router uses `port`.
    pub(super) fn uses(&self, port: &PortKey) -> bool {
        self.by_port.contains_key(port)
    }

    /// The router of `config` that a packet received on `port` is for. Routers of one interface may
    /// share a VRID when their groups or peers differ; otherwise the VRID decides, and the engine
    /// judges.
    pub(super) fn router(
        &self,
        config: &Config,
        port: &PortKey,
        packet: &Received,
    ) -> Option<RouterIx> {
        let vrid = wire::vrrp::View::new(&packet.payload).ok()?.vrid()?;
        let candidates = self.by_port.get(port)?.get(&vrid.get())?;
        let fits = |ix: &&RouterIx| {
            let router = config.routers.get(ix.0 as usize);
            router.is_some_and(|router| is_for(router, packet))
        };
        let exact = candidates.iter().find(fits);
        exact.or_else(|| candidates.first()).copied()
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
    use base::{Duration, Family, Priority, VrId};
    use vrrp::config::{Auth, Garp, RouterKey, Version};

    fn router(vrid: u8, group: [u8; 4]) -> Router {
        let group = group.into();
        Router {
            name: format!("VI_{vrid}"),
            initial_backup: false,
            key: RouterKey {
                vrid: VrId::new(vrid).expect("not zero"),
                family: Family::V4,
                interface: "ens34".into(),
                unicast_source: None,
                group: Some(group),
                peer: None,
                link: None,
            },
            version: Version::V2,
            priority: Priority(100),
            advert_interval: Duration::from_secs(1),
            preempt: true,
            preempt_delay: Duration::ZERO,
            down_timer_adverts: 3,
            auth: Auth::None,
            source: [192, 0, 2, 1].into(),
            transport: Transport::Multicast { group },
            addresses: Vec::new(),
            garp: Garp {
                repeat: 1,
                delay: Duration::ZERO,
                refresh: Duration::ZERO,
                refresh_repeat: 1,
                lower_prio_repeat: 1,
                lower_prio_delay: Duration::ZERO,
            },
            lower_prio_no_advert: false,
            higher_prio_send_advert: false,
            skip_check_adv_addr: false,
            check_unicast_src: false,
            compat_timing: false,
            bfd_master_down: false,
            ignores_link: false,
            start_fault: None,
            track_scripts: Vec::new(),
            tracks: Vec::new(),
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
            routers: vec![router(51, usual), router(52, usual), router(52, other)],
            scripts: Vec::new(),
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
        };
        assert!(routes.uses(&port) && !routes.uses(&elsewhere));
    }
}
