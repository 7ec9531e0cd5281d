//! BFD between two nodes of ours, and what follows a session: VRRP, checks, the other end.

mod net;

use net::{Daemon, Pair, can_run, instance, until};

/// 100 ms, twenty of them: a busy machine must not lose what it is not meant to.
fn session(neighbor: u8, more: &str) -> String {
    format!(
        "bfd_instance peer {{\n neighbor_ip 192.0.2.{neighbor}\n min_rx 100\n min_tx 100\n \
         multiplier 20\n{more}}}\n"
    )
}

/// A session from and to addresses of the link.
fn on_link(name: &str, own: u8, other: u8) -> String {
    let text = session(2, "").replace("192.0.2.2", &format!("fe80::{other}"));
    let text = text.replace("peer", name);
    text.replace(" min_rx", &format!(" source_ip fe80::{own}\n min_rx"))
}

/// Waits for a line that may have come while something else was waited for, such as the start.
fn said(daemon: &mut Daemon, text: &str) {
    said_since(daemon, 0, text);
}

/// The same, but the first `before` lines do not count. What several processes write comes in any
/// order.
fn said_since(daemon: &mut Daemon, before: usize, text: &str) {
    daemon.log.contains(text);
    let mut lines = daemon.log.seen.iter().skip(before);
    if !lines.any(|line| line.contains(text)) {
        daemon.logs(text);
    }
}

/// Both have a session with each other, which is up; `a` has `more` besides.
fn running(more: &str) -> Option<(Pair, Daemon, Daemon)> {
    if !can_run() {
        return None;
    }
    let pair = Pair::new();
    pair.a
        .write("keepalived.conf", &format!("{}{more}", session(2, "")));
    pair.b.write("keepalived.conf", &session(1, ""));
    let (mut a, mut b) = (pair.a.start(), pair.b.start());
    said(&mut a, "(peer) Entering Up state");
    said(&mut b, "(peer) Entering Up state");
    Some((pair, a, b))
}

#[test]
fn the_loss_of_a_session_is_a_fault_until_it_is_back() {
    let track = " track_bfd {\n  peer\n }";
    let tracking = instance(100, &["192.0.2.100/24"], track);
    let Some((mut pair, mut a, _b)) = running(&tracking) else {
        return;
    };
    said(&mut a, "Received BFD event: instance peer is in state Up");
    said(
        &mut a,
        "VRRP_Instance(VI_1) Tracked BFD instance peer is UP",
    );
    pair.a.gets("192.0.2.100");
    let other = pair.b.pid("bfd.pid");
    sys::signal::send(other, nix::libc::SIGSTOP).expect("signal");
    // Which of the two processes writes its line first is chance.
    a.logs("(VI_1) Entering FAULT STATE");
    assert!(a.log.contains("(peer) Expired after 2000 ms"));
    assert!(a.log.contains("Tracked BFD instance peer is DOWN"));
    pair.a.loses("192.0.2.100");
    sys::signal::send(other, nix::libc::SIGCONT).expect("signal");
    a.logs("(peer) Entering Up state");
    pair.a.gets("192.0.2.100");
}

#[test]
fn a_weight_changes_the_priority() {
    let track = " track_bfd {\n  peer weight -30\n }";
    let tracking = instance(100, &["192.0.2.100/24"], track);
    let Some((pair, mut a, mut b)) = running(&tracking) else {
        return;
    };
    said(&mut a, "Changing effective priority from 70 to 100");
    assert_eq!(b.stop(), 0);
    // The other end says goodbye: nobody waits for the detection time.
    a.logs("(peer) the neighbor says AdminDown (Administratively Down)");
    a.logs("Changing effective priority from 100 to 70");
    assert!(!a.log.contains("Expired after"));
    assert!(!pair.b.file("bfd.pid").exists());
}

#[test]
fn a_dead_bfd_child_means_that_its_sessions_are_down_until_the_next_has_them_up() {
    let Some((pair, mut a, mut b)) = running(&instance(100, &["192.0.2.100/24"], "")) else {
        return;
    };
    let dead = pair.a.pid("bfd.pid");
    let before = [a.log.seen.len(), b.log.seen.len()];
    sys::signal::send(dead, nix::libc::SIGKILL).expect("signal");
    for text in [
        "Received BFD event: instance peer is in state Down",
        "(peer) Entering Up state",
        &format!("BFD child process({dead}) died: Respawning"),
    ] {
        said_since(&mut a, before[0], text);
    }
    for text in ["(peer) Entering Down state", "(peer) Entering Up state"] {
        said_since(&mut b, before[1], text);
    }
    assert!(!a.log.contains("Standing in"), "{:#?}", a.log.seen);
}

#[test]
fn a_reload_changes_the_pace_of_a_session_and_leaves_it_up() {
    let Some((pair, mut a, mut b)) = running("") else {
        return;
    };
    let slower = session(2, "").replace("min_tx 100", "min_tx 160");
    pair.a.write("keepalived.conf", &slower);
    a.reload();
    // A new one beside it, which cannot send, harms nobody.
    let two =
        format!("{slower}bfd_instance far {{\n neighbor_ip 192.0.2.9\n source_ip 192.0.2.77\n}}\n");
    pair.a.write("keepalived.conf", &two);
    a.signal(nix::libc::SIGHUP);
    a.logs("(far) Entering AdminDown state: cannot send from 192.0.2.77");
    a.logs("Reload complete");
    pair.a.ip("address add 192.0.2.77/24 dev lan");
    a.logs("(far) Entering Down state");
    pair.a.write("keepalived.conf", "global_defs {\n}\n");
    a.signal(nix::libc::SIGHUP);
    b.logs("(peer) the neighbor says AdminDown");
    let down = "(peer) Entering Down state";
    assert!(!a.log.contains(down), "{:#?}", a.log.seen);
}

#[test]
fn a_check_follows_its_session() {
    let service = "virtual_server 192.0.2.100 80 {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n \
                   real_server 192.0.2.2 80 {\n  BFD_CHECK {\n   name peer\n  }\n }\n}\n";
    let Some((pair, mut a, _b)) = running(service) else {
        return;
    };
    let check = "BFD check of [peer] RS([192.0.2.2]:tcp:80) is";
    said(&mut a, &format!("{check} UP"));
    let other = pair.b.pid("bfd.pid");
    sys::signal::send(other, nix::libc::SIGSTOP).expect("signal");
    a.logs(&format!("{check} DOWN"));
    a.logs("Removing service [192.0.2.2]:tcp:80 from VS [192.0.2.100]:tcp:80");
    sys::signal::send(other, nix::libc::SIGCONT).expect("signal");
    a.logs("Adding service [192.0.2.2]:tcp:80 to VS [192.0.2.100]:tcp:80");
}

/// Nothing but BFD tells of it: the master's adverts come once in ten seconds.
#[test]
fn a_master_that_bfd_has_lost_is_not_waited_for() {
    if !can_run() {
        return;
    }
    let mut pair = Pair::new();
    let slow = |priority| {
        let text = instance(priority, &["192.0.2.100/24"], "");
        text.replace("advert_int 0.1", "advert_int 10")
    };
    let quick = "global_defs {\n bfd_master_down\n}\n";
    let a = format!("{quick}{}{}", session(2, ""), slow(90));
    pair.a.write("keepalived.conf", &a);
    // An owner is master at once.
    let b = format!("{}{}", session(1, ""), slow(255));
    pair.b.write("keepalived.conf", &b);
    let (mut a, _b) = (pair.a.start(), pair.b.start());
    said(&mut a, "(peer) Entering Up state");
    pair.b.gets("192.0.2.100");
    for name in ["keepalived.pid", "bfd.pid", "vrrp.pid"] {
        let pid = pair.b.pid(name);
        sys::signal::send(pid, nix::libc::SIGSTOP).expect("signal");
    }
    a.logs("(VI_1) because BFD lost 192.0.2.2");
    pair.a.gets("192.0.2.100");
    for name in ["vrrp.pid", "bfd.pid", "keepalived.pid"] {
        let pid = pair.b.pid(name);
        sys::signal::send(pid, nix::libc::SIGCONT).expect("signal");
    }
    a.logs("(VI_1) Entering BACKUP STATE");
    pair.a.loses("192.0.2.100");
}

/// Of link-local neighbours the interface is that of `source_ip`. What USR1 writes lies beside the
/// state, wherever that was sent.
#[test]
fn a_link_local_neighbour_is_heard_on_the_link_of_the_source() {
    if !can_run() {
        return;
    }
    let pair = Pair::new();
    for (node, own, other) in [(&pair.a, 1, 2), (&pair.b, 2, 1)] {
        node.ip(&format!("address add fe80::{own}/64 dev lan nodad"));
        let text = on_link("peer", own, other);
        let dumps = node.file("state");
        let place = format!("global_defs {{\n state_dump_file {}\n}}\n", dumps.display());
        node.write("keepalived.conf", &(place + &text));
    }
    let (mut a, mut b) = (pair.a.start(), pair.b.start());
    said(&mut a, "(peer) Entering Up state");
    said(&mut b, "(peer) Entering Up state");
    a.signal(nix::libc::SIGUSR1);
    let written = || std::fs::read_to_string(pair.a.file("keepalived_bfd.data")).ok();
    let text = until("dump", written);
    assert!(text.contains("Neighbor IP = fe80::2\n"), "{text}");
    assert!(text.contains("local state = Up\n"), "{text}");
    let other = pair.b.pid("bfd.pid");
    sys::signal::send(other, nix::libc::SIGSTOP).expect("signal");
    a.logs("(peer) Expired after 2000 ms");
    sys::signal::send(other, nix::libc::SIGCONT).expect("signal");
    a.logs("(peer) Entering Up state");

    let lost = session(2, "").replace("192.0.2.2", "fe80::2");
    pair.a.write("keepalived.conf", &lost);
    a.signal(nix::libc::SIGHUP);
    a.logs("fe80::2 is an address of some link: set source_ip");
}

/// Both ends of the link go, and come back as others of the same name: what was bound to the old ones
/// is bound to the new ones.
#[test]
fn a_link_that_is_made_anew_is_used_again() {
    if !can_run() {
        return;
    }
    let pair = Pair::new();
    let ends = [(&pair.a, 1, 2), (&pair.b, 2, 1)];
    for (node, own, other) in ends {
        node.ip(&format!("address add fe80::{own}/64 dev lan nodad"));
        let text = session(other, "") + &on_link("link", own, other);
        node.write("keepalived.conf", &text);
    }
    let mut daemons = [pair.a.start(), pair.b.start()];
    for round in 0..2 {
        if round > 0 {
            pair.a.ip("link del lan");
            for daemon in &mut daemons {
                daemon.logs("(link) Entering AdminDown state: no interface has fe80::");
                said(daemon, "(peer) Expired after 2000 ms");
            }
            // Another index than before.
            pair.a.ip("link add other type veth");
            pair.join();
            for (node, own, _) in ends {
                node.ip(&format!("address add fe80::{own}/64 dev lan nodad"));
            }
        }
        for daemon in &mut daemons {
            for name in ["peer", "link"] {
                let up = format!("({name}) Entering Up state");
                until(&up, || {
                    daemon.log.contains(&up);
                    let all = daemon.log.seen.iter();
                    let times = all.filter(|line| line.contains(&up)).count();
                    (times > round).then_some(())
                });
            }
        }
    }
}
