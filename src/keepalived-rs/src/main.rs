//! `keepalived-rs`.

mod lab_cmd;

use std::process::ExitCode;

fn main() -> ExitCode {
    lab_cmd::dispatch().unwrap_or(ExitCode::SUCCESS)
}
