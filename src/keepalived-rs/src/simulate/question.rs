//! The questions that everybody has: what happens when the master dies, its link is cut, its check
//! fails, and when each returns.

use std::fmt::Write as _;

use lab::timeline::{self, Style};
use lab::world::Trouble;
use serde::Serialize;
use sim::{Action, NodeIx};

use super::machine::Machine;
use super::stage::{Outcome, Stage};
use super::world::Virtual;

/// Something that befalls a master.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Failure {
    Stop,
    Kill,
    Power,
    Cable,
    Cut,
    Check(String),
    Object(String),
}

impl Failure {
    /// Everything that can befall this machine.
    fn all(machine: &Machine) -> Vec<Self> {
        use vrrp::config::ObjectKind::{Bfd, File, Interface, Process};
        let vrrp = &machine.plan.vrrp;
        let mut all = vec![Self::Stop, Self::Kill, Self::Power, Self::Cable, Self::Cut];
        let scripts = vrrp.scripts.iter().map(|script| script.name.clone());
        all.extend(scripts.map(Self::Check));
        let objects = vrrp.objects.iter().filter(|object| match object.kind {
            Process | Bfd => true,
            // The cable is asked about; what a file will say nobody knows.
            Interface | File => false,
        });
        all.extend(objects.map(|object| Self::Object(object.name.clone())));
        all
    }

    fn words(&self, node: &str) -> (String, String) {
        match self {
            Self::Stop => (
                format!("keepalived on {node} is stopped"),
                "it is started again".to_owned(),
            ),
            Self::Kill => (
                format!("keepalived on {node} is killed (kill -9 of all its processes)"),
                "it is started again".to_owned(),
            ),
            Self::Power => (
                format!("{node} loses its power"),
                "it boots again".to_owned(),
            ),
            Self::Cable => (
                format!("the cable of {node} is pulled"),
                "it is plugged in again".to_owned(),
            ),
            Self::Cut => (
                format!("{node} is cut off, and no carrier is lost"),
                "the network heals".to_owned(),
            ),
            Self::Check(name) => (
                format!("{name} fails on {node}"),
                "it succeeds again".to_owned(),
            ),
            Self::Object(name) => (
                format!("{name}, which is tracked, goes bad on {node}"),
                "it is good again".to_owned(),
            ),
        }
    }

    /// Makes it so, or undoes it (`well`).
    fn set(&self, well: bool, world: &mut Virtual<'_>, at: usize) {
        let node = NodeIx(at);
        match (self, well) {
            (Self::Stop, false) => world.act(Action::Stop(node)),
            (Self::Kill, false) => world.act(Action::Kill(node)),
            (Self::Stop | Self::Kill, true) => world.act(Action::Start(node)),
            (Self::Power, false) => world.act(Action::PowerOff(node)),
            (Self::Power, true) => {
                world.cable(at, true);
                world.act(Action::Start(node));
            }
            (Self::Cable, _) => world.cable(at, well),
            (Self::Cut, false) => world.act(Action::Isolate(node)),
            (Self::Cut, true) => world.act(Action::Rejoin(node)),
            (Self::Check(name), _) => world.set_check(at, name, well),
            (Self::Object(name), _) => world.act(Action::Object {
                node,
                object: name.clone(),
                reading: if well {
                    vrrp::Reading::Good
                } else {
                    vrrp::Reading::Bad
                },
            }),
        }
    }
}

/// A question and what the simulation says.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Answer {
    /// What was done.
    pub(super) event: String,
    /// What came of it.
    pub(super) outcome: Outcome,
}

/// The start, then every question for every machine that is master of something.
///
/// # Errors
/// The world broke, which is a fault of the simulation.
pub(super) fn ask(
    machines: &[Machine],
    seed: u64,
    tell: &mut dyn FnMut(&Answer),
) -> Result<(), Trouble> {
    let (_, outcome) = Stage::new(machines, seed)?;
    let holders: Vec<String> = outcome.masters.values().flatten().cloned().collect();
    tell(&Answer {
        event: "every node starts".to_owned(),
        outcome,
    });
    for (at, machine) in machines.iter().enumerate() {
        if !holders.contains(&machine.name) {
            continue;
        }
        for failure in Failure::all(machine) {
            let (mut stage, _) = Stage::new(machines, seed)?;
            let (struck, mended) = failure.words(&machine.name);
            for (event, well) in [(struck, false), (mended, true)] {
                let outcome = stage.after(|world| {
                    failure.set(well, world, at);
                    Ok(())
                })?;
                tell(&Answer { event, outcome });
            }
        }
    }
    Ok(())
}

impl Answer {
    /// For people: the timeline, and what it comes to. Names are padded to `width`.
    pub(super) fn text(&self, style: Style, width: usize) -> String {
        let mut text = format!("{}\n", self.event);
        for seen in &self.outcome.observations {
            if let Some(line) = timeline::line(seen, style, width) {
                let _ = writeln!(text, "{line}");
            }
        }
        for line in self.outcome.summary() {
            let _ = writeln!(text, "   = {line}");
        }
        text.push('\n');
        text
    }
}

impl Outcome {
    fn summary(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (instance, nodes) in &self.masters {
            let names: Vec<&str> = nodes.iter().map(String::as_str).collect();
            lines.push(match names.as_slice() {
                [] => format!("{instance}: nobody is master"),
                [one] => format!("{instance}: {one} is master"),
                several => format!("{instance}: {} are master at once", several.join(" and ")),
            });
        }
        for (target, wait) in &self.waits {
            lines.push(match wait {
                Some(micros) => format!("clients wait {} for {target}", seconds(*micros)),
                None => format!("clients get no answer from {target} any more"),
            });
        }
        if self.waits.is_empty() {
            lines.push("clients notice nothing".to_owned());
        }
        for (instance, micros) in &self.two_masters {
            lines.push(format!(
                "{instance} has two masters for {}",
                seconds(*micros)
            ));
        }
        if self.restless {
            lines.push("and it goes on like this: the simulation stops looking".to_owned());
        }
        lines
    }
}

fn seconds(micros: u64) -> String {
    format!("{}.{:03} s", micros / 1_000_000, micros % 1_000_000 / 1000)
}
