//! Setters of a route's metrics: `mtu [lock] <N>` and its kind.

use core::time::Duration;

use super::set::Set;
use crate::ast::route::{Metric, Route};
use crate::keepalived::line;
use crate::keepalived::value::{self, parse_seconds};
use crate::keyword::{Args, Problem};

/// Longest time a metric can say (TCP_RTO_MAX).
const LONGEST: Duration = Duration::from_secs(120);

/// Index of the value, whether `lock` stands before it.
fn locked(args: &Args<'_>) -> Result<(usize, bool), Problem> {
    let lock = args.text(0) == Some("lock");
    let index = usize::from(lock);
    args.take(index + 1);
    args.get(index).ok_or_else(line::missing)?;
    Ok((index, lock))
}

fn number(args: &Args<'_>, what: &str) -> Result<Metric<u32>, Problem> {
    let (index, lock) = locked(args)?;
    let invalid = |word: &str| format!("Invalid {what} {word} specified for route");
    let value = value::integer(args, index, 0..=u32::MAX, invalid)?.value;
    Ok(Metric { value, lock })
}

/// A time: with `s` or `ms`, or bare in the kernel's `unit`.
fn time(args: &Args<'_>, unit: Duration, message: &str) -> Result<Metric<Duration>, Problem> {
    let (index, lock) = locked(args)?;
    let word = value::word(args, index)?;
    let time = parse_time(&word.text, unit).filter(|time| *time <= LONGEST);
    match time {
        Some(value) => Ok(Metric { value, lock }),
        None => {
            let message = message.replace("{}", &word.text);
            let problem = Problem::error("invalid-time", message).word(index);
            Err(problem.label("a number with `s` or `ms`, up to 120 s"))
        }
    }
}

fn parse_time(text: &str, unit: Duration) -> Option<Duration> {
    let lower = text.to_ascii_lowercase();
    let ending = ["secs", "sec", "s"]
        .into_iter()
        .find_map(|ending| lower.strip_suffix(ending));
    let Some(number) = ending else {
        return scaled(&lower, unit);
    };
    match number.strip_suffix('m') {
        Some(number) => scaled(number, Duration::from_millis(1)),
        None => {
            let fraction = number.split_once('.').map_or("", |(_, digits)| digits);
            parse_seconds(number).filter(|_| fraction.len() <= 3)
        }
    }
}

fn scaled(text: &str, unit: Duration) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let count: u32 = digits.then(|| text.parse().ok())??;
    unit.checked_mul(count)
}

pub(super) fn mtu(route: &mut Route, args: &Args<'_>) -> Set {
    route.metrics.mtu = Some(number(args, "MTU")?);
    Ok(())
}

pub(super) fn advmss(route: &mut Route, args: &Args<'_>) -> Set {
    route.metrics.advmss = Some(number(args, "advmss")?);
    Ok(())
}

/// The unit of [`rtt`] when none is written.
pub(in crate::keepalived) const RTT_UNIT: Duration = Duration::from_micros(125);

/// The unit of [`rttvar`] when none is written.
pub(in crate::keepalived) const RTTVAR_UNIT: Duration = Duration::from_micros(250);

pub(super) fn rtt(route: &mut Route, args: &Args<'_>) -> Set {
    route.metrics.rtt = Some(time(args, RTT_UNIT, "Invalid rtt {} for route")?);
    Ok(())
}

pub(super) fn rttvar(route: &mut Route, args: &Args<'_>) -> Set {
    route.metrics.rttvar = Some(time(args, RTTVAR_UNIT, "Invalid rttvar {} for route")?);
    Ok(())
}

pub(super) fn rto_min(route: &mut Route, args: &Args<'_>) -> Set {
    let message = "Invalid rto_min value {} specified for route";
    route.metrics.rto_min = Some(time(args, Duration::from_millis(1), message)?);
    Ok(())
}

pub(super) fn reordering(route: &mut Route, args: &Args<'_>) -> Set {
    route.metrics.reordering = Some(number(args, "reordering value")?);
    Ok(())
}

pub(super) fn cwnd(route: &mut Route, args: &Args<'_>) -> Set {
    route.metrics.cwnd = Some(number(args, "cwnd value")?);
    Ok(())
}

pub(super) fn ssthresh(route: &mut Route, args: &Args<'_>) -> Set {
    route.metrics.ssthresh = Some(number(args, "ssthresh value")?);
    Ok(())
}

pub(super) fn congctl(route: &mut Route, args: &Args<'_>) -> Set {
    let (index, lock) = locked(args)?;
    let value = value::text(args, index)?.value;
    route.metrics.congctl = Some(Metric { value, lock });
    Ok(())
}

pub(super) fn hoplimit(route: &mut Route, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid hoplimit {word} specified for route");
    route.metrics.hoplimit = Some(value::integer(args, 0, 0..=255, invalid)?.value);
    Ok(())
}

fn plain(args: &Args<'_>) -> Result<Option<u32>, Problem> {
    let name = &args.name.text;
    let invalid = |word: &str| format!("Invalid {name} value {word} specified for route");
    Ok(Some(value::integer(args, 0, 0..=u32::MAX, invalid)?.value))
}

pub(super) fn window(route: &mut Route, args: &Args<'_>) -> Set {
    route.metrics.window = plain(args)?;
    Ok(())
}

pub(super) fn initcwnd(route: &mut Route, args: &Args<'_>) -> Set {
    route.metrics.initcwnd = plain(args)?;
    Ok(())
}

pub(super) fn initrwnd(route: &mut Route, args: &Args<'_>) -> Set {
    route.metrics.initrwnd = plain(args)?;
    Ok(())
}

pub(super) fn features(route: &mut Route, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    if word.text != "ecn" {
        let message = format!("feature {} not supported", word.text);
        return Err(Problem::error("unknown-option", message).word(0));
    }
    route.metrics.ecn = true;
    Ok(())
}

fn zero_or_one(args: &Args<'_>) -> Result<Option<bool>, Problem> {
    let name = &args.name.text;
    let invalid = |word: &str| format!("Invalid {name} value {word} specified for route");
    Ok(Some(value::integer(args, 0, 0..=1, invalid)?.value == 1))
}

pub(super) fn quickack(route: &mut Route, args: &Args<'_>) -> Set {
    route.metrics.quickack = zero_or_one(args)?;
    Ok(())
}

pub(super) fn fastopen_no_cookie(route: &mut Route, args: &Args<'_>) -> Set {
    route.metrics.fastopen_no_cookie = zero_or_one(args)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_or_the_kernel_s() {
        let of = |text| parse_time(text, RTT_UNIT).map(|time| time.as_micros());
        assert_eq!(of("5"), Some(625));
        assert_eq!(of("5ms"), Some(5_000));
        assert_eq!(of("1.5s"), Some(1_500_000));
        assert_eq!(of("2SECS"), Some(2_000_000));
        for bad in ["", "s", "ms", "1.5", "1.5ms", "5us", "-5", "5m", "1.2345s"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
