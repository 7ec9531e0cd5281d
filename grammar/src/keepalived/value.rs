//! Words to values: numbers, times, switches, addresses.
//!
//! Invariants: decimal only, no minus unless the range allows it, no floating point. As in the
//! original, a quoted number may begin with blanks, and any number with a plus.
//! Deliberately unknown here: which keyword asks.

use core::net::IpAddr;
use core::ops::RangeInclusive;
use core::time::Duration;

use crate::ast::leaf::{Prefix, Spanned};
use crate::diagnostic::Class;
use crate::keyword::{Args, Problem};
use crate::tree::Word;

/// The word number `index`, which the row's arity promises.
///
/// # Errors
/// When the promise is broken.
pub fn word<'a>(args: &Args<'a>, index: usize) -> Result<&'a Word, Problem> {
    let missing = || Problem::error("missing-parameter", "Missing parameter");
    args.get(index).ok_or_else(missing)
}

/// A text with its place.
///
/// # Errors
/// As [`word`].
pub fn text(args: &Args<'_>, index: usize) -> Result<Spanned<String>, Problem> {
    let word = word(args, index)?;
    Ok(Spanned::new(word.text.to_string(), word.span))
}

/// Longest interface name (IFNAMSIZ without the final zero).
pub const MAX_INTERFACE_NAME: usize = 15;

/// The name of an interface, which need not exist.
///
/// # Errors
/// When no interface can have that name.
pub fn interface(args: &Args<'_>, index: usize) -> Result<Spanned<String>, Problem> {
    interface_name(word(args, index)?).map_err(|problem| problem.word(index))
}

/// A word as the name of an interface.
///
/// # Errors
/// When no interface can have that name.
pub fn interface_name(word: &Word) -> Result<Spanned<String>, Problem> {
    let name = Spanned::new(word.text.to_string(), word.span);
    if name.is_empty() || name.len() > MAX_INTERFACE_NAME || name.contains('/') {
        let message = format!("'{name}' is no interface name");
        let problem = Problem::error("invalid-interface", message);
        return Err(problem.label(format!("1 to {MAX_INTERFACE_NAME} bytes, no `/`")));
    }
    Ok(name)
}

/// An integer within `range`; `message` makes the original's text from the word.
///
/// # Errors
/// When it is no decimal integer or out of range.
pub fn integer<N>(
    args: &Args<'_>,
    index: usize,
    range: RangeInclusive<N>,
    message: impl FnOnce(&str) -> String,
) -> Result<Spanned<N>, Problem>
where
    N: Copy + PartialOrd + core::str::FromStr + core::fmt::Display,
{
    let word = word(args, index)?;
    let problem = |label: String| {
        Problem::error("invalid-number", message(&word.text))
            .word(index)
            .label(label)
    };
    let (low, high) = (range.start(), range.end());
    let text = unsigned(&word.text);
    if !is_decimal(text) {
        return Err(problem(format!(
            "not a whole number; {low} to {high} is accepted"
        )));
    }
    match text.parse::<N>() {
        Ok(number) if range.contains(&number) => Ok(Spanned::new(number, word.span)),
        _ => Err(problem(format!(
            "out of range; {low} to {high} is accepted"
        ))),
    }
}

/// The number without the blanks and the plus that change nothing.
fn unsigned(text: &str) -> &str {
    let text = text.trim_ascii_start();
    match text.strip_prefix('+') {
        Some(rest) if !rest.starts_with(['+', '-']) => rest,
        _ => text,
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Decimal seconds with at most six digits after the point; none if it is not that.
#[must_use]
pub fn parse_seconds(text: &str) -> Option<Duration> {
    let text = unsigned(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let written = !whole.is_empty() || !fraction.is_empty();
    if !written || !digits(whole) || !digits(fraction) || fraction.len() > 6 {
        return None;
    }
    let seconds: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let micros = fraction.bytes().chain(core::iter::repeat(b'0')).take(6);
    let micros = micros.fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0'));
    (seconds <= u64::from(u32::MAX)).then(|| Duration::new(seconds, micros * 1000))
}

/// Seconds as they are written: no trailing zeros.
#[must_use]
pub fn print_seconds(time: Duration) -> String {
    let micros = time.subsec_micros();
    if micros == 0 {
        return time.as_secs().to_string();
    }
    let fraction = format!("{micros:06}");
    format!("{}.{}", time.as_secs(), fraction.trim_end_matches('0'))
}

/// A time within `low..=high`, given in microseconds.
///
/// # Errors
/// When it is no decimal number of seconds or out of range.
pub fn seconds(
    args: &Args<'_>,
    index: usize,
    range: RangeInclusive<u64>,
    message: impl FnOnce(&str) -> String,
) -> Result<Spanned<Duration>, Problem> {
    let word = word(args, index)?;
    let (low, high) = (
        Duration::from_micros(*range.start()),
        Duration::from_micros(*range.end()),
    );
    match parse_seconds(&word.text) {
        Some(time) if (low..=high).contains(&time) => Ok(Spanned::new(time, word.span)),
        found => {
            let what = if found.is_some() {
                "out of range"
            } else {
                "not a number of seconds"
            };
            let (low, high) = (print_seconds(low), print_seconds(high));
            let problem = Problem::error("invalid-time", message(&word.text)).word(index);
            Err(problem.label(format!("{what}; {low} to {high} is accepted")))
        }
    }
}

/// A keyword that is out of date. The original reports it and its test fails, yet takes it.
#[must_use]
pub fn deprecated(message: impl Into<String>) -> Problem {
    Problem::warning("deprecated", message).class(Class::General)
}

/// A switch: nothing means on.
///
/// # Errors
/// When a word is there that is none of the six.
pub fn switch(args: &Args<'_>) -> Result<bool, Problem> {
    let name = args.name.text.as_str();
    switch_worded(args, |word| {
        format!("Invalid value '{word}' specified for {name}")
    })
}

/// As [`switch`]; `message` makes the original's text from the word.
///
/// # Errors
/// As [`switch`].
pub fn switch_worded(
    args: &Args<'_>,
    message: impl FnOnce(&str) -> String,
) -> Result<bool, Problem> {
    match args.text(0) {
        None | Some("true" | "on" | "yes") => Ok(true),
        Some("false" | "off" | "no") => Ok(false),
        Some(other) => {
            let problem = Problem::error("invalid-switch", message(other)).word(0);
            Err(problem.label("true, on, yes, false, off or no is accepted"))
        }
    }
}

/// An address; `message` makes the original's text from the word.
///
/// # Errors
/// When it is no address.
pub fn address(
    args: &Args<'_>,
    index: usize,
    message: impl FnOnce(&str) -> String,
) -> Result<Spanned<IpAddr>, Problem> {
    let word = word(args, index)?;
    match word.text.parse() {
        Ok(address) => Ok(Spanned::new(address, word.span)),
        Err(_) => {
            let problem = Problem::error("invalid-address", message(&word.text));
            Err(problem.word(index).label("not an IP address"))
        }
    }
}

/// Why a word is no `ADDRESS[/LENGTH]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefixError {
    /// The address part.
    Address,
    /// The length; the address is good.
    Length(Prefix),
}

/// `ADDRESS[/LENGTH]`.
///
/// # Errors
/// With what is wrong.
pub fn parse_prefix(text: &str) -> Result<Prefix, PrefixError> {
    let (address, len) = match text.split_once('/') {
        Some((address, len)) => (address, Some(len)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| PrefixError::Address)?;
    let full = if address.is_ipv4() { 32 } else { 128 };
    let mut prefix = Prefix {
        address,
        len: full,
        written: false,
    };
    if let Some(len) = len {
        let number = len
            .parse()
            .ok()
            .filter(|&number| is_decimal(len) && number <= full);
        prefix.len = number.ok_or(PrefixError::Length(prefix))?;
        prefix.written = true;
    }
    Ok(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact() {
        assert_eq!(parse_seconds("1.5"), Some(Duration::from_millis(1500)));
        assert_eq!(parse_seconds(".25"), Some(Duration::from_millis(250)));
        assert_eq!(parse_seconds("0.000001"), Some(Duration::from_micros(1)));
        assert_eq!(parse_seconds(" +1"), Some(Duration::from_secs(1)));
        for bad in [
            "",
            ".",
            "1s",
            "-1",
            "1.5.2",
            "+-1",
            "0.0000019",
            "99999999999",
        ] {
            assert_eq!(parse_seconds(bad), None, "{bad}");
        }
        assert_eq!(print_seconds(Duration::from_millis(1250)), "1.25");
    }

    #[test]
    fn prefixes() {
        assert_eq!(parse_prefix("10.0.0.1").map(|prefix| prefix.len), Ok(32));
        assert_eq!(parse_prefix("fe80::1/64").map(|prefix| prefix.len), Ok(64));
        assert!(matches!(
            parse_prefix("10.0.0.1/33"),
            Err(PrefixError::Length(_))
        ));
        assert_eq!(parse_prefix("10.0.0"), Err(PrefixError::Address));
    }
}
