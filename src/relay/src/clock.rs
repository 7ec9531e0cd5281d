//! The clocks of one thread, read once per turn of its loop, as nginx's cached time.

use base::Instant;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use nix::time::{ClockId, clock_gettime};
use stream::template::ClockText;

/// Monotonic and civil time, as of the last [`Clock::read`].
#[derive(Debug)]
pub struct Clock {
    now: Instant,
    text: ClockText,
    /// The second that the cached texts show.
    second: Option<i64>,
    zone: TimeZone,
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock {
    /// A clock in the host's time zone, read once.
    #[must_use]
    pub fn new() -> Self {
        let mut clock = Self {
            now: Instant::ZERO,
            text: ClockText::default(),
            second: None,
            zone: sys::clock::zone(),
        };
        clock.read();
        clock
    }

    /// Reads the monotonic clock.
    pub fn read(&mut self) -> Instant {
        // The call fails only for a clock that the kernel does not know.
        if let Ok(time) = clock_gettime(ClockId::CLOCK_MONOTONIC) {
            let micros = time.tv_sec() * 1_000_000 + time.tv_nsec() / 1000;
            self.now = Instant::from_micros(u64::try_from(micros).unwrap_or(0));
        }
        self.now
    }

    /// Monotonic time of the last reading.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Civil time. Reads the system's clock; the texts are rebuilt once a second.
    pub fn text(&mut self) -> &ClockText {
        let now = Timestamp::now();
        self.text.epoch_ms = u64::try_from(now.as_millisecond()).unwrap_or(0);
        if self.second != Some(now.as_second()) {
            self.second = Some(now.as_second());
            self.rebuild(&now.to_zoned(self.zone.clone()));
        }
        &self.text
    }

    fn rebuild(&mut self, now: &Zoned) {
        self.text.iso8601 = now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        self.text.local = now.strftime("%d/%b/%Y:%H:%M:%S %z").to_string();
        self.text.error = now.strftime("%Y/%m/%d %H:%M:%S").to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_forms_of_nginx() {
        let mut clock = Clock::new();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let then = Timestamp::from_second(1_795_259_080)
            .expect("in range")
            .to_zoned(zone);
        clock.rebuild(&then);
        assert_eq!(clock.text.iso8601, "2026-11-21T13:04:40+02:00");
        assert_eq!(clock.text.local, "21/Nov/2026:13:04:40 +0200");
        assert_eq!(clock.text.error, "2026/11/21 13:04:40");
    }

    #[test]
    fn monotonic_time_does_not_go_back() {
        let mut clock = Clock::new();
        let before = clock.now();
        assert!(clock.read() >= before);
    }
}
