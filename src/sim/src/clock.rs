//! A node's own clock: another epoch and another speed than the world's.

use base::Instant;

/// Local time = offset + world time × (1 + drift).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Local time at the world's epoch, in microseconds.
    pub offset: u64,
    /// Parts per million that the clock is fast (or, negative, slow); beyond -500,000 as that.
    pub drift_ppm: i32,
}

const MILLION: i128 = 1_000_000;

impl Clock {
    /// What this clock shows at world time `at`.
    #[must_use]
    pub fn local(self, at: Instant) -> Instant {
        let micros = i128::from(at.as_micros()) * self.rate() / MILLION;
        let micros = micros + i128::from(self.offset);
        Instant::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// The first world time at which this clock shows at least `local`.
    #[must_use]
    pub fn world(self, local: Instant) -> Instant {
        let micros = i128::from(local.as_micros()) - i128::from(self.offset);
        let ceiling = (micros.max(0) * MILLION + self.rate() - 1) / self.rate();
        Instant::from_micros(u64::try_from(ceiling).unwrap_or(u64::MAX))
    }

    fn rate(self) -> i128 {
        MILLION + i128::from(self.drift_ppm.max(-500_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_moment_is_the_first(
            offset in 0..10_000_000_u64,
            drift_ppm in -1000..1000_i32,
            local in 0..1_000_000_000_u64,
        ) {
            let clock = Clock { offset, drift_ppm };
            let local = Instant::from_micros(local);
            let at = clock.world(local);
            prop_assert!(clock.local(at) >= local);
            if at > Instant::ZERO {
                let before = Instant::from_micros(at.as_micros() - 1);
                prop_assert!(clock.local(before) < local);
            }
        }
    }
}
