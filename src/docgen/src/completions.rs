//! Shell completions of `keepalived-rs`, from the command line it parses.

use keepalived_rs::commands::Shell;
use keepalived_rs::completions::script;

/// File below `man/completions` and its text, for each shell.
pub(crate) fn keepalived() -> Vec<(&'static str, String)> {
    let shells = [
        ("man/completions/keepalived-rs.bash", Shell::Bash),
        ("man/completions/keepalived-rs.fish", Shell::Fish),
        ("man/completions/_keepalived-rs", Shell::Zsh),
    ];
    shells
        .into_iter()
        .map(|(file, shell)| (file, script(shell)))
        .collect()
}
