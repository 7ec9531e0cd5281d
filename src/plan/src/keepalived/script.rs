//! `vrrp_script` blocks: the command, and its schedule for the engine.
//!
//! Invariants: a script in a plan can run; one that cannot is reported once, here, and whatever
//! tracks it stays silent about it.

use core::time::Duration;
use std::collections::BTreeMap;

use base::Weight;
use grammar::Diagnostic;
use grammar::ast::vrrp as ast;
use vrrp::config::{Script, ScriptIx};

use super::Command;
use super::command::{Commands, NO_ACCOUNT, Part, Refused};
use super::shown::ScriptShown;

/// What tracking a script means unless the track line says otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tracked {
    pub(super) index: ScriptIx,
    pub(super) weight: Weight,
    pub(super) reverse: bool,
}

/// Scripts by name: planned, or left out with a report.
pub(super) type ByName = BTreeMap<String, Option<Tracked>>;

impl Commands<'_> {
    /// Every `vrrp_script` in file order.
    pub(super) fn scripts(
        &mut self,
        scripts: &[ast::Script],
        problems: &mut Vec<Diagnostic>,
    ) -> (Vec<Script>, Vec<(Command, ScriptShown)>, ByName) {
        let (mut schedules, mut commands, mut by_name) = (Vec::new(), Vec::new(), ByName::new());
        let mut places = BTreeMap::new();
        for script in scripts {
            // The first one of two with a name counts. The original says nothing.
            if let Some(&first) = places.get(script.name.value.as_str()) {
                let message = format!("vrrp script {} already defined", script.name);
                let problem = Diagnostic::warning("duplicate-name", message);
                let problem = problem.label(script.name.span, "never runs");
                problems.push(problem.label(first, "this one does"));
                continue;
            }
            places.insert(script.name.value.as_str(), script.name.span);
            let others = core::mem::take(&mut self.insecure);
            let planned = self.script(script, problems);
            let insecure = self.insecure;
            self.insecure |= others;
            let tracked = planned.map(|command| {
                let index = u32::try_from(schedules.len()).unwrap_or(u32::MAX);
                schedules.push(schedule(script, &command));
                let weight = script.weight.map(|weight| weight.value);
                let tracked = Tracked {
                    index: ScriptIx(index),
                    weight: weight.map_or(Weight(0), |weight| weight.weight),
                    reverse: weight.and_then(|weight| weight.reverse).unwrap_or(false),
                };
                commands.push((command, ScriptShown::of(script, tracked, insecure)));
                tracked
            });
            by_name.insert(script.name.value.clone(), tracked);
        }
        (schedules, commands, by_name)
    }

    fn script(&mut self, script: &ast::Script, problems: &mut Vec<Diagnostic>) -> Option<Command> {
        let name = &script.name;
        let Some(command) = &script.command else {
            if !script.rejected.contains("script") {
                let message = format!("No script set for vrrp_script {name} - removing");
                problems.push(Diagnostic::error("no-script", message).at(name.span));
            }
            return None;
        };
        let own = script.user.as_ref();
        let (code, message, why) =
            match self.command(Part::Vrrp, command, own.map(|user| &user.value)) {
                Ok(command) => return Some(command),
                Err(Refused::Told) => return None,
                Err(Refused::NotFound(why)) => (
                    "script-not-found",
                    format!("Disabling track script {name} since not found/accessible"),
                    why,
                ),
                Err(Refused::Insecure(why)) => (
                    "script-insecure",
                    format!("Disabling track script {name} due to insecure"),
                    why,
                ),
                Err(Refused::NoAccount(why)) => (
                    "unknown-user",
                    match own {
                        Some(_) => {
                            let program = command.argv.first().map_or("", String::as_str);
                            format!("Unable to set uid/gid for script '{program}'")
                        }
                        None => {
                            format!("Unable to set default user for vrrp script {name} - removing")
                        }
                    },
                    why,
                ),
            };
        let place = match (code, own) {
            ("unknown-user", Some(user)) => user.span,
            _ => command.span,
        };
        let mut problem = Diagnostic::error(code, message).label(place, why);
        problem.help = match code {
            "script-insecure" => {
                Some("only root may be able to change it, and what leads to it".to_owned())
            }
            "unknown-user" if own.is_none() => Some(NO_ACCOUNT.to_owned()),
            _ => None,
        };
        problems.push(problem);
        None
    }
}

fn schedule(script: &ast::Script, command: &Command) -> Script {
    let interval = script
        .interval
        .map_or(Duration::from_secs(1), |time| time.value);
    Script {
        name: script.name.value.clone(),
        identity: format!("{:?} {}:{}", command.argv, command.uid, command.gid),
        interval,
        timeout: script.timeout.map_or(interval, |time| time.value),
        rise: script.rise.map_or(1, |count| count.value),
        fall: script.fall.map_or(1, |count| count.value),
    }
}
