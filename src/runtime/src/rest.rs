//! When a process gives back the memory that only its last deed needed.
//!
//! Invariants: never in the middle of something; what happens again and again finds its memory as it
//! left it.

use base::{Duration, Instant};

/// How long nothing may have happened. Longer than the usual `garp_master_delay`, so that the second
/// announcement of addresses belongs to the first.
const QUIET: Duration = Duration::from_secs(7);

/// The next time to do so.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    due: Option<Instant>,
}

impl Rest {
    /// Something has happened that is no routine: a start, a reload, another master.
    pub(crate) fn disturb(&mut self, now: Instant) {
        self.due = Some(now + QUIET);
    }

    /// When to ask.
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Whether it has been quiet for long enough; once after each disturbance.
    pub(crate) fn begins(&mut self, now: Instant) -> bool {
        self.due.take_if(|due| *due <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rest_begins_once_after_the_last_disturbance() {
        let at = Instant::from_millis;
        let mut rest = Rest::default();
        assert_eq!(rest.deadline(), None);
        assert!(!rest.begins(at(100_000)));
        rest.disturb(at(1000));
        rest.disturb(at(3000));
        assert_eq!(rest.deadline(), Some(at(10_000)));
        assert!(!rest.begins(at(9999)));
        assert!(rest.begins(at(10_000)));
        assert!(!rest.begins(at(20_000)));
    }
}
