//! The second half of the shapes.

use super::{Broken, edit, of};

pub(super) fn of_conf_d_includes() -> Vec<Broken> {
    const SHAPE: &str = "conf-d-includes";
    vec![
        of(
            SHAPE,
            "the weight of the process below the gap",
            vec![edit(
                "*/etc/keepalived/conf.d/10-process.conf",
                "weight 40",
                "weight 4",
            )],
            &["error[weight-cannot-failover] web-1/etc/keepalived/conf.d/20-www.conf:15"],
        ),
        of(
            SHAPE,
            "an include that matches nothing",
            vec![edit(
                "web-2/etc/keepalived/keepalived.conf",
                "conf.d/20-*.conf",
                "conf.d/30-*.conf",
            )],
            &["warning[include] web-2/etc/keepalived/keepalived.conf:5"],
        ),
        of(
            SHAPE,
            "the peer is the node itself",
            vec![edit(
                "web-1/etc/keepalived/conf.d/20-www.conf",
                "192.0.2.72",
                "192.0.2.71",
            )],
            &["error[unicast-peer-asymmetry] web-1/etc/keepalived/conf.d/20-www.conf:8"],
        ),
    ]
}

pub(super) fn of_one_file_for_all() -> Vec<Broken> {
    const SHAPE: &str = "one-file-for-all";
    vec![
        of(
            SHAPE,
            "both with one priority",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "priority 100",
                "priority 120",
            )],
            &["warning[priority-tie] ns1/etc/keepalived/keepalived.conf:26"],
        ),
        of(
            SHAPE,
            "the copies differ",
            vec![edit(
                "ns2/etc/keepalived/keepalived.conf",
                "192.0.2.53",
                "192.0.2.54",
            )],
            &["error[vip-list-mismatch] ns1/etc/keepalived/keepalived.conf:36"],
        ),
    ]
}

pub(super) fn of_virtual_mac() -> Vec<Broken> {
    const SHAPE: &str = "virtual-mac";
    vec![
        of(
            SHAPE,
            "two instances with one id on one interface",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "    interface eth1\n    use_vmac vrrp.2\n    vmac_xmit_base\n    virtual_router_id 2",
                "    interface eth0\n    use_vmac vrrp.2\n    vmac_xmit_base\n    virtual_router_id 1",
            )],
            &["error[vrid-clash] fw-1/etc/keepalived/keepalived.conf:39"],
        ),
        of(
            SHAPE,
            "an instance nobody else has",
            vec![
                edit(
                    "fw-2/etc/keepalived/keepalived.conf",
                    "vrrp_instance LAN {",
                    "vrrp_instance LAN_B {",
                ),
                edit(
                    "fw-2/etc/keepalived/keepalived.conf",
                    "        LAN\n",
                    "        LAN_B\n",
                ),
                edit(
                    "fw-2/etc/keepalived/keepalived.conf",
                    "10.9.0.1/24",
                    "10.9.0.11/24",
                ),
            ],
            &["warning[vrid-clash] fw-2/etc/keepalived/keepalived.conf:39"],
        ),
    ]
}

pub(super) fn of_container_image() -> Vec<Broken> {
    const SHAPE: &str = "container-image";
    vec![
        of(
            SHAPE,
            "another router id on one host",
            vec![edit(
                "host-3/etc/keepalived/keepalived.conf",
                "ROUTER_ID=51",
                "ROUTER_ID=52",
            )],
            &[
                "notice[priority-tie] host-1/etc/keepalived/keepalived.conf:24",
                "error[vrid-mismatch] host-3/etc/keepalived/keepalived.conf:23",
            ],
        ),
        of(
            SHAPE,
            "equals that preempt each other",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "    nopreempt\n",
                "",
            )],
            &["warning[priority-tie] host-1/etc/keepalived/keepalived.conf:24"],
        ),
        of(
            SHAPE,
            "the check is found in PATH",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "/usr/bin/curl",
                "curl",
            )],
            &[
                "notice[script-by-name] host-1/etc/keepalived/keepalived.conf:15",
                "notice[priority-tie] host-1/etc/keepalived/keepalived.conf:24",
            ],
        ),
    ]
}

pub(super) fn of_home_lab_dns() -> Vec<Broken> {
    const SHAPE: &str = "home-lab-dns";
    vec![
        of(
            SHAPE,
            "a weight of one for a gap of one",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "weight -2",
                "weight -1",
            )],
            &["error[weight-cannot-failover] pi/etc/keepalived/keepalived.conf:23"],
        ),
        of(
            SHAPE,
            "the script never fails",
            vec![edit("*/etc/keepalived/pihole.sh", "exit 1", "exit 0")],
            &["warning[check-does-not-check] nuc/etc/keepalived/pihole.sh:5"],
        ),
        of(
            SHAPE,
            "ten seconds between adverts",
            vec![edit(
                "*/etc/keepalived/keepalived.conf",
                "    virtual_router_id 7\n",
                "    virtual_router_id 7\n    advert_int 10\n",
            )],
            &["warning[failover-time] pi/etc/keepalived/keepalived.conf:18"],
        ),
        of(
            SHAPE,
            "a script that nobody defines",
            vec![edit(
                "nuc/etc/keepalived/keepalived.conf",
                "        pihole\n",
                "        pihol\n",
            )],
            &["error[unknown-script] nuc/etc/keepalived/keepalived.conf:23"],
        ),
    ]
}

pub(super) fn of_cloud_floating_address() -> Vec<Broken> {
    const SHAPE: &str = "cloud-floating-address";
    vec![
        of(
            SHAPE,
            "a peer list on one node only",
            vec![edit(
                "vm-2/etc/keepalived/keepalived.conf",
                "    unicast_peer {\n        10.0.0.11\n    }\n",
                "",
            )],
            &["error[multicast-with-unicast] vm-1/etc/keepalived/keepalived.conf:24"],
        ),
        of(
            SHAPE,
            "the check stops keepalived",
            vec![edit(
                "*/etc/keepalived/ingress.sh",
                "curl --fail --silent --max-time 1 --output /dev/null http://127.0.0.1:10254/healthz",
                "if ! curl --fail --silent --max-time 1 --output /dev/null http://127.0.0.1:10254/healthz; then\n    systemctl stop keepalived\n    exit 1\nfi",
            )],
            &["warning[script-stops-keepalived] vm-1/etc/keepalived/ingress.sh:4"],
        ),
    ]
}

pub(super) fn of_strict_owner() -> Vec<Broken> {
    const SHAPE: &str = "strict-owner";
    vec![
        of(
            SHAPE,
            "the stand-in does not answer",
            vec![edit(
                "router-b/etc/keepalived/keepalived.conf",
                "    accept\n",
                "",
            )],
            &["warning[strict-hides-vip] router-b/etc/keepalived/keepalived.conf:6"],
        ),
        of(
            SHAPE,
            "no owner any more",
            vec![edit(
                "router-a/etc/keepalived/keepalived.conf",
                "priority 255",
                "priority 200",
            )],
            &[
                "warning[strict-hides-vip] router-a/etc/keepalived/keepalived.conf:6",
                "error[strict-mode] router-a/etc/keepalived/keepalived.conf:10",
            ],
        ),
    ]
}

pub(super) fn of_vlan_gateways() -> Vec<Broken> {
    const SHAPE: &str = "vlan-gateways";
    vec![of(
        SHAPE,
        "one priority for both",
        vec![edit(
            "core-2/etc/keepalived/keepalived.conf",
            "$PRIORITY=150",
            "$PRIORITY=200",
        )],
        &["warning[priority-tie] core-1/etc/keepalived/keepalived.conf:29"],
    )]
}

pub(super) fn of_three_nodes() -> Vec<Broken> {
    const SHAPE: &str = "three-nodes";
    vec![
        of(
            SHAPE,
            "nginx listens where the API server does",
            vec![
                edit("*/etc/nginx/nginx.conf", "listen 16443", "listen 6443"),
                edit("*/etc/keepalived/check_balancer.sh", "16443", "6443"),
                edit("kubeadm.yaml", "16443", "6443"),
            ],
            &["error[port-taken-twice] cp-1/etc/nginx/nginx.conf:19"],
        ),
        of(
            SHAPE,
            "the endpoint without a port",
            vec![edit("kubeadm.yaml", ":16443", "")],
            &["warning[endpoint-bypasses-proxy] kubeadm.yaml:3"],
        ),
    ]
}

pub(super) fn of_unicast_across_sites() -> Vec<Broken> {
    const SHAPE: &str = "unicast-across-sites";
    vec![of(
        SHAPE,
        "one site keeps to version 2",
        vec![edit(
            "site-b/etc/keepalived/keepalived.conf",
            "    vrrp_version 3\n",
            "",
        )],
        &["error[version-mismatch] site-a/etc/keepalived/keepalived.conf:7"],
    )]
}

pub(super) fn of_nopreempt_pair() -> Vec<Broken> {
    const SHAPE: &str = "nopreempt-pair";
    vec![
        of(
            SHAPE,
            "nopreempt on the lower node only",
            vec![edit(
                "a/etc/keepalived/keepalived.conf",
                "    nopreempt\n",
                "",
            )],
            &["warning[nopreempt-on-lowest] b/etc/keepalived/keepalived.conf:17"],
        ),
        of(
            SHAPE,
            "another mask on one node",
            vec![edit(
                "b/etc/keepalived/keepalived.conf",
                "192.0.2.60/24",
                "192.0.2.60/25",
            )],
            &["warning[mask-mismatch] a/etc/keepalived/keepalived.conf:27"],
        ),
    ]
}

pub(super) fn of_active_active() -> Vec<Broken> {
    const SHAPE: &str = "active-active";
    vec![of(
        SHAPE,
        "two addresses, one id",
        vec![edit(
            "*/etc/keepalived/keepalived.conf",
            "virtual_router_id 122",
            "virtual_router_id 121",
        )],
        &["error[vrid-clash] mail-1/etc/keepalived/keepalived.conf:32"],
    )]
}
