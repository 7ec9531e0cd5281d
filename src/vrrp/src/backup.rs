//! The Backup state: listening for a master, and for how long (RFC 5798 §6.4.2).
//!
//! Invariant: exactly one timer, master_down; everything heard either restarts it or leaves it.

use core::net::IpAddr;
use core::time::Duration;

use base::{Instant, Priority};

use crate::config::{Router, Transport, Version};
use crate::effect::{Cause, Event};
use crate::master::Master;
use crate::receive::Advert;
use crate::router::{Change, Heard, Phase, Standing, Turn};
use crate::snapshot::RouterRecord;
use crate::timing::{master_down, skew};

/// What the timer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// The master's silence.
    Silence,
    /// A skew after the master's release, nothing where nobody else can take over.
    Released { source: IpAddr },
    /// A skew after the master's priority fell below ours.
    Lowered,
    /// A skew after a virtual address of ours was deleted.
    Reclaim,
}

/// Listening.
#[derive(Clone, Debug)]
pub(crate) struct Backup {
    wait: Wait,
    /// When the timer was last started.
    armed: Instant,
    master_down: Instant,
    /// Master_Adver_Interval: the master's in version 3, ours in version 2.
    master_interval: Duration,
    /// When `preempt_delay` ends, once a lower-priority advert has started it.
    preempt_delay_end: Option<Instant>,
    /// A lower-priority advert heard since the timer was last started.
    discarded: Option<Heard>,
    /// The timer ran out, but another member of the sync group still has a master.
    ready: bool,
}

impl Backup {
    /// Waits the full interval. `master_interval` is the master's where known, else ours.
    pub(crate) fn listening(
        config: &Router,
        priority: Priority,
        master_interval: Duration,
        now: Instant,
    ) -> Self {
        Self {
            wait: Wait::Silence,
            armed: now,
            master_down: now + master_down(config, priority, master_interval),
            master_interval,
            preempt_delay_end: None,
            discarded: None,
            ready: false,
        }
    }

    /// A wait that goes on, of `record`.
    pub(crate) fn adopted(
        record: &RouterRecord,
        config: &Router,
        priority: Priority,
        now: Instant,
    ) -> Self {
        let delay = config.preempt_delay;
        let delaying = !delay.is_zero() && record.due != Instant::ZERO;
        Self {
            ready: record.ready,
            preempt_delay_end: delaying.then(|| record.due.min(now + delay)),
            ..Self::listening(config, priority, record.master_interval, now)
        }
    }

    /// Waits one skew before taking back what was ours.
    pub(crate) fn reclaiming(turn: &Turn<'_>, priority: Priority) -> Self {
        let interval = turn.config.advert_interval;
        Self {
            wait: Wait::Reclaim,
            master_down: turn.now + skew(turn.config.version, priority, interval),
            ..Self::listening(turn.config, priority, interval, turn.now)
        }
    }

    pub(crate) const fn master_down(&self) -> Instant {
        self.master_down
    }

    pub(crate) const fn master_interval(&self) -> Duration {
        self.master_interval
    }

    /// Whether only its sync group keeps it from becoming master.
    pub(crate) const fn ready(&self) -> bool {
        self.ready
    }

    pub(crate) const fn preempt_delay_end(&self) -> Option<Instant> {
        self.preempt_delay_end
    }

    /// Restarts the timer.
    fn arm(&mut self, now: Instant, wait: Wait, interval: Duration) {
        self.wait = wait;
        self.armed = now;
        self.master_down = now + interval;
        self.discarded = None;
    }

    pub(crate) fn timer(&mut self, standing: &mut Standing, turn: &mut Turn<'_>) -> Option<Change> {
        if turn.now < self.master_down {
            return None;
        }
        if self.held(standing, turn) {
            return None;
        }
        let waited = turn.now.since(self.armed);
        let cause = match (self.wait, self.discarded) {
            (Wait::Released { source }, _) => Cause::MasterReleased { source, waited },
            (Wait::Silence | Wait::Lowered, Some(lower)) => Cause::Preempt {
                source: lower.source,
                theirs: lower.priority,
                ours: standing.priority,
            },
            (Wait::Silence | Wait::Lowered | Wait::Reclaim, _) => Cause::MasterDown {
                waited,
                last: standing.heard.map(|heard| (heard.source, heard.priority)),
            },
        };
        // The other owner is silent: ours are the addresses again.
        if standing.demoted {
            standing.demoted = false;
            standing.priority = turn.config.priority;
        }
        Some((Phase::Master(Master::new(turn)), cause))
    }

    /// Whether a member of the sync group is not ready to become master: a group of which some
    /// hear a better master would change to and fro. Then the timer starts anew; who is ready last
    /// leads.
    fn held(&mut self, standing: &Standing, turn: &mut Turn<'_>) -> bool {
        let Some(member) = &standing.ties.unready else {
            return false;
        };
        if !self.ready {
            self.ready = true;
            turn.event(Event::HeldByGroup {
                router: turn.router,
                waited: turn.now.since(self.armed),
                member: *member,
            });
        }
        let interval = master_down(turn.config, standing.priority, self.master_interval);
        self.arm(turn.now, Wait::Silence, interval);
        true
    }

    /// RFC 5798 §6.4.2 (420)–(460), with keepalived's `nopreempt` and `preempt_delay`.
    pub(crate) fn hear(&mut self, standing: &mut Standing, turn: &mut Turn<'_>, advert: &Advert) {
        let heard = Heard {
            source: advert.source,
            priority: advert.priority,
            at: turn.now,
        };
        let (router, ours) = (turn.router, standing.priority);
        let before = standing.heard.replace(heard);
        if advert.priority == Priority::RELEASE {
            let source = advert.source;
            let skew = match races(turn.config, source) {
                true => skew(turn.config.version, ours, self.master_interval),
                false => Duration::ZERO,
            };
            self.arm(turn.now, Wait::Released { source }, skew);
            turn.event(Event::MasterReleasing {
                router,
                source,
                skew,
            });
            return;
        }
        let lower = advert.priority < ours;
        if !keeps_waiting(turn.config, ours, advert, self.delaying(turn)) {
            self.discarded = Some(heard);
            turn.event(Event::LowerPriorityDiscarded {
                router,
                source: advert.source,
                theirs: advert.priority,
                ours,
            });
            let fell_from = before.filter(|it| self.was_master(it, turn, ours, advert.source));
            if let Some(before) = fell_from
                && !standing.unheard
            {
                self.replace_soon(turn, ours, &before, advert);
            }
            return;
        }
        self.learn(turn, advert.interval);
        self.delay_preemption(turn, advert, lower);
        let interval = master_down(turn.config, ours, self.master_interval);
        self.arm(turn.now, Wait::Silence, interval);
        if core::mem::take(&mut self.ready) {
            let source = advert.source;
            turn.event(Event::NoLongerHeld { router, source });
        }
    }

    /// The master of another member of the sync group, at `source`, gives up: it does so here, too, even
    /// where that can no longer be heard. One that is still there is heard before the skew is over, or
    /// right after. Deviation: the original waits its timer.
    pub(crate) fn release(&mut self, standing: &Standing, turn: &Turn<'_>, source: IpAddr) {
        let skew = skew(turn.config.version, standing.priority, self.master_interval);
        if !turn.config.compat_timing && turn.now + skew < self.master_down {
            self.arm(turn.now, Wait::Released { source }, skew);
        }
    }

    /// Whether `before`, the last advert heard, was of a master from `source` that we did not mean to
    /// replace. What was heard before this timer began says nothing about now.
    fn was_master(&self, before: &Heard, turn: &Turn<'_>, ours: Priority, source: IpAddr) -> bool {
        let recent = before.at >= self.armed;
        recent && before.source == source && before.priority >= ours && !turn.config.compat_timing
    }

    /// The master itself says that it is no longer the best: the skew puts those in order that are
    /// better. Deviation: the original waits its timer, as if the master were silent.
    fn replace_soon(
        &mut self,
        turn: &mut Turn<'_>,
        ours: Priority,
        before: &Heard,
        advert: &Advert,
    ) {
        let skew = skew(turn.config.version, ours, self.master_interval);
        let soon = turn.now + skew;
        if soon >= self.master_down {
            return;
        }
        (self.wait, self.armed, self.master_down) = (Wait::Lowered, turn.now, soon);
        turn.event(Event::MasterLowered {
            router: turn.router,
            source: advert.source,
            from: before.priority,
            to: advert.priority,
            skew,
        });
    }

    /// The path to `address` is down: if that is the master's, nobody waits for its adverts.
    /// Deviation: the original waits its timer.
    pub(crate) fn lose(
        &mut self,
        standing: &Standing,
        turn: &mut Turn<'_>,
        address: IpAddr,
    ) -> Option<Change> {
        let master = standing.heard.filter(|heard| heard.source == address)?;
        if !turn.config.bfd_master_down || self.held(standing, turn) {
            return None;
        }
        let cause = Cause::MasterUnreachable {
            source: address,
            waited: turn.now.since(master.at),
        };
        Some((Phase::Master(Master::new(turn)), cause))
    }

    /// Whether `preempt_delay` still forbids to preempt (or has yet to start).
    fn delaying(&self, turn: &Turn<'_>) -> bool {
        delays(turn.config, self.preempt_delay_end, turn.now)
    }

    fn delay_preemption(&mut self, turn: &mut Turn<'_>, advert: &Advert, lower: bool) {
        let (router, delay) = (turn.router, turn.config.preempt_delay);
        let before = self.preempt_delay_end;
        self.preempt_delay_end = delay_end(turn.config, lower, before, turn.now);
        match (before, self.preempt_delay_end) {
            (None, Some(_)) => {
                turn.event(Event::PreemptDelayStarted {
                    router,
                    source: advert.source,
                    priority: advert.priority,
                    delay,
                });
            }
            (Some(_), None) => turn.event(Event::PreemptDelayStopped { router }),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    /// Version 3 goes by the master's interval (RFC 5798 §6.1); version 2 refused others before.
    fn learn(&mut self, turn: &mut Turn<'_>, interval: Duration) {
        if turn.config.version == Version::V3 && interval != self.master_interval {
            turn.event(Event::MasterIntervalChanged {
                router: turn.router,
                from: self.master_interval,
                to: interval,
            });
            self.master_interval = interval;
        }
    }

    /// A changed priority changes the skew; the running timer moves by the difference.
    pub(crate) fn reprioritise(&mut self, version: Version, was: Priority, is: Priority) {
        if self.master_down == self.armed {
            // Due already, without a skew.
            return;
        }
        let (before, after) = (
            skew(version, was, self.master_interval),
            skew(version, is, self.master_interval),
        );
        // Back in time there is no arithmetic; go by the distance from the start.
        let interval = self.master_down.since(self.armed) + after;
        self.master_down = self.armed + interval.saturating_sub(before);
    }

    /// A reload: the same timer by the new numbers.
    pub(crate) fn reconfigure(&mut self, old: &Router, new: &Router, was: Priority, is: Priority) {
        if self.master_interval == old.advert_interval || new.version == Version::V2 {
            self.master_interval = new.advert_interval;
        }
        match self.wait {
            Wait::Silence => {
                self.master_down = self.armed + master_down(new, is, self.master_interval);
            }
            Wait::Released { .. } | Wait::Lowered | Wait::Reclaim => {
                self.reprioritise(new.version, was, is)
            }
        }
    }
}

/// Whether `advert` is of a master that a backup of priority `ours` leaves to it: neither one that
/// gives up nor one that is to be preempted.
pub(crate) fn keeps_waiting(
    config: &Router,
    ours: Priority,
    advert: &Advert,
    delaying: bool,
) -> bool {
    let preempted = advert.priority < ours && config.preempt && !delaying;
    advert.priority != Priority::RELEASE && !preempted
}

/// Whether `preempt_delay`, which ends at `end` if it has begun, forbids to preempt.
pub(crate) fn delays(config: &Router, end: Option<Instant>, now: Instant) -> bool {
    !config.preempt_delay.is_zero() && end.is_none_or(|end| now < end)
}

/// When `preempt_delay` ends after an advert that was heeded: the first `lower` one starts it, any
/// other stops it.
pub(crate) fn delay_end(
    config: &Router,
    lower: bool,
    end: Option<Instant>,
    now: Instant,
) -> Option<Instant> {
    if config.preempt_delay.is_zero() || !config.preempt {
        return end;
    }
    lower.then(|| end.unwrap_or_else(|| now + config.preempt_delay))
}

/// Whether another node may also take over what `source` gives up: the skew puts the backups in
/// order. The only unicast peer leaves nobody behind. Deviation: the original waits all the same.
fn races(config: &Router, source: IpAddr) -> bool {
    let alone = match &config.transport {
        Transport::Multicast { .. } => false,
        Transport::Unicast { peers, .. } => {
            matches!(peers.as_slice(), [peer] if peer.address == source)
        }
    };
    !alone || config.compat_timing
}
