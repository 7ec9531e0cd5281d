//! Names that iproute2's tables give to numbers of the kernel's.
//!
//! Invariants: the administrator's files outrank the distribution's; of two lines with one name
//! the later one counts, as in `ip`. A file that cannot be read has no names.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use plan::facts::NumberTable;

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
        let mut numbers = Self::default();
        for directory in DIRECTORIES {
            let file = Path::new(directory).join(table.file());
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
    fn lines_of_a_table() {
        let mut numbers = Numbers::default();
        numbers.add("# reserved\n254 main\n0x10 hex # a comment\n\nx y\n7\n8 lane\n9 lane\n");
        assert_eq!(numbers.get("main"), Some(254));
        assert_eq!(numbers.get("hex"), Some(16));
        assert_eq!(numbers.get("lane"), Some(9));
        assert_eq!(numbers.get("y"), None);
    }
}
