//! Every keepalived.conf of the articles: what it is understood as, and what is wrong with it.

use std::path::{Path, PathBuf};

use grammar::FsLoader;
use grammar::keepalived::{self, Options, Parsed};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples-conf/articles")
}

/// Every keepalived.conf below a directory, sorted.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in std::fs::read_dir(&directory).expect("a directory of examples") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                pending.push(path);
            } else if path
                .file_name()
                .is_some_and(|name| name == "keepalived.conf")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(
        found.len() >= 10,
        "the articles have more files than {found:?}"
    );
    found
}

fn parse(path: &Path) -> Parsed {
    keepalived::parse(&mut FsLoader::default(), path, &Options::default())
}

#[test]
fn understood_as() {
    let root = root();
    for path in files(&root) {
        let parsed = parse(&path);
        let name = path
            .strip_prefix(&root)
            .expect("below the root")
            .display()
            .to_string();
        let prefix = format!("{}/", root.display());
        let report = keepalived::report(&parsed.diagnostics, &parsed.sources).join("\n");
        let status = keepalived::test_status(&parsed.diagnostics);
        let inactive: Vec<_> = parsed
            .inactive
            .iter()
            .map(|inactive| inactive.name)
            .collect();
        let text = format!(
            "{}\n--- problems of the text (status {status})\n{}\n--- inactive: {}\n",
            keepalived::print(&parsed.ast),
            report.replace(&prefix, ""),
            inactive.join(" ")
        );
        let snapshot = name.trim_end_matches("/keepalived.conf").replace('/', "__");
        insta::with_settings!({ prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(snapshot, text);
        });
    }
}

/// What was understood of a file, printed and read again, is the same, without problems.
#[test]
fn printing_reads_back() {
    for path in files(&root()) {
        let first = parse(&path);
        let printed = keepalived::print(&first.ast);
        let mut loader = grammar::MemoryLoader::new([("p.conf", printed.as_str())]);
        let second = keepalived::parse(&mut loader, "p.conf".as_ref(), &Options::default());
        assert_eq!(second.diagnostics, [], "{}:\n{printed}", path.display());
        assert_eq!(second.ast, first.ast, "{}:\n{printed}", path.display());
    }
}

/// Cut off anywhere, or with any byte changed, a file still parses to something.
#[test]
fn damage_is_survived() {
    let mut seen = std::collections::BTreeSet::new();
    for path in files(&root()) {
        let bytes = std::fs::read(&path).expect("readable");
        // Nodes of one article differ in a few bytes only.
        if !seen.insert(bytes.len() / 100) {
            continue;
        }
        for at in (0..bytes.len()).step_by(3) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            for text in [&bytes[..at], &flipped[..]] {
                let mut loader = grammar::MemoryLoader::default();
                loader.insert("d.conf", grammar::loader::FileKind::Regular, text);
                let parsed = keepalived::parse(&mut loader, "d.conf".as_ref(), &Options::default());
                for problem in &parsed.diagnostics {
                    let line = problem.keepalived_line(&parsed.sources);
                    assert!(!line.is_empty());
                }
            }
        }
    }
}
