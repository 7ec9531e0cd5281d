//! `keepalived-rs lab`: the command line, the head of the timeline, the exit status.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base::Instant;
use clap::ValueHint;

use crate::network::{self, Network};
use crate::node;
use crate::observed::{Event, Observation};
use crate::printer::Printer;
use crate::script::{self, FORMS, Script};
use crate::timeline::Style;
use crate::topology::{self, Choices, Topology};
use crate::world::{Outcome, Run, Trouble};

/// Everything held.
const GOOD: u8 = 0;
/// An expectation did not hold.
const BROKEN: u8 = 1;
/// The command line, the script, the directories or the host are not fit.
const UNFIT: u8 = 2;
/// As a shell reports an interrupted command.
const INTERRUPTED: u8 = 130;

/// What was asked for: the words after `lab`.
#[derive(Clone, Debug, clap::Parser)]
#[allow(clippy::struct_excessive_bools)]
pub struct Request {
    /// A machine: its files lie in it as they lie in / (etc/keepalived, etc/nginx, usr/local, …).
    /// A directory that holds such directories stands for all of them
    #[arg(value_name = "DIR", required = true, value_hint = ValueHint::DirPath)]
    pub directories: Vec<PathBuf>,
    /// What to do and to expect [default: lab.script beside the directories; without one
    /// everything is started and the timeline runs until interrupted]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub script: Option<PathBuf>,
    /// Run the installed keepalived and nginx instead of these: all, NODE or NODE/SERVICE
    #[arg(long = "original", value_name = "WHICH")]
    pub originals: Vec<String>,
    /// The nginx-stream-rs to use [default: beside this program]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::ExecutablePath)]
    pub nginx: Option<PathBuf>,
    /// Use a user namespace even as root
    #[arg(long)]
    pub unprivileged: bool,
    /// Show every log line and all output
    #[arg(long)]
    pub verbose: bool,
    /// Show every observation as a line of JSON
    #[arg(long)]
    pub json: bool,
    /// Read directories and script, start nothing
    #[arg(long)]
    pub check: bool,
}

struct Options {
    choices: Choices,
    script: Option<PathBuf>,
    style: Style,
    check: bool,
}

/// For the end of a help text: the statements of a script, and the exit statuses.
#[must_use]
pub fn statements() -> String {
    let forms = FORMS.iter().map(|(_, forms)| format!("  {forms}\n"));
    format!(
        "Statements of a script, one a line, # starts a comment:\n\n{}\n\
         Exit status: 0 every expectation held, 1 one did not, 2 the lab could not be run, \
         130 interrupted.",
        forms.collect::<String>()
    )
}

/// Runs `keepalived-rs lab`. The status is 0 when every expectation held, 1 when one did not, 2 when
/// the lab could not be run, 130 when it was interrupted.
#[must_use]
pub fn main(request: Request) -> ExitCode {
    let mut options = options(request);
    let prepared = read_script(&options).and_then(|(script, from)| {
        options.choices.script_directory = from
            .as_deref()
            .and_then(Path::parent)
            .map_or_else(PathBuf::new, Path::to_owned);
        let topology = topology::plan(&options.choices, &script).map_err(|e| e.to_string())?;
        let problems = script::check(&script, &topology.services());
        if !problems.is_empty() {
            return Err(show_problems(&problems, from.as_deref()));
        }
        Ok((script, from.is_some(), topology))
    });
    match prepared {
        Err(why) => {
            eprintln!("keepalived-rs lab: {why}");
            ExitCode::from(UNFIT)
        }
        Ok(_) if options.check => ExitCode::from(GOOD),
        Ok((script, scripted, topology)) => run(&options, &script, scripted, topology),
    }
}

/// Acts as the program the lab starts under another name, if that is our name.
#[must_use]
pub fn role(argv0: &str, arguments: &[String]) -> Option<ExitCode> {
    let name = Path::new(argv0).file_name()?.to_str()?;
    let done = match name {
        "lab-node" => node::enclose(),
        "lab-init" => node::run_init(),
        "lab-exec" => node::exec(arguments),
        "lab-unit" => node::supervise().map(|()| ExitCode::SUCCESS),
        // Only inside a node: elsewhere these names belong to others.
        "systemctl" | "service" if node::inside() => return Some(node::shim(name, arguments)),
        _ => return None,
    };
    Some(done.unwrap_or_else(|error| {
        eprintln!("{name}: {error}");
        ExitCode::from(UNFIT)
    }))
}

fn options(request: Request) -> Options {
    let style = match (request.verbose, request.json) {
        (_, true) => Style::Json,
        (true, false) => Style::Verbose,
        (false, false) => Style::Text,
    };
    Options {
        choices: Choices {
            directories: request.directories,
            originals: request.originals,
            nginx: request.nginx,
            unprivileged: request.unprivileged || !nix::unistd::geteuid().is_root(),
            ..Choices::default()
        },
        script: request.script,
        style,
        check: request.check,
    }
}

/// The script and where it came from; none is an empty one.
fn read_script(options: &Options) -> Result<(Script, Option<PathBuf>), String> {
    let path = options.script.clone().or_else(|| {
        let first = options.choices.directories.first()?;
        let beside = first.parent().map(|parent| parent.join("lab.script"));
        let places = [Some(first.join("lab.script")), beside];
        places.into_iter().flatten().find(|path| path.is_file())
    });
    let Some(path) = path else {
        return Ok((Script::default(), None));
    };
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let script = script::parse(&text).map_err(|found| show_problems(&found, Some(&path)))?;
    Ok((script, Some(path)))
}

fn show_problems(problems: &[script::Problem], from: Option<&Path>) -> String {
    let name = from.map_or_else(|| "script".to_owned(), |path| path.display().to_string());
    let lines: Vec<String> = problems.iter().map(|p| format!("{name}: {p}")).collect();
    lines.join("\n")
}

fn run(options: &Options, script: &Script, scripted: bool, topology: Topology) -> ExitCode {
    let names = topology.machines.iter().map(|m| m.setup.name.len());
    let width = names.max().unwrap_or(0).max(6);
    let lines = head(options, &topology);
    // Before the first thread: see `leave_host`.
    if let Err(error) = network::leave_host(options.choices.unprivileged) {
        eprintln!("keepalived-rs lab: {error}");
        return ExitCode::from(UNFIT);
    }
    let printer = Printer::start(options.style, width);
    let mut tell = |seen: &Observation| printer.tell(seen);
    for text in lines {
        tell(&note(Instant::ZERO, text));
    }
    let ended = Network::build(topology)
        .map_err(|error| Trouble::Broken(error.to_string()))
        .and_then(|mut world| perform(&mut world, script, scripted, &mut tell));
    printer.finish();
    let status = match ended {
        Ok(outcome) => {
            summary(outcome, options.style);
            if outcome.good() { GOOD } else { BROKEN }
        }
        Err(Trouble::Interrupted) if !scripted => GOOD,
        Err(Trouble::Interrupted) => INTERRUPTED,
        Err(trouble) => {
            eprintln!("keepalived-rs lab: {trouble}");
            UNFIT
        }
    };
    ExitCode::from(status)
}

fn perform(
    world: &mut Network,
    script: &Script,
    scripted: bool,
    tell: &mut dyn FnMut(&Observation),
) -> Result<Outcome, Trouble> {
    for text in world.notes().to_vec() {
        tell(&note(Instant::ZERO, text));
    }
    let mut run = Run::new(world, tell);
    if scripted {
        return run.script(script);
    }
    let start = script::parse("start all").unwrap_or_default();
    run.script(&start)?;
    run.forever()?;
    Ok(Outcome::default())
}

fn note(at: Instant, text: String) -> Observation {
    Observation {
        at,
        node: None,
        event: Event::Note { text },
    }
}

fn head(options: &Options, topology: &Topology) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(topology.title.clone());
    if options.choices.unprivileged {
        lines.push(
            "unprivileged: in a user namespace with uid 0 alone. Files of the host belong to \
             nobody there and count as root's for our programs; users of scripts and workers are \
             not switched to. Run as root for the genuine thing."
                .to_owned(),
        );
    }
    for machine in &topology.machines {
        let addresses: Vec<String> = machine.addresses.iter().map(ToString::to_string).collect();
        let mut line = format!(
            "{} is {} on {}",
            machine.setup.name,
            addresses.join(" "),
            machine.interface
        );
        if !machine.remark.is_empty() {
            line.push_str(&format!(" ({})", machine.remark));
        }
        for unit in &machine.setup.units {
            let kind = if machine.originals.contains(&unit.name) {
                "the original"
            } else {
                "ours"
            };
            line.push_str(&format!("; {}: {kind}", unit.name));
        }
        lines.push(line);
    }
    lines
}

fn summary(outcome: Outcome, style: Style) {
    if style == Style::Json {
        if let Ok(text) = serde_json::to_string(&outcome) {
            println!("{text}");
        }
        return;
    }
    println!("{outcome}");
}
