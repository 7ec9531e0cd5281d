//! Ours in test mode over many small files in one process.
//!
//! `test-files FOLDER COUNT` reads `keepalived.conf` in FOLDER/0, FOLDER/1 and so on as
//! `keepalived-rs -t` does, on this host, and leaves its messages beside it in `ours`, the exit
//! status in `ours.status`. A file that makes it panic has 101 there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use runtime::keepalived::Options;
use runtime::keepalived::config;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [folder, count] = words.as_slice() else {
        eprintln!("usage: test-files FOLDER COUNT");
        return ExitCode::FAILURE;
    };
    let count: usize = count.parse().unwrap_or_default();
    let outcome = (0..count).try_for_each(|index| {
        let own = Path::new(folder).join(index.to_string());
        test(&own).map_err(|error| format!("{}: {error}", own.display()))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("test-files: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn test(own: &Path) -> io::Result<()> {
    std::env::set_current_dir(own)?;
    let options = Options {
        file: PathBuf::from("keepalived.conf"),
        ..Options::default()
    };
    let tested = std::panic::catch_unwind(|| config::test(&options, false));
    let (status, lines) = match tested {
        Ok(checked) => {
            let mut lines = checked.report();
            lines.extend(checked.notice());
            (checked.status(), lines)
        }
        Err(_) => (101, vec!["it panics".to_owned()]),
    };
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write("ours", text)?;
    fs::write("ours.status", status.to_string())
}
