//! Log files: opened by the master, written by all threads, replaced on USR1.
//!
//! Invariants: a line is one `write()`; lines of different threads never mix (descriptors are
//! opened for append); a buffered line is older than every line written after it.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use base::Instant;
use stream::config::{Config, ErrorLog, ErrorTarget, Level, LogBuffer};
use stream::error_log::Line;

use crate::Clock;

/// One open log file.
#[derive(Debug)]
pub struct LogFile {
    /// As messages name it; empty when nobody said.
    path: PathBuf,
    descriptor: OwnedFd,
    buffer: Mutex<Vec<u8>>,
    troubles: Mutex<Troubles>,
}

/// What went wrong with a file lately, in seconds of the engine's clock.
#[derive(Debug, Default)]
struct Troubles {
    /// The disk was full; nothing is tried within this second.
    full: Option<u64>,
    /// Somebody was told.
    told: Option<u64>,
}

/// Somebody is told of a file's trouble at most this often.
const TELL_EVERY: u64 = 60;

impl LogFile {
    /// Writes to `descriptor`, which should be open for append.
    #[must_use]
    pub fn new(descriptor: impl Into<OwnedFd>) -> Self {
        Self::named(Path::new(""), descriptor)
    }

    /// Writes to `descriptor`, which messages call `path`.
    #[must_use]
    pub fn named(path: &Path, descriptor: impl Into<OwnedFd>) -> Self {
        Self {
            path: path.to_owned(),
            descriptor: descriptor.into(),
            buffer: Mutex::default(),
            troubles: Mutex::default(),
        }
    }

    /// Writes `line` at once. What cannot be written is lost: a full disk must not stop sessions.
    pub fn write(&self, line: &[u8]) {
        let _ = self.write_all(line);
    }

    fn write_all(&self, line: &[u8]) -> nix::Result<()> {
        let mut rest = line;
        while !rest.is_empty() {
            match nix::unistd::write(&self.descriptor, rest) {
                Ok(written) => rest = &rest[written..],
                Err(nix::Error::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// Writes `line` at once, unless the disk was full within this second. Returns what an operator
    /// should be told, once a minute.
    pub(crate) fn write_or_tell(&self, line: &[u8], now: Instant) -> Option<(String, nix::Error)> {
        let second = now.as_micros() / 1_000_000;
        if self.troubles().full == Some(second) {
            return None;
        }
        let errno = self.write_all(line).err()?;
        let mut troubles = self.troubles();
        if errno == nix::Error::ENOSPC {
            troubles.full = Some(second);
        }
        let due = troubles
            .told
            .is_none_or(|told| second.saturating_sub(told) >= TELL_EVERY);
        due.then(|| {
            troubles.told = Some(second);
            (
                format!("write() to \"{}\" failed", self.path.display()),
                errno,
            )
        })
    }

    fn troubles(&self) -> std::sync::MutexGuard<'_, Troubles> {
        // Two independent numbers: there is no half way.
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Collects `line`. True when it is the first in the buffer, so that the caller can arm
    /// [`LogBuffer::flush`].
    pub fn write_buffered(&self, line: &[u8], settings: LogBuffer) -> bool {
        let mut buffer = self.lock();
        if buffer.len() + line.len() > settings.size {
            self.write(&buffer);
            buffer.clear();
        }
        if line.len() > settings.size {
            self.write(line);
            return false;
        }
        buffer.extend_from_slice(line);
        buffer.len() == line.len()
    }

    /// Writes what is collected.
    pub fn flush(&self) {
        let mut buffer = self.lock();
        self.write(&buffer);
        buffer.clear();
    }

    /// Flushes into the old file, then goes on with `descriptor` (USR1). All users of this file
    /// follow at once.
    ///
    /// # Errors
    /// The system's; the old file then stays in use.
    pub fn reopen(&self, descriptor: &OwnedFd) -> io::Result<()> {
        let mut buffer = self.lock();
        self.write(&buffer);
        buffer.clear();
        sys::relay_socket::replace(self.descriptor.as_fd(), descriptor.as_fd())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        // A panic between two appends leaves whole lines or the start of one; both may be written.
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for LogFile {
    fn drop(&mut self) {
        self.flush();
    }
}

/// The log files of a worker by path, so that generations share them and USR1 reaches all.
#[derive(Debug, Default)]
pub struct LogFiles {
    open: BTreeMap<PathBuf, Weak<LogFile>>,
}

impl LogFiles {
    /// The file at `path`: the one in use, gone over to `descriptor`, or a new one.
    pub fn open(&mut self, path: &Path, descriptor: OwnedFd) -> Arc<LogFile> {
        self.open.retain(|_, file| file.strong_count() > 0);
        if let Some(file) = self.open.get(path).and_then(Weak::upgrade)
            && file.reopen(&descriptor).is_ok()
        {
            return file;
        }
        let file = Arc::new(LogFile::named(path, descriptor));
        self.open.insert(path.to_owned(), Arc::downgrade(&file));
        file
    }

    /// The paths in use, for USR1: each is to be opened anew and handed to [`Self::open`].
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.open
            .iter()
            .filter(|(_, file)| file.strong_count() > 0)
            .map(|(path, _)| path.as_path())
    }
}

/// Where error lines go, and from which level on.
#[derive(Clone, Debug, Default)]
pub struct ErrorLogs {
    sinks: Vec<(Level, Sink)>,
}

#[derive(Clone, Debug)]
enum Sink {
    File(Arc<LogFile>),
    Stderr,
}

impl ErrorLogs {
    /// The logs that `logs` names among `files`, which are parallel to [`Config::files`].
    #[must_use]
    pub fn new(logs: &[ErrorLog], files: &[Arc<LogFile>]) -> Self {
        let sink = |target: &ErrorTarget| match target {
            ErrorTarget::Stderr => Some(Sink::Stderr),
            ErrorTarget::File(ix) => files.get(ix.0 as usize).cloned().map(Sink::File),
        };
        let sinks = logs
            .iter()
            .filter_map(|log| Some((log.level, sink(&log.target)?)))
            .collect();
        Self { sinks }
    }

    /// The logs of every server of `config`.
    pub(crate) fn of_servers(config: &Config, files: &[Arc<LogFile>]) -> Vec<Self> {
        config
            .servers
            .iter()
            .map(|server| Self::new(&server.error_logs, files))
            .collect()
    }

    /// Whether anyone wants lines of `level`.
    #[must_use]
    pub fn wants(&self, level: Level) -> bool {
        self.sinks.iter().any(|(least, _)| level <= *least)
    }

    /// Writes `line` to every log that wants its level.
    pub fn write(&self, line: &Line<'_>, clock: &mut Clock, tid: u32) {
        if !self.wants(line.level) {
            return;
        }
        let text = line.format(clock.text(), std::process::id(), tid);
        for (least, sink) in &self.sinks {
            if line.level > *least {
                continue;
            }
            match sink {
                Sink::File(file) => file.write(text.as_bytes()),
                // A closed stderr must not end a daemon.
                Sink::Stderr => drop(nix::unistd::write(io::stderr(), text.as_bytes())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};

    fn append(path: &Path) -> OwnedFd {
        File::options()
            .append(true)
            .create(true)
            .open(path)
            .expect("a file")
            .into()
    }

    #[test]
    fn buffered_lines_keep_their_order() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("log");
        let file = LogFile::new(append(&path));
        let settings = LogBuffer {
            size: 8,
            flush: None,
        };
        assert!(file.write_buffered(b"one\n", settings));
        assert!(!file.write_buffered(b"two\n", settings));
        assert_eq!(fs::read(&path).expect("it exists"), b"");
        assert!(file.write_buffered(b"3\n", settings));
        assert_eq!(fs::read(&path).expect("it exists"), b"one\ntwo\n");
        assert!(!file.write_buffered(b"longer than it\n", settings));
        drop(file);
        assert_eq!(
            fs::read(&path).expect("it exists"),
            b"one\ntwo\n3\nlonger than it\n"
        );
    }

    #[test]
    fn a_full_disk_is_told_once_a_minute() {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("Linux has it");
        let file = LogFile::named(Path::new("/var/log/x"), full);
        let at = |seconds: u64| Instant::from_millis(seconds * 1000);
        let told = file
            .write_or_tell(b"line\n", at(100))
            .expect("the first is told");
        assert_eq!(
            told,
            (
                "write() to \"/var/log/x\" failed".to_owned(),
                nix::Error::ENOSPC
            )
        );
        assert_eq!(file.write_or_tell(b"line\n", at(100)), None);
        assert_eq!(file.write_or_tell(b"line\n", at(159)), None);
        assert!(file.write_or_tell(b"line\n", at(160)).is_some());
    }

    #[test]
    fn reopening_reaches_every_user() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, rotated) = (directory.path().join("log"), directory.path().join("log.1"));
        let mut files = LogFiles::default();
        let file = files.open(&path, append(&path));
        file.write_buffered(
            b"before\n",
            LogBuffer {
                size: 100,
                flush: None,
            },
        );
        fs::rename(&path, &rotated).expect("it exists");
        let same = files.open(&path, append(&path));
        file.write(b"after\n");
        assert!(Arc::ptr_eq(&file, &same));
        assert_eq!(fs::read(&rotated).expect("it exists"), b"before\n");
        assert_eq!(fs::read(&path).expect("it exists"), b"after\n");
        assert_eq!(files.paths().collect::<Vec<_>>(), [path.as_path()]);
    }
}
