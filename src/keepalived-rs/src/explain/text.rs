//! Explanations for people.

use std::fmt::Write as _;

use grammar::Severity;
use grammar::keepalived::tables::listed;
use grammar::keyword::{Entry, OURS, Repeat, Status};
use keepalived_rs::codes::{self, Code};
use plan::lint::Rule;

use super::Found;

/// So many different meanings are shown whole; of more only the first sentence each.
const WHOLE: usize = 3;

/// All there is to say.
pub(super) fn of(word: &str, found: &Found, entries: &[Entry]) -> String {
    let groups = together(&found.rows);
    let mut texts: Vec<String> = if groups.len() > WHOLE {
        vec![choice(word, &groups)]
    } else {
        groups.iter().map(|group| row(group, entries)).collect()
    };
    texts.extend(found.rule.map(rule));
    texts.extend(found.code.map(code));
    texts.join("\n")
}

/// Rows that say the same of several blocks.
struct Group<'a> {
    rows: Vec<&'a Entry>,
    /// The first of them.
    entry: &'a Entry,
}

fn together(entries: &[Entry]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for entry in entries {
        let same = |other: &Entry| {
            Entry {
                block: entry.block,
                ..*other
            } == *entry
        };
        match groups.iter_mut().find(|group| same(group.entry)) {
            Some(group) => group.rows.push(entry),
            None => groups.push(Group {
                rows: vec![entry],
                entry,
            }),
        }
    }
    groups
}

/// Where a row stands, as part of a sentence.
pub(super) fn place(entry: &Entry) -> String {
    match entry.block.strip_suffix("#line") {
        _ if entry.block == "root" => "at the top level".to_owned(),
        _ if entry.block == "#lexer" => "anywhere".to_owned(),
        Some(block) => format!("on a line of {block}"),
        None => format!("in {}", entry.block),
    }
}

/// What there is to choose from.
fn choice(word: &str, groups: &[Group<'_>]) -> String {
    let mut text = format!("{word} means something else in each of these:\n\n");
    let mut docs: Vec<&str> = groups.iter().map(|group| group.entry.doc).collect();
    docs.sort_unstable();
    docs.dedup();
    for doc in docs {
        let same = groups.iter().filter(|group| group.entry.doc == doc);
        for entry in same.flat_map(|group| &group.rows) {
            let _ = writeln!(text, "    {}", place(entry));
        }
        let _ = writeln!(text, "        {doc}\n");
    }
    let block = groups.first().map_or("", |group| group.entry.block);
    let block = block.trim_end_matches("#line");
    let _ = writeln!(
        text,
        "Name the block for all about one: keepalived-rs explain {word} {block}"
    );
    text
}

fn row(group: &Group<'_>, entries: &[Entry]) -> String {
    let entry = group.entry;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}",
        format!("{} {}", entry.name, entry.args).trim_end()
    );
    for entry in &group.rows {
        let _ = writeln!(text, "    {}", place(entry));
    }
    let _ = writeln!(text, "\n    {}\n", entry.doc);
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "    {:<9} {value}", format!("{name}:"));
        }
    };
    line("Value", listed::range(entry.block, entry.name));
    line("Default", entry.default_in_words());
    line("Also", &entry.aliases.join(", "));
    match entry.since {
        OURS => line("Since", "keepalived-rs; keepalived does not know it"),
        release => line("Since", release),
    }
    if entry.block != "#lexer" {
        line("Again", repeat(entry.repeat));
    }
    match entry.status {
        Status::Works => line("Here", "works"),
        Status::Accepted(why) => line("Here", &format!("understood, but does nothing: {why}")),
        Status::Refused(why) => line("Here", &format!("refused: {why}")),
    }
    let mut name = "Example";
    for example in examples(entry).iter().take(3) {
        line(name, example);
        name = "or";
    }
    let wrong = entry.bad.iter().filter(|words| !words.is_empty()).copied();
    line("Wrong", &wrong.collect::<Vec<_>>().join("   "));
    let codes: Vec<&str> = codes::of_row(entry.block, entry.name).collect();
    line("Errors", &codes.join(", "));
    let inside = inside(entry, entries);
    line("Inside", &inside.join(", "));
    text
}

/// Whole statements, the usual one first.
pub(super) fn examples(entry: &Entry) -> Vec<String> {
    let brace = if entry.opens_block { " { … }" } else { "" };
    let statement = |words: &&str| {
        let joint = if entry.name.starts_with('~') { "" } else { " " };
        let statement = match entry.name.starts_with('<') {
            true => (*words).to_owned(),
            false => format!("{}{joint}{words}", entry.name),
        };
        format!("{}{brace}", statement.trim_end())
    };
    entry.good.iter().map(statement).collect()
}

/// What the block of a row may hold.
fn inside(row: &Entry, entries: &[Entry]) -> Vec<&'static str> {
    if !row.opens_block {
        return Vec::new();
    }
    let path = match row.block {
        "root" => row.name.to_owned(),
        block => format!("{block}/{}", row.name),
    };
    let own = entries.iter().filter(|entry| entry.block == path);
    own.map(|entry| entry.name).collect()
}

pub(super) const fn repeat(repeat: Repeat) -> &'static str {
    match repeat {
        Repeat::Last => "the last one counts",
        Repeat::First => "the first one counts, a second is an error",
        Repeat::Never => "a second is an error",
        Repeat::Many => "each adds to the others",
    }
}

pub(super) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "note",
    }
}

fn rule(rule: &'static Rule) -> String {
    format!(
        "{}\n    a rule of lint ({})\n\n    Looks at: {}\n    Outcome:  {}\n    Fix:      {}\n    \
         Without:  --allow {}\n",
        rule.id,
        severity(rule.severity),
        rule.checks,
        rule.outcome,
        rule.fix,
        rule.id
    )
}

fn code(code: &'static Code) -> String {
    let mut text = format!(
        "{}\n    the code of a message\n\n    {}.\n    {}.\n",
        code.id, code.short, code.help
    );
    let names = codes::rows_of(code.id).map(|(_, name)| name);
    let mut names: Vec<&str> = names.filter(|name| !name.starts_with('<')).collect();
    names.sort_unstable();
    names.dedup();
    match names.len() {
        0 => {}
        1..=12 => {
            let _ = writeln!(text, "\n    Comes with: {}", names.join(", "));
        }
        count => {
            let few = names.get(..12).unwrap_or_default().join(", ");
            let _ = writeln!(text, "\n    Comes with: {few}, and {} others", count - 12);
        }
    }
    text
}
