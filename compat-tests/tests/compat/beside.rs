//! The scripts of `cases/beside`: each is run with the original and with ours on a host of its own,
//! and has to print the same.
//!
//! `words.sh` has what the scripts are made of. A script acts, waits and prints; it prints `never: …`
//! when a wait was in vain, which fails whoever said it. With the first line `# host: process events` the
//! programs hear of processes that begin and end. Ours prints differently only where
//! `known-differences.toml` lists `beside/NAME`.

use compat_tests::Subject;
use compat_tests::cases;
use compat_tests::differences::Differences;
use compat_tests::preload;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;
use sys::process_events::ProcessEvents;

use crate::clock::scenario;

/// Where they are.
const FOLDER: &str = "beside";
/// The first line of a script whose programs hear of processes.
const EVENTS: &str = "# host: process events";
/// What the scripts are made of.
const WORDS: &str = "words";

pub(crate) fn trials() -> Vec<Trial> {
    let scripts = cases::scripts(FOLDER, WORDS).expect("the cases are there");
    let trial = |(name, script): (String, String)| {
        scenario(format!("beside::{name}"), move || play(&name, &script))
    };
    scripts.into_iter().map(trial).collect()
}

fn play(name: &str, script: &str) -> Result<(), String> {
    let sandbox = Sandbox::new().interface("eth0", "192.0.2.1/24");
    if !script.starts_with(EVENTS) {
        return compare(name, script, "", &sandbox);
    }
    if let Err(error) = ProcessEvents::open(None) {
        println!("beside/{name}: skipped, the kernel does not tell of processes here: {error}");
        return Ok(());
    }
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let library = preload::library(preload::FIRST_NET, folder.path());
    let library = library.map_err(|error| error.to_string())?;
    let ahead = format!("env LD_PRELOAD={} ", library.display());
    compare(name, script, &ahead, &sandbox.among_all_processes())
}

/// Runs the script with each program, which is started by `ahead`.
fn compare(name: &str, script: &str, ahead: &str, sandbox: &Sandbox) -> Result<(), String> {
    let words = cases::script(FOLDER, WORDS).map_err(|error| error.to_string())?;
    let [original, ours] = Subject::BOTH.map(|subject| {
        let command = format!(
            "keepalived='{ahead}{}' original={}\n{words}\n{script}\n",
            subject.keepalived().display(),
            Subject::Original.keepalived().display(),
        );
        let report = sandbox.run(&command);
        let lines = report.map_err(|error| error.to_string())?.lines;
        match lines.is_empty() || lines.iter().any(|line| line.contains("never: ")) {
            true => Err(format!("{}: {lines:#?}", subject.word())),
            false => Ok(lines),
        }
    });
    let (original, ours) = (original?, ours?);
    Differences::load().compare_lines(&format!("beside/{name}"), &original, &ours)?;
    println!("beside/{name}: {} lines", original.len());
    Ok(())
}
