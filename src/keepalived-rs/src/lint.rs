//! `keepalived-rs lint FILE|DIR…`: what a node's or a cluster's files will do that nobody meant.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};

use grammar::diagnostic::render;
use grammar::{Diagnostic, Severity};
use keepalived_rs::args::Format;
use keepalived_rs::commands::Lint;
use plan::lint::rules;

use crate::nodes::{find, read};
use crate::subcommand::{Outcome, print};

/// Reads what the words name and prints what the rules find; status 1 with an error.
pub(crate) fn run(words: &Lint) -> Outcome {
    if words.list {
        return print(&list()).map(|()| 0);
    }
    for id in &words.allow {
        if !rules().iter().any(|rule| rule.id == id) {
            let nearest = grammar::keyword::nearest(id, rules().iter().map(|rule| rule.id));
            let meant = nearest.map_or(String::new(), |it| format!(", did you mean {it}?"));
            return Err(format!("--allow {id}: there is no such rule{meant}"));
        }
    }
    let cluster = read::nodes(&find::find(&words.paths)?)?.cluster;
    let allowed: Vec<&str> = words.allow.iter().map(String::as_str).collect();
    let findings = cluster.findings(&allowed);
    let base = std::env::current_dir().ok();
    let terminal = io::stdout().is_terminal();
    let rendering = words.format.rendering(terminal, base.as_deref());
    let mut text = render(&findings, cluster.sources(), rendering);
    if words.format == Format::Annotated {
        text += &totals(&findings);
    }
    print(&text)?;
    let failed = findings.iter().any(|it| it.severity == Severity::Error);
    Ok(u8::from(failed))
}

fn totals(findings: &[Diagnostic]) -> String {
    let count = |severity, one: &str| {
        let count = findings.iter().filter(|it| it.severity == severity).count();
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {one}{plural}")
    };
    let totals = [
        count(Severity::Error, "error"),
        count(Severity::Warning, "warning"),
        count(Severity::Notice, "note"),
    ];
    totals.join(", ") + "\n"
}

fn list() -> String {
    let mut text = String::new();
    for rule in rules() {
        let severity = match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Notice => "note",
        };
        let _ = writeln!(
            text,
            "{} ({severity})\n    looks at: {}\n    outcome:  {}\n    fix:      {}\n",
            rule.id, rule.checks, rule.outcome, rule.fix
        );
    }
    text
}
