//! `-t`: says what is wrong with a configuration and ends with the original's status.
//!
//! Invariants: nothing is written but messages; a file that passes, and whose every keyword is
//! acted on, is passed silently, unless a document for programs was asked for: that one goes to
//! standard output and nothing stands beside it.
//! Deviation: a file that is missing, unreadable or executable fails with 6; the original prints a
//! message and reports success.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use grammar::diagnostic::render;
use keepalived_rs::args::Format;
use plan::facts::Assumed;
use runtime::keepalived::Options;
use runtime::keepalived::config;

/// Bytes of memory that a byte of a configuration takes, roughly (measured: 16 for services, 26 for instances).
const MEMORY: usize = 16;

/// What `-t` was told besides the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Messages are appended here instead of going to standard error.
    pub(crate) log: Option<&'a Path>,
    /// How they look; by default as the original's, and annotated on a terminal.
    pub(crate) format: Option<Format>,
    /// Look at no interface, account or script.
    pub(crate) offline: bool,
}

/// Tests `options.file`.
pub(crate) fn run(options: &Options, wanted: Wanted<'_>) -> i32 {
    if let Ok(file) = std::fs::metadata(&options.file) {
        sys::memory::expect(
            usize::try_from(file.len())
                .unwrap_or(0)
                .saturating_mul(MEMORY),
        );
    }
    let checked = config::test(options, wanted.offline);
    let terminal = wanted.log.is_none() && io::stderr().is_terminal();
    let format = match wanted.format {
        Some(format) => format,
        None if terminal => Format::Annotated,
        None => Format::Line,
    };
    let base = std::env::current_dir().ok();
    let rendering = format.rendering(terminal, base.as_deref());
    let text = render(&checked.diagnostics, &checked.sources, rendering);
    let mut remarks = String::new();
    if let Some(notice) = checked.notice() {
        remarks += &format!("{notice}\n");
    }
    if wanted.offline && format == Format::Annotated {
        remarks += &format!("{}\n", Assumed::STATEMENT);
    }
    let written = match (wanted.log, format.is_document()) {
        (None, true) => io::stdout().write_all(text.as_bytes()),
        (log, true) => write(log, &text),
        (log, false) => write(log, &(text + &remarks)),
    };
    if let Err(error) = written {
        eprintln!("cannot write the messages: {error}");
    }
    let status = checked.status().into();
    // The process ends: taking a large configuration apart would only cost time.
    std::mem::forget(checked);
    status
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
