//! Every row of the keepalived.conf tables with its samples: what is right is taken in silence and
//! changes the AST, what is wrong is an error on its line.

use compat_tests::generate::{self, Case, Use};
use grammar::diagnostic::Severity;
use grammar::keepalived::tables::{self, listed::listed};
use grammar::keepalived::{self, Options, Parsed};
use grammar::{Ast, MemoryLoader};

/// Words of a message about a keyword that is understood but out of date.
const OBSOLETE: &[&str] = &["deprecated", "for MPLS only"];

fn parse(text: &str) -> Parsed {
    let mut loader = MemoryLoader::new([("k.conf", text)]);
    keepalived::parse(&mut loader, "k.conf".as_ref(), &Options::default())
}

/// What is said about the case's line, errors only or all.
fn said(parsed: &Parsed, line: usize, least: Severity) -> Vec<String> {
    let place = format!("(k.conf: Line {line}) ");
    let loud = parsed
        .diagnostics
        .iter()
        .filter(|said| said.severity >= least);
    let lines = loud.map(|said| said.keepalived_line(&parsed.sources));
    lines.filter(|said| said.starts_with(&place)).collect()
}

/// Collects what is wrong with any case of this use.
fn check(usage: Use, mut wrong: impl FnMut(&Case) -> Option<String>) {
    let cases = generate::cases().into_iter();
    let problems: Vec<String> = cases
        .filter(|case| case.usage == usage)
        .filter_map(|case| wrong(&case).map(|what| format!("{}: {what}", case.id)))
        .collect();
    let count = problems.len();
    assert!(
        problems.is_empty(),
        "{count} cases:\n{}",
        problems.join("\n")
    );
}

#[test]
fn good_samples_are_taken_in_silence() {
    check(Use::Good, |case| {
        let mut said = said(&parse(&case.text), case.line, Severity::Warning);
        let excused = |said: &String| OBSOLETE.iter().any(|word| said.contains(word));
        said.retain(|said| !excused(said));
        (!said.is_empty()).then(|| said.join(", "))
    });
}

#[test]
fn good_samples_change_the_ast() {
    check(Use::Good, |case| {
        let with: Ast = parse(&case.text).ast;
        let without: Ast = parse(&case.without).ast;
        (with == without).then(|| "makes no difference".to_owned())
    });
}

#[test]
fn bad_samples_are_errors_on_their_line() {
    check(Use::Bad, |case| {
        let said = said(&parse(&case.text), case.line, Severity::Error);
        said.is_empty().then(|| "is not reported".to_owned())
    });
}

#[test]
fn what_does_not_belong_is_an_error_on_its_line() {
    check(Use::WrongBlock, |case| {
        let said = said(&parse(&case.text), case.line, Severity::Error);
        said.is_empty().then(|| "is not reported".to_owned())
    });
}

#[test]
fn a_missing_argument_is_an_error_on_its_line() {
    check(Use::Missing, |case| {
        let said = said(&parse(&case.text), case.line, Severity::Error);
        said.is_empty().then(|| "is not reported".to_owned())
    });
}

/// `1 to 255`, whole numbers.
fn ends(range: &str) -> Option<(i64, i64)> {
    let (first, last) = range.split_once(" to ")?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[test]
fn the_ranges_that_manuals_show_are_the_ones_that_count() {
    let entries = tables::catalogue();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for row in listed() {
        let entry = entries.iter().find(|entry| {
            entry.block == row.block
                && (entry.name == row.name || entry.aliases.contains(&row.name))
        });
        let (Some(entry), Some((first, last))) = (entry, ends(row.range)) else {
            continue;
        };
        if entry.arity.1 != Some(1) || entry.opens_block {
            continue;
        }
        for (number, good) in [
            (first, true),
            (last, true),
            (first - 1, false),
            (last + 1, false),
        ] {
            let Some(case) = generate::with_argument(entry, row.name, &number.to_string()) else {
                continue;
            };
            tried += 1;
            let said = said(&parse(&case.text), case.line, Severity::Warning);
            let place = format!("{}/{}", row.block, row.name);
            if said.is_empty() != good {
                wrong.push(format!("{place} {number}: {said:?}"));
            }
        }
    }
    assert!(tried > 200, "{tried}");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
