//! The keyword tables of keepalived.conf against the list of what the language has.

use std::collections::BTreeSet;

use grammar::keepalived::tables;
use grammar::keepalived::tables::listed::listed;
use grammar::keyword::{Entry, Status};

fn knows(entry: &Entry, block: &str, name: &str) -> bool {
    entry.block == block && (entry.name == name || entry.aliases.contains(&name))
}

#[test]
fn every_row_of_the_list_is_known() {
    let entries = tables::catalogue();
    let unknown: Vec<String> = listed()
        .filter(|row| {
            !entries
                .iter()
                .any(|entry| knows(entry, row.block, row.name))
        })
        .map(|row| format!("{}: {}", row.block, row.name))
        .collect();
    let count = unknown.len();
    assert!(unknown.is_empty(), "{count} rows:\n{}", unknown.join("\n"));
}

#[test]
fn a_row_stands_once() {
    let mut seen = BTreeSet::new();
    for entry in tables::catalogue() {
        for name in core::iter::once(entry.name).chain(entry.aliases.iter().copied()) {
            let fresh = seen.insert((entry.block, name));
            assert!(fresh, "{}: {name} stands twice", entry.block);
        }
    }
}

#[test]
fn every_row_is_documented() {
    for entry in tables::catalogue() {
        let place = format!("{}: {}", entry.block, entry.name);
        assert!(!entry.doc.is_empty(), "{place} has no sentence");
        assert!(entry.doc.ends_with('.'), "{place}: {}", entry.doc);
        if let Status::Accepted(why) | Status::Refused(why) = entry.status {
            assert!(why.len() > 10, "{place} does not say why: {why}");
        }
    }
}

/// Words of an argument text; double quotes keep blanks.
fn words(text: &str) -> usize {
    let outside: String = text.split('"').step_by(2).collect::<Vec<_>>().join(" Q ");
    outside.split_whitespace().count()
}

#[test]
fn samples_fit_the_arity() {
    let entries = tables::catalogue();
    let mut lacking = BTreeSet::new();
    for entry in entries.iter().filter(|entry| entry.block != "#lexer") {
        let place = format!("{}: {}", entry.block, entry.name);
        let (least, most) = entry.arity;
        if most != Some(0) && entry.good.is_empty() {
            lacking.insert(place.clone());
        }
        // Further options of the line may follow, where the option alone makes no sense.
        let most = most.filter(|_| !entry.block.ends_with("#line"));
        // A row such as `<IPADDR>` is its own first word.
        let itself = usize::from(entry.name.starts_with('<'));
        for sample in entry.good {
            let given = words(sample).saturating_sub(itself);
            let fits = given >= least && most.is_none_or(|most| given <= most);
            assert!(fits, "{place}: `{sample}` has {given} words");
        }
    }
    assert!(lacking.is_empty(), "no good sample: {lacking:#?}");
}
