//! What both programs say to many small files, asked in one throw-away host.
//!
//! Invariants: both read the same file at the same path; a program that hangs is ended and its
//! status says so. Deliberately unknown here: which files, and what may differ.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::Subject;
use crate::sandbox::Sandbox;

/// Seconds a program may take for one small file.
const BOUND: u32 = 10;

/// What `-t` said to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Exit status; 124 when it had to be ended, 128 and the signal when it crashed.
    pub status: i32,
    /// Lines of the file that it named.
    pub places: BTreeSet<usize>,
    /// Whether it said something without naming a line.
    pub unplaced: bool,
    /// All it said.
    pub text: String,
}

/// Both programs' words on one file.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Debian's.
    pub original: Verdict,
    /// Ours.
    pub ours: Verdict,
}

/// Both programs' words on each text, in order. Each text may come with further files, which lie
/// beside it under the given names.
///
/// # Errors
/// When the host cannot be made, or a program could not be run at all.
pub fn ask(files: &[(&str, &[(String, String)])]) -> io::Result<Vec<Pair>> {
    let folder = tempfile::tempdir()?;
    let mut script = String::new();
    for (index, (text, beside)) in files.iter().enumerate() {
        let own = folder.path().join(index.to_string());
        fs::create_dir(&own)?;
        fs::write(own.join("keepalived.conf"), text)?;
        for (name, text) in *beside {
            let path = own.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, text)?;
        }
        for subject in Subject::BOTH {
            let program = subject.keepalived();
            let (word, own) = (subject.word(), own.display());
            let _ = writeln!(
                script,
                "cd {own}; timeout {BOUND} {} -t -f keepalived.conf >{word} 2>&1; echo $? >{word}.status",
                program.display()
            );
        }
    }
    let host = Sandbox::new()
        .interface("eth0", "192.0.2.10/24")
        .interface("eth1", "198.51.100.10/24");
    let report = host.run(&script)?;
    if report.status != 0 {
        let message = format!("the host ended with {}: {:?}", report.status, report.lines);
        return Err(io::Error::other(message));
    }
    let read = |index: usize| {
        let own = folder.path().join(index.to_string());
        let of = |subject: Subject| verdict(&own, subject);
        Ok(Pair {
            original: of(Subject::Original)?,
            ours: of(Subject::Ours)?,
        })
    };
    (0..files.len()).map(read).collect()
}

fn verdict(folder: &Path, subject: Subject) -> io::Result<Verdict> {
    let status = fs::read_to_string(folder.join(format!("{}.status", subject.word())))?;
    let status = status.trim().parse().map_err(io::Error::other)?;
    let text = fs::read(folder.join(subject.word()))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let places: BTreeSet<usize> = text.lines().filter_map(place).collect();
    let unplaced = text.lines().any(|line| place(line).is_none());
    Ok(Verdict {
        status,
        places,
        unplaced,
        text,
    })
}

/// The line that a message names: `(FILE: Line N) …`, or `(Line N) …` of the first pass.
fn place(message: &str) -> Option<usize> {
    let (inside, _) = message.strip_prefix('(')?.split_once(')')?;
    let (_, number) = inside.rsplit_once("Line ")?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_message_is_found() {
        assert_eq!(place("(k.conf: Line 12) invalid number 'x'"), Some(12));
        assert_eq!(place("(Line 3) Unknown keyword"), Some(3));
        assert_eq!(place("(A) Line 3 of something"), None);
        assert_eq!(place("SSL: no key"), None);
    }
}
