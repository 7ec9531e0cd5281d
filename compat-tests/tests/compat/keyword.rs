//! `-t` on files made from the keyword tables: exit status and the lines named, the original's
//! and ours.
//!
//! What the original says without naming a line, ours may say with one. The original is run once
//! for many files where that shows the same (see [`crate::batch`]).

use std::collections::BTreeMap;

use compat_tests::differences::Differences;
use compat_tests::differences::Verdict::Listed;
use compat_tests::generate::{self, Case, Use};
use compat_tests::verdicts::{self, Pair};
use libtest_mimic::Trial;

use crate::batch;
use crate::clock::scenario;

/// Files in one trial.
const SHARD: usize = 300;

pub(crate) fn trials() -> Vec<Trial> {
    let mut blocks: BTreeMap<&'static str, Vec<Case>> = BTreeMap::new();
    let (newer, known): (Vec<Case>, Vec<Case>) =
        generate::cases().into_iter().partition(|case| case.newer);
    for case in known {
        blocks.entry(root_block(&case)).or_default().push(case);
    }
    let mut trials = Vec::new();
    for (block, cases) in blocks {
        for (index, part) in cases.chunks(SHARD).enumerate() {
            let part = part.to_vec();
            let name = format!("keyword::{block}::{}", index + 1);
            trials.push(scenario(name, move || compare(&part)));
        }
    }
    trials.push(scenario("keyword::newer".to_owned(), move || alone(&newer)));
    trials
}

/// The block at the top level that holds the statement.
fn root_block(case: &Case) -> &'static str {
    let list = case.block.trim_end_matches("#line");
    list.split('/').next().unwrap_or(list)
}

fn compare(cases: &[Case]) -> Result<(), String> {
    let differences = Differences::load();
    let pairs = batch::ask(cases, differences).map_err(|error| error.to_string())?;
    let judged = cases.iter().zip(&pairs).filter_map(|(case, pair)| {
        let what = judge(differences, &id(case), pair).err()?;
        Some(format!("{what}\n{}", show(&case.text, pair)))
    });
    conclude(cases.len(), &judged.collect::<Vec<_>>())
}

/// Name of the comparison. Keywords of the top level are below `top`.
pub(crate) fn id(case: &Case) -> String {
    match case.id.strip_prefix("root/") {
        Some(rest) => format!("keyword/top/{rest}"),
        None => format!("keyword/{}", case.id),
    }
}

/// The original does not know these keywords: ours takes what is right and reports what is wrong.
fn alone(cases: &[Case]) -> Result<(), String> {
    let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    let verdicts = verdicts::ask_ours(&texts).map_err(|error| error.to_string())?;
    let judged = cases.iter().zip(&verdicts).filter_map(|(case, ours)| {
        let reported = ours.places.iter().any(|place| place.line == case.line);
        let right = match case.usage {
            // The test fails for a keyword that is out of date.
            Use::Good => ours.status == 0 || ours.text.contains("is deprecated"),
            Use::Bad | Use::Missing | Use::WrongBlock => ours.status != 0 && reported,
            Use::Extra => ours.status == 0 || reported,
            // What two of them lead to may be told where the block begins.
            Use::Twice => ours.status == 0 || !ours.places.is_empty(),
        };
        let what = || format!("{} ends with {}", id(case), ours.status);
        (!right).then(|| format!("{}\n{}\n{}", what(), numbered(&case.text), ours.text))
    });
    conclude(cases.len(), &judged.collect::<Vec<_>>())
}

/// What came of a trial.
pub(crate) fn conclude(files: usize, problems: &[String]) -> Result<(), String> {
    println!("{files} files, {} problems", problems.len());
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}

/// Compares the status and, where that is no listed difference, the places.
pub(crate) fn judge(differences: &Differences, id: &str, pair: &Pair) -> Result<(), String> {
    let (original, ours) = (&pair.original, &pair.ours);
    let status = format!("{id}#status");
    if let Listed(_) = differences.compare(&status, &original.status, &ours.status)? {
        return Ok(());
    }
    let theirs = pair.original_places();
    let mut places = ours.places.clone();
    if original.unplaced {
        places.retain(|place| theirs.contains(place));
    }
    // Where both are content, what is said is no more than a warning.
    let kind = if original.status == 0 && ours.status == 0 {
        "warnings"
    } else {
        "lines"
    };
    differences.compare(&format!("{id}#{kind}"), &theirs, &places)?;
    Ok(())
}

/// The file with its line numbers, and what both said.
pub(crate) fn show(text: &str, pair: &Pair) -> String {
    let said = |text: &str| {
        let lines: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
        lines.join("\n")
    };
    format!(
        "{}\n  original says:\n{}\n  ours says:\n{}",
        numbered(text),
        said(&pair.original.text),
        said(&pair.ours.text)
    )
}

fn numbered(text: &str) -> String {
    let lines = text.lines().enumerate();
    let numbered = lines.map(|(index, line)| format!("    {:3} {line}", index + 1));
    numbered.collect::<Vec<_>>().join("\n")
}
