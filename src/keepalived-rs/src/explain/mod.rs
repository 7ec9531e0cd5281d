//! `keepalived-rs explain WORD [BLOCK]`: what the tables say of a keyword, an option of a line, a
//! rule of lint, or the code of a message.
//!
//! Invariants: everything comes from the tables; status 1 when nothing knows the word.

mod json;
mod text;

use grammar::keepalived::tables;
use grammar::keyword::{Entry, nearest};
use keepalived_rs::codes::{self, Code};
use keepalived_rs::commands::Explain;
use plan::lint::{Rule, rules};

use crate::subcommand::{Outcome, print};

/// Everything that a word can mean.
struct Found {
    /// Rows, in the order of the tables.
    rows: Vec<Entry>,
    /// The rule of lint of that name.
    rule: Option<&'static Rule>,
    /// The code of that name; a rule's name outranks it.
    code: Option<&'static Code>,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.rule.is_none() && self.code.is_none()
    }
}

/// Explains a word.
pub(crate) fn run(words: &Explain) -> Outcome {
    let entries = tables::catalogue();
    // `vrrp_instance/priority` names the block, too.
    let (block, word) = match words.word.rsplit_once('/') {
        Some((block, word)) if words.block.is_none() => (Some(block), word),
        _ => (words.block.as_deref(), words.word.as_str()),
    };
    let named = rows(&entries, word);
    let wanted = named.iter().filter(|entry| inside(entry, block));
    let rule = rules().iter().find(|rule| rule.id == word);
    let found = Found {
        rows: wanted.copied().collect(),
        rule: rule.filter(|_| block.is_none()),
        code: codes::codes().find(|code| code.id == word && block.is_none() && rule.is_none()),
    };
    if found.is_empty() {
        eprintln!("{}", unknown(word, &named, &entries));
        return Ok(1);
    }
    if words.json {
        print(&format!("{:#}\n", json::of(&found)))?;
    } else {
        print(&text::of(word, &found, &entries))?;
    }
    Ok(0)
}

/// Rows of that name. Signs of the reader are found without what surrounds them: `SEQ`, `_PWD`.
fn rows(entries: &[Entry], word: &str) -> Vec<Entry> {
    let bare = |name: &str| {
        let name = name.trim_start_matches(['$', '~', '@', '^', '{']);
        name.trim_end_matches(['}', '=']).to_owned()
    };
    let is = |entry: &&Entry| {
        let reader = entry.block == "#lexer" && bare(entry.name) == bare(word);
        entry.name == word || entry.aliases.contains(&word) || reader
    };
    entries.iter().filter(is).copied().collect()
}

fn inside(entry: &Entry, block: Option<&str>) -> bool {
    block.is_none_or(|block| {
        let block = block.trim_end_matches("#line");
        let name = entry.block.trim_end_matches("#line");
        name == block || name.ends_with(&format!("/{block}"))
    })
}

/// Why there is nothing to say, and what was probably meant.
fn unknown(word: &str, named: &[Entry], entries: &[Entry]) -> String {
    if !named.is_empty() {
        let blocks: Vec<String> = named.iter().map(text::place).collect();
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
        None => format!(
            "{word} is not known; it takes a keyword of keepalived.conf, the code of a message, \
             or a rule of lint"
        ),
    }
}
