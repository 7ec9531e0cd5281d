//! `keepalived-rs lint FILE|DIR…`: what a node's or a cluster's files will do that nobody meant.
//!
//! Exit status: 0 when nothing worse than a warning was found, 1 with an error, 2 when the command
//! line or a file cannot be understood at all.

mod find;
mod loader;
mod read;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::Parser;
use grammar::{Diagnostic, Severity, SourceMap};
use plan::lint::{Cluster, rules};

/// Says what a configuration will do that its author did not mean, over all nodes given
#[derive(Debug, Parser)]
#[command(name = "keepalived-rs lint")]
pub(crate) struct Args {
    /// keepalived.conf, nginx.conf or kubeadm files; directories that hold a node's files at their
    /// paths, or several of either. All of them are taken as one cluster
    #[arg(value_name = "FILE|DIR", required_unless_present = "list")]
    paths: Vec<PathBuf>,
    /// Leave out findings of this rule
    #[arg(long, value_name = "ID")]
    allow: Vec<String>,
    /// How findings are printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Explain every rule and exit
    #[arg(long)]
    list: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Annotated, for people
    Text,
    /// One array, for programs
    Json,
}

/// Runs the subcommand with the words behind `lint`.
pub(crate) fn main(words: &[String]) -> u8 {
    let name = "keepalived-rs lint".to_owned();
    let args = match Args::try_parse_from(std::iter::once(&name).chain(words)) {
        Ok(args) => args,
        Err(error) => {
            let asked = !error.use_stderr();
            let _ = error.print();
            return if asked { 0 } else { 2 };
        }
    };
    match run(&args) {
        Ok(status) => status,
        Err(problem) => {
            eprintln!("keepalived-rs lint: {problem}");
            2
        }
    }
}

fn run(args: &Args) -> Result<u8, String> {
    if args.list {
        return print(&list()).map(|()| 0);
    }
    for id in &args.allow {
        if !rules().iter().any(|rule| rule.id == id) {
            let nearest = grammar::keyword::nearest(id, rules().iter().map(|rule| rule.id));
            let meant = nearest.map_or(String::new(), |it| format!(", did you mean {it}?"));
            return Err(format!("--allow {id}: there is no such rule{meant}"));
        }
    }
    let cluster = read::cluster(&find::find(&args.paths)?)?;
    let allowed: Vec<&str> = args.allow.iter().map(String::as_str).collect();
    let findings = cluster.findings(&allowed);
    let text = match args.format {
        Format::Text => text(&cluster, &findings),
        Format::Json => json(cluster.sources(), &findings),
    };
    print(&text)?;
    let failed = findings.iter().any(|it| it.severity == Severity::Error);
    Ok(u8::from(failed))
}

/// A reader that went away is no failure.
fn print(text: &str) -> Result<(), String> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn text(cluster: &Cluster, findings: &[Diagnostic]) -> String {
    let colour = io::stdout().is_terminal();
    let mut text = String::new();
    for finding in findings {
        text.push_str(&finding.annotated(cluster.sources(), colour));
        text.push_str("\n\n");
    }
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
    text.push_str(&totals.join(", "));
    text.push('\n');
    text
}

fn json(sources: &SourceMap, findings: &[Diagnostic]) -> String {
    let all: Vec<_> = findings.iter().map(|it| it.json(sources)).collect();
    format!("{:#}\n", serde_json::Value::Array(all))
}

fn list() -> String {
    let mut text = String::new();
    for rule in rules() {
        let severity = match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Notice => "note",
        };
        text.push_str(&format!(
            "{} ({severity})\n  looks at: {}\n  outcome:  {}\n  fix:      {}\n\n",
            rule.id, rule.checks, rule.outcome, rule.fix
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
