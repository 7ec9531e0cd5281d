//! Argument texts of a row: its own, or such as its description of the arguments allows.
//!
//! Invariants: the usual text first. Deliberately unknown here: where the statement stands.

use grammar::keyword::Entry;

/// Whether the row has no samples of its own although it takes arguments.
pub(super) fn are_derived(entry: &Entry) -> bool {
    entry.good.is_empty() && entry.arity.1 != Some(0)
}

/// Right arguments, the usual one first.
pub(super) fn good(entry: &Entry) -> Vec<String> {
    if !entry.good.is_empty() {
        return entry.good.iter().map(|&text| text.to_owned()).collect();
    }
    if entry.arity.1 == Some(0) || (entry.opens_block && entry.arity.0 == 0) {
        return vec![String::new()];
    }
    vec![usual(entry.args)]
}

/// Wrong arguments.
pub(super) fn bad(entry: &Entry) -> Vec<String> {
    if !entry.bad.is_empty() || !entry.good.is_empty() {
        return entry.bad.iter().map(|&text| text.to_owned()).collect();
    }
    let numeric = ["<N>", "<SECS>", "<PORT>", "<PRIO>", "<IPADDR>"];
    if numeric.iter().any(|kind| entry.args.starts_with(kind)) {
        return vec!["x".to_owned()];
    }
    Vec::new()
}

/// An argument text made from a description such as `<N> [reverse|noreverse]`.
fn usual(args: &str) -> String {
    let wanted = args
        .split_whitespace()
        .take_while(|word| !word.starts_with(['[', '{']));
    let words = wanted.map(|word| match word.split('|').next().unwrap_or(word) {
        "<N>" | "<SECS>" | "<PRIO>" | "<ID>" | "<MS>" => "5",
        "<PORT>" => "80",
        "<IF>" => "eth0",
        "<IPADDR>" | "<IPADDR>[/<MASK>]" | "<HOST" => "192.0.2.7",
        "<DST>" => "203.0.113.0/24",
        "<CMD>" => "/usr/bin/true",
        "<PATH>" | "<DIR>" => "/run/x",
        "<USER>" => "root",
        "-" => "",
        other => other.trim_matches(['<', '>']),
    });
    words.collect::<Vec<_>>().join(" ").trim().to_owned()
}
