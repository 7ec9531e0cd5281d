//! What holds whatever happens.

use core::net::SocketAddr;
use std::collections::{BTreeMap, BTreeSet};

use base::Duration;
use proptest::prelude::*;
use wire::ipvs::ServiceKey;

use super::world::*;
use crate::config::{RealServer, Service};
use crate::effect::{Event, Input, ServerId};
use crate::table::Table;

fn any_config() -> impl Strategy<Value = Vec<Service>> {
    let one = (
        proptest::collection::btree_map(1u8..6, (0u32..3, any::<bool>()), 1..5),
        (1u32..5, 0u32..3),
        any::<bool>(),
        proptest::option::of(any::<bool>()),
    )
        .prop_map(|(servers, (quorum, hysteresis), alpha, sorry)| Service {
            quorum,
            hysteresis,
            alpha,
            sorry: sorry.map(|inhibit_on_failure| RealServer {
                inhibit_on_failure,
                ..server(9)
            }),
            servers: servers
                .into_iter()
                .map(|(last, (weight, inhibit_on_failure))| RealServer {
                    weight,
                    inhibit_on_failure,
                    ..server(last)
                })
                .collect(),
            ..service([])
        });
    proptest::collection::vec(one, 0..3).prop_map(|services| {
        let numbered = services.into_iter().zip(1u8..);
        numbered
            .map(|(service, number)| Service {
                key: key(number),
                ..service
            })
            .collect()
    })
}

#[derive(Clone, Debug)]
enum Act {
    Health(Vec<u8>),
    Pass(u8),
    Reload(Vec<Service>),
    Sabotage,
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        proptest::collection::vec(1u8..6, 0..4).prop_map(Act::Health),
        (1u8..30).prop_map(Act::Pass),
        any_config().prop_map(Act::Reload),
        Just(Act::Sabotage),
    ]
}

/// What the pool should be, from the events alone: who lives, who says sorry.
fn told(world: &World, services: &[Service]) -> BTreeMap<ServiceKey, BTreeMap<SocketAddr, u32>> {
    let mut down: BTreeSet<ServerId> = BTreeSet::new();
    let mut sorry: BTreeSet<ServiceKey> = BTreeSet::new();
    for event in &world.events {
        match event {
            Event::ServerUp { of, .. } | Event::ServerDropped(of) => drop(down.remove(of)),
            Event::ServerDown { of, .. } => drop(down.insert(*of)),
            Event::ServiceDropped(key) => {
                sorry.remove(key);
                down.retain(|of| of.service != *key);
            }
            Event::QuorumGained(quorum) => drop(sorry.remove(&quorum.service)),
            Event::QuorumLost(quorum) => drop(sorry.insert(quorum.service)),
            Event::SorryServerIn { of, .. } => drop(sorry.insert(of.service)),
            _ => {}
        }
    }
    let mut all = BTreeMap::new();
    for service in services {
        let saying = sorry.contains(&service.key) && service.sorry.is_some();
        let mut pool = BTreeMap::new();
        for server in &service.servers {
            let of = ServerId {
                service: service.key,
                server: server.address,
            };
            if !down.contains(&of) && !saying {
                pool.insert(server.address, server.weight);
            } else if server.inhibit_on_failure {
                pool.insert(server.address, 0);
            }
        }
        if let Some(server) = &service.sorry {
            if saying {
                pool.insert(server.address, 1);
            } else if server.inhibit_on_failure {
                pool.insert(server.address, 0);
            }
        }
        all.insert(service.key, pool);
    }
    all
}

proptest! {
    #![proptest_config(property::config(200))]

    /// Whatever happens, the kernel holds what was told, once refusals have been dealt with.
    #[test]
    fn the_table_follows_the_verdicts(
        first in any_config(), acts in proptest::collection::vec(any_act(), 0..20),
    ) {
        // Alpha and a quorum out of reach at start are told by no event; they have own tests.
        let tame = |mut services: Vec<Service>| {
            for service in &mut services {
                service.alpha = false;
                service.hysteresis = 0;
                service.servers[0].weight = service.servers[0].weight.max(1);
            }
            services
        };
        let mut services = tame(first);
        let mut world = World::new(services.clone()).start();
        let mut time = Duration::ZERO;
        for act in acts {
            match act {
                Act::Health(dead) => world.dead = dead.into_iter().map(host).collect(),
                Act::Pass(seconds) => {
                    time += SECOND * u32::from(seconds);
                    world.until(time);
                }
                Act::Reload(new) => {
                    services = tame(new);
                    world.reload(services.clone());
                }
                // Somebody flushes the table behind our back; only a refusal reveals that.
                Act::Sabotage => world.kernel = Some(Table::new()),
            }
        }
        // Any change reveals it; a new configuration with other schedulers changes every service.
        for service in &mut services {
            service.scheduler = "wlc";
        }
        world.reload(services.clone());
        time += 200 * SECOND;
        world.until(time);
        let kernel: BTreeMap<_, BTreeMap<_, _>> = world
            .kernel
            .iter()
            .flatten()
            .map(|(key, pool)| {
                let weights = pool.destinations.iter().map(|d| (d.address, d.weight));
                (*key, weights.collect())
            })
            .collect();
        prop_assert_eq!(kernel, told(&world, &services), "{}", world.log);
        world.feed(Input::Shutdown);
        prop_assert!(world.kernel.as_ref().is_some_and(BTreeMap::is_empty));
    }
}
