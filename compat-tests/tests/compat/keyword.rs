//! `-t` on files made from the keyword tables: exit status and the lines named, the original's
//! and ours.
//!
//! What the original says without naming a line, ours may say with one.

use std::collections::BTreeMap;

use compat_tests::cases;
use compat_tests::differences::Differences;
use compat_tests::differences::Verdict::Listed;
use compat_tests::generate::{self, Case, Use};
use compat_tests::verdicts::{self, Pair, Question};
use libtest_mimic::Trial;

use crate::clock::scenario;
use crate::plan;

/// Blocks whose keywords are compared.
///
/// `COMPARE_ALL=1` in the environment adds those whose differences are not settled yet.
const COMPARED: &[&str] = &["vrrp_script"];

/// Files in one trial.
const SHARD: usize = 80;

pub(crate) fn trials() -> Vec<Trial> {
    let mut blocks: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    let all = std::env::var_os("COMPARE_ALL").is_some();
    let compared = |case: &Case| all || COMPARED.contains(&shard_name(case.block).as_str());
    for case in generate::cases().into_iter().filter(compared) {
        blocks.entry(shard_name(case.block)).or_default().push(case);
    }
    let mut trials = Vec::new();
    for (block, cases) in blocks {
        for (index, part) in cases.chunks(SHARD).enumerate() {
            let part = part.to_vec();
            let name = format!("keyword::{block}::{}", index + 1);
            trials.push(scenario(name, move || compare(&part)));
        }
    }
    trials.push(scenario("keyword::patterns".to_owned(), patterns));
    trials
}

/// Each pattern of `known-differences.toml` is about some comparison.
fn patterns() -> Result<(), String> {
    let keywords = generate::cases().into_iter();
    let keywords = keywords.map(|case| format!("keyword/{}", case.id));
    let rules = cases::all().map_err(|error| error.to_string())?.into_iter();
    let rules = rules.map(|case| format!("rule/{}", case.id));
    let kinds = ["status", "lines", "warnings"];
    let ids: Vec<String> = keywords
        .chain(rules)
        .chain(plan::ids())
        .flat_map(|id| kinds.map(|kind| format!("{id}#{kind}")))
        .collect();
    let idle = Differences::load().idle_patterns(&ids);
    if idle.is_empty() {
        Ok(())
    } else {
        Err(format!("patterns that match nothing: {idle:?}"))
    }
}

/// Small blocks share a trial with those around them.
fn shard_name(block: &str) -> String {
    let list = block.trim_end_matches("#line");
    let first = list.split('/').next().unwrap_or(list);
    let checks = list.starts_with("virtual_server/real_server/");
    if checks { "checks" } else { first }.to_owned()
}

fn compare(cases: &[Case]) -> Result<(), String> {
    let differences = Differences::load();
    let questions = cases.iter().map(|case| Question::text(&case.text));
    let questions: Vec<Question> = questions.collect();
    let pairs = verdicts::ask(&questions).map_err(|error| error.to_string())?;
    let mut problems = Vec::new();
    for (case, pair) in cases.iter().zip(&pairs) {
        let id = format!("keyword/{}", case.id);
        let judged = if case.newer {
            judge_alone(case, pair)
        } else {
            judge(&differences, &id, pair)
        };
        if let Err(what) = judged {
            problems.push(format!("{what}\n{}", show(&case.text, pair)));
        }
    }
    println!("{} files, {} problems", cases.len(), problems.len());
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}

/// Whether ours says something about the line.
fn names(pair: &Pair, line: usize) -> bool {
    pair.ours.places.iter().any(|place| place.line == line)
}

/// The original does not know the keyword: ours takes what is right and reports what is wrong.
fn judge_alone(case: &Case, pair: &Pair) -> Result<(), String> {
    let (status, reported) = (pair.ours.status, names(pair, case.line));
    let right = match case.usage {
        Use::Good => status == 0,
        Use::Bad | Use::Missing | Use::WrongBlock => status != 0 && reported,
        Use::Extra | Use::Twice => status == 0 || reported,
    };
    if right {
        Ok(())
    } else {
        Err(format!("keyword/{} ends with {status}", case.id))
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
    let lines = text.lines().enumerate();
    let numbered: Vec<String> = lines
        .map(|(index, line)| format!("    {:3} {line}", index + 1))
        .collect();
    let said = |text: &str| {
        let lines: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
        lines.join("\n")
    };
    format!(
        "{}\n  original says:\n{}\n  ours says:\n{}",
        numbered.join("\n"),
        said(&pair.original.text),
        said(&pair.ours.text)
    )
}
