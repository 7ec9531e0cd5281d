//! nginx-stream.conf(5).

use grammar::keyword::{Entry, Status};

use super::fill;
use crate::roff::Page;

/// The page.
pub(crate) fn nginx_stream_conf(frame: &str) -> Result<String, String> {
    let entries = grammar::nginx::entries();
    let mut blocks: Vec<&str> = Vec::new();
    for entry in &entries {
        if !blocks.contains(&entry.block) {
            blocks.push(entry.block);
        }
    }
    let mut page = Page::default();
    for block in blocks {
        page.part(block);
        for entry in entries.iter().filter(|entry| entry.block == block) {
            row(&mut page, entry);
        }
    }
    fill(frame, "keywords", &page.done())
}

fn row(page: &mut Page, entry: &Entry) {
    page.term(entry.name, entry.args);
    page.say(entry.doc);
    if !entry.default.is_empty() {
        page.say(&format!("Default: {}.", entry.default));
    }
    if !entry.aliases.is_empty() {
        page.say(&format!("Also written {}.", entry.aliases.join(", ")));
    }
    if !entry.since.is_empty() {
        page.say(&format!("Since {}.", entry.since));
    }
    match entry.status {
        Status::Works => {}
        Status::Accepted(why) => page.note("Understood, but does nothing", &format!("{why}.")),
        Status::Refused(why) => page.note("Refused", &format!("{why}.")),
    }
}
