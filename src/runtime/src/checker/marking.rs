//! The table that marks packets, in the kernel as it is wanted.
//!
//! Invariants: the table is on record before it is put in, so that whoever comes next takes it out;
//! what stays is not touched. It is there after the services it sends packets to, and goes before
//! them. Deliberately unknown here: why a packet is marked.

use std::path::Path;

use plan::keepalived::Marks;
use sys::nft;
use tracing::error;

use crate::keepalived::record::Record;

/// What is wanted and what is there.
#[derive(Debug)]
pub(super) struct Marking {
    record: Record,
    /// An earlier process put in the table of that name.
    left: Option<String>,
    wanted: Option<Marks>,
    there: Option<nft::Marks>,
}

impl Marking {
    /// What an earlier process has left is on record at `path`.
    pub(super) fn new(path: &Path) -> Self {
        let (record, left) = Record::open(path);
        Self {
            record,
            left: left.filter,
            wanted: None,
            there: None,
        }
    }

    /// [`Self::lead`] leads to this.
    pub(super) fn want(&mut self, wanted: Option<Marks>) {
        self.wanted = wanted.filter(|wanted| !wanted.elements.is_empty());
    }

    /// Changes what differs.
    pub(super) fn lead(&mut self) {
        let there = self.there.take();
        let Some(wanted) = self.wanted.clone() else {
            self.take_out(there.map(|there| there.name().to_owned()), None);
            return;
        };
        let (name, priority) = (wanted.table, wanted.priority);
        if let Some(mut there) = there {
            if there.is(&name, priority) && there.lead(&wanted.elements).is_ok() {
                self.there = Some(there);
                return;
            }
            // Of another name or priority, or somebody else has changed it.
            self.left = Some(there.name().to_owned());
        }
        let others = self.left.take().filter(|left| *left != name);
        self.take_out(others, Some(name.clone()));
        match nft::Marks::put_in(&name, priority, &wanted.elements) {
            Ok(there) => self.there = Some(there),
            Err(error) => error!(
                "cannot set the nftables table {name}: {error}; no packet is marked for virtual \
                 server groups"
            ),
        }
    }

    /// Takes out what is there or was left, and notes the table that comes.
    fn take_out(&mut self, there: Option<String>, coming: Option<String>) {
        for name in there.into_iter().chain(self.left.take()) {
            if let Err(error) = nft::delete(&name) {
                error!("cannot delete the nftables table {name}: {error}");
            }
        }
        if let Err(error) = self.record.filter(coming) {
            error!("cannot record the nftables table: {error}");
        }
    }
}
