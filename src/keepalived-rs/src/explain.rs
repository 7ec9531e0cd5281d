//! `keepalived-rs explain WORD [BLOCK]`: what the tables say of a keyword, an option of a line, or
//! the code of a message.
//!
//! Invariants: everything comes from the tables; status 1 when nothing knows the word.

use std::fmt::Write as _;

use grammar::keepalived::tables;
use grammar::keyword::{Entry, Repeat, Status, nearest};
use keepalived_rs::codes;
use keepalived_rs::commands::Explain;
use plan::lint::rules;

use crate::subcommand::{Outcome, print};

/// Explains a word.
pub(crate) fn run(words: &Explain) -> Outcome {
    let entries = tables::catalogue();
    let is = |entry: &&Entry| entry.name == words.word || entry.aliases.contains(&&*words.word);
    let named: Vec<&Entry> = entries.iter().filter(is).collect();
    let wanted: Vec<&Entry> = named
        .iter()
        .filter(|entry| inside(entry, words.block.as_deref()))
        .copied()
        .collect();
    let mut texts: Vec<String> = together(&wanted);
    if words.block.is_none() {
        texts.extend(code(&words.word));
    }
    if texts.is_empty() {
        eprintln!("{}", unknown(words, &named, &entries));
        return Ok(1);
    }
    print(&texts.join("\n"))?;
    Ok(0)
}

fn inside(entry: &Entry, block: Option<&str>) -> bool {
    block.is_none_or(|block| {
        let name = entry.block.trim_end_matches("#line");
        name == block || name.ends_with(&format!("/{block}")) || entry.block == block
    })
}

fn unknown(words: &Explain, named: &[&Entry], entries: &[Entry]) -> String {
    let word = &words.word;
    if !named.is_empty() {
        let blocks: Vec<String> = named.iter().map(|entry| place(entry)).collect();
        return format!("{word} does not stand there, but {}", blocks.join(", "));
    }
    let keywords = entries.iter().flat_map(|entry| {
        let names = entry.aliases.iter().copied();
        names.chain([entry.name])
    });
    let codes = codes::codes().map(|code| code.id);
    let names = keywords
        .chain(codes)
        .chain(rules().iter().map(|rule| rule.id));
    match nearest(word, names) {
        Some(name) => format!("{word} is not known; did you mean {name}?"),
        None => format!("{word} is not known"),
    }
}

/// Rows that say the same of several blocks are shown once.
fn together(entries: &[&Entry]) -> Vec<String> {
    let mut groups: Vec<(Vec<String>, &Entry)> = Vec::new();
    for entry in entries {
        let same = |other: &Entry| {
            Entry {
                block: entry.block,
                ..*other
            } == **entry
        };
        match groups.iter_mut().find(|(_, other)| same(other)) {
            Some((places, _)) => places.push(place(entry)),
            None => groups.push((vec![place(entry)], entry)),
        }
    }
    groups
        .iter()
        .map(|(places, entry)| text(places, entry))
        .collect()
}

fn place(entry: &Entry) -> String {
    match entry.block.strip_suffix("#line") {
        _ if entry.block == "root" => "at the top level".to_owned(),
        Some(block) => format!("on a line of {block}"),
        None => format!("in {}", entry.block),
    }
}

fn text(places: &[String], entry: &Entry) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}",
        format!("{} {}", entry.name, entry.args).trim_end()
    );
    for place in places {
        let _ = writeln!(text, "    {place}");
    }
    let _ = writeln!(text, "\n    {}\n", entry.doc);
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
    let mut name = "Example";
    for words in entry.good.iter().take(3) {
        let brace = if entry.opens_block { " { … }" } else { "" };
        let example = format!("{} {words}", entry.name);
        line(name, &format!("{}{brace}", example.trim_end()));
        name = "or";
    }
    if !entry.bad.is_empty() {
        let wrong = entry.bad.iter().filter(|words| !words.is_empty()).copied();
        line("Wrong", &wrong.collect::<Vec<_>>().join("   "));
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

/// A code of a message or a rule of lint.
fn code(id: &str) -> Option<String> {
    if let Some(rule) = rules().iter().find(|rule| rule.id == id) {
        return Some(format!(
            "{id}\n    a rule of lint\n\n    Looks at: {}\n    Outcome:  {}\n    Fix:      {}\n",
            rule.checks, rule.outcome, rule.fix
        ));
    }
    let code = codes::codes().find(|code| code.id == id)?;
    Some(format!(
        "{id}\n    the code of a message\n\n    {}.\n    {}.\n",
        code.short, code.help
    ))
}
