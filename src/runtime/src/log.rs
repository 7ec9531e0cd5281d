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
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

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

struct Lines {
    shared: Arc<RwLock<Shared>>,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let shared = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        shared.level.is_some_and(|most| *metadata.level() <= most)
    }

    fn register_callsite(&self, _: &'static Metadata<'static>) -> tracing::subscriber::Interest {
        // The level changes at run time, so it is asked each time.
        tracing::subscriber::Interest::sometimes()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let shared = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        shared.level.map(LevelFilter::from_level)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
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
    let shared = Arc::new(RwLock::new(Shared {
        sinks: Vec::new(),
        level: Some(level),
    }));
    let layer = Lines {
        shared: Arc::clone(&shared),
    };
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer));
    Handle { shared }
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
        let shared = Arc::new(RwLock::new(Shared {
            sinks: vec![Box::new(Kept(Arc::clone(&kept)))],
            level: Some(Level::INFO),
        }));
        let layer = Lines { shared };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
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
