//! What a node's keepalived is started with, as far as its files say: variables for `${_ENV NAME}`,
//! and the id of `-i`.
//!
//! Deliberately unknown here: units that set variables themselves, and this machine's environment.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where services and images keep them.
const USUAL: [&str; 3] = [
    "etc/default/keepalived",
    "etc/sysconfig/keepalived",
    "etc/keepalived/keepalived.env",
];
/// The same beside a configuration that lies in no node's tree.
const BESIDE: [&str; 2] = ["keepalived.env", ".env"];
/// Variables that hold the daemon's arguments.
const ARGUMENTS: [&str; 2] = ["DAEMON_ARGS", "KEEPALIVED_OPTIONS"];
/// Largest such file, in bytes.
const MAX_SIZE: u64 = 64 << 10;

/// What the files say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    pub(crate) values: BTreeMap<String, String>,
    /// `-i ID` among the arguments.
    pub(crate) config_id: Option<String>,
}

/// Of a node with this root directory, or with a configuration in this directory.
pub(crate) fn of_node(root: Option<&Path>, beside: Option<&Path>) -> Environment {
    let below = |directory: &Path, names: &[&str]| -> Vec<PathBuf> {
        names.iter().map(|name| directory.join(name)).collect()
    };
    let files = match (root, beside) {
        (Some(root), _) => below(root, &USUAL),
        (None, Some(directory)) => below(directory, &BESIDE),
        (None, None) => Vec::new(),
    };
    let small = |path: &PathBuf| fs::metadata(path).is_ok_and(|it| it.len() <= MAX_SIZE);
    let texts = files.into_iter().filter(small);
    let texts = texts.filter_map(|path| fs::read_to_string(path).ok());
    read(&texts.collect::<String>())
}

/// `NAME=value`, with or without quotes and `export`.
fn read(text: &str) -> Environment {
    let mut found = Environment::default();
    for line in text.lines() {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let value = value.trim().trim_matches(['"', '\'']);
        if ARGUMENTS.contains(&name) {
            found.config_id = config_id(value).or(found.config_id);
        }
        found
            .values
            .insert(name.trim().to_owned(), value.to_owned());
    }
    found
}

fn config_id(arguments: &str) -> Option<String> {
    let mut words = arguments.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            "-i" | "--config-id" => return words.next().map(str::to_owned),
            _ => {}
        }
        let joined = word.strip_prefix("--config-id=");
        if let Some(id) = joined {
            return Some(id.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_an_environment_file() {
        let found = read("# x=1\nVIP=192.0.2.1\nexport KEY='a b'\nDAEMON_ARGS=\"-D -i left\"\n");
        assert_eq!(
            found.values.get("VIP").map(String::as_str),
            Some("192.0.2.1")
        );
        assert_eq!(found.values.get("KEY").map(String::as_str), Some("a b"));
        assert_eq!(found.config_id.as_deref(), Some("left"));
        assert!(!found.values.contains_key("# x"));
        assert_eq!(config_id("--config-id=b -l").as_deref(), Some("b"));
        assert_eq!(config_id("-D"), None);
    }
}
