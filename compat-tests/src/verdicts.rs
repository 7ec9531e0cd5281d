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
use crate::programs::built;
use crate::sandbox::Sandbox;

/// Seconds a program may take for one small file; of CPU time where many are read in turn.
const BOUND: u32 = 10;

/// What `-t` said to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Exit status; 124 when it had to be ended, 128 and the signal when it crashed.
    pub status: i32,
    /// Places that it named.
    pub places: BTreeSet<Place>,
    /// Whether it said something without naming a line.
    pub unplaced: bool,
    /// All it said.
    pub text: String,
}

/// A line that a message named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Number, counted from 1.
    pub line: usize,
    /// Name of the file without folders; empty when the message names none.
    pub file: String,
}

/// Both programs' words on one file.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Debian's.
    pub original: Verdict,
    /// Ours.
    pub ours: Verdict,
}

/// A configuration to ask about.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Names, relative to the folder both programs run in, and contents; the first one is read.
    pub files: Vec<(String, Vec<u8>)>,
    /// Further words of the command line.
    pub options: String,
}

impl Question {
    /// A configuration of one file.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self {
            files: vec![("keepalived.conf".to_owned(), text.into())],
            options: String::new(),
        }
    }
}

/// Both programs' words on each configuration, in order.
///
/// # Errors
/// When the host cannot be made, or a program could not be run at all.
pub fn ask(questions: &[Question]) -> io::Result<Vec<Pair>> {
    ask_on(&host(), "", questions)
}

/// As [`ask`], on a host of one's own that `prepare`, commands of a shell, completes.
///
/// # Errors
/// The same.
pub fn ask_on(host: &Sandbox, prepare: &str, questions: &[Question]) -> io::Result<Vec<Pair>> {
    let folder = tempfile::tempdir()?;
    let mut script = format!("{prepare}\n");
    for (index, question) in questions.iter().enumerate() {
        let own = folder.path().join(index.to_string());
        for (name, content) in &question.files {
            let path = own.join(name);
            fs::create_dir_all(path.parent().unwrap_or(&own))?;
            fs::write(path, content)?;
        }
        let file = question.files.first().map_or("", |(name, _)| name.as_str());
        for subject in Subject::BOTH {
            let _ = writeln!(
                script,
                "cd {}; timeout {BOUND} {} -t -f {file} {} >{word} 2>&1; echo $? >{word}.status",
                own.display(),
                subject.keepalived().display(),
                question.options,
                word = subject.word(),
            );
        }
    }
    run(host, &script)?;
    let read = |index: usize| {
        let own = folder.path().join(index.to_string());
        let of = |subject: Subject| verdict(&own, subject);
        Ok(Pair {
            original: of(Subject::Original)?,
            ours: of(Subject::Ours)?,
        })
    };
    (0..questions.len()).map(read).collect()
}

/// The original's words on each of many texts, in order; each is a run of its own.
///
/// # Errors
/// As [`ask`].
pub fn ask_original(texts: &[&str]) -> io::Result<Vec<Verdict>> {
    let folder = written(texts)?;
    run(&host(), &original_script(&folder, texts.len()))?;
    read(&folder, texts.len(), Subject::Original)
}

/// Our words on each of many texts, in order, from one process. That this one says what the
/// program says is seen on the first text.
///
/// # Errors
/// As [`ask`], and when the program says something else about the first text.
pub fn ask_ours(texts: &[&str]) -> io::Result<Vec<Verdict>> {
    let folder = written(texts)?;
    let top = folder.path().display();
    run(
        &host(),
        &format!(
            "{}cd {top}/0; {ours} -t -f keepalived.conf >program 2>&1; echo $? >program.status\n\
         cmp ours program && [ $(cat ours.status) = $(cat program.status) ]",
            our_script(&folder, texts.len()),
            ours = Subject::Ours.keepalived().display(),
        ),
    )?;
    read(&folder, texts.len(), Subject::Ours)
}

/// Both programs' words on each of many texts, in order.
///
/// # Errors
/// As [`ask`].
pub fn ask_both(texts: &[&str]) -> io::Result<Vec<Pair>> {
    let folder = written(texts)?;
    let count = texts.len();
    run(
        &host(),
        &(original_script(&folder, count) + &our_script(&folder, count)),
    )?;
    let originals = read(&folder, count, Subject::Original)?.into_iter();
    let pairs = originals.zip(read(&folder, count, Subject::Ours)?);
    Ok(pairs
        .map(|(original, ours)| Pair { original, ours })
        .collect())
}

fn original_script(folder: &tempfile::TempDir, count: usize) -> String {
    let (top, original) = (folder.path().display(), Subject::Original.keepalived());
    format!(
        "ulimit -t {BOUND}\ni=0\nwhile [ $i -lt {count} ]; do cd {top}/$i\n\
         {} -t -f keepalived.conf >original 2>&1\n\
         echo $? >original.status; i=$((i+1)); done\n",
        original.display(),
    )
}

fn our_script(folder: &tempfile::TempDir, count: usize) -> String {
    let (top, many) = (folder.path().display(), built("test-files"));
    format!("{} {top} {count} || exit 1\n", many.display())
}

fn read(folder: &tempfile::TempDir, count: usize, subject: Subject) -> io::Result<Vec<Verdict>> {
    let read = |index: usize| verdict(&folder.path().join(index.to_string()), subject);
    (0..count).map(read).collect()
}

/// A folder with each text as `keepalived.conf` in a folder of its own: 0, 1 and so on.
fn written(texts: &[&str]) -> io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    for (index, text) in texts.iter().enumerate() {
        let own = folder.path().join(index.to_string());
        fs::create_dir(&own)?;
        fs::write(own.join("keepalived.conf"), text)?;
    }
    Ok(folder)
}

/// A host with two interfaces, and the key file that a sample of `auth_hmac` names.
fn host() -> Sandbox {
    let key = crate::programs::root().join("compat-tests/tests/compat/vrrp.key");
    Sandbox::new()
        .file("/etc/keepalived/vrrp.key", &key)
        .interface("eth0", "192.0.2.10/24")
        .interface("eth1", "198.51.100.10/24")
}

/// Runs the script there; its success is a must.
fn run(host: &Sandbox, script: &str) -> io::Result<()> {
    let report = host.run(script)?;
    if report.status == 0 {
        return Ok(());
    }
    let message = format!("the host ended with {}: {:?}", report.status, report.lines);
    Err(io::Error::other(message))
}

fn verdict(folder: &Path, subject: Subject) -> io::Result<Verdict> {
    let status = fs::read_to_string(folder.join(format!("{}.status", subject.word())))?;
    let status = status.trim().parse().map_err(io::Error::other)?;
    let text = fs::read(folder.join(subject.word()))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let places: BTreeSet<Place> = text.lines().filter_map(place).collect();
    let unplaced = text.lines().any(|line| place(line).is_none());
    Ok(Verdict {
        status,
        places,
        unplaced,
        text,
    })
}

/// What a message names: `(FILE: Line N) …`, or `(Line N) …` of the first pass.
///
/// A remark that begins with `Warning - ` is about no mistake, so its place counts for nothing.
fn place(message: &str) -> Option<Place> {
    let (inside, text) = message.strip_prefix('(')?.split_once(')')?;
    if text.starts_with(" Warning - ") {
        return None;
    }
    let (file, number) = inside.rsplit_once("Line ")?;
    let file = file.trim_end_matches(": ");
    Some(Place {
        line: number.parse().ok()?,
        file: file.rsplit('/').next().unwrap_or(file).to_owned(),
    })
}

impl Pair {
    /// The original's places, those without a file with the one that ours names there.
    #[must_use]
    pub fn original_places(&self) -> BTreeSet<Place> {
        let named = |place: &Place| {
            let same = |other: &&Place| other.line == place.line;
            let mut known = self.original.places.iter().chain(&self.ours.places);
            let known = known.find(|other| same(other) && !other.file.is_empty());
            known.unwrap_or(place).clone()
        };
        self.original.places.iter().map(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_message_is_found() {
        let found = |message: &str| place(message).map(|place| (place.file, place.line));
        let at = |file: &str, line| Some((file.to_owned(), line));
        assert_eq!(
            found("(/x/k.conf: Line 12) invalid number 'x'"),
            at("k.conf", 12)
        );
        assert_eq!(found("(Line 3) Unknown keyword"), at("", 3));
        assert_eq!(found("(A) Line 3 of something"), None);
        assert_eq!(
            found("(k.conf: Line 5) Warning - script chk is not used"),
            None
        );
        assert_eq!(found("SSL: no key"), None);
    }
}
