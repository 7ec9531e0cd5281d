//! Manual pages from the keyword tables: a hand-written frame with the rows of every block inside.

use std::fmt::Write as _;

use grammar::keyword::{Entry, Status};

const PLACE: &str = ".\\\" @keywords@\n";

/// keepalived.conf(5).
pub(crate) fn keepalived(frame: &str) -> String {
    fill(frame, &grammar::keepalived::tables::catalogue())
}

/// nginx-stream.conf(5).
pub(crate) fn nginx(frame: &str) -> String {
    fill(frame, &grammar::nginx::entries())
}

/// Puts the rows at the frame's mark, blocks in the order of the tables.
fn fill(frame: &str, entries: &[Entry]) -> String {
    let mut blocks: Vec<&str> = Vec::new();
    for entry in entries {
        if !blocks.contains(&entry.block) {
            blocks.push(entry.block);
        }
    }
    let mut rows = String::new();
    for block in blocks {
        let _ = writeln!(rows, ".SS {}", escape(block));
        for entry in entries.iter().filter(|entry| entry.block == block) {
            row(&mut rows, entry);
        }
    }
    frame.replace(PLACE, &rows)
}

fn row(page: &mut String, entry: &Entry) {
    let _ = write!(page, ".TP\n\\fB{}\\fR", escape(entry.name));
    if !entry.args.is_empty() {
        let _ = write!(page, " {}", escape(entry.args));
    }
    let _ = writeln!(page, "\n{}", escape(entry.doc));
    if !entry.default.is_empty() {
        let _ = writeln!(page, "Default: {}.", escape(entry.default));
    }
    if !entry.aliases.is_empty() {
        let _ = writeln!(page, "Also written {}.", escape(&entry.aliases.join(", ")));
    }
    if !entry.since.is_empty() {
        let _ = writeln!(page, "Since {}.", escape(entry.since));
    }
    match entry.status {
        Status::Works => {}
        Status::Accepted(why) => {
            let _ = writeln!(
                page,
                "\\fIUnderstood, but does nothing:\\fR {}.",
                escape(why)
            );
        }
        Status::Refused(why) => {
            let _ = writeln!(page, "\\fIRefused:\\fR {}.", escape(why));
        }
    }
}

/// Text as roff takes it literally.
fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    match text.chars().next() {
        Some('.' | '\'') => format!("\\&{text}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roff_sees_no_request_in_text() {
        assert_eq!(escape(".5 -x \\n"), "\\&.5 \\-x \\en");
    }
}
