//! Leading the kernel's table after the pools, and what happens when it does not follow.

use std::collections::BTreeSet;

use base::{Duration, Instant};
use wire::ipvs::{Change, ServiceKey};

use super::{Place, Running};
use crate::effect::{Effect, Event};
use crate::table::{self, Table};

/// Pause before the table is read again after a refusal.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest such pause; also the pause between looks for IPVS in a kernel that lacks it.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What is known of the kernel's table.
#[derive(Clone, Debug)]
pub(super) enum Kernel {
    /// Asked for, not yet told.
    Asked,
    /// There is no IPVS; look again then.
    Absent { look: Instant, reason: String },
    /// It holds this (ours only), as far as we know.
    Holds { table: Table },
}

/// The last refusal by the kernel, and when the table is read again because of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doubt {
    pub(super) since: Instant,
    pub(super) pause: Duration,
    pub(super) read: Option<Instant>,
}

impl Running {
    /// The kernel's table has been read.
    pub(super) fn adopt(&mut self, mut actual: Table, emit: &mut dyn FnMut(Effect)) {
        actual.retain(|key, _| self.owned.contains(key));
        if matches!(self.kernel, Kernel::Absent { .. }) {
            for service in &self.services {
                emit(Effect::Event(Event::ServedNow(service.config.key)));
            }
        }
        self.kernel = Kernel::Holds { table: actual };
        self.lead_table(emit);
    }

    /// Services in `actual` that are ours but no longer configured.
    fn forget_dropped(&mut self, actual: &Table) -> Vec<ServiceKey> {
        let wanted: BTreeSet<ServiceKey> = self.services.iter().map(|s| s.config.key).collect();
        self.owned
            .retain(|key| wanted.contains(key) || actual.contains_key(key));
        self.owned.difference(&wanted).copied().collect()
    }

    /// The kernel refused something: what it holds is not what was believed.
    pub(super) fn doubt(&mut self, now: Instant) {
        let pause = match self.doubt {
            Some(last) if now.since(last.since) <= last.pause.saturating_mul(2) => {
                last.pause.saturating_mul(2).min(LONGEST_PAUSE)
            }
            Some(_) | None => FIRST_PAUSE,
        };
        self.doubt = Some(Doubt {
            since: now,
            pause,
            read: Some(now + pause),
        });
    }

    pub(super) fn do_without(
        &mut self,
        now: Instant,
        reason: String,
        emit: &mut dyn FnMut(Effect),
    ) {
        if !matches!(self.kernel, Kernel::Absent { .. }) {
            for service in &self.services {
                emit(Effect::Event(Event::NotServed {
                    service: service.config.key,
                    reason: reason.clone(),
                }));
            }
        }
        self.kernel = Kernel::Absent {
            look: now + LONGEST_PAUSE,
            reason,
        };
    }

    /// Leads the whole table after the configuration.
    pub(super) fn lead_table(&mut self, emit: &mut dyn FnMut(Effect)) {
        let Kernel::Holds { table } = &self.kernel else {
            return;
        };
        let actual = table.clone();
        let gone = self.forget_dropped(&actual);
        let changes = self.take_changes(gone);
        if !changes.is_empty() {
            emit(Effect::Ipvs(changes));
        }
    }

    /// Changes for all services, believed from now on.
    fn take_changes(&mut self, gone: Vec<ServiceKey>) -> Vec<Change> {
        let Kernel::Holds { table } = &mut self.kernel else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for service in &self.services {
            let wanted = service.wanted();
            all.extend(table::changes(table.get(&service.config.key), &wanted));
            table.insert(service.config.key, wanted);
        }
        for key in gone {
            if table.remove(&key).is_some() {
                all.push(Change::DelService(key));
            }
        }
        all
    }

    /// Leads one service's pool after its servers' lives.
    pub(super) fn lead_service(&mut self, index: usize, emit: &mut dyn FnMut(Effect)) {
        let Kernel::Holds { table } = &mut self.kernel else {
            return;
        };
        let service = &self.services[index];
        let wanted = service.wanted();
        let changes = table::changes(table.get(&service.config.key), &wanted);
        table.insert(service.config.key, wanted);
        if !changes.is_empty() {
            emit(Effect::Ipvs(changes));
        }
    }

    /// Leads one destination after its server's life, without a look at the rest of the pool.
    pub(super) fn lead_server(&mut self, place: Place, emit: &mut dyn FnMut(Effect)) {
        let service = &self.services[place.service];
        let key = service.config.key;
        let Some(wanted) = service.wanted_of(place.server) else {
            return self.lead_service(place.service, emit);
        };
        let Kernel::Holds { table } = &mut self.kernel else {
            return;
        };
        let Some(pool) = table.get_mut(&key) else {
            return self.lead_service(place.service, emit);
        };
        let address = service.servers[place.server].address;
        if let Some(change) = pool.lead(address, wanted) {
            emit(Effect::Ipvs(vec![change]));
        }
    }

    /// Reads the table when that is due.
    pub(super) fn read_again(&mut self, now: Instant, emit: &mut dyn FnMut(Effect)) {
        match &mut self.kernel {
            Kernel::Absent { look, .. } => {
                if *look <= now {
                    *look = now + LONGEST_PAUSE;
                    emit(Effect::ReadTable);
                }
            }
            Kernel::Asked | Kernel::Holds { .. } => {
                if let Some(doubt) = &mut self.doubt
                    && doubt.read.is_some_and(|at| at <= now)
                {
                    doubt.read = None;
                    emit(Effect::ReadTable);
                }
            }
        }
    }
}
