//! A made-up host.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plan::Facts;
use plan::facts::{Interface, PathFact, User};

/// Knows the users and names it was given.
pub(crate) struct Host {
    pub(crate) root: bool,
    pub(crate) names: BTreeMap<String, Vec<IpAddr>>,
}

impl Default for Host {
    fn default() -> Self {
        let localhost = vec!["127.0.0.1".parse().expect("an address")];
        Self {
            root: true,
            names: BTreeMap::from([("localhost".to_owned(), localhost)]),
        }
    }
}

impl Facts for Host {
    fn interface(&self, _: &str) -> Option<Interface> {
        None
    }

    fn interfaces(&self) -> Vec<Interface> {
        Vec::new()
    }

    fn user(&self, name: &str) -> Option<User> {
        let uid = match name {
            "root" => 0,
            "www-data" => 33,
            "nobody" => 65534,
            _ => return None,
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

    fn path(&self, _: &Path) -> PathFact {
        PathFact {
            components: Vec::new(),
            target: None,
            error: None,
        }
    }

    fn resolve(&self, host: &str) -> Vec<IpAddr> {
        self.names.get(host).cloned().unwrap_or_default()
    }

    fn hostname(&self) -> String {
        "host".to_owned()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn is_root(&self) -> bool {
        self.root
    }

    fn cpus(&self) -> usize {
        4
    }
}
