//! Two nodes on a switch, ours and Debian's keepalived in every role: the scripts of `cases/pairs`.
//!
//! A script acts and waits; it fails at the first wait that was in vain. `nodes.sh` has the words it
//! is made of. Without a line `# casts: WHO_WHO …` it runs with ours first and with the original
//! first; what a line `# wide: …` names runs with `--all` only.
//! Invariants: a takeover is never required to be quick, only not to be early; whatever a script
//! asserts it has awaited, or it cannot come any more.

use compat_tests::Subject;
use compat_tests::cases;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

/// Without `# casts:`.
const USUAL: &str = "ours_original original_ours";
/// Where they are.
const FOLDER: &str = "pairs";
/// The words that scripts are made of.
const WORDS: &str = "nodes";

pub(crate) fn trials() -> Vec<Trial> {
    let scripts = cases::scripts(FOLDER, WORDS).expect("the cases are there");
    let casts = |(name, script)| casts(name, script);
    scripts.into_iter().flat_map(casts).collect()
}

fn casts(name: String, script: String) -> Vec<Trial> {
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
        let script = script.clone();
        scenario(format!("pairs::{name}::{cast}"), move || {
            play(&script, first, second)
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

fn play(script: &str, first: Subject, second: Subject) -> Result<(), String> {
    let [a, b, ours] = [first, second, Subject::Ours].map(Subject::keepalived);
    let words = cases::script(FOLDER, WORDS).map_err(|error| error.to_string())?;
    let command = format!(
        "A={} B={} OURS={}\n{words}\n{script}\ntrap - EXIT; echo done\n",
        a.display(),
        b.display(),
        ours.display(),
    );
    let report = Sandbox::new().run(&command);
    let lines = report.map_err(|error| error.to_string())?.lines;
    match lines == ["done"] {
        true => Ok(()),
        false => Err(lines.join("\n")),
    }
}
