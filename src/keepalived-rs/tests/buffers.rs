//! Receive buffers of a daemon's sockets, as the kernel shows them.

mod net;

use net::{Pair, can_run, instance, until};

/// What the kernel says of netlink sockets in the namespace of `pair.a`; it counts twice what was
/// set.
fn shown(pair: &Pair) -> String {
    let arguments = ["-H", "-f", "netlink", "-m"];
    let shown = pair.a.command("ss").args(arguments).output().expect("ss");
    String::from_utf8_lossy(&shown.stdout).into_owned()
}

fn shows(pair: &Pair, buffers: &[&str]) {
    until(&format!("{buffers:?}"), || {
        let shown = shown(pair);
        let all = buffers.iter().all(|buffer| shown.contains(buffer));
        all.then_some(())
    });
}

#[test]
fn the_configured_ones_and_large_ones_without() {
    if !can_run() {
        return;
    }
    let pair = Pair::new();
    let with = |keywords: &str| {
        let instance = instance(100, &["192.0.2.100/24"], "");
        format!("global_defs {{\n{keywords}\n}}\n{instance}")
    };
    // As the original sets them: 300000 is more than a system allows that nobody has tuned.
    let keywords = " vrrp_netlink_cmd_rcv_bufs 100000\n vrrp_netlink_monitor_rcv_bufs 300000\n \
                    vrrp_netlink_monitor_rcv_bufs_force\n";
    pair.a.write("keepalived.conf", &with(keywords));
    let mut daemon = pair.a.start();
    shows(&pair, &["rb200000,", "rb600000,"]);
    pair.a.write(
        "keepalived.conf",
        &with(" vrrp_netlink_cmd_rcv_bufs 90000\n"),
    );
    daemon.signal(nix::libc::SIGHUP);
    // The subscription is as large as without a keyword again.
    shows(&pair, &["rb180000,", "rb2097152,"]);
    assert!(!shown(&pair).contains("rb600000,"));
    assert_eq!(daemon.stop(), 0);
}
