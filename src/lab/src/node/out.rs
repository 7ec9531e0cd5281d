//! The way from a node to the lab: shared by the init's threads, one line at a time.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

use crate::observed::Event;
use crate::protocol::{Report, monotonic_us, send};

/// Longest line of a daemon's output that is passed on.
const LONGEST_OUTPUT: u64 = 8192;

/// The sending side of the socket to the lab.
#[derive(Clone, Debug)]
pub(super) struct Out(Arc<Mutex<UnixStream>>);

impl Out {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self(Arc::new(Mutex::new(stream)))
    }

    /// Sends a report. If the lab is gone, so is the reason to run: the reading side notices.
    pub(super) fn report(&self, report: &Report) {
        if let Ok(mut stream) = self.0.lock() {
            let _ = send(&mut *stream, report);
        }
    }

    /// Reports an event as of now.
    pub(super) fn seen(&self, event: Event) {
        self.seen_at(monotonic_us(), event);
    }

    /// Reports an event of a moment ago.
    pub(super) fn seen_at(&self, at_us: u64, event: Event) {
        self.report(&Report::Seen { at_us, event });
    }

    /// Passes on what comes from `printed`, line by line, until its end.
    pub(super) fn forward(&self, from: String, printed: impl Read + Send + 'static) {
        let out = self.clone();
        std::thread::spawn(move || {
            let mut printed = BufReader::new(printed);
            let mut line = Vec::new();
            loop {
                line.clear();
                let read = (&mut printed)
                    .take(LONGEST_OUTPUT)
                    .read_until(b'\n', &mut line);
                if !matches!(read, Ok(1..)) {
                    return;
                }
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                if !text.is_empty() {
                    out.seen(Event::Output {
                        from: from.clone(),
                        line: text,
                    });
                }
            }
        });
    }
}
