//! One pair per rule and way to break it.

use grammar::Severity;

use crate::pair::Pair;

pub(crate) const SERVICE: &str = "virtual_server 192.0.2.100 16443 {
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
pub(crate) type Case = (&'static str, Severity, Pair);

/// One pair per rule and way to break it.
pub(crate) fn broken() -> Vec<Case> {
    let families = [
        of_elections(),
        of_agreement(),
        of_peers(),
        of_addresses(),
        of_services(),
        of_scripts(),
        of_settings(),
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
        ("weight-cannot-failover", Warning, with_uplink("weight 20")),
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
            "nopreempt-on-lowest",
            Warning,
            sound()
                .second("    state BACKUP\n", "    state BACKUP\n    nopreempt\n")
                .both("    weight -20\n", ""),
        ),
        (
            "no-backup",
            Warning,
            sound().first_ends_with(
                "vrrp_instance ALONE {\n    state BACKUP\n    interface eth1\n    \
                 virtual_router_id 77\n    priority 90\n    virtual_ipaddress {\n        \
                 198.51.100.1/24\n    }\n    track_script {\n        check_proxy\n    }\n}\n",
            ),
        ),
        (
            "priority-tie",
            Warning,
            sound().first("priority 110", "priority 100"),
        ),
    ]
}

/// Settings that lack another one.
fn of_settings() -> Vec<Case> {
    let global = |lines: &str| {
        let with = format!("global_defs {{\n    {lines}");
        Pair::sound().both("global_defs {", &with)
    };
    let own = |lines: &str| {
        let with = format!("    interface eth0\n    {lines}");
        Pair::sound().both("    interface eth0", &with)
    };
    let service = |line: &str| {
        let with = SERVICE.replace("16443", "443");
        let with = with.replace("    protocol TCP", &format!("    {line}\n    protocol TCP"));
        Pair::sound().both("global_defs {", &with)
    };
    [
        global("notification_email_from vrrp@example.org"),
        global("smtp_server 192.0.2.25"),
        global("vmac_prefix v"),
        global("shutdown_script_timeout 5"),
        global("vrrp_notify_fifo_script /etc/keepalived/check.sh"),
        own("smtp_alert"),
        own("garp_master_refresh_repeat 3"),
        service("persistence_granularity 255.255.255.0"),
        service("virtualhost example.org"),
    ]
    .into_iter()
    .map(|pair| ("setting-without-effect", Severity::Warning, pair))
    .collect()
}

/// A second tracker beside the check, on both nodes.
pub(crate) fn with_uplink(weight: &str) -> Pair {
    let track =
        format!("    track_interface {{\n        eth1 {weight}\n    }}\n    track_script {{");
    Pair::sound()
        .both("    track_script {", &track)
        .both("weight -20", "weight -5")
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

/// Who hears whom.
fn of_peers() -> Vec<Case> {
    use Severity::{Error, Warning};
    let sound = Pair::sound;
    let second_api = |vrid: &str| {
        let text = format!(
            "vrrp_instance OTHER {{\n    state BACKUP\n    interface eth0\n    \
             virtual_router_id {vrid}\n    priority 90\n    virtual_ipaddress {{\n        \
             192.0.2.101/24\n    }}\n    track_script {{\n        check_proxy\n    }}\n}}\n"
        );
        text
    };
    vec![
        (
            "vrid-clash",
            Error,
            sound().multicast().first_ends_with(&second_api("51")),
        ),
        (
            "vrid-clash",
            Warning,
            sound()
                .multicast()
                .second("vrrp_instance API", "vrrp_instance NEW")
                .second("192.0.2.100/24", "192.0.2.102/24"),
        ),
        (
            "vrid-mismatch",
            Error,
            sound()
                .multicast()
                .second("virtual_router_id 51", "virtual_router_id 52"),
        ),
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
    ]
}

/// Networks, strict mode, announcements.
fn of_addresses() -> Vec<Case> {
    use Severity::{Error, Warning};
    let sound = Pair::sound;
    vec![
        (
            "vip-not-in-interface-subnet",
            Warning,
            sound()
                .both("192.0.2.100/24", "192.0.3.100/24")
                .kubeadm("192.0.2.100", "192.0.3.100"),
        ),
        (
            "vip-not-in-interface-subnet",
            Warning,
            sound()
                .both("    unicast_src_ip", "    # ")
                .both("192.0.2.100/24", "192.0.3.100/24")
                .kubeadm("192.0.2.100", "192.0.3.100"),
        ),
        (
            "vip-not-in-interface-subnet",
            Warning,
            sound().multicast().both("    mcast_src_ip", "    # ").both(
                "global_defs {",
                "static_ipaddress {\n    198.51.100.7/24 dev eth0\n}\nglobal_defs {",
            ),
        ),
        (
            "vip-is-node-address",
            Error,
            sound()
                .both("192.0.2.100/24", "192.0.2.2/24")
                .kubeadm("192.0.2.100", "192.0.2.2"),
        ),
        (
            "strict-hides-vip",
            Warning,
            sound()
                .strict("")
                .nginx("listen 16443", "listen 192.0.2.1:16443")
                .kubeadm("192.0.2.100:16443", "api.example:16443"),
        ),
        ("strict-hides-vip", Error, sound().strict("")),
        (
            "strict-hides-vip",
            Error,
            sound().both("    interface eth0", "    no_accept\n    interface eth0"),
        ),
        (
            "garp-disabled",
            Warning,
            sound().both("global_defs {", "global_defs {\n    vrrp_min_garp"),
        ),
        (
            "garp-disabled",
            Warning,
            sound().both(
                "global_defs {",
                "global_defs {\n    vrrp_garp_lower_prio_repeat 0",
            ),
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
            "vip-port-owned-twice",
            Error,
            sound()
                .both("global_defs {", SERVICE)
                .both(
                    "virtual_server 192.0.2.100 16443",
                    "virtual_server group FRONT",
                )
                .both(
                    "global_defs {",
                    "virtual_server_group FRONT {\n    192.0.2.98-102 16443\n}\nglobal_defs {",
                ),
        ),
        (
            "port-taken-twice",
            Error,
            sound()
                .nginx("listen 16443", "listen 6443")
                .nginx("events {}", "events {}\nhttp { server { listen 8080; } }")
                .kubeadm(":16443", "")
                .check("#!/bin/sh\nexec curl -fs -m 1 -o /dev/null http://127.0.0.1:6443/\n"),
        ),
        (
            "port-taken-twice",
            Error,
            sound().nginx("events {}", "events {}\nhttp { server { listen 16443; } }"),
        ),
        (
            "endpoint-bypasses-proxy",
            Warning,
            sound().kubeadm(":16443", ""),
        ),
        (
            "endpoint-not-vip",
            Warning,
            sound().kubeadm("192.0.2.100:", "192.0.2.1:"),
        ),
        (
            "endpoint-not-vip",
            Warning,
            sound().kubeadm("controlPlaneEndpoint: 192.0.2.100:16443\n", ""),
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
            "script-by-name",
            Notice,
            sound().both(
                "script /etc/keepalived/check.sh",
                "script \"curl -fs -m 1 http://127.0.0.1:16443/\"",
            ),
        ),
        (
            "failover-time",
            Warning,
            sound().both("advert_int 1", "advert_int 5"),
        ),
    ]
}
