//! How much of the two languages the tables know, counted against the lists in `grammar/spec`.

use grammar::keyword::{Entry, Status};

/// What the tables say of one row of a list.
#[derive(Default)]
struct Count {
    rows: usize,
    works: usize,
    accepted: usize,
    refused: usize,
    unknown: usize,
}

impl Count {
    fn add(&mut self, entry: Option<&Entry>) {
        self.rows += 1;
        match entry.map(|entry| entry.status) {
            Some(Status::Works) => self.works += 1,
            Some(Status::Accepted(_)) => self.accepted += 1,
            Some(Status::Refused(_)) => self.refused += 1,
            None => self.unknown += 1,
        }
    }

    fn line(&self, name: &str) -> String {
        format!(
            "| {name} | {} | {} | {} | {} | {} |\n",
            self.rows, self.works, self.accepted, self.refused, self.unknown
        )
    }
}

/// The table for the README. `keepalived` has lines `block TAB keyword TAB release`, `nginx` has lines
/// `contexts TAB directive TAB group`.
pub(crate) fn of(keepalived: &str, nginx: &str) -> String {
    let mut text = String::from(
        "| list | rows | acts | understood, does nothing yet | refused with a reason | not in the tables |\n\
         |---|---:|---:|---:|---:|---:|\n",
    );
    let entries = grammar::keepalived::tables::catalogue();
    let find = |block: &str, name: &str| {
        entries.iter().find(|entry| {
            entry.block == block && (entry.name == name || entry.aliases.contains(&name))
        })
    };
    let mut keywords = Count::default();
    let mut options = Count::default();
    for (block, name) in rows(keepalived) {
        // Options within a line and the lexer's own words are no keywords of a block.
        let count = if block.contains('#') {
            &mut options
        } else {
            &mut keywords
        };
        count.add(find(block, name));
    }
    text.push_str(&keywords.line("keepalived.conf keywords (2.4.3)"));
    text.push_str(&options.line("keepalived.conf line options and lexer words (2.4.3)"));
    text.push_str(&nginx_count(nginx).line("nginx main, events and stream directives (1.31.5)"));
    text
}

/// Block and keyword of each line.
fn rows(list: &str) -> impl Iterator<Item = (&str, &str)> {
    list.lines().filter_map(|line| {
        let mut columns = line.split('\t');
        Some((columns.next()?, columns.next()?))
    })
}

/// Directives of the open source build; a row for each context would count most of them twice.
fn nginx_count(list: &str) -> Count {
    let entries = grammar::nginx::entries();
    let mut count = Count::default();
    for line in list.lines() {
        let mut columns = line.split('\t');
        let (_contexts, name, group) = (columns.next(), columns.next(), columns.next());
        if let (Some(name), Some("oss")) = (name, group) {
            let entry = entries.iter().find(|entry| entry.name == name);
            // `include` belongs to the reader, not to a table.
            if name == "include" {
                count.rows += 1;
                count.works += 1;
            } else {
                count.add(entry);
            }
        }
    }
    count
}
