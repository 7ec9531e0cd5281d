//! Virtual services beside VRRP, on a kernel that need not have IPVS: what becomes of the table
//! itself is compared with the original's in user-mode Linux (`compat-tests`).

mod net;

use net::{Daemon, Pair, can_run, instance};

const VIP: &str = "192.0.2.100";

fn with_service() -> String {
    let service = "virtual_server 192.0.2.100 80 {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n \
                   delay_loop 0.1\n real_server 192.0.2.2 81 {\n TCP_CHECK {\n }\n }\n}\n";
    instance(100, &["192.0.2.100/24"], "") + service
}

/// The line that the kernel of this machine calls for.
fn fate() -> &'static str {
    match sys::ipvs::Ipvs::open() {
        Ok(_) => "Gained quorum 1+0=1 <= 1 for VS [192.0.2.100]:tcp:80",
        Err(_) => "Virtual server [192.0.2.100]:tcp:80 is not served: the kernel has no IPVS",
    }
}

/// Waits for a line that may have come before the daemon was up.
fn told(daemon: &mut Daemon, text: &str) {
    if !daemon.log.contains(text) {
        daemon.logs(text);
    }
}

/// A daemon with the service.
fn serving() -> Option<(Pair, Daemon)> {
    if !can_run() {
        return None;
    }
    let pair = Pair::new();
    pair.a.write("keepalived.conf", &with_service());
    let mut a = pair.a.start();
    told(&mut a, fate());
    Some((pair, a))
}

#[test]
fn vrrp_and_checks_go_on_whatever_the_kernel_has() {
    let Some((mut pair, mut a)) = serving() else {
        return;
    };
    told(
        &mut a,
        "TCP_CHECK on service [192.0.2.2]:tcp:81 failed. Cause: Connection refused",
    );
    told(
        &mut a,
        "Removing service [192.0.2.2]:tcp:81 from VS [192.0.2.100]:tcp:80",
    );
    pair.a.gets(VIP);
    let status = pair
        .a
        .command(net::PROGRAM)
        .args(["status", "--socket"])
        .arg(pair.a.file("keepalived.sock"))
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&status.stdout);
    let said = "virtual server [192.0.2.100]:tcp:80: DOWN, 0 of 1 real servers alive\n  \
                192.0.2.2:81 is DOWN: 1 of 1 checks fail";
    assert!(text.contains(said), "{text}");
    let checkers = pair.a.pid("checkers.pid");
    sys::signal::send(checkers, nix::libc::SIGKILL).expect("signal");
    a.logs("Activating healthchecker for service [192.0.2.2]:tcp:81");
    assert!(pair.a.has(VIP));
    assert!(!a.log.contains("Entering FAULT"), "{:#?}", a.log.seen);
    assert_eq!(a.stop(), 0);
    a.logs("Shutting down service [192.0.2.2]:tcp:81 from VS [192.0.2.100]:tcp:80");
    pair.a.loses(VIP);
    assert!(!pair.a.file("checkers.pid").exists());
}

#[test]
fn a_reload_brings_and_takes_a_service() {
    if !can_run() {
        return;
    }
    let mut pair = Pair::new();
    let without = instance(100, &["192.0.2.100/24"], "");
    pair.a.write("keepalived.conf", &without);
    let mut a = pair.a.start();
    pair.a.gets(VIP);
    pair.a.write("keepalived.conf", &with_service());
    a.signal(nix::libc::SIGHUP);
    a.logs("Activating healthchecker for service [192.0.2.2]:tcp:81");
    a.logs(fate());
    let changed = with_service().replace("TCP_CHECK", "weight 5\n TCP_CHECK");
    pair.a.write("keepalived.conf", &changed);
    a.signal(nix::libc::SIGHUP);
    a.logs("Changing weight from 1 to 5 for ");
    pair.a.write("keepalived.conf", &without);
    a.signal(nix::libc::SIGHUP);
    a.logs("VS [192.0.2.100]:tcp:80");
    assert!(pair.a.has(VIP));
    assert_eq!(a.stop(), 0);
}

/// The service comes back while the process that checked it is still ending.
#[test]
fn a_service_that_returns_quickly_is_checked_again() {
    let Some((mut pair, mut a)) = serving() else {
        return;
    };
    pair.a.gets(VIP);
    let checkers = pair.a.pid("checkers.pid");
    sys::signal::send(checkers, nix::libc::SIGSTOP).expect("signal");
    let without = instance(100, &["192.0.2.100/24"], "");
    for text in [without, with_service()] {
        pair.a.write("keepalived.conf", &text);
        a.reload();
    }
    sys::signal::send(checkers, nix::libc::SIGCONT).expect("signal");
    a.logs("Starting Healthcheck child process");
    a.logs(fate());
    assert_eq!(a.stop(), 0);
    pair.a.loses(VIP);
}
