//! `keepalived-rs upgrade`: a running daemon goes on as the program that was installed since.

use keepalived_rs::commands::Upgrade;
use runtime::keepalived::command::{Failure, Request, ask};
use runtime::keepalived::status::Daemon;

use crate::status::socket;
use crate::subcommand::{Outcome, print};

/// Status 1 when the daemon goes on as it was.
pub(crate) fn run(words: &Upgrade) -> Outcome {
    let path = socket(&words.running)?;
    match ask::<Daemon>(&path, &Request::Upgrade) {
        Ok(daemon) => {
            print(&format!("{}, process {}\n", daemon.version, daemon.pid))?;
            Ok(0)
        }
        Err(Failure::Refused(why)) => {
            eprintln!("keepalived-rs upgrade: {why}");
            Ok(1)
        }
        Err(failure) => Err(failure.to_string()),
    }
}
