//! Runs the subcommand that the first word asks for.
//!
//! Invariants: looked at before keepalived's options; the status is 0, 1 when something was found
//! wrong, or 2 when the words or a file cannot be used at all.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use keepalived_rs::commands::{self, Command, Line};
use keepalived_rs::completions;

use crate::{convert, explain, fmt, lint, simulate, status, stop, upgrade};

/// What a subcommand could not do, in words, or the status it ends with.
pub(crate) type Outcome = Result<u8, String>;

/// Runs it, if there is one.
pub(crate) fn dispatch() -> Option<ExitCode> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let first = words.get(1)?.to_str()?;
    if !commands::is_subcommand(first) {
        return None;
    }
    let command = match Line::try_parse_from(&words) {
        Ok(line) => line.command,
        Err(error) => {
            let asked = !error.use_stderr();
            // The text is all there is to say.
            let _ = error.print();
            return Some(if asked {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            });
        }
    };
    let outcome = match command {
        Command::Lab(request) => return Some(lab::cli::main(request)),
        Command::Simulate(words) => simulate::run(&words),
        Command::Lint(words) => lint::run(&words),
        Command::Explain(words) => explain::run(&words),
        Command::Fmt(words) => fmt::run(&words),
        Command::Convert(words) => convert::run(&words),
        Command::Status(words) => status::status(&words),
        Command::Why(words) => status::why(&words),
        Command::Upgrade(words) => upgrade::run(&words),
        Command::Stop(words) => stop::run(&words),
        Command::Completions(words) => print(&completions::script(words.shell)).map(|()| 0),
    };
    Some(ExitCode::from(outcome.unwrap_or_else(|problem| {
        eprintln!("keepalived-rs {first}: {problem}");
        2
    })))
}

/// Writes to standard output. A reader that went away is no failure.
pub(crate) fn print(text: &str) -> Result<(), String> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}
