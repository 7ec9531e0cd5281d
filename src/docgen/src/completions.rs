//! Shell completions of `keepalived-rs`, from the command line it parses.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

/// File below `man/completions` and its text, for each shell.
pub(crate) fn keepalived() -> Vec<(&'static str, String)> {
    let shells = [
        ("man/completions/keepalived-rs.bash", Shell::Bash),
        ("man/completions/keepalived-rs.fish", Shell::Fish),
        ("man/completions/_keepalived-rs", Shell::Zsh),
    ];
    shells
        .into_iter()
        .map(|(file, shell)| (file, text(shell)))
        .collect()
}

fn text(shell: Shell) -> String {
    let mut written = Vec::new();
    let mut command = keepalived_rs::args::Args::command();
    generate(shell, &mut command, "keepalived-rs", &mut written);
    String::from_utf8_lossy(&written).into_owned()
}
