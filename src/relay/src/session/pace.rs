//! Rate limits: how much one direction may receive now, and until when it sleeps.
//!
//! Invariant: after n whole seconds a direction has received at most n + 1 times its rate, plus one
//! datagram. As nginx does it: the allowance of a second comes at once, and every read is followed by
//! a pause as long as the rate says for its bytes.

use base::{Duration, Instant};

/// One direction's.
#[derive(Debug, Default)]
pub(super) struct Pace {
    received: u64,
    asleep: Option<Instant>,
}

impl Pace {
    /// Bytes that may be received now, `since` the connection stands; none while it sleeps.
    /// `rate` is in bytes per second, 0 for no limit.
    pub(super) fn allowance(&mut self, rate: u64, since: Instant, now: Instant) -> Option<u64> {
        if self.asleep.is_some() {
            return None;
        }
        if rate == 0 {
            return Some(u64::MAX);
        }
        let seconds = now.as_micros() / 1_000_000 - since.as_micros() / 1_000_000;
        let allowed = rate.saturating_mul(seconds.saturating_add(1));
        if allowed > self.received {
            return Some(allowed - self.received);
        }
        let excess = self.received - allowed;
        self.sleep(excess.saturating_mul(1000) / rate + 1, now);
        None
    }

    /// Counts received bytes.
    pub(super) fn count(&mut self, rate: u64, bytes: u64, now: Instant) {
        self.received = self.received.saturating_add(bytes);
        if let Some(pause) = bytes
            .saturating_mul(1000)
            .checked_div(rate)
            .filter(|p| *p > 0)
        {
            self.sleep(pause, now);
        }
    }

    fn sleep(&mut self, millis: u64, now: Instant) {
        self.asleep = Some(now + Duration::from_millis(millis));
    }

    /// Ends the sleep if it is over; false when there was none or it goes on.
    pub(super) fn wake(&mut self, now: Instant) -> bool {
        self.asleep.take_if(|until| now >= *until).is_some()
    }

    /// Until when it sleeps.
    pub(super) const fn asleep(&self) -> Option<Instant> {
        self.asleep
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_never_outruns_its_rate() {
        let at = Instant::from_millis;
        let (since, rate) = (at(10_900), 1000);
        let mut pace = Pace::default();
        let mut received = 0;
        for now in 10_900..20_000 {
            pace.wake(at(now));
            if let Some(allowed) = pace.allowance(rate, since, at(now)) {
                let bytes = allowed.min(300);
                pace.count(rate, bytes, at(now));
                received += bytes;
            }
            let seconds = now / 1000 - 10;
            assert!(
                received <= rate * (seconds + 1),
                "{received} after {now} ms"
            );
        }
        assert!(received >= 9000, "{received}: it starves");
    }

    #[test]
    fn no_limit_never_sleeps() {
        let mut pace = Pace::default();
        pace.count(0, 1 << 40, Instant::ZERO);
        assert_eq!(
            pace.allowance(0, Instant::ZERO, Instant::ZERO),
            Some(u64::MAX)
        );
        assert_eq!(pace.asleep(), None);
    }

    #[test]
    fn a_large_datagram_is_paid_for() {
        let at = Instant::from_millis;
        let mut pace = Pace::default();
        pace.count(500, 1000, at(0));
        assert_eq!(pace.asleep(), Some(at(2000)));
        assert!(!pace.wake(at(1999)));
        assert!(pace.wake(at(2000)));
        assert_eq!(pace.allowance(500, at(0), at(2000)), Some(500));
    }
}
