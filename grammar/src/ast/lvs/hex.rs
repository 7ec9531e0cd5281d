//! Bytes as hexadecimal digits.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hex(pub Vec<u8>);

/// Bytes of which some half bytes may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HexPattern {
    /// Bytes; what may be anything is 0.
    pub bytes: Vec<u8>,
    /// Bits that may be anything, as many bytes as above.
    pub any: Vec<u8>,
}

impl Hex {
    /// Reads digits in groups divided by blanks; a digit that is left over in its group is a byte.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let pattern = HexPattern::parse(text)?;
        let exact = pattern.any.iter().all(|&any| any == 0);
        exact.then_some(Self(pattern.bytes))
    }
}

impl HexPattern {
    /// As [`Hex::parse`]; an `x` stands for any digit.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut read = Self::default();
        for group in text.split_ascii_whitespace() {
            for pair in group.as_bytes().chunks(2) {
                let (mut byte, mut any) = (0, 0);
                for &digit in pair {
                    let (value, free) = nibble(digit)?;
                    byte = byte << 4 | value;
                    any = any << 4 | free;
                }
                read.bytes.push(byte);
                read.any.push(any);
            }
        }
        Some(read)
    }
}

/// A digit's value and which of its bits may be anything.
fn nibble(digit: u8) -> Option<(u8, u8)> {
    match digit {
        b'0'..=b'9' => Some((digit - b'0', 0)),
        b'a'..=b'f' => Some((digit - b'a' + 10, 0)),
        b'A'..=b'F' => Some((digit - b'A' + 10, 0)),
        b'x' | b'X' => Some((0, 0xf)),
        _ => None,
    }
}

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for HexPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |f: &mut fmt::Formatter<'_>, value: u8, any: u8| match any {
            0 => write!(f, "{value:x}"),
            _ => f.write_str("x"),
        };
        for (&byte, &any) in self.bytes.iter().zip(&self.any) {
            digit(f, byte >> 4, any >> 4)?;
            digit(f, byte & 0xf, any & 0xf)?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Hex {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not hexadecimal digits")
    }
}

impl From<Hex> for String {
    fn from(hex: Hex) -> Self {
        hex.to_string()
    }
}

impl TryFrom<String> for HexPattern {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not hexadecimal digits with x for any")
    }
}

impl From<HexPattern> for String {
    fn from(pattern: HexPattern) -> Self {
        pattern.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups and odd digits as the original reads them.
    #[test]
    fn groups_and_odd_digits() {
        assert_eq!(Hex::parse("0A0b ff"), Some(Hex(vec![10, 11, 255])));
        assert_eq!(Hex::parse("0a0 1"), Some(Hex(vec![10, 0, 1])));
        assert_eq!(Hex::parse("0x0a"), None);
        let pattern = HexPattern::parse("0axx Xf x").expect("a pattern");
        assert_eq!(pattern.bytes, [0x0a, 0, 0x0f, 0]);
        assert_eq!(pattern.any, [0, 0xff, 0xf0, 0x0f]);
        assert_eq!(pattern.to_string(), "0axxxf0x");
        assert_eq!(HexPattern::parse("zz"), None);
    }
}
