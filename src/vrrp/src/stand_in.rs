//! Who keeps a mastership alive while the engine's process is dead: sends the adverts that are
//! due, yields to a better master, and nothing else.
//!
//! Invariants: only routers that were master are served; none ever becomes master here; after
//! yielding, a router and its sync group are silent for good. Tracking, announcements and reloads
//! wait for the engine. At the end it either leaves its records to the next engine, or, told to shut down, releases
//! everything: the last will of a daemon whose children keep failing.

use base::{Instant, Machine, Priority};

use crate::backup::{delay_end, delays, keeps_waiting};
use crate::config::{Config, GroupIx, Router, RouterIx};
use crate::effect::{Cause, Effect, Event, State};
use crate::engine::index;
use crate::group::{memberships, synced};
use crate::input::Input;
use crate::master::following;
use crate::receive::{Advert, Checked, Packet, check};
use crate::replay::Replay;
use crate::snapshot::{Records, RouterRecord};
use crate::timer::Timers;
use crate::wall::Wall;

/// The stand-in for an engine that died.
#[derive(Clone, Debug)]
pub struct StandIn {
    config: Config,
    records: Vec<Option<RouterRecord>>,
    /// As many as routers.
    replays: Vec<Replay>,
    wall: Wall,
    timers: Timers,
    memberships: Vec<Option<GroupIx>>,
}

impl StandIn {
    /// Takes over what `records` (of the same configuration) say was master.
    #[must_use]
    pub fn new(config: Config, records: &Records) -> Self {
        let count = config.routers.len();
        let mut records = records.routers.clone();
        records.resize(count, None);
        let mut timers = Timers::new(count);
        for (slot, record) in records.iter().enumerate() {
            let master = record.filter(|record| record.state == State::Master);
            timers.set(slot, master.map(|record| record.due));
        }
        let resumed = |(router, record): (&Router, &Option<RouterRecord>)| {
            let noted = record.map_or(0, |record| record.sequence);
            Replay::resumed(&router.auth, noted)
                .answering(record.is_some_and(|record| record.old_sums))
        };
        let replays = config.routers.iter().zip(&records).map(resumed).collect();
        Self {
            memberships: memberships(&config),
            config,
            replays,
            records,
            timers,
            wall: Wall::default(),
        }
    }

    /// The record of `router` as of now, for the next engine.
    #[must_use]
    pub fn router_record(&self, router: RouterIx) -> Option<RouterRecord> {
        let at = router.0 as usize;
        let record = (*self.records.get(at)?)?;
        Some(RouterRecord {
            sequence: self
                .replays
                .get(at)?
                .noted(&self.config.routers.get(at)?.auth),
            old_sums: self.replays.get(at)?.old_sums,
            ..record
        })
    }

    /// The record of a router that is still served.
    fn master(&mut self, at: usize) -> Option<&mut RouterRecord> {
        let record = self.records.get_mut(at)?.as_mut();
        record.filter(|record| record.state == State::Master)
    }

    fn tick(&mut self, now: Instant, emit: &mut dyn FnMut(Effect)) {
        let wall = self.wall.at(now);
        while let Some((due, at)) = self.timers.first().filter(|(due, _)| *due <= now) {
            let interval = self.config.routers[at].advert_interval;
            let Some(record) = self.master(at) else {
                self.timers.set(at, None);
                continue;
            };
            // An interval of zero does not exist; if it did, it would not hang us.
            let next =
                following(due, interval, now).max(now + core::time::Duration::from_micros(1));
            record.due = next;
            let priority = record.priority;
            self.timers.set(at, Some(next));
            let (config, replay) = (&self.config.routers[at], &mut self.replays[at]);
            crate::advert::send(index(at), config, priority, replay, wall, emit);
        }
    }

    fn hear(&mut self, now: Instant, at: usize, advert: &Advert, emit: &mut dyn FnMut(Effect)) {
        let Some(config) = self.config.routers.get(at) else {
            return;
        };
        let ours = config.source;
        if let Some(Some(record)) = self.records.get_mut(at)
            && record.state == State::Backup
        {
            let end = Some(record.due).filter(|end| *end != Instant::ZERO);
            if keeps_waiting(config, record.priority, advert, delays(config, end, now)) {
                // For the next engine, whose sync group must not count on a router that has a master.
                record.ready = false;
                let lower = advert.priority < record.priority;
                record.due = delay_end(config, lower, end, now).unwrap_or(Instant::ZERO);
            }
        }
        let Some(record) = self.master(at) else {
            return;
        };
        if (advert.priority, advert.source) <= (record.priority, ours) {
            return;
        }
        record.master_interval = advert.interval;
        let cause = Cause::BetterMaster {
            source: advert.source,
            theirs: advert.priority,
            ours: record.priority,
        };
        self.give_way(now, at, cause, emit);
        self.give_way_together(now, at, emit);
    }

    /// The others of a sync group have the state of the one that gave way.
    fn give_way_together(&mut self, now: Instant, at: usize, emit: &mut dyn FnMut(Effect)) {
        let Some(group) = self.memberships[at] else {
            return;
        };
        let cause = synced(&self.config, group, &self.config.routers[at].name);
        for other in 0..self.records.len() {
            if self.memberships[other] == Some(group) && self.master(other).is_some() {
                self.give_way(now, other, cause.clone(), emit);
            }
        }
    }

    fn give_way(&mut self, now: Instant, at: usize, cause: Cause, emit: &mut dyn FnMut(Effect)) {
        if let Some(record) = self.master(at) {
            record.state = State::Backup;
            record.since = now;
            record.due = Instant::ZERO;
        }
        self.timers.set(at, None);
        let router = index(at);
        emit(Effect::RemoveAddresses { router });
        emit(Effect::Event(Event::Transition {
            router,
            from: State::Master,
            to: State::Backup,
            cause,
        }));
    }

    /// The last will: releases first, all of them, then clears up.
    fn shutdown(&mut self, now: Instant, emit: &mut dyn FnMut(Effect)) {
        let served = |at: &usize| {
            let record = self.records[*at].as_ref();
            record.is_some_and(|record| record.state == State::Master)
        };
        let masters: Vec<_> = (0..self.records.len()).filter(served).collect();
        let wall = self.wall.at(now);
        for &at in &masters {
            let router = index(at);
            let (config, replay) = (&self.config.routers[at], &mut self.replays[at]);
            crate::advert::send(router, config, Priority::RELEASE, replay, wall, emit);
            emit(Effect::Event(Event::Released { router }));
        }
        for at in masters {
            let router = index(at);
            emit(Effect::RemoveAddresses { router });
            emit(Effect::Event(Event::Transition {
                router,
                from: State::Master,
                to: State::Init,
                cause: Cause::Stop,
            }));
            self.timers.set(at, None);
            if let Some(record) = self.master(at) {
                record.state = State::Init;
                record.since = now;
            }
        }
        emit(Effect::Event(Event::Stopped));
    }
}

impl Machine for StandIn {
    type Input = Input;
    type Effect = Effect;

    fn handle(&mut self, now: Instant, input: Input, emit: &mut dyn FnMut(Effect)) {
        match input {
            Input::Tick => self.tick(now, emit),
            Input::Packet {
                router,
                source,
                destination,
                ttl,
                payload,
                envelope,
            } => {
                let at = router.0 as usize;
                let packet = Packet {
                    source,
                    destination,
                    ttl,
                    payload: &payload,
                    ah: envelope.ah.as_ref(),
                    wall: self.wall.at(now).saturating_sub(envelope.age),
                };
                if let (Some(config), Some(replay)) =
                    (self.config.routers.get(at), self.replays.get_mut(at))
                    && let Checked::Accepted { advert, .. } = check(config, &packet, None, replay)
                {
                    self.hear(now, at, &advert, emit);
                }
            }
            Input::SourceAddress { router, address } => {
                self.config.routers.set_source(router, address);
            }
            Input::WallClock(said) => self.wall = Wall::new(now, said),
            Input::Shutdown => self.shutdown(now, emit),
            // The next engine will look at these.
            Input::Start
            | Input::ScriptExit { .. }
            | Input::Read { .. }
            | Input::Link { .. }
            | Input::PathDown { .. }
            | Input::Stranger { .. }
            | Input::AddressLost { .. }
            | Input::RoutingLost { .. }
            | Input::EffectFailed { .. }
            | Input::AddressTaken { .. }
            | Input::Occupied
            | Input::Reconfigure(_) => {}
        }
    }

    fn deadline(&self) -> Option<(Instant, &'static str)> {
        self.timers.first().map(|(due, _)| (due, "advert"))
    }
}
