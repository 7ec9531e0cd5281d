//! The ends of processes that this one has started: whose they were, and what follows.
//!
//! Invariants: who ended in order, or is no longer needed, is not started again; nobody is started
//! again at once who has just been.

use std::io;

use sys::process::Ended;
use tracing::{error, info};

use super::{HOPE, Kind, NO_RESPAWN, Parent};

impl Parent<'_> {
    pub(super) fn reap(&mut self) -> io::Result<()> {
        while let Some((pid, ended)) = sys::process::reap_any() {
            if self.reader.as_ref().is_some_and(|reader| reader.pid == pid) {
                self.read_reader()?;
                if self.reader.take().is_some() {
                    self.unmark();
                    error!("Reload failed: the reader ended with {ended:?}");
                }
                continue;
            }
            if let Some((moment, outcome)) = self.hooks.ended(pid, ended) {
                self.hook_ended(moment, outcome)?;
                continue;
            }
            if self.sentinel_ended(pid, ended) || self.rehearsal_ended(pid, ended) {
                continue;
            }
            let kind = self
                .kids
                .iter()
                .find(|(_, kid)| kid.pid == pid)
                .map(|(kind, _)| *kind);
            if let Some(kind) = kind {
                self.child_ended(kind, ended);
            }
        }
        self.reload_again()
    }

    fn child_ended(&mut self, kind: Kind, ended: Ended) {
        let Some(kid) = self.kids.remove(&kind) else {
            return;
        };
        if self.has_left(kind, &kid.channel) {
            return;
        }
        let yielded = !self.stopping && !kid.retiring && self.has_yielded(kind, &kid.channel);
        if kind == Kind::Bfd && !self.stopping && !self.past.contains_key(&kind) {
            self.sessions_lost();
        }
        if kind == Kind::Vrrp && self.stopping {
            self.pass_on(nix::libc::SIGTERM);
        }
        if self.stopping || yielded {
            return;
        }
        if kid.retiring {
            // Another configuration may want it again since it was told to end.
            if self.wanted().contains(&kind) {
                self.respawns.insert(kind, sys::clock::now());
            }
            return;
        }
        let (name, pid) = (kind.name(), kid.pid);
        if kind == Kind::Vrrp {
            self.note_death(pid, ended);
            self.take_back();
            self.stand_in();
        }
        match ended {
            Ended::Exited(status) => info!("pid {pid} exited with status {status}"),
            Ended::Signaled(number) => {
                let what = sys::signal::describe(number);
                info!("pid {pid} exited due to signal {number} ({what})");
            }
        }
        match ended {
            Ended::Exited(NO_RESPAWN) => {}
            Ended::Exited(status @ (1 | 2 | 4)) => {
                error!("{name} child process({pid}) died: Exiting");
                self.stop(status);
            }
            _ if self.options.dont_respawn => {
                error!("{name} child process({pid}) died: Exiting");
                self.stop(1);
            }
            _ => {
                error!("{name} child process({pid}) died: Respawning");
                let now = sys::clock::now();
                let wait = self
                    .backoff
                    .entry(kind)
                    .or_default()
                    .after_death(kid.started, now);
                info!(
                    "Restart of {name} process delayed {} seconds to limit respawn rate",
                    wait.as_secs()
                );
                if kind == Kind::Vrrp && wait > HOPE {
                    self.last_will();
                }
                self.respawns.insert(kind, now + wait);
            }
        }
    }
}
