//! Names that iproute2's tables give to numbers of the kernel's.
//!
//! Invariants: the administrator's files outrank the distribution's; of two lines with one name
//! the later one counts, as in `ip`. A file that cannot be read has no names.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use plan::facts::{NumberTable, Tables};

/// Where iproute2's tables lie, the administrator's last.
const DIRECTORIES: [&str; 3] = ["/usr/lib/iproute2", "/usr/share/iproute2", "/etc/iproute2"];

/// Longest file read, in bytes.
const LONGEST: u64 = 4 << 20;

/// One table.
#[derive(Debug, Default)]
pub(super) struct Numbers(BTreeMap<String, u32>);

impl Numbers {
    /// Reads `rt_…` and `rt_….d/*.conf`.
    pub(super) fn read(table: NumberTable) -> Self {
        Self::read_in(&Tables::default(), table)
    }

    /// The same in other places, where those are named.
    pub(super) fn read_in(tables: &Tables, table: NumberTable) -> Self {
        let mut numbers = Self::default();
        let [usr @ .., etc] = DIRECTORIES.map(Path::new);
        let mut directories: Vec<&Path> = match &tables.usr {
            Some(usr) => vec![usr],
            None => usr.to_vec(),
        };
        directories.push(tables.etc.as_deref().unwrap_or(etc));
        for directory in directories {
            let file = directory.join(table.file());
            numbers.add(&text(&file));
            for part in parts(&file.with_extension("d")) {
                numbers.add(&text(&part));
            }
        }
        numbers
    }

    pub(super) fn get(&self, name: &str) -> Option<u32> {
        self.0.get(name).copied()
    }

    fn add(&mut self, text: &str) {
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or("");
            let mut words = line.split_ascii_whitespace();
            let number = words.next().and_then(number);
            if let (Some(number), Some(name)) = (number, words.next()) {
                self.0.insert(name.to_owned(), number);
            }
        }
    }
}

fn number(word: &str) -> Option<u32> {
    match word.strip_prefix("0x") {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
        None => word.parse().ok(),
    }
}

fn text(file: &Path) -> String {
    let mut bytes = Vec::new();
    let read =
        std::fs::File::open(file).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
    match read {
        Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}

/// The `.conf` files of a directory, by name.
fn parts(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|it| it == "conf"))
        .collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_directories_take_the_place_of_the_usual_ones() {
        let folder = tempfile::tempdir().expect("a folder");
        let (usr, etc) = (folder.path().join("usr"), folder.path().join("etc"));
        for (directory, text) in [(&usr, "7000 near\n7001 far\n"), (&etc, "7002 near\n")] {
            std::fs::create_dir(directory).expect("made");
            std::fs::write(directory.join("rt_tables"), text).expect("written");
        }
        let tables = Tables {
            usr: Some(usr),
            etc: Some(etc),
        };
        let numbers = Numbers::read_in(&tables, NumberTable::Tables);
        assert_eq!(numbers.get("near"), Some(7002));
        assert_eq!(numbers.get("far"), Some(7001));
        assert_eq!(numbers.get("main"), None);
    }

    #[test]
    fn lines_of_a_table() {
        let mut numbers = Numbers::default();
        numbers.add("# reserved\n254 main\n0x10 hex # a comment\n\nx y\n7\n8 lane\n9 lane\n");
        assert_eq!(numbers.get("main"), Some(254));
        assert_eq!(numbers.get("hex"), Some(16));
        assert_eq!(numbers.get("lane"), Some(9));
        assert_eq!(numbers.get("y"), None);
    }
}
