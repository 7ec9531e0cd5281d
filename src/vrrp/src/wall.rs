//! The time of day, as far as it was told.
//!
//! Invariant: between two tellings it goes on as fast as the engine's own time.

use core::time::Duration;

use base::Instant;

/// The time of day at a moment; counted from 1970, UTC.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wall {
    at: Instant,
    said: Duration,
}

impl Wall {
    pub(crate) const fn new(at: Instant, said: Duration) -> Self {
        Self { at, said }
    }

    pub(crate) fn at(&self, now: Instant) -> Duration {
        self.said + now.since(self.at)
    }
}
