//! `keepalived-rs simulate NODE…`: the nodes' files in virtual time, without root and without
//! starting anything.

mod check;
mod client;
mod machine;
mod notify;
mod observe;
mod question;
mod service;
mod stage;
mod world;

use std::fs;
use std::path::Path;

use base::Instant;
use keepalived_rs::commands::Simulate;
use lab::observed::Observation;
use lab::script::{self, Declaration, ProbeTarget, Problem, Script};
use lab::timeline::{self, Style};
use lab::world::Run;

use crate::nodes::{find, read};
use crate::subcommand::{Outcome, print};
use machine::Machine;
use world::Virtual;

/// Simulates; status 1 when an expectation of the script did not hold.
pub(crate) fn run(words: &Simulate) -> Outcome {
    let script = match &words.script {
        Some(path) => read_script(path)?,
        None => Script::default(),
    };
    let nodes = read::nodes(&find::find(&words.paths)?)?;
    let errors = nodes.cluster.findings(&[]);
    let errors = errors
        .iter()
        .filter(|it| it.severity == grammar::Severity::Error);
    let errors = errors.count();
    let machines = machine::machines(nodes, &script)?;
    let mut problems = script::check(&script, &machine::services(&machines));
    problems.extend(check::check(&script));
    if let Some(path) = words.script.as_deref().filter(|_| !problems.is_empty()) {
        return Err(listed(&problems, path));
    }
    let style = match (words.json, words.verbose) {
        (true, _) => Style::Json,
        (false, true) => Style::Verbose,
        (false, false) => Style::Text,
    };
    let names = machines.iter().map(|it| it.name.len());
    let width = names.max().unwrap_or(0).max(6);
    if style != Style::Json {
        print(&head(&machines, errors))?;
    }
    if words.script.is_none() && words.until.is_none() {
        return questions(&machines, words.seed, style, width);
    }
    story(&machines, &script, words, style, width)
}

fn read_script(path: &Path) -> Result<Script, String> {
    let text = fs::read_to_string(path).map_err(|it| format!("{}: {it}", path.display()))?;
    script::parse(&text).map_err(|problems| listed(&problems, path))
}

fn listed(problems: &[Problem], path: &Path) -> String {
    let lines = problems
        .iter()
        .map(|it| format!("{}: {it}", path.display()));
    lines.collect::<Vec<String>>().join("\n")
}

fn head(machines: &[Machine], errors: usize) -> String {
    let mut text = String::new();
    for machine in machines {
        text += &format!("{} is {}", machine.name, machine.address);
        text += &format!(" ({})\n", machine.remark);
    }
    if errors > 0 {
        let plural = if errors == 1 { "" } else { "s" };
        text += &format!(
            "{errors} error{plural} in these files: what is simulated is what would run all the \
             same; keepalived-rs lint says more\n"
        );
    }
    text + "\n"
}

/// The standing questions.
fn questions(machines: &[Machine], seed: u64, style: Style, width: usize) -> Outcome {
    let mut failed = None;
    let mut tell = |answer: &question::Answer| {
        let text = match style {
            Style::Json => serde_json::to_string(answer).unwrap_or_default() + "\n",
            Style::Text | Style::Verbose => answer.text(style, width),
        };
        failed = failed.take().or(print(&text).err());
    };
    question::ask(machines, seed, &mut tell).map_err(|trouble| trouble.to_string())?;
    failed.map_or(Ok(0), Err)
}

/// A script, or just everything started, as one timeline.
fn story(
    machines: &[Machine],
    script: &Script,
    words: &Simulate,
    style: Style,
    width: usize,
) -> Outcome {
    let probes: Vec<ProbeTarget> = script
        .declarations
        .iter()
        .filter_map(|(_, it)| match it {
            Declaration::Client { probes, .. } => Some(probes.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    let mut world = Virtual::new(machines, &probes, words.seed);
    let mut failed = None;
    let mut tell = |seen: &Observation| {
        if let Some(line) = timeline::line(seen, style, width) {
            failed = failed.take().or(print(&(line + "\n")).err());
        }
    };
    let mut run = Run::new(&mut world, &mut tell);
    let everything = script::parse("start all").unwrap_or_default();
    let script = if words.script.is_some() {
        script
    } else {
        &everything
    };
    let outcome = run.script(script).map_err(|trouble| trouble.to_string())?;
    if let Some(until) = words.until {
        run.until(Instant::ZERO + until)
            .map_err(|trouble| trouble.to_string())?;
    }
    if let Some(problem) = failed {
        return Err(problem);
    }
    if words.script.is_some() {
        let text = match style {
            Style::Json => serde_json::to_string(&outcome).unwrap_or_default(),
            Style::Text | Style::Verbose => outcome.to_string(),
        };
        print(&(text + "\n"))?;
    }
    Ok(u8::from(!outcome.good()))
}
