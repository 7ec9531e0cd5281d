//! Nodes as the articles configure them.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use core::net::IpAddr;

use base::{Duration, Family, Priority, VrId, Weight};
use vrrp::Config;
use vrrp::config::{
    Peer, Policy, Router, RouterIx, RouterKey, Script, ScriptIx, TrackScript, Transport,
};

pub const R: RouterIx = RouterIx(0);

pub fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// keepalived's defaults: version 2, one second, multicast, preempting.
pub fn router(vrid: u8, source: &str, priority: u8, addresses: &[&str]) -> Router {
    Router {
        link: None,
        name: "VI_1".into(),
        key: RouterKey {
            vrid: VrId::new(vrid).unwrap(),
            family: Family::V4,
            interface: "eth0".into(),
            unicast_source: None,
            group: Some(ip("224.0.0.18")),
            peer: None,
        },
        priority: Priority(priority),
        source: ip(source),
        addresses: addresses.iter().map(|address| ip(address)).collect(),
        policy: Policy::default().into(),
    }
}

pub fn unicast(router: Router, peers: &[&str]) -> Router {
    let peer = |address: &&str| Peer {
        address: ip(address),
        min_ttl: 0,
        max_ttl: 255,
    };
    router.with(|it| {
        it.key.unicast_source = Some(it.source);
        it.key.group = None;
        it.transport = Transport::Unicast {
            peers: peers.iter().map(peer).collect(),
            ttl: 255,
        };
    })
}

/// `router` tracking one script by that name.
pub fn tracking(router: Router, name: &str, weight: i16, interval: u64) -> Config {
    let interval = Duration::from_secs(interval);
    Config {
        routers: vec![router.with(|it| {
            it.track_scripts = vec![TrackScript {
                script: ScriptIx(0),
                weight: Weight(weight),
                reverse: false,
            }]
        })]
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
