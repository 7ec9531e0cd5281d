//! The two clocks of a daemon. Engines get the first as data; logs read the second.

use std::time::{SystemTime, UNIX_EPOCH};

use base::Instant;
use nix::time::{ClockId, clock_gettime};

/// Monotonic time. Comparable between processes of one boot, which is why the parent can act on
/// deadlines that a child published.
#[must_use]
pub fn now() -> Instant {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC)
        .map(std::time::Duration::from)
        .unwrap_or_default();
    Instant::ZERO + time
}

/// Wall-clock time since 1970, zero if the clock is before that.
#[must_use]
pub fn wall() -> std::time::Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Identity of this boot (`/proc/sys/kernel/random/boot_id`), empty where unreadable.
#[must_use]
pub fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|id| id.trim().to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn monotonic_does_not_go_back() {
        let first = super::now();
        assert!(super::now() >= first);
        assert!(first > base::Instant::ZERO);
    }
}
