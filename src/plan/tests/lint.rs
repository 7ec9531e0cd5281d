//! Each rule finds what it is for: a sound pair with one edit gives exactly that finding.

use grammar::{MemoryLoader, Severity, keepalived, kubeadm, nginx};
use plan::lint::{Cluster, rules};

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
struct Pair {
    nodes: [String; 2],
    checks: [String; 2],
    nginx: String,
    kubeadm: String,
}

impl Pair {
    fn sound() -> Self {
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
    fn both(self, from: &str, to: &str) -> Self {
        self.first(from, to).second(from, to)
    }

    fn first(mut self, from: &str, to: &str) -> Self {
        self.nodes[0] = edit(&self.nodes[0], from, to);
        self
    }

    fn second(mut self, from: &str, to: &str) -> Self {
        self.nodes[1] = edit(&self.nodes[1], from, to);
        self
    }

    fn check(mut self, text: &str) -> Self {
        self.checks = [text, text].map(str::to_owned);
        self
    }

    fn nginx(mut self, from: &str, to: &str) -> Self {
        self.nginx = edit(&self.nginx, from, to);
        self
    }

    fn kubeadm(mut self, from: &str, to: &str) -> Self {
        self.kubeadm = edit(&self.kubeadm, from, to);
        self
    }

    fn multicast(self) -> Self {
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

    /// Codes and severities, but for the statement of times that every pair gets.
    fn findings(&self) -> Vec<(&'static str, Severity)> {
        let mut cluster = Cluster::new();
        let nodes = ["one", "two"].into_iter().zip(&self.nodes);
        for ((name, text), check) in nodes.zip(&self.checks) {
            let node = cluster.add_node(name);
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
        let findings = cluster.findings(&[]);
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

#[test]
fn the_sound_pair_is_sound() {
    assert_eq!(Pair::sound().findings(), []);
    assert_eq!(Pair::sound().multicast().findings(), []);
}

const SERVICE: &str = "virtual_server 192.0.2.100 16443 {
    delay_loop 5
    lb_algo rr
    lb_kind DR
    protocol TCP
    real_server 192.0.2.1 16443 {
        TCP_CHECK {
            connect_timeout 1
        }
    }
}
global_defs {";

const GROUP: &str = "vrrp_sync_group BOTH {
    group {
        API
        OTHER
    }
}
vrrp_instance OTHER {
    state BACKUP
    interface eth1
    virtual_router_id 52
    priority {p}
    virtual_ipaddress {
        198.51.100.1/24
    }
    track_interface {
        eth2
    }
}
global_defs {";

/// Rule, severity of its finding, the pair that has it.
type Case = (&'static str, Severity, Pair);

/// One pair per rule and way to break it.
fn broken() -> Vec<Case> {
    let families = [
        of_elections(),
        of_agreement(),
        of_peers(),
        of_services(),
        of_scripts(),
    ];
    families.into_iter().flatten().collect()
}

/// Tracking and elections.
fn of_elections() -> Vec<Case> {
    use Severity::{Error, Warning};
    let sound = Pair::sound;
    let group = |pair: Pair| {
        pair.first("global_defs {", &GROUP.replace("{p}", "110"))
            .second("global_defs {", &GROUP.replace("{p}", "100"))
    };
    vec![
        (
            "weight-cannot-failover",
            Error,
            sound().both("weight -20", "weight -2"),
        ),
        (
            "weight-cannot-failover",
            Error,
            sound().both("weight -20", "weight -10"),
        ),
        (
            "weight-cannot-failover",
            Error,
            sound().both("    state BACKUP\n", "    state BACKUP\n    nopreempt\n"),
        ),
        (
            "no-tracking",
            Warning,
            sound().both("    track_script {\n        check_proxy\n    }\n", ""),
        ),
        ("sync-group-with-weights", Error, group(sound())),
        (
            "nopreempt-with-state-master",
            Error,
            sound().first("    state BACKUP\n", "    state MASTER\n    nopreempt\n"),
        ),
        (
            "priority-tie",
            Warning,
            sound().first("priority 110", "priority 100"),
        ),
    ]
}

/// What both nodes must say.
fn of_agreement() -> Vec<Case> {
    use Severity::{Error, Notice, Warning};
    let sound = Pair::sound;
    vec![
        (
            "vip-list-mismatch",
            Error,
            sound().first("192.0.2.100/24", "192.0.2.100/24\n        192.0.2.102/24"),
        ),
        ("mask-mismatch", Warning, sound().second("192.0.2.100/24", "192.0.2.100/25")),
        ("auth-mismatch", Error, sound().second("auth_pass secret", "auth_pass Secret")),
        ("auth-mismatch", Error, sound().second("auth_type PASS", "auth_type AH")),
        ("auth-pass-truncated", Warning, sound().both("auth_pass secret", "auth_pass secret-as-ever")),
        ("advert-interval-mismatch", Error, sound().first("advert_int 1", "advert_int 2")),
        (
            "advert-interval-mismatch",
            Notice,
            sound()
                .both("    authentication {\n        auth_type PASS\n        auth_pass secret\n    }\n", "")
                .both("global_defs {", "global_defs {\n    vrrp_version 3")
                .second("advert_int 1", "advert_int 0.5"),
        ),
        (
            "version-mismatch",
            Error,
            sound()
                .both("    authentication {\n        auth_type PASS\n        auth_pass secret\n    }\n", "")
                .second("global_defs {", "global_defs {\n    vrrp_version 3"),
        ),
    ]
}

/// Who hears whom, and addresses.
fn of_peers() -> Vec<Case> {
    use Severity::{Error, Warning};
    let sound = Pair::sound;
    let second_api = |vrid: &str| {
        let text = format!(
            "vrrp_instance OTHER {{\n    state BACKUP\n    interface eth0\n    \
             virtual_router_id {vrid}\n    priority 90\n    virtual_ipaddress {{\n        \
             192.0.2.101/24\n    }}\n    track_script {{\n        check_proxy\n    }}\n}}\n\
             global_defs {{"
        );
        text
    };
    vec![
        (
            "vrid-clash",
            Error,
            sound().multicast().first("global_defs {", &second_api("51")),
        ),
        (
            "vrid-clash",
            Warning,
            sound()
                .multicast()
                .second("vrrp_instance API", "vrrp_instance NEW")
                .second("192.0.2.100/24", "192.0.2.102/24"),
        ),
        ("vrid-mismatch", Error, sound().multicast().second("virtual_router_id 51", "virtual_router_id 52")),
        (
            "unicast-peer-asymmetry",
            Error,
            sound().second("        192.0.2.1\n", "        192.0.2.7\n"),
        ),
        (
            "multicast-with-unicast",
            Error,
            sound()
                .second("    unicast_peer {\n        192.0.2.1\n    }\n", "")
                .second("unicast_src_ip", "mcast_src_ip"),
        ),
        ("vip-not-in-interface-subnet", Warning, sound().both("192.0.2.100/24", "192.0.3.100/24").kubeadm("192.0.2.100", "192.0.3.100")),
        ("strict-hides-vip", Warning, sound().multicast()
            .both("    authentication {\n        auth_type PASS\n        auth_pass secret\n    }\n", "")
            .both("global_defs {", "global_defs {\n    vrrp_strict")),
        ("garp-disabled", Warning, sound().both("global_defs {", "global_defs {\n    vrrp_min_garp")),
        (
            "garp-disabled",
            Warning,
            sound().both("global_defs {", "global_defs {\n    vrrp_garp_lower_prio_repeat 0"),
        ),
    ]
}

/// Names, listeners, kubeadm.
fn of_services() -> Vec<Case> {
    use Severity::{Error, Notice, Warning};
    let sound = Pair::sound;
    vec![
        (
            "all-nodes-same-router-id",
            Notice,
            sound().second("router_id two", "router_id one"),
        ),
        (
            "vip-port-owned-twice",
            Error,
            sound().both("global_defs {", SERVICE),
        ),
        (
            "vip-port-owned-twice",
            Warning,
            sound().nginx("listen 16443", "listen 192.0.2.100:16443"),
        ),
        (
            "endpoint-bypasses-proxy",
            Warning,
            sound().kubeadm(":16443", ""),
        ),
        (
            "endpoint-bypasses-proxy",
            Warning,
            sound().kubeadm("192.0.2.100:16443", "api.example:6443"),
        ),
    ]
}

/// Check scripts and times.
fn of_scripts() -> Vec<Case> {
    use Severity::{Error, Notice, Warning};
    let sound = Pair::sound;
    vec![
        (
            "script-slower-than-interval",
            Warning,
            sound().check("#!/bin/sh\nsleep 4\ncurl -fs http://127.0.0.1:16443/ || exit 1\n"),
        ),
        (
            "script-slower-than-interval",
            Warning,
            sound().check("#!/bin/sh\ncurl -fs --max-time 10 http://127.0.0.1:16443/ || exit 1\n"),
        ),
        (
            "script-stops-keepalived",
            Warning,
            sound().check(
                "#!/bin/sh\ncurl -fs -m 1 http://127.0.0.1:16443/ && exit 0\n\
                 systemctl stop keepalived\nexit 1\n",
            ),
        ),
        (
            "check-does-not-check",
            Error,
            sound().check("#!/bin/sh\ncurl -fs -m 1 http://127.0.0.1:16443/\nexit 0\n"),
        ),
        (
            "check-does-not-check",
            Warning,
            sound().check(
                "#!/bin/sh\nif ! curl -fs -m 1 http://127.0.0.1:16443/; then\n  \
                 systemctl restart nginx\nfi\n",
            ),
        ),
        (
            "check-does-not-check",
            Warning,
            sound().check("#!/bin/sh\ncurl -s -m 1 http://127.0.0.1:16443/ || exit 1\n"),
        ),
        (
            "check-does-not-check",
            Warning,
            sound().check(
                "#!/bin/sh\ncurl -fs -m 1 http://127.0.0.1:16443/ || exit 1\n\
                 ps -ef | grep nginx || exit 1\n",
            ),
        ),
        (
            "check-only-sees-process",
            Notice,
            sound().check("#!/bin/sh\npidof nginx\n"),
        ),
        (
            "check-asks-another-port",
            Warning,
            sound().check("#!/bin/sh\ncurl -fs -m 1 http://127.0.0.1:10088/\n"),
        ),
        (
            "failover-time",
            Warning,
            sound().both("advert_int 1", "advert_int 5"),
        ),
    ]
}

#[test]
fn one_edit_gives_one_finding() {
    let mut wrong = String::new();
    for (number, (code, severity, pair)) in broken().into_iter().enumerate() {
        let found = pair.findings();
        if found != [(code, severity)] {
            wrong += &format!("case {number}, {code} ({severity:?}): found {found:?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_rule_has_a_case() {
    let cases: Vec<&str> = broken().into_iter().map(|(code, _, _)| code).collect();
    for rule in rules() {
        assert!(cases.contains(&rule.id), "no case for {}", rule.id);
    }
}

/// The severity that a rule states is that of its worst finding.
#[test]
fn severities_are_as_stated() {
    for rule in rules() {
        let worst = broken().into_iter().filter(|(code, _, _)| *code == rule.id);
        let worst = worst.map(|(_, severity, _)| severity).max();
        assert_eq!(worst, Some(rule.severity), "{}", rule.id);
    }
}

#[test]
fn allowed_rules_are_silent() {
    let pair = Pair::sound().both("weight -20", "weight -2");
    let mut cluster = Cluster::new();
    for text in &pair.nodes {
        let node = cluster.add_node("n");
        let mut loader = MemoryLoader::new([("k.conf", text.as_str())]);
        let options = keepalived::Options::default();
        cluster.add_keepalived(
            node,
            keepalived::parse(&mut loader, "k.conf".as_ref(), &options),
        );
    }
    let codes = |allowed: &[&str]| {
        let findings = cluster.findings(allowed);
        findings
            .iter()
            .map(|finding| finding.code)
            .collect::<Vec<_>>()
    };
    assert!(codes(&[]).contains(&"weight-cannot-failover"));
    assert!(!codes(&["weight-cannot-failover"]).contains(&"weight-cannot-failover"));
}
