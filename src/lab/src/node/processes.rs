//! Processes of a node as /proc shows them.

use std::collections::BTreeMap;
use std::fs;

/// Parent of every process.
fn parents() -> BTreeMap<i32, i32> {
    let mut parents = BTreeMap::new();
    let Ok(entries) = fs::read_dir("/proc") else {
        return parents;
    };
    for entry in entries.flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|n| n.parse::<i32>().ok())
        else {
            continue;
        };
        if let Some(parent) = parent_of(pid) {
            parents.insert(pid, parent);
        }
    }
    parents
}

/// The fourth field of stat; the second, the name, may contain anything, also parentheses.
fn parent_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

/// Direct children, in ascending order.
pub(super) fn children_of(pid: i32) -> Vec<i32> {
    let parents = parents();
    let children = parents.iter().filter(|(_, parent)| **parent == pid);
    children.map(|(child, _)| *child).collect()
}

/// All processes below `pid`, parents before their children.
pub(super) fn descendants_of(pid: i32) -> Vec<i32> {
    let parents = parents();
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        let children = parents.iter().filter(|(_, of)| **of == parent);
        found.extend(children.map(|(child, _)| *child));
        next += 1;
    }
    found.split_off(1)
}
