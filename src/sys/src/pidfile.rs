//! Pid files that tell whether their daemon still runs.
//!
//! Invariants: the owner holds a lock for as long as it lives, so a file left by a crash is never
//! mistaken for a running daemon; a symlink at the path is not followed; the file is removed only
//! by the process that wrote it.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

/// A written and locked pid file. Dropping it removes the file.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    lock: ManuallyDrop<Flock<File>>,
    owner: u32,
}

/// Why a pid file could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PidFileError {
    /// Another process holds its lock, or has the pid in it and our name.
    #[error("daemon is already running")]
    Running,
    /// It cannot be created or written.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
}

impl PidFile {
    /// Creates or takes over `path`, locks it and writes this process's pid.
    ///
    /// # Errors
    /// [`PidFileError::Running`] when another daemon has it.
    pub fn create(path: &Path) -> Result<Self, PidFileError> {
        let io = |error: io::Error| PidFileError::Io(path.to_path_buf(), error);
        // A daemon that is just ending may remove the file between our open and our lock.
        for _ in 0..8 {
            let file = open(path).map_err(io)?;
            let mut lock = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => lock,
                Err((_, nix::errno::Errno::EWOULDBLOCK)) => return Err(PidFileError::Running),
                Err((_, errno)) => return Err(io(errno.into())),
            };
            if !same_file(path, &lock) {
                continue;
            }
            if other_daemon(&lock) {
                return Err(PidFileError::Running);
            }
            write_pid(&mut lock).map_err(io)?;
            return Ok(Self {
                path: path.to_path_buf(),
                lock: ManuallyDrop::new(lock),
                owner: std::process::id(),
            });
        }
        Err(io(io::Error::other("it keeps being replaced")))
    }

    /// Takes over the file and the lock of an earlier image of this process.
    ///
    /// # Errors
    /// When the lock is not ours.
    pub fn inherited(fd: OwnedFd, path: &Path) -> io::Result<Self> {
        let locked = Flock::lock(File::from(fd), FlockArg::LockExclusiveNonblock);
        Ok(Self {
            path: path.to_path_buf(),
            lock: ManuallyDrop::new(locked.map_err(|(_, errno)| errno)?),
            owner: std::process::id(),
        })
    }

    /// Writes the pid again, after a fork by which the daemon went to the background.
    ///
    /// # Errors
    /// What `write` reports.
    pub fn rewrite(&mut self) -> io::Result<()> {
        self.owner = std::process::id();
        write_pid(&mut self.lock)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl AsFd for PidFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.lock.as_fd()
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // SAFETY: taken here and nowhere else, and not used afterwards.
        let lock = unsafe { ManuallyDrop::take(&mut self.lock) };
        if self.owner == std::process::id() {
            if same_file(&self.path, &lock) {
                let _ = std::fs::remove_file(&self.path);
            }
            return;
        }
        // A forked child has inherited this value and must neither remove its parent's file nor
        // unlock it: it only closes its descriptor.
        let lock = ManuallyDrop::new(lock);
        // SAFETY: the value that owns the descriptor is never dropped.
        drop(unsafe { OwnedFd::from_raw_fd(lock.as_raw_fd()) });
    }
}

fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)?;
    // Everybody may read it, whatever the daemon's file creation mask.
    file.set_permissions(std::fs::Permissions::from_mode(0o644))?;
    Ok(file)
}

/// The original keeps no lock: its pid file counts while a process of our name has the pid.
fn other_daemon(file: &File) -> bool {
    let mut text = [0; 32];
    let length = file.read_at(&mut text, 0).unwrap_or(0);
    let text = String::from_utf8_lossy(&text[..length]);
    let Ok(pid) = text.trim().parse::<u32>() else {
        return false;
    };
    if pid == std::process::id() {
        return false;
    }
    let comm = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/comm"));
    // One that has ended but was not reaped yet has no command line any more.
    let alive = std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty());
    match (comm(pid), comm(std::process::id())) {
        (Ok(theirs), Ok(ours)) => alive && theirs == ours,
        _ => false,
    }
}

fn same_file(path: &Path, file: &File) -> bool {
    match (std::fs::symlink_metadata(path), file.metadata()) {
        (Ok(named), Ok(held)) => (named.dev(), named.ino()) == (held.dev(), held.ino()),
        _ => false,
    }
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_the_pid_and_goes_with_its_owner() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("daemon.pid");
        std::fs::write(&path, "999999999 left by a crash\n").expect("write");
        let pidfile = PidFile::create(&path).expect("free");
        let text = std::fs::read_to_string(&path).expect("read");
        assert_eq!(text, format!("{}\n", std::process::id()));
        assert!(matches!(PidFile::create(&path), Err(PidFileError::Running)));
        drop(pidfile);
        assert!(!path.exists());
    }

    #[test]
    fn a_symlink_is_not_followed() {
        let dir = tempfile::tempdir().expect("dir");
        let victim = dir.path().join("victim");
        std::fs::write(&victim, "precious").expect("write");
        let path = dir.path().join("daemon.pid");
        std::os::unix::fs::symlink(&victim, &path).expect("link");
        assert!(PidFile::create(&path).is_err());
        assert_eq!(std::fs::read_to_string(&victim).expect("read"), "precious");
    }
}
