//! `known-differences.toml`: where ours differs from an original on purpose, and why.
//!
//! A difference is listed by its name, or in a group with others of the same reason by a pattern:
//! `*` stands for any text, `{a,b}` for either. Every comparison that a pattern matches must
//! differ, so that a difference which has gone is found there too; an entry or pattern that no
//! comparison of a whole run asked for is found by [`Differences::unused`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::Deserialize;

use crate::programs::root;

/// One listed difference.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// Name of the comparison it excuses.
    pub id: String,
    /// Why, for the reader of the report.
    pub reason: String,
}

/// Differences that have one reason.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Why, for the reader of the report.
    pub reason: String,
    /// Patterns of names.
    pub ids: Vec<String>,
    /// Patterns of names that `ids` match but that do not differ.
    #[serde(default)]
    pub except: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    difference: Vec<Difference>,
    #[serde(default)]
    group: Vec<Group>,
}

/// The list.
#[derive(Debug)]
pub struct Differences {
    single: BTreeMap<String, String>,
    groups: Vec<Patterns>,
    /// Entries and patterns that some comparison asked for, as they are written.
    used: Mutex<BTreeSet<String>>,
}

#[derive(Clone, Debug)]
struct Patterns {
    reason: String,
    ids: Vec<Pattern>,
    except: Vec<Pattern>,
}

/// How a comparison came out, when it is not simply equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Equal, and nothing says otherwise.
    Equal,
    /// Different, as listed.
    Listed(String),
}

impl Differences {
    /// The list, read once.
    ///
    /// # Panics
    /// When the file is missing or malformed: no comparison means anything then.
    #[must_use]
    pub fn load() -> &'static Self {
        static LIST: OnceLock<Differences> = OnceLock::new();
        LIST.get_or_init(|| {
            let path = root().join("compat-tests/known-differences.toml");
            let text = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            Self::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        })
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        let single = file.difference.into_iter();
        let parse = |texts: &[String]| texts.iter().flat_map(|text| Pattern::all(text)).collect();
        let groups = file.group.into_iter().map(|group| Patterns {
            ids: parse(&group.ids),
            except: parse(&group.except),
            reason: group.reason,
        });
        Ok(Self {
            single: single.map(|entry| (entry.id, entry.reason)).collect(),
            groups: groups.collect(),
            used: Mutex::default(),
        })
    }

    /// Whether `id` may differ; nothing counts as used by asking.
    #[must_use]
    pub fn lists(&self, id: &str) -> bool {
        let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(id));
        let mut groups = self.groups.iter();
        self.single.contains_key(id) || groups.any(|group| any(&group.ids) && !any(&group.except))
    }

    /// Why `id` may differ; none when it may not. What says so counts as used.
    #[must_use]
    pub fn reason(&self, id: &str) -> Option<&str> {
        if let Some(reason) = self.single.get(id) {
            self.note(id.to_owned());
            return Some(reason);
        }
        let first = |patterns: &[Pattern]| {
            let mut patterns = patterns.iter();
            patterns.find(|one| one.matches(id)).map(Pattern::text)
        };
        for group in &self.groups {
            let Some(pattern) = first(&group.ids) else {
                continue;
            };
            match first(&group.except) {
                Some(except) => self.note(except),
                None => {
                    self.note(pattern);
                    return Some(&group.reason);
                }
            }
        }
        None
    }

    fn note(&self, entry: String) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(entry);
    }

    /// Entries and patterns that no comparison asked for so far: after a whole run, what they
    /// excused is gone.
    #[must_use]
    pub fn unused(&self) -> Vec<String> {
        let patterns = self.groups.iter();
        let patterns = patterns.flat_map(|group| group.ids.iter().chain(&group.except));
        let single = self.single.keys().cloned();
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        single
            .chain(patterns.map(Pattern::text))
            .filter(|entry| !used.contains(entry))
            .collect()
    }

    /// Compares what the original and ours gave for comparison `id`.
    ///
    /// # Errors
    /// An unlisted difference, or a listed one that has gone.
    pub fn compare<T: PartialEq + std::fmt::Debug>(
        &self,
        id: &str,
        original: &T,
        ours: &T,
    ) -> Result<Verdict, String> {
        match (original == ours, self.reason(id)) {
            (true, None) => Ok(Verdict::Equal),
            (false, Some(reason)) => Ok(Verdict::Listed(reason.to_owned())),
            (true, Some(_)) => Err(format!(
                "{id} is listed in known-differences.toml, but there is no difference any more: \
                 take it out"
            )),
            (false, None) => Err(format!(
                "{id} differs\n  original: {original:#?}\n  ours:     {ours:#?}"
            )),
        }
    }

    /// As [`Differences::compare`], for long texts: the error shows only the lines that differ.
    ///
    /// # Errors
    /// The same.
    pub fn compare_lines(
        &self,
        id: &str,
        original: &[String],
        ours: &[String],
    ) -> Result<Verdict, String> {
        let missing = only_in(original, ours);
        let extra = only_in(ours, original);
        if original != ours && missing.is_empty() && extra.is_empty() {
            return self
                .compare(id, &original, &ours)
                .map_err(|all| format!("order: {all}"));
        }
        self.compare(id, &missing, &extra)
    }
}

/// Lines that stand more often in `these` than in `those`, each once, with how much more often.
fn only_in(these: &[String], those: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&str, isize> = BTreeMap::new();
    for line in these {
        *counts.entry(line).or_default() += 1;
    }
    for line in those {
        *counts.entry(line).or_default() -= 1;
    }
    let more = counts.into_iter().filter(|(_, count)| *count > 0);
    more.map(|(line, count)| format!("{count} x {line}"))
        .collect()
}

/// Text parts with anything in between.
#[derive(Clone, Debug)]
struct Pattern(Vec<String>);

impl Pattern {
    /// One pattern per combination of the alternatives in braces.
    fn all(text: &str) -> Vec<Self> {
        let braces = text.find('{').and_then(|open| {
            let close = open + text.get(open..)?.find('}')?;
            Some((
                text.get(..open)?,
                text.get(open + 1..close)?,
                text.get(close + 1..)?,
            ))
        });
        let Some((before, inside, after)) = braces else {
            return vec![Self(text.split('*').map(str::to_owned).collect())];
        };
        inside
            .split(',')
            .flat_map(|choice| Self::all(&format!("{before}{choice}{after}")))
            .collect()
    }

    fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_first() else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return text == first;
        };
        let Some(mut left) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        for part in middle {
            let Some(at) = left.find(part.as_str()) else {
                return false;
            };
            left = &left[at + part.len()..];
        }
        left.ends_with(last.as_str())
    }

    fn text(&self) -> String {
        self.0.join("*")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let matches = |pattern: &str, text: &str| {
            let patterns = Pattern::all(pattern);
            patterns.iter().any(|pattern| pattern.matches(text))
        };
        assert!(matches("a/*/c", "a/b/c"));
        assert!(matches("a/*/c", "a/b/x/c"));
        assert!(!matches("a/*/c", "a/b/cd"));
        assert!(!matches("ab*ba", "aba"));
        assert!(matches("{x,y}/*#{lines,status}", "y/z#status"));
        assert!(!matches("{x,y}/*#lines", "z/z#lines"));
        assert!(matches("plain", "plain"));
    }

    #[test]
    fn what_nothing_asked_for_is_unused() {
        let list = Differences::parse(
            "difference = [{ id = 'a', reason = 'r' }, { id = 'b', reason = 'r' }]\n\
             group = [{ reason = 'r', ids = ['c/*', 'd/*'], except = ['c/1', 'c/2'] }]",
        )
        .expect("it is well-formed");
        let all = ["a", "c/1", "c/3"].map(|id| list.reason(id).is_some());
        assert_eq!(all, [true, false, true]);
        assert_eq!(list.unused(), ["b", "d/*", "c/2"]);
    }
}
