//! What a running daemon says when asked how it stands and why.

mod net;

use net::ask::{ask, await_why};
use net::{Daemon, Pair, can_run, instance};
use nix::libc::{SIGKILL, SIGSTOP};
use serde_json::Value;

const VIP: &str = "192.0.2.100";

fn mentions(list: &Value, text: &str) -> bool {
    let mut items = list.as_array().into_iter().flatten();
    items.any(|item| item.as_str().is_some_and(|item| item.contains(text)))
}

/// `a` has priority 100 and a check that costs 20, `b` has priority 90.
fn running(flag: &str) -> Option<(Pair, Daemon, Daemon)> {
    if !can_run() {
        return None;
    }
    let pair = Pair::new();
    pair.a.write(flag, "");
    let script = format!(
        "global_defs {{\n script_user root\n}}\nvrrp_script chk {{\n script \"/usr/bin/test -e {}\"\n \
         interval 1\n weight -20\n fall 1\n rise 1\n}}\n",
        pair.a.file(flag).display()
    );
    let tracks = " track_script {\n  chk\n }\n";
    let config = script + &instance(100, &["192.0.2.100/24"], tracks);
    pair.a.write("keepalived.conf", &config);
    pair.b
        .write("keepalived.conf", &instance(90, &["192.0.2.100/24"], ""));
    let a = pair.a.start();
    let master = await_why(&pair.a, "master", |it| it["state"] == "MASTER");
    assert_eq!(master["master"], "192.0.2.1");
    let b = pair.b.start();
    Some((pair, a, b))
}

#[test]
fn master_and_backup_say_who_and_why() {
    let Some((pair, mut a, _b)) = running("flag") else {
        return;
    };
    let backup = await_why(&pair.b, "backup", |it| it["master"] == "192.0.2.1");
    assert_eq!(backup["state"], "BACKUP");
    assert!(mentions(
        &backup["until"],
        "192.0.2.1 (priority 100) is silent for"
    ));

    std::fs::remove_file(pair.a.file("flag")).expect("removed");
    a.logs("Changing effective priority from 100 to 80");
    a.logs("(VI_1) priority 100 -> 80 (script chk failed): ");
    let yielded = await_why(&pair.a, "yielded", |it| it["state"] == "BACKUP");
    assert_eq!(yielded["because"], "192.0.2.2 has priority 90, ours is 80");
    let yielded = await_why(&pair.a, "the other master", |it| {
        it["master"] == "192.0.2.2"
    });
    assert!(
        mentions(
            &yielded["until"],
            "script chk succeeds: its priority is 100 then"
        ),
        "{yielded:#}"
    );
    let (status, text, _) = ask(&pair.a, &["why", "VI"]);
    assert_eq!(status, 0);
    assert!(
        text.contains("MASTER -> BACKUP: 192.0.2.2 has priority 90"),
        "{text}"
    );

    pair.a.write("flag", "");
    await_why(&pair.a, "return", |it| it["state"] == "MASTER");
    let (status, text, _) = ask(&pair.a, &["status"]);
    assert_eq!(status, 0);
    for said in [
        "VI_1: MASTER for ",
        "192.0.2.100/24 on lan: held",
        "chk: good for ",
    ] {
        assert!(text.contains(said), "no {said}: {text}");
    }
}

#[test]
fn a_survivor_says_whose_silence_made_it_master() {
    let Some((mut pair, mut a, _b)) = running("flag") else {
        return;
    };
    await_why(&pair.b, "backup", |it| it["master"] == "192.0.2.1");
    let (parent, child) = (pair.a.pid("keepalived.pid"), pair.a.pid("vrrp.pid"));
    // A parent that lives would stand in, and its death alone would stop the child in order.
    for (pid, signal) in [(parent, SIGSTOP), (child, SIGKILL), (parent, SIGKILL)] {
        sys::signal::send(pid, signal).expect("signal");
    }
    a.child.wait().expect("killed");
    let survivor = await_why(&pair.b, "takeover", |it| it["state"] == "MASTER");
    let because = survivor["because"].as_str().expect("a cause");
    assert!(because.starts_with("no advert for "), "{because}");
    assert!(
        because.ends_with("last heard 192.0.2.1 priority 100"),
        "{because}"
    );
    pair.b.gets(VIP);
    // The socket that the dead left is no daemon, and the next one replaces it.
    let (status, _, problem) = ask(&pair.a, &["status"]);
    assert_eq!(status, 2);
    assert!(problem.contains("no keepalived-rs listens at"), "{problem}");
    let _a = pair.a.start();
    await_why(&pair.a, "return", |it| it["state"] == "MASTER");
}

#[test]
fn who_asks_is_helped_and_the_socket_is_roots_alone() {
    let Some((pair, mut a, _b)) = running("flag") else {
        return;
    };
    let socket = pair.a.file("keepalived.sock");
    let mode = std::fs::metadata(&socket).expect("socket").permissions();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777,
        0o600
    );
    let (status, _, problem) = ask(&pair.a, &["why", "VI_l"]);
    assert_eq!(status, 1);
    assert!(
        problem.contains("no vrrp_instance is called VI_l, did you mean VI_1?"),
        "{problem}"
    );

    // Nobody is held up by one who connects and says nothing, or something else.
    let silent = sys::control::connect_to(&socket).expect("connected");
    let rude = sys::control::connect_to(&socket).expect("connected");
    rude.send(b"{\"Reboot\":1}", &[]).expect("sent");
    let (status, text, _) = ask(&pair.a, &["status", "--json"]);
    assert_eq!(status, 0);
    let said: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(said["daemon"]["pid"], pair.a.pid("keepalived.pid"));
    assert_eq!(said["daemon"]["children"][0]["pid"], pair.a.pid("vrrp.pid"));
    assert_eq!(said["vrrp"]["instances"][0]["name"], "VI_1");
    drop(silent);

    assert_eq!(a.stop(), 0);
    assert!(!socket.exists(), "it goes with the daemon");
}

#[test]
fn a_master_says_that_its_process_died_and_was_replaced() {
    let Some((mut pair, mut a, _b)) = running("flag") else {
        return;
    };
    pair.a.gets(VIP);
    let child = pair.a.pid("vrrp.pid");
    sys::signal::send(child, SIGKILL).expect("signal");
    a.logs("Standing in for the VRRP process");
    let after = await_why(&pair.a, "successor", |it| {
        let because = it["because"].as_str().unwrap_or_default();
        because.contains("was ended by signal 9 (Killed)")
    });
    assert_eq!(after["state"], "MASTER", "{after:#}");
}
