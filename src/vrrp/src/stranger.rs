//! Adverts of virtual routers that this node does not have (`log_unknown_vrids`).
//!
//! Invariants: each VRID of each place is told once, and then at most once in [`AGAIN`], however
//! many adverts come; what is remembered is bounded by the places there are times 255.
//!
//! Deviation: the original writes a line for every advert.

use core::net::IpAddr;
use core::time::Duration;
use std::collections::BTreeMap;

use base::{Instant, VrId};

use crate::effect::{Effect, Event};

/// Until the same is told again.
pub(crate) const AGAIN: Duration = Duration::from_secs(60);

/// When whom was told of last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strangers {
    told: BTreeMap<(String, VrId), Instant>,
}

impl Strangers {
    pub(crate) fn heard(
        &mut self,
        now: Instant,
        (place, vrid): (String, VrId),
        source: IpAddr,
        emit: &mut dyn FnMut(Effect),
    ) {
        let key = (place, vrid);
        if self.told.get(&key).is_some_and(|last| now < *last + AGAIN) {
            return;
        }
        self.told.insert(key.clone(), now);
        let (place, vrid) = key;
        emit(Effect::Event(Event::UnknownVrid {
            place,
            vrid,
            source,
        }));
    }
}
