//! `keepalived-rs explain WORD [BLOCK]`: what the tables say of a keyword.

use std::fmt::Write as _;

use grammar::keepalived::tables;
use grammar::keyword::{Entry, Repeat, Status, nearest};
use keepalived_rs::commands::Explain;

use crate::subcommand::{Outcome, print};

/// Explains a word; status 1 when nothing knows it.
pub(crate) fn run(words: &Explain) -> Outcome {
    let entries = tables::catalogue();
    let is = |entry: &&Entry| entry.name == words.word || entry.aliases.contains(&&*words.word);
    let named: Vec<&Entry> = entries.iter().filter(is).collect();
    let inside = |entry: &&&Entry| {
        let block = words.block.as_deref();
        block
            .is_none_or(|block| entry.block == block || entry.block.ends_with(&format!("/{block}")))
    };
    let wanted: Vec<&Entry> = named.iter().filter(inside).copied().collect();
    if wanted.is_empty() {
        eprintln!("{}", unknown(words, &named, &entries));
        return Ok(1);
    }
    let texts: Vec<String> = wanted.into_iter().map(text).collect();
    print(&texts.join("\n"))?;
    Ok(0)
}

fn unknown(words: &Explain, named: &[&Entry], entries: &[Entry]) -> String {
    let word = &words.word;
    if !named.is_empty() {
        let blocks: Vec<&str> = named.iter().map(|entry| entry.block).collect();
        return format!(
            "{word} does not stand there; it stands in {}",
            blocks.join(", ")
        );
    }
    let names = entries.iter().map(|entry| entry.name);
    match nearest(word, names) {
        Some(name) => format!("{word} is not known; did you mean {name}?"),
        None => format!("{word} is not known"),
    }
}

fn text(entry: &Entry) -> String {
    let mut text = String::new();
    let place = match entry.block {
        "root" => "at the top level".to_owned(),
        block => format!("in {block}"),
    };
    let _ = writeln!(text, "{} {}\n    {place}\n", entry.name, entry.args);
    let _ = writeln!(text, "    {}\n", entry.doc);
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "    {:<9} {value}", format!("{name}:"));
        }
    };
    line("Default", entry.default);
    line("Also", &entry.aliases.join(", "));
    line("Since", entry.since);
    line("Again", repeat(entry.repeat));
    match entry.status {
        Status::Works => line("Here", "works"),
        Status::Accepted(why) => line("Here", &format!("understood, but does nothing: {why}")),
        Status::Refused(why) => line("Here", &format!("refused: {why}")),
    }
    text
}

const fn repeat(repeat: Repeat) -> &'static str {
    match repeat {
        Repeat::Last => "the last one counts",
        Repeat::First => "the first one counts, a second is an error",
        Repeat::Never => "a second is an error",
        Repeat::Many => "each adds to the others",
    }
}
