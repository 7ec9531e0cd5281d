//! `~SEQ`, `~SEQx` and `~LST`: how a line is repeated.
//!
//! Invariants: the number of rounds is known before the first one; values are made one round at a
//! time.
//! Deliberately unknown here: what the repeated text is, how many rounds are too many.

/// What stands at the beginning of a line that is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// `~SEQ`, `~SEQx` or `~LST`.
    pub word: &'static str,
    /// Text between the parentheses; none when there is no such pair.
    pub parameters: Option<&'a str>,
    /// The text to repeat.
    pub rest: &'a str,
}

/// The sequence that a line begins with, if it does.
#[must_use]
pub fn head(line: &str) -> Option<Head<'_>> {
    let word = ["~SEQx", "~SEQ", "~LST"]
        .into_iter()
        .find(|word| line.starts_with(word))?;
    let after = &line[word.len()..];
    let spaced = after.trim_ascii_start();
    let Some(inner) = spaced.strip_prefix('(') else {
        // `~SEQUENCE` is another word.
        let ends = after.is_empty() || spaced.len() < after.len();
        return ends.then_some(Head {
            word,
            parameters: None,
            rest: "",
        });
    };
    let (parameters, rest) = match inner.split_once(')') {
        Some((parameters, rest)) => (Some(parameters), rest.trim_ascii_start()),
        None => (None, ""),
    };
    Some(Head {
        word,
        parameters,
        rest,
    })
}

/// Rounds and the values that each gives to its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Variables; at least one.
    pub names: Vec<String>,
    values: Values,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Values {
    Numbers {
        start: i64,
        step: i64,
        rounds: u64,
        hex: bool,
    },
    /// Each as long as the names.
    Tuples(Vec<Vec<String>>),
}

impl Sequence {
    /// Reads the parameters of `word`.
    ///
    /// # Errors
    /// With what is wrong, as text for the place of the parameters.
    pub fn parse(word: &str, parameters: &str) -> Result<Self, String> {
        match word {
            "~LST" => list(parameters),
            _ => numbers(parameters, word == "~SEQx"),
        }
    }

    /// Number of rounds.
    #[must_use]
    pub fn rounds(&self) -> u64 {
        match &self.values {
            Values::Numbers { rounds, .. } => *rounds,
            Values::Tuples(tuples) => tuples.len() as u64,
        }
    }

    /// The values of a round, in the order of the names.
    #[must_use]
    pub fn values(&self, round: u64) -> Vec<String> {
        match &self.values {
            Values::Numbers {
                start, step, hex, ..
            } => {
                let far = i64::try_from(round).unwrap_or(i64::MAX);
                let value = start.saturating_add(step.saturating_mul(far));
                vec![if *hex {
                    format!("{value:x}")
                } else {
                    value.to_string()
                }]
            }
            Values::Tuples(tuples) => {
                let index = usize::try_from(round).unwrap_or(usize::MAX);
                tuples.get(index).cloned().unwrap_or_default()
            }
        }
    }
}

/// `VAR, [START, [STEP,]] END`
fn numbers(parameters: &str, hex: bool) -> Result<Sequence, String> {
    let mut parts = parameters.split(',').map(str::trim_ascii);
    let name = variable(parts.next().unwrap_or(""))?;
    let bounds: Vec<i64> = parts.map(number).collect::<Result<_, _>>()?;
    let (start, step, end) = match bounds[..] {
        [end] => (if end < 0 { -1 } else { 1 }, None, end),
        [start, end] => (start, None, end),
        [start, step, end] => (start, Some(step), end),
        [] => return Err("the end is missing: (NAME, START, STEP, END)".to_owned()),
        _ => return Err("too many numbers: (NAME, START, STEP, END)".to_owned()),
    };
    let step = step.unwrap_or(if end < start { -1 } else { 1 });
    if step == 0 {
        return Err("the step is 0: this would never end".to_owned());
    }
    if end != start && (end < start) != (step < 0) {
        return Err(format!("{start} never becomes {end} by steps of {step}"));
    }
    if hex && (start < 0 || end < 0) {
        return Err("~SEQx takes no negative numbers".to_owned());
    }
    let rounds = end.abs_diff(start) / step.unsigned_abs() + 1;
    Ok(Sequence {
        names: vec![name],
        values: Values::Numbers {
            start,
            step,
            rounds,
            hex,
        },
    })
}

/// A number as C's strtol reads it with base 0: `0x` is hexadecimal, a leading `0` octal, and
/// nothing is 0.
fn number(text: &str) -> Result<i64, String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let hex = digits.strip_prefix("0x").or(digits.strip_prefix("0X"));
    let (radix, digits) = match hex {
        Some(digits) => (16, digits),
        None if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        None => (10, digits),
    };
    if text.is_empty() {
        return Ok(0);
    }
    // Far within 64 bits, so that sums of numbers are too.
    let signless = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let value = u32::from_str_radix(digits, radix).ok().filter(|_| signless);
    match value.map(i64::from) {
        Some(value) => Ok(if negative { -value } else { value }),
        None => Err(format!("'{text}' is not a whole number of up to 32 bits")),
    }
}

fn variable(text: &str) -> Result<String, String> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if text.is_empty() {
        return Err("the name of the variable is missing".to_owned());
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) || !text.bytes().all(good) {
        return Err(format!(
            "'{text}' is no name: letters, digits and _ make one, a digit cannot begin it"
        ));
    }
    Ok(text.to_owned())
}

/// `VAR, VALUE, …` or `{VAR, VAR}, {VALUE, VALUE}, …`
fn list(parameters: &str) -> Result<Sequence, String> {
    let mut parts = tuples(parameters)?.into_iter();
    let names = parts.next().unwrap_or_default();
    let names: Vec<String> = names.into_iter().map(variable).collect::<Result<_, _>>()?;
    let mut tuples = Vec::new();
    for part in parts {
        if part.len() > names.len() {
            let (given, wanted) = (part.len(), names.len());
            return Err(format!("{given} values for {wanted} variables"));
        }
        if let Some(value) = part
            .iter()
            .find(|value| value.contains(char::is_whitespace))
        {
            return Err(format!("the value '{value}' contains white space"));
        }
        let mut tuple: Vec<String> = part.into_iter().map(str::to_owned).collect();
        tuple.resize(names.len(), String::new());
        tuples.push(tuple);
    }
    if tuples.is_empty() {
        return Err("there are no values: (NAME, VALUE, ...)".to_owned());
    }
    Ok(Sequence {
        names,
        values: Values::Tuples(tuples),
    })
}

/// Splits at commas; what braces enclose is one part of several values.
fn tuples(text: &str) -> Result<Vec<Vec<&str>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let trimmed = rest.trim_ascii_start();
        let after = if let Some(inner) = trimmed.strip_prefix('{') {
            let Some((inner, after)) = inner.split_once('}') else {
                return Err("a `}` is missing".to_owned());
            };
            parts.push(inner.split(',').map(str::trim_ascii).collect());
            let after = after.trim_ascii_start();
            if !after.is_empty() && !after.starts_with(',') {
                return Err("a comma is missing after `}`".to_owned());
            }
            after.strip_prefix(',')
        } else {
            let (part, after) = match trimmed.split_once(',') {
                Some((part, after)) => (part, Some(after)),
                None => (trimmed, None),
            };
            parts.push(vec![part.trim_ascii()]);
            after
        };
        match after {
            Some(after) => rest = after,
            None => return Ok(parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(word: &str, parameters: &str) -> Result<Vec<String>, String> {
        let sequence = Sequence::parse(word, parameters)?;
        let rounds = 0..sequence.rounds();
        Ok(rounds
            .map(|round| sequence.values(round).join("/"))
            .collect())
    }

    /// Each was seen with the original.
    #[test]
    fn numbers_as_the_original_counts() {
        let seq = |parameters| all("~SEQ", parameters).map(|values| values.join(" "));
        assert_eq!(seq("A,1,3").as_deref(), Ok("1 2 3"));
        assert_eq!(seq("A, 3").as_deref(), Ok("1 2 3"));
        assert_eq!(seq("A,-3").as_deref(), Ok("-1 -2 -3"));
        assert_eq!(seq("A,0").as_deref(), Ok("1 0"));
        assert_eq!(seq("A,3,1").as_deref(), Ok("3 2 1"));
        assert_eq!(seq("A,5,-2,0").as_deref(), Ok("5 3 1"));
        assert_eq!(seq("A,010,+012").as_deref(), Ok("8 9 10"));
        assert_eq!(seq("A,,2").as_deref(), Ok("0 1 2"));
        let hex = |parameters| all("~SEQx", parameters).map(|values| values.join(" "));
        assert_eq!(hex("A,0x90,0x10,0xc0").as_deref(), Ok("90 a0 b0 c0"));
        assert_eq!(hex("A,144,16,192").as_deref(), Ok("90 a0 b0 c0"));
        assert_eq!(hex("A,0x12,-1,0x0c").as_deref(), Ok("12 11 10 f e d c"));
    }

    #[test]
    fn wrong_numbers_are_told() {
        for bad in [
            "",
            "A",
            "1A,2",
            "A-B,2",
            "A,1,0,3",
            "A,2,1,1",
            "A,1,-1,2",
            "A,x",
            "A,0x1G",
            "A,1,2,3,4",
            "A,99999999999",
            "A,--1",
            "A,1-",
            "A,0x",
        ] {
            assert!(Sequence::parse("~SEQ", bad).is_err(), "{bad}");
        }
        assert!(Sequence::parse("~SEQx", "A,-1,-3").is_err());
    }

    #[test]
    fn lists_as_the_original_reads_them() {
        let list = |parameters| all("~LST", parameters).map(|values| values.join(" "));
        assert_eq!(list(" A , b , c ").as_deref(), Ok("b c"));
        assert_eq!(list("A,").as_deref(), Ok(""));
        assert_eq!(list("{A, B},{1,2},{3},4").as_deref(), Ok("1/2 3/ 4/"));
        assert_eq!(list("{A},{1},{2}").as_deref(), Ok("1 2"));
        for bad in [
            "A",
            "{A,B},{1,2,3}",
            "A,{1,2}",
            "{A,B} {1,2}",
            "A,x y",
            "{A,B",
            "",
        ] {
            assert!(Sequence::parse("~LST", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn heads() {
        let found = head("~SEQ (A,1,2)x").expect("a sequence");
        assert_eq!((found.parameters, found.rest), (Some("A,1,2"), "x"));
        assert_eq!(head("~SEQ x").and_then(|head| head.parameters), None);
        assert!(head("~SEQ").is_some());
        assert_eq!(head("~SEQUENCE x"), None);
        assert_eq!(
            head("~LST(A,a(b),c) d").map(|head| head.rest),
            Some(",c) d")
        );
    }
}
