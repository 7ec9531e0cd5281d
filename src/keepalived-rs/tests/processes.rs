//! Tracked processes: the kernel tells of them, or `/proc` is looked at, with the same verdicts.

mod net;

use std::path::Path;
use std::process::{Child, Command};

use net::{Daemon, PROGRAM, Pair, can_run};
use sys::process_events::ProcessEvents;

/// A process that does not outlive its test.
struct Sleeper(Child);

impl Sleeper {
    fn new(odd: &str) -> Self {
        let child = Command::new("sleep").arg(odd).spawn();
        Self(child.expect("started"))
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Nobody is sent anything, and the wait for a master is longer than the test: the address is
/// never set.
fn config(odd: &str) -> String {
    format!(
        "vrrp_track_process pair {{\n process sleep {odd}\n param_match initial\n quorum 2\n}}\n\
         vrrp_instance P {{\n virtual_router_id 51\n priority 1\n \
         advert_int 200\n unicast_src_ip 127.0.0.1\n unicast_peer {{\n  127.0.0.2\n }}\n \
         track_process {{\n  pair\n }}\n virtual_ipaddress {{\n  127.53.0.1/32 dev lo\n }}\n}}\n"
    )
}

/// The quorum is two: what a daemon says to one, two, one, two of them.
fn verdicts(daemon: &mut Daemon, odd: &str) {
    let _first = Sleeper::new(odd);
    for _ in 0..2 {
        let second = Sleeper::new(odd);
        daemon.logs("(P) Entering BACKUP STATE");
        drop(second);
        daemon.logs("(P) Entering FAULT STATE");
    }
}

fn started(mut command: Command, folder: &Path) -> Daemon {
    let file = |option: &str, name: &str| format!("{option}{}", folder.join(name).display());
    command
        .args(["-n", "-l", "-D", "-G"])
        .args([file("-f", "keepalived.conf"), file("-p", "keepalived.pid")])
        .args([file("-r", "vrrp.pid"), file("-c", "checkers.pid")])
        .arg(file("-b", "bfd.pid"));
    Daemon::serving(command)
}

/// In a namespace of its own nothing is told.
#[test]
fn by_looking_at_proc() {
    if !can_run() {
        return;
    }
    let pair = Pair::new();
    let odd = format!("41{}", std::process::id());
    pair.a.write("keepalived.conf", &config(&odd));
    let mut daemon = started(pair.a.command(PROGRAM), &pair.a.dir);
    verdicts(&mut daemon, &odd);
    assert!(daemon.log.contains("Tracked processes: looking at /proc"));
    assert_eq!(daemon.stop(), 0);
}

/// The first network namespace, on loopback alone: the kernel tells in no other.
#[test]
fn by_the_kernels_events() {
    if !can_run() {
        return;
    }
    if let Err(error) = ProcessEvents::open(None) {
        eprintln!("skipped: no process events here: {error}");
        return;
    }
    let folder = tempfile::tempdir().expect("a directory");
    let odd = format!("42{}", std::process::id());
    std::fs::write(folder.path().join("keepalived.conf"), config(&odd)).expect("written");
    let mut daemon = started(Command::new(PROGRAM), folder.path());
    verdicts(&mut daemon, &odd);
    assert!(daemon.log.contains("Tracked processes: the kernel tells"));
    // Said once: a reload finds the same.
    daemon.reload();
    verdicts(&mut daemon, &odd);
    let told = |line: &&String| line.contains("Tracked processes:");
    assert_eq!(daemon.log.seen.iter().filter(told).count(), 1);
    assert_eq!(daemon.stop(), 0);
}
