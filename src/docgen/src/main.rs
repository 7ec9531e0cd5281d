//! Writes what follows from the keyword tables: manual pages of the two languages, shell
//! completions, and the coverage table of the README. `--check` compares instead of writing.
//!
//! Invariant: the same tables give the same bytes. Deliberately unknown here: how a page is shown.

mod completions;
mod coverage;
mod man;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let check = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--check") => true,
        Some(other) => {
            eprintln!("docgen: unknown argument {other}; it takes --check or nothing");
            return ExitCode::from(2);
        }
    };
    match generate(check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("docgen: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn generate(check: bool) -> Result<(), String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |name: &str| {
        fs::read_to_string(root.join(name)).map_err(|error| format!("{name}: {error}"))
    };
    let coverage = coverage::of(
        &read("grammar/spec/keepalived.tsv")?,
        &read("grammar/spec/nginx-stream.tsv")?,
    );
    let mut files = vec![
        (
            "man/keepalived.conf.5",
            man::keepalived(&read("man/templates/keepalived.conf.5.in")?),
        ),
        (
            "man/nginx-stream.conf.5",
            man::nginx(&read("man/templates/nginx-stream.conf.5.in")?),
        ),
        ("README.md", between_marks(&read("README.md")?, &coverage)?),
    ];
    files.extend(completions::keepalived());
    let mut stale = Vec::new();
    for (name, text) in files {
        if fs::read_to_string(root.join(name)).is_ok_and(|there| there == text) {
            continue;
        }
        if check {
            stale.push(name);
        } else {
            let file = root.join(name);
            let folder = file.parent().unwrap_or(&root);
            fs::create_dir_all(folder).map_err(|error| format!("{name}: {error}"))?;
            fs::write(file, text).map_err(|error| format!("{name}: {error}"))?;
            eprintln!("wrote {name}");
        }
    }
    if stale.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "not up to date, run cargo xtask gen: {}",
            stale.join(", ")
        ))
    }
}

const BEGIN: &str = "<!-- coverage: written by cargo xtask gen -->";
const END: &str = "<!-- end of coverage -->";

/// Puts `coverage` between the README's two marks.
fn between_marks(readme: &str, coverage: &str) -> Result<String, String> {
    let (before, rest) = readme
        .split_once(BEGIN)
        .ok_or("README.md lacks the coverage mark")?;
    let (_, after) = rest
        .split_once(END)
        .ok_or("README.md lacks the end mark of the coverage")?;
    Ok(format!("{before}{BEGIN}\n{coverage}{END}{after}"))
}
