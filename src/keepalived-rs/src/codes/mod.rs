//! What the codes of messages mean, for `explain`, the manual and SARIF.
//!
//! Invariants: every code that keepalived.conf can cause stands here, the rules of lint in
//! [`plan::lint`]; the texts hold for every message with that code.

mod first;
mod second;

use grammar::diagnostic::sarif::Rule;

/// A code and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// As in `error[unknown-keyword]`.
    pub id: &'static str,
    /// What is wrong.
    pub short: &'static str,
    /// What happens, and what to do.
    pub help: &'static str,
}

const fn code(id: &'static str, short: &'static str, help: &'static str) -> Code {
    Code { id, short, help }
}

/// Every code of a configuration's problems, sorted.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    first::CODES.iter().chain(second::CODES)
}

/// What a code or a rule of lint means.
#[must_use]
pub fn describe(id: &str) -> Option<Rule> {
    let rule = plan::lint::rules().iter().find(|rule| rule.id == id);
    let rule = rule.map(|rule| Rule {
        short: rule.checks,
        help: rule.fix,
    });
    rule.or_else(|| {
        let code = codes().find(|code| code.id == id)?;
        Some(Rule {
            short: code.short,
            help: code.help,
        })
    })
}

/// Codes that any statement can be reported with.
pub const GENERAL: &[&str] = &[
    "extra-words",
    "missing-argument",
    "missing-parameter",
    "missing-value",
    "placeholder",
    "refused-keyword",
    "repeated-keyword",
    "repeated-option",
    "semicolon",
    "unexpected-brace",
    "unknown-keyword",
    "unknown-option",
];

/// Block, keyword and codes of each row; written by `cargo xtask gen`, which tries them all.
const ROWS: &str = include_str!("rows.tsv");

fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    ROWS.lines().filter_map(|line| {
        let mut columns = line.split('\t');
        Some((columns.next()?, columns.next()?, columns.next()?))
    })
}

/// Codes that a wrong use of the keyword `name` in `block` is reported with, besides [`GENERAL`].
pub fn of_row(block: &str, name: &str) -> impl Iterator<Item = &'static str> {
    let row = rows().find(|row| row.0 == block && row.1 == name);
    row.into_iter().flat_map(|(_, _, codes)| codes.split(' '))
}

/// Block and name of the keywords that can be reported with `code`.
pub fn rows_of(code: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let can = move |codes: &str| codes.split(' ').any(|it| it == code);
    let rows = rows().filter(move |(_, _, codes)| can(codes));
    rows.map(|(block, name, _)| (block, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_rows_have_texts() {
        for (block, name, codes) in rows() {
            for code in codes.split(' ') {
                assert!(describe(code).is_some(), "{block} {name}: {code}");
            }
        }
        assert!(GENERAL.iter().all(|code| describe(code).is_some()));
        let mut priority = of_row("vrrp_instance", "priority");
        assert!(priority.any(|code| code == "invalid-number"));
        assert!(rows_of("invalid-number").any(|row| row == ("vrrp_instance", "priority")));
    }

    #[test]
    fn codes_are_sorted_and_their_texts_end_without_a_stop() {
        assert!(codes().is_sorted_by(|a, b| a.id < b.id));
        for code in codes() {
            assert!(
                !code.short.ends_with('.') && !code.help.ends_with('.'),
                "{}",
                code.id
            );
        }
    }
}
