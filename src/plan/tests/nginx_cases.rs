//! `grammar/tests/nginx_cases`: broken (and a few good) files, each with what nginx says.
//!
//! The first line of a file is a comment with nginx's first `[emerg]` line (the file's own name as
//! `CONF`, its directory as `DIR`) or `ok`. Recorded from Debian's nginx 1.22.1; where nginx 1.31
//! says something else, that is what we say, and ` | nginx 1.22.1: ...` follows.

mod support;

use std::path::{Path, PathBuf};

use grammar::nginx::{Options, parse};
use grammar::{FsLoader, Severity};
use plan::nginx::{Layout, plan};
use support::Host;

fn cases() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../grammar/tests/nginx_cases");
    let entries = std::fs::read_dir(dir).expect("the directory of cases");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
}

/// The first error line, or `ok`.
fn first_line(path: &Path) -> (String, usize) {
    let dir = path.parent().expect("a directory");
    let layout = Layout {
        prefix: dir.to_owned(),
        pid: "nginx.pid".into(),
        error_log: None,
        user: "nobody".to_owned(),
    };
    let parsed = parse(&mut FsLoader::default(), path, None, &Options::default());
    let planned = plan(&parsed, &Host::default(), &layout);
    let errors = || {
        planned
            .diagnostics
            .iter()
            .filter(|p| p.severity == Severity::Error)
    };
    let line = errors().next().map_or("ok".to_owned(), |problem| {
        let line = problem.nginx_line(&parsed.sources);
        let line = line.replace(&path.display().to_string(), "CONF");
        line.replace(&dir.display().to_string(), "DIR")
    });
    for problem in &planned.diagnostics {
        assert!(
            problem
                .annotated(&parsed.sources, false)
                .contains(&problem.message)
        );
    }
    (line, errors().count())
}

#[test]
fn the_first_error_is_nginx_s() {
    let cases = cases();
    assert!(cases.len() > 100, "{}", cases.len());
    let mut wrong = Vec::new();
    for path in cases {
        let text = std::fs::read_to_string(&path).expect("readable");
        let header = text.lines().next().unwrap_or("").trim_start_matches("# ");
        let expected = header.split(" | nginx 1.22.1:").next().unwrap_or("");
        let (line, _) = first_line(&path);
        if line != expected {
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            wrong.push(format!("{name}\n  nginx: {expected}\n  ours:  {line}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_mistake_gives_one_error() {
    let several = ["first_of_several"];
    for path in cases() {
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let (line, count) = first_line(&path);
        if !several.contains(&name.as_str()) {
            assert_eq!(count, usize::from(line != "ok"), "{name}");
        }
    }
}
