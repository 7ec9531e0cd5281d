//! Intervals (RFC 5880 §6.8.2 to §6.8.4, §6.8.7), in microseconds as on the wire.
//!
//! Invariants: a smaller interval that would make the neighbour declare us gone, or us the
//! neighbour, is in force only when the neighbour has confirmed that it knows.

use core::time::Duration;

use base::Rng;

/// An interval as it was told to the neighbour, and as it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// In our packets.
    pub(crate) said: u32,
    /// What timers use.
    pub(crate) in_force: u32,
}

impl Rate {
    /// Both alike.
    pub(crate) const fn new(micros: u32) -> Self {
        Self {
            said: micros,
            in_force: micros,
        }
    }

    /// Says something else; true when it is news. What a poll has to confirm first counts later.
    pub(crate) const fn say(&mut self, micros: u32, needs_poll: bool) -> bool {
        let news = self.said != micros;
        self.said = micros;
        if !needs_poll {
            self.in_force = micros;
        }
        news
    }

    /// The neighbour knows.
    pub(crate) const fn confirm(&mut self) {
        self.in_force = self.said;
    }
}

/// The share of an interval that passes until the next packet, in thousandths: 75 to 100 percent,
/// at most 90 where a single lost packet ends the session (§6.8.7).
pub(crate) const fn jitter(rng: &mut Rng, multiplier: u8) -> u32 {
    let room = if multiplier == 1 { 151 } else { 251 };
    // Below 251.
    750 + rng.below(room) as u32
}

/// `thousandths` of an interval, at least a microsecond so that time goes on.
pub(crate) fn share(micros: u32, thousandths: u32) -> Duration {
    let part = u64::from(micros) * u64::from(thousandths) / 1000;
    Duration::from_micros(part.max(1))
}

/// As on the wire; what does not fit is the largest.
pub(crate) fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_in_its_range_and_uses_it() {
        let mut rng = Rng::new(1);
        for (multiplier, most) in [(1, 900), (3, 1000)] {
            let drawn: Vec<u32> = (0..10_000).map(|_| jitter(&mut rng, multiplier)).collect();
            assert_eq!(drawn.iter().min(), Some(&750));
            assert_eq!(drawn.iter().max(), Some(&most));
        }
    }

    #[test]
    fn shares() {
        assert_eq!(share(10_000, 750), Duration::from_micros(7_500));
        assert_eq!(
            share(u32::MAX, 1000),
            Duration::from_micros(u32::MAX.into())
        );
        assert_eq!(share(0, 750), Duration::from_micros(1));
    }
}
