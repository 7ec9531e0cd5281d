//! The lab without the daemon: what the lab's own tests run, and what compares originals only.

use std::process::ExitCode;

use clap::Parser as _;
use lab::cli::{self, Request};

fn main() -> ExitCode {
    let mut words = std::env::args();
    let argv0 = words.next().unwrap_or_default();
    let arguments: Vec<String> = words.collect();
    cli::role(&argv0, &arguments).unwrap_or_else(|| cli::main(Request::parse()))
}
