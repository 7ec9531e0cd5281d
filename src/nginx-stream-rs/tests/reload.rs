//! HUP: what changes, and what must not.

mod common;

use common::{Client, Prefix, alive, own_network, refuses, server, wait_for};
use nix::sys::signal::Signal;
use std::sync::atomic::{AtomicBool, Ordering};

fn to(port: u16) -> String {
    format!("server {{ listen 127.0.0.1:9001; proxy_pass 127.0.0.1:{port}; }}")
}

/// Waits until the last worker has said that it serves what was reloaded.
fn reloaded(prefix: &Prefix, times: usize) {
    prefix.logged("has the new configuration", times);
}

#[test]
fn running_sessions_survive_and_new_ones_see_the_change() {
    own_network();
    server("a", "127.0.0.1:9002");
    server("b", "127.0.0.1:9003");
    let prefix = Prefix::new("worker_processes 2;", &to(9002));
    let master = prefix.start();
    let mut running: Vec<Client> = (0..50).map(|_| Client::connect("127.0.0.1:9001")).collect();
    let workers = prefix.workers();

    prefix.write("worker_processes 2;", &to(9003));
    assert_eq!(prefix.run(&["-s", "reload"]).status, Some(0));
    reloaded(&prefix, 1);
    wait_for("the new server", || {
        (Client::connect("127.0.0.1:9001").server == "b").then_some(())
    });
    for client in &mut running {
        assert_eq!(client.server, "a");
        assert!(client.echoes());
    }
    assert_eq!((prefix.workers(), prefix.pid()), (workers, master));
    assert!(prefix.log().contains("(SIGHUP) received from"));
    assert!(prefix.log().contains("reconfiguring\n"));
}

#[test]
fn an_invalid_file_changes_nothing() {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("", &to(9002));
    prefix.start();
    let mut running = Client::connect("127.0.0.1:9001");
    prefix.write("daemon off;", &to(9002));
    prefix.signal(Signal::SIGHUP);
    reloaded(&prefix, 1);
    prefix.logged("[warn]", 1);
    assert!(
        prefix
            .log()
            .contains("\"daemon\" cannot change while running")
    );
    prefix.write(
        "",
        "server { listen 127.0.0.1:9001; proxy_passs 127.0.0.1:9003; }",
    );
    prefix.signal(Signal::SIGHUP);
    prefix.logged("unknown directive \"proxy_passs\" in", 1);
    assert_eq!(Client::connect("127.0.0.1:9001").server, "a");
    assert!(running.echoes());

    // One that is well written but cannot be bound.
    prefix.write(
        "",
        "server { listen 203.0.113.9:9001; proxy_pass 127.0.0.1:9003; }",
    );
    prefix.signal(Signal::SIGHUP);
    prefix.logged(
        "bind() to 203.0.113.9:9001 failed (99: Cannot assign requested address)",
        1,
    );
    assert_eq!(Client::connect("127.0.0.1:9001").server, "a");

    // And once it is mended, it is used.
    server("b", "127.0.0.1:9003");
    prefix.write("", &to(9003));
    prefix.signal(Signal::SIGHUP);
    reloaded(&prefix, 2);
    wait_for("the new server", || {
        (Client::connect("127.0.0.1:9001").server == "b").then_some(())
    });
    assert!(running.echoes());
}

#[test]
fn addresses_come_and_go() {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("", &to(9002));
    prefix.start();
    let mut running = Client::connect("127.0.0.1:9001");
    prefix.write(
        "",
        "server { listen 127.0.0.1:9011-9020; proxy_pass 127.0.0.1:9002; }",
    );
    prefix.signal(Signal::SIGHUP);
    reloaded(&prefix, 1);
    prefix.logged("listening sockets: 0 kept, 10 added, 1 removed", 1);
    for port in 9011..=9020 {
        assert_eq!(Client::connect(&format!("127.0.0.1:{port}")).server, "a");
    }
    wait_for("the old address to be free", || {
        refuses("127.0.0.1:9001").then_some(())
    });
    assert!(running.echoes());
}

#[test]
fn threads_come_and_go() {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("worker_processes 1;", &to(9002));
    prefix.start();
    let mut running: Vec<Client> = (0..8).map(|_| Client::connect("127.0.0.1:9001")).collect();
    for (times, threads) in [(1, 3), (2, 1)] {
        prefix.write(&format!("worker_processes {threads};"), &to(9002));
        prefix.signal(Signal::SIGHUP);
        reloaded(&prefix, times);
        let more = (0..8).map(|_| Client::connect("127.0.0.1:9001"));
        running.extend(more.collect::<Vec<_>>());
        assert!(running.iter_mut().all(Client::echoes));
    }
}

#[test]
fn another_user_means_another_worker_and_sessions_still_go_on() {
    own_network();
    server("a", "127.0.0.1:9002");
    server("b", "127.0.0.1:9003");
    let prefix = Prefix::new("", &to(9002));
    prefix.start();
    let mut running = Client::connect("127.0.0.1:9001");
    let first = prefix.workers()[0];
    prefix.write("user daemon;", &to(9003));
    prefix.signal(Signal::SIGHUP);
    prefix.logged("a new worker process because of: user", 1);
    prefix.logged("gracefully shutting down", 1);
    wait_for("the new server", || {
        (Client::connect("127.0.0.1:9001").server == "b").then_some(())
    });
    assert!(running.echoes());
    assert_eq!(prefix.workers().len(), 2);
    drop(running);
    wait_for("the old worker's end", || (!alive(first)).then_some(()));
    prefix.logged(&format!("worker process {first} exited with code 0"), 1);
}

#[test]
fn the_pid_file_moves() {
    own_network();
    let prefix = Prefix::new("", &to(9002));
    let master = prefix.start();
    let text = prefix
        .read("nginx.conf")
        .replace("pid nginx.pid;", "pid other.pid;");
    std::fs::write(prefix.path("nginx.conf"), text).expect("write");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(master), Signal::SIGHUP).expect("it runs");
    wait_for("the new file", || {
        (prefix.read("other.pid") == format!("{master}\n")).then_some(())
    });
    wait_for("the old file's end", || {
        (!prefix.path("nginx.pid").exists()).then_some(())
    });
    std::fs::rename(prefix.path("other.pid"), prefix.path("nginx.pid")).expect("it exists");
}

#[test]
fn a_worker_that_does_not_answer_keeps_the_old_configuration() {
    own_network();
    server("a", "127.0.0.1:9002");
    server("b", "127.0.0.1:9003");
    let prefix = Prefix::new("", &to(9002));
    prefix.start();
    assert_eq!(Client::connect("127.0.0.1:9001").server, "a");
    let worker = nix::unistd::Pid::from_raw(prefix.workers()[0]);
    nix::sys::signal::kill(worker, Signal::SIGSTOP).expect("it runs");
    prefix.write("", &to(9003));
    prefix.signal(Signal::SIGHUP);
    prefix.logged("the new configuration is not used, the old one stays", 1);
    nix::sys::signal::kill(worker, Signal::SIGCONT).expect("it runs");
    assert_eq!(Client::connect("127.0.0.1:9001").server, "a");
    prefix.signal(Signal::SIGHUP);
    reloaded(&prefix, 1);
    wait_for("the new server", || {
        (Client::connect("127.0.0.1:9001").server == "b").then_some(())
    });
}

#[test]
fn more_sockets_than_one_message_carries() {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("", &to(9002));
    prefix.start();
    let range = |first: u16, last: u16| {
        format!("server {{ listen 127.0.0.1:{first}-{last}; proxy_pass 127.0.0.1:9002; }}")
    };
    for (times, (first, last)) in [(1, (20_000, 20_499)), (2, (20_250, 20_899))] {
        let connections = "events { worker_connections 2048; }";
        prefix.write("", &range(first, last));
        let text = prefix.read("nginx.conf").replace("events {}", connections);
        std::fs::write(prefix.path("nginx.conf"), text).expect("write");
        prefix.signal(Signal::SIGHUP);
        reloaded(&prefix, times);
        for port in [first, first + 333, last] {
            assert_eq!(Client::connect(&format!("127.0.0.1:{port}")).server, "a");
        }
    }
    wait_for("the first range to be free", || {
        refuses("127.0.0.1:20000").then_some(())
    });
}

#[test]
fn reuseport_and_options_change_while_sessions_run() {
    own_network();
    server("a", "127.0.0.1:9002");
    let listen = |options: &str| {
        format!("server {{ listen 127.0.0.1:9001 {options}; proxy_pass 127.0.0.1:9002; }}")
    };
    let prefix = Prefix::new("worker_processes 2;", &listen(""));
    prefix.start();
    let mut running = vec![Client::connect("127.0.0.1:9001")];
    let steps = [
        (2, "reuseport"),
        (4, "reuseport backlog=100"),
        (3, "reuseport so_keepalive=on"),
        (2, "backlog=200 rcvbuf=64k"),
    ];
    for (times, (threads, options)) in (1..).zip(steps) {
        prefix.write(&format!("worker_processes {threads};"), &listen(options));
        prefix.signal(Signal::SIGHUP);
        reloaded(&prefix, times);
        running.extend((0..16).map(|_| Client::connect("127.0.0.1:9001")));
        assert!(running.iter_mut().all(Client::echoes), "{options}");
    }
    assert!(!prefix.log().contains("[alert]"), "{}", prefix.log());
}

#[test]
fn datagrams_are_answered_before_and_after() {
    own_network();
    let upstream = std::net::UdpSocket::bind("127.0.0.1:9005").expect("free");
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((count, from)) = upstream.recv_from(&mut buffer) {
            let _ = upstream.send_to(&buffer[..count], from);
        }
    });
    let udp = "server { listen 127.0.0.1:9004 udp; proxy_pass 127.0.0.1:9005; }";
    let prefix = Prefix::new("", udp);
    prefix.start();
    let client = std::net::UdpSocket::bind("127.0.0.1:0").expect("free");
    client.connect("127.0.0.1:9004").expect("an address");
    client
        .set_read_timeout(Some(common::BOUND))
        .expect("an option");
    let answered = || {
        let mut back = [0; 16];
        client.send(b"ping").is_ok() && client.recv(&mut back).is_ok_and(|n| back[..n] == *b"ping")
    };
    assert!(answered());
    prefix.write("", &format!("{udp}\n{}", to(9002)));
    prefix.signal(Signal::SIGHUP);
    reloaded(&prefix, 1);
    assert!(answered());
}

#[test]
fn nobody_is_turned_away_while_configurations_change() {
    own_network();
    server("a", "127.0.0.1:9002");
    server("b", "127.0.0.1:9003");
    let prefix = Prefix::new("worker_processes 2;", &to(9002));
    prefix.start();
    let stop = AtomicBool::new(false);
    let served = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut served = 0;
                    while !stop.load(Ordering::Relaxed) {
                        assert!(Client::connect("127.0.0.1:9001").echoes());
                        served += 1;
                    }
                    served
                })
            })
            .collect();
        for times in 1..=12 {
            let (threads, port) = (1 + times % 3, if times % 2 == 0 { 9002 } else { 9003 });
            // Every fourth one needs a new process.
            let user = if times % 4 == 0 { "user daemon;" } else { "" };
            prefix.write(&format!("{user} worker_processes {threads};"), &to(port));
            prefix.signal(Signal::SIGHUP);
            // Processes are replaced at 4, 5, 8, 9 and 12, with one at the start.
            let workers = [1, 1, 1, 2, 3, 3, 3, 4, 5, 5, 5, 6][times - 1];
            prefix.logged("start worker process ", workers);
            reloaded(&prefix, times + 1 - workers);
        }
        stop.store(true, Ordering::Relaxed);
        clients
            .into_iter()
            .map(|client| client.join().expect("all served"))
            .sum::<usize>()
    });
    assert!(served >= 12, "{served}");
    assert!(!prefix.log().contains("[alert]") && !prefix.log().contains("[emerg]"));
}
