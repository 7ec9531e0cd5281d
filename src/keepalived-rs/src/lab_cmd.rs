//! `keepalived-rs lab`, and the names under which the lab runs this program inside its nodes.
//!
//! Looked at before anything else of the command line: `lab` is no option of the original, and
//! nothing of its words may be read as one.

use std::process::ExitCode;

/// Runs the lab if that is what was asked for.
pub(crate) fn dispatch() -> Option<ExitCode> {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let argv0 = words.next()?;
    let arguments: Vec<String> = words.collect();
    if let Some(status) = lab::cli::role(&argv0, &arguments) {
        return Some(status);
    }
    let (first, rest) = arguments.split_first()?;
    (first == "lab").then(|| lab::cli::main(rest))
}
