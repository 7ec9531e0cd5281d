//! Explanations for programs: one object with `keywords`, `rules` and `codes`, each a list.
//!
//! Invariants: members are only ever added; what a row does not have is an empty text or list.

use grammar::keepalived::tables::listed;
use grammar::keyword::{Entry, Status};
use keepalived_rs::codes;
use serde_json::{Value, json};

use super::{Found, text};

/// The whole document.
pub(super) fn of(found: &Found) -> Value {
    let rows: Vec<Value> = found.rows.iter().map(keyword).collect();
    let rules = found.rule.iter().map(|rule| {
        json!({
            "id": rule.id,
            "severity": text::severity(rule.severity),
            "checks": rule.checks,
            "outcome": rule.outcome,
            "fix": rule.fix,
        })
    });
    let codes = found.code.iter().map(|code| {
        let rows = codes::rows_of(code.id);
        let rows = rows.map(|(block, name)| json!({ "block": block, "name": name }));
        json!({
            "id": code.id,
            "short": code.short,
            "help": code.help,
            "keywords": rows.collect::<Vec<_>>(),
        })
    });
    let (rules, codes): (Vec<Value>, Vec<Value>) = (rules.collect(), codes.collect());
    json!({ "keywords": rows, "rules": rules, "codes": codes })
}

fn keyword(entry: &Entry) -> Value {
    let (status, why) = match entry.status {
        Status::Works => ("works", ""),
        Status::Accepted(why) => ("accepted", why),
        Status::Refused(why) => ("refused", why),
    };
    let errors: Vec<&str> = codes::of_row(entry.block, entry.name).collect();
    json!({
        "block": entry.block,
        "name": entry.name,
        "aliases": entry.aliases,
        "arguments": entry.args,
        "opens_block": entry.opens_block,
        "doc": entry.doc,
        "range": listed::range(entry.block, entry.name),
        "default": entry.default,
        "since": entry.since,
        "again": text::repeat(entry.repeat),
        "status": status,
        "why": why,
        "examples": text::examples(entry),
        "wrong": entry.bad,
        "errors": errors,
    })
}
