//! Reads the files of every node.
//!
//! Invariant: a file that another one includes is read with that one and not again.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use grammar::{SourceMap, keepalived, kubeadm, nginx};
use plan::keepalived::Plan;
use plan::lint::{Cluster, NodeIx};

use super::environment;
use super::find::{Files, NodeFiles};
use super::identity;
use super::loader::Rooted;

/// Bytes of a script that are looked at.
const MAX_SCRIPT: u64 = 256 << 10;

/// A cluster and what each of its nodes would run.
pub(crate) struct Nodes {
    pub(crate) cluster: Cluster,
    pub(crate) planned: Vec<Planned>,
}

/// What a node with a keepalived.conf would run.
pub(crate) struct Planned {
    pub(crate) node: NodeIx,
    pub(crate) name: String,
    /// Directory that stands for `/`.
    pub(crate) root: Option<PathBuf>,
    /// It has an nginx.conf of its own.
    pub(crate) has_nginx: bool,
    pub(crate) plan: Plan,
}

/// Reads everything.
///
/// # Errors
/// In words: a file that cannot be read.
pub(crate) fn nodes(files: &Files) -> Result<Nodes, String> {
    let mut nodes = Nodes {
        cluster: Cluster::new(),
        planned: Vec::new(),
    };
    let mut included = BTreeSet::new();
    for node in &files.nodes {
        let mut given = node
            .keepalived
            .iter()
            .filter(|path| !included.contains(*path));
        if given.next().is_none() && !node.keepalived.is_empty() {
            continue;
        }
        // One file for all nodes is as many nodes as it names, unless it lies in one's tree.
        let ids = match (
            files.nodes.as_slice(),
            &node.root,
            node.keepalived.as_slice(),
        ) {
            ([_], None, [path]) => identity::named_in(path),
            _ => Vec::new(),
        };
        if ids.len() < 2 {
            read_node(&mut nodes, node, files, None, &mut included)?;
        }
        for id in ids.iter().filter(|_| ids.len() > 1) {
            read_node(&mut nodes, node, files, Some(id), &mut included)?;
        }
    }
    for path in &files.kubeadm {
        let text = fs::read(path).map_err(|error| unreadable(path, &error))?;
        let text = String::from_utf8_lossy(&text);
        nodes.cluster.add_kubeadm(kubeadm::parse(path, &text));
    }
    if files.nodes.is_empty() && !files.shared_nginx.is_empty() {
        let node = NodeFiles {
            name: "nginx".to_owned(),
            ..NodeFiles::default()
        };
        read_node(&mut nodes, &node, files, None, &mut included)?;
    }
    Ok(nodes)
}

fn read_node(
    nodes: &mut Nodes,
    node: &NodeFiles,
    files: &Files,
    id: Option<&String>,
    included: &mut BTreeSet<PathBuf>,
) -> Result<(), String> {
    let name = id.unwrap_or(&node.name);
    let cluster = &mut nodes.cluster;
    let index = cluster.add_node(name);
    let beside = node.keepalived.first().and_then(|path| path.parent());
    let environment = environment::of_node(node.root.as_deref(), beside);
    let mut loader = Rooted::new(node.root.clone(), environment.values);
    for path in &node.keepalived {
        readable(path)?;
        let options = keepalived::Options {
            config_id: id.cloned().or_else(|| environment.config_id.clone()),
            hostname: node.name.clone(),
            ..keepalived::Options::default()
        };
        let parsed = keepalived::parse(&mut loader, path, &options);
        remember(&parsed.sources, path, included);
        nodes.planned.push(Planned {
            node: index,
            name: name.clone(),
            root: node.root.clone(),
            has_nginx: !node.nginx.is_empty(),
            plan: cluster.add_keepalived(index, parsed),
        });
    }
    let own = if node.nginx.is_empty() {
        &files.shared_nginx
    } else {
        &node.nginx
    };
    for path in own {
        readable(path)?;
        let parsed = nginx::parse(&mut loader, path, None, &nginx::Options::default());
        cluster.add_nginx(index, parsed);
    }
    if let Some(root) = &node.root {
        cluster.set_nonlocal_bind(index, nonlocal_bind(root));
        if root == Path::new("/") {
            add_addresses(cluster, index);
        }
    }
    for program in cluster.programs(index) {
        if let Some((place, text)) = script(&loader, node, &program) {
            cluster.add_script(index, program, place, &text);
        }
    }
    Ok(())
}

/// What the interfaces of this host have, where the node is this host.
fn add_addresses(cluster: &mut Cluster, index: NodeIx) {
    for interface in runtime::facts::list_interfaces().unwrap_or_default() {
        for (address, _) in interface.addresses {
            cluster.add_address(index, &interface.name, address);
        }
    }
}

fn remember(sources: &SourceMap, root: &Path, included: &mut BTreeSet<PathBuf>) {
    let names = sources.iter().map(|(_, source)| &source.name);
    included.extend(names.filter(|name| *name != root).cloned());
}

fn readable(path: &Path) -> Result<(), String> {
    let opened = fs::File::open(path);
    opened.map(drop).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    let error = error.to_string();
    let what = error.split(" (os error").next().unwrap_or("");
    format!("{}: {what}", path.display())
}

/// Whether the node's files set `ip_nonlocal_bind`; on this host, what the kernel says.
fn nonlocal_bind(root: &Path) -> bool {
    let set = |text: String| {
        text.lines().any(|line| {
            let line = line.trim().trim_start_matches('-');
            line.split_once('=').is_some_and(|(key, value)| {
                key.trim().replace('/', ".").ends_with(".ip_nonlocal_bind") && value.trim() == "1"
            })
        })
    };
    if root == Path::new("/") {
        let now = fs::read_to_string("/proc/sys/net/ipv4/ip_nonlocal_bind");
        return now.is_ok_and(|value| value.trim() == "1");
    }
    let directories = ["etc/sysctl.d", "usr/lib/sysctl.d"];
    let entries = directories
        .iter()
        .filter_map(|it| fs::read_dir(root.join(it)).ok());
    let files = entries.flatten().flatten().map(|entry| entry.path());
    let mut files = files.chain([root.join("etc/sysctl.conf")]);
    files.any(|file| fs::read_to_string(file).is_ok_and(set))
}

/// The text of a script at its path below the node's root, or beside the configuration.
fn script(loader: &Rooted, node: &NodeFiles, program: &Path) -> Option<(PathBuf, String)> {
    let name = program.file_name()?;
    let beside = node.keepalived.first().and_then(|path| path.parent());
    let candidates = match &loader.root {
        Some(_) => vec![loader.here(program)],
        None => beside
            .into_iter()
            .flat_map(|directory| {
                let above = directory.parent().unwrap_or(directory);
                [directory.join(name), above.join(name)]
            })
            .collect(),
    };
    candidates.into_iter().find_map(|path| {
        let file = fs::File::open(&path).ok()?;
        file.metadata().ok().filter(fs::Metadata::is_file)?;
        let mut text = String::new();
        file.take(MAX_SCRIPT).read_to_string(&mut text).ok()?;
        (!text.contains('\0')).then_some((path, text))
    })
}
