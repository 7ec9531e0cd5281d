//! Which nodes one file for all of them is meant for: the ids of its `@id` lines.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::Path;

/// Bytes of a file that are looked at.
const LOOK: u64 = 1 << 20;
/// Nodes that one file may name.
const MAX_IDS: usize = 64;

/// The ids of the file's `@id` and `@^id` lines, sorted; none when it cannot be read.
pub(crate) fn named_in(path: &Path) -> Vec<String> {
    let mut text = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(LOOK).read_to_end(&mut text));
    match read {
        Ok(_) => ids(&String::from_utf8_lossy(&text)),
        Err(_) => Vec::new(),
    }
}

fn ids(text: &str) -> Vec<String> {
    let words = text.lines().filter_map(|line| {
        let word = line.trim_start().strip_prefix('@')?;
        let word = word.strip_prefix('^').unwrap_or(word);
        word.split_whitespace().next()
    });
    let ids: BTreeSet<&str> = words.filter(|word| !word.is_empty()).collect();
    ids.into_iter().take(MAX_IDS).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_lines() {
        let text = "@b state MASTER\n  @^a state BACKUP\nx user@host\n@b priority 9\n@\n";
        assert_eq!(ids(text), ["a", "b"]);
        assert!(ids("global_defs {\n}\n").is_empty());
    }
}
