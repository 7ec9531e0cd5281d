//! Pairs next to the broken ones that nothing is wrong with.

use grammar::Severity;

use crate::cases::{SERVICE, with_uplink};
use crate::pair::Pair;

/// Strict version 3 answers with `accept`, and an owner always.
#[test]
fn strict_mode_that_answers_is_sound() {
    let third = |pair: Pair| pair.both("vrrp_strict", "vrrp_strict\n    vrrp_version 3");
    assert_eq!(third(Pair::sound().strict("    accept\n")).findings(), []);
}

#[test]
fn services_beside_listeners_are_sound() {
    let group = "virtual_server_group FRONT {\n    192.0.2.101-110 16443\n    192.0.2.100 53\n    \
                 fwmark 7\n}\nglobal_defs {";
    let pair = Pair::sound()
        .both("global_defs {", SERVICE)
        .both("real_server 192.0.2.1 16443", "real_server 192.0.2.1")
        .both(
            "virtual_server 192.0.2.100 16443",
            "virtual_server group FRONT",
        )
        .both("global_defs {", group)
        .nginx("listen 16443", "listen 192.0.2.100:16443");
    let mut cluster = pair.cluster();
    for node in 0..2 {
        cluster.0.set_nonlocal_bind(cluster.1[node], true);
    }
    let codes: Vec<_> = cluster.0.findings(&["failover-time"]);
    assert!(codes.is_empty(), "{codes:#?}");
}

/// On the node itself the interface says which network it is in.
#[test]
fn addresses_of_the_host_count() {
    let of = |address: &str| {
        let pair = Pair::sound().multicast().both("    mcast_src_ip", "    # ");
        let (mut cluster, nodes) = pair.cluster();
        cluster.add_address(nodes[0], "eth0", address.parse().expect("an address"));
        // The master has the virtual one, too.
        cluster.add_address(nodes[0], "eth0", "192.0.2.100".parse().expect("an address"));
        let findings = cluster.findings(&["failover-time"]);
        findings.iter().map(|it| it.code).collect::<Vec<_>>()
    };
    assert_eq!(of("192.0.2.1"), [""; 0]);
    assert_eq!(of("198.51.100.1"), ["vip-not-in-interface-subnet"]);
}

#[test]
fn certificates_with_the_address_are_told_apart() {
    let message = |sans: &str| {
        let pair = Pair::sound().kubeadm("192.0.2.100:", "192.0.2.1:").kubeadm(
            "kind: ClusterConfiguration\n",
            &format!("kind: ClusterConfiguration\n{sans}"),
        );
        let findings = pair.cluster().0.findings(&["failover-time"]);
        findings[0].message.clone()
    };
    assert!(message("").contains("x509"), "{}", message(""));
    let sans = "apiServer:\n  certSANs: [192.0.2.100]\n";
    assert!(!message(sans).contains("x509"), "{}", message(sans));
}

/// Settings with what they need.
#[test]
fn settings_that_count_are_sound() {
    let lines = "notification_email {\n        ops@example.org\n    }\n    \
                 notification_email_from vrrp@example.org\n    smtp_server 192.0.2.25\n    \
                 shutdown_script /etc/keepalived/check.sh\n    shutdown_script_timeout 5";
    let pair = Pair::sound().both("global_defs {", &format!("global_defs {{\n    {lines}"));
    let own = "    interface eth0\n    smtp_alert\n    garp_master_refresh 60\n    \
               garp_master_refresh_repeat 3\n    track_src_ip";
    let pair = pair.both("    interface eth0", own);
    assert_eq!(pair.findings(), []);
    // What it needs may stand in a file that is not at hand: only that is said.
    let missing = Pair::sound().both(
        "global_defs {",
        "include mail.conf\nglobal_defs {\n    smtp_server 192.0.2.25",
    );
    assert_eq!(missing.findings(), [("include", Severity::Warning)]);
}

#[test]
fn the_sound_pair_is_sound() {
    assert_eq!(Pair::sound().findings(), []);
    assert_eq!(Pair::sound().multicast().findings(), []);
}

/// Combinations in which every weight counts somewhere.
#[test]
fn weights_that_count_together_are_sound() {
    // Neither is enough alone, both together are.
    assert_eq!(with_uplink("weight -6").findings(), []);
    // Only the reversed one is enough.
    let reversed = with_uplink("weight -20 reverse").both("weight -5", "weight -12");
    assert_eq!(reversed.findings(), []);
    let files = "track_file drain {\n    file /run/drain\n    weight 1\n}\nglobal_defs {";
    let drained = Pair::sound().both("global_defs {", files).both(
        "    track_script {",
        "    track_file {\n        drain\n    }\n    track_script {",
    );
    assert_eq!(drained.findings(), []);
}

/// The weight of a BFD session is its own unless the line has one.
#[test]
fn weights_of_bfd_count() {
    let session = "bfd_instance UP {\n    neighbor_ip 192.0.2.254\n    source_ip {own}\n    \
                   weight -2\n}\nglobal_defs {";
    let line = "    track_bfd {\n        UP\n    }\n    track_script {";
    let pair = |weight: &str| {
        let session = session.replace("-2", weight);
        Pair::sound()
            .first("global_defs {", &session.replace("{own}", "192.0.2.1"))
            .second("global_defs {", &session.replace("{own}", "192.0.2.2"))
            .both("    track_script {", line)
    };
    assert_eq!(pair("-20").findings(), []);
    // The check alone would do.
    assert_eq!(pair("-2").both("weight -20", "weight -11").findings(), []);
    let never = pair("-2").both(
        "weight -20\n}\nvrrp_instance",
        "weight -2\n}\nvrrp_instance",
    );
    let found = [("weight-cannot-failover", Severity::Error)];
    assert_eq!(never.findings(), found);
}
