//! The include statement: its spellings, strictness and brace alternatives.
//!
//! Invariants: the number of alternatives of one pattern is bounded.
//! Deliberately unknown here: files.

/// Most alternatives that one pattern may have.
pub const MAX_ALTERNATIVES: usize = 1000;
/// Longest pattern whose alternatives are written out, in bytes: no path is longer.
pub const MAX_PATTERN: usize = 4096;

/// Words of `include_check`, without sign.
pub const CHECKS: &[&str] = &["read", "match", "wildcard_match", "brace_match"];

/// Which include problems are errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// A file that exists cannot be read.
    pub read: bool,
    /// A literal name or the folder of a pattern does not exist.
    pub exists: bool,
    /// A wildcard matches nothing.
    pub wildcard: bool,
    /// An alternative of a brace list matches nothing.
    pub brace: bool,
}

impl Checks {
    /// Problems are only told.
    pub const NONE: Self = Self {
        read: false,
        exists: false,
        wildcard: false,
        brace: false,
    };
    /// Every problem is an error.
    pub const ALL: Self = Self {
        read: true,
        exists: true,
        wildcard: true,
        brace: true,
    };

    /// What either asks for.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self {
            read: self.read | other.read,
            exists: self.exists | other.exists,
            wildcard: self.wildcard | other.wildcard,
            brace: self.brace | other.brace,
        }
    }

    /// As the words of `include_check` say: none turns all on, a plain word sets (and reading is
    /// always checked then), `+` and `-` change. Unknown words are the keyword row's to report
    /// (a plain one turns all off), and so is a second plain one, which changes nothing.
    #[must_use]
    pub fn change<'a>(self, words: impl Iterator<Item = &'a str>) -> Self {
        let mut words = words.peekable();
        let Some(first) = words.peek() else {
            return Self::ALL;
        };
        let mut checks = self;
        if !first.starts_with(['+', '-']) {
            checks = Self::NONE;
            checks.read = CHECKS.contains(first);
        }
        for (index, word) in words.enumerate() {
            let on = !word.starts_with('-');
            if index > 0 && !word.starts_with(['+', '-']) {
                continue;
            }
            match word.strip_prefix(['+', '-']).unwrap_or(word) {
                "read" => checks.read = on,
                "match" => checks.exists = on,
                "wildcard_match" => checks.wildcard = on,
                "brace_match" => checks.brace = on,
                _ => {}
            }
        }
        checks
    }
}

/// One include statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include<'a> {
    /// Its spelling.
    pub word: &'a str,
    /// Its pattern with brace alternatives written out.
    pub patterns: Vec<String>,
    /// What its spelling asks for.
    pub checks: Checks,
}

impl<'a> Include<'a> {
    /// The statement on this line, if it is one.
    #[must_use]
    pub fn of(line: &'a str) -> Option<Self> {
        let len = line.find(|c: char| c.is_ascii_whitespace())?;
        let (word, pattern) = line.split_at(len);
        let mut checks = Checks::NONE;
        match word.strip_prefix("include")? {
            "" => {}
            "a" => checks = Checks::ALL,
            letter @ ("r" | "m" | "w" | "b") => {
                checks.read = true;
                checks.exists = matches!(letter, "m" | "w");
                checks.wildcard = letter == "w";
                checks.brace = letter == "b";
            }
            _ => return None,
        }
        let pattern = pattern.trim_ascii().trim_matches('"');
        let patterns = alternatives(pattern);
        Some(Self {
            word,
            patterns,
            checks,
        })
    }
}

/// Writes `{a,b}` out, innermost lists included, in order.
#[must_use]
pub fn alternatives(pattern: &str) -> Vec<String> {
    if pattern.len() > MAX_PATTERN {
        return vec![pattern.to_owned()];
    }
    let mut done = Vec::new();
    let mut pending = vec![pattern.to_owned()];
    while let Some(text) = pending.pop() {
        if done.len() + pending.len() >= MAX_ALTERNATIVES {
            break;
        }
        match first_list(&text) {
            Some((before, parts, after)) => {
                let joined = parts
                    .iter()
                    .rev()
                    .map(|part| format!("{before}{part}{after}"));
                pending.extend(joined);
            }
            None => done.push(text),
        }
    }
    done
}

/// The first complete brace list: text before, its parts, text after.
fn first_list(text: &str) -> Option<(&str, Vec<&str>, &str)> {
    let open = text.find('{')?;
    let mut depth = 0_usize;
    let mut start = open + 1;
    let mut parts = Vec::new();
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b',' if depth == 1 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            b'}' if depth == 1 => {
                parts.push(&text[start..at]);
                return Some((&text[..open], parts, &text[at + 1..]));
            }
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_alternatives() {
        assert_eq!(alternatives("a{b,c{d,e}}.x"), ["ab.x", "acd.x", "ace.x"]);
        assert_eq!(alternatives("a{b"), ["a{b"]);
        assert!(alternatives(&"{a,b}".repeat(40)).len() <= MAX_ALTERNATIVES);
        assert_eq!(alternatives(&"{a,b}".repeat(1000)).len(), 1);
    }

    #[test]
    fn spellings() {
        let include = Include::of("includem /etc/x.conf").expect("an include");
        assert!(include.checks.exists && include.checks.read);
        assert_eq!(Include::of("included x"), None);
        assert_eq!(Include::of("include"), None);
    }

    #[test]
    fn include_check_words() {
        assert_eq!(Checks::NONE.change([].into_iter()), Checks::ALL);
        let changed = Checks::ALL.change(["-match", "-brace_match"].into_iter());
        assert!(changed.read && changed.wildcard && !changed.exists && !changed.brace);
    }
}
