//! One configuration with everything the master opened for it.
//!
//! Invariants: a cycle is complete or does not exist; opening one disturbs nothing that an older
//! one uses; the master keeps the descriptors, so that a worker that died can be replaced.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use plan::nginx::Plan;
use relay::{ErrorLogs, LogFile, Sockets};
use stream::config::{Address, Level, ListenerKey};
use sys::memfd::Sealed;

use super::listen::{self, Bound};
use super::log::{self, Log};

/// A configuration in use, or about to be.
pub(super) struct Cycle {
    /// Rises with every configuration.
    pub(super) number: u64,
    /// What it asks for.
    pub(super) plan: Plan,
    /// The text it was read from, for a worker that is to take it over.
    pub(super) bundle: Sealed,
    /// Parallel to the plan's listeners.
    pub(super) sockets: Vec<Sockets>,
    /// Log files, parallel to the plan's.
    pub(super) files: Vec<Arc<OwnedFd>>,
}

/// The reason has been logged.
#[derive(Debug)]
pub(super) struct NotOpened;

impl Cycle {
    /// Opens log files and listening sockets; those that are `bound` already are taken over.
    ///
    /// # Errors
    /// When one cannot be opened: told in `log`, and what was made is gone again.
    pub(super) fn open(
        plan: Plan,
        bundle: Sealed,
        number: u64,
        bound: &[(ListenerKey, Sockets)],
        log: &mut Log,
    ) -> Result<Self, NotOpened> {
        let files = open_files(&plan, log)?;
        let sockets = listen::bind(&plan.stream, plan.threads, bound, false, log);
        let sockets: Option<Vec<Sockets>> = match sockets {
            Ok(sockets) => sockets.into_iter().collect(),
            Err(listen::NotBound) => None,
        };
        Ok(Self {
            number,
            sockets: sockets.ok_or(NotOpened)?,
            files,
            plan,
            bundle,
        })
    }

    /// Closes the listening sockets, so far as nobody else has them.
    pub(super) fn close_sockets(&mut self) {
        self.sockets.clear();
    }

    /// Its sockets with their keys.
    #[must_use]
    pub(super) fn bound(&self) -> Bound {
        let keys = self.plan.stream.listeners.iter().map(|l| l.key.clone());
        keys.zip(self.sockets.iter().cloned()).collect()
    }

    /// The socket of a key.
    #[must_use]
    pub(super) fn socket(&self, key: &ListenerKey) -> Option<&Sockets> {
        let index = self
            .plan
            .stream
            .listeners
            .iter()
            .position(|l| l.key == *key)?;
        self.sockets.get(index)
    }

    /// Opens the log files anew (USR1). With a worker of another user they become that user's,
    /// as nginx does. Files that cannot be opened keep their descriptor.
    pub(super) fn reopen(&mut self, log: &mut Log) {
        for (path, file) in self.plan.stream.files.iter().zip(&mut self.files) {
            let opened = match log::open(path) {
                Ok(opened) => opened,
                Err(error) => {
                    let text = format!("open() \"{}\" failed", path.display());
                    log.failed(Level::Emerg, &text, &error);
                    continue;
                }
            };
            if let Some((_, uid, _)) = &self.plan.user
                && let Err(error) = std::os::unix::fs::fchown(&opened, Some(*uid), None)
            {
                let text = format!("chown(\"{}\", {uid}) failed", path.display());
                log.failed(Level::Emerg, &text, &error);
            }
            *file = Arc::new(opened.into());
        }
    }

    /// The main error logs on this cycle's files.
    #[must_use]
    pub(super) fn error_logs(&self) -> ErrorLogs {
        error_logs(&self.plan, &self.files)
    }

    /// Removes the files of its unix sockets, when the program ends.
    pub(super) fn unlink_sockets(&self, log: &mut Log) {
        for listener in &self.plan.stream.listeners {
            if let Address::Unix(path) = &listener.key.address {
                listen::remove(path, log);
            }
        }
    }

    /// Removes the files of unix sockets that were made for this cycle and that `kept` does not
    /// have.
    pub(super) fn unlink_new_sockets(&self, kept: &Self, log: &mut Log) {
        listen::unlink(&self.bound(), &kept.plan.stream, log);
    }
}

/// Opens the log files, parallel to the plan's.
///
/// # Errors
/// When one cannot be opened: told in `log`.
pub(super) fn open_files(plan: &Plan, log: &mut Log) -> Result<Vec<Arc<OwnedFd>>, NotOpened> {
    let open = |path: &std::path::PathBuf| match log::open(path) {
        Ok(file) => Ok(Arc::new(OwnedFd::from(file))),
        Err(error) => {
            let text = format!("open() \"{}\" failed", path.display());
            log.failed(Level::Emerg, &text, &error);
            Err(NotOpened)
        }
    };
    plan.stream.files.iter().map(open).collect()
}

/// The main error logs on `files`.
#[must_use]
pub(super) fn error_logs(plan: &Plan, files: &[Arc<OwnedFd>]) -> ErrorLogs {
    let file = |fd: &Arc<OwnedFd>| fd.try_clone().ok().map(|fd| Arc::new(LogFile::new(fd)));
    let files: Option<Vec<_>> = files.iter().map(file).collect();
    // Out of descriptors: the worker's lines still arrive, the master's own are lost.
    ErrorLogs::new(&plan.error_logs, &files.unwrap_or_default())
}
