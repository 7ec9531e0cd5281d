//! A made-up host.

use core::cell::Cell;
use core::net::IpAddr;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base::MacAddr;
use plan::Facts;
use plan::facts::{Component, Interface, NumberTable, PathFact, User};

/// Knows the users, names, interfaces and files it was given.
pub(crate) struct Host {
    pub(crate) root: bool,
    pub(crate) names: BTreeMap<String, Vec<IpAddr>>,
    /// Name to addresses with prefix lengths.
    pub(crate) interfaces: BTreeMap<String, Vec<(IpAddr, u8)>>,
    /// Path to mode (with its type) and owner; directories on the way are root's unless given.
    pub(crate) files: BTreeMap<PathBuf, (u32, u32)>,
    /// Interfaces that are no cards, and the kernel's word for what they are.
    pub(crate) kinds: BTreeMap<String, String>,
    /// More accounts.
    pub(crate) users: BTreeMap<String, u32>,
    /// Firewall marks that the running configuration has given.
    pub(crate) marks: BTreeMap<String, u32>,
    /// How often it was asked for a path or an account.
    pub(crate) asked: Cell<usize>,
}

impl Default for Host {
    fn default() -> Self {
        let localhost = vec!["127.0.0.1".parse().expect("an address")];
        Self {
            root: true,
            names: BTreeMap::from([("localhost".to_owned(), localhost)]),
            interfaces: BTreeMap::new(),
            files: BTreeMap::new(),
            kinds: BTreeMap::new(),
            users: BTreeMap::new(),
            marks: BTreeMap::new(),
            asked: Cell::new(0),
        }
    }
}

impl Host {
    fn component(&self, path: &Path) -> Component {
        let (mode, uid) = self.files.get(path).copied().unwrap_or((0o040_755, 0));
        Component {
            path: path.to_owned(),
            mode,
            uid,
            gid: 0,
        }
    }
}

impl Facts for Host {
    fn mark(&self, owner: &str) -> Option<u32> {
        self.marks.get(owner).copied()
    }

    fn interface(&self, name: &str) -> Option<Interface> {
        let mut all = self.interfaces().into_iter();
        all.find(|interface| interface.name == name)
    }

    fn interfaces(&self) -> Vec<Interface> {
        let all = (1..).zip(&self.interfaces);
        all.map(|(index, (name, addresses))| Interface {
            index,
            name: name.clone(),
            mac: MacAddr([2, 0, 0, 0, 0, 1]),
            mtu: 1500,
            up: true,
            running: true,
            multicast: true,
            loopback: name == "lo",
            ethernet: name != "lo",
            kind: self.kinds.get(name).cloned(),
            addresses: addresses.clone(),
        })
        .collect()
    }

    fn user(&self, name: &str) -> Option<User> {
        self.asked.set(self.asked.get() + 1);
        let uid = match name {
            "root" => 0,
            "www-data" => 33,
            "nobody" => 65534,
            other => *self.users.get(other)?,
        };
        let name = name.to_owned();
        Some(User {
            name,
            uid,
            gid: uid,
        })
    }

    fn group(&self, name: &str) -> Option<u32> {
        self.user(name).map(|user| user.gid)
    }

    fn path(&self, path: &Path) -> PathFact {
        self.asked.set(self.asked.get() + 1);
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        let found = self.files.contains_key(path);
        PathFact {
            components: above.into_iter().map(|path| self.component(path)).collect(),
            target: found.then(|| self.component(path)),
            error: (!found).then(|| "No such file or directory".to_owned()),
        }
    }

    fn resolve(&self, host: &str) -> Vec<IpAddr> {
        self.names.get(host).cloned().unwrap_or_default()
    }

    fn hostname(&self) -> String {
        "host".to_owned()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        vec!["/usr/local/bin".into(), "/usr/bin".into()]
    }

    fn is_root(&self) -> bool {
        self.root
    }

    fn cpus(&self) -> usize {
        4
    }

    fn number(&self, table: NumberTable, name: &str) -> Option<u32> {
        (table == NumberTable::Tables && name == "known").then_some(77)
    }
}
