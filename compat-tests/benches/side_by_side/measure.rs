//! What one run of a program costs.
//!
//! Each run has a process of its own above it, so that the kernel's figures for children are those
//! of that one run.

use std::process::{Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// First argument of the process above a run.
pub(crate) const WORD: &str = "--measure";
/// Tells that the namespace is there.
pub(crate) const INSIDE: &str = "--inside";

/// The cost of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// CPU time, user and system, in microseconds.
    pub(crate) micros: i64,
    /// Peak resident memory, in KiB.
    pub(crate) kib: i64,
    /// Exit status.
    pub(crate) status: i32,
}

fn told(what: &str) -> impl Fn(std::io::Error) -> String {
    let what = what.to_owned();
    move |error| format!("{what}: {error}")
}

/// Runs `command` and prints its cost.
pub(crate) fn child(command: &[&str]) -> Result<(), String> {
    let (program, arguments) = command.split_first().ok_or("no command to measure")?;
    let status = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(told(program))?;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string())?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    let status = status.code().unwrap_or(-1);
    println!("{micros} {} {status}", usage.max_rss());
    Ok(())
}

/// The median cost of several commands, run in turn so that a busy machine is fair to all.
pub(crate) fn medians(commands: &[Vec<String>], runs: usize) -> Result<Vec<Cost>, String> {
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); commands.len()];
    for _ in 0..runs {
        for (command, costs) in commands.iter().zip(&mut costs) {
            costs.push(once(command)?);
        }
    }
    let whole = |costs: Vec<Cost>| Cost {
        micros: median(costs.iter().map(|cost| cost.micros)),
        kib: median(costs.iter().map(|cost| cost.kib)),
        // A run that ended in another way than the rest shows.
        status: costs.iter().map(|cost| cost.status).max().unwrap_or(-1),
    };
    Ok(costs.into_iter().map(whole).collect())
}

fn median(values: impl Iterator<Item = i64>) -> i64 {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn once(command: &[String]) -> Result<Cost, String> {
    let own = std::env::current_exe().map_err(told("own path"))?;
    let output = Command::new(own)
        .arg(WORD)
        .args(command)
        .stderr(Stdio::inherit())
        .output()
        .map_err(told("measuring"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.split_whitespace().map(str::parse::<i64>);
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(micros)), Some(Ok(kib)), Some(Ok(status))) => Ok(Cost {
            micros,
            kib,
            status: i32::try_from(status).unwrap_or(-1),
        }),
        _ => Err(format!("{command:?}: no figures: {text}")),
    }
}

/// Runs this program again in a network namespace of its own.
pub(crate) fn enter_namespace(runs: usize, subjects: &[&str]) -> Result<(), String> {
    let own = std::env::current_exe().map_err(told("own path"))?;
    let status = Command::new("unshare")
        .arg("--net")
        .arg(own)
        .args([INSIDE, "--runs", &runs.to_string()])
        .args(subjects)
        .status()
        .map_err(told("unshare"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("inside the namespace: {status}"))
    }
}

/// Makes interfaces; each has a peer without a name that matters.
pub(crate) fn make_interfaces(names: &[String]) -> Result<(), String> {
    let lines: Vec<String> = names
        .iter()
        .map(|name| format!("link add {name} type veth\nlink set {name} up\n"))
        .collect();
    let batch = tempfile::NamedTempFile::new().map_err(told("a temporary file"))?;
    std::fs::write(batch.path(), lines.concat()).map_err(told("a temporary file"))?;
    let status = Command::new("ip").arg("-batch").arg(batch.path()).status();
    match status.map_err(told("ip"))? {
        status if status.success() => Ok(()),
        status => Err(format!("ip -batch: {status}")),
    }
}

/// A quotient with one decimal.
pub(crate) fn tenths(number: i64, unit: i64) -> String {
    let tenths = (number * 10 + unit / 2) / unit;
    format!("{}.{}", tenths / 10, tenths % 10)
}
