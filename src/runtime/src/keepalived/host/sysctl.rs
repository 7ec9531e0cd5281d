//! `promote_secondaries`: while the daemon runs, removing a primary address of an interface leaves
//! its secondaries there.
//!
//! Invariants: a switch that was on already is left alone, now and at the end; one that was set is
//! recorded, so that whoever comes next puts it back.

use std::collections::BTreeSet;
use std::{fs, io};

use tracing::warn;

use super::Host;

fn path(interface: &str) -> String {
    format!("/proc/sys/net/ipv4/conf/{interface}/promote_secondaries")
}

impl Host {
    /// Sets what the configuration asks for; puts the others back.
    pub(super) fn set_sysctls(&mut self) {
        // What the end needs is decided once, see `leaving`.
        if self.stopping {
            return;
        }
        let hosts = self.plan.routers.iter();
        let wanted = hosts.filter(|host| host.promote_secondaries);
        let wanted = wanted.filter_map(|host| host.interface.as_deref());
        self.promote(&wanted.map(str::to_owned).collect());
    }

    /// The end: everything as it was.
    pub(super) fn reset_sysctls(&mut self) {
        self.promote(&BTreeSet::new());
    }

    pub(super) fn promote(&mut self, wanted: &BTreeSet<String>) {
        let before = self.promoted.clone();
        let over: BTreeSet<String> = before.difference(wanted).cloned().collect();
        put_back(&over);
        self.promoted.retain(|interface| !over.contains(interface));
        for interface in wanted {
            match switch_on(interface) {
                Ok(true) => drop(self.promoted.insert(interface.clone())),
                Ok(false) => {}
                // It is set when the interface comes.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => warn!("cannot set promote_secondaries of {interface}: {error}"),
            }
        }
        if self.promoted != before
            && let Err(error) = self.record.promoted(self.promoted.clone())
        {
            self.record_trouble(&error);
        }
    }
}

/// Switches it off again.
pub(super) fn put_back(interfaces: &BTreeSet<String>) {
    for interface in interfaces {
        // An interface that has gone has no switch to put back.
        let _ = fs::write(path(interface), "0");
    }
}

/// Whether it was off.
fn switch_on(interface: &str) -> io::Result<bool> {
    let path = path(interface);
    let off = fs::read_to_string(&path)?.trim() == "0";
    if off {
        fs::write(&path, "1")?;
    }
    Ok(off)
}
