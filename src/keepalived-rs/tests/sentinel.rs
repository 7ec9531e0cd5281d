//! All processes of a daemon are killed but the sentinel.

mod net;

use net::ask::{ask, await_why};
use net::{Daemon, Node, Pair, can_run, instance, until};
use nix::libc::{SIGKILL, SIGSTOP};

const VIP: &str = "192.0.2.100";

/// Two seconds between adverts: a backup that heard nothing would wait for over six.
fn config(priority: u8) -> String {
    let instance = instance(priority, &["192.0.2.100/24"], "");
    let instance = instance.replace("advert_int 0.1", "advert_int 2");
    format!("global_defs {{\n sentinel\n}}\n{instance}")
}

/// `a` is master with priority 200, `b` hears it with priority 190.
fn running() -> Option<(Pair, Daemon, Daemon)> {
    if !can_run() {
        return None;
    }
    let mut pair = Pair::new();
    pair.a.write("keepalived.conf", &config(200));
    pair.b.write("keepalived.conf", &config(190));
    let a = pair.a.start();
    await_why(&pair.a, "master", |it| it["state"] == "MASTER");
    pair.a.gets(VIP);
    let b = pair.b.start();
    await_why(&pair.b, "backup", |it| it["master"] == "192.0.2.1");
    Some((pair, a, b))
}

/// The sentinel among the children of `parent`, by its name.
fn sentinel_of(parent: i32) -> Option<i32> {
    let all = std::fs::read_dir("/proc").expect("proc").flatten();
    let mut pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.find(|pid| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        text.lines().any(|line| line == "Name:\tvrrp-sentinel")
            && text.lines().any(|line| line == format!("PPid:\t{parent}"))
    })
}

/// Everybody but the sentinel, before any of them can do anything about it.
fn kill_all(node: &Node, daemon: &mut Daemon) {
    let (parent, child) = (node.pid("keepalived.pid"), node.pid("vrrp.pid"));
    until("sentinel", || sentinel_of(parent));
    for (pid, signal) in [(parent, SIGSTOP), (child, SIGKILL), (parent, SIGKILL)] {
        sys::signal::send(pid, signal).expect("signal");
    }
    daemon.child.wait().expect("killed");
    // It has the lock of the pid file as long as it has not quite ended.
    until("end of the VRRP process", || {
        let status = std::fs::read_to_string(format!("/proc/{child}/status"));
        let lives = status.is_ok_and(|text| !text.contains("\nState:\tZ"));
        (!lives).then_some(())
    });
}

#[test]
fn the_sentinel_gives_up_what_the_dead_had() {
    let Some((mut pair, mut a, _b)) = running() else {
        return;
    };
    kill_all(&pair.a, &mut a);
    let survivor = await_why(&pair.b, "takeover", |it| it["state"] == "MASTER");
    let because = survivor["because"].as_str().expect("a cause");
    assert!(because.contains("192.0.2.1 released"), "{because}");
    pair.a.loses(VIP);
    pair.b.gets(VIP);
    pair.a.lacks("keepalived.watch");
}

#[test]
fn a_daemon_that_comes_at_once_keeps_what_it_gets() {
    let Some((mut pair, mut a, _b)) = running() else {
        return;
    };
    kill_all(&pair.a, &mut a);
    let mut next = pair.a.start();
    pair.a.loses(VIP);
    await_why(&pair.a, "return", |it| it["state"] == "MASTER");
    pair.a.gets(VIP);
    let parent = pair.a.pid("keepalived.pid");
    until("sentinel", || sentinel_of(parent));
    await_why(&pair.b, "master", |it| it["master"] == "192.0.2.1");
    assert!(pair.a.has(VIP), "{:#?}", pair.a.addresses.seen);

    // In order: everybody ends, and nobody has anything to give up.
    assert_eq!(next.stop(), 0);
    pair.a.lacks("keepalived.watch");
    assert!(!next.log.contains("The daemon was killed"));
    pair.b.gets(VIP);
}

#[test]
fn an_upgrade_and_a_reload_change_the_sentinel_and_nothing_else() {
    let Some((mut pair, mut a, _b)) = running() else {
        return;
    };
    let parent = pair.a.pid("keepalived.pid");
    let first = until("sentinel", || sentinel_of(parent));
    let (status, _, problem) = ask(&pair.a, &["upgrade"]);
    assert_eq!(status, 0, "{problem}");
    a.logs("Upgrade complete");
    until("another sentinel", || {
        sentinel_of(parent).filter(|pid| *pid != first)
    });
    // Without it.
    let text = config(200).replace("sentinel", "router_id a");
    pair.a.write("keepalived.conf", &text);
    a.reload();
    pair.a.lacks("keepalived.watch");
    // And with it.
    pair.a.write("keepalived.conf", &config(200));
    a.reload();
    kill_all(&pair.a, &mut a);
    let survivor = await_why(&pair.b, "takeover", |it| it["state"] == "MASTER");
    assert_eq!(survivor["became_master"], 1, "{survivor:#}");
    let because = survivor["because"].as_str().expect("a cause");
    assert!(because.contains("192.0.2.1 released"), "{because}");
    pair.a.loses(VIP);
}
