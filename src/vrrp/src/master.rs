//! The Master state: advertising, announcing, and giving way (RFC 5798 §6.4.3).
//!
//! Invariant: adverts are due at fixed distances from each other; a late wake-up does not shift
//! the following ones.

use core::cmp::Ordering;
use core::time::Duration;

use base::{Instant, Priority};

use crate::backup::Backup;
use crate::config::{Auth, Router, Version};
use crate::effect::{Cause, Effect, Event};
use crate::receive::Advert;
use crate::router::{Change, Heard, Phase, Standing, Turn};
use crate::snapshot::RouterRecord;
use crate::timing::skew;

/// A rival that becomes master at the same moment announces the addresses while it has not heard
/// us, possibly after our answer to its advert. Whoever listens then holds its hardware address
/// until the next burst, 5 s later by default; ours comes when the rival must have stepped down.
///
/// Deviation: the original waits for that next burst, as we do with `compat_timing`.
const SETTLED: Duration = Duration::from_millis(100);

/// Advertising.
#[derive(Clone, Debug)]
pub(crate) struct Master {
    next_advert: Instant,
    /// The second burst of announcements, `garp_master_delay` after the first.
    second_burst: Option<Instant>,
    /// The next of the announcements repeated every `garp_master_refresh`.
    refresh: Option<Instant>,
    /// The next of those on other interfaces, repeated every `garp_extra_if`.
    extra: Option<Instant>,
    /// The burst [`SETTLED`] after a lower-priority master was heard.
    settled_burst: Option<Instant>,
    /// The last burst after a lower-priority master was heard.
    lower_prio_burst: Option<Instant>,
    /// Another owner was heard; from then on it has been told often enough.
    rival_until: Option<Instant>,
}

/// Longer than it takes to put another process in the place of one that has died.
const LOST: Duration = Duration::from_secs(3);

fn unless_zero(now: Instant, interval: Duration) -> Option<Instant> {
    (!interval.is_zero()).then(|| now + interval)
}

/// What repeats goes on, at the latest when `fresh` says; unless it is over.
fn sooner(old: Option<Instant>, fresh: Option<Instant>) -> Option<Instant> {
    fresh.map(|fresh| old.map_or(fresh, |old| old.min(fresh)))
}

/// The next of the moments `interval` apart, the last of which was `due`. Moments that have
/// passed meanwhile are left out: nobody needs ten adverts for the ten seconds we were stopped.
pub(crate) fn following(due: Instant, interval: Duration, now: Instant) -> Instant {
    let next = due + interval;
    if next > now { next } else { now + interval }
}

impl Master {
    /// A mastership that begins now; its first advert and announcements are sent by the transition.
    pub(crate) fn new(turn: &Turn<'_>) -> Self {
        let (now, garp) = (turn.now, &turn.config.garp);
        Self {
            next_advert: now + turn.config.advert_interval,
            second_burst: unless_zero(now, garp.delay).filter(|_| garp.repeat > 0),
            refresh: unless_zero(now, garp.refresh).filter(|_| garp.refresh_repeat > 0),
            extra: unless_zero(now, garp.extra).map(|at| at + garp.delay),
            settled_burst: None,
            lower_prio_burst: None,
            rival_until: None,
        }
    }

    /// A mastership that goes on, of `record`.
    pub(crate) fn adopted(record: &RouterRecord, config: &Router, now: Instant) -> Self {
        // Whether the process before has still announced it is unknown where it had to only just now.
        let second_burst = unless_zero(record.since, config.garp.delay)
            .filter(|at| config.garp.repeat > 0 && *at + LOST > now);
        Self {
            next_advert: record.due,
            second_burst: second_burst.map(|at| at.max(now)),
            refresh: unless_zero(now, config.garp.refresh)
                .filter(|_| config.garp.refresh_repeat > 0),
            extra: unless_zero(now, config.garp.extra),
            settled_burst: None,
            lower_prio_burst: None,
            rival_until: None,
        }
    }

    pub(crate) const fn next_advert(&self) -> Instant {
        self.next_advert
    }

    pub(crate) fn due(&self) -> (Instant, &'static str) {
        let announcements = [
            self.second_burst,
            self.refresh,
            self.extra,
            self.settled_burst,
            self.lower_prio_burst,
        ];
        match announcements.into_iter().flatten().min() {
            Some(at) if at < self.next_advert => (at, "gratuitous ARP"),
            _ => (self.next_advert, "advert"),
        }
    }

    /// Sends an advert out of turn; the next regular one comes an interval later.
    pub(crate) fn advertise_now(&mut self, standing: &mut Standing, turn: &mut Turn<'_>) {
        turn.advertise(standing.priority, standing);
        self.next_advert = turn.now + turn.config.advert_interval;
    }

    /// A lowered priority is told at once, so that a better backup need not wait for the next advert.
    /// Deviation: the original tells it when that is due, as we do with `compat_timing`.
    pub(crate) fn reprioritise(
        &mut self,
        standing: &mut Standing,
        turn: &mut Turn<'_>,
        was: Priority,
    ) {
        let stays = standing.obstacle(turn.config).is_none();
        if stays && standing.priority < was && !turn.config.compat_timing {
            self.advertise_now(standing, turn);
        }
    }

    /// Who has not advertised for so long that the best of the others has taken over is backup,
    /// where that is asked for (`timer_expired_backup`). Nobody is told: that other one is master.
    pub(crate) fn expired(&self, standing: &Standing, turn: &Turn<'_>) -> Option<Change> {
        let config = turn.config;
        let others = config.timer_expired_backup?;
        let interval = config.advert_interval;
        let patience = interval * 3 + skew(config.version, others, interval);
        // The last advert went out an interval before the next one is due.
        let silent = turn.now.since(self.next_advert) + interval;
        if turn.now < self.next_advert || silent < patience {
            return None;
        }
        let backup = Backup::listening(config, standing.priority, interval, turn.now);
        Some((Phase::Backup(backup), Cause::TimerExpired { silent }))
    }

    pub(crate) fn timer(&mut self, standing: &mut Standing, turn: &mut Turn<'_>) -> Option<Change> {
        if let Some(change) = self.expired(standing, turn) {
            return Some(change);
        }
        let (now, garp) = (turn.now, &turn.config.garp);
        if self.next_advert <= now {
            turn.advertise(standing.priority, standing);
            self.next_advert = following(self.next_advert, turn.config.advert_interval, now);
        }
        if self.second_burst.take_if(|at| *at <= now).is_some() {
            turn.announce(garp.repeat);
        }
        if self.settled_burst.take_if(|at| *at <= now).is_some() {
            turn.announce(garp.lower_prio_repeat);
        }
        if self.lower_prio_burst.take_if(|at| *at <= now).is_some() {
            turn.announce(garp.lower_prio_repeat);
        }
        if let Some(at) = self.refresh.filter(|at| *at <= now) {
            turn.announce(garp.refresh_repeat);
            self.refresh = Some(following(at, garp.refresh, now));
        }
        if let Some(at) = self.extra.filter(|at| *at <= now) {
            let router = turn.router;
            (turn.emit)(Effect::AnnounceExtra { router });
            self.extra = Some(following(at, garp.extra, now));
        }
        None
    }

    /// RFC 5798 §6.4.3 (700)–(765).
    pub(crate) fn hear(
        &mut self,
        standing: &mut Standing,
        turn: &mut Turn<'_>,
        advert: &Advert,
    ) -> Option<Change> {
        standing.heard = Some(Heard {
            source: advert.source,
            priority: advert.priority,
            at: turn.now,
        });
        if advert.priority == Priority::RELEASE {
            turn.event(Event::ReleaseHeard {
                router: turn.router,
                source: advert.source,
            });
            self.advertise_now(standing, turn);
            return None;
        }
        let theirs = (advert.priority, advert.source);
        if advert.priority.is_owner()
            && standing.priority.is_owner()
            && advert.source < turn.config.source
        {
            self.rival_owner(standing, turn, advert)?;
        }
        match theirs.cmp(&(standing.priority, turn.config.source)) {
            Ordering::Less => {
                self.hear_lower(standing, turn, advert);
                None
            }
            Ordering::Equal => {
                turn.event(Event::OwnAdvertHeard {
                    router: turn.router,
                    source: advert.source,
                });
                None
            }
            Ordering::Greater => Some(give_way(standing, turn, advert)),
        }
    }

    fn hear_lower(&mut self, standing: &mut Standing, turn: &mut Turn<'_>, advert: &Advert) {
        turn.event(Event::LowerPriorityHeard {
            router: turn.router,
            source: advert.source,
            priority: advert.priority,
        });
        self.reassert(turn);
        if matches!(turn.config.auth, Auth::Ah(_)) {
            standing.replay.skip();
        }
        if !turn.config.lower_prio_no_advert {
            self.advertise_now(standing, turn);
        }
    }

    /// Announces the addresses again, as somebody else may have done so.
    pub(crate) fn reassert(&mut self, turn: &mut Turn<'_>) {
        let garp = &turn.config.garp;
        turn.announce(garp.lower_prio_repeat);
        if garp.lower_prio_repeat > 0 {
            self.settled_burst = (!turn.config.compat_timing).then(|| turn.now + SETTLED);
            self.lower_prio_burst = unless_zero(turn.now, garp.lower_prio_delay);
        }
    }

    /// Another owner with a lower address should yield. It is told twice; if it talks on after
    /// that, we act as 254 (`Some`: go on with the election), since two masters are worse.
    fn rival_owner(
        &mut self,
        standing: &mut Standing,
        turn: &mut Turn<'_>,
        advert: &Advert,
    ) -> Option<()> {
        let Some(until) = self.rival_until else {
            turn.event(Event::DuplicateOwner {
                router: turn.router,
                source: advert.source,
            });
            turn.advertise(standing.priority, standing);
            self.advertise_now(standing, turn);
            let longer = turn.config.advert_interval.max(advert.interval);
            self.rival_until = Some(turn.now + longer * 6 / 5);
            return None;
        };
        if turn.now < until {
            return None;
        }
        standing.demoted = true;
        turn.event(Event::PriorityChanged {
            router: turn.router,
            from: standing.priority,
            to: Priority(254),
            tracker: format!("second address owner {}", advert.source),
            good: false,
        });
        standing.priority = Priority(254);
        Some(())
    }

    /// A reload: keeps the announcements that are under way. An advert has just gone out by the old
    /// configuration; `changed`: the new one may say something else. `more`: addresses were added,
    /// which deserve a second burst, too.
    pub(crate) fn reconfigure(&mut self, new: &Router, now: Instant, changed: bool, more: bool) {
        self.next_advert = if changed {
            now
        } else {
            now + new.advert_interval
        };
        if more && new.garp.repeat > 0 {
            self.second_burst = unless_zero(now, new.garp.delay).or(self.second_burst);
        }
        let refresh = unless_zero(now, new.garp.refresh).filter(|_| new.garp.refresh_repeat > 0);
        self.refresh = sooner(self.refresh, refresh);
        self.extra = sooner(self.extra, unless_zero(now, new.garp.extra));
    }
}

fn give_way(standing: &Standing, turn: &mut Turn<'_>, advert: &Advert) -> Change {
    let interval = match turn.config.version {
        Version::V2 => turn.config.advert_interval,
        Version::V3 => advert.interval,
    };
    let cause = Cause::BetterMaster {
        source: advert.source,
        theirs: advert.priority,
        ours: standing.priority,
    };
    let backup = Backup::listening(turn.config, standing.priority, interval, turn.now);
    (Phase::Backup(backup), cause)
}
