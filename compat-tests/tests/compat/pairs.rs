//! Two nodes on a switch, ours and Debian's keepalived in every role: the scripts of `cases/pairs`.
//!
//! A script acts and waits; it fails at the first wait that was in vain. `nodes.sh` has the words it
//! is made of. Without a line `# casts: WHO_WHO …` it runs with ours first and with the original
//! first; what a line `# wide: …` names runs with `--all` only.
//! Invariants: a takeover is never required to be quick, only not to be early; whatever a script
//! asserts it has awaited, or it cannot come any more.

use std::fs;
use std::path::PathBuf;

use compat_tests::Subject;
use compat_tests::programs::root;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

/// Without `# casts:`.
const USUAL: &str = "ours_original original_ours";
/// The words that scripts are made of.
const WORDS: &str = "nodes";

pub(crate) fn trials() -> Vec<Trial> {
    let folder = root().join("compat-tests/cases/pairs");
    let entries = fs::read_dir(&folder).expect("the cases are there");
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .filter(|name| name != WORDS)
        .collect();
    names.sort();
    names.iter().flat_map(|name| casts(name)).collect()
}

fn text(name: &str) -> String {
    let path: PathBuf = root().join(format!("compat-tests/cases/pairs/{name}.sh"));
    fs::read_to_string(path).expect("the cases are there")
}

fn casts(name: &str) -> Vec<Trial> {
    let script = text(name);
    let said = |what: &str| {
        let mut lines = script.lines();
        let words = lines.find_map(|line| line.strip_prefix(what));
        words.map(str::to_owned)
    };
    let mut casts = said("# casts: ").unwrap_or_else(|| USUAL.to_owned());
    if cfg!(feature = "wide") {
        casts = [casts, said("# wide: ").unwrap_or_default()].join(" ");
    }
    let trial = |cast: &str| {
        let who = cast.split_once('_').expect("A_B");
        let (first, second) = (subject(who.0), subject(who.1));
        let name = name.to_owned();
        scenario(format!("pairs::{name}::{cast}"), move || {
            play(&name, first, second)
        })
    };
    casts.split_whitespace().map(trial).collect()
}

/// # Panics
/// At a word that a script's author made up.
fn subject(word: &str) -> Subject {
    let mut known = Subject::BOTH.into_iter();
    known
        .find(|subject| subject.word() == word)
        .expect("ours or original")
}

fn play(name: &str, first: Subject, second: Subject) -> Result<(), String> {
    let [a, b, ours] = [first, second, Subject::Ours].map(Subject::keepalived);
    let command = format!(
        "A={} B={} OURS={}\n{}\n{}\ntrap - EXIT; echo done\n",
        a.display(),
        b.display(),
        ours.display(),
        text(WORDS),
        text(name)
    );
    let report = Sandbox::new().run(&command);
    let lines = report.map_err(|error| error.to_string())?.lines;
    match lines == ["done"] {
        true => Ok(()),
        false => Err(lines.join("\n")),
    }
}
