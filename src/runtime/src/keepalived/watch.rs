//! Reads what the configuration tracks: interfaces, files, processes and BFD sessions.
//!
//! Invariants: the engine is told only what has changed since it was told last; after a reload it
//! is told everything, once.
//! Deliberately unknown here: weights, delays, and what follows.

mod file;
mod process;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use base::Instant;
use plan::keepalived::{Plan, Watch};
use sys::epoll::Poller;
use tracing::info;
use vrrp::config::ObjectIx;
use vrrp::{Input, Reading, Wait};

use super::links::Links;
use file::Files;
use process::Processes;

/// Everything that is watched.
#[derive(Debug, Default)]
pub(super) struct Watches {
    watches: Vec<Watch>,
    /// What the engine was told.
    told: Vec<Option<Reading>>,
    files: Files,
    processes: Processes,
    /// BFD sessions, as far as they were told of, and whether they are up.
    sessions: BTreeMap<String, bool>,
}

impl Watches {
    /// Watches what `plan` wants from now on, and nothing else. A file that is to be made at the start
    /// (`init_file`) is made unless it was watched before, or `adopted`: a predecessor made it.
    pub(super) fn replace(&mut self, plan: &Plan, now: Instant, adopted: bool) {
        let watches = &plan.watches;
        let before = core::mem::replace(&mut self.watches, watches.to_vec());
        let known = |path: &Path| {
            let same = |it: &Watch| matches!(it, Watch::File { path: old, .. } if old == path);
            before.iter().any(same)
        };
        self.told = vec![None; watches.len()];
        self.files = Files::of(watches, |path| !adopted && !known(path));
        let buffer = plan.buffers.process_monitor.map(Into::into);
        self.processes.replace(watches, now, buffer);
    }

    /// Registers what becomes readable when something happens.
    ///
    /// # Errors
    /// What registering reports.
    pub(super) fn register(&self, poller: &Poller, files: u64, processes: u64) -> io::Result<()> {
        if let Some(events) = self.files.events() {
            poller.add(events, files)?;
        }
        self.register_processes(poller, processes)
    }

    /// Takes in what has happened to files.
    pub(super) fn files_changed(&mut self) {
        self.files.take_events();
    }

    /// Takes in what BFD has said.
    pub(super) fn sessions_changed(&mut self, sessions: Vec<(String, bool)>) {
        for (name, up) in sessions {
            let state = if up { "Up" } else { "Down" };
            info!("Received BFD event: instance {name} is in state {state}");
            self.sessions.insert(name, up);
        }
    }

    /// Takes in what processes have done.
    ///
    /// # Errors
    /// What registering reports, where processes are followed otherwise from now on.
    pub(super) fn wake(&mut self, poller: &Poller, token: u64) -> io::Result<()> {
        match self.processes.take_events(sys::clock::now()) {
            true => self.register_processes(poller, token),
            false => Ok(()),
        }
    }

    fn register_processes(&self, poller: &Poller, token: u64) -> io::Result<()> {
        let readable = self.processes.readable();
        readable.map_or(Ok(()), |readable| poller.add(readable, token))
    }

    /// Does what is due.
    pub(super) fn expire(&mut self, now: Instant) {
        self.files.expire(now);
        self.processes.expire(now);
    }

    /// How many processes run that a tracked object looks for; none for other objects.
    pub(super) fn running(&self, object: ObjectIx) -> usize {
        self.processes.running(object.0 as usize)
    }

    /// When [`Watches::expire`] has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let deadlines = [self.files.deadline(), self.processes.deadline()];
        deadlines.into_iter().flatten().min()
    }

    /// What the engine does not know yet.
    pub(super) fn changes(&mut self, links: &Links) -> Vec<Input> {
        let mut inputs = Vec::new();
        for ((ix, watch), told) in (0..).zip(&self.watches).zip(&mut self.told) {
            let at = ix as usize;
            let mut wait = Wait::Usual;
            let reading = match watch {
                Watch::Interface { name } => good(links.usable(name).is_ok()),
                Watch::File { .. } => Reading::Number(self.files.number(at)),
                Watch::Process(_) => {
                    wait = self.processes.wait(at);
                    good(self.processes.wanted(at))
                }
                // One that nobody spoke of is not up yet.
                Watch::Session { name } => good(self.sessions.get(name) == Some(&true)),
            };
            if told.replace(reading) != Some(reading) {
                inputs.push(Input::Read {
                    object: ObjectIx(ix),
                    reading,
                    wait,
                });
            }
        }
        inputs
    }
}

const fn good(good: bool) -> Reading {
    if good { Reading::Good } else { Reading::Bad }
}
