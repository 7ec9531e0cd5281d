//! USR2: a new binary beside the old one.

mod common;

use common::{Client, Prefix, alive, own_network, refuses, server, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::Path;
use std::process::{Command, Stdio};

const CONF: &str = "server { listen 127.0.0.1:9001; proxy_pass 127.0.0.1:9002; }\n\
     server { listen 127.0.0.1:9011 reuseport; proxy_pass 127.0.0.1:9002; }";
const ORIGINAL: &str = "/usr/sbin/nginx";
const MODULE: &str = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;";

fn signal(pid: i32, signal: Signal) {
    kill(Pid::from_raw(pid), signal).expect("it runs");
}

/// Starts what lies at `binary`.
fn start(prefix: &Prefix, binary: &Path) -> i32 {
    let status = Command::new(binary)
        .args(prefix.command(&[]).get_args())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.expect("the program is there").success());
    wait_for("the pid file", || {
        prefix.read("nginx.pid").trim().parse().ok()
    })
}

/// Waits until a master other than `old` has written the pid file.
fn successor(prefix: &Prefix, old: i32) -> i32 {
    wait_for("the successor", || {
        let pid = prefix.read("nginx.pid").trim().parse().ok()?;
        (pid != old).then_some(pid)
    })
}

/// Changes the binary from `first` to `second` under a session, in nginx's three steps.
fn change(first: &str, second: &str, main: &str) {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new(main, CONF);
    let binary = prefix.path("nginx");
    let put = |from: &str| {
        let status = Command::new("cp")
            .args(["--remove-destination", from])
            .arg(&binary)
            .status();
        assert!(status.expect("cp").success());
    };
    put(first);
    let old = start(&prefix, &binary);
    let mut running = Client::connect("127.0.0.1:9001");
    put(second);
    signal(old, Signal::SIGUSR2);
    let new = successor(&prefix, old);
    assert_eq!(prefix.read("nginx.pid.oldbin"), format!("{old}\n"));

    signal(old, Signal::SIGWINCH);
    prefix.logged("gracefully shutting down", 1);
    for _ in 0..8 {
        assert!(Client::connect("127.0.0.1:9001").echoes());
        assert!(Client::connect("127.0.0.1:9011").echoes());
    }
    assert!(running.echoes());
    signal(old, Signal::SIGQUIT);
    assert!(running.echoes());
    drop(running);
    wait_for("the old master's end", || (!alive(old)).then_some(()));
    wait_for("the old file's end", || {
        (!prefix.path("nginx.pid.oldbin").exists()).then_some(())
    });
    assert!(Client::connect("127.0.0.1:9001").echoes());
    assert_eq!(prefix.pid(), new);
    signal(new, Signal::SIGQUIT);
    wait_for("the end", || (!alive(new)).then_some(()));
    assert!(refuses("127.0.0.1:9001"));
}

#[test]
fn ours_follows_ours() {
    change(common::BINARY, common::BINARY, "");
}

#[test]
fn ours_follows_the_original() {
    change(ORIGINAL, common::BINARY, MODULE);
}

#[test]
fn the_original_follows_ours() {
    change(common::BINARY, ORIGINAL, MODULE);
}

#[test]
fn a_successor_that_cannot_start_changes_nothing() {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("", CONF);
    let old = prefix.start();
    let text = prefix.read("nginx.conf");
    std::fs::write(prefix.path("nginx.conf"), "nonsense;").expect("write");
    signal(old, Signal::SIGUSR2);
    prefix.logged("ended, this one goes on", 1);
    assert_eq!(prefix.pid(), old);
    assert!(!prefix.path("nginx.pid.oldbin").exists());
    assert!(Client::connect("127.0.0.1:9001").echoes());
    std::fs::write(prefix.path("nginx.conf"), text).expect("write");

    // One that starts and is sent away: the old master serves again.
    signal(old, Signal::SIGUSR2);
    let new = successor(&prefix, old);
    wait_for("the successor's worker", || {
        common::children(new).first().copied()
    });
    signal(old, Signal::SIGWINCH);
    wait_for("no worker of the old one", || {
        (common::children(old) == [new]).then_some(())
    });
    signal(new, Signal::SIGQUIT);
    prefix.logged("ended, this one goes on", 2);
    assert!(Client::connect("127.0.0.1:9001").echoes());
    assert_eq!(prefix.pid(), old);
}
