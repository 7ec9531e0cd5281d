//! When checks run: the settings that services, servers and checkers share.

use core::time::Duration;

use crate::ast::leaf::Spanned;
use crate::ast::lvs::{RealServer, Schedule, Service, TcpCheck};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Problem};

/// What has a schedule.
pub(super) trait Scheduled: 'static {
    fn schedule(&mut self) -> &mut Schedule;
}

impl Scheduled for Service {
    fn schedule(&mut self) -> &mut Schedule {
        &mut self.schedule
    }
}

impl Scheduled for RealServer {
    fn schedule(&mut self) -> &mut Schedule {
        &mut self.schedule
    }
}

impl Scheduled for TcpCheck {
    fn schedule(&mut self) -> &mut Schedule {
        &mut self.schedule
    }
}

/// The rows.
pub(super) const fn rows<T: Scheduled>() -> [Keyword<T>; 6] {
    const ONE: (usize, Option<usize>) = (1, Some(1));
    [
        Keyword::set(
            "retry",
            "<N>",
            ONE,
            retry,
            "Further attempts before failing.",
        )
        .default("1")
        .since("1.3.6"),
        Keyword::set(
            "delay_before_retry",
            "<SECS>",
            ONE,
            delay_before_retry,
            "Gap between attempts.",
        )
        .default("1"),
        Keyword::set(
            "warmup",
            "<SECS>",
            ONE,
            warmup,
            "Random start delay upper bound.",
        )
        .default("delay_loop"),
        Keyword::set(
            "delay_loop",
            "<SECS>",
            ONE,
            delay_loop,
            "Gap between checks.",
        )
        .default("60"),
        Keyword::set(
            "connect_timeout",
            "<SECS>",
            ONE,
            connect_timeout,
            "Connection limit.",
        )
        .default("5"),
        Keyword::set(
            "alpha",
            "[true|on|yes|false|off|no]",
            (0, Some(1)),
            alpha,
            "Start failed.",
        )
        .default("off"),
    ]
}

type Set = Result<(), Problem>;

fn retry<T: Scheduled>(target: &mut T, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid retry value '{word}'");
    target.schedule().retry = Some(value::integer(args, 0, 0..=u32::MAX, invalid)?);
    Ok(())
}

fn delay_before_retry<T: Scheduled>(target: &mut T, args: &Args<'_>) -> Set {
    target.schedule().delay_before_retry = Some(timer(args)?);
    Ok(())
}

fn warmup<T: Scheduled>(target: &mut T, args: &Args<'_>) -> Set {
    target.schedule().warmup = Some(timer(args)?);
    Ok(())
}

fn delay_loop<T: Scheduled>(target: &mut T, args: &Args<'_>) -> Set {
    let loop_ = timer(args)?;
    if loop_.is_zero() {
        let message = "delay_loop must be greater than 0 - ignoring";
        return Err(Problem::error("invalid-time", message).word(0));
    }
    target.schedule().delay_loop = Some(loop_);
    Ok(())
}

fn connect_timeout<T: Scheduled>(target: &mut T, args: &Args<'_>) -> Set {
    let limit = timer(args)?;
    if limit.is_zero() {
        let message = "connect_timeout must be greater than 0 - ignoring";
        return Err(Problem::error("invalid-time", message).word(0));
    }
    target.schedule().connect_timeout = Some(limit);
    Ok(())
}

fn alpha<T: Scheduled>(target: &mut T, args: &Args<'_>) -> Set {
    target.schedule().alpha = Some(value::switch(args)?);
    Ok(())
}

fn timer(args: &Args<'_>) -> Result<Spanned<Duration>, Problem> {
    let name = &args.name.text;
    let range = 0..=4_294_967_295;
    value::seconds(args, 0, range, |word| {
        format!("Invalid {name} value '{word}' - ignoring")
    })
}
