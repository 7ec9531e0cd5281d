//! The words of a line: names, addresses, durations, quoted phrases.
//!
//! Invariant: every parser here consumes the blanks after its word, so that parsers can be put
//! one after another. Deliberately unknown: what the words mean together.

use core::time::Duration;
use std::net::{IpAddr, SocketAddr};

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, space0};
use nom::combinator::{all_consuming, map_opt, map_res, opt, value};
use nom::sequence::{delimited, pair, terminated};
use nom::{IResult, Parser};

use super::{Cidr, SignalName, State};

/// What every parser of a line returns.
pub(super) type Line<'a, T> = IResult<&'a str, T>;

fn is_word(c: char) -> bool {
    !c.is_whitespace() && c != '"' && c != ','
}

/// Any word: not blank, not quoted, up to the next blank or comma.
pub(super) fn word(input: &str) -> Line<'_, &str> {
    terminated(take_while1(is_word), space0).parse(input)
}

/// Exactly the word `text`.
pub(super) fn keyword<'a>(
    text: &'static str,
) -> impl Parser<&'a str, Output = (), Error = nom::error::Error<&'a str>> {
    map_opt(word, move |found: &str| (found == text).then_some(()))
}

/// A name of a node, service, interface or instance: letters, digits, `.`, `_`, `-`.
pub(super) fn name(input: &str) -> Line<'_, String> {
    map_opt(word, |found: &str| {
        let good = found.len() <= 63
            && found.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && found
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        good.then(|| found.to_owned())
    })
    .parse(input)
}

/// A phrase in double quotes.
pub(super) fn quoted(input: &str) -> Line<'_, String> {
    terminated(
        delimited(char('"'), take_while(|c| c != '"'), char('"')),
        space0,
    )
    .map(str::to_owned)
    .parse(input)
}

/// A duration with its unit: `1.5s`, `200ms`, `2m`.
pub(super) fn duration(input: &str) -> Line<'_, Duration> {
    map_opt(word, parse_duration).parse(input)
}

/// A duration with its unit, at most an hour.
///
/// # Errors
/// In words, for a command line.
pub fn read_duration(text: &str) -> Result<Duration, String> {
    parse_duration(text)
        .ok_or_else(|| "a number and its unit, at most an hour: 200ms, 1.5s, 10m".to_owned())
}

fn parse_duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit_at);
    let micros_per_unit: u64 = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 6 || !fraction.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let millionths: u64 = format!("{fraction:0<6}").parse().ok()?;
    let whole: u64 = whole.parse().ok()?;
    let micros = whole
        .checked_mul(micros_per_unit)?
        .checked_add(millionths.checked_mul(micros_per_unit)? / 1_000_000)?;
    // An hour is far beyond any scenario and keeps sums of durations far from overflow.
    (micros <= 3_600_000_000).then(|| Duration::from_micros(micros))
}

/// `ADDRESS:PORT`.
pub(super) fn socket_address(input: &str) -> Line<'_, SocketAddr> {
    map_res(word, str::parse).parse(input)
}

/// An address without port or prefix.
pub(super) fn ip_address(input: &str) -> Line<'_, IpAddr> {
    map_res(word, str::parse).parse(input)
}

/// `ADDRESS/LEN`.
pub(super) fn cidr(input: &str) -> Line<'_, Cidr> {
    map_opt(word, parse_cidr).parse(input)
}

pub(crate) fn parse_cidr(text: &str) -> Option<Cidr> {
    let (address, prefix) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let prefix: u8 = prefix.parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    (prefix <= longest).then_some(Cidr { address, prefix })
}

/// A VRRP state in capitals.
pub(super) fn state(input: &str) -> Line<'_, State> {
    alt((
        value(State::Master, keyword("MASTER")),
        value(State::Backup, keyword("BACKUP")),
        value(State::Fault, keyword("FAULT")),
        value(State::Stopped, keyword("STOPPED")),
    ))
    .parse(input)
}

/// `-9`, `-KILL` or `-SIGKILL`.
pub(super) fn signal(input: &str) -> Line<'_, SignalName> {
    map_opt(word, |found: &str| {
        let text = found.strip_prefix('-')?;
        let text = text.strip_prefix("SIG").unwrap_or(text);
        SignalName::ALL
            .iter()
            .find(|(_, number, name)| *name == text || number.to_string() == text)
            .map(|row| row.0)
    })
    .parse(input)
}

/// A comma with its blanks.
pub(super) fn comma(input: &str) -> Line<'_, ()> {
    value((), pair(tag(","), space0)).parse(input)
}

/// `SERVICE on NODE`.
pub(super) fn service_on(input: &str) -> Line<'_, (String, String)> {
    (terminated(name, keyword("on")), name).parse(input)
}

/// The whole of `input` by `parser`, or nothing.
pub(super) fn whole<'a, T>(
    parser: impl Parser<&'a str, Output = T, Error = nom::error::Error<&'a str>>,
    input: &'a str,
) -> Option<T> {
    all_consuming(parser)
        .parse(input)
        .ok()
        .map(|(_, parsed)| parsed)
}

/// An optional `KEYWORD T` at this place.
pub(super) fn opt_duration<'a>(
    text: &'static str,
) -> impl Parser<&'a str, Output = Option<Duration>, Error = nom::error::Error<&'a str>> {
    opt(pair(keyword(text), duration).map(|((), t)| t))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_and_limits() {
        assert_eq!(parse_duration("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(parse_duration("20ms"), Some(Duration::from_millis(20)));
        assert_eq!(parse_duration("1m"), Some(Duration::from_secs(60)));
        for bad in [
            "3",
            "s",
            "1.s.",
            "-1s",
            "99999999999s",
            "1h",
            "1.1234567s",
            "61m",
        ] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn prefix_lengths_fit_the_family() {
        assert!(parse_cidr("10.0.0.1/32").is_some());
        assert!(parse_cidr("10.0.0.1/33").is_none());
        assert!(parse_cidr("fe80::1/64").is_some());
        assert!(parse_cidr("10.0.0.1").is_none());
    }

    #[test]
    fn names_are_not_paths() {
        assert!(name("master-1").is_ok());
        assert!(name("../up").is_err());
        assert!(name("a/b").is_err());
    }

    #[test]
    fn a_network_contains_its_hosts() {
        let net = parse_cidr("172.21.18.200/24").expect("an address");
        assert!(net.contains("172.21.18.33".parse().expect("an address")));
        assert!(!net.contains("172.21.19.33".parse().expect("an address")));
        assert!(!net.contains("fe80::1".parse().expect("an address")));
    }
}
