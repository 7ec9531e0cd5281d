//! nginx-stream-rs: reads nginx.conf and runs its `stream {}` blocks.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let status = runtime::nginx::run(&arguments);
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}
