//! Durations and points in time in words, and what happened to a router.
//!
//! Invariant: pure; a duration is shown as precisely as it matters, an old one roughly.

use core::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vrrp::{Config, Event};

use crate::keepalived::phrases;

/// Milliseconds in words.
pub(super) fn span(milliseconds: u64) -> String {
    base::span(Duration::from_millis(milliseconds))
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// "2026-11-22 03:01:22" in `zone`, as logs have it.
pub(super) fn moment(unix_ms: u64, zone: &TimeZone) -> String {
    let stamp = i64::try_from(unix_ms)
        .ok()
        .and_then(|at| Timestamp::from_millisecond(at).ok());
    let zoned = stamp.map(|stamp| stamp.to_zoned(zone.clone()));
    zoned.map_or_else(
        || "an unknown time".to_owned(),
        |zoned| zoned.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// What happened to a router; a refused advert is told of as the log does.
pub(super) fn happened(event: &Event, config: &Config) -> String {
    match event {
        Event::PacketRefused { source, reason, .. } => {
            format!("refused an advert: {}", phrases::refusal(reason, *source))
        }
        event => event.words(config),
    }
}
