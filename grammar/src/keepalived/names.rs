//! Numbers that iproute2's tables (`rt_tables`, `rt_protos`, `rt_scopes`, `rt_dsfield`…) give names.
//!
//! Invariants: a name that means the same on every host becomes its number; any other name is
//! kept, as only the host can look it up.

use crate::ast::leaf::Spanned;
use crate::ast::route::Named;
use crate::keepalived::value;
use crate::keyword::{Args, Problem};

/// One kind of numbers.
pub struct Kind {
    /// Names that every kernel header or RFC gives the same number.
    pub known: &'static [(&'static str, u32)],
    /// Largest number.
    pub most: u32,
}

/// `rt_scopes`: from the kernel's `rtnetlink.h`.
pub static SCOPES: Kind = Kind {
    known: &[
        ("global", 0),
        ("universe", 0),
        ("site", 200),
        ("link", 253),
        ("host", 254),
        ("nowhere", 255),
    ],
    most: 255,
};

/// A number or name in word `index`; `message` makes the original's text from the word.
///
/// # Errors
/// When it is a number out of range, or can be neither.
pub fn named(
    args: &Args<'_>,
    index: usize,
    kind: &Kind,
    message: impl FnOnce(&str) -> String,
) -> Result<Spanned<Named>, Problem> {
    let word = value::word(args, index)?;
    match parse(&word.text, kind) {
        Ok(named) => Ok(Spanned::new(named, word.span)),
        Err(label) => {
            let problem = Problem::error("invalid-number", message(&word.text));
            Err(problem.word(index).label(label))
        }
    }
}

fn parse(text: &str, kind: &Kind) -> Result<Named, String> {
    if let Some((_, number)) = kind.known.iter().find(|(name, _)| *name == text) {
        return Ok(Named::Number(*number));
    }
    match number(text) {
        Some(number) if number <= u64::from(kind.most) => {
            u32::try_from(number).map_or_else(|_| Err(String::new()), |it| Ok(Named::Number(it)))
        }
        Some(_) => Err(format!("out of range; 0 to {} is accepted", kind.most)),
        None if text.starts_with(['-', '+']) => Err("neither a number nor a name".to_owned()),
        None => Ok(Named::Name(text.to_owned())),
    }
}

/// A number as C writes it: decimal, `0x…` hexadecimal, `0…` octal; capped when it is huge.
#[must_use]
pub fn number(text: &str) -> Option<u64> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let octal = text.strip_prefix('0').filter(|rest| !rest.is_empty());
    let (digits, radix) = match (hex, octal) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) => (digits, 8),
        (None, None) => (text, 10),
    };
    let fits = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    fits.then(|| u64::from_str_radix(digits, radix).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_c_writes_them() {
        assert_eq!(number("16"), Some(16));
        assert_eq!(number("0x10"), Some(16));
        assert_eq!(number("020"), Some(16));
        assert_eq!(number("0"), Some(0));
        assert_eq!(number("99999999999999999999999"), Some(u64::MAX));
        for bad in ["", "0x", "-1", "+1", "1x", "08"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_that_mean_the_same_everywhere_are_numbers() {
        assert_eq!(parse("link", &SCOPES), Ok(Named::Number(253)));
        assert_eq!(parse("0xfd", &SCOPES), Ok(Named::Number(253)));
        assert_eq!(parse("mine", &SCOPES), Ok(Named::Name("mine".to_owned())));
        assert!(parse("256", &SCOPES).is_err());
        assert!(parse("-1", &SCOPES).is_err());
    }
}
