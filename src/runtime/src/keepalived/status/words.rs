//! Durations, points in time and events in words.
//!
//! Invariant: pure; a duration is shown as precisely as it matters, an old one roughly.

use core::net::IpAddr;
use core::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vrrp::effect::Event;

use crate::keepalived::phrases;

/// "0.412 s", "12 s", "3 min 4 s", "4 h 2 min", "3 d 4 h".
pub(super) fn span(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let two = |whole: u64, unit, rest: u64, smaller| match rest {
        0 => format!("{whole} {unit}"),
        rest => format!("{whole} {unit} {rest} {smaller}"),
    };
    match seconds {
        0..10 => format!("{seconds}.{:03} s", milliseconds % 1000),
        10..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// The same of a duration.
pub(super) fn time(duration: Duration) -> String {
    span(millis(duration))
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

/// Why somebody does not take over.
fn held(waited: Duration) -> String {
    format!(
        "nobody else advertised within {}, but another member of the sync group is not ready to \
         become MASTER",
        time(waited)
    )
}

/// Why a router no longer waits for its sync group alone.
fn heard_again(source: IpAddr) -> String {
    format!("{source} advertises again; the sync group was not ready before")
}

/// When somebody takes over who waits for `skew`.
fn after(skew: Duration) -> String {
    match skew.is_zero() {
        true => "at once, as nobody else can".to_owned(),
        false => format!("in {}", time(skew)),
    }
}

/// What happened.
pub(super) fn happened(event: &Event) -> String {
    match event {
        Event::Transition {
            from, to, cause, ..
        } => format!("{from} -> {to}: {cause}"),
        Event::PriorityChanged {
            from,
            to,
            tracker,
            good,
            ..
        } => {
            let now = if *good { "is good" } else { "is bad" };
            format!("priority {from} -> {to}: {tracker} {now}")
        }
        Event::PacketRefused { source, reason, .. } => {
            format!("refused an advert: {}", phrases::refusal(reason, *source))
        }
        Event::LowerPriorityHeard {
            source, priority, ..
        } => {
            format!("{source} advertised with the lower priority {priority}")
        }
        Event::LowerPriorityDiscarded { source, theirs, .. } => {
            format!("ignored the lower priority {theirs} of {source}, to take over from it")
        }
        Event::MasterLowered {
            source,
            from,
            to,
            skew,
            ..
        } => format!(
            "{source} lowered its priority from {from} to {to}; taking over in {}",
            time(*skew)
        ),
        Event::MasterReleasing { source, skew, .. } => format!(
            "{source} gave up the addresses; taking over {}",
            after(*skew)
        ),
        Event::HeldByGroup { waited, .. } => held(*waited),
        Event::NoLongerHeld { source, .. } => heard_again(*source),
        Event::ReleaseHeard { source, .. } => format!("{source} gave up being a second master"),
        Event::PreemptDelayStarted {
            source,
            priority,
            delay,
            ..
        } => format!(
            "preempt_delay of {} began: {source} is master with the lower priority {priority}",
            time(*delay)
        ),
        Event::PreemptDelayStopped { .. } => {
            "preempt_delay ended early: the master is no longer lower".to_owned()
        }
        Event::MasterIntervalChanged { from, to, .. } => format!(
            "the master advertises every {}, no longer every {}",
            time(*to),
            time(*from)
        ),
        Event::OwnAdvertHeard { source, .. } => {
            format!("heard an advert with our own address {source} and priority")
        }
        Event::DuplicateOwner { source, .. } => {
            format!("{source} says that it owns the addresses, too (priority 255)")
        }
        Event::Succeeded {
            source, priority, ..
        } => format!("{source} takes over with priority {priority}"),
        Event::OldChecksums { source, .. } => {
            format!("{source} sums in the old way (before 1.3.6), so do we from now on")
        }
        Event::Released { .. } => "gave up the addresses (priority 0 sent)".to_owned(),
        // Not about one router.
        Event::UnknownVrid { .. }
        | Event::ScriptVerdict { .. }
        | Event::ObjectVerdict { .. }
        | Event::ScriptStillRunning { .. }
        | Event::GroupFollows { .. }
        | Event::GroupTransition { .. }
        | Event::Stopped => String::new(),
    }
}
