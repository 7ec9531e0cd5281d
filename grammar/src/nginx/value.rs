//! nginx's units and the typed access to a directive's words.
//!
//! Invariants: sizes, times and numbers are accepted exactly as the original accepts them;
//! overflow is an error; problems carry the original's wording.
//! Deliberately unknown here: which directive takes what.

use core::time::Duration;

use crate::ast::Spanned;
use crate::keyword::{Args, Problem};

/// Decimal digits without a sign, below 2^63.
#[must_use]
pub(super) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let value: u64 = digits.then(|| text.parse().ok()).flatten()?;
    i64::try_from(value).is_ok().then_some(value)
}

/// Bytes, with `k` or `m` behind.
#[must_use]
pub(super) fn size(text: &str) -> Option<u64> {
    scaled(text, &[('k', 10), ('m', 20)])
}

/// Bytes, with `k`, `m` or `g` behind.
#[must_use]
pub(super) fn offset(text: &str) -> Option<u64> {
    scaled(text, &[('k', 10), ('m', 20), ('g', 30)])
}

fn scaled(text: &str, units: &[(char, u32)]) -> Option<u64> {
    let unit = text.chars().last()?.to_ascii_lowercase();
    let (digits, shift) = match units.iter().find(|(letter, _)| *letter == unit) {
        Some((_, shift)) => (&text[..text.len() - 1], *shift),
        None => (text, 0),
    };
    let value = number(digits)?.checked_mul(1 << shift)?;
    i64::try_from(value).is_ok().then_some(value)
}

/// Which units a time may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resolution {
    /// Weeks to milliseconds.
    Millis,
    /// Years to seconds.
    Seconds,
}

/// A sum such as `1h 30m`, largest unit first; a bare number is in seconds.
#[must_use]
pub(super) fn time(text: &str, resolution: Resolution) -> Option<Duration> {
    const DAY: u64 = 24 * 60 * 60 * 1000;
    // In order of size; each may occur once, and only smaller ones after it.
    let units: &[(&str, u64)] = match resolution {
        Resolution::Seconds => &[
            ("y", 365 * DAY),
            ("M", 30 * DAY),
            ("w", 7 * DAY),
            ("d", DAY),
            ("h", 60 * 60 * 1000),
            ("m", 60 * 1000),
            ("s", 1000),
        ],
        Resolution::Millis => &[
            ("w", 7 * DAY),
            ("d", DAY),
            ("h", 60 * 60 * 1000),
            ("ms", 1),
            ("m", 60 * 1000),
            ("s", 1000),
        ],
    };
    let mut rest = text;
    let mut total = 0_u64;
    let mut previous = u64::MAX;
    let mut any = false;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let value = if digits == 0 {
            0
        } else {
            number(&rest[..digits])?
        };
        any |= digits > 0;
        rest = &rest[digits..];
        if resolution == Resolution::Seconds && rest.starts_with("ms") {
            return None;
        }
        let unit = units.iter().find(|(name, _)| rest.starts_with(name));
        let scale = match unit {
            Some((name, scale)) => {
                rest = &rest[name.len()..];
                *scale
            }
            None if rest.is_empty() || rest.starts_with(' ') => 1000,
            None => return None,
        };
        // Only a bare number at the very end may follow anything.
        let last = rest.is_empty() && unit.is_none();
        if scale >= previous && !last {
            return None;
        }
        previous = scale;
        total = total.checked_add(value.checked_mul(scale)?)?;
        rest = rest.trim_start_matches(' ');
    }
    let fits = any && i64::try_from(total).is_ok();
    fits.then(|| Duration::from_millis(total))
}

/// `"NAME" directive WHAT`, as the original words most complaints.
#[must_use]
pub(super) fn complaint(args: &Args<'_>, what: &str) -> Problem {
    let message = format!("\"{}\" directive {what}", args.name.text);
    Problem::error("invalid-value", message)
}

/// Typed access to the words after a directive's name. Arity was checked before, so a word that
/// is not there reads as empty text.
pub(super) trait Words<'a> {
    /// A word's text.
    fn word(&self, index: usize) -> &'a str;
    /// `on` or `off`.
    ///
    /// # Errors
    /// Anything else.
    fn flag(&self) -> Result<bool, Problem>;
    /// A number.
    ///
    /// # Errors
    /// Not digits, or too large.
    fn number(&self) -> Result<u64, Problem>;
    /// A number of 32 bits.
    ///
    /// # Errors
    /// Not digits, or too large.
    fn number32(&self) -> Result<u32, Problem>;
    /// Bytes.
    ///
    /// # Errors
    /// Not a size.
    fn size(&self) -> Result<u64, Problem>;
    /// A time in milliseconds.
    ///
    /// # Errors
    /// Not a time, or with years or months.
    fn millis(&self) -> Result<Duration, Problem>;
    /// One of a few words, in any case.
    ///
    /// # Errors
    /// None of them.
    fn one_of<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, Problem>;
    /// The value with the place of the whole directive.
    fn here<T>(&self, value: T) -> Spanned<T>;
}

impl<'a> Words<'a> for Args<'a> {
    fn word(&self, index: usize) -> &'a str {
        self.text(index).unwrap_or("")
    }

    fn flag(&self) -> Result<bool, Problem> {
        let word = self.word(0);
        let is = |value: &str| word.eq_ignore_ascii_case(value);
        if is("on") || is("off") {
            return Ok(is("on"));
        }
        let name = &self.name.text;
        let message = format!(
            "invalid value \"{word}\" in \"{name}\" directive, it must be \"on\" or \"off\""
        );
        Err(Problem::error("invalid-value", message).word(0))
    }

    fn number(&self) -> Result<u64, Problem> {
        number(self.word(0)).ok_or_else(|| complaint(self, "invalid number").word(0))
    }

    fn number32(&self) -> Result<u32, Problem> {
        let value = self.number()?;
        u32::try_from(value).map_err(|_| complaint(self, "invalid number").word(0))
    }

    fn size(&self) -> Result<u64, Problem> {
        size(self.word(0)).ok_or_else(|| complaint(self, "invalid value").word(0))
    }

    fn millis(&self) -> Result<Duration, Problem> {
        let value = time(self.word(0), Resolution::Millis);
        value.ok_or_else(|| complaint(self, "invalid value").word(0))
    }

    fn one_of<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, Problem> {
        let word = self.word(0);
        let found = choices
            .iter()
            .find(|(name, _)| word.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            Problem::error("invalid-value", format!("invalid value \"{word}\""))
                .word(0)
                .help(format!("one of: {}", names.join(", ")))
        })
    }

    fn here<T>(&self, value: T) -> Spanned<T> {
        Spanned::new(value, self.raw_span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let table = [
            ("1", Some(1)),
            ("16k", Some(16384)),
            ("2M", Some(2 << 20)),
            ("1g", None),
            ("", None),
            ("k", None),
            ("-1", None),
            ("1 k", None),
            ("9223372036854775808", None),
            ("9007199254740992k", None),
        ];
        for (text, expected) in table {
            assert_eq!(size(text), expected, "{text}");
        }
        assert_eq!(offset("1g"), Some(1 << 30));
    }

    #[test]
    fn times() {
        let ms = |text| time(text, Resolution::Millis).map(|t| t.as_millis());
        let s = |text| time(text, Resolution::Seconds).map(|t| t.as_secs());
        assert_eq!(ms("30"), Some(30_000));
        assert_eq!(ms("1h30m"), Some(5_400_000));
        assert_eq!(ms("1m 500ms"), Some(60_500));
        assert_eq!(ms("1s500ms"), Some(1_500));
        assert_eq!(ms("1s 30"), Some(31_000));
        assert_eq!(ms("500ms1s"), None);
        assert_eq!(ms("1y"), None);
        assert_eq!(ms("1M"), None);
        assert_eq!(s("1y1M"), Some(395 * 86400));
        assert_eq!(s("10ms"), None);
        assert_eq!(s("30s1m"), None);
        assert_eq!(s("1m1m"), None);
        assert_eq!(s(""), None);
        assert_eq!(s("99999999999999999999"), None);
    }
}
