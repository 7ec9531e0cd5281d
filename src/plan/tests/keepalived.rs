//! Whole keepalived configurations, from text to plan.

mod support;

use core::net::IpAddr;
use core::time::Duration;

use base::Priority;
use grammar::MemoryLoader;
use grammar::keepalived::Options;
use plan::keepalived::reload::verdict;
use plan::keepalived::{Checked, check};
use support::Host;
use vrrp::config::{Auth, Transport, Version};

const FILE: u32 = 0o100_755;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn host() -> Host {
    let mut host = Host::default();
    let eth0 = vec![
        (ip("192.0.2.9"), 24),
        (ip("192.0.2.1"), 24),
        (ip("fe80::1"), 64),
    ];
    host.interfaces.insert("eth0".to_owned(), eth0);
    host.interfaces.insert("eth1".to_owned(), Vec::new());
    for (path, mode, owner) in [
        ("/usr/bin/killall", FILE, 0),
        ("/usr/bin/plain", 0o100_644, 0),
        ("/opt/check", FILE, 0),
        ("/opt/theirs", FILE, 1000),
        ("/opt/open", 0o100_777, 0),
        ("/tmp/dir/check", FILE, 0),
        ("/tmp", 0o041_777, 0),
    ] {
        host.files.insert(path.into(), (mode, owner));
    }
    host
}

fn planned_on(text: &str, host: &Host) -> Checked {
    let mut files = MemoryLoader::new([("k.conf", text)]);
    check(&mut files, "k.conf".as_ref(), &Options::default(), host)
}

/// What a test run prints.
fn printed(checked: &Checked) -> String {
    checked.report().join("\n")
}

fn planned(text: &str) -> Checked {
    planned_on(text, &host())
}

/// One instance with more lines in it.
fn instance(lines: &str) -> String {
    format!(
        "vrrp_instance V {{\n interface eth0\n virtual_router_id 5\n \
         virtual_ipaddress {{\n 192.0.2.9\n }}\n{lines}\n}}\n"
    )
}

/// Scripts run as root, in the secure way.
const SECURE: &str = "global_defs {\n script_user root\n enable_script_security\n}\n";

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
            "(k.conf: Line 11) (V) duplicate VRID conflict with W VRID 5",
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
        .map(|a| (a.address, a.prefix, a.interface.as_str()))
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
        (held[0].preferred_lft, held[1].preferred_lft),
        (None, Some(0))
    );
    assert_eq!(
        (held[2].broadcast, held[2].scope),
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
    let fault = planned.plan.vrrp.routers[0].start_fault.as_deref();
    assert_eq!(fault, Some("interface eth9 does not exist"));
}

/// A tracked script with this command and these lines.
fn script(command: &str, lines: &str) -> String {
    let tracked = instance("track_script {\n c\n }");
    format!("vrrp_script c {{\n script \"{command}\"\n{lines}}}\n{tracked}")
}

#[test]
fn commands_are_found_and_checked() {
    let check = |text: &str| {
        let planned = planned(text);
        (
            printed(&planned),
            planned.status(),
            planned.plan.scripts.len(),
        )
    };
    let secure = |command: &str| check(&format!("{SECURE}{}", script(command, "")));
    let told = |text: &str, status: u8| (text.to_owned(), status, 0);
    assert_eq!(secure("killall -0 nginx"), (String::new(), 0, 1));
    assert_eq!(secure("/opt/check"), (String::new(), 0, 1));
    assert_eq!(
        secure("/tmp/dir/check"),
        (String::new(), 0, 1),
        "sticky is safe"
    );
    let missing = "(k.conf: Line 6) Disabling track script c since not found/accessible";
    assert_eq!(secure("/opt/none"), told(missing, 5));
    assert_eq!(secure("plain"), told(missing, 5), "not executable");
    let insecure = "(k.conf: Line 6) Disabling track script c due to insecure";
    assert_eq!(secure("/opt/theirs"), told(insecure, 5));
    assert_eq!(secure("/opt/open"), told(insecure, 5));
    assert_eq!(secure("/tmp"), told(insecure, 5), "a directory");

    let open = "SECURITY VIOLATION - scripts are being executed but script_security not enabled.";
    assert_eq!(check(&script("/opt/check", "")), (open.to_owned(), 6, 1));
    let worse = format!("{open} There are insecure scripts.");
    assert_eq!(check(&script("/opt/open", "")), (worse, 6, 1));
    let nobody = check(&format!(
        "global_defs {{\n enable_script_security\n}}\n{}",
        script("/opt/open", " user nobody\n")
    ));
    assert_eq!(
        nobody,
        (String::new(), 0, 1),
        "only root's scripts must be root's"
    );
}

#[test]
fn accounts_of_scripts() {
    let account = |text: &str, host: &Host| {
        let planned = planned_on(text, host);
        planned
            .plan
            .scripts
            .first()
            .map(|command| (command.uid, command.gid))
    };
    let plain = script("/opt/check", "");
    assert_eq!(account(&plain, &host()), Some((0, 0)));
    let mut with_account = host();
    with_account
        .users
        .insert("keepalived_script".to_owned(), 990);
    assert_eq!(account(&plain, &with_account), Some((990, 990)));
    let global = format!("global_defs {{\n script_user nobody www-data\n}}\n{plain}");
    assert_eq!(account(&global, &with_account), Some((65_534, 33)));
    let own = script("/opt/check", " user www-data\n");
    assert_eq!(account(&own, &with_account), Some((33, 33)));

    let reported = |text: &str| printed(&planned(text));
    insta::assert_snapshot!(
        reported(&global.replace("nobody", "no_such")),
        @"(k.conf: Line 2) Error setting global script uid/gid"
    );
    insta::assert_snapshot!(
        reported(&format!("{SECURE}{}", script("/opt/check", " user no_such\n"))),
        @"(k.conf: Line 7) Unable to set uid/gid for script '/opt/check'"
    );
    insta::assert_snapshot!(
        reported(&format!("global_defs {{\n enable_script_security\n}}\n{plain}")),
        @"(k.conf: Line 5) Unable to set default user for vrrp script c - removing"
    );
}

#[test]
fn tracked_scripts() {
    let text = format!(
        "{SECURE}vrrp_script unused {{\n script \"/opt/check\"\n}}\n\
         vrrp_script a {{\n script \"/opt/check a\"\n weight 7 reverse\n}}\n\
         vrrp_script b {{\n script \"/opt/check b\"\n interval 0.5\n rise 2\n}}\n{}",
        instance("track_script {\n b weight -5\n a noreverse\n a\n c\n }")
    );
    let planned = planned(&text);
    insta::assert_snapshot!(printed(&planned), @r"
    (k.conf: Line 25) unknown track option 'noreverse' specified for a
    (k.conf: Line 26) (V) duplicate track_script a - ignoring
    (k.conf: Line 27) (V) track script c not found, ignoring...
    ");
    let vrrp = &planned.plan.vrrp;
    let names: Vec<_> = vrrp
        .scripts
        .iter()
        .map(|script| script.name.as_str())
        .collect();
    assert_eq!(names, ["a", "b"], "what nothing tracks does not run");
    assert_eq!(planned.plan.scripts[1].argv, ["/opt/check", "b"]);
    assert_eq!(vrrp.scripts[1].timeout, Duration::from_millis(500));
    let tracked: Vec<_> = vrrp.routers[0]
        .track_scripts
        .iter()
        .map(|track| (track.script.0, track.weight.0, track.reverse))
        .collect();
    assert_eq!(tracked, [(1, -5, false), (0, 7, true)]);
}

#[test]
fn an_owner_ignores_weights() {
    let text = format!(
        "{SECURE}{}",
        script("/opt/check", " weight 5\n").replace("interface", "priority 255\ninterface")
    );
    let planned = planned(&text);
    insta::assert_snapshot!(
        printed(&planned),
        @"(k.conf: Line 17) (V) ignoring tracked script c with weights due to address_owner"
    );
    assert_eq!(planned.plan.vrrp.routers[0].track_scripts, []);
    assert_eq!(planned.plan.scripts, []);
}

#[test]
fn notify_commands() {
    let planned = planned(&format!(
        "{SECURE}{}",
        instance(
            "notify_master \"/opt/check up\" nobody\n notify /opt/none\n notify_fault /opt/check"
        )
    ));
    assert_eq!(planned.status(), 0, "the original passes and starts");
    insta::assert_snapshot!(
        printed(&planned),
        @"(k.conf: Line 12) (V): script /opt/none not found or not executable - disabling"
    );
    let notify = &planned.plan.routers[0].notify;
    let commands: Vec<_> = notify
        .iter()
        .map(|(event, command)| (event.as_str(), command.argv.join(" "), command.uid))
        .collect();
    assert_eq!(
        commands,
        [
            ("MASTER", "/opt/check up".to_owned(), 65_534),
            ("FAULT", "/opt/check".to_owned(), 0),
        ]
    );
}

#[test]
fn services_inherit_schedules() {
    let planned = planned(
        "virtual_server 192.0.2.9 80 {\n delay_loop 6\n lb_algo rr\n lb_kind NAT\n protocol TCP\n \
         real_server 192.0.2.10 {\n retry 4\n TCP_CHECK {\n connect_timeout 3\n connect_port 81\n }\n }\n \
         real_server 192.0.2.11 8080 {\n weight 0\n TCP_CHECK {\n }\n }\n \
         real_server 192.0.2.11 8080 {\n }\n real_server 2001:db8::1 80 {\n }\n}\n\
         virtual_server 192.0.2.9 80 {\n protocol TCP\n}\n",
    );
    insta::assert_snapshot!(printed(&planned), @r"
    VS [192.0.2.9]:tcp:80: real server [192.0.2.11]:tcp:8080 is duplicated - removing second rs
    (k.conf: Line 20) Address family of virtual server and real server 2001:db8::1 don't match - skipping real server.
    (k.conf: Line 23) duplicate virtual server - ignoring
    ");
    insta::assert_debug_snapshot!(planned.plan.lvs);
}

/// Lines and status as keepalived 2.2.7 gives them for the same text, except that its default
/// after an unknown scheduler is no second mistake.
#[test]
fn services_say_what_they_lack() {
    const ADDRESS: &str = "192.0.2.9 80";
    const WHOLE: &str = "lb_algo rr\n lb_kind NAT\n protocol TCP\n";
    const SERVER: &str = "real_server 192.0.2.10 {\n weight 1\n }\n";
    let check = "weight 1\n TCP_CHECK {\n bindto 2001:db8::7\n }\n";
    let cases = [
        (ADDRESS, format!("{WHOLE}{SERVER}")),
        (ADDRESS, WHOLE.to_owned()),
        (ADDRESS, SERVER.to_owned()),
        (
            ADDRESS,
            format!("lb_algo foo\n{SERVER}").replace("foo", "foo\n lb_kind NAT\n protocol TCP"),
        ),
        ("192.0.2.9", format!("{WHOLE}{SERVER}")),
        (
            ADDRESS,
            format!("{WHOLE} quorum 9\n hysteresis 4\n{SERVER}"),
        ),
        (
            ADDRESS,
            format!("{WHOLE}{}", SERVER.replace("weight 1", "weight 0")),
        ),
        (ADDRESS, format!("{WHOLE} sorry_server_inhibit\n{SERVER}")),
        (
            ADDRESS,
            format!("{WHOLE} sorry_server 2001:db8::4 80\n{SERVER}"),
        ),
        (
            "fwmark 3",
            format!("{WHOLE}real_server 192.0.2.10 80 {{\n }}\n").replace("NAT", "DR"),
        ),
        (
            ADDRESS,
            format!("{WHOLE}{SERVER} sorry_server 192.0.2.7 82\n").replace("NAT", "DR"),
        ),
        (
            ADDRESS,
            format!("{WHOLE}{}", SERVER.replace("weight 1\n", check)),
        ),
    ];
    let mut told = String::new();
    for (head, body) in cases {
        let planned = planned(&format!("virtual_server {head} {{\n {body}}}\n"));
        let (status, count) = (planned.status(), planned.plan.lvs.services.len());
        told += &format!("status {status}, services {count}\n{}\n", printed(&planned));
    }
    insta::assert_snapshot!(told, @r"
    status 0, services 1

    status 5, services 0
    Virtual server [192.0.2.9]:tcp:80 has no real servers - ignoring
    status 5, services 1
    Virtual server [192.0.2.9]:none:80: no protocol set - defaulting to UDP
    Virtual server [192.0.2.9]:udp:80: no scheduler set, setting default 'wlc'
    Virtual server [192.0.2.9]:udp:80: no forwarding method set, setting default NAT
    status 5, services 1
    (k.conf: Line 2) Invalid lvs_scheduler 'foo' - ignoring
    status 5, services 1
    Virtual server [192.0.2.9]:tcp:0: zero port only valid for persistent services - setting
    status 5, services 1
    Warning - quorum 9 for [192.0.2.9]:tcp:80 exceeds total weight of real servers 1, reducing quorum to 1
    Virtual server [192.0.2.9]:tcp:80: hysteresis 4 >= quorum 1; setting hysteresis to 0
    status 5, services 1
    Warning - quorum 1 for [192.0.2.9]:tcp:80 exceeds total weight of real servers 0, reducing quorum to 0
    status 5, services 1
    (k.conf: Line 5) Ignoring sorry_server inhibit used before or without sorry_server
    status 5, services 1
    (k.conf: Line 5) Address family of virtual server and sorry server 2001:db8::4 don't match - skipping sorry server.
    status 5, services 1
    Warning: Virtual server FWM 3: protocol specified for fwmark - protocol will be ignored
    WARNING - fwmark virtual server FWM 3, real server [192.0.2.10]:none:80 has port specified - clearing
    status 5, services 1
    WARNING - virtual server [192.0.2.9]:tcp:80 and sorry server ports don't match - resetting
    status 5, services 1
    (k.conf: Line 8) bindto address 2001:db8::7 does not match address family of connect_ip - skipping
    ");
}

#[test]
fn what_a_reload_may_do() {
    let old = instance("");
    let two = format!(
        "{old}vrrp_instance W {{\n interface eth1\n virtual_router_id 6\n virtual_ipaddress {{\n 192.0.2.7\n 192.0.2.6\n }}\n}}\n"
    );
    let refused = |old: &str, new: &str| {
        let (old, new) = (planned(old), planned(new));
        let refused = verdict(&old, &new).err();
        refused.map(|problem| problem.keepalived_line(&new.sources))
    };
    assert_eq!(refused(&two, &old), None, "removed on purpose");
    assert_eq!(refused(&two, &two.replace("192.0.2.6\n", "")), None);
    let misspelt = two.replace("W {\n", "W {\n stat BACKUP\n");
    assert_eq!(refused(&two, &misspelt), None, "nothing is lost by it");
    let lost = two.replace("192.0.2.6\n", "192.0.2.666\n");
    insta::assert_snapshot!(
        refused(&two, &lost).expect("an address is lost"),
        @"(k.conf: Line 14) VRRP parsed invalid IP 192.0.2.666. skipping IP...; 192.0.2.6 of vrrp_instance W would be lost"
    );
    assert_eq!(
        refused(&lost, &lost),
        None,
        "the running file has that problem, too"
    );
    let broken = two.replace("192.0.2.9\n }", "192.0.2.9\n");
    insta::assert_snapshot!(
        refused(&two, &broken).expect("a brace is missing"),
        @"(k.conf: Line 9) There are 1 missing '}'s or extra '{'s"
    );
    let strict = format!("global_defs {{\n reload_check_config\n}}\n{misspelt}");
    assert!(refused(&two, &strict).is_some());
}

/// Words that were meant to be what is missing are one mistake.
#[test]
fn a_service_with_a_slip_of_the_hand() {
    let sound = "virtual_server 192.0.2.9 80 {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n \
                 real_server 192.0.2.10 80 {\n }\n}\n";
    assert_eq!(printed(&planned(sound)), "");
    for (from, to, report) in [
        (
            "protocol",
            "protocl",
            "(k.conf: Line 4) Unknown keyword 'protocl'",
        ),
        (
            "lb_algo rr",
            "lb_algo rrr",
            "(k.conf: Line 2) Invalid lvs_scheduler 'rrr' - ignoring",
        ),
        (
            "NAT",
            "NATT",
            "(k.conf: Line 3) PARSER : unknown [NATT] routing method.",
        ),
        (
            "NAT",
            "NAT\n ip_family inet6",
            "(k.conf: Line 4) Virtual server specified family inet6 conflicts with server family",
        ),
    ] {
        let planned = planned(&sound.replacen(from, to, 1));
        assert_eq!(
            (printed(&planned).as_str(), planned.status()),
            (report, 5),
            "{to}"
        );
        assert_eq!(planned.plan.lvs.services.len(), 1, "{to}");
    }
}

/// Every check is linear: ten thousand instances on one interface and as many scripts.
#[test]
fn many_instances() {
    let mut host = host();
    let mut text = SECURE.to_owned();
    for n in 0..2_000 {
        let interface = format!("if{}", n / 200);
        host.interfaces
            .insert(interface.clone(), vec![(ip("192.0.2.1"), 24)]);
        text += &format!(
            "vrrp_script s{n} {{\n script \"/opt/check {n}\"\n}}\nvrrp_instance V{n} {{\n \
             interface {interface}\n virtual_router_id {}\n virtual_ipaddress {{\n 10.0.{}.{}\n }}\n \
             track_script {{\n s{n}\n }}\n}}\n",
            n % 200 + 1,
            n / 250,
            n % 250 + 1
        );
    }
    let planned = planned_on(&text, &host);
    assert_eq!(printed(&planned), "");
    assert_eq!(planned.plan.vrrp.routers.len(), 2_000);
    assert_eq!(planned.plan.scripts.len(), 2_000);
}
