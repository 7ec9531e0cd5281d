//! Which files belong to which node.
//!
//! A directory with `etc` or `usr` in it is a node's root; any other one holds nodes and files,
//! at any depth. A file is known by what stands in it. Files that are included by another are
//! found with that one.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Directories below a given one that are looked into.
const MAX_DEPTH: usize = 6;
/// Entries that are looked at before giving up.
const MAX_ENTRIES: usize = 20_000;
/// Bytes of a file that are looked at to know what it is.
const LOOK: u64 = 256 << 10;

/// Files of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeFiles {
    pub(crate) name: String,
    /// Directory that stands for `/`.
    pub(crate) root: Option<PathBuf>,
    pub(crate) keepalived: Vec<PathBuf>,
    pub(crate) nginx: Vec<PathBuf>,
}

/// All files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) nodes: Vec<NodeFiles>,
    /// nginx.conf files that stand beside no keepalived.conf: they are every node's that has none.
    pub(crate) shared_nginx: Vec<PathBuf>,
    /// kubeadm configurations and commands.
    pub(crate) kubeadm: Vec<PathBuf>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Keepalived { instances: bool },
    Nginx,
    Kubeadm,
}

/// Looks at everything named on the command line.
///
/// # Errors
/// In words: something does not exist, cannot be read, or is nothing that can be linted.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Files, String> {
    let mut finder = Finder {
        files: Files::default(),
        entries: 0,
    };
    let mut single = Vec::new();
    for path in paths {
        let kind = fs::metadata(path).map_err(|error| place(path, &error.to_string()))?;
        if kind.is_dir() {
            let before = finder.files.clone();
            finder.directory(path, 0)?;
            if finder.files == before {
                return Err(place(
                    path,
                    "holds no keepalived.conf, nginx.conf or kubeadm file",
                ));
            }
        } else {
            let kind = recognise(path)?.ok_or_else(|| {
                place(
                    path,
                    "is neither a keepalived.conf, an nginx.conf nor a kubeadm file",
                )
            })?;
            single.push((path.clone(), kind));
        }
    }
    finder.files(single);
    name_apart(&mut finder.files.nodes);
    Ok(finder.files)
}

fn place(path: &Path, what: &str) -> String {
    let what = what.split(" (os error").next().unwrap_or(what);
    format!("{}: {what}", path.display())
}

struct Finder {
    files: Files,
    entries: usize,
}

impl Finder {
    fn directory(&mut self, directory: &Path, depth: usize) -> Result<(), String> {
        if is_root(directory) {
            self.node(directory);
            return Ok(());
        }
        let mut entries: Vec<PathBuf> = fs::read_dir(directory)
            .map_err(|error| place(directory, &error.to_string()))?
            .flatten()
            .map(|entry| entry.path())
            .collect();
        entries.sort();
        self.entries += entries.len();
        if self.entries > MAX_ENTRIES {
            return Err(place(
                directory,
                "too many files below it; name the nodes' directories",
            ));
        }
        let (below, files): (Vec<_>, Vec<_>) = entries.into_iter().partition(|path| path.is_dir());
        let mut known = Vec::new();
        for path in files {
            if is_configuration(&path)
                && let Ok(Some(kind)) = recognise(&path)
            {
                known.push((path, kind));
            }
        }
        self.files(known);
        for path in below {
            let hidden = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if !hidden && depth < MAX_DEPTH {
                self.directory(&path, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Files that lie in no node's tree. Those of one directory belong together.
    fn files(&mut self, mut files: Vec<(PathBuf, Kind)>) {
        let first = self.files.nodes.len();
        // Additions need to know the nodes that they may belong to.
        files.sort_by_key(|(_, kind)| *kind != Kind::Keepalived { instances: true });
        let nodes = &mut self.files.nodes;
        for (path, kind) in files {
            let mut near = (first..nodes.len()).filter(|it| is_beside(&nodes[*it], &path));
            let near = (near.next(), near.next());
            match (kind, near) {
                (Kind::Kubeadm, _) => self.files.kubeadm.push(path),
                (Kind::Nginx, (Some(node), None)) => nodes[node].nginx.push(path),
                (Kind::Nginx, _) => self.files.shared_nginx.push(path),
                (Kind::Keepalived { instances: false }, (Some(node), None)) => {
                    nodes[node].keepalived.push(path);
                }
                (Kind::Keepalived { .. }, _) => nodes.push(NodeFiles {
                    name: node_name(&path),
                    root: root_of(&path),
                    keepalived: vec![path],
                    nginx: Vec::new(),
                }),
            }
        }
    }

    /// A node's root directory.
    fn node(&mut self, root: &Path) {
        let below = |path: &str| root.join(path.trim_start_matches('/'));
        let of = |service: &str, option: &str, usual: &[&str]| {
            let named = started_with(root, service, option).map(|path| below(&path));
            let usual = usual.iter().map(|path| below(path));
            named.into_iter().chain(usual).find(|path| path.is_file())
        };
        let keepalived = of(
            "keepalived",
            "-f",
            &[
                "etc/keepalived/keepalived.conf",
                "usr/local/keepalived/conf/keepalived.conf",
                "usr/local/etc/keepalived/keepalived.conf",
            ],
        );
        let nginx = of(
            "nginx",
            "-c",
            &["etc/nginx/nginx.conf", "usr/local/nginx/conf/nginx.conf"],
        );
        self.files.nodes.push(NodeFiles {
            name: node_name(root),
            root: Some(root.to_owned()),
            keepalived: keepalived.into_iter().collect(),
            nginx: nginx.into_iter().collect(),
        });
    }
}

fn is_root(directory: &Path) -> bool {
    directory.join("etc").is_dir() || directory.join("usr").is_dir()
}

fn is_beside(node: &NodeFiles, path: &Path) -> bool {
    let directory = node.keepalived.first().and_then(|path| path.parent());
    directory == path.parent() || node.root.is_some() && node.root == root_of(path)
}

/// Names that configurations have; whatever else lies about is not looked at unless it is named.
fn is_configuration(path: &Path) -> bool {
    let kinds = ["conf", "cfg", "yaml", "yml", "sh"];
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| kinds.contains(&extension))
}

/// What a file is, by the words its lines begin with.
fn recognise(path: &Path) -> Result<Option<Kind>, String> {
    const KEEPALIVED: [&str; 14] = [
        "global_defs",
        "vrrp_script",
        "vrrp_sync_group",
        "vrrp_track_process",
        "vrrp_track_file",
        "track_file",
        "track_process",
        "static_ipaddress",
        "static_routes",
        "static_rules",
        "virtual_server",
        "virtual_server_group",
        "bfd_instance",
        "virtual_router_id",
    ];
    const NGINX: [&str; 4] = ["stream", "http", "events", "worker_processes"];
    let mut text = Vec::new();
    let file = fs::File::open(path).map_err(|error| place(path, &error.to_string()))?;
    let read = file.take(LOOK).read_to_end(&mut text);
    read.map_err(|error| place(path, &error.to_string()))?;
    let text = String::from_utf8_lossy(&text);
    let (mut keepalived, mut nginx) = (false, false);
    for line in text.lines() {
        let line = line.trim_start();
        if line.starts_with("apiVersion:") && line.contains("kubeadm.k8s.io/")
            || line.contains("--control-plane-endpoint")
        {
            return Ok(Some(Kind::Kubeadm));
        }
        let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let word = &line[..end.unwrap_or(line.len())];
        if word == "vrrp_instance" {
            return Ok(Some(Kind::Keepalived { instances: true }));
        }
        keepalived |= KEEPALIVED.contains(&word);
        nginx |= NGINX.contains(&word);
    }
    let name = path.file_name().unwrap_or_default();
    Ok(match (keepalived, nginx) {
        (true, _) => Some(Kind::Keepalived { instances: false }),
        (_, true) => Some(Kind::Nginx),
        _ if name == "keepalived.conf" => Some(Kind::Keepalived { instances: false }),
        _ if name == "nginx.conf" => Some(Kind::Nginx),
        _ => None,
    })
}

/// The directory that stands for `/` when a file lies at its usual path.
fn root_of(path: &Path) -> Option<PathBuf> {
    const USUAL: [&str; 4] = [
        "etc/keepalived",
        "etc/nginx",
        "usr/local/keepalived/conf",
        "usr/local/nginx/conf",
    ];
    let directory = path.parent()?;
    let usual = USUAL.iter().find(|usual| directory.ends_with(usual))?;
    let root = directory.ancestors().nth(usual.split('/').count())?;
    Some(root.to_owned())
}

/// The last part of a path that tells nodes apart.
fn node_name(path: &Path) -> String {
    let part = match root_of(path) {
        Some(root) => root,
        None if path
            .file_name()
            .is_some_and(|name| name == "keepalived.conf") =>
        {
            path.parent().unwrap_or(path).to_owned()
        }
        None => path.with_extension(""),
    };
    let resolved = fs::canonicalize(&part).unwrap_or(part);
    match resolved.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        None => "this host".to_owned(),
    }
}

/// Nodes of the same name get as much of their path as it takes.
fn name_apart(nodes: &mut [NodeFiles]) {
    let mut count = BTreeMap::new();
    for node in nodes.iter() {
        *count.entry(node.name.clone()).or_insert(0) += 1;
    }
    for node in nodes {
        if count.get(&node.name).is_some_and(|count| *count > 1) {
            let path = node.root.as_ref().or(node.keepalived.first());
            node.name = path.map_or(node.name.clone(), |path| path.display().to_string());
        }
    }
}

/// What a unit file of the node gives a daemon as configuration.
fn started_with(root: &Path, service: &str, option: &str) -> Option<String> {
    let places = [
        "etc/systemd/system",
        "usr/lib/systemd/system",
        "lib/systemd/system",
    ];
    let unit = format!("{service}.service");
    let text = places
        .iter()
        .find_map(|place| fs::read_to_string(root.join(place).join(&unit)).ok())?;
    let start = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("ExecStart="))?;
    let mut words = start.split_whitespace();
    words.find(|word| *word == option)?;
    words.next().map(str::to_owned)
}
