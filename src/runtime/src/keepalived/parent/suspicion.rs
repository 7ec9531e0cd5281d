//! Whether a process that is late hangs, or only waits for its turn.
//!
//! On a busy machine a process that is well may get no processor for longer than its adverts can
//! wait; killing it then makes things worse, as its successor needs even more of what is scarce.
//!
//! Invariants: pure; one suspicion is about one process, and ends when that is no longer late.

use base::{Duration, Instant};
use sys::doing::{Doing, State};

/// Processor time that one who is late may use up before that counts as running in circles.
const BUSY: Duration = Duration::from_millis(250);
/// Longest wait for one that gets no processor, or not out of a system call.
const LONGEST: Duration = Duration::from_secs(10);
/// How soon to look again.
const AGAIN: Duration = Duration::from_millis(20);

/// A process was found late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Suspicion {
    since: Instant,
    /// Processor time used by then.
    used: Duration,
}

/// What to do about a process that is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Hangs,
    /// Look again at that time.
    Waits(Instant),
}

impl Suspicion {
    /// The first look.
    pub(super) const fn new(now: Instant, doing: &Doing) -> Self {
        Self {
            since: now,
            used: doing.used,
        }
    }

    /// `busy` where it was given much to do.
    pub(super) fn judge(&self, now: Instant, doing: &Doing, busy: bool) -> Verdict {
        let circles = !busy && doing.used.saturating_sub(self.used) >= BUSY;
        let hangs = match doing.state {
            // Its own timer should have woken it.
            State::Other => true,
            State::Runnable => circles,
            State::Uninterruptible => false,
        };
        if hangs || now.since(self.since) >= LONGEST {
            return Verdict::Hangs;
        }
        Verdict::Waits(now + AGAIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::ZERO + Duration::from_millis(millis)
    }

    fn doing(state: State, used: u64) -> Doing {
        let used = Duration::from_millis(used);
        Doing { state, used }
    }

    #[test]
    fn who_sleeps_or_is_stopped_hangs() {
        let late = doing(State::Other, 70);
        let verdict = Suspicion::new(at(5), &late).judge(at(5), &late, true);
        assert_eq!(verdict, Verdict::Hangs);
    }

    #[test]
    fn who_wants_a_processor_is_waited_for() {
        use State::{Runnable, Uninterruptible};
        let suspicion = Suspicion::new(at(0), &doing(Runnable, 1000));
        for (millis, state, used, busy, hangs) in [
            (0, Runnable, 1000, false, false),
            (300, Runnable, 1010, false, false),
            (300, Runnable, 1240, false, false),
            (300, Runnable, 1250, false, true),
            (300, Runnable, 1250, true, false),
            (9_990, Runnable, 1240, false, false),
            (9_990, Runnable, 9990, true, false),
            (10_000, Runnable, 1000, false, true),
            (10_000, Runnable, 9990, true, true),
            (9_990, Uninterruptible, 2000, false, false),
            (10_000, Uninterruptible, 1000, false, true),
        ] {
            let verdict = suspicion.judge(at(millis), &doing(state, used), busy);
            let expected = match hangs {
                true => Verdict::Hangs,
                false => Verdict::Waits(at(millis + 20)),
            };
            assert_eq!(verdict, expected, "{millis} {state:?} {used} {busy}");
        }
    }
}
