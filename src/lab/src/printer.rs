//! Writes the timeline in the order of time.
//!
//! Reports of different machines arrive out of order, a lost probe much later than it was sent. A
//! line is therefore held for as long as an earlier one may still come.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::node::PATIENCE;
use crate::observed::{Event, Observation};
use crate::timeline::{self, Style};

/// Longer than a probe is waited for.
const HOLD: Duration = PATIENCE
    .saturating_mul(2)
    .saturating_add(Duration::from_millis(100));

/// The printing thread.
pub(crate) struct Printer {
    sender: Sender<Observation>,
    thread: JoinHandle<()>,
}

impl Printer {
    /// Prints in this style, with names padded to `width`.
    pub(crate) fn start(style: Style, width: usize) -> Self {
        let (sender, receiver) = channel();
        let thread = thread::spawn(move || print(&receiver, style, width));
        Self { sender, thread }
    }

    /// Prints soon.
    pub(crate) fn tell(&self, seen: &Observation) {
        let _ = self.sender.send(seen.clone());
    }

    /// Prints what is left, and returns when it is printed.
    pub(crate) fn finish(self) {
        drop(self.sender);
        let _ = self.thread.join();
    }
}

/// Leaves out a log line that only repeats the node's last one, as the backup's complaint about
/// each advert of a lower priority.
#[derive(Default)]
struct Repeats(BTreeMap<String, String>);

impl Repeats {
    fn is_repeat(&mut self, seen: &Observation) -> bool {
        let Some(node) = &seen.node else {
            return false;
        };
        match &seen.event {
            Event::Log { message, .. } => {
                let before = self.0.insert(node.clone(), message.clone());
                before.as_ref() == Some(message)
            }
            Event::State { .. } => {
                self.0.remove(node);
                false
            }
            _ => false,
        }
    }
}

fn print(receiver: &Receiver<Observation>, style: Style, width: usize) {
    let mut repeats = Repeats::default();
    let mut write = |seen: &Observation| {
        if style != Style::Text || !repeats.is_repeat(seen) {
            write(seen, style, width);
        }
    };
    // The second part keeps observations of the same time in the order of their arrival.
    let mut held: BTreeMap<(base::Instant, u64), (Instant, Observation)> = BTreeMap::new();
    let mut count = 0;
    loop {
        let wait = held
            .first_key_value()
            .map_or(Duration::from_secs(3600), |(_, (arrived, _))| {
                (*arrived + HOLD).saturating_duration_since(Instant::now())
            });
        match receiver.recv_timeout(wait) {
            Ok(seen) => {
                count += 1;
                held.insert((seen.at, count), (Instant::now(), seen));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                for (_, seen) in held.into_values() {
                    write(&seen);
                }
                return;
            }
        }
        while let Some(first) = held.first_entry() {
            if first.get().0.elapsed() < HOLD {
                break;
            }
            let (_, seen) = first.remove();
            write(&seen);
        }
    }
}

fn write(seen: &Observation, style: Style, width: usize) {
    if let Some(line) = timeline::line(seen, style, width) {
        let mut out = std::io::stdout().lock();
        // Nobody reading is no reason to stop: the exit status still counts.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}
