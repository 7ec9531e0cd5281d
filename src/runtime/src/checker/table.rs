//! Performs changes on the kernel's IPVS table and reads it back, as inputs for the engine.

use std::collections::BTreeSet;
use std::io;

use lvs::{Change, Input, Pool, Table};
use sys::ipvs::{Error, Ipvs};
use tracing::{error, warn};

use super::phrases;

/// The connection to the table, made when first needed.
#[derive(Debug, Default)]
pub(super) struct Performer {
    connection: Option<Ipvs>,
    buffer: Option<(u32, bool)>,
}

impl Performer {
    /// Sets the size of the receive buffer, in bytes, and whether it may exceed what the system
    /// allows; without a size it is a large one.
    pub(super) fn size_buffer(&mut self, wanted: Option<(u32, bool)>) {
        let changed = self.buffer != wanted;
        self.buffer = wanted;
        if let Some(connection) = self.connection.as_ref().filter(|_| changed) {
            sized(connection, wanted);
        }
    }

    /// The table as the engine wants to know it.
    pub(super) fn read(&mut self) -> Input {
        match self.try_read() {
            Ok(table) => Input::Table(table),
            Err(Error::Absent) => Input::Unavailable {
                reason: "the kernel has no IPVS (load it: modprobe ip_vs)".into(),
            },
            Err(Error::System(error)) if self.connection.is_none() => Input::Unavailable {
                reason: format!("IPVS cannot be reached: {error}"),
            },
            Err(Error::System(error)) => {
                error!("IPVS: cannot read the table: {error}");
                Input::Refused
            }
        }
    }

    fn try_read(&mut self) -> Result<Table, Error> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let connection = Ipvs::open()?;
                if self.buffer.is_some() {
                    sized(&connection, self.buffer);
                }
                none.insert(connection)
            }
        };
        let mut table = Table::new();
        for service in connection.services()? {
            let destinations = match connection.destinations(&service.key) {
                Ok(destinations) => destinations,
                // Somebody removed the service since it was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            table.insert(
                service.key,
                Pool {
                    service,
                    destinations,
                },
            );
        }
        Ok(table)
    }

    /// Makes the changes; what to tell the engine when some were refused.
    pub(super) fn apply(&mut self, changes: &[Change]) -> Option<Input> {
        let connection = self.connection.as_mut()?;
        let results = connection.apply(changes);
        let mut refused = false;
        let mut missing = BTreeSet::new();
        for (change, result) in changes.iter().zip(results) {
            let Err(error) = result else { continue };
            refused = true;
            if already_done(change, &error) {
                continue;
            }
            if matches!(change, Change::AddService(_)) {
                missing.insert(*change.service());
            } else if missing.contains(change.service()) {
                // Its service could not be made: that line is enough.
                continue;
            }
            error!("IPVS: {}", phrases::refused(change, &error));
        }
        refused.then_some(Input::Refused)
    }
}

/// A deletion of what is not there has reached its aim. It needs no line, but a look at the table:
/// somebody else changed it.
fn already_done(change: &Change, error: &io::Error) -> bool {
    match change {
        Change::DelService(_) | Change::DelDest(..) => {
            error.kind() == io::ErrorKind::NotFound
                || error.raw_os_error() == Some(nix::errno::Errno::ESRCH as i32)
        }
        Change::AddService(_)
        | Change::EditService(_)
        | Change::AddDest(..)
        | Change::EditDest(..) => false,
    }
}

fn sized(connection: &Ipvs, wanted: Option<(u32, bool)>) {
    if let Err(error) = connection.size_buffer(wanted) {
        warn!("cannot set the receive buffer of the socket that IPVS is asked through: {error}");
    }
}
