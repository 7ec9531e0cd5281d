//! When checks run: the settings that services, servers and checkers share.

use core::ops::RangeInclusive;
use core::time::Duration;

use crate::ast::leaf::Spanned;
use crate::ast::lvs::{Attempts, RealServer, Schedule, Service};
use crate::keepalived::tables::SWITCH;
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Problem};

/// Who says when checks run; a checker outranks its server, that one its service.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Service,
    Server,
    Checker,
}

/// What has a schedule.
pub(super) trait Scheduled: 'static {
    const LEVEL: Level;

    fn schedule(&mut self) -> &mut Schedule;
}

/// What hands its connection limit on to its checkers.
pub(super) trait Limiting: Scheduled {
    fn connect_timeout(&mut self) -> &mut Option<Spanned<Duration>>;
}

/// What runs by itself.
pub(super) trait Checker: 'static {
    fn attempts(&mut self) -> &mut Attempts;
}

impl<T: Checker> Scheduled for T {
    const LEVEL: Level = Level::Checker;

    fn schedule(&mut self) -> &mut Schedule {
        &mut self.attempts().schedule
    }
}

impl Scheduled for Service {
    const LEVEL: Level = Level::Service;

    fn schedule(&mut self) -> &mut Schedule {
        &mut self.schedule
    }
}

impl Scheduled for RealServer {
    const LEVEL: Level = Level::Server;

    fn schedule(&mut self) -> &mut Schedule {
        &mut self.schedule
    }
}

impl Limiting for Service {
    fn connect_timeout(&mut self) -> &mut Option<Spanned<Duration>> {
        &mut self.connect_timeout
    }
}

impl Limiting for RealServer {
    fn connect_timeout(&mut self) -> &mut Option<Spanned<Duration>> {
        &mut self.connect_timeout
    }
}

const ONE: (usize, Option<usize>) = (1, Some(1));

/// Longest wait in microseconds: what 32 bits of seconds hold.
const MAX_DELAY: u64 = 4_294_967_295_000_000;
/// Longest connection limit in microseconds: 32 bits of them.
pub(super) const MAX_TIMEOUT: u64 = 4_294_967_295;

/// The rows of a service and a server, whose values their checkers inherit.
pub(super) const fn inherited<T: Limiting>() -> [Keyword<T>; 5] {
    [
        Keyword::set(
            "retry",
            "<N>",
            ONE,
            retry,
            "How often a failed check is repeated before the server counts as down.",
        )
        .default("1 (DNS 3, MISC 0)")
        .samples(&["3", "1"], &["0", "x", "-1", "4294967296"]),
        Keyword::set(
            "delay_before_retry",
            "<SECS>",
            ONE,
            delay_before_retry,
            "How long to wait before a failed check is repeated.",
        )
        .default("1 (HTTP 3)")
        .samples(&["2", "0.5", "0"], &["x", "-1", "1s"]),
        Keyword::set(
            "warmup",
            "<SECS>",
            ONE,
            warmup,
            "Checks start after a random part of this time, so that they do not all start at once.",
        )
        .default("delay_loop")
        .since("1.2.13")
        .samples(&["5", "0.5", "0"], &["x", "-1"]),
        Keyword::set(
            "delay_loop",
            "<SECS>",
            ONE,
            delay_loop,
            "Time from one check of a server to the next.",
        )
        .default("60")
        .samples(&["6", "0.5"], &["0", "x", "-1"]),
        Keyword::set(
            "connect_timeout",
            "<SECS>",
            ONE,
            connect_timeout,
            "How long a check waits for a connection.",
        )
        .default("5")
        .samples(&["3", "0.2"], &["0", "x", "-1", "4295"]),
    ]
}

/// The rows of a checker.
pub(super) const fn own<T: Checker>() -> [Keyword<T>; 6] {
    const INHERITED: &str = "inherited";
    [
        Keyword::set(
            "retry",
            "<N>",
            ONE,
            retry,
            "How often this check is repeated before it counts as failed.",
        )
        .default(INHERITED)
        .samples(&["3", "0"], &["x", "-1", "4294967296"]),
        Keyword::set(
            "delay_before_retry",
            "<SECS>",
            ONE,
            delay_before_retry,
            "How long to wait before this check is repeated.",
        )
        .default(INHERITED)
        .samples(&["2", "0.5", "0"], &["x", "-1", "1s"]),
        Keyword::set(
            "warmup",
            "<SECS>",
            ONE,
            warmup,
            "This check starts after a random part of this time.",
        )
        .default(INHERITED)
        .since("1.2.13")
        .samples(&["5", "0.5", "0"], &["x", "-1"]),
        Keyword::set(
            "delay_loop",
            "<SECS>",
            ONE,
            delay_loop,
            "Time from one run of this check to the next.",
        )
        .default(INHERITED)
        .samples(&["6", "0.5"], &["0", "x", "-1"]),
        Keyword::set(
            "alpha",
            SWITCH,
            (0, Some(1)),
            alpha,
            "The server counts as down until this check has succeeded once.",
        )
        .default(INHERITED)
        .samples(&["", "on", "off"], &["maybe"]),
        Keyword::set(
            "log_all_failures",
            SWITCH,
            (0, Some(1)),
            log_all_failures,
            "Log every failed attempt, not only the one that makes the check fail.",
        )
        .default("global")
        .since("2.0.11")
        .accepted("not acted on yet: only changes are logged")
        .samples(&["", "on", "off"], &["maybe"]),
    ]
}

type Set = Result<(), Problem>;

fn retry<T: Scheduled>(target: &mut T, args: &Args<'_>) -> Set {
    let invalid = |word: &str| match T::LEVEL {
        Level::Service | Level::Server => format!("retry value invalid - {word}"),
        Level::Checker => format!("Invalid retry connection value '{word}'"),
    };
    let least = u32::from(T::LEVEL != Level::Checker);
    target.schedule().retry = Some(value::integer(args, 0, least..=u32::MAX, invalid)?);
    Ok(())
}

fn delay_before_retry<T: Scheduled>(target: &mut T, args: &Args<'_>) -> Set {
    let delay = time::<T>(args, 0..=MAX_DELAY)?;
    target.schedule().delay_before_retry = Some(delay);
    Ok(())
}

fn warmup<T: Scheduled>(target: &mut T, args: &Args<'_>) -> Set {
    target.schedule().warmup = Some(time::<T>(args, 0..=MAX_DELAY)?);
    Ok(())
}

fn delay_loop<T: Scheduled>(target: &mut T, args: &Args<'_>) -> Set {
    target.schedule().delay_loop = Some(time::<T>(args, 1..=MAX_DELAY)?);
    Ok(())
}

fn connect_timeout<T: Limiting>(target: &mut T, args: &Args<'_>) -> Set {
    *target.connect_timeout() = Some(time::<T>(args, 1..=MAX_TIMEOUT)?);
    Ok(())
}

/// `alpha` of a server or checker; a service's has no value.
pub(super) fn alpha<T: Scheduled>(target: &mut T, args: &Args<'_>) -> Set {
    target.schedule().alpha = Some(value::switch_worded(args, |word| {
        format!("Invalid alpha parameter {word}")
    })?);
    Ok(())
}

fn log_all_failures<T: Checker>(target: &mut T, args: &Args<'_>) -> Set {
    target.attempts().log_all_failures = Some(value::switch_worded(args, |word| {
        format!("Invalid log_all_failures parameter {word}")
    })?);
    Ok(())
}

fn time<T: Scheduled>(
    args: &Args<'_>,
    range: RangeInclusive<u64>,
) -> Result<Spanned<Duration>, Problem> {
    let name = args.name.text.as_str();
    value::seconds(args, 0, range, |word| match (T::LEVEL, name) {
        (Level::Service, "connect_timeout") => {
            format!("virtual server connect_timeout {word} invalid - ignoring")
        }
        (Level::Server, "connect_timeout") => {
            format!("real server connect_timeout {word} invalid - ignoring")
        }
        (Level::Service, name) => {
            let name = name.replace('_', " ");
            format!("virtual server {name} '{word}' invalid - ignoring")
        }
        (Level::Server, name) => format!("real server {name} '{word}' invalid - ignoring"),
        (Level::Checker, "delay_loop") => format!("delay_loop '{word}' is invalid - ignoring"),
        (Level::Checker, name) => format!("Invalid {name} connection value '{word}'"),
    })
}
