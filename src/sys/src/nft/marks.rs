//! A table that marks packets by where they go to, so that IPVS finds one service for many
//! addresses.
//!
//! Invariants: what is there changes by what differs alone, in one transaction; a map whose elements
//! are gone stays until the table goes. Deliberately unknown here: which mark means what.

use std::collections::BTreeSet;
use std::io;

use base::Family;
use wire::ipvs::{Marked, Protocol};

use super::encode::Batch;
use super::transact;

/// The chain: packets to this host, as IPVS takes them.
const CHAIN: &str = "in";

/// A table that is in the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    name: String,
    priority: i32,
    /// What is there of each family.
    maps: BTreeSet<(Family, Protocol)>,
    elements: BTreeSet<Marked>,
}

impl Marks {
    /// Puts the table in, instead of one of its name. Elements of one protocol must not overlap.
    ///
    /// # Errors
    /// What the kernel reports; `EOPNOTSUPP` or `EPROTONOSUPPORT` when it has no nftables.
    pub fn put_in(name: &str, priority: i32, elements: &[Marked]) -> io::Result<Self> {
        let mut batch = Batch::new();
        for family in [Family::V4, Family::V6] {
            batch.forget(family, name);
        }
        let mut marks = Self {
            name: name.to_owned(),
            priority,
            maps: BTreeSet::new(),
            elements: BTreeSet::new(),
        };
        marks.change(elements, &mut batch);
        transact(batch)?;
        Ok(marks)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a table of that name and priority is this one, whatever its elements.
    #[must_use]
    pub fn is(&self, name: &str, priority: i32) -> bool {
        self.name == name && self.priority == priority
    }

    /// Changes what differs from `elements`.
    ///
    /// # Errors
    /// What the kernel reports; then nothing has changed. `ENOENT`: somebody took the table out.
    pub fn lead(&mut self, elements: &[Marked]) -> io::Result<()> {
        let mut batch = Batch::new();
        let mut changed = self.clone();
        if changed.change(elements, &mut batch) {
            transact(batch)?;
            *self = changed;
        }
        Ok(())
    }

    /// Whether anything differs.
    fn change(&mut self, elements: &[Marked], batch: &mut Batch) -> bool {
        let wanted: BTreeSet<Marked> = elements.iter().copied().collect();
        let gone: Vec<Marked> = self.elements.difference(&wanted).copied().collect();
        let is_new = |it: &&Marked| !self.elements.contains(it);
        // In their order, which is how they are listed.
        let new: Vec<Marked> = elements.iter().filter(is_new).copied().collect();
        let name = self.name.as_str();
        for element in &new {
            let (family, protocol) = (element.family(), element.protocol);
            if !self.maps.iter().any(|(there, _)| *there == family) {
                batch.table(family, name);
                batch.chain(family, name, CHAIN, libc::NF_INET_LOCAL_IN, self.priority);
            }
            if self.maps.insert((family, protocol)) {
                batch.map(family, name, protocol);
                batch.mark(family, (name, CHAIN), protocol);
            }
        }
        // What comes may lie where something was.
        batch.delete(name, &gone);
        batch.add(name, &new);
        self.elements = wanted;
        !gone.is_empty() || !new.is_empty()
    }
}
