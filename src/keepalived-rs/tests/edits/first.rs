//! The first half of the shapes.

use super::{Broken, edit, of};

pub(super) fn of_kubeadm_vip_only() -> Vec<Broken> {
    const SHAPE: &str = "kubeadm-vip-only";
    vec![
        of(
            SHAPE,
            "a weight below the gap",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "weight -20",
                "weight -2",
            )],
            &["error[weight-cannot-failover] cp-1/etc/keepalived/keepalived.conf:34"],
        ),
        of(
            SHAPE,
            "a typo in one address",
            vec![edit(
                "cp-2/etc/keepalived/keepalived.conf",
                "192.0.2.30/32",
                "192.0.2.40/32",
            )],
            &["error[vip-list-mismatch] cp-1/etc/keepalived/keepalived.conf:31"],
        ),
        of(
            SHAPE,
            "a peer forgotten",
            vec![edit(
                "cp-1/etc/keepalived/keepalived.conf",
                "        192.0.2.33\n",
                "",
            )],
            &["error[unicast-peer-asymmetry] cp-1/etc/keepalived/keepalived.conf:26"],
        ),
        of(
            SHAPE,
            "the endpoint is the first node",
            vec![edit(
                "kubeadm.yaml",
                "\"192.0.2.30:6443\"",
                "\"192.0.2.31:6443\"",
            )],
            &["warning[endpoint-not-vip] kubeadm.yaml:4"],
        ),
        of(
            SHAPE,
            "no endpoint at all",
            vec![edit(
                "kubeadm.yaml",
                "controlPlaneEndpoint: \"192.0.2.30:6443\"\n",
                "",
            )],
            &["warning[endpoint-not-vip] kubeadm.yaml:2"],
        ),
        of(
            SHAPE,
            "the check asks another port",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "127.0.0.1:6443/readyz",
                "127.0.0.1:8080/readyz",
            )],
            &["notice[check-asks-another-port] cp-1/etc/keepalived/keepalived.conf:11"],
        ),
        of(
            SHAPE,
            "a peer is the virtual address",
            vec![edit(
                "cp-3/etc/keepalived/keepalived.conf",
                "        192.0.2.31\n",
                "        192.0.2.30\n",
            )],
            &["error[unicast-peer-asymmetry] cp-3/etc/keepalived/keepalived.conf:26"],
        ),
    ]
}

pub(super) fn of_patroni_haproxy() -> Vec<Broken> {
    const SHAPE: &str = "patroni-haproxy";
    vec![
        of(
            SHAPE,
            "a positive weight that only draws level",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "weight 5",
                "weight 1",
            )],
            &["error[weight-cannot-failover] db-proxy-1/etc/keepalived/keepalived.conf:35"],
        ),
        of(
            SHAPE,
            "a long password",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "auth_pass pgvip",
                "auth_pass pgvip-production",
            )],
            &["warning[auth-pass-truncated] db-proxy-1/etc/keepalived/keepalived.conf:29"],
        ),
        of(
            SHAPE,
            "another router id on one node",
            vec![edit(
                "db-proxy-2/etc/keepalived/keepalived.conf",
                "virtual_router_id 54",
                "virtual_router_id 55",
            )],
            &["error[vrid-mismatch] db-proxy-2/etc/keepalived/keepalived.conf:20"],
        ),
        of(
            SHAPE,
            "the node sends from an address that nobody sends to",
            vec![edit(
                "db-proxy-2/etc/keepalived/keepalived.conf",
                "unicast_src_ip 10.30.0.12",
                "unicast_src_ip 10.30.0.21",
            )],
            &["error[unicast-peer-asymmetry] db-proxy-1/etc/keepalived/keepalived.conf:24"],
        ),
        of(
            SHAPE,
            "one network for the nodes, another one for the address",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "10.30.0.10/24",
                "10.31.0.10/24",
            )],
            &["warning[vip-not-in-interface-subnet] db-proxy-1/etc/keepalived/keepalived.conf:32"],
        ),
    ]
}

pub(super) fn of_galera_three_nodes() -> Vec<Broken> {
    const SHAPE: &str = "galera-three-nodes";
    vec![
        of(
            SHAPE,
            "MASTER with nopreempt",
            vec![edit(
                "galera-1/etc/keepalived/keepalived.conf",
                "state BACKUP",
                "state MASTER",
            )],
            &["error[nopreempt-with-state-master] galera-1/etc/keepalived/keepalived.conf:25"],
        ),
        of(
            SHAPE,
            "the script never fails",
            vec![edit(
                "*/etc/keepalived/galera_synced.sh",
                "exit 1",
                "exit 0",
            )],
            &["error[check-does-not-check] galera-1/etc/keepalived/galera_synced.sh:9"],
        ),
        of(
            SHAPE,
            "a weight where nopreempt keeps everybody",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "    fall 3\n",
                "    fall 3\n    weight -20\n",
            )],
            &["error[weight-cannot-failover] galera-1/etc/keepalived/keepalived.conf:40"],
        ),
        of(
            SHAPE,
            "another password on one node",
            vec![edit(
                "galera-2/etc/keepalived/keepalived.conf",
                "auth_pass galera40",
                "auth_pass Galera40",
            )],
            &["error[auth-mismatch] galera-1/etc/keepalived/keepalived.conf:31"],
        ),
        of(
            SHAPE,
            "the check is not tracked",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "    track_script {\n        galera_synced\n    }\n",
                "",
            )],
            &["warning[no-tracking] galera-1/etc/keepalived/keepalived.conf:23"],
        ),
        of(
            SHAPE,
            "it tracks its own interface",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "    track_script {",
                "    track_interface {\n        eth0\n    }\n    track_script {",
            )],
            &["warning[track-ignored] galera-1/etc/keepalived/keepalived.conf:39"],
        ),
        of(
            SHAPE,
            "a client that waits longer than it may",
            vec![edit(
                "*/etc/keepalived/galera_synced.sh",
                "state=$(mysql",
                "sleep 2\nstate=$(mysql",
            )],
            &["warning[script-slower-than-interval] galera-1/etc/keepalived/galera_synced.sh:3"],
        ),
    ]
}

pub(super) fn of_ipv6_only() -> Vec<Broken> {
    const SHAPE: &str = "ipv6-only";
    vec![
        of(
            SHAPE,
            "curl takes every answer",
            vec![edit("*/etc/keepalived/keepalived.conf", "-gfs", "-gs")],
            &["warning[check-does-not-check] edge-a/etc/keepalived/keepalived.conf:10"],
        ),
        of(
            SHAPE,
            "another interval on one node",
            vec![edit(
                "edge-b/etc/keepalived/keepalived.conf",
                "advert_int 0.5",
                "advert_int 5",
            )],
            &["notice[advert-interval-mismatch] edge-a/etc/keepalived/keepalived.conf:20"],
        ),
        of(
            SHAPE,
            "version 2 is asked for",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "    native_ipv6\n",
                "    native_ipv6\n    version 2\n",
            )],
            &["error[version-conflict] edge-a/etc/keepalived/keepalived.conf:22"],
        ),
        of(
            SHAPE,
            "one packet per address and no more",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "    router_id",
                "    vrrp_garp_master_repeat 1\n    vrrp_garp_master_delay 0\n    router_id",
            )],
            &["warning[garp-disabled] edge-a/etc/keepalived/keepalived.conf:4"],
        ),
    ]
}

pub(super) fn of_dual_stack_sync_group() -> Vec<Broken> {
    const SHAPE: &str = "dual-stack-sync-group";
    vec![
        of(
            SHAPE,
            "nobody asks the service",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "    track_script {\n        balancer\n    }\n",
                "",
            )],
            &["warning[no-tracking] lb-1/etc/keepalived/keepalived.conf:25"],
        ),
        of(
            SHAPE,
            "the weight is tracked by a member",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "    interface eth0\n    virtual_router_id 100\n    priority",
                "    interface eth0\n    track_script {\n        balancer weight -20\n    }\n    virtual_router_id 100\n    priority",
            )],
            &[
                "error[sync-group-with-weights] lb-1/etc/keepalived/keepalived.conf:32",
                "error[sync-group-with-weights] lb-1/etc/keepalived/keepalived.conf:51",
            ],
        ),
        of(
            SHAPE,
            "one node sends multicast",
            vec![edit(
                "lb-2/etc/keepalived/keepalived.conf",
                "    unicast_src_ip 198.51.100.12\n    unicast_peer {\n        198.51.100.11\n    }\n",
                "",
            )],
            &["error[multicast-with-unicast] lb-1/etc/keepalived/keepalived.conf:36"],
        ),
        of(
            SHAPE,
            "only one node speaks version 3",
            vec![edit(
                "lb-2/etc/keepalived/keepalived.conf",
                "    version 3\n",
                "",
            )],
            &["error[version-mismatch] lb-1/etc/keepalived/keepalived.conf:34"],
        ),
    ]
}

pub(super) fn of_lvs_dr_notify() -> Vec<Broken> {
    const SHAPE: &str = "lvs-dr-notify";
    vec![
        of(
            SHAPE,
            "nothing is announced when a split brain heals",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "    router_id",
                "    vrrp_garp_lower_prio_repeat 0\n    router_id",
            )],
            &["warning[garp-disabled] dir-1/etc/keepalived/keepalived.conf:4"],
        ),
        of(
            SHAPE,
            "both with one priority",
            vec![edit(
                "dir-2/etc/keepalived/keepalived.conf",
                "priority 190",
                "priority 200",
            )],
            &["warning[priority-tie] dir-1/etc/keepalived/keepalived.conf:14"],
        ),
        of(
            SHAPE,
            "strict mode in front of a service",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "    router_id",
                "    vrrp_strict\n    router_id",
            )],
            &[
                "error[strict-hides-vip] dir-1/etc/keepalived/keepalived.conf:4",
                "error[strict-mode] dir-1/etc/keepalived/keepalived.conf:12",
            ],
        ),
    ]
}
