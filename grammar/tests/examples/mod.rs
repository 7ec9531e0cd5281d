//! The configurations that come with the project.

use std::path::{Path, PathBuf};

/// Every keepalived.conf and nginx.conf under examples-conf, in order.
pub(crate) fn examples() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples-conf");
    let mut pending = vec![root];
    let mut found = Vec::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("readable");
            pending.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|it| it == "conf") {
            found.push(path);
        }
    }
    found.sort();
    found
}
