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

#[cfg(test)]
mod tests {
    use super::*;

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
