//! Copies of the configuration as it was understood (`config_save_dir`).
//!
//! Invariants: a copy replaces nothing and follows no link, and only its owner may read it: there
//! are passwords in it. What goes wrong is told and keeps nothing from running.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use tracing::error;

use super::config::Reading;

/// Saves what `reading` has understood, if that is wanted.
pub(super) fn save(reading: &Reading) {
    let Some(directory) = &reading.checked.plan.process.dumps.saved else {
        return;
    };
    let text = grammar::keepalived::print(&reading.checked.ast);
    let reader = std::os::unix::process::parent_id();
    if let Err(error) = write(Path::new(directory), reader, &text) {
        error!("cannot save the configuration in {directory}: {error}");
    }
}

/// Under the first name that is free.
fn write(directory: &Path, pid: u32, text: &str) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    for number in 0..u32::MAX {
        let path = directory.join(format!("keepalived.conf.{pid}.{number}"));
        let opened = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        match opened {
            Ok(mut file) => return file.write_all(text.as_bytes()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::StorageFull.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

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
    }

    #[test]
    fn a_file_in_the_place_of_the_directory_is_told() {
        let folder = tempfile::tempdir().expect("a directory");
        let file = folder.path().join("file");
        std::fs::write(&file, "").expect("written");
        assert!(write(&file, 7, "text").is_err());
        assert!(write(&folder.path().join("none/below"), 7, "text").is_err());
    }
}
