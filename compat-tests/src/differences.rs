//! `known-differences.toml`: where ours differs from an original on purpose, and why.

use std::collections::BTreeMap;

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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    difference: Vec<Difference>,
}

/// The list.
#[derive(Clone, Debug)]
pub struct Differences(BTreeMap<String, String>);

/// How a comparison came out, when it is not simply equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Equal, and nothing says otherwise.
    Equal,
    /// Different, as listed.
    Listed(String),
}

impl Differences {
    /// Reads the list.
    ///
    /// # Panics
    /// When the file is missing or malformed: no comparison means anything then.
    #[must_use]
    pub fn load() -> Self {
        let path = root().join("compat-tests/known-differences.toml");
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file: File =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(
            file.difference
                .into_iter()
                .map(|entry| (entry.id, entry.reason))
                .collect(),
        )
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
        match (original == ours, self.0.get(id)) {
            (true, None) => Ok(Verdict::Equal),
            (false, Some(reason)) => Ok(Verdict::Listed(reason.clone())),
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

    /// All listed ids, to find those that no comparison asked for.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
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
