//! How long to wait, in integer microseconds.

use core::time::Duration;

use base::Priority;

use crate::config::{Router, Version};

/// Skew_Time: (256 − priority) / 256 of a second in version 2 (RFC 3768 §6.1), of the master's
/// interval in version 3 (RFC 5798 §6.1). The higher the priority, the shorter.
#[must_use]
pub fn skew(version: Version, priority: Priority, master_interval: Duration) -> Duration {
    let whole = match version {
        Version::V2 => Duration::from_secs(1),
        Version::V3 => master_interval,
    };
    let parts = u64::from(256 - u16::from(priority.0));
    let micros = u64::try_from(whole.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(micros.saturating_mul(parts) / 256)
}

/// Master_Down_Interval: `down_timer_adverts` (3 in the RFCs) × the master's interval + skew.
#[must_use]
pub fn master_down(config: &Router, priority: Priority, master_interval: Duration) -> Duration {
    master_interval
        .saturating_mul(u32::from(config.down_timer_adverts))
        .saturating_add(skew(config.version, priority, master_interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skew_orders_backups() {
        let second = Duration::from_secs(1);
        let half = Duration::from_millis(500);
        assert_eq!(
            skew(Version::V2, Priority(100), half),
            Duration::from_micros(609_375)
        );
        assert_eq!(
            skew(Version::V3, Priority(100), half),
            Duration::from_micros(304_687)
        );
        for priority in 1..255 {
            for (version, interval) in [(Version::V2, second), (Version::V3, half)] {
                let lower = skew(version, Priority(priority), interval);
                let higher = skew(version, Priority(priority + 1), interval);
                assert!(higher < lower, "{version:?} {priority}");
            }
        }
    }
}
