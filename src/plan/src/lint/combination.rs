//! What a priority can become: every combination of what is tracked, good or bad.
//!
//! Invariants: exact up to [`MAX_TRACKERS`] weights an instance, and bounded; with more of them
//! nothing is claimed.

use std::collections::BTreeSet;

use super::view::{Router, Tracker};

/// Weights of one instance whose combinations are tried.
const MAX_TRACKERS: usize = 10;

/// Priorities that an instance can have, whatever it tracks is like; none when there are too many
/// combinations.
pub(super) fn priorities(router: &Router) -> Option<BTreeSet<u8>> {
    let sums = sums(router, None)?;
    Some(sums.into_iter().map(|change| router.with(change)).collect())
}

/// The pairs of priorities, higher and lower, between which this tracker decides; none when there
/// are too many combinations.
pub(super) fn steps(router: &Router, decides: &Tracker) -> Option<BTreeSet<(u8, u8)>> {
    let (good, bad) = (decides.good(), decides.bad());
    let steps = sums(router, Some(decides))?.into_iter().map(|others| {
        let (one, other) = (router.with(others + good), router.with(others + bad));
        (one.max(other), one.min(other))
    });
    Some(steps.collect())
}

/// Whether the step between two priorities is the one that lets another node take over, or keeps
/// it from doing so.
pub(super) fn crosses((higher, lower): (u8, u8), other: u8) -> bool {
    lower < other && other <= higher
}

fn sums(router: &Router, without: Option<&Tracker>) -> Option<BTreeSet<i32>> {
    if router.weighted().count() > MAX_TRACKERS {
        return None;
    }
    let is_other = |tracker: &&Tracker| without.is_none_or(|it| !core::ptr::eq(it, *tracker));
    let others = router.weighted().filter(is_other);
    Some(others.fold(BTreeSet::from([0]), |sums, tracker| {
        let both = |sum: &i32| [sum + tracker.good(), sum + tracker.bad()];
        sums.iter().flat_map(both).collect()
    }))
}
