//! Check scripts: when they run, and what they do as far as their text is known.

use core::time::Duration;
use std::collections::BTreeSet;

use grammar::ast::leaf::Spanned;
use grammar::{SourceMap, Span};

use super::super::shell::{self, Command};
use super::super::{Node, Read};

/// Default of a script's interval.
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// One `vrrp_script`.
pub(crate) struct Script {
    pub(crate) name: Spanned<String>,
    /// Place of the interval, of the name when it is not written.
    pub(crate) interval: Spanned<Duration>,
    /// Killed after this.
    pub(crate) timeout: Spanned<Duration>,
    /// Where the command is named.
    pub(crate) command: Span,
    /// Its program, as written.
    pub(crate) program: String,
    /// What runs: the commands of the script's text, or the command itself when it is no script
    /// or its text is not known.
    pub(crate) runs: Vec<Command>,
    /// Path of the script, where its text is known.
    pub(crate) path: Option<String>,
    /// Its text, or the command.
    pub(crate) text: String,
    /// Some instance or group tracks it.
    pub(crate) tracked: bool,
}

pub(super) fn scripts(node: &Node, read: &Read, sources: &SourceMap) -> Vec<Script> {
    let vrrp = &read.ast.vrrp;
    let lines = vrrp.instances.iter().flat_map(|it| &it.track_scripts);
    let lines = lines.chain(vrrp.sync_groups.iter().flat_map(|it| &it.track_scripts));
    let tracked: BTreeSet<&str> = lines.map(|line| line.name.as_str()).collect();
    let all = read.ast.vrrp.scripts.iter().filter_map(|script| {
        let command = script.command.as_ref()?;
        let at = |span: Span| span.moved(read.moved);
        let here = at(script.name.span);
        let interval = match script.interval {
            Some(interval) => Spanned::new(interval.value, at(interval.span)),
            None => Spanned::new(SECOND, here),
        };
        let place = at(command.span);
        let text = text(node, &command.argv);
        let runs = match (text, command.argv.as_slice()) {
            (Some(text), _) => shell::commands(sources.text(text), text),
            (None, [shell, option, line, ..]) if is_shell(shell) && option == "-c" => {
                let mut runs = shell::commands(line, place);
                runs.iter_mut().for_each(|command| command.place = place);
                runs
            }
            _ => vec![Command::plain(&command.argv, place)],
        };
        Some(Script {
            name: Spanned::new(script.name.value.clone(), here),
            interval,
            timeout: match script.timeout {
                Some(timeout) => Spanned::new(timeout.value, at(timeout.span)),
                None => interval,
            },
            command: place,
            program: command.argv.first().cloned().unwrap_or_default(),
            runs,
            path: text.and(
                command
                    .argv
                    .iter()
                    .find(|word| word.starts_with('/'))
                    .cloned(),
            ),
            text: match text {
                Some(text) => sources.text(text).to_owned(),
                None => command.argv.join(" "),
            },
            tracked: tracked.contains(script.name.as_str()),
        })
    });
    all.collect()
}

fn is_shell(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    matches!(name, "sh" | "bash" | "dash" | "ash")
}

/// The known text of the script that a command runs, directly or through a shell.
fn text(node: &Node, argv: &[String]) -> Option<Span> {
    let program = match argv {
        [shell, script, ..] if is_shell(shell) => script,
        [program, ..] => program,
        [] => return None,
    };
    let known = node
        .scripts
        .iter()
        .find(|script| script.path.as_os_str() == program.as_str());
    known.map(|script| script.place)
}
