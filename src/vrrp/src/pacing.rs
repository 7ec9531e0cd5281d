//! Announcements one after the other: how far apart, and which comes next
//! (`garp_group`, `vrrp_garp_interval`, `vrrp_gna_interval`).
//!
//! A lane is what shares an interval. Whoever performs asks for what may go, sends it, and says when
//! that was done; the interval counts from there, so that two on the wire are never closer.
//!
//! Invariants: everything in a lane has its turn once before anything has it again; what waits
//! already is not queued a second time; a step costs the logarithm of what waits, however much it
//! is. Deliberately unknown here: what is sent, and where.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use base::Instant;

#[derive(Clone, Debug)]
struct Lane<T> {
    interval: Duration,
    /// Nothing goes before.
    next: Instant,
    order: VecDeque<T>,
    /// How often each still has to go.
    left: BTreeMap<T, u32>,
}

/// Lanes with what waits in them.
#[derive(Clone, Debug)]
pub struct Pacing<T> {
    lanes: Vec<Lane<T>>,
}

impl<T> Default for Pacing<T> {
    fn default() -> Self {
        Self { lanes: Vec::new() }
    }
}

impl<T: Clone + Ord> Pacing<T> {
    /// Lanes with these intervals. `from`: nothing goes before.
    #[must_use]
    pub fn new(intervals: impl IntoIterator<Item = Duration>, from: Instant) -> Self {
        let lane = |interval| Lane {
            interval,
            next: from,
            order: VecDeque::new(),
            left: BTreeMap::new(),
        };
        Self {
            lanes: intervals.into_iter().map(lane).collect(),
        }
    }

    /// Queues `what` to go `repeat` times, or as often as it waits for already if that is more.
    pub fn add(&mut self, lane: usize, what: T, repeat: u32) {
        let Some(lane) = self.lanes.get_mut(lane).filter(|_| repeat > 0) else {
            return;
        };
        match lane.left.get_mut(&what) {
            Some(left) => *left = repeat.max(*left),
            None => {
                lane.order.push_back(what.clone());
                lane.left.insert(what, repeat);
            }
        }
    }

    /// When something may go; `None` when nothing waits.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let waiting = self.lanes.iter().filter(|lane| !lane.order.is_empty());
        waiting.map(|lane| lane.next).min()
    }

    /// What may go at `now`, and its lane, in which nothing goes for an interval then.
    pub fn take(&mut self, now: Instant) -> Option<(usize, T)> {
        let ready = |lane: &Lane<T>| !lane.order.is_empty() && lane.next <= now;
        let at = self.lanes.iter().position(ready)?;
        let lane = self.lanes.get_mut(at)?;
        let what = lane.order.pop_front()?;
        match lane.left.get_mut(&what).filter(|left| **left > 1) {
            Some(left) => {
                *left -= 1;
                lane.order.push_back(what.clone());
            }
            None => drop(lane.left.remove(&what)),
        }
        lane.next = now + lane.interval;
        Some((at, what))
    }

    /// What [`Self::take`] gave for `lane` had gone by `now`.
    pub fn sent(&mut self, lane: usize, now: Instant) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.next = lane.next.max(now + lane.interval);
        }
    }

    /// Drops what is `gone`.
    pub fn forget(&mut self, gone: impl Fn(&T) -> bool) {
        for lane in &mut self.lanes {
            lane.left.retain(|what, _| !gone(what));
            lane.order.retain(|what| !gone(what));
        }
    }

    /// Everything that waits, with how often it has to go.
    pub fn waiting(&self) -> impl Iterator<Item = (&T, u32)> {
        let lanes = self.lanes.iter();
        lanes.flat_map(|lane| {
            let left = |what: &T| lane.left.get(what).copied().unwrap_or(1);
            lane.order.iter().map(move |what| (what, left(what)))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GAP: Duration = Duration::from_millis(100);

    /// Everything as it goes when each is performed at once.
    fn run(pacing: &mut Pacing<u8>) -> Vec<(u64, usize, u8)> {
        let mut log = Vec::new();
        while let Some(due) = pacing.due() {
            while let Some((lane, what)) = pacing.take(due) {
                log.push((due.as_micros() / 1000, lane, what));
            }
        }
        log
    }

    #[test]
    fn each_has_its_turn_before_any_has_it_again() {
        let mut pacing = Pacing::new([GAP, GAP], Instant::ZERO);
        for what in [1, 2, 3] {
            pacing.add(0, what, 2);
        }
        pacing.add(1, 9, 1);
        let log = run(&mut pacing);
        assert_eq!(
            log,
            [
                (0, 0, 1),
                (0, 1, 9),
                (100, 0, 2),
                (200, 0, 3),
                (300, 0, 1),
                (400, 0, 2),
                (500, 0, 3)
            ]
        );
    }

    #[test]
    fn what_waits_already_is_not_queued_again() {
        let mut pacing = Pacing::new([GAP], Instant::ZERO);
        pacing.add(0, 1, 2);
        pacing.add(0, 1, 1);
        pacing.add(0, 1, 3);
        pacing.add(0, 2, 0);
        pacing.add(7, 2, 1);
        assert_eq!(pacing.waiting().collect::<Vec<_>>(), [(&1, 3)]);
        assert_eq!(run(&mut pacing).len(), 3);
    }

    #[test]
    fn the_interval_counts_from_when_it_was_sent() {
        let mut pacing = Pacing::new([GAP], Instant::ZERO);
        pacing.add(0, 1, 2);
        let now = Instant::from_millis(5);
        assert_eq!(pacing.take(now), Some((0, 1)));
        assert_eq!(pacing.take(now), None);
        pacing.sent(0, Instant::from_millis(42));
        assert_eq!(pacing.due(), Some(Instant::from_millis(142)));
        pacing.forget(|what| *what == 1);
        assert_eq!(pacing.due(), None);
        // The pause lasts for what comes later.
        pacing.add(0, 2, 1);
        assert_eq!(pacing.due(), Some(Instant::from_millis(142)));
    }

    proptest! {
        #[test]
        fn never_closer_than_the_interval(
            steps in prop::collection::vec((0..4_u8, 0..3_u32, 0..200_u64, 0..50_u64), 1..60),
        ) {
            let mut pacing = Pacing::new([GAP], Instant::ZERO);
            let (mut now, mut last) = (Instant::ZERO, None);
            for (what, repeat, pause, takes) in steps {
                pacing.add(0, what, repeat);
                now += Duration::from_millis(pause);
                while let Some((lane, _)) = pacing.take(now) {
                    prop_assert!(last.is_none_or(|last| now >= last + GAP));
                    now += Duration::from_millis(takes);
                    pacing.sent(lane, now);
                    last = Some(now);
                }
            }
        }
    }
}
