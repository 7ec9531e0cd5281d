//! Commands: found, checked, scheduled, tracked.

use core::time::Duration;

use super::support::Host;
use super::{SECURE, host, instance, planned, planned_on, printed};

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
        instance("track_script {\n b weight -5\n a\n a\n c\n }")
    );
    let planned = planned(&text);
    insta::assert_snapshot!(printed(&planned), @r"
    (k.conf: Line 5) Warning - script unused is not used
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
fn the_host_is_asked_once_about_each_path_and_account() {
    let host = host();
    let block = |n: usize| {
        format!(
            "vrrp_instance V{n} {{\n interface eth0\n virtual_router_id {n}\n \
             virtual_ipaddress {{\n 192.0.2.{n}\n }}\n notify /opt/check www-data\n \
             notify_fault \"killall x\" nobody\n}}\n"
        )
    };
    let asked = |instances: usize| {
        let text: String = (1..=instances).map(block).collect();
        let before = host.asked.get();
        let planned = planned_on(&text, &host);
        let commands = planned
            .plan
            .routers
            .iter()
            .map(|router| router.notify.len());
        assert_eq!(commands.sum::<usize>(), 2 * instances);
        host.asked.get() - before
    };
    assert_eq!(asked(200), asked(1));
}
