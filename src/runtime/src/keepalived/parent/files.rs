//! `reload_file` and `reload_time_file`: how others follow reloads and ask for them.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use nix::libc;
use plan::keepalived::Marker;
use tracing::{info, warn};

use super::{APPOINTMENT, Parent};

impl Parent<'_> {
    /// Makes the marker, or empties the one that somebody else has made.
    pub(super) fn mark_reading(&mut self) {
        let path = match &self.summary.reloads.marker {
            None => return,
            Some(Marker::At(path)) => path.clone(),
            Some(Marker::Default) => beside(&self.paths.pid),
        };
        if let Err(error) = make_empty(&path) {
            warn!("Failed to create reload file {}: {error}", path.display());
        }
        self.marked = Some(path);
    }

    /// Takes the marker away: everything has been read.
    pub(super) fn unmark(&mut self) {
        let Some(path) = self.marked.take() else {
            return;
        };
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => warn!("Failed to remove reload file {}: {error}", path.display()),
        }
    }

    /// Follows the file that the configuration names now.
    pub(super) fn follow_appointment(&mut self) -> io::Result<()> {
        self.appointment.follow(&self.summary.reloads);
        match self.appointment.events() {
            Some(events) => self.poller.add(events, APPOINTMENT),
            None => Ok(()),
        }
    }

    /// Reloads if it is time.
    pub(super) fn keep_appointment(&mut self) -> io::Result<()> {
        if self.stopping || !self.appointment.is_due() {
            return Ok(());
        }
        info!("Reloading at the time that the reload time file says");
        self.appointment.keep();
        self.reload()
    }
}

fn beside(pid: &Path) -> PathBuf {
    pid.with_file_name("keepalived.reload")
}

fn make_empty(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
}
