//! A sound pair of nodes, and edits to it.

use grammar::{MemoryLoader, Severity, keepalived, kubeadm, nginx};
use plan::lint::{Cluster, NodeIx};

/// A sound node; `{…}` differ between the two.
const NODE: &str = "global_defs {
    router_id {name}
    script_user root
    enable_script_security
}
vrrp_script check_proxy {
    script /etc/keepalived/check.sh
    interval 2
    timeout 3
    weight -20
}
vrrp_instance API {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int 1
    unicast_src_ip {own}
    unicast_peer {
        {peer}
    }
    authentication {
        auth_type PASS
        auth_pass secret
    }
    virtual_ipaddress {
        192.0.2.100/24
    }
    track_script {
        check_proxy
    }
}
";

const CHECK: &str = "#!/bin/sh\nexec curl -fs --max-time 1 -o /dev/null http://127.0.0.1:16443/\n";

const NGINX: &str = "events {}
stream {
    upstream api { server 192.0.2.1:6443; server 192.0.2.2:6443; }
    server {
        listen 16443;
        proxy_pass api;
    }
}
";

const KUBEADM: &str = "apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
controlPlaneEndpoint: 192.0.2.100:16443
";

/// The texts of a pair.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) nodes: [String; 2],
    checks: [String; 2],
    nginx: String,
    kubeadm: String,
}

impl Pair {
    pub(crate) fn sound() -> Self {
        let node = |name, priority, own, peer| {
            NODE.replace("{name}", name)
                .replace("{priority}", priority)
                .replace("{own}", own)
                .replace("{peer}", peer)
        };
        Self {
            nodes: [
                node("one", "110", "192.0.2.1", "192.0.2.2"),
                node("two", "100", "192.0.2.2", "192.0.2.1"),
            ],
            checks: [CHECK, CHECK].map(str::to_owned),
            nginx: NGINX.to_owned(),
            kubeadm: KUBEADM.to_owned(),
        }
    }

    /// Replaces text on both nodes, which must be there.
    pub(crate) fn both(self, from: &str, to: &str) -> Self {
        self.first(from, to).second(from, to)
    }

    pub(crate) fn first(mut self, from: &str, to: &str) -> Self {
        self.nodes[0] = edit(&self.nodes[0], from, to);
        self
    }

    pub(crate) fn first_ends_with(mut self, text: &str) -> Self {
        self.nodes[0] += text;
        self
    }

    pub(crate) fn second(mut self, from: &str, to: &str) -> Self {
        self.nodes[1] = edit(&self.nodes[1], from, to);
        self
    }

    pub(crate) fn check(mut self, text: &str) -> Self {
        self.checks = [text, text].map(str::to_owned);
        self
    }

    pub(crate) fn nginx(mut self, from: &str, to: &str) -> Self {
        self.nginx = edit(&self.nginx, from, to);
        self
    }

    pub(crate) fn kubeadm(mut self, from: &str, to: &str) -> Self {
        self.kubeadm = edit(&self.kubeadm, from, to);
        self
    }

    pub(crate) fn multicast(self) -> Self {
        let block = |node: &str| {
            let start = node.find("    unicast_peer {").expect("unicast");
            let end = start + node[start..].find("    }\n").expect("closed") + 6;
            node[start..end].to_owned()
        };
        let (one, two) = (block(&self.nodes[0]), block(&self.nodes[1]));
        self.first(&one, "")
            .second(&two, "")
            .both("unicast_src_ip", "mcast_src_ip")
    }

    /// Strict mode, and what it demands.
    pub(crate) fn strict(self, accept: &str) -> Self {
        let auth =
            "    authentication {\n        auth_type PASS\n        auth_pass secret\n    }\n";
        self.multicast()
            .both(auth, "")
            .both("global_defs {", "global_defs {\n    vrrp_strict")
            .both("    interface eth0", &format!("{accept}    interface eth0"))
    }

    pub(crate) fn cluster(&self) -> (Cluster, Vec<NodeIx>) {
        let mut cluster = Cluster::new();
        let mut indices = Vec::new();
        let nodes = ["one", "two"].into_iter().zip(&self.nodes);
        for ((name, text), check) in nodes.zip(&self.checks) {
            let node = cluster.add_node(name);
            indices.push(node);
            let mut loader =
                MemoryLoader::new([("k.conf", text.as_str()), ("n.conf", &self.nginx)]);
            let parsed = keepalived::parse(
                &mut loader,
                "k.conf".as_ref(),
                &keepalived::Options::default(),
            );
            cluster.add_keepalived(node, parsed);
            let parsed = nginx::parse(
                &mut loader,
                "n.conf".as_ref(),
                None,
                &nginx::Options::default(),
            );
            cluster.add_nginx(node, parsed);
            for program in cluster.programs(node) {
                if program.as_os_str() == "/etc/keepalived/check.sh" {
                    cluster.add_script(node, program, "check.sh".into(), check);
                }
            }
        }
        cluster.add_kubeadm(kubeadm::parse("kubeadm.yaml".as_ref(), &self.kubeadm));
        (cluster, indices)
    }

    /// Codes and severities, but for the statement of times that every pair gets.
    pub(crate) fn findings(&self) -> Vec<(&'static str, Severity)> {
        let findings = self.cluster().0.findings(&[]);
        let times = |code: &str, severity| code == "failover-time" && severity == Severity::Notice;
        let findings = findings
            .into_iter()
            .map(|finding| (finding.code, finding.severity));
        let mut findings: Vec<_> = findings
            .filter(|(code, level)| !times(code, *level))
            .collect();
        findings.sort_unstable();
        findings.dedup();
        findings
    }
}

fn edit(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in\n{text}");
    text.replace(from, to)
}
