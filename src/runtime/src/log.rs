//! From `tracing` events to the lines that the originals write.
//!
//! Invariants: one event is one line; a sink never blocks on what is not a terminal or a file; the
//! set of sinks can be replaced at any time (after a fork, on reload).
//! Deliberately unknown here: formats and identities, which belong to the sinks.

use std::fmt::{self, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

/// One line on its way out.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// tracing's level.
    pub level: Level,
    /// syslog severity 0 (emergency) to 7, when the event has a field `severity`: finer than the
    /// level.
    pub severity: Option<u8>,
    /// Module or name given as `target:`.
    pub target: &'a str,
    /// The text.
    pub message: &'a str,
}

impl Line<'_> {
    /// The syslog severity: the event's own, or the one that belongs to its level.
    #[must_use]
    pub fn severity(&self) -> u8 {
        self.severity.unwrap_or(match self.level {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        })
    }
}

/// Where lines go.
pub trait Sink: Send + Sync {
    /// Writes one line. Failures are the sink's affair: there is nobody to tell.
    fn write(&self, line: &Line<'_>);
}

#[derive(Default)]
struct Shared {
    sinks: Vec<Box<dyn Sink>>,
    level: Option<Level>,
}

/// Changes where lines go.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<RwLock<Shared>>,
}

impl Handle {
    /// Replaces all sinks.
    pub fn replace(&self, sinks: Vec<Box<dyn Sink>>) {
        self.shared
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .sinks = sinks;
    }

    /// Adds one sink.
    pub fn add(&self, sink: Box<dyn Sink>) {
        let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        shared.sinks.push(sink);
    }

    /// The most detailed level that is written.
    pub fn set_level(&self, level: Level) {
        self.shared
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .level = Some(level);
        tracing::callsite::rebuild_interest_cache();
    }
}

/// Every event is a line. Spans are not followed: nothing here opens any, and a registry of them
/// takes 32 KiB of each process.
struct Lines {
    shared: Arc<RwLock<Shared>>,
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let shared = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        shared.level.is_some_and(|most| *metadata.level() <= most)
    }

    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        // The level changes at run time, so it is asked each time.
        Interest::sometimes()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let shared = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        shared.level.map(LevelFilter::from_level)
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let line = Line {
            level: *event.metadata().level(),
            severity: text.severity,
            target: event.metadata().target(),
            message: &text.message,
        };
        let shared = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        for sink in &shared.sinks {
            sink.write(&line);
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Text {
    message: String,
    severity: Option<u8>,
}

impl Visit for Text {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "severity" {
            self.severity = u8::try_from(value.min(7)).ok();
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.record_u64(field, u64::try_from(value).unwrap_or(0));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.message, "{value:?}");
        }
    }
}

/// Starts logging in this process and what it forks. Nothing is written until a sink is added.
/// A second call changes nothing but gets a handle without effect.
#[must_use]
pub fn install(level: Level) -> Handle {
    let (lines, handle) = lines(level, Vec::new());
    let _ = tracing::subscriber::set_global_default(lines);
    handle
}

/// Takes events for `sinks`, and the handle of that.
pub(crate) fn lines(
    level: Level,
    sinks: Vec<Box<dyn Sink>>,
) -> (impl Subscriber + Send + Sync, Handle) {
    let level = Some(level);
    let shared = Arc::new(RwLock::new(Shared { sinks, level }));
    let lines = Lines {
        shared: Arc::clone(&shared),
    };
    (lines, Handle { shared })
}

/// Standard error, as `keepalived -l` writes to it: `Sat Nov 21 11:08:04 2026: text`.
#[derive(Debug, Default)]
pub struct Console;

impl Sink for Console {
    fn write(&self, line: &Line<'_>) {
        let text = format!("{}: {}\n", stamp(), line.message);
        // One write call per line, so that several processes do not mix theirs.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}

/// A file that lines are added to, in the form of [`Console`].
#[derive(Debug)]
pub struct LogFile {
    file: File,
}

impl LogFile {
    /// Opens `path`, which may be there already; nothing is written through a symlink.
    ///
    /// # Errors
    /// What opening reports, or that it is no file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK)
            .open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is there, and it is no file"));
        }
        Ok(Self { file })
    }
}

impl Sink for LogFile {
    fn write(&self, line: &Line<'_>) {
        let text = format!("{}: {}\n", stamp(), line.message);
        let _ = (&self.file).write_all(text.as_bytes());
    }
}

/// Local time as ctime(3) writes it.
#[must_use]
pub fn stamp() -> String {
    sys::clock::civil()
        .strftime("%a %b %e %H:%M:%S %Y")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    struct Kept(Arc<Mutex<Vec<(u8, String)>>>);

    impl Sink for Kept {
        fn write(&self, line: &Line<'_>) {
            let mut kept = self.0.lock().expect("not poisoned");
            kept.push((line.severity(), line.message.to_owned()));
        }
    }

    #[test]
    fn events_become_lines_with_severity() {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let sink = Box::new(Kept(Arc::clone(&kept)));
        let (lines, _) = lines(Level::INFO, vec![sink]);
        tracing::subscriber::with_default(lines, || {
            tracing::info!("({}) Entering MASTER STATE", "VI_1");
            tracing::debug!("too detailed");
            tracing::error!(severity = 1, "alert");
        });
        let kept = kept.lock().expect("not poisoned");
        let expected = [
            (6, "(VI_1) Entering MASTER STATE".to_owned()),
            (1, "alert".to_owned()),
        ];
        assert_eq!(kept.as_slice(), expected);
    }
}
