//! What is written by hand below `cases`: configurations, one for every rule of the language, and
//! folders of scripts.
//!
//! A case of `cases/keepalived` is a file, or a folder with a `keepalived.conf` and what it includes. The first line says
//! what it shows; `# options: WORDS` in the second one adds to the command line.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::programs::root;
use crate::verdicts::Question;

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Folder of its kind: `braces`.
    pub area: String,
    /// `braces/missing-open`.
    pub id: String,
    /// What to ask both programs.
    pub question: Question,
}

/// All cases, by name.
///
/// # Errors
/// When the folder cannot be read.
pub fn all() -> io::Result<Vec<Case>> {
    let top = root().join("compat-tests/cases/keepalived");
    let mut cases = Vec::new();
    for area in sorted(&top)? {
        for path in sorted(&area)? {
            cases.push(case(&area, &path)?);
        }
    }
    Ok(cases)
}

/// The scripts of a folder, each with its text, by name; the one called `words` is not among them.
///
/// # Errors
/// When one cannot be read.
pub fn scripts(folder: &str, words: &str) -> io::Result<Vec<(String, String)>> {
    let mut scripts = Vec::new();
    for path in sorted(&root().join("compat-tests/cases").join(folder))? {
        let name = stem_of(&path);
        if name != words {
            scripts.push((name, fs::read_to_string(&path)?));
        }
    }
    Ok(scripts)
}

/// One script of a folder.
///
/// # Errors
/// When it cannot be read.
pub fn script(folder: &str, name: &str) -> io::Result<String> {
    let path = root().join("compat-tests/cases").join(folder);
    fs::read_to_string(path.join(format!("{name}.sh")))
}

fn case(area: &Path, path: &Path) -> io::Result<Case> {
    let mut files = Vec::new();
    if path.is_dir() {
        collect(path, path, &mut files)?;
        files.sort_by_key(|(name, _)| name != "keepalived.conf");
    } else {
        files.push(("keepalived.conf".to_owned(), fs::read(path)?));
    }
    let first = files.first().map_or(&[][..], |(_, content)| content);
    let head = String::from_utf8_lossy(first);
    let options = head.lines().nth(1);
    let options = options.and_then(|line| line.strip_prefix("# options: "));
    let options = options.unwrap_or_default().to_owned();
    let area = name_of(area);
    let stem = stem_of(path);
    Ok(Case {
        id: format!("{area}/{stem}"),
        area,
        question: Question { files, options },
    })
}

fn collect(top: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    for path in sorted(folder)? {
        if path.is_dir() {
            collect(top, &path, files)?;
        } else {
            let name = path.strip_prefix(top).unwrap_or(&path);
            files.push((name.display().to_string(), fs::read(&path)?));
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries: io::Result<Vec<_>> = fs::read_dir(folder)?.collect();
    let mut paths: Vec<PathBuf> = entries?.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    Ok(paths)
}

fn stem_of(path: &Path) -> String {
    let stem = path.file_stem().map(Path::new);
    stem.map_or(String::new(), name_of)
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
