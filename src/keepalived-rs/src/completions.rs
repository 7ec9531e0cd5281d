//! Completion scripts, from the one definition of the command line.

use clap_complete::generate;

use crate::commands::{Shell, whole};

/// The script for a shell.
#[must_use]
pub fn script(shell: Shell) -> String {
    let mut written = Vec::new();
    let name = "keepalived-rs";
    let mut command = whole();
    match shell {
        Shell::Bash => generate(clap_complete::Shell::Bash, &mut command, name, &mut written),
        Shell::Zsh => generate(clap_complete::Shell::Zsh, &mut command, name, &mut written),
        Shell::Fish => generate(clap_complete::Shell::Fish, &mut command, name, &mut written),
    }
    String::from_utf8_lossy(&written).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subcommands_and_options_are_completed() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell);
            for word in ["explain", "lint", "dont-fork", "unprivileged", "sarif"] {
                assert!(script.contains(word), "{shell:?} {word}");
            }
        }
    }
}
