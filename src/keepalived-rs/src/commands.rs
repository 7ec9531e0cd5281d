//! The subcommands: what each is called and takes.
//!
//! Invariants: no name looks like an option of the original, nor like a word that its command line
//! may hold. To add one: a variant here, an arm in the program's `subcommand`.

use clap::{Args as _, Parser, Subcommand};

use crate::args::Args;

/// `keepalived-rs SUBCOMMAND …`.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "keepalived-rs",
    about = "Works on configurations without running them"
)]
pub struct Line {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Say what a keyword of keepalived.conf, or the code of a message, means
    Explain(Explain),
}

/// Words of `explain`.
#[derive(Clone, Debug, clap::Args)]
pub struct Explain {
    /// Keyword, or code of a message such as unknown-keyword
    #[arg(value_name = "KEYWORD|CODE")]
    pub word: String,
    /// Only in this block: vrrp_instance, virtual_server/real_server, …
    #[arg(value_name = "BLOCK")]
    pub block: Option<String>,
}

/// The whole command line, the original's options and the subcommands, for what is generated from
/// it.
#[must_use]
pub fn whole() -> clap::Command {
    let command = Args::augment_args(clap::Command::new("keepalived-rs"));
    Command::augment_subcommands(command)
        .disable_help_flag(true)
        .disable_version_flag(true)
}

/// Whether a first word asks for a subcommand.
#[must_use]
pub fn is_subcommand(word: &str) -> bool {
    word == "help" || Command::has_subcommand(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        whole().debug_assert();
        assert!(is_subcommand("explain") && !is_subcommand("-t"));
    }
}
