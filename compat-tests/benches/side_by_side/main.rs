//! Ours beside the installed originals, in one run: `cargo xtask bench parse vrrp`.
//!
//! Invariants: both run in the same network namespace, in turn, each as often as the other; what
//! is reported is the median of all runs. Nothing is asserted about speed.

mod inputs;
mod measure;
mod parse;
mod plan;
mod vrrp;

use std::process::ExitCode;

const USAGE: &str = "\
bench [--runs N] SUBJECT...

  parse   `keepalived -t` of large files: CPU time and peak memory
  plan    parsing, planning and comparing of stream servers, in this process
  vrrp    failover, adverts and memory of running daemons; CASE... after it chooses among
          term unicast term200 killed upgrade weight group bfd takeover cpu cpu100 reload
          memory realtime

At least five runs each; N is rounded up to that.
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        [measure::WORD, command @ ..] => measure::child(command),
        _ => bench(&words),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bench: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn bench(words: &[&str]) -> Result<(), String> {
    let mut runs = 5;
    let mut subjects = Vec::new();
    let mut inside = false;
    let mut words = words.iter();
    while let Some(&word) = words.next() {
        match word {
            // cargo's own.
            "--bench" => {}
            measure::INSIDE => inside = true,
            "--runs" => {
                let number = words.next().and_then(|word| word.parse().ok());
                runs = number.unwrap_or(0).max(5);
            }
            "parse" | "plan" | "vrrp" => subjects.push(word),
            word if vrrp::words().any(|case| case == word) => subjects.push(word),
            _ => return Err(format!("{word}: unknown\n\n{USAGE}")),
        }
    }
    if subjects.is_empty() {
        subjects.push("parse");
    }
    if !inside {
        return measure::enter_namespace(runs, &subjects);
    }
    if subjects.contains(&"parse") {
        parse::run(runs)?;
    }
    if subjects.contains(&"plan") {
        plan::run(runs)?;
    }
    subjects.retain(|subject| !["parse", "plan"].contains(subject));
    if subjects.is_empty() {
        return Ok(());
    }
    subjects.retain(|subject| *subject != "vrrp");
    vrrp::run(runs, &subjects)
}
