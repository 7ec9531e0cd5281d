//! The made-up host that proofs plan for.

use core::net::IpAddr;
use std::path::{Path, PathBuf};

use base::MacAddr;
use plan::Facts;
use plan::facts::{Component, Interface, NumberTable, PathFact, Tables, User};

const NAMES: [(&str, &[(&str, u8)]); 4] = [
    ("lo", &[("127.0.0.1", 8)]),
    ("eth0", &[("192.0.2.10", 24), ("fe80::10", 64)]),
    ("eth1", &[("198.51.100.10", 24), ("fe80::11", 64)]),
    (VRF, &[]),
];
/// A VRF.
const VRF: &str = "red";
/// Accounts by name and id.
const ACCOUNTS: [(&str, u32); 4] = [
    ("root", 0),
    ("www-data", 33),
    ("keepalived_script", 990),
    ("nobody", 65534),
];
/// A directory everybody may write into.
const OPEN: &str = "/srv/open";

/// A symlink, and where it leads to.
const LINK: (&str, &str) = ("/srv/link", "/srv/real");

pub(crate) struct Host;

fn component(path: &Path, directory: bool) -> Component {
    let mode = match (directory, path == Path::new(OPEN)) {
        (true, true) => 0o040_777,
        (true, false) => 0o040_755,
        (false, _) => 0o100_755,
    };
    Component {
        path: path.to_owned(),
        mode,
        uid: 0,
        gid: 0,
    }
}

impl Facts for Host {
    fn interface(&self, name: &str) -> Option<Interface> {
        let mut all = self.interfaces().into_iter();
        all.find(|interface| interface.name == name)
    }

    fn interfaces(&self) -> Vec<Interface> {
        let address = |(text, len): &(&str, u8)| Some((text.parse().ok()?, *len));
        let all = (1..).zip(NAMES);
        all.map(|(index, (name, addresses))| Interface {
            index,
            name: name.to_owned(),
            mac: MacAddr([2, 0, 0, 0, 0, 1]),
            mtu: 1500,
            up: true,
            running: true,
            multicast: true,
            loopback: name == "lo",
            ethernet: name != "lo",
            kind: (name == VRF).then(|| "vrf".to_owned()),
            addresses: addresses.iter().filter_map(address).collect(),
        })
        .collect()
    }

    fn user(&self, name: &str) -> Option<User> {
        let (name, uid) = *ACCOUNTS.iter().find(|(known, _)| *known == name)?;
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

    fn groups(&self, uid: u32, gid: u32) -> Vec<u32> {
        match uid {
            33 => vec![gid, 4],
            _ => Vec::new(),
        }
    }

    fn path(&self, path: &Path) -> PathFact {
        let followed = if path == Path::new(LINK.0) {
            Path::new(LINK.1)
        } else {
            path
        };
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        PathFact {
            components: above
                .into_iter()
                .map(|path| component(path, true))
                .collect(),
            target: Some(component(followed, false)),
            error: None,
        }
    }

    fn resolve(&self, _: &str) -> Vec<IpAddr> {
        Vec::new()
    }

    fn hostname(&self) -> String {
        "host.example".to_owned()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        vec!["/usr/bin".into()]
    }

    fn is_root(&self) -> bool {
        true
    }

    fn number_in(&self, tables: &Tables, _: NumberTable, name: &str) -> Option<u32> {
        let named = |path: &Option<PathBuf>| path.is_some();
        (name == "blue" && (named(&tables.usr) || named(&tables.etc))).then_some(7000)
    }

    fn cpus(&self) -> usize {
        4
    }

    fn number(&self, _: NumberTable, _: &str) -> Option<u32> {
        None
    }
}
