//! The article nodes: where their files lie and what their configurations expect of a host.

use std::path::PathBuf;

use crate::programs::root;

/// One node of an article's runnable copy.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// Article folder under `examples-conf/articles`.
    pub article: &'static str,
    /// Tree beside `printed/`: `run`, `run-cross-site`, `run-virtual-server`.
    pub tree: &'static str,
    /// Node folder.
    pub name: &'static str,
    /// Interface that the configuration names.
    pub interface: &'static str,
    /// Its address with prefix length.
    pub address: &'static str,
    /// keepalived.conf, as the node sees it.
    pub keepalived_conf: &'static str,
    /// nginx.conf, where there is one.
    pub nginx_conf: Option<&'static str>,
}

const ETC: &str = "/etc/keepalived/keepalived.conf";
const LOCAL: &str = "/usr/local/keepalived/conf/keepalived.conf";
const ETC_NGINX: Option<&str> = Some("/etc/nginx/nginx.conf");
const LOCAL_NGINX: Option<&str> = Some("/usr/local/nginx/conf/nginx.conf");

const A000: &str = "000-unicast-nginx";
const A001: &str = "001-keepalived-haproxy";
const A002: &str = "002-multicast-trio";
const A003: &str = "003-nginx-stream-two-vips";
const A004: &str = "004-kubernetes-nginx";

/// All runnable nodes.
pub const NODES: &[Node] = &[
    node(
        A000,
        "run",
        "master",
        "ens34",
        "172.21.18.34/24",
        ETC,
        ETC_NGINX,
    ),
    node(
        A000,
        "run",
        "backup",
        "enp4s0",
        "172.21.18.59/24",
        ETC,
        ETC_NGINX,
    ),
    node(
        A001,
        "run",
        "node-16",
        "enp5s0",
        "192.168.97.16/24",
        ETC,
        ETC_NGINX,
    ),
    node(
        A001,
        "run",
        "node-17",
        "enp5s0",
        "192.168.97.17/24",
        ETC,
        ETC_NGINX,
    ),
    node(
        A002,
        "run",
        "master",
        "ens33",
        "192.168.31.203/24",
        ETC,
        None,
    ),
    node(
        A002,
        "run",
        "backup-201",
        "ens33",
        "192.168.31.201/24",
        ETC,
        None,
    ),
    node(
        A002,
        "run",
        "backup-202",
        "ens33",
        "192.168.31.202/24",
        ETC,
        None,
    ),
    node(
        A003,
        "run",
        "master1",
        "eno1",
        "10.0.0.11/24",
        LOCAL,
        LOCAL_NGINX,
    ),
    node(
        A003,
        "run",
        "master2",
        "eno1",
        "10.0.0.12/24",
        LOCAL,
        LOCAL_NGINX,
    ),
    node(
        A003,
        "run",
        "master3",
        "eno1",
        "10.0.0.13/24",
        LOCAL,
        LOCAL_NGINX,
    ),
    node(
        A003,
        "run-cross-site",
        "site-a",
        "eno1",
        "10.0.0.11/24",
        ETC,
        None,
    ),
    node(
        A003,
        "run-cross-site",
        "site-b",
        "eno1",
        "10.0.0.12/24",
        ETC,
        None,
    ),
    node(
        A004,
        "run",
        "master-1",
        "ens160",
        "192.168.1.25/24",
        ETC,
        ETC_NGINX,
    ),
    node(
        A004,
        "run",
        "master-2",
        "ens160",
        "192.168.1.26/24",
        ETC,
        ETC_NGINX,
    ),
    node(
        A004,
        "run",
        "master-3",
        "ens160",
        "192.168.1.27/24",
        ETC,
        ETC_NGINX,
    ),
    node(
        A004,
        "run-virtual-server",
        "master-1",
        "ens160",
        "192.168.1.25/24",
        ETC,
        ETC_NGINX,
    ),
];

const fn node(
    article: &'static str,
    tree: &'static str,
    name: &'static str,
    interface: &'static str,
    address: &'static str,
    keepalived_conf: &'static str,
    nginx_conf: Option<&'static str>,
) -> Node {
    Node {
        article,
        tree,
        name,
        interface,
        address,
        keepalived_conf,
        nginx_conf,
    }
}

impl Node {
    /// The node's root tree in the repository.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        root()
            .join("examples-conf/articles")
            .join(self.article)
            .join(self.tree)
            .join(self.name)
    }

    /// The article's number.
    #[must_use]
    pub fn number(&self) -> &'static str {
        self.article.split('-').next().unwrap_or(self.article)
    }

    /// Short name for reports: `003/master1`.
    #[must_use]
    pub fn id(&self) -> String {
        match self.tree {
            "run" => format!("{}/{}", self.number(), self.name),
            tree => format!(
                "{}/{}/{}",
                self.number(),
                tree.trim_start_matches("run-"),
                self.name
            ),
        }
    }
}
