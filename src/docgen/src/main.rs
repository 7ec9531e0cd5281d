//! Writes what follows from the tables and the command line: manual pages, shell completions, the
//! codes that go with a keyword, and the coverage table of the README. `--check` compares instead
//! of writing.
//!
//! Invariant: the same tables give the same bytes. Deliberately unknown here: how a page is shown.

mod completions;
mod coverage;
mod man;
mod related;
mod roff;

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
    let related = related::Related::find();
    let template = |name: &str| read(&format!("man/templates/{name}.in"));
    let mut files = vec![
        (
            "man/keepalived.conf.5",
            man::keepalived_conf(&template("keepalived.conf.5")?, &related)?,
        ),
        (
            "man/keepalived-rs.8",
            man::keepalived_rs(&template("keepalived-rs.8")?)?,
        ),
        (
            "man/nginx-stream.conf.5",
            man::nginx_stream_conf(&template("nginx-stream.conf.5")?)?,
        ),
        ("src/keepalived-rs/src/codes/rows.tsv", related.list()),
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

#[cfg(test)]
mod tests {
    use std::process::Command;

    /// As `man --warnings` shows them.
    #[test]
    fn troff_has_nothing_to_say_about_the_pages() {
        let man = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../man");
        let pages: Vec<_> = std::fs::read_dir(man)
            .expect("the folder of the pages")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|it| it == "5" || it == "8"))
            .collect();
        assert!(pages.len() > 3, "{pages:?}");
        for page in pages {
            let output = Command::new("groff")
                .args(["-ww", "-man", "-z"])
                .arg(&page)
                .output()
                .expect("groff runs; `cargo xtask test` installs it (groff-base)");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                said.is_empty() && output.status.success(),
                "{}: {said}",
                page.display()
            );
        }
    }
}
