//! Intervals, preemption and announcements: settings that change each other.
//!
//! Invariants: durations in a plan are what the protocol version can express.

use core::time::Duration;

use base::Priority;
use grammar::ast::vrrp::{self as ast, Defaults, InitialState, Instance};
use grammar::{Diagnostic, Span};
use vrrp::config::{Garp, Version};

/// Longest interval of version 3: twelve bits of centiseconds (RFC 5798 §5.2.7).
const MAX_V3: Duration = Duration::from_millis(40_950);

const CENTISECOND: Duration = Duration::from_millis(10);

/// What remains of `nopreempt` and `preempt_delay`.
pub(crate) struct Election {
    pub(crate) preempt: bool,
    pub(crate) preempt_delay: Duration,
    pub(crate) timer_expired_backup: Option<Priority>,
}

/// `state MASTER`, priority 255 and `nopreempt` clear each other as in the original; a test
/// run fails with each of them.
pub(crate) fn election(
    problems: &mut Vec<Diagnostic>,
    instance: &Instance,
    priority: Priority,
    strict: Option<Span>,
) -> Election {
    let name = &instance.name;
    let master = instance
        .state
        .is_some_and(|state| state.value == InitialState::Master);
    // Strict mode corrects the state.
    let master = match strict {
        Some(_) => priority.is_owner(),
        None => master || (instance.state.is_none() && priority.is_owner()),
    };
    let mut preempt = true;
    let mut preempt_delay = Duration::ZERO;
    if let Some(written) = instance.preempt.filter(|preempt| !preempt.value) {
        let message = if priority.is_owner() {
            format!("({name}) nopreempt is incompatible with priority 255. resetting nopreempt")
        } else if master {
            format!(
                "({name}) Warning - nopreempt will not work with initial state MASTER - clearing"
            )
        } else {
            preempt = false;
            String::new()
        };
        if !message.is_empty() {
            let problem = Diagnostic::error("nopreempt-cleared", message).at(written.span);
            problems.push(problem.help("use `state BACKUP` on every node to keep nopreempt"));
        }
    }
    if let Some(delay) = instance.preempt_delay.filter(|delay| !delay.is_zero()) {
        let why = if master {
            Some("Warning - preempt delay will not work with initial state MASTER - clearing")
        } else if strict.is_some() {
            Some("preempt_delay is incompatible with strict mode - resetting")
        } else if preempt {
            None
        } else {
            Some("preempt_delay is incompatible with nopreempt mode - resetting")
        };
        match why {
            Some(why) => {
                let message = format!("({name}) {why}");
                let problem = Diagnostic::error("preempt-delay-cleared", message).at(delay.span);
                problems.push(match strict.filter(|_| !master) {
                    Some(strict) => problem.label(strict, "strict mode is turned on here"),
                    None => problem,
                });
            }
            None => preempt_delay = delay.value,
        }
    }
    if let Some(raised) = instance.timer_expired_backup.filter(|_| preempt) {
        let message = format!("({name}) expired_timer_backup requires nopreempt - resetting");
        let problem = Diagnostic::error("unused-option", message).at(raised.span);
        problems.push(problem.help("add `nopreempt`, or remove timer_expired_backup"));
    }
    Election {
        preempt,
        preempt_delay,
        timer_expired_backup: instance
            .timer_expired_backup
            .filter(|_| !preempt)
            .map(|priority| priority.value),
    }
}

/// `advert_int` as the version can express it: whole seconds, or centiseconds up to 40.95 s.
pub(crate) fn advert_interval(
    problems: &mut Vec<Diagnostic>,
    instance: &Instance,
    version: Version,
) -> Duration {
    let Some(written) = instance.advert_int else {
        return Duration::from_secs(1);
    };
    let name = &instance.name;
    let interval = written.value;
    let seconds = format!("{}.{:06}", interval.as_secs(), interval.subsec_micros());
    let (possible, message) = match version {
        Version::V2 => (
            round(interval, Duration::from_secs(1)),
            format!(
                "({name}) VRRPv2 advertisement interval {seconds}s must be an integer. rounding"
            ),
        ),
        Version::V3 if interval >= MAX_V3 + CENTISECOND => (
            MAX_V3,
            format!(
                "({name}) VRRPv3 advertisement interval {}.{:02}s is out of range. Must be less \
                 than 40.96s. Setting to 40.95s",
                interval.as_secs(),
                interval.subsec_millis() / 10
            ),
        ),
        Version::V3 => (
            round(interval, CENTISECOND).min(MAX_V3),
            format!(
                "({name}) VRRPv3 advertisement interval {seconds}s must be in units of 10ms - \
                 rounding"
            ),
        ),
    };
    if possible != interval {
        let help = format!(
            "write `advert_int {}`, on every node",
            possible.as_secs_f64()
        );
        let problem = Diagnostic::error("advert-int-rounded", message).at(written.span);
        problems.push(problem.help(help));
    }
    possible
}

/// To the nearest multiple, halves up, never to zero.
fn round(time: Duration, unit: Duration) -> Duration {
    let (time, unit) = (time.as_micros(), unit.as_micros());
    let multiple = ((time + unit / 2) / unit).max(1) * unit;
    Duration::from_micros(u64::try_from(multiple).unwrap_or(u64::MAX))
}

/// The instance's announcements over the defaults over what is built in.
pub(crate) fn garp(own: &ast::Garp, defaults: &Defaults) -> Garp {
    let global = &defaults.garp;
    let least = defaults.min_garp == Some(true);
    let built_in = |usual: u32| if least { 1 } else { usual };
    let count = |a: &Option<grammar::ast::Spanned<u32>>, b: &Option<_>, built_in: u32| {
        a.or(*b).map_or(built_in, |count| count.value)
    };
    let time = |a: &Option<grammar::ast::Spanned<Duration>>, b: &Option<_>, built_in: Duration| {
        a.or(*b).map_or(built_in, |time| time.value)
    };
    let usual_delay = Duration::from_secs(if least { 0 } else { 5 });
    // What an instance says of its mastership is not for lower priorities (seen: 2.2.7).
    let of_all = (
        time(&None, &global.delay, usual_delay),
        count(&None, &global.repeat, built_in(5)),
    );
    Garp {
        repeat: count(&own.repeat, &None, of_all.1),
        delay: time(&own.delay, &None, of_all.0),
        refresh: time(&own.refresh, &global.refresh, Duration::ZERO),
        refresh_repeat: count(&own.refresh_repeat, &global.refresh_repeat, 1),
        lower_prio_repeat: count(&own.lower_prio_repeat, &global.lower_prio_repeat, of_all.1),
        lower_prio_delay: time(&own.lower_prio_delay, &global.lower_prio_delay, of_all.0),
        extra: Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_to_the_nearest_and_never_zero() {
        let second = Duration::from_secs(1);
        assert_eq!(
            round(Duration::from_millis(1500), second),
            Duration::from_secs(2)
        );
        assert_eq!(round(Duration::from_millis(1499), second), second);
        assert_eq!(round(Duration::from_millis(10), second), second);
        let centisecond = Duration::from_millis(10);
        assert_eq!(
            round(Duration::from_millis(333), centisecond),
            Duration::from_millis(330)
        );
    }
}
