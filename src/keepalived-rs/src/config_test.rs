//! `-t`: says what is wrong with a configuration and ends with the original's status.
//!
//! Invariants: nothing is written but messages; a file that passes, and whose every keyword is
//! acted on, is passed silently.
//! Deviation: a file that is missing, unreadable or executable fails with 6; the original prints a
//! message and reports success.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use plan::facts::Assumed;
use plan::keepalived::Checked;
use runtime::keepalived::Options;
use runtime::keepalived::config;

/// What `-t` was told besides the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Messages are appended here instead of going to standard error.
    pub(crate) log: Option<&'a Path>,
    /// Show the text that each problem is about, also where nobody sits at a terminal.
    pub(crate) explain: bool,
    /// Look at no interface, account or script.
    pub(crate) offline: bool,
}

/// Tests `options.file`.
pub(crate) fn run(options: &Options, wanted: Wanted<'_>) -> i32 {
    let checked = config::test(options, wanted.offline);
    let terminal = wanted.log.is_none() && io::stderr().is_terminal();
    let mut text = if wanted.explain || terminal {
        annotated(&checked, terminal)
    } else {
        lines(&checked)
    };
    if let Some(notice) = checked.notice() {
        text += &format!("{notice}\n");
    }
    if wanted.offline && (wanted.explain || terminal) {
        text += &format!("{}\n", Assumed::STATEMENT);
    }
    if let Err(error) = write(wanted.log, &text) {
        eprintln!("cannot write the messages: {error}");
    }
    checked.status().into()
}

/// The original's form.
fn lines(checked: &Checked) -> String {
    let lines = checked.report().into_iter();
    lines.map(|line| line + "\n").collect()
}

/// With the text that each problem is about.
fn annotated(checked: &Checked, colour: bool) -> String {
    let problems = checked.diagnostics.iter();
    problems
        .map(|problem| problem.annotated(&checked.sources, colour) + "\n")
        .collect()
}

fn write(log: Option<&Path>, text: &str) -> io::Result<()> {
    match log {
        None => io::stderr().write_all(text.as_bytes()),
        Some(path) => {
            let mut file = OpenOptions::new().append(true).create(true).open(path)?;
            file.write_all(text.as_bytes())
        }
    }
}
