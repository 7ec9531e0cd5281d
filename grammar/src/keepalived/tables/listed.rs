//! What the language has, as a list of its own: the measure of the tables, and the ranges that
//! manuals and `explain` show.
//!
//! Invariants: nothing here is asked while a file is read.
//! Deliberately unknown here: what a row does.

/// A row of `spec/keepalived.tsv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Block path, as in the tables.
    pub block: &'static str,
    /// The word; another spelling has a row of its own.
    pub name: &'static str,
    /// Release that brought it; `-` when it was always there.
    pub since: &'static str,
    /// Values it takes, in words; empty when any will do.
    pub range: &'static str,
}

const LIST: &str = include_str!("../../../spec/keepalived.tsv");

/// Every row of 2.4.3.
pub fn listed() -> impl Iterator<Item = Listed> {
    LIST.lines().filter_map(|line| {
        let mut columns = line.split('\t');
        Some(Listed {
            block: columns.next()?,
            name: columns.next()?,
            since: columns.next()?,
            range: columns.next().filter(|range| *range != "-").unwrap_or(""),
        })
    })
}

/// Values that the keyword `name` of `block` takes, in words; empty when any will do.
#[must_use]
pub fn range(block: &str, name: &str) -> &'static str {
    let row = listed().find(|row| row.block == block && row.name == name);
    row.map_or("", |row| row.range)
}
