//! The IPVS table, and the changes that lead from what is there to what is wanted.
//!
//! Invariant: applying `changes(actual, wanted)` to `actual` gives `wanted`, and equal tables give
//! no change. What comes in is added before what goes out is removed, so that a service never has
//! an empty pool in between.

use core::net::SocketAddr;
use std::collections::BTreeMap;

use wire::ipvs::{Change, Destination, Service, ServiceKey};

/// Services by identity.
pub type Table = BTreeMap<ServiceKey, Pool>;

/// A service and its destinations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Scheduler, persistence.
    pub service: Service,
    /// Destinations in any order, each address once.
    pub destinations: Vec<Destination>,
}

impl Pool {
    /// Destinations by address: pools can hold thousands.
    fn index(&self) -> BTreeMap<SocketAddr, &Destination> {
        self.destinations
            .iter()
            .map(|destination| (destination.address, destination))
            .collect()
    }
}

impl Pool {
    /// Leads one destination and returns the change that does so in the kernel.
    pub(crate) fn lead(
        &mut self,
        address: SocketAddr,
        wanted: Option<Destination>,
    ) -> Option<Change> {
        let key = self.service.key;
        let there = self
            .destinations
            .iter()
            .position(|there| there.address == address);
        match (there, wanted) {
            (None, None) => None,
            (None, Some(new)) => {
                self.destinations.push(new);
                Some(Change::AddDest(key, new))
            }
            (Some(index), None) => {
                self.destinations.remove(index);
                Some(Change::DelDest(key, address))
            }
            (Some(index), Some(new)) => {
                let there = &mut self.destinations[index];
                let change = (*there != new).then_some(Change::EditDest(key, new));
                *there = new;
                change
            }
        }
    }
}

/// What has to be done so that the service is as wanted.
#[must_use]
pub fn changes(actual: Option<&Pool>, wanted: &Pool) -> Vec<Change> {
    let key = wanted.service.key;
    let Some(actual) = actual else {
        let mut all = vec![Change::AddService(wanted.service.clone())];
        all.extend(
            wanted
                .destinations
                .iter()
                .map(|&destination| Change::AddDest(key, destination)),
        );
        return all;
    };
    let mut out = Vec::new();
    if actual.service != wanted.service {
        out.push(Change::EditService(wanted.service.clone()));
    }
    let there = actual.index();
    for &destination in &wanted.destinations {
        match there.get(&destination.address) {
            None => out.push(Change::AddDest(key, destination)),
            Some(there) if **there != destination => out.push(Change::EditDest(key, destination)),
            Some(_) => {}
        }
    }
    // Coming in before being turned away: first raise weights, then lower them.
    out.sort_by_key(|change| matches!(change, Change::EditDest(_, to) if to.weight == 0));
    let stays = wanted.index();
    for there in &actual.destinations {
        if !stays.contains_key(&there.address) {
            out.push(Change::DelDest(key, there.address));
        }
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use wire::ipvs::{Forwarding, Granularity, Protocol};

    use super::*;

    /// What the kernel does with a change; `None` where it would refuse.
    pub(crate) fn apply(table: &mut Table, change: &Change) -> Option<()> {
        match change {
            Change::AddService(service) => {
                if table.contains_key(&service.key) {
                    return None;
                }
                let pool = Pool {
                    service: service.clone(),
                    destinations: Vec::new(),
                };
                table.insert(service.key, pool);
            }
            Change::EditService(service) => {
                table.get_mut(&service.key)?.service = service.clone();
            }
            Change::DelService(key) => {
                table.remove(key)?;
            }
            Change::AddDest(key, destination) => {
                let pool = table.get_mut(key)?;
                if pool.index().contains_key(&destination.address) {
                    return None;
                }
                pool.destinations.push(*destination);
            }
            Change::EditDest(key, destination) => {
                let pool = table.get_mut(key)?;
                let there = pool
                    .destinations
                    .iter_mut()
                    .find(|there| there.address == destination.address)?;
                *there = *destination;
            }
            Change::DelDest(key, address) => {
                let pool = table.get_mut(key)?;
                pool.index().get(address)?;
                pool.destinations.retain(|there| there.address != *address);
            }
        }
        Some(())
    }

    fn pool() -> impl Strategy<Value = Pool> {
        (
            prop_oneof![Just("rr"), Just("wlc")],
            proptest::collection::btree_map(0u8..6, (0u32..3, any::<bool>()), 0..6),
        )
            .prop_map(|(scheduler, servers)| Pool {
                service: Service {
                    key: ServiceKey::Address {
                        address: ([10, 0, 0, 9], 80).into(),
                        protocol: Protocol::Tcp,
                    },
                    scheduler: scheduler.into(),
                    persistence: None,
                    granularity: Granularity::host(base::Family::V4),
                },
                destinations: servers
                    .into_iter()
                    .map(|(last, (weight, nat))| Destination {
                        address: ([10, 0, 0, last], 80).into(),
                        weight,
                        forwarding: if nat {
                            Forwarding::Masquerade
                        } else {
                            Forwarding::DirectRouting
                        },
                    })
                    .collect(),
            })
    }

    /// One in which at least one server gets traffic.
    fn serving_pool() -> impl Strategy<Value = Pool> {
        (pool(), any::<proptest::sample::Index>(), 1u32..3).prop_map(|(mut pool, which, weight)| {
            if pool.destinations.is_empty() {
                pool.destinations.push(Destination {
                    address: ([10, 0, 0, 1], 80).into(),
                    weight,
                    forwarding: Forwarding::Masquerade,
                });
            }
            which.get_mut(&mut pool.destinations).weight = weight;
            pool
        })
    }

    fn sorted(mut pool: Pool) -> Pool {
        pool.destinations.sort_by_key(|there| there.address);
        pool
    }

    proptest! {
        #[test]
        fn changes_lead_to_what_is_wanted(actual in proptest::option::of(pool()), wanted in pool()) {
            let key = wanted.service.key;
            let mut table: Table = actual.clone().map(|pool| (key, pool)).into_iter().collect();
            for change in changes(actual.as_ref(), &wanted) {
                prop_assert_eq!(apply(&mut table, &change), Some(()), "{:?}", change);
            }
            let there = table.remove(&key).map(sorted);
            prop_assert_eq!(there.as_ref(), Some(&wanted));
            prop_assert_eq!(changes(there.as_ref(), &wanted), vec![]);
        }

        #[test]
        fn the_pool_is_never_empty_in_between(actual in serving_pool(), wanted in serving_pool()) {
            let serving = |pool: &Pool| pool.destinations.iter().any(|there| there.weight > 0);
            let key = wanted.service.key;
            let mut table = Table::from([(key, actual.clone())]);
            for change in changes(Some(&actual), &wanted) {
                apply(&mut table, &change);
                prop_assert!(serving(&table[&key]), "after {change:?}");
            }
        }
    }
}
