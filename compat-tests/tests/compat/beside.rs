//! The scripts of `cases/beside`: each is run with the original and with ours on a host of its own,
//! and has to print the same.
//!
//! `words.sh` has what the scripts are made of. A script acts, waits and prints; it prints `never: …`
//! when a wait was in vain, which fails whoever said it. Ours prints differently only where
//! `known-differences.toml` lists `beside/NAME`.

use compat_tests::Subject;
use compat_tests::cases;
use compat_tests::differences::Differences;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

/// Where they are.
const FOLDER: &str = "beside";
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
    let words = cases::script(FOLDER, WORDS).map_err(|error| error.to_string())?;
    let [original, ours] = Subject::BOTH.map(|subject| {
        let command = format!(
            "keepalived={} original={}\n{words}\n{script}\n",
            subject.keepalived().display(),
            Subject::Original.keepalived().display(),
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
