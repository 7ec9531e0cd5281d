//! `keepalived-rs fmt [FILE…]`: canonical text on standard output, as a difference, or in place.
//!
//! Invariants: nothing is written whose meaning differs from what was read; a file is replaced as
//! a whole, with its mode and owner; a symbolic link is never followed to be written.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::Path;

use grammar::FsLoader;
use grammar::keepalived::{Options, fmt::checked};
use keepalived_rs::commands::Fmt;
use similar::TextDiff;

use crate::subcommand::{Outcome, print};

/// Formats; status 1 when `--check` found something to change.
pub(crate) fn run(words: &Fmt) -> Outcome {
    let input = [Path::new("-").to_owned()];
    let files = match words.files.is_empty() {
        true => &input[..],
        false => &words.files[..],
    };
    let mut changed = false;
    for file in files {
        let name = match file.as_os_str() == "-" {
            true => "standard input".to_owned(),
            false => file.display().to_string(),
        };
        changed |= one(file, &name, words).map_err(|problem| format!("{name}: {problem}"))?;
    }
    Ok(u8::from(words.check && changed))
}

/// Formats one file; tells whether its text changes.
fn one(file: &Path, name: &str, words: &Fmt) -> Result<bool, String> {
    let text = read(file)?;
    let mut loader = FsLoader::default();
    let done = checked(&mut loader, file, &options(), &text)
        .map_err(|difference| format!("left alone, it would mean something else: {difference}"))?;
    let changed = done != text;
    if words.check {
        let diff = TextDiff::from_lines(&text, &done);
        let mut diff = diff.unified_diff();
        print(
            &diff
                .header(name, &format!("{name} (formatted)"))
                .to_string(),
        )?;
    } else if words.write {
        if file.as_os_str() == "-" {
            return Err("standard input cannot be written".to_owned());
        }
        if changed {
            write(file, &done).map_err(|error| error.to_string())?;
        }
    } else {
        print(&done)?;
    }
    Ok(changed)
}

/// Conditions are judged as on this host, to know what is read.
fn options() -> Options {
    let host = nix::unistd::gethostname().unwrap_or_default();
    Options {
        hostname: host.to_string_lossy().into_owned(),
        ..Options::default()
    }
}

fn read(file: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let limit = grammar::loader::MAX_FILE + 1;
    let read = match file.as_os_str() == "-" {
        true => io::stdin().take(limit).read_to_end(&mut bytes),
        false => File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes)),
    };
    read.map_err(|error| error.to_string())?;
    if bytes.len() as u64 >= limit {
        return Err("too large".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8; convert it first".to_owned())
}

/// Puts a new file in the place of the old one.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let found = fs::symlink_metadata(file)?;
    if !found.is_file() {
        let what = "it is no regular file; name the file that a link leads to";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    let directory = file.parent().filter(|it| !it.as_os_str().is_empty());
    let mut new = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
    new.write_all(text.as_bytes())?;
    like(new.as_file(), &found)?;
    new.as_file().sync_all()?;
    new.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// Gives a file the owner and mode of another one.
fn like(file: &File, found: &Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (found.uid(), found.gid()) {
        fchown(file, Some(found.uid()), Some(found.gid()))?;
    }
    // After the owner: a change of owner takes bits away.
    file.set_permissions(fs::Permissions::from_mode(found.mode() & 0o7777))
}
