//! How soon a dead child is started again.
//!
//! Invariants: pure; a child that lived a minute comes back at once, one that keeps dying waits
//! 0, 1, 2, 4 … 60 seconds, so a broken configuration cannot eat the machine.

use base::{Duration, Instant};

/// A life this long makes the next death a first one.
const LONG_LIFE: Duration = Duration::from_secs(60);
/// Longest wait.
const LONGEST: Duration = Duration::from_secs(60);

/// Deaths of one child so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    /// The wait before the next start, for a child that was `started` and died at `now`.
    pub(super) fn after_death(&mut self, started: Instant, now: Instant) -> Duration {
        if now.since(started) >= LONG_LIFE {
            self.next = Duration::ZERO;
        }
        let wait = self.next;
        self.next = if wait.is_zero() {
            Duration::from_secs(1)
        } else {
            (wait * 2).min(LONGEST)
        };
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute_and_a_long_life_forgives() {
        let mut backoff = Backoff::default();
        let started = Instant::from_millis(1_000);
        let young = started + Duration::from_secs(59);
        let waits: Vec<u64> = (0..9)
            .map(|_| backoff.after_death(started, young).as_secs())
            .collect();
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 32, 60, 60]);
        let old = started + Duration::from_secs(60);
        assert_eq!(backoff.after_death(started, old), Duration::ZERO);
        assert_eq!(backoff.after_death(started, young).as_secs(), 1);
    }
}
