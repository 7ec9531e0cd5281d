//! The scripts of `cases/beside`: each is run with the original and with ours on a host of its own,
//! and has to print the same.
//!
//! `words.sh` has what the scripts are made of. A script acts, waits and prints; it prints `never: …`
//! when a wait was in vain, which fails whoever said it. Ours prints differently only where
//! `known-differences.toml` lists `beside/NAME`.

use std::fs;

use compat_tests::Subject;
use compat_tests::differences::Differences;
use compat_tests::programs::root;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

/// What the scripts are made of.
const WORDS: &str = "words";

pub(crate) fn trials() -> Vec<Trial> {
    let folder = root().join("compat-tests/cases/beside");
    let entries = fs::read_dir(&folder).expect("the cases are there");
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .filter(|name| name != WORDS)
        .collect();
    names.sort();
    let trial = |name: String| scenario(format!("beside::{name}"), move || play(&name));
    names.into_iter().map(trial).collect()
}

fn text(name: &str) -> String {
    let path = root().join(format!("compat-tests/cases/beside/{name}.sh"));
    fs::read_to_string(path).expect("the cases are there")
}

fn play(name: &str) -> Result<(), String> {
    let [original, ours] = Subject::BOTH.map(|subject| {
        let command = format!(
            "keepalived={} original={}\n{}\n{}\n",
            subject.keepalived().display(),
            Subject::Original.keepalived().display(),
            text(WORDS),
            text(name)
        );
        let report = Sandbox::new()
            .interface("eth0", "192.0.2.1/24")
            .run(&command);
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
