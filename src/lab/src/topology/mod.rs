//! From directories, declarations and options to the nodes of a lab.
//!
//! Reads the nodes' files but starts nothing. Every problem is found before the first namespace is
//! made, and says what is missing.

mod files;
mod programs;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::protocol::{NodeSetup, StandIn, StandInKind};
use crate::script::{Cidr, Declaration, ProbeTarget, Script};

/// What the command line says about the nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices {
    /// The directories given.
    pub directories: Vec<PathBuf>,
    /// Where names of files in the script start.
    pub script_directory: PathBuf,
    /// `all`, `NODE` or `NODE/SERVICE`.
    pub originals: Vec<String>,
    /// Our nginx, if not beside our own binary.
    pub nginx: Option<PathBuf>,
    /// Whether to use a user namespace.
    pub unprivileged: bool,
}

/// A machine of the lab.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub setup: NodeSetup,
    pub interface: String,
    pub addresses: Vec<Cidr>,
    pub gateway: Option<IpAddr>,
    /// What `start NODE` starts; empty for client and stand-ins.
    pub services: Vec<String>,
    pub probes: Vec<ProbeTarget>,
    /// Services that the original program runs.
    pub originals: BTreeSet<String>,
    /// How its address became known, for the head of the timeline.
    pub remark: String,
}

/// The whole lab.
#[derive(Clone, Debug, Default)]
pub(crate) struct Topology {
    pub title: Option<String>,
    pub machines: Vec<Machine>,
    pub gateway: Option<Cidr>,
}

/// Something that keeps the lab from being built; the operator's turn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unbuildable(pub String);

use files::{configured_services, keepalived_wants, missing_tools, network, placed, units};
use programs::{originals, programs, refuse_originals};

type Built<T> = Result<T, Unbuildable>;

fn no<T>(why: impl Into<String>) -> Built<T> {
    Err(Unbuildable(why.into()))
}

impl Topology {
    /// Nodes with their services, for checking a script.
    pub(crate) fn services(&self) -> BTreeMap<String, BTreeSet<String>> {
        let machines = self.machines.iter();
        let services = machines.map(|m| {
            let names = m.setup.units.iter().map(|unit| unit.name.clone());
            (m.setup.name.clone(), names.collect())
        });
        services.collect()
    }
}

/// Node directories below the given ones: a directory that is not a node holds nodes.
pub(crate) fn node_directories(given: &[PathBuf]) -> Built<Vec<PathBuf>> {
    let mut found = Vec::new();
    for directory in given {
        if !directory.is_dir() {
            return no(format!("{} is not a directory", directory.display()));
        }
        if is_node(directory) {
            found.push(directory.clone());
            continue;
        }
        let mut below: Vec<PathBuf> = fs::read_dir(directory)
            .map_err(|e| Unbuildable(format!("{}: {e}", directory.display())))?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| is_node(path))
            .collect();
        below.sort();
        if below.is_empty() {
            return no(format!(
                "{} is not a node (no etc or usr in it) and holds none",
                directory.display()
            ));
        }
        found.append(&mut below);
    }
    Ok(found)
}

fn is_node(path: &Path) -> bool {
    path.join("etc").is_dir() || path.join("usr").is_dir()
}

/// Plans the lab.
pub(crate) fn plan(choices: &Choices, script: &Script) -> Built<Topology> {
    let mut topology = Topology::default();
    let mut names = BTreeSet::new();
    for directory in node_directories(&choices.directories)? {
        let machine = machine(&directory, choices, script)?;
        if !names.insert(machine.setup.name.clone()) {
            return no(format!("two nodes are called {}", machine.setup.name));
        }
        topology.machines.push(machine);
    }
    declared_nodes_exist(script, &names)?;
    chosen_nodes_exist(choices, &topology)?;
    for (line, declaration) in &script.declarations {
        match declaration {
            Declaration::Title(title) => topology.title = Some(title.clone()),
            Declaration::Gateway(address) => topology.gateway = Some(*address),
            Declaration::Client { address, probes } => {
                let mut client = bare("client", *address);
                client.probes = probes.clone();
                topology.machines.push(client);
            }
            Declaration::Backend { listen, name } => {
                topology.backend(*listen, name);
            }
            Declaration::Http { listen, node, with } => {
                let found = topology.machines.iter_mut().find(|m| m.setup.name == *node);
                let Some(machine) = found else {
                    return no(format!("line {line}: no node is called `{node}`"));
                };
                // The original serves HTTP itself, so that nothing has to stand in for it.
                if with.as_ref().is_some_and(|w| machine.originals.contains(w)) {
                    continue;
                }
                machine.setup.stand_ins.push(StandIn {
                    listen: *listen,
                    kind: StandInKind::Http { with: with.clone() },
                });
            }
            Declaration::Node { .. }
            | Declaration::Daemons { .. }
            | Declaration::File { .. }
            | Declaration::Original { .. } => {}
        }
    }
    topology.finish()?;
    Ok(topology)
}

fn declared_nodes_exist(script: &Script, names: &BTreeSet<String>) -> Built<()> {
    for (line, declaration) in &script.declarations {
        if let Declaration::Node { node, .. }
        | Declaration::Daemons { node, .. }
        | Declaration::File { node, .. }
        | Declaration::Original { node, .. } = declaration
            && !names.contains(node)
        {
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            return no(format!(
                "line {line}: no directory is called `{node}`; nodes are {}",
                known.join(", ")
            ));
        }
    }
    Ok(())
}

/// A misspelt `--original` would compare ours with ours.
fn chosen_nodes_exist(choices: &Choices, topology: &Topology) -> Built<()> {
    for choice in &choices.originals {
        let (node, service) = choice
            .split_once('/')
            .map_or((choice.as_str(), None), |(node, service)| {
                (node, Some(service))
            });
        let mut chosen = topology
            .machines
            .iter()
            .filter(|m| node == "all" || m.setup.name == node);
        let right = chosen.any(|m| {
            service.is_none_or(|service| m.setup.units.iter().any(|unit| unit.name == service))
        });
        if !right {
            return no(format!(
                "--original {choice}: there is no such node or service"
            ));
        }
    }
    Ok(())
}

impl Topology {
    /// A stand-in on the node that has the address, else on a machine of its own.
    fn backend(&mut self, listen: std::net::SocketAddr, name: &str) {
        let stand_in = StandIn {
            listen,
            kind: StandInKind::Name(name.to_owned()),
        };
        let owner = self
            .machines
            .iter_mut()
            .find(|m| m.addresses.iter().any(|a| a.address == listen.ip()));
        if let Some(machine) = owner {
            machine.setup.stand_ins.push(stand_in);
            return;
        }
        let prefix = if listen.is_ipv4() { 24 } else { 64 };
        let mut machine = bare(
            name,
            Cidr {
                address: listen.ip(),
                prefix,
            },
        );
        machine.setup.stand_ins.push(stand_in);
        self.machines.push(machine);
    }

    fn finish(&mut self) -> Built<()> {
        let mut seen: BTreeMap<IpAddr, String> = BTreeMap::new();
        let mut names = BTreeSet::new();
        let mut hosts = Vec::new();
        for machine in &self.machines {
            let name = &machine.setup.name;
            if !names.insert(name.clone()) {
                return no(format!("two machines are called {name}"));
            }
            for cidr in &machine.addresses {
                if let Some(other) = seen.insert(cidr.address, name.clone()) {
                    return no(format!("{other} and {name} both have {}", cidr.address));
                }
                hosts.push((cidr.address, name.clone()));
            }
        }
        let gateway = self.gateway;
        for machine in &mut self.machines {
            machine.setup.hosts.clone_from(&hosts);
            machine.gateway = gateway
                .map(|g| g.address)
                .filter(|g| machine.addresses.iter().any(|a| a.contains(*g)));
        }
        Ok(())
    }
}

/// A machine without files.
fn bare(name: &str, address: Cidr) -> Machine {
    Machine {
        setup: NodeSetup {
            name: name.to_owned(),
            ..NodeSetup::default()
        },
        interface: "eth0".to_owned(),
        addresses: vec![address],
        gateway: None,
        services: Vec::new(),
        probes: Vec::new(),
        originals: BTreeSet::new(),
        remark: String::new(),
    }
}

fn machine(directory: &Path, choices: &Choices, script: &Script) -> Built<Machine> {
    let directory = fs::canonicalize(directory)
        .map_err(|e| Unbuildable(format!("{}: {e}", directory.display())))?;
    let name = directory
        .file_name()
        .and_then(|n| n.to_str())
        .unwrap_or_default()
        .to_owned();
    let declared_services = script.declarations.iter().find_map(|(_, d)| match d {
        Declaration::Daemons { node, services } if *node == name => Some(services.clone()),
        _ => None,
    });
    let services = declared_services.unwrap_or_else(|| configured_services(&directory));
    let units = units(&directory, &services)?;
    let originals = originals(&name, choices, script);
    let placed = placed(&name, choices, script, originals.contains("keepalived"))?;
    let wants = keepalived_wants(&directory, &units, &placed);
    let (interface, address, remark) = network(&name, &wants, script)?;
    let mut machine = Machine {
        interface,
        addresses: vec![address],
        remark,
        services,
        originals,
        ..bare(&name, address)
    };
    machine.setup.units = units;
    machine.setup.placed = placed;
    if let Some(missing) = missing_tools(&machine) {
        machine.remark.push_str(&missing);
    }
    machine.setup.files = Some(directory);
    machine.setup.unprivileged = choices.unprivileged;
    refuse_originals(&machine, choices, &wants)?;
    programs(&mut machine, choices)?;
    Ok(machine)
}
