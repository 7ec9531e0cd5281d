//! Configurations made from the keyword tables: for each row the smallest complete file around
//! each right and each wrong sample, without its argument, with one too many, in a wrong block,
//! and twice.
//!
//! Invariants: pure; the same tables give the same cases in the same order; ids are unique.
//! Deliberately unknown here: what either program says to a file.

mod context;
mod entry;
mod sample;

use std::collections::BTreeSet;

use grammar::keepalived::tables;
use grammar::keepalived::tables::listed::listed;
use grammar::keyword::{Entry, OURS, Status};

use context::Document;

/// How the statement is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// As it should be.
    Good,
    /// With a wrong argument.
    Bad,
    /// Without an argument it needs.
    Missing,
    /// With a word too many.
    Extra,
    /// Where it does not belong.
    WrongBlock,
    /// Twice in the same block.
    Twice,
}

/// A file made around one statement.
#[derive(Clone, Debug)]
pub struct Case {
    /// `vrrp_instance/priority/bad-1`.
    pub id: String,
    /// Block of the row it was made from.
    pub block: &'static str,
    /// Keyword of that row.
    pub keyword: &'static str,
    /// How it is used.
    pub usage: Use,
    /// The whole file.
    pub text: String,
    /// Block that the statement stands in.
    pub home: String,
    /// The statement alone.
    pub statement: String,
    /// The file without the statement.
    pub without: String,
    /// Whether the keyword or its block is younger than Debian's 2.2.7.
    pub newer: bool,
    /// Line of the statement (of the second one for [`Use::Twice`]), counted from 1.
    pub line: usize,
}

/// Rows that Debian's 2.2.7 does not know, among them our own.
fn newer_rows(entries: &[Entry]) -> BTreeSet<(&'static str, &'static str)> {
    let ours = entries.iter().filter(|entry| entry.since == OURS);
    listed()
        .filter(|row| is_newer(row.since))
        .map(|row| (row.block, row.name))
        .chain(ours.map(|entry| (entry.block, entry.name)))
        .collect()
}

fn is_newer(since: &str) -> bool {
    let numbers: Option<Vec<u32>> = since.split('.').map(|part| part.parse().ok()).collect();
    since.starts_with("after") || numbers.is_some_and(|numbers| numbers > vec![2, 2, 7])
}

/// Blocks in which a keyword that does not belong there is tried, first fit.
const STRANGERS: &[&str] = &[
    "vrrp_script",
    "virtual_server",
    "bfd_instance",
    "global_defs",
];

/// All cases of all rows; rows of the lexer have none.
#[must_use]
pub fn cases() -> Vec<Case> {
    let entries = tables::catalogue();
    let known: BTreeSet<(&str, &str)> = entries
        .iter()
        .flat_map(|entry| spellings(entry).map(|name| (entry.block, name)))
        .collect();
    let newer = newer_rows(&entries);
    let mut ids = BTreeSet::new();
    let mut cases = Vec::new();
    for entry in entries.iter().filter(|entry| entry.block != "#lexer") {
        for name in spellings(entry) {
            cases.extend(
                Maker {
                    entry,
                    name,
                    known: &known,
                    newer: is_new(&newer, entry.block, name),
                }
                .cases()
                .into_iter()
                .filter(|case| ids.insert(case.id.clone())),
            );
        }
    }
    cases
}

/// The smallest complete file with one use of the row, the argument being `argument`.
#[must_use]
pub fn with_argument(entry: &Entry, name: &'static str, argument: &str) -> Option<Case> {
    let maker = Maker {
        entry,
        name,
        known: &BTreeSet::new(),
        newer: false,
    };
    maker.case(Use::Good, "argument", &[argument])
}

/// Whether the keyword or the block around it is among `newer`.
fn is_new(newer: &BTreeSet<(&str, &str)>, block: &str, name: &str) -> bool {
    let block = block.trim_end_matches("#line");
    let (owner, last) = block.rsplit_once('/').unwrap_or(("root", block));
    newer.contains(&(block, name)) || newer.contains(&(owner, last))
}

/// A file with the statements of all these cases, those of one block together.
#[must_use]
pub fn combined(cases: &[Case]) -> String {
    let homes: BTreeSet<&str> = cases.iter().map(|case| case.home.as_str()).collect();
    let documents = homes.iter().filter_map(|home| {
        let own = || cases.iter().filter(|case| case.home == *home);
        let in_list = |case: &Case| case.block.ends_with("#line");
        let settings = own().filter(|case| case.usage == Use::WrongBlock || !in_list(case));
        let keywords: Vec<&str> = settings.map(|case| case.keyword).collect();
        let statements: Vec<&str> = own().map(|case| case.statement.as_str()).collect();
        Document::around(home, &keywords, &statements.join("\n"))
    });
    documents.map(|document| document.text()).collect()
}

/// Rows of which no file can be made because no frame is known for their block.
#[must_use]
pub fn homeless() -> Vec<(&'static str, &'static str)> {
    let made: BTreeSet<_> = cases()
        .into_iter()
        .map(|case| (case.block, case.keyword))
        .collect();
    tables::catalogue()
        .iter()
        .filter(|entry| entry.block != "#lexer")
        .flat_map(|entry| spellings(entry).map(|name| (entry.block, name)))
        .filter(|row| !made.contains(row))
        .collect()
}

fn spellings(entry: &Entry) -> impl Iterator<Item = &'static str> + use<> {
    core::iter::once(entry.name).chain(entry.aliases.iter().copied())
}

/// Makes the cases of one spelling of one row.
struct Maker<'a> {
    entry: &'a Entry,
    name: &'static str,
    known: &'a BTreeSet<(&'static str, &'static str)>,
    newer: bool,
}

impl Maker<'_> {
    fn cases(&self) -> Vec<Case> {
        let good = sample::good(self.entry);
        let usual = good.first().copied().unwrap_or_default();
        let mut cases = Vec::new();
        // What is refused is wrong even when it is well written.
        let refused = matches!(self.entry.status, Status::Refused(_));
        let right = if refused { Use::Bad } else { Use::Good };
        for (index, sample) in good.iter().enumerate() {
            let what = format!("good-{}", index + 1);
            cases.extend(self.case(right, &what, &[sample]));
        }
        for (index, sample) in self.entry.bad.iter().enumerate() {
            let what = format!("bad-{}", index + 1);
            cases.extend(self.case(Use::Bad, &what, &[sample]));
        }
        // A row such as `<IPADDR>` is nothing without its word.
        let itself = self.name.starts_with('<');
        if self.entry.arity.0 > 0 && !itself {
            cases.extend(self.case(Use::Missing, "missing", &[""]));
        }
        if self.entry.arity.1.is_some() {
            let extra = format!("{usual} surplus");
            cases.extend(self.case(Use::Extra, "extra", &[&extra]));
        }
        let second = good.get(1).copied().unwrap_or(usual);
        cases.extend(self.case(Use::Twice, "twice", &[usual, second]));
        if !itself {
            cases.extend(self.misplaced(usual));
        }
        cases
    }

    /// The file with the statement once per sample.
    fn case(&self, usage: Use, what: &str, samples: &[&str]) -> Option<Case> {
        let block = self.entry.block;
        let list = entry::home(block);
        let home = list.as_deref().unwrap_or(block);
        let (statement, rest, before) = if list.is_some() && entry::is_first(block, self.name) {
            let lines = samples.iter();
            let lines = lines.map(|text| entry::line(block, self.name, &self.statement(text)));
            let lines: Vec<String> = lines.collect();
            (lines.join("\n"), String::new(), lines.len() - 1)
        } else if list.is_some() {
            // Options repeat within their line.
            let line = |option: &str| entry::line(block, self.name, option);
            let options: Vec<String> = samples.iter().map(|text| self.statement(text)).collect();
            (line(&options.join(" ")), line(""), 0)
        } else {
            let statements = samples.iter().map(|text| self.statement(text));
            let statements: Vec<String> = statements.collect();
            let before = statements.iter().rev().skip(1);
            let before = before.map(|text| text.lines().count()).sum();
            (statements.join("\n"), String::new(), before)
        };
        let own: Vec<&str> = spellings(self.entry).collect();
        let replaced = if list.is_some() { &[][..] } else { &own };
        let mut document = Document::around(home, replaced, &statement)?;
        document.line += before;
        let without = Document::around(home, replaced, &rest)?;
        Some(Case {
            home: home.to_owned(),
            statement,
            ..self.made(usage, what, &document, &without)
        })
    }

    fn misplaced(&self, sample: &str) -> Option<Case> {
        let block = *STRANGERS.iter().find(|block| {
            **block != self.entry.block && !self.known.contains(&(block, self.name))
        })?;
        let document = Document::around(block, &[self.name], &self.statement(sample))?;
        let without = Document::around(block, &[self.name], "")?;
        Some(Case {
            home: (*block).to_owned(),
            statement: self.statement(sample),
            ..self.made(Use::WrongBlock, "wrong-block", &document, &without)
        })
    }

    fn made(&self, usage: Use, what: &str, document: &Document, without: &Document) -> Case {
        Case {
            id: format!("{}/{}/{what}", self.entry.block, self.name),
            block: self.entry.block,
            keyword: self.name,
            usage,
            home: String::new(),
            statement: String::new(),
            text: document.text(),
            without: without.text(),
            newer: self.newer,
            line: document.line,
        }
    }

    /// Keyword and argument; a block keyword with the least body.
    fn statement(&self, sample: &str) -> String {
        let separator = if sample.is_empty() { "" } else { " " };
        let words = format!("{}{separator}{sample}", self.name);
        if !self.entry.opens_block {
            return words;
        }
        let path = match self.entry.block {
            "root" => self.name.to_owned(),
            block => format!("{block}/{}", self.name),
        };
        format!("{words} {{\n{}\n}}", context::body(&path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_gets_files() {
        assert_eq!(homeless(), Vec::new());
    }

    #[test]
    fn releases_are_compared_by_number() {
        assert!(is_newer("2.2.8") && is_newer("2.4.0") && is_newer("after 2.4.3"));
        assert!(!is_newer("2.2.7") && !is_newer("2.0.21") && !is_newer("-"));
    }

    #[test]
    fn the_statement_is_where_the_case_says() {
        for case in cases() {
            let line = case.text.lines().nth(case.line - 1).unwrap_or_default();
            let itself = case.keyword.starts_with('<');
            assert!(itself || line.contains(case.keyword), "{}: {line}", case.id);
        }
    }
}
