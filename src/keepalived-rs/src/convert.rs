//! `keepalived-rs convert`: the typed AST as JSON, and back to text.
//!
//! Invariants: what is not understood is told and not converted; nothing is looked up on the host
//! but files that are included.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use grammar::diagnostic::{Format, render};
use grammar::keepalived::{self, Options};
use grammar::{FsLoader, Severity, json};
use keepalived_rs::commands::Convert;

use crate::subcommand::{Outcome, print};

/// Converts; status 1 when a part of the file was not understood and is missing.
pub(crate) fn run(words: &Convert) -> Outcome {
    match (&words.json, &words.conf) {
        (Some(file), _) => to_json(file),
        (None, Some(file)) => to_conf(file).map(|()| 0),
        (None, None) => Err("--json FILE or --conf FILE is needed".to_owned()),
    }
}

fn to_json(file: &Path) -> Outcome {
    let host = nix::unistd::gethostname().unwrap_or_default();
    let options = Options {
        hostname: host.to_string_lossy().into_owned(),
        ..Options::default()
    };
    let parsed = keepalived::parse(&mut FsLoader::default(), file, &options);
    eprint!(
        "{}",
        render(&parsed.diagnostics, &parsed.sources, Format::Line)
    );
    if parsed
        .diagnostics
        .iter()
        .any(|it| it.code == "no-configuration")
    {
        return Ok(2);
    }
    let value = json::to_value(&parsed.ast).map_err(|error| error.to_string())?;
    print(&format!("{value:#}\n"))?;
    let lost = |it: &grammar::Diagnostic| it.severity == Severity::Error;
    Ok(u8::from(parsed.diagnostics.iter().any(lost)))
}

fn to_conf(file: &Path) -> Result<(), String> {
    let mut text = String::new();
    let limit = grammar::loader::MAX_FILE;
    let read = match file.as_os_str() == "-" {
        true => std::io::stdin().take(limit).read_to_string(&mut text),
        false => File::open(file).and_then(|file| file.take(limit).read_to_string(&mut text)),
    };
    let name = file.display();
    read.map_err(|error| format!("{name}: {error}"))?;
    let ast = serde_json::from_str(&text)
        .and_then(json::from_value)
        .map_err(|error| format!("{name}: {error}"))?;
    print(&keepalived::print(&ast))
}
