//! Virtual routers: their settings, addresses and places.

use core::time::Duration;
use plan::keepalived::Watch;

use base::Priority;
use vrrp::config::{Auth, Transport, Version};

use super::{SECURE, host, instance, ip, planned, planned_on, printed};

#[test]
fn the_unicast_article() {
    let text = format!(
        "{SECURE}vrrp_script chk {{\n script \"killall -0 nginx\"\n interval 2\n weight -20\n}}\n\
         vrrp_instance VI_1 {{\n state MASTER\n interface eth0\n virtual_router_id 251\n \
         priority 100\n advert_int 1\n authentication {{\n auth_type PASS\n auth_pass 123456\n }}\n \
         track_script {{\n chk\n }}\n unicast_src_ip 192.0.2.1\n unicast_peer {{\n 192.0.2.2\n }}\n \
         virtual_ipaddress {{\n 192.0.2.9\n }}\n}}\n"
    );
    let planned = planned(&text);
    assert_eq!(printed(&planned), "");
    insta::assert_debug_snapshot!(planned.plan);
}

#[test]
fn defaults_of_an_instance() {
    let planned = planned(&instance(""));
    assert_eq!(printed(&planned), "");
    let router = &planned.plan.vrrp.routers[0];
    assert_eq!(
        (router.version, router.priority),
        (Version::V2, Priority(100))
    );
    assert_eq!(router.advert_interval, Duration::from_secs(1));
    assert_eq!(router.source, ip("192.0.2.1"), "never a virtual address");
    let host = &planned.plan.routers[0];
    assert_eq!(host.source, None, "it may become another");
    let Transport::Multicast { group } = router.transport else {
        panic!("multicast without peers");
    };
    assert_eq!(group, ip("224.0.0.18"));
    assert_eq!(
        (router.garp.repeat, router.garp.delay),
        (5, Duration::from_secs(5))
    );
    assert_eq!(
        (router.garp.lower_prio_repeat, router.garp.refresh_repeat),
        (5, 1)
    );
    assert!(router.preempt && !router.initial_backup && router.auth == Auth::None);
    assert_eq!(planned.plan.process.router_id, "host");
    assert_eq!(planned.plan.process.child_wait_time, Duration::from_secs(5));
}

#[test]
fn state_master_alone_makes_an_owner() {
    let priority = |lines: &str| planned(&instance(lines)).plan.vrrp.routers[0].priority;
    assert_eq!(priority("state MASTER"), Priority::OWNER);
    assert_eq!(priority("state MASTER\npriority 300"), Priority(100));
    assert_eq!(priority("state BACKUP"), Priority(100));
    let waits = |lines: &str| planned(&instance(lines)).plan.vrrp.routers[0].initial_backup;
    assert!(waits("state BACKUP\npriority 255") && !waits("priority 255"));
}

/// Each line seen from the original, with its status.
#[test]
fn settings_that_change_each_other() {
    for (lines, report) in [
        (
            "state MASTER\n priority 100\n nopreempt",
            "(k.conf: Line 9) (V) Warning - nopreempt will not work with initial state MASTER - clearing",
        ),
        (
            "state MASTER\n preempt_delay 5\n priority 100",
            "(k.conf: Line 8) (V) Warning - preempt delay will not work with initial state MASTER - clearing",
        ),
        (
            "state BACKUP\n priority 255\n nopreempt",
            "(k.conf: Line 9) (V) nopreempt is incompatible with priority 255. resetting nopreempt",
        ),
        (
            "nopreempt\n preempt_delay 5",
            "(k.conf: Line 8) (V) preempt_delay is incompatible with nopreempt mode - resetting",
        ),
        (
            "advert_int 1.5",
            "(k.conf: Line 7) (V) VRRPv2 advertisement interval 1.500000s must be an integer. rounding",
        ),
        (
            "version 3\n advert_int 0.333",
            "(k.conf: Line 8) (V) VRRPv3 advertisement interval 0.333000s must be in units of 10ms - rounding",
        ),
        (
            "version 3\n advert_int 50",
            "(k.conf: Line 8) (V) VRRPv3 advertisement interval 50.00s is out of range. Must be less than 40.96s. Setting to 40.95s",
        ),
        (
            "version 3\n authentication {\n auth_type PASS\n auth_pass x\n }",
            "(k.conf: Line 8) (V) VRRP version 3 does not support authentication. Ignoring.",
        ),
        (
            "authentication {\n auth_type PASS\n }",
            "(k.conf: Line 7) (V) Authentication specified but no password given. Ignoring",
        ),
        (
            "unicast_src_ip 192.0.2.1",
            "(k.conf: Line 7) (V) A unicast keyword has been specified without any unicast peers. Defaulting to multicast. This usage is deprecated - please update your configuration.",
        ),
        (
            "unicast_peer {\n fe80::2\n 192.0.2.2\n }",
            "(k.conf: Line 8) Configuration error: VRRP instance[V] and unicast peer address[fe80::2] MUST be of the same family !!! Skipping...",
        ),
    ] {
        let planned = planned(&instance(lines));
        assert_eq!(
            (printed(&planned).as_str(), planned.status()),
            (report, 5),
            "{lines}"
        );
        assert_eq!(planned.plan.vrrp.routers.len(), 1, "{lines}");
    }
    let interval = |lines: &str| planned(&instance(lines)).plan.vrrp.routers[0].advert_interval;
    assert_eq!(interval("advert_int 1.5"), Duration::from_secs(2));
    assert_eq!(
        interval("version 3\nadvert_int 0.333"),
        Duration::from_millis(330)
    );
    assert_eq!(
        interval("version 3\nadvert_int 50"),
        Duration::from_millis(40_950)
    );
    assert!(
        planned(&instance("state MASTER\npriority 100\nnopreempt"))
            .plan
            .vrrp
            .routers[0]
            .preempt
    );
    assert!(!planned(&instance("nopreempt")).plan.vrrp.routers[0].preempt);
}

#[test]
fn an_instance_that_cannot_run_is_left_out_alone() {
    let good = instance("");
    for (bad, report) in [
        (
            "vrrp_instance W {\n interface eth9\n virtual_router_id 6\n virtual_ipaddress {\n 192.0.2.8\n }\n}\n",
            "(k.conf: Line 10) WARNING - interface eth9 for vrrp_instance W doesn't exist",
        ),
        (
            "vrrp_instance W {\n interface eth0\n virtual_ipaddress {\n 192.0.2.8\n }\n}\n",
            "(k.conf: Line 9) (W) the virtual router id must be set",
        ),
        (
            "vrrp_instance W {\n virtual_router_id 6\n virtual_ipaddress {\n 192.0.2.8\n }\n}\n",
            "(k.conf: Line 9) (W) Unknown interface!",
        ),
        (
            "vrrp_instance W {\n interface eth0\n virtual_router_id 6\n version 3\n}\n",
            "(k.conf: Line 9) (W) No VIP specified; at least one is required",
        ),
        (
            "vrrp_instance W {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n 192.0.2.8\n }\n}\n",
            "(k.conf: Line 11) V and W both use VRID 5 with IPv4 on interface eth0",
        ),
        (
            "vrrp_instance V {\n interface eth0\n virtual_router_id 6\n}\n",
            "(k.conf: Line 9) vrrp instance V already defined",
        ),
    ] {
        let planned = planned(&format!("{good}{bad}"));
        assert_eq!((printed(&planned).as_str(), planned.status()), (report, 5));
        let names: Vec<_> = planned
            .plan
            .vrrp
            .routers
            .iter()
            .map(|r| r.name.as_str())
            .collect();
        assert_eq!(names, ["V"], "{bad}");
    }
}

#[test]
fn one_mistake_is_not_told_twice() {
    for (text, line) in [
        (instance("").replace("192.0.2.9", "192.0.2.999"), 5),
        (
            instance("").replace("virtual_router_id 5", "virtual_router_id 256"),
            3,
        ),
        (instance("").replace("interface eth0", "interfac eth0"), 2),
        (
            instance("authentication {\n auth_typ PASS\n auth_pas x\n}")
                .replace("auth_pas x\n", ""),
            8,
        ),
        (
            instance("track_script {\n chk\n }\n}\nvrrp_scrip chk {\n script \"/opt/check\"\n"),
            11,
        ),
    ] {
        let planned = planned(&text);
        let report = printed(&planned);
        assert_eq!(report.lines().count(), 1, "{report}\n{text}");
        assert!(report.contains(&format!("Line {line})")), "{report}");
    }
}

/// What stands in a file that cannot be included is not missed as well.
#[test]
fn a_missing_include_is_one_problem() {
    let text = |include: &str| {
        instance("track_script {\n chk\n }").replace(
            " interface eth0\n virtual_router_id 5\n",
            &format!(" {include} common.conf\n"),
        )
    };
    let checked = planned(&text("includem"));
    assert_eq!(
        printed(&checked),
        "(k.conf: Line 2) Config files missing 'common.conf'."
    );
    assert_eq!(checked.status(), 6);
    let help = checked.diagnostics[0].help.as_deref();
    assert_eq!(
        help,
        Some("create common.conf: a path is relative to the file that names it")
    );
    // Without a check it is only a warning, and the others are errors, as in the original.
    let checked = planned(&text("include"));
    assert_eq!(
        (checked.status(), printed(&checked).lines().count()),
        (5, 2)
    );
    let checked = planned(&instance("include x.conf\n track_script {\n chk\n }"));
    let unknown = checked.diagnostics.last().expect("the script");
    let help = "perhaps it stands in the file that could not be included";
    assert_eq!(unknown.help.as_deref(), Some(help));
}

#[test]
fn families_and_addresses() {
    let planned = planned(
        "vrrp_instance V {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n \
         fe80::9/64\n 2001:db8::9 dev eth1\n 192.0.2.9\n fe80::9\n }\n \
         virtual_ipaddress_excluded {\n 192.0.2.8/24 brd + label eth0:1 scope link\n }\n}\n",
    );
    insta::assert_snapshot!(printed(&planned), @r"
    (k.conf: Line 7) (V): address family must match VRRP instance [192.0.2.9] - ignoring
    (k.conf: Line 8) (V) duplicate virtual address fe80::9 - ignoring
    ");
    let router = &planned.plan.vrrp.routers[0];
    assert_eq!(
        (router.version, router.source),
        (Version::V3, ip("fe80::1"))
    );
    assert_eq!(router.addresses, [ip("fe80::9"), ip("2001:db8::9")]);
    let held = &planned.plan.routers[0].addresses;
    let places: Vec<_> = held
        .iter()
        .map(|a| (a.address, a.prefix, &*a.interface))
        .collect();
    assert_eq!(
        places,
        [
            (ip("fe80::9"), 64, "eth0"),
            (ip("2001:db8::9"), 128, "eth1"),
            (ip("192.0.2.8"), 24, "eth0"),
        ]
    );
    assert_eq!(
        (
            held[0].details().preferred_lft,
            held[1].details().preferred_lft
        ),
        (None, Some(0))
    );
    assert_eq!(
        (held[2].details().broadcast, held[2].scope),
        (Some(ip("192.0.2.255")), 253)
    );
}

#[test]
fn more_addresses_than_an_advert_holds() {
    let list: String = (0..300)
        .map(|n| format!("10.1.{}.{}\n", n / 250, n % 250 + 1))
        .collect();
    let planned = planned(&instance("").replace("192.0.2.9", &list));
    assert_eq!(planned.plan.vrrp.routers[0].addresses.len(), 255);
    assert_eq!(planned.plan.routers[0].addresses.len(), 300);
    assert_eq!(planned.status(), 5);
}

#[test]
fn interfaces_that_come_later() {
    let text = instance("").replace("eth0", "eth9");
    let planned = planned(&format!("global_defs {{\n dynamic_interfaces\n}}\n{text}"));
    assert_eq!(printed(&planned), "");
    // A fault of the plan would last; the daemon looks for the interface itself, again and again.
    assert_eq!(planned.plan.vrrp.routers[0].start_fault, None);
    assert_eq!(
        planned.plan.routers[0].interface.as_deref(),
        Some("eth9"),
        "what it looks for"
    );
}

/// Every check is linear: thousands of instances, each with a script and a file of its own.
#[test]
fn many_instances() {
    let mut host = host();
    let mut text = SECURE.to_owned();
    for n in 0..2_000 {
        let interface = format!("if{}", n / 200);
        host.interfaces
            .insert(interface.clone(), vec![(ip("192.0.2.1"), 24)]);
        text += &format!(
            "vrrp_script s{n} {{\n script \"/opt/check {n}\"\n}}\ntrack_file f{n} {{\n file \
             /run/f{n}\n}}\nvrrp_instance V{n} {{\n \
             interface {interface}\n virtual_router_id {}\n virtual_ipaddress {{\n 10.0.{}.{}\n }}\n \
             track_script {{\n s{n}\n }}\n track_file {{\n f{n}\n }}\n}}\n",
            n % 200 + 1,
            n / 250,
            n % 250 + 1
        );
    }
    let planned = planned_on(&text, &host);
    assert_eq!(printed(&planned), "");
    assert_eq!(planned.plan.vrrp.routers.len(), 2_000);
    assert_eq!(planned.plan.scripts.len(), 2_000);
    let last = planned.plan.vrrp.routers.last().expect("a router");
    let watch = &planned.plan.watches[last.tracks[0].object.0 as usize];
    let (path, init) = ("/run/f1999".into(), None);
    assert_eq!(*watch, Watch::File { path, init });
}

#[test]
fn adverts_come_from_an_address_that_is_no_instances() {
    let mut host = host();
    // As the kernel lists them: what came last, first. The first two are there because both are master.
    let listed = ["fe80::8", "fe80::9", "fe80::1"].map(|it| (ip(it), 64));
    host.interfaces.insert("eth0".to_owned(), listed.to_vec());
    let text = |id: u8, more: &str| {
        format!(
            "vrrp_instance I{id} {{\n interface eth0\n virtual_router_id {id}\n {more}\n \
             virtual_ipaddress {{\n fe80::{id}\n }}\n}}\n"
        )
    };
    let planned = planned_on(&(text(8, "") + &text(9, "mcast_src_ip fe80::7")), &host);
    let sources = planned.plan.vrrp.routers.iter().map(|it| it.source);
    assert!(sources.eq([ip("fe80::1"), ip("fe80::7")]));
    // What is written is no other address's to replace.
    let written = planned.plan.routers.iter().map(|it| it.source);
    assert!(written.eq([None, Some(ip("fe80::7"))]));
    // An owner has the interface's own address; who shares the interface has no other.
    host.interfaces
        .insert("eth0".to_owned(), vec![(ip("fe80::8"), 64)]);
    let planned = planned_on(&(text(8, "priority 255") + &text(9, "")), &host);
    assert_eq!(planned.plan.vrrp.routers[1].source, ip("fe80::8"));
}
