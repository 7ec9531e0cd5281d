//! Fewer runs of the original: statements of one block that it should have nothing to say about
//! are put into one file; so are those of which each should be reported where it stands.
//!
//! Invariants: a file whose run does not come out as expected is split until each statement
//! stands in its own one, so that a difference is always found with the smallest file; what
//! `known-differences.toml` lists to end otherwise is never put together with anything. Ours
//! reads every file alone. Of statements that are reported together the original's status is
//! known together only: the wider matrices run each alone.
//! Deliberately unknown here: what may differ, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use compat_tests::differences::Differences;
use compat_tests::generate::{self, Case};
use compat_tests::verdicts::{Pair, Verdict, ask_both, ask_original, ask_ours};

use crate::keyword::id;

/// Statements in one file at most.
const MOST: usize = 48;

/// Parts of a file that did not come out as expected.
const PARTS: usize = 4;

/// What the original should say to a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Expected {
    Nothing,
    /// One ordinary error or several, where ours has them.
    Errors,
}

struct Batch {
    expected: Expected,
    /// Indices of cases.
    cases: Vec<usize>,
}

/// Both programs' words on each case, in order.
pub(crate) fn ask(cases: &[Case], differences: &Differences) -> io::Result<Vec<Pair>> {
    let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    let ours = ask_ours(&texts)?;
    let mut originals: BTreeMap<usize, Verdict> = BTreeMap::new();
    let mut batches = batches(cases, &ours, differences);
    while !batches.is_empty() {
        batches = settle(cases, &ours, &batches, &mut originals)?;
    }
    let rest: Vec<usize> = (0..cases.len())
        .filter(|index| !originals.contains_key(index))
        .collect();
    let texts: Vec<&str> = rest.iter().map(|&index| texts[index]).collect();
    originals.extend(rest.into_iter().zip(ask_original(&texts)?));
    let pairs = originals.into_values().zip(ours);
    Ok(pairs
        .map(|(original, ours)| Pair { original, ours })
        .collect())
}

/// Cases of one block and one kind of use: no keyword is there twice.
fn batches(cases: &[Case], ours: &[Verdict], differences: &Differences) -> Vec<Batch> {
    if cfg!(feature = "wide") {
        return Vec::new();
    }
    let mut batches: BTreeMap<(&str, &str, Expected), Vec<usize>> = BTreeMap::new();
    for (index, (case, ours)) in cases.iter().zip(ours).enumerate() {
        if let Some(expected) = expected(case, ours, differences) {
            let kind = case.id.rsplit('/').next().unwrap_or_default();
            let batch = batches.entry((&case.home, kind, expected)).or_default();
            batch.push(index);
        }
    }
    let parts = batches.into_iter().flat_map(|((_, _, expected), all)| {
        let parts = all.chunks(MOST).map(<[usize]>::to_vec);
        let parts: Vec<_> = parts.collect();
        parts
            .into_iter()
            .map(move |cases| Batch { expected, cases })
    });
    parts.filter(|batch| batch.cases.len() > 1).collect()
}

/// What the original should say, if that can be told.
fn expected(case: &Case, ours: &Verdict, differences: &Differences) -> Option<Expected> {
    let listed = |kind: &str| differences.lists(&format!("{}#{kind}", id(case)));
    if listed("status") || listed("lines") {
        return None;
    }
    match ours.status {
        0 if ours.places.is_empty() || listed("warnings") => Some(Expected::Nothing),
        // A block that is wrong may end the one around it.
        5 if !case.statement.contains('{') => Some(Expected::Errors),
        _ => None,
    }
}

/// Runs the original once for each batch. Those that do not come out as expected are returned in
/// parts; what is alone in one is run alone later.
fn settle(
    cases: &[Case],
    ours: &[Verdict],
    batches: &[Batch],
    originals: &mut BTreeMap<usize, Verdict>,
) -> io::Result<Vec<Batch>> {
    let texts = batches.iter().map(|batch| {
        let members = batch.cases.iter().map(|&index| cases[index].clone());
        generate::combined(&members.collect::<Vec<_>>())
    });
    let texts: Vec<String> = texts.collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut parts = Vec::new();
    for (batch, pair) in batches.iter().zip(ask_both(&texts)?) {
        let expected = batch.expected;
        if is_as_expected(expected, &pair) {
            for &index in &batch.cases {
                originals.insert(index, share(expected, &pair.original, &ours[index]));
            }
            continue;
        }
        let smaller = batch.cases.chunks(batch.cases.len().div_ceil(PARTS));
        let smaller = smaller.filter(|part| part.len() > 1).map(<[usize]>::to_vec);
        parts.extend(smaller.map(|cases| Batch { expected, cases }));
    }
    Ok(parts)
}

fn is_as_expected(expected: Expected, pair: &Pair) -> bool {
    let (original, ours) = (&pair.original, &pair.ours);
    let same = match expected {
        Expected::Nothing => original.status == 0 && original.places.is_empty(),
        Expected::Errors => original.status == 5 && pair.original_places() == ours.places,
    };
    same && !original.unplaced
}

/// What the original would say of one case alone.
fn share(expected: Expected, original: &Verdict, ours: &Verdict) -> Verdict {
    let places = match expected {
        Expected::Nothing => BTreeSet::new(),
        Expected::Errors => ours.places.clone(),
    };
    Verdict {
        status: original.status,
        places,
        unplaced: false,
        text: original.text.clone(),
    }
}
