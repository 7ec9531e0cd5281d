//! `keepalived-rs stop`: for good, or with everything left to the next start.

mod net;

use net::ask::{ask, await_why};
use net::kept;
use net::{Daemon, Node, Pair, can_run, instance};
use serde_json::Value;

const VIP: &str = "192.0.2.100";

/// Half a second between adverts: a backup loses patience after 1.8 s.
fn config(priority: u8, addresses: &[&str]) -> String {
    instance(priority, addresses, "").replace("advert_int 0.1", "advert_int 0.5")
}

/// `a` is master with priority 100, `b` hears it with priority 90.
fn running() -> Option<(Pair, Daemon, Daemon)> {
    if !can_run() {
        return None;
    }
    let pair = Pair::new();
    for (node, priority) in [(&pair.a, 100), (&pair.b, 90)] {
        node.write("keepalived.conf", &config(priority, &["192.0.2.100/24"]));
    }
    let a = pair.a.start();
    await_why(&pair.a, "master", |it| it["state"] == "MASTER");
    let b = pair.b.start();
    await_why(&pair.b, "backup", |it| it["master"] == "192.0.2.1");
    Some((pair, a, b))
}

fn heard(it: &Value) -> u64 {
    it["adverts_received"].as_u64().unwrap_or_default()
}

/// `b` has heard adverts of `a` for longer than it would wait for one, and was never master.
fn never_missed(pair: &Pair) {
    let now = heard(&await_why(&pair.b, "answer", |_| true));
    let later = await_why(&pair.b, "more adverts", |it| heard(it) >= now + 5);
    assert_eq!(later["master"], "192.0.2.1", "{later:#}");
    assert_eq!(later["became_master"], 0, "{later:#}");
}

/// Waits for the daemon's end after something that makes it end.
fn ends(daemon: &mut Daemon) {
    assert_eq!(daemon.child.wait().expect("wait").code(), Some(0));
}

/// The daemon of `node` ends and leaves everything to the next start.
fn leave(node: &Node, daemon: &mut Daemon) -> i32 {
    let (status, _, problem) = ask(node, &["stop", "--for-restart"]);
    assert_eq!((status, problem.as_str()), (0, ""));
    ends(daemon);
    for file in ["keepalived.pid", "vrrp.pid", "keepalived.sock"] {
        assert!(!node.file(file).exists(), "{file} stays");
    }
    let line = daemon.logs(" advertises until the next start");
    let mut words = line
        .split_whitespace()
        .skip_while(|word| *word != "Process");
    let pid = words.nth(1).expect("a process");
    pid.parse().expect("a number")
}

#[test]
fn the_next_start_goes_on_with_its_own_configuration() {
    let Some((mut pair, mut a, _b)) = running() else {
        return;
    };
    pair.a.gets(VIP);
    let before = await_why(&pair.a, "answer", |_| true);
    leave(&pair.a, &mut a);
    // For now there is no daemon, and nobody notices.
    never_missed(&pair);
    assert!(pair.a.has(VIP));

    let more = config(100, &["192.0.2.100/24", "192.0.2.101/24"]);
    pair.a.write("keepalived.conf", &more);
    let mut next = pair.a.start();
    pair.a.gets("192.0.2.101");
    let after = await_why(&pair.a, "master", |it| it["state"] == "MASTER");
    let since = |it: &Value| it["since_unix_ms"].as_u64().expect("a time");
    assert!(since(&after).abs_diff(since(&before)) < 1_000, "{after:#}");
    assert_eq!(after["because"], before["because"]);
    never_missed(&pair);
    assert!(
        !pair.a.addresses.contains("Deleted"),
        "{:#?}",
        pair.a.addresses.seen
    );
    pair.a.lacks("keepalived.kept");

    // Once more, and then for good.
    leave(&pair.a, &mut next);
    let mut last = pair.a.start();
    never_missed(&pair);
    let (status, _, problem) = ask(&pair.a, &["stop"]);
    assert_eq!((status, problem.as_str()), (0, ""));
    ends(&mut last);
    pair.b.gets(VIP);
    assert!(!pair.a.has(VIP));
    assert!(!pair.a.file("vrrp.addresses").exists());
}

#[test]
fn what_nobody_takes_over_ends_as_by_term() {
    let Some((mut pair, mut a, mut b)) = running() else {
        return;
    };
    leave(&pair.a, &mut a);
    never_missed(&pair);
    // In its time, without another word.
    b.logs("Entering MASTER STATE");
    pair.b.gets(VIP);
    let survivor = await_why(&pair.b, "takeover", |it| it["state"] == "MASTER");
    let because = survivor["because"].as_str().expect("a cause");
    assert!(because.contains("192.0.2.1 released"), "{because}");
    for left in ["vrrp.addresses", "vrrp.pid", "keepalived.kept"] {
        pair.a.lacks(left);
    }
    assert!(!pair.a.has(VIP));
}

#[test]
fn term_means_stop_to_the_process_that_stays() {
    let Some((mut pair, mut a, _b)) = running() else {
        return;
    };
    let kept = leave(&pair.a, &mut a);
    sys::signal::send(kept, nix::libc::SIGTERM).expect("signal");
    pair.b.gets(VIP);
    pair.a.lacks("vrrp.addresses");
    assert!(!pair.a.has(VIP));
}

#[test]
fn checks_and_sessions_go_on_over_a_restart() {
    if !can_run() {
        return;
    }
    let mut pair = Pair::new();
    kept::configurations(&pair);
    let _listener = kept::Listener::on(&pair.a);
    let (mut a, mut b) = (pair.a.start(), pair.b.start());
    let before = kept::settle(&pair, &mut a, &mut b);
    pair.a.gets(VIP);
    leave(&pair.a, &mut a);
    let mut next = pair.a.start();
    next.logs("Took over from the daemon before");
    assert_eq!(kept::servers(&pair.a), before);
    assert!(pair.a.has(VIP));
    kept::session_lives(&pair, 0, &mut next, &mut b);
    assert_eq!(next.stop(), 0);
}
