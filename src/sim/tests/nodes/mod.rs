//! Nodes as the articles configure them.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use core::net::IpAddr;

use base::{Duration, Family, Priority, VrId, Weight};
use vrrp::Config;
use vrrp::config::{
    Auth, Garp, Peer, Router, RouterIx, RouterKey, Script, ScriptIx, TrackScript, Transport,
    Version,
};

pub const R: RouterIx = RouterIx(0);

pub fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// keepalived's defaults: version 2, one second, multicast, preempting.
pub fn router(vrid: u8, source: &str, priority: u8, addresses: &[&str]) -> Router {
    let group = ip("224.0.0.18");
    Router {
        link: None,
        name: "VI_1".into(),
        key: RouterKey {
            vrid: VrId::new(vrid).unwrap(),
            family: Family::V4,
            interface: "eth0".into(),
            unicast_source: None,
            group: Some(group),
            peer: None,
        },
        version: Version::V2,
        priority: Priority(priority),
        initial_backup: false,
        advert_interval: Duration::from_secs(1),
        preempt: true,
        preempt_delay: Duration::ZERO,
        down_timer_adverts: 3,
        auth: Auth::None,
        vrf: None,
        source: ip(source),
        transport: Transport::Multicast { group },
        addresses: addresses.iter().map(|address| ip(address)).collect(),
        garp: Garp {
            repeat: 5,
            delay: Duration::from_secs(5),
            refresh: Duration::ZERO,
            refresh_repeat: 1,
            lower_prio_repeat: 5,
            lower_prio_delay: Duration::from_secs(5),
            extra: Duration::ZERO,
        },
        lower_prio_no_advert: false,
        higher_prio_send_advert: false,
        skip_check_adv_addr: false,
        check_unicast_src: false,
        owner_ignores_adverts: false,
        checksum: vrrp::config::Checksum::Addresses,
        timer_expired_backup: None,
        compat_timing: false,
        bfd_master_down: false,
        ignores_link: false,
        start_fault: None,
        track_scripts: Vec::new(),
        tracks: Vec::new(),
    }
}

pub fn unicast(router: Router, peers: &[&str]) -> Router {
    let peer = |address: &&str| Peer {
        address: ip(address),
        min_ttl: 0,
        max_ttl: 255,
    };
    Router {
        key: RouterKey {
            unicast_source: Some(router.source),
            group: None,
            peer: None,
            ..router.key
        },
        transport: Transport::Unicast {
            peers: peers.iter().map(peer).collect(),
            ttl: 255,
        },
        ..router
    }
}

/// `router` tracking one script by that name.
pub fn tracking(router: Router, name: &str, weight: i16, interval: u64) -> Config {
    let interval = Duration::from_secs(interval);
    Config {
        routers: vec![Router {
            track_scripts: vec![TrackScript {
                script: ScriptIx(0),
                weight: Weight(weight),
                reverse: false,
            }],
            ..router
        }]
        .into(),
        scripts: vec![Script {
            name: name.into(),
            identity: name.into(),
            interval,
            timeout: interval,
            rise: 1,
            fall: 1,
        }],
        ..Config::default()
    }
}

pub fn alone(router: Router) -> Config {
    Config {
        routers: vec![router].into(),
        scripts: Vec::new(),
        ..Config::default()
    }
}
