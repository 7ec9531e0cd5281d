//! The two clocks of a daemon. Engines get the first as data; logs read the second.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use base::{Duration, Instant};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use nix::time::{ClockId, clock_gettime};

/// Where the host says what its time zone is (localtime(5)).
const LOCAL_TIME: &str = "/etc/localtime";
/// How soon a host that was put into another time zone is believed.
const LOOK_AGAIN: Duration = Duration::from_secs(300);

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

/// Wall-clock time where this host is.
#[must_use]
pub fn civil() -> Zoned {
    Timestamp::now().to_zoned(zone())
}

/// The time zone of this process: `TZ`, else what `/etc/localtime` holds, else UTC. A host that is
/// put into another one is followed within five minutes.
///
/// That file alone is read: to know what the zone is called, all that the host knows would be listed,
/// and the list be kept.
#[must_use]
pub fn zone() -> TimeZone {
    static KNOWN: Mutex<Option<(Instant, TimeZone)>> = Mutex::new(None);
    if std::env::var_os("TZ").is_some_and(|name| !name.is_empty()) {
        return TimeZone::system();
    }
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let now = now();
    match &*known {
        Some((read, zone)) if now.since(*read) < LOOK_AGAIN => zone.clone(),
        _ => known
            .insert((now, zone_of(Path::new(LOCAL_TIME))))
            .1
            .clone(),
    }
}

fn zone_of(path: &Path) -> TimeZone {
    let zone = std::fs::read(path)
        .ok()
        .and_then(|bytes| TimeZone::tzif("", &bytes).ok());
    zone.unwrap_or(TimeZone::UTC)
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
    use super::*;

    #[test]
    fn the_zone_is_what_its_file_says() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("localtime");
        assert_eq!(zone_of(&path), TimeZone::UTC, "there is no such file");
        std::fs::write(&path, "no zone").expect("written");
        assert_eq!(zone_of(&path), TimeZone::UTC, "nothing that is understood");
        // Version 1 of RFC 9636 with no transition, one type (7200 s, "EET") and no leap second.
        let mut file = b"TZif".to_vec();
        file.extend([0; 16]);
        for count in [0_u32, 0, 0, 0, 1, 4] {
            file.extend(count.to_be_bytes());
        }
        file.extend(7200_i32.to_be_bytes());
        file.extend([0, 0]);
        file.extend(b"EET\0");
        std::fs::write(&path, file).expect("written");
        let noon = jiff::civil::date(2026, 11, 22).at(12, 0, 0, 0);
        let there = noon.to_zoned(zone_of(&path)).expect("in range");
        assert_eq!(there.strftime("%H:%M %z %Z").to_string(), "12:00 +0200 EET");
    }

    #[test]
    fn civil_time_is_the_systems() {
        let told = civil().timestamp().as_second();
        let wall = i64::try_from(wall().as_secs()).expect("in range");
        assert!((told - wall).abs() <= 1, "{told} and {wall}");
    }

    #[test]
    fn monotonic_does_not_go_back() {
        let first = super::now();
        assert!(super::now() >= first);
        assert!(first > base::Instant::ZERO);
    }
}
