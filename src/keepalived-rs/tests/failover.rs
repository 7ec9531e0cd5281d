//! Two nodes of ours: who has the address, and what it costs to reload, crash and stop.

mod net;

use net::ask::ask;
use net::{Pair, can_run, instance};

const VIP: &str = "192.0.2.100";

/// Both running, `a` master.
fn running() -> Option<(Pair, net::Daemon, net::Daemon)> {
    if !can_run() {
        return None;
    }
    let mut pair = Pair::new();
    pair.a
        .write("keepalived.conf", &instance(100, &["192.0.2.100/24"], ""));
    pair.b
        .write("keepalived.conf", &instance(90, &["192.0.2.100/24"], ""));
    let a = pair.a.start();
    pair.a.gets(VIP);
    let mut b = pair.b.start();
    assert!(b.log.contains("(VI_1) Entering BACKUP STATE (init)"));
    Some((pair, a, b))
}

#[test]
fn the_address_moves_at_a_stop_and_returns() {
    let Some((mut pair, mut a, mut b)) = running() else {
        return;
    };
    assert_eq!(a.stop(), 0);
    pair.a.loses(VIP);
    b.logs("(VI_1) Backup received priority 0 advertisement");
    b.logs("(VI_1) Entering MASTER STATE");
    pair.b.gets(VIP);
    assert!(!pair.a.file("keepalived.pid").exists());
    assert!(!pair.a.file("vrrp.pid").exists());
    assert!(
        !pair.a.file("vrrp.addresses").exists(),
        "nothing is left to clean up"
    );
    let _a = pair.a.start();
    pair.a.gets(VIP);
    b.logs("(VI_1) Master received advert from 192.0.2.1 with higher priority 100, ours 90");
    pair.b.loses(VIP);
}

#[test]
fn a_reload_touches_only_what_changed() {
    let Some((mut pair, mut a, mut b)) = running() else {
        return;
    };
    let more = instance(100, &["192.0.2.100/24", "192.0.2.101/24"], "");
    pair.a.write("keepalived.conf", &more);
    a.reload();
    pair.a.gets("192.0.2.101");
    pair.a
        .write("keepalived.conf", &instance(100, &["192.0.2.100/24"], ""));
    a.reload();
    pair.a.loses("192.0.2.101");
    let deleted = |line: &String| line.starts_with("Deleted") && line.contains(VIP);
    assert!(
        !pair.a.addresses.seen.iter().any(deleted),
        "the kept address was touched"
    );
    assert!(!b.log.contains("MASTER"), "{:#?}", b.log.seen);
}

/// How many were "sent" or "received".
fn adverts(node: &net::Node, how: &str) -> u64 {
    let (_, text, _) = ask(node, &["status", "--json"]);
    let field = format!("\"adverts_{how}\":");
    let count = text.split(&field).nth(1).expect("told").trim_start();
    let digits = count.chars().take_while(char::is_ascii_digit);
    digits.collect::<String>().parse().expect("a number")
}

/// An owner advertises once in 40 s, and out of turn before the new configuration is read and after.
#[test]
fn no_advert_is_late_while_a_configuration_is_read() {
    if !can_run() {
        return;
    }
    let mut pair = Pair::new();
    let often = instance(255, &["192.0.2.100/24"], "");
    let rarely = often.replace("advert_int 0.1", "advert_int 40");
    pair.a.write("keepalived.conf", &rarely);
    let mut a = pair.a.start();
    pair.a.gets(VIP);
    let sent = |node: &net::Node| adverts(node, "sent");
    let before = sent(&pair.a);
    a.reload();
    assert_eq!(sent(&pair.a) - before, 2);
}

#[test]
fn a_reload_with_a_broken_file_is_refused() {
    let Some((pair, mut a, _b)) = running() else {
        return;
    };
    let broken = instance(100, &["192.0.2.100/24"], "").replace(" }\n}\n", " \n}\n");
    pair.a.write("keepalived.conf", &broken);
    a.signal(nix::libc::SIGHUP);
    a.logs("Reload refused, the running configuration stays:");
    assert!(pair.a.has(VIP));
    // And it still listens to the next one.
    pair.a
        .write("keepalived.conf", &instance(100, &["192.0.2.100/24"], ""));
    a.reload();
    assert!(pair.a.has(VIP));
}

/// The VRRP process of `a` is sent `signal`; another one holds the address and goes on.
fn outlive(pair: &Pair, a: &mut net::Daemon, signal: i32) {
    sys::signal::send(pair.a.pid("vrrp.pid"), signal).expect("signal");
    a.logs("Standing in for the VRRP process: advertising VI_1");
    a.logs("Starting VRRP child process");
    a.logs("(VI_1) setting VIPs.");
}

#[test]
fn a_killed_or_hung_child_costs_neither_address_nor_mastership() {
    let Some((pair, mut a, mut b)) = running() else {
        return;
    };
    for signal in [nix::libc::SIGKILL, nix::libc::SIGSEGV, nix::libc::SIGSTOP] {
        outlive(&pair, &mut a, signal);
    }
    // Down timers of the backup run out in 0.37 s; adverts came all the time, so none did.
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(!b.log.contains("MASTER"), "{:#?}", b.log.seen);
    let mut pair = pair;
    assert!(pair.a.has(VIP));
    assert!(
        !pair.a.addresses.contains("Deleted"),
        "{:#?}",
        pair.a.addresses.seen
    );
    assert_eq!(a.stop(), 0);
    pair.b.gets(VIP);
}

/// A process that dies before it runs the configuration that it was just given: who stands in goes by
/// what it ran, and so does its successor.
#[test]
fn a_child_that_dies_over_a_reload_costs_nothing() {
    let Some((mut pair, mut a, mut b)) = running() else {
        return;
    };
    let names = |text: &str| {
        let names = "process_name first\n";
        format!("global_defs {{\n {names}}}\n{text}")
    };
    let more = names(&instance(100, &["192.0.2.100/24", "192.0.2.101/24"], ""));
    let (parent, child) = (pair.a.pid("keepalived.pid"), pair.a.pid("vrrp.pid"));
    let comm = || std::fs::read_to_string(format!("/proc/{parent}/comm")).expect("proc");
    let before = comm();
    sys::signal::send(child, nix::libc::SIGSTOP).expect("signal");
    pair.a.write("keepalived.conf", &more);
    a.signal(nix::libc::SIGHUP);
    // The parent takes its name from the configuration that it hands out at the same moment.
    net::until("hand-out", || (comm() == "first\n").then_some(()));
    sys::signal::send(child, nix::libc::SIGKILL).expect("signal");
    a.logs("The VRRP process did not get to the new configuration: the one before goes on");
    a.logs("Standing in for the VRRP process: advertising VI_1");
    a.logs("(VI_1) setting VIPs.");
    assert_eq!(comm(), before);
    assert!(!pair.a.has("192.0.2.101"));
    a.reload();
    pair.a.gets("192.0.2.101");
    assert_eq!(comm(), "first\n");
    assert!(!b.log.contains("MASTER"), "{:#?}", b.log.seen);
    let deleted = |line: &String| line.starts_with("Deleted") && line.contains(VIP);
    assert!(!pair.a.addresses.seen.iter().any(deleted));
}

/// KiB in memory of a process (proc(5), status).
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|it| it.parse().ok()).expect("a number")
}

#[test]
fn who_has_come_to_rest_needs_less_and_stands_in_as_before() {
    let Some((pair, mut a, mut b)) = running() else {
        return;
    };
    let processes = [a.child.id(), pair.a.pid("vrrp.pid").cast_unsigned()];
    for (process, most) in processes.map(|process| (process, resident(process))) {
        net::until("rest", || (resident(process) < most / 4 * 3).then_some(()));
    }
    outlive(&pair, &mut a, nix::libc::SIGKILL);
    assert!(!b.log.contains("MASTER"), "{:#?}", b.log.seen);
    assert_eq!(a.stop(), 0);
}

/// The interface had no address when the daemon started: who stands in finds what the process that
/// died had found, or peers would refuse its adverts, whose checksum covers the source.
#[test]
fn a_stand_in_sends_from_the_address_that_came_later() {
    if !can_run() {
        return;
    }
    let mut pair = Pair::new();
    for (node, priority) in [(&pair.a, 100), (&pair.b, 90)] {
        let text = instance(priority, &["192.0.2.100/24"], "");
        let text = format!("global_defs {{\n dynamic_interfaces\n}}\n{text}");
        node.write("keepalived.conf", &text);
    }
    pair.a.ip("address del 192.0.2.1/24 dev lan");
    let mut a = pair.a.start();
    assert!(a.log.contains("(VI_1) Entering FAULT STATE"));
    pair.a.ip("address add 192.0.2.1/24 dev lan");
    pair.a.gets(VIP);
    let mut b = pair.b.start();
    assert!(b.log.contains("(VI_1) Entering BACKUP STATE (init)"));
    // From the second time on a second passes before there is another one: ten adverts.
    for _ in 0..2 {
        outlive(&pair, &mut a, nix::libc::SIGKILL);
    }
    assert!(!b.log.contains("MASTER"), "{:#?}", b.log.seen);
    assert_eq!(a.stop(), 0);
}

/// A lower address comes to the interface: whoever advertises goes on with the one that was there.
#[test]
fn a_stand_in_sends_from_the_address_that_was_there_first() {
    if !can_run() {
        return;
    }
    let mut pair = Pair::new();
    for (node, priority) in [(&pair.a, 100), (&pair.b, 90)] {
        node.write(
            "keepalived.conf",
            &instance(priority, &["192.0.2.100/24"], ""),
        );
    }
    pair.a.ip("address del 192.0.2.1/24 dev lan");
    pair.a.ip("address add 192.0.2.9/24 dev lan");
    let mut a = pair.a.start();
    pair.a.gets(VIP);
    let mut b = pair.b.start();
    assert!(b.log.contains("(VI_1) Entering BACKUP STATE (init)"));
    pair.a.ip("address add 192.0.2.1/24 dev lan");
    outlive(&pair, &mut a, nix::libc::SIGKILL);
    // From the second time on a second passes before there is another one: ten adverts.
    sys::signal::send(pair.a.pid("vrrp.pid"), nix::libc::SIGKILL).expect("signal");
    a.logs("Standing in for the VRRP process: advertising VI_1");
    let before = adverts(&pair.b, "received");
    net::until("adverts of the stand-in", || {
        (adverts(&pair.b, "received") > before + 2).then_some(())
    });
    let (_, told, _) = ask(&pair.b, &["why", "VI_1"]);
    assert!(
        told.contains("192.0.2.9") && !told.contains("192.0.2.1 "),
        "{told}"
    );
    a.logs("(VI_1) setting VIPs.");
    assert!(!b.log.contains("MASTER"), "{:#?}", b.log.seen);
    assert_eq!(a.stop(), 0);
}

/// A process that takes all of the first processor, ahead of everybody else.
struct Hog(std::process::Child);

impl Hog {
    fn new() -> Self {
        let script = "while :; do :; done";
        // The watchman stands outside, where he gets his turn.
        let hog = std::process::Command::new("timeout")
            .args(["10", "taskset", "--cpu-list", "0", "chrt", "--fifo", "1"])
            .args(["sh", "-c", script])
            .spawn();
        Self(hog.expect("timeout of coreutils"))
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        // `timeout` ends what it runs when it is told to end.
        let pid = i32::try_from(self.0.id()).expect("a pid");
        let _ = sys::signal::send(pid, nix::libc::SIGTERM);
        let _ = self.0.wait();
    }
}

/// The machine is busy: who would advertise if it got a processor is not killed for being late,
/// which would only make it later.
#[test]
fn a_child_without_a_processor_is_left_alive() {
    let Some((pair, mut a, _b)) = running() else {
        return;
    };
    let child = pair.a.pid("vrrp.pid");
    let first = {
        let mut set = nix::sched::CpuSet::new();
        set.set(0).expect("a processor");
        set
    };
    nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(child), &first).expect("affinity");
    // Time that it was ready to run and did not.
    let kept_waiting = || {
        let text = std::fs::read_to_string(format!("/proc/{child}/schedstat")).expect("proc");
        let nanos = text.split_whitespace().nth(1).expect("a second field");
        std::time::Duration::from_nanos(nanos.parse().expect("a number"))
    };
    let before = kept_waiting();
    let hog = Hog::new();
    // Longer than three of its intervals, of 0.1 s.
    net::until("waiting for a processor", || {
        let waited = kept_waiting().saturating_sub(before);
        (waited > std::time::Duration::from_millis(800)).then_some(())
    });
    drop(hog);
    assert_eq!(pair.a.pid("vrrp.pid"), child);
    assert_eq!(a.stop(), 0);
    assert!(!a.log.contains("does not advertise any more"));
}

#[test]
fn what_a_crash_of_everything_leaves_is_removed_at_the_next_start() {
    let Some((mut pair, mut a, mut b)) = running() else {
        return;
    };
    let (parent, child) = (pair.a.pid("keepalived.pid"), pair.a.pid("vrrp.pid"));
    // A parent that lives would stand in, and its death alone would stop the child in order.
    for (pid, signal) in [
        (parent, nix::libc::SIGSTOP),
        (child, nix::libc::SIGKILL),
        (parent, nix::libc::SIGKILL),
    ] {
        sys::signal::send(pid, signal).expect("signal");
    }
    a.child.wait().expect("killed");
    b.logs("(VI_1) Entering MASTER STATE");
    pair.b.gets(VIP);
    assert!(pair.a.has(VIP), "both have it now");
    // The next configuration does not even know the address.
    pair.a
        .write("keepalived.conf", &instance(100, &["192.0.2.77/24"], ""));
    let mut a = pair.a.start();
    pair.a.loses(VIP);
    assert!(
        a.log
            .contains("removed 192.0.2.100, left behind by an earlier run")
    );
}

#[test]
fn an_address_deleted_by_hand_comes_back() {
    let Some((mut pair, mut a, _b)) = running() else {
        return;
    };
    pair.a.ip("address del 192.0.2.100/24 dev lan");
    a.logs("192.0.2.100 was deleted by someone else");
    pair.a.loses(VIP);
    pair.a.gets(VIP);
}

#[test]
fn a_downed_link_is_a_fault_until_it_returns() {
    let Some((mut pair, mut a, _b)) = running() else {
        return;
    };
    pair.a.ip("link set lan down");
    a.logs("Netlink reports lan down");
    a.logs("(VI_1) Entering FAULT STATE");
    pair.a.loses(VIP);
    pair.a.ip("link set lan up");
    a.logs("Netlink reports lan up");
    a.logs("(VI_1) Entering BACKUP STATE");
    pair.a.gets(VIP);
}
