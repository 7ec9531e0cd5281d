//! The addresses, routes, rules and tables this daemon has added, on disk, so that the next start
//! can remove what a crash left behind.
//!
//! Invariants: written before something is added and after it was removed; replaced atomically;
//! a record of another boot or network namespace removes nothing.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plan::keepalived::Routing;
use serde::{Deserialize, Serialize};

/// An address as it must be named to remove it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) interface: Arc<str>,
    pub(super) address: IpAddr,
    pub(super) prefix: u8,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    boot: String,
    namespace: u64,
    #[serde(flatten)]
    left: Left,
}

/// What a daemon has added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Left {
    /// In order, each once: less memory than a set.
    pub(super) addresses: Vec<Entry>,
    pub(super) routing: BTreeSet<Routing>,
    /// Interfaces whose `promote_secondaries` was off before.
    pub(super) promoted: BTreeSet<String>,
    /// Links that were made.
    pub(super) links: BTreeSet<String>,
    /// Switches of the kernel that were set for them, by path, and what they were.
    pub(super) switches: BTreeMap<String, String>,
    /// The nftables table that was put in.
    pub(crate) filter: Option<String>,
}

impl Left {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The record of one daemon.
#[derive(Debug)]
pub(crate) struct Record {
    path: PathBuf,
    content: Content,
}

fn namespace() -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self/ns/net").map_or(0, |found| found.ino())
}

impl Record {
    /// An empty record, and what an earlier daemon of this boot and namespace left at `path`.
    pub(crate) fn open(path: &Path) -> (Self, Left) {
        let content = Content {
            boot: sys::clock::boot_id(),
            namespace: namespace(),
            left: Left::default(),
        };
        let left: Content = std::fs::read(path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let same_host = left.boot == content.boot && left.namespace == content.namespace;
        let left = if same_host {
            left.left
        } else {
            Left::default()
        };
        let path = path.to_path_buf();
        (Self { path, content }, left)
    }

    /// Notes addresses that are about to be added.
    ///
    /// # Errors
    /// What writing the file reports.
    pub(super) fn add(&mut self, entries: impl IntoIterator<Item = Entry>) -> io::Result<()> {
        let addresses = &mut self.content.left.addresses;
        addresses.extend(entries);
        addresses.sort_unstable();
        addresses.dedup();
        addresses.shrink_to_fit();
        self.save()
    }

    /// Forgets addresses that were removed.
    ///
    /// # Errors
    /// What writing the file reports.
    pub(super) fn remove<'a>(
        &mut self,
        entries: impl IntoIterator<Item = &'a Entry>,
    ) -> io::Result<()> {
        let gone: BTreeSet<&Entry> = entries.into_iter().collect();
        let addresses = &mut self.content.left.addresses;
        addresses.retain(|entry| !gone.contains(entry));
        addresses.shrink_to_fit();
        self.save()
    }

    /// Notes whose `promote_secondaries` has been switched on.
    ///
    /// # Errors
    /// What writing the file reports.
    pub(super) fn promoted(&mut self, interfaces: BTreeSet<String>) -> io::Result<()> {
        self.content.left.promoted = interfaces;
        self.save()
    }

    /// Goes on with what an earlier process has made and set: it is still there.
    pub(super) fn inherit(&mut self, recorded: &Left) {
        let left = &mut self.content.left;
        left.links.clone_from(&recorded.links);
        left.switches.clone_from(&recorded.switches);
        left.filter.clone_from(&recorded.filter);
    }

    /// Notes links that are about to be made, and switches that are about to be set.
    ///
    /// # Errors
    /// What writing the file reports.
    pub(super) fn links(
        &mut self,
        links: &BTreeSet<String>,
        switches: &BTreeMap<String, String>,
    ) -> io::Result<()> {
        let left = &mut self.content.left;
        if left.links == *links && left.switches == *switches {
            return Ok(());
        }
        left.links.clone_from(links);
        left.switches.clone_from(switches);
        self.save()
    }

    /// Notes the nftables table that is about to be put in, or that there is none.
    ///
    /// # Errors
    /// What writing the file reports.
    pub(crate) fn filter(&mut self, table: Option<String>) -> io::Result<()> {
        if self.content.left.filter == table {
            return Ok(());
        }
        self.content.left.filter = table;
        self.save()
    }

    /// Notes routes and rules that are about to be added.
    ///
    /// # Errors
    /// What writing the file reports.
    pub(super) fn add_routing(
        &mut self,
        routing: impl IntoIterator<Item = Routing>,
    ) -> io::Result<()> {
        self.content.left.routing.extend(routing);
        self.save()
    }

    /// Forgets routes and rules that were removed.
    ///
    /// # Errors
    /// What writing the file reports.
    pub(super) fn remove_routing<'a>(
        &mut self,
        routing: impl IntoIterator<Item = &'a Routing>,
    ) -> io::Result<()> {
        for routing in routing {
            self.content.left.routing.remove(routing);
        }
        self.save()
    }

    /// Nothing is left any more.
    ///
    /// # Errors
    /// What removing the file reports.
    pub(super) fn forget(&mut self) -> io::Result<()> {
        self.content.left = Left::default();
        self.save()
    }

    fn save(&self) -> io::Result<()> {
        if self.content.left.is_empty() {
            return match std::fs::remove_file(&self.path) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
                other => other,
            };
        }
        let bytes = serde_json::to_vec(&self.content).map_err(io::Error::other)?;
        super::dump::replace_file(&self.path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            interface: "ens34".into(),
            address: [192, 0, 2, 100].into(),
            prefix: 24,
        }
    }

    #[test]
    fn a_successor_learns_what_was_left() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("vrrp.addresses");
        let (mut record, left) = Record::open(&path);
        assert!(left.is_empty());
        record.add([entry()]).expect("written");
        let (_, left) = Record::open(&path);
        assert_eq!(left.addresses, [entry()]);
        record.remove([&entry()]).expect("removed");
        assert!(!path.exists(), "nothing is left behind");
    }

    #[test]
    fn another_boots_record_removes_nothing() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("vrrp.addresses");
        let content = Content {
            boot: "another".into(),
            namespace: namespace(),
            left: Left {
                addresses: vec![entry()],
                ..Left::default()
            },
        };
        std::fs::write(&path, serde_json::to_vec(&content).expect("json")).expect("write");
        assert!(Record::open(&path).1.is_empty());
    }
}
