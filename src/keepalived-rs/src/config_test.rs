//! `-t`: says what is wrong with a configuration and ends with the original's status.
//!
//! Invariants: nothing is written but messages; a file that passes is passed silently.
//! Deviation: a file that is missing, unreadable or executable fails with 6; the original prints a
//! message and reports success.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use runtime::keepalived::Options;
use runtime::keepalived::config::{self, Reading};

/// Status of a file that cannot be read.
const UNREADABLE: i32 = 6;

/// Tests `options.file`; messages go to `log` (appended) or standard error.
pub(crate) fn run(options: &Options, log: Option<&Path>, explain: bool) -> i32 {
    let (text, status) = match config::read(options) {
        Ok(reading) => (render(&reading, explain), reading.test_status()),
        Err(unreadable) => (format!("{unreadable}\n"), UNREADABLE),
    };
    if let Err(error) = write(log, &text) {
        eprintln!("cannot write the messages: {error}");
    }
    status
}

fn render(reading: &Reading, explain: bool) -> String {
    let mut text = String::new();
    if explain {
        use std::io::IsTerminal as _;
        let colour = io::stderr().is_terminal();
        for diagnostic in &reading.diagnostics {
            text.push_str(&diagnostic.annotated(&reading.sources, colour));
            text.push('\n');
        }
        if !reading.inactive.is_empty() {
            text.push_str("accepted but without effect: ");
            text.push_str(&reading.inactive.join(", "));
            text.push('\n');
        }
    } else {
        for line in reading.report() {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
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
