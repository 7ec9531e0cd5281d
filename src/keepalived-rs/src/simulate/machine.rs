//! The machines of a simulation, from the nodes' files and what the script declares.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base::Family;
use lab::script::{Declaration, Script};
use plan::keepalived::Plan;
use plan::lint::Habit;
use vrrp::config::Transport;

use crate::nodes::read::{Nodes, Planned};

/// Where units lie in a node's tree.
const UNITS: [&str; 3] = [
    "etc/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
];

/// A machine that can run.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) name: String,
    pub(super) plan: Plan,
    pub(super) habits: Vec<Habit>,
    /// What it can run besides keepalived.
    pub(super) services: BTreeSet<String>,
    /// IPv4 address of its interface.
    pub(super) address: IpAddr,
    /// How that became known.
    pub(super) remark: &'static str,
}

impl Machine {
    /// All virtual addresses, excluded ones too.
    pub(super) fn virtual_addresses(&self) -> impl Iterator<Item = IpAddr> {
        let routers = self.plan.routers.iter();
        routers.flat_map(|router| router.addresses.iter().map(|line| line.address))
    }
}

/// The machines in the order of their files.
///
/// # Errors
/// In words: the script declares a node that is not there, or no file has an instance.
pub(super) fn machines(nodes: Nodes, script: &Script) -> Result<Vec<Machine>, String> {
    let Nodes { cluster, planned } = nodes;
    let with_routers = planned
        .into_iter()
        .filter(|node| !node.plan.vrrp.routers.is_empty());
    let mut machines: Vec<Machine> = with_routers
        .map(|node| {
            let habits = cluster.habits(node.node);
            machine(node, habits)
        })
        .collect();
    if machines.is_empty() {
        return Err("no node has a vrrp_instance that can run: keepalived-rs -t --explain".into());
    }
    declared(&mut machines, script)?;
    guess_addresses(&mut machines);
    for machine in &mut machines {
        give_sources(machine);
    }
    Ok(machines)
}

fn machine(node: Planned, habits: Vec<Habit>) -> Machine {
    let mut services = node.root.as_deref().map(units).unwrap_or_default();
    if node.has_nginx {
        services.insert("nginx".to_owned());
    }
    services.remove("keepalived");
    let written = node.plan.vrrp.routers.iter().map(|router| router.source);
    let written = written.filter(|source| !source.is_unspecified());
    let address = written.min_by_key(|source| source.is_ipv6());
    Machine {
        name: node.name,
        habits,
        services,
        remark: match address {
            Some(_) => "from its configuration",
            None => "",
        },
        address: address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        plan: node.plan,
    }
}

fn units(root: &Path) -> BTreeSet<String> {
    let folders = UNITS.iter().filter_map(|it| root.join(it).read_dir().ok());
    let names = folders.flatten().flatten().map(|entry| entry.file_name());
    names
        .filter_map(|name| Some(name.to_str()?.strip_suffix(".service")?.to_owned()))
        .collect()
}

fn declared(machines: &mut [Machine], script: &Script) -> Result<(), String> {
    for (line, declaration) in &script.declarations {
        let node = match declaration {
            Declaration::Node { node, .. } | Declaration::Daemons { node, .. } => node,
            _ => continue,
        };
        let Some(machine) = machines.iter_mut().find(|it| it.name == *node) else {
            let names: Vec<&str> = machines.iter().map(|it| it.name.as_str()).collect();
            return Err(format!(
                "line {line}: no node with an instance is called `{node}`; nodes are {}",
                names.join(", ")
            ));
        };
        match declaration {
            Declaration::Node { address, .. } => {
                machine.address = address.address;
                machine.remark = "declared";
            }
            Declaration::Daemons { services, .. } => {
                machine.services.extend(services.iter().cloned());
                machine.services.remove("keepalived");
            }
            _ => {}
        }
    }
    Ok(())
}

/// Who is everybody's peer but its own has that address; the others get one that is free in the
/// network of their first virtual address.
fn guess_addresses(machines: &mut [Machine]) {
    let peers: Vec<BTreeSet<IpAddr>> = machines.iter().map(peers).collect();
    let known: BTreeSet<IpAddr> = machines.iter().map(|machine| machine.address).collect();
    let all: BTreeSet<IpAddr> = peers.iter().flatten().copied().collect();
    let mut used = known.clone();
    let mut taken: BTreeSet<IpAddr> = all.union(&known).copied().collect();
    taken.extend(machines.iter().flat_map(Machine::virtual_addresses));
    for (machine, own_peers) in machines.iter_mut().zip(&peers) {
        if !machine.address.is_unspecified() {
            continue;
        }
        let mut left = all.difference(own_peers).filter(|it| !known.contains(it));
        if let (false, Some(only), None) = (own_peers.is_empty(), left.next(), left.next()) {
            machine.address = *only;
            machine.remark = "the address that its peers have for it";
            continue;
        }
        // As images write it: every node lists all of them, itself too.
        let listed = || own_peers.iter().find(|it| !used.contains(*it));
        if let (true, Some(one)) = (own_peers == &all, listed()) {
            machine.address = *one;
            machine.remark = "one of the peers that every node lists";
            used.insert(*one);
            continue;
        }
        let near = machine
            .virtual_addresses()
            .find_map(|address| match address {
                IpAddr::V4(address) => Some(address),
                IpAddr::V6(_) => None,
            });
        let [a, b, c, _] = near.unwrap_or(Ipv4Addr::new(192, 0, 2, 1)).octets();
        let hosts = (1..=254).map(|host| IpAddr::V4(Ipv4Addr::new(a, b, c, host)));
        let free = hosts.clone().find(|address| !taken.contains(address));
        machine.address = free.unwrap_or(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
        taken.insert(machine.address);
        machine.remark = "assumed: no file says it";
    }
}

fn peers(machine: &Machine) -> BTreeSet<IpAddr> {
    let routers = machine.plan.vrrp.routers.iter();
    let peers = routers.flat_map(|router| match &router.transport {
        Transport::Unicast { peers, .. } => peers.as_slice(),
        Transport::Multicast { .. } => &[],
    });
    peers.map(|peer| peer.address).collect()
}

/// What a host's interface would have said.
fn give_sources(machine: &mut Machine) {
    let (v4, v6) = match machine.address {
        IpAddr::V4(v4) => (v4, link_local(v4)),
        IpAddr::V6(v6) => (Ipv4Addr::UNSPECIFIED, v6),
    };
    let routers = &mut machine.plan.vrrp.routers;
    for router in routers.iter_mut().filter(|it| it.source.is_unspecified()) {
        router.source = match router.key.family {
            Family::V4 => IpAddr::V4(v4),
            Family::V6 => IpAddr::V6(v6),
        };
        if let Transport::Unicast { .. } = router.transport {
            router.key.unicast_source = Some(router.source);
        }
    }
}

/// Ordered like the IPv4 addresses, which decide between equal priorities.
fn link_local(v4: Ipv4Addr) -> Ipv6Addr {
    let [a, b, c, d] = v4.octets();
    let pair = |high, low| u16::from_be_bytes([high, low]);
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, pair(a, b), pair(c, d))
}

/// Names to services, for checking a script.
pub(super) fn services(machines: &[Machine]) -> BTreeMap<String, BTreeSet<String>> {
    let all = machines.iter().map(|machine| {
        let mut services = machine.services.clone();
        services.insert("keepalived".to_owned());
        (machine.name.clone(), services)
    });
    all.collect()
}
