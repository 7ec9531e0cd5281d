//! Where the master's own lines go: during the start, and afterwards.
//!
//! Invariants: a line that says why the program ends reaches standard error while somebody still
//! looks at it; the same line is never written twice to one place.
//! Deliberately unknown here: sessions, whose lines the relay writes.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use relay::{Clock, ErrorLogs, LogFile};
use stream::config::{ErrorLog, ErrorTarget, Level};
use stream::error_log::Line;

/// The lines' destinations, which change while the program starts.
pub(super) struct Log {
    clock: Clock,
    sinks: Sinks,
    /// Problems are also told on standard error, in the short form.
    stderr: bool,
}

enum Sinks {
    /// Before the configuration's logs are open: the built-in log up to a level.
    BuiltIn(Option<LogFile>, Level),
    /// The main `error_log`s; whether one of them is standard error.
    Configured(ErrorLogs, bool),
}

/// Number and text of a failed call, as lines end: `(2: No such file or directory)`.
#[must_use]
pub(super) fn reason(error: &std::io::Error) -> (i32, String) {
    match error.raw_os_error() {
        Some(number) => {
            let error = grammar::loader::LoadError::from(std::io::Error::from_raw_os_error(number));
            (number, error.text)
        }
        None => (0, error.to_string()),
    }
}

/// Says `text` on standard error as nginx does before and beside its logs.
pub(super) fn tell(text: &str) {
    // A closed standard error must not end the program.
    let _ = writeln!(std::io::stderr(), "nginx: {text}");
}

/// Opens a log file as the master does.
///
/// # Errors
/// The system's.
pub(super) fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o644)
        .open(path)
}

impl Log {
    /// Starts with the built-in log at `path`, or standard error. A log that cannot be opened is
    /// told, and the start goes on.
    #[must_use]
    pub(super) fn start(path: Option<&Path>, test: bool) -> Self {
        let level = if test { Level::Info } else { Level::Notice };
        let mut failure = None;
        let file = path.and_then(|path| match open(path) {
            Ok(file) => Some(LogFile::new(file)),
            Err(error) => {
                failure = Some((path, reason(&error)));
                None
            }
        });
        if let Some((path, (number, text))) = failure {
            tell(&format!(
                "[alert] could not open error log file: open() \"{}\" failed ({number}: {text})",
                path.display()
            ));
        }
        Self {
            clock: Clock::new(),
            sinks: Sinks::BuiltIn(file, level),
            stderr: true,
        }
    }

    /// Goes over to the configuration's logs.
    pub(super) fn configure(&mut self, logs: ErrorLogs, named: &[ErrorLog]) {
        let stderr = named.iter().any(|log| log.target == ErrorTarget::Stderr);
        self.sinks = Sinks::Configured(logs, stderr);
    }

    /// The start is over: standard error is no longer told.
    pub(super) fn leave_stderr(&mut self) {
        self.stderr = false;
    }

    /// Writes a line.
    pub(super) fn say(&mut self, level: Level, text: &str) {
        self.write(level, text, None);
    }

    /// Writes a line about a failed call.
    pub(super) fn failed(&mut self, level: Level, text: &str, error: &std::io::Error) {
        let (number, why) = reason(error);
        self.write(level, text, Some((number, &why)));
    }

    fn write(&mut self, level: Level, text: &str, errno: Option<(i32, &str)>) {
        let line = Line {
            level,
            connection: None,
            text,
            errno,
            about: None,
        };
        let pid = std::process::id();
        let told = match &self.sinks {
            Sinks::Configured(logs, stderr) => {
                logs.write(&line, &mut self.clock, pid);
                *stderr
            }
            Sinks::BuiltIn(_, least) if level > *least => false,
            Sinks::BuiltIn(Some(file), _) => {
                let line = line.format(self.clock.text(), pid, pid);
                file.write(line.as_bytes());
                false
            }
            Sinks::BuiltIn(None, _) => {
                let line = line.format(self.clock.text(), pid, pid);
                let _ = std::io::stderr().write_all(line.as_bytes());
                true
            }
        };
        if self.stderr && !told && level <= Level::Warn {
            let errno = errno.map_or_else(String::new, |(n, why)| format!(" ({n}: {why})"));
            tell(&format!("[{}] {text}{errno}", level.word()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_log_gets_the_full_line() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("error.log");
        let mut log = Log::start(Some(&path), false);
        log.leave_stderr();
        log.say(Level::Info, "too fine");
        let missing = std::io::Error::from_raw_os_error(2);
        log.failed(Level::Emerg, "open() \"x\" failed", &missing);
        let text = std::fs::read_to_string(&path).expect("written");
        let pid = std::process::id();
        let end =
            format!(" [emerg] {pid}#{pid}: open() \"x\" failed (2: No such file or directory)\n");
        assert_eq!(text.lines().count(), 1);
        assert!(text.ends_with(&end), "{text}");
    }
}
