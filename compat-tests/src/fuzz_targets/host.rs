//! A host that exists nowhere: two interfaces, three users, every script there and root's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use base::MacAddr;
use plan::Facts;
use plan::facts::{Component, Interface, NumberTable, PathFact, User};

/// The made-up host.
pub(super) struct Host;

impl Facts for Host {
    fn interface(&self, name: &str) -> Option<Interface> {
        let mut all = self.interfaces().into_iter();
        all.find(|interface| interface.name == name)
    }

    fn interfaces(&self) -> Vec<Interface> {
        let v4 = (IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10)), 24);
        let v6 = (IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)), 64);
        let lo = (IpAddr::V4(Ipv4Addr::LOCALHOST), 8);
        let named = |index: u8, name: &str, addresses| Interface {
            index: u32::from(index),
            name: name.to_owned(),
            mac: MacAddr([2, 0, 0, 0, 0, index]),
            mtu: 1500,
            up: true,
            running: true,
            multicast: true,
            loopback: name == "lo",
            ethernet: name != "lo",
            kind: None,
            addresses,
        };
        vec![named(1, "lo", vec![lo]), named(2, "eth0", vec![v4, v6])]
    }

    fn user(&self, name: &str) -> Option<User> {
        let uid = match name {
            "root" | "0" => 0,
            "www-data" => 33,
            "nobody" => 65534,
            _ => return None,
        };
        Some(User {
            name: name.to_owned(),
            uid,
            gid: uid,
        })
    }

    fn group(&self, name: &str) -> Option<u32> {
        self.user(name).map(|user| user.gid)
    }

    fn path(&self, path: &Path) -> PathFact {
        let step = |path: &Path, mode| Component {
            path: path.to_owned(),
            mode,
            uid: 0,
            gid: 0,
        };
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        PathFact {
            components: above.into_iter().map(|at| step(at, 0o040_755)).collect(),
            target: Some(step(path, 0o100_755)),
            error: None,
        }
    }

    fn resolve(&self, host: &str) -> Vec<IpAddr> {
        match host {
            "localhost" => vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            "two.example" => vec![
                IpAddr::V4(Ipv4Addr::new(192, 0, 2, 20)),
                IpAddr::V6(Ipv6Addr::LOCALHOST),
            ],
            _ => Vec::new(),
        }
    }

    fn hostname(&self) -> String {
        "node.example".to_owned()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        vec!["/usr/local/bin".into(), "/usr/bin".into()]
    }

    fn is_root(&self) -> bool {
        true
    }

    fn cpus(&self) -> usize {
        4
    }

    fn number(&self, _: NumberTable, _: &str) -> Option<u32> {
        None
    }
}
