//! Numbers that iproute2's tables (`rt_tables`, `rt_protos`, `rt_scopes`, `rt_dsfield`…) give names.
//!
//! Invariants: a name that means the same on every host becomes its number; any other name is
//! kept, as only the host can look it up.

use crate::ast::leaf::Spanned;
use crate::ast::route::{Named, Realms};
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

/// `rt_tables`: from the kernel's `rtnetlink.h`.
pub static TABLES: Kind = Kind {
    known: &[
        ("unspec", 0),
        ("default", 253),
        ("main", 254),
        ("local", 255),
    ],
    most: u32::MAX,
};

/// `rt_protos`: from the kernel's `rtnetlink.h`.
pub static PROTOCOLS: Kind = Kind {
    known: &[
        ("none", 0),
        ("unspec", 0),
        ("redirect", 1),
        ("kernel", 2),
        ("boot", 3),
        ("static", 4),
        ("gated", 8),
        ("ra", 9),
        ("mrt", 10),
        ("zebra", 11),
        ("bird", 12),
        ("dnrouted", 13),
        ("xorp", 14),
        ("ntk", 15),
        ("dhcp", 16),
        ("mrouted", 17),
        ("keepalived", 18),
        ("babel", 42),
        ("openr", 99),
        ("bgp", 186),
        ("isis", 187),
        ("ospf", 188),
        ("rip", 189),
        ("eigrp", 192),
    ],
    most: 255,
};

/// `rt_dsfield`: code points of RFC 2474, 2597 and 3246 in the upper six bits.
pub static DSFIELDS: Kind = Kind {
    known: &[
        ("default", 0),
        ("AF11", 0x28),
        ("AF12", 0x30),
        ("AF13", 0x38),
        ("AF21", 0x48),
        ("AF22", 0x50),
        ("AF23", 0x58),
        ("AF31", 0x68),
        ("AF32", 0x70),
        ("AF33", 0x78),
        ("AF41", 0x88),
        ("AF42", 0x90),
        ("AF43", 0x98),
        ("CS1", 0x20),
        ("CS2", 0x40),
        ("CS3", 0x60),
        ("CS4", 0x80),
        ("CS5", 0xa0),
        ("CS6", 0xc0),
        ("CS7", 0xe0),
        ("EF", 0xb8),
    ],
    most: 255,
};

/// `rt_realms`; `cosmos` is the one without a number of its own.
pub static REALMS: Kind = Kind {
    known: &[("cosmos", 0)],
    most: 65_535,
};

/// `group`: groups of interfaces.
pub static GROUPS: Kind = Kind {
    known: &[("default", 0)],
    most: 0x7fff_ffff,
};

/// Transport protocols by IANA's numbers, in small letters.
pub const IP_PROTOCOLS: &[(&str, u8)] = &[
    ("icmp", 1),
    ("igmp", 2),
    ("ipencap", 4),
    ("tcp", 6),
    ("egp", 8),
    ("udp", 17),
    ("dccp", 33),
    ("ipv6", 41),
    ("rsvp", 46),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("ipv6-icmp", 58),
    ("icmpv6", 58),
    ("ospf", 89),
    ("pim", 103),
    ("vrrp", 112),
    ("l2tp", 115),
    ("sctp", 132),
    ("udplite", 136),
];

/// `[<SRC>/]<DST>` in word `index`.
///
/// # Errors
/// When a part of it is neither a number in range nor can be a name.
pub fn realms(
    args: &Args<'_>,
    index: usize,
    message: impl FnOnce(&str) -> String,
) -> Result<Spanned<Realms>, Problem> {
    let word = value::word(args, index)?;
    let (source, destination) = match word.text.split_once('/') {
        Some((source, destination)) => (Some(source), destination),
        None => (None, word.text.as_str()),
    };
    let source = source.map(|source| parse(source, &REALMS)).transpose();
    match (source, parse(destination, &REALMS)) {
        (Ok(source), Ok(destination)) => {
            let realms = Realms {
                source,
                destination,
            };
            Ok(Spanned::new(realms, word.span))
        }
        (Err(label), _) | (_, Err(label)) => {
            let problem = Problem::error("invalid-number", message(&word.text));
            Err(problem.word(index).label(label))
        }
    }
}

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
        None if text.is_empty() || text.starts_with(['-', '+']) => {
            Err("neither a number nor a name".to_owned())
        }
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
