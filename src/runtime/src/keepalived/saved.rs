//! What `config_save_dir` asks for: a copy of each configuration that was read, and the state of each
//! process before and after a reload.
//!
//! Invariants: a file is there as a whole or not at all, no link at its place is followed, and only
//! its owner may read it: there are passwords in a copy. A copy replaces nothing. What goes wrong is
//! told and keeps nothing from running.

use std::fs::DirBuilder;
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use plan::keepalived::Process;
use tracing::error;

use super::config::Reading;
use super::dump::{self, replace_file};

/// Saves what `reading` has read, if that is wanted.
pub(super) fn save(reading: &Reading) {
    let Some(directory) = &reading.checked.plan.process.dumps.saved else {
        return;
    };
    let checked = &reading.checked;
    let text = grammar::keepalived::copy(&checked.sources, &checked.diagnostics);
    let reader = std::os::unix::process::parent_id();
    if let Err(error) = write(Path::new(directory), reader, &text) {
        error!("cannot save the configuration in {directory}: {error}");
    }
}

/// Under the first name that is free.
fn write(directory: &Path, pid: u32, text: &str) -> io::Result<()> {
    make(directory)?;
    for number in 0..u32::MAX {
        let path = directory.join(format!("keepalived.conf.{pid}.{number}"));
        match dump::new_file(&path, text.as_bytes()) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            result => return result,
        }
    }
    Err(ErrorKind::StorageFull.into())
}

fn make(directory: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// When of a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// By the old configuration.
    Before,
    /// By the new one.
    After,
}

/// The reloads that a process has been through.
#[derive(Debug, Default)]
pub(super) struct Reloads {
    number: u32,
}

impl Reloads {
    /// Saves the state that `dump` shows of the process `word` if `process` wants that.
    pub(super) fn save(
        &mut self,
        word: &str,
        when: When,
        process: &Process,
        dump: impl FnOnce() -> String,
    ) {
        if when == When::Before {
            self.number += 1;
        }
        let Some(directory) = process.dumps.saved.as_deref().map(Path::new) else {
            return;
        };
        let when = match when {
            When::Before => "pre",
            When::After => "post",
        };
        let (pid, number) = (std::process::id(), self.number);
        let path = directory.join(format!("keepalived_{word}.{pid}.{number}.{when}"));
        if let Err(error) = replace_file(&path, dump().as_bytes()) {
            error!("cannot write {}: {error}", path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use plan::keepalived::Dumps;

    use super::*;

    #[test]
    fn each_copy_is_a_new_file_of_its_owner() {
        let folder = tempfile::tempdir().expect("a directory");
        let victim = folder.path().join("victim");
        std::fs::write(&victim, "kept").expect("written");
        let saved = folder.path().join("saved");
        write(&saved, 7, "first\n").expect("saved");
        symlink(&victim, saved.join("keepalived.conf.7.1")).expect("linked");
        write(&saved, 7, "second\n").expect("saved");
        let read = |name: &str| std::fs::read_to_string(saved.join(name)).expect("read");
        assert_eq!(read("keepalived.conf.7.0"), "first\n");
        assert_eq!(read("keepalived.conf.7.2"), "second\n");
        assert_eq!(std::fs::read_to_string(victim).expect("read"), "kept");
        let mode = |path: &Path| path.metadata().expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&saved), 0o700);
        assert_eq!(mode(&saved.join("keepalived.conf.7.0")), 0o600);
        let left = std::fs::read_dir(&saved).expect("read").count();
        assert_eq!(left, 3, "what was being written is no longer there");
    }

    #[test]
    fn a_file_in_the_place_of_the_directory_is_told() {
        let folder = tempfile::tempdir().expect("a directory");
        let file = folder.path().join("file");
        std::fs::write(&file, "").expect("written");
        assert!(write(&file, 7, "text").is_err());
        assert!(write(&folder.path().join("none/below"), 7, "text").is_err());
    }

    #[test]
    fn reloads_are_numbered_whether_they_are_saved_or_not() {
        let folder = tempfile::tempdir().expect("a directory");
        let wanted = Process {
            dumps: Dumps {
                saved: Some(folder.path().display().to_string()),
                ..Dumps::default()
            },
            ..Process::default()
        };
        let mut reloads = Reloads::default();
        let mut reload = |before: &Process, after: &Process| {
            reloads.save("bfd", When::Before, before, || "old".to_owned());
            reloads.save("bfd", When::After, after, || "new".to_owned());
        };
        reload(&Process::default(), &wanted);
        reload(&wanted, &wanted);
        let read = |when: &str| {
            let name = format!("keepalived_bfd.{}.{when}", std::process::id());
            std::fs::read_to_string(folder.path().join(name)).ok()
        };
        assert_eq!(read("1.pre"), None, "nobody asked for it yet");
        assert_eq!(read("1.post").as_deref(), Some("new"));
        assert_eq!(read("2.pre").as_deref(), Some("old"));
    }
}
