//! keepalived.conf(5): every block with its keywords.

use grammar::keepalived::tables::{self, listed};
use grammar::keyword::{Entry, OURS, Repeat, Status};
use keepalived_rs::codes::{self, GENERAL};

use super::fill;
use crate::related::Related;
use crate::roff::Page;

/// Mark in the frame, and how the names of its words begin.
const READER: [(&str, &[&str]); 4] = [
    ("includes", &["include"]),
    ("definitions", &["$"]),
    ("sequences", &["~"]),
    ("conditions", &["@"]),
];

/// The page.
pub(crate) fn keepalived_conf(frame: &str, related: &Related) -> Result<String, String> {
    let entries = tables::catalogue();
    let mut text = frame.to_owned();
    for (mark, begins) in READER {
        let mut page = Page::default();
        let own = |entry: &&Entry| begins.iter().any(|begin| entry.name.starts_with(begin));
        let reader = entries.iter().filter(|entry| entry.block == "#lexer");
        reader
            .filter(own)
            .for_each(|entry| row(&mut page, entry, related));
        text = fill(&text, mark, &page.done())?;
    }
    text = fill(&text, "blocks", &blocks(&entries, related))?;
    fill(&text, "errors", &general_errors())
}

/// All blocks in the order of the tables.
fn blocks(entries: &[Entry], related: &Related) -> String {
    let mut names: Vec<&str> = Vec::new();
    for entry in entries.iter().filter(|entry| entry.block != "#lexer") {
        if !names.contains(&entry.block) {
            names.push(entry.block);
        }
    }
    let rows = |block: &str| -> Vec<Entry> {
        let own = entries.iter().filter(|entry| entry.block == block);
        own.copied().collect()
    };
    let mut page = Page::default();
    for (index, block) in names.iter().enumerate() {
        page.part(&title(block));
        let own = rows(block);
        let before = names.iter().take(index);
        let same = before.copied().find(|other| equal(&own, &rows(other)));
        match same {
            Some(other) => page.say(&format!("The same as {}.", title(other))),
            None => own.iter().for_each(|entry| row(&mut page, entry, related)),
        }
    }
    page.done()
}

/// Whether two blocks say the same.
fn equal(one: &[Entry], other: &[Entry]) -> bool {
    let alike = |(a, b): (&Entry, &Entry)| {
        Entry {
            block: b.block,
            ..*a
        } == *b
    };
    one.len() == other.len() && one.iter().zip(other).all(alike)
}

/// How a block is called on the page.
fn title(block: &str) -> String {
    match block.strip_suffix("#line") {
        _ if block == "root" => "At the top level".to_owned(),
        Some(list) => format!("A line of {}", list.replace('/', " / ")),
        None => block.replace('/', " / "),
    }
}

/// How the reason of a row begins that a later version acts on.
const NOT_YET: &str = "not acted on yet";
const NOT_ACTED_ON: &str = "Not acted on yet";

/// What follows [`NOT_YET`].
fn remark(rest: &str) -> String {
    match rest.strip_prefix(": ") {
        Some(why) => format!("{why}."),
        None => "the words are checked and kept.".to_owned(),
    }
}

fn row(page: &mut Page, entry: &Entry, related: &Related) {
    page.term(entry.name, entry.args);
    page.say(entry.doc);
    let remarks = remarks(entry);
    if !remarks.is_empty() {
        page.say(&remarks);
    }
    match entry.status {
        Status::Works => {}
        Status::Accepted(why) => match why.strip_prefix(NOT_YET) {
            Some(rest) => page.note(NOT_ACTED_ON, &remark(rest)),
            None => page.note("Understood, but does nothing", &format!("{why}.")),
        },
        Status::Refused(why) => page.note("Refused", &format!("{why}.")),
    }
    let example = entry.good.iter().find(|words| !words.is_empty());
    if let Some(words) = example {
        page.note("Example", &format!("`{}`", used(entry, words)));
    }
    for reason in related.reasons(entry.block, entry.name) {
        page.note("Differs from keepalived 2.2.7", reason);
    }
    let codes = related.codes(entry.block, entry.name);
    if !codes.is_empty() {
        page.note("Errors", &format!("{}.", codes.join(", ")));
    }
}

/// A use of the keyword.
fn used(entry: &Entry, words: &str) -> String {
    let brace = if entry.opens_block { " {" } else { "" };
    // A row such as `<IPADDR>` stands for its own first word.
    match entry.name.starts_with('<') {
        true => format!("{words}{brace}"),
        false => match entry.name {
            "~SEQ" | "~SEQx" | "~LST" => format!("{}{words}", entry.name),
            name => format!("{name} {words}{brace}"),
        },
    }
}

/// Range, default and the like, in one go.
fn remarks(entry: &Entry) -> String {
    let mut remarks = Vec::new();
    let range = listed::range(entry.block, entry.name);
    if !range.is_empty() {
        remarks.push(format!("Value: {range}."));
    }
    if !entry.default.is_empty() {
        remarks.push(format!("Default: {}.", entry.default_in_words()));
    }
    match entry.repeat {
        Repeat::Last => {}
        Repeat::Many if entry.block.starts_with('#') => {}
        Repeat::Many => remarks.push("May be given several times.".to_owned()),
        Repeat::First | Repeat::Never => {
            remarks.push("A second one is an error and is left out.".to_owned());
        }
    }
    if !entry.aliases.is_empty() {
        remarks.push(format!("Also written {}.", entry.aliases.join(", ")));
    }
    match entry.since {
        "" | "-" => {}
        OURS => remarks.push("Not in keepalived, which would report it.".to_owned()),
        release => remarks.push(format!("Since {release}.")),
    }
    remarks.join(" ")
}

/// What any statement can be reported with.
fn general_errors() -> String {
    let mut page = Page::default();
    for code in codes::codes().filter(|code| GENERAL.contains(&code.id)) {
        page.term(code.id, "");
        page.say(&format!("{}. {}.", code.short, code.help));
    }
    page.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_titles_and_uses_their_braces() {
        assert_eq!(title("root"), "At the top level");
        assert_eq!(title("a/b#line"), "A line of a / b");
        let entries = tables::catalogue();
        let of = |block: &str, name: &str| {
            let row = |entry: &&Entry| entry.block == block && entry.name == name;
            *entries.iter().find(row).expect("a row")
        };
        assert_eq!(used(&of("root", "vrrp_instance"), "A"), "vrrp_instance A {");
        let address = of("virtual_ipaddress#line", "<IPADDR>");
        assert_eq!(used(&address, "192.0.2.1"), "192.0.2.1");
        assert!(remarks(&of("vrrp_instance", "virtual_router_id")).starts_with("Value: 1 to 255."));
    }
}
