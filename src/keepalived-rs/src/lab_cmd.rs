//! The names under which the lab runs this program inside its nodes.

use std::process::ExitCode;

/// Acts as the program that the lab starts under another name, if that is our name. Looked at
/// before anything of the command line.
pub(crate) fn role() -> Option<ExitCode> {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let argv0 = words.next()?;
    let arguments: Vec<String> = words.collect();
    lab::cli::role(&argv0, &arguments)
}
