//! `keepalived_parent.data`: what the parent knows of the configuration.
//!
//! Invariant: making and writing it is left to a process of its own, so that a slow disk holds up
//! nobody who may have to stand in for the VRRP process.

use plan::keepalived::Side;
use tracing::{error, info};

use super::Parent;
use crate::keepalived::dump::replace_file;

impl Parent<'_> {
    pub(super) fn dump(&self) {
        let pid = std::process::id();
        info!("Printing parent data for process({pid}) on signal");
        let writer = sys::process::fork_child(|| {
            sys::signal::unblock_all();
            self.write_dump()
        });
        if let Err(error) = writer {
            error!(
                "no process to write {}: {error}",
                self.summary.dump.display()
            );
        }
    }

    /// Gives the status of the process that does it.
    fn write_dump(&self) -> i32 {
        let summary = &self.summary;
        let side = Side::Parent(&summary.hooks);
        let text = summary.settings.section(side);
        match replace_file(&summary.dump, text.as_bytes()) {
            Ok(()) => 0,
            Err(error) => {
                error!("cannot write {}: {error}", summary.dump.display());
                1
            }
        }
    }
}
