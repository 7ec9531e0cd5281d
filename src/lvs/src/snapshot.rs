//! What a process leaves to the one that goes on for it: which servers live, which checks fail, and
//! when each runs next. So no failed server is put back before it has passed a check, and none is
//! taken out that has failed none.
//!
//! Invariants: plain values, named by addresses and not by places, so that a configuration or a
//! program that plans something else begins anew only with what is new; times are those of the clock
//! both processes share.

use core::net::SocketAddr;

use base::{Family, Instant};
use serde::{Deserialize, Serialize};

use crate::config::ServiceKey;

/// All services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    pub(crate) services: Vec<ServiceRecord>,
}

/// What makes two services the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Key {
    Address {
        address: SocketAddr,
        protocol: String,
    },
    Mark {
        mark: u32,
        family: Family,
    },
}

impl From<&ServiceKey> for Key {
    fn from(key: &ServiceKey) -> Self {
        match *key {
            ServiceKey::Address { address, protocol } => Self::Address {
                address,
                protocol: protocol.to_string(),
            },
            ServiceKey::Mark { mark, family } => Self::Mark { mark, family },
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServiceRecord {
    pub(crate) key: Key,
    pub(crate) quorum_up: bool,
    pub(crate) servers: Vec<ServerRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServerRecord {
    pub(crate) address: SocketAddr,
    pub(crate) alive: bool,
    /// In the order of the configuration.
    pub(crate) checks: Vec<CheckRecord>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CheckRecord {
    pub(crate) up: bool,
    pub(crate) has_run: bool,
    pub(crate) failures: u32,
    /// When it runs next; none: a probe was out, which has to be sent again.
    pub(crate) next: Option<Instant>,
}

impl Records {
    pub(crate) fn of(&self, key: &ServiceKey) -> Option<&ServiceRecord> {
        let key = Key::from(key);
        self.services.iter().find(|service| service.key == key)
    }
}
