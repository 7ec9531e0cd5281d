//! Start, service, signals and end.

mod common;

use common::{
    Client, Prefix, alive, children, comm, command_line, own_network, refuses, server, wait_for,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

const LOGGED: &str = "log_format f '$remote_addr $upstream_addr $status $bytes_sent';\n\
     access_log logs/access.log f;\n\
     server { listen 127.0.0.1:9001; proxy_pass 127.0.0.1:9002; }";

#[test]
fn serves_logs_and_stops() {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("", LOGGED);
    // The parent ends when everything is up: no waiting in between.
    let master = prefix.start();
    let mut client = Client::connect("127.0.0.1:9001");
    assert!(client.echoes());
    drop(client);
    let line = "127.0.0.1 127.0.0.1:9002 200 6\n";
    wait_for("the access log", || {
        (prefix.read("logs/access.log") == line).then_some(())
    });
    for text in [
        "nginx/1.",
        "start worker processes",
        "start worker process ",
    ] {
        prefix.logged(text, 1);
    }

    assert_eq!(prefix.run(&["-s", "stop"]).status, Some(0));
    wait_for("the end", || (!alive(master)).then_some(()));
    prefix.logged("(SIGTERM) received from", 1);
    let log = prefix.log();
    assert!(
        log.trim_end()
            .ends_with(&format!("{master}#{master}: exit")),
        "{log}"
    );
    assert!(!prefix.path("nginx.pid").exists());
}

#[test]
fn the_worker_has_no_rights_and_no_more_descriptors_than_it_needs() {
    own_network();
    let prefix = Prefix::new("worker_processes 2;", LOGGED);
    let started = Command::new("sh")
        .args(["-c", "exec 9>\"$0/leaked\"; exec \"$@\""])
        .arg(prefix.path(""))
        .arg(common::BINARY)
        .args(prefix.command(&[]).get_args())
        .stdin(std::process::Stdio::null())
        .status();
    assert!(started.expect("a shell").success());
    assert!(prefix.path("leaked").exists());
    let master = prefix.pid();
    let workers = prefix.workers();
    let [worker] = workers[..] else {
        panic!("one worker process: {workers:?}");
    };
    prefix.logged("start worker process", 2);
    let status = wait_for("the worker's change of user", || {
        let status = fs::read_to_string(format!("/proc/{worker}/status")).ok()?;
        status.contains("NoNewPrivs:\t1").then_some(status)
    });
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.expect("proc(5)")
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let nobody = nix::unistd::User::from_name("nobody")
        .expect("accounts")
        .expect("nobody");
    assert_eq!(field("Uid:"), vec![nobody.uid.to_string(); 4]);
    assert_eq!(field("CapEff:"), ["0000000000000000"]);
    assert_eq!(field("CapPrm:"), ["0000000000000000"]);
    assert_eq!(
        fs::metadata(format!("/proc/{worker}/comm"))
            .expect("alive")
            .uid(),
        nobody.uid.as_raw()
    );
    // What the caller left open goes no further, nor does what is the master's. The master may
    // be just about to close its line to the parent.
    let logs = prefix.path("logs").to_string_lossy().into_owned();
    let known = [
        "/dev/null",
        "socket:",
        "anon_inode:",
        "/memfd:configuration",
        &logs,
    ];
    let is_known = |entry: std::io::Result<fs::DirEntry>| {
        let target = entry.and_then(|entry| fs::read_link(entry.path()));
        let target = target.unwrap_or_default();
        known
            .iter()
            .any(|known| target.to_string_lossy().starts_with(known))
    };
    for pid in [master, worker] {
        wait_for("only known descriptors", || {
            let mut descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("root may look");
            descriptors.all(is_known).then_some(())
        });
    }
    let text = command_line(master);
    assert!(
        text.starts_with(&format!("nginx: master process {}", common::BINARY)),
        "{text}"
    );
    assert!(text.ends_with("-c nginx.conf -e logs/start.log"), "{text}");
    assert_eq!(command_line(worker), "nginx: worker process");
    assert_eq!(
        (comm(master), comm(worker)),
        (Some("nginx".into()), Some("nginx".into()))
    );
}

/// What a service manager without `PIDFile` sees (one orphan, the master) and what the articles'
/// health checks do, in a process namespace of its own.
#[test]
fn health_checks_find_it() {
    let prefix = Prefix::new("daemon on;", LOGGED);
    let sbin = prefix.path("sbin");
    fs::create_dir(&sbin).expect("mkdir");
    let nginx = sbin.join("nginx");
    common::copy_binary(&nginx);
    let script = format!(
        "ip link set lo up\n\
         echo 20000 > /proc/sys/kernel/ns_last_pid\n\
         {0} -p {1} -c nginx.conf -e logs/start.log || exit 9\n\
         test \"$(pgrep -P 1 nginx)\" = \"$(cat {1}/nginx.pid)\" && echo guessed\n\
         killall -0 nginx && echo killall\n\
         pidof nginx >/dev/null && echo pidof\n\
         sh -c 'ps -ef | grep nginx | grep sbin | egrep -cv \"grep|$$\"'\n\
         ps -C nginx --no-header | wc -l\n\
         {0} -p {1} -c nginx.conf -s stop\n\
         while [ -e {1}/nginx.pid ]; do sleep 0.01; done\n\
         while killall -0 nginx 2>/dev/null; do sleep 0.01; done\n\
         pidof nginx >/dev/null || echo gone\n",
        nginx.display(),
        prefix.path("").display()
    );
    let output = Command::new("unshare")
        .args([
            "--net",
            "--pid",
            "--fork",
            "--mount-proc",
            "sh",
            "-c",
            &script,
        ])
        .output()
        .expect("unshare");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(
        lines,
        ["guessed", "killall", "pidof", "1", "2", "gone"],
        "{output:?}"
    );
}

#[test]
fn quit_waits_for_sessions_and_term_does_not() {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("", LOGGED);
    let master = prefix.start();
    let mut client = Client::connect("127.0.0.1:9001");
    prefix.signal(Signal::SIGQUIT);
    prefix.logged("gracefully shutting down", 1);
    wait_for("no new session", || refuses("127.0.0.1:9001").then_some(()));
    assert!(client.echoes() && alive(master));
    drop(client);
    wait_for("the end", || (!alive(master)).then_some(()));
    assert!(
        prefix.log().contains(" exited with code 0"),
        "{}",
        prefix.log()
    );

    let master = prefix.start();
    let mut client = Client::connect("127.0.0.1:9001");
    assert!(client.echoes());
    prefix.signal(Signal::SIGTERM);
    wait_for("the end", || (!alive(master)).then_some(()));
    assert!(client.ended());
    assert_eq!(prefix.log().matches(" exited with code 0").count(), 2);
}

#[test]
fn a_busy_address_is_tried_five_times() {
    own_network();
    let prefix = Prefix::new("", LOGGED);
    let taken = TcpListener::bind("127.0.0.1:9001").expect("free");
    let started = std::time::Instant::now();
    let ran = prefix.run(&[]);
    assert!(started.elapsed().as_millis() >= 2500);
    let busy = "nginx: [emerg] bind() to 127.0.0.1:9001 failed (98: Address already in use)\n";
    let expected = format!("{}nginx: [emerg] still could not bind()\n", busy.repeat(5));
    assert_eq!((ran.status, ran.err), (Some(1), expected));
    assert!(!prefix.path("nginx.pid").exists());
    drop(taken);
    prefix.start();
}

#[test]
fn a_second_instance_does_not_take_the_pid_file() {
    own_network();
    let prefix = Prefix::new("", LOGGED);
    let master = prefix.start();
    // Other addresses, same pid file: nginx would overwrite it and lose the first one.
    prefix.write(
        "",
        "server { listen 127.0.0.1:9011; proxy_pass 127.0.0.1:9002; }",
    );
    let ran = prefix.run(&[]);
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err
            .contains(&format!("belongs to process {master} (nginx: master")),
        "{}",
        ran.err
    );
    assert_eq!(prefix.pid(), master);
}

#[test]
fn usr1_opens_logs_anew() {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("", LOGGED);
    prefix.start();
    drop(Client::connect("127.0.0.1:9001"));
    wait_for("a line", || {
        (prefix.read("logs/access.log").lines().count() == 1).then_some(())
    });
    for name in ["access.log", "error.log"] {
        let (from, to) = (prefix.path("logs").join(name), format!("logs/{name}.1"));
        fs::rename(from, prefix.path(&to)).expect("it exists");
    }
    assert_eq!(prefix.run(&["-s", "reopen"]).status, Some(0));
    // The master's first line there, and the worker's.
    wait_for("the worker's answer", || {
        (prefix.read("logs/error.log.1") + &prefix.log())
            .matches("reopening logs\n")
            .count()
            .ge(&3)
            .then_some(())
    });
    drop(Client::connect("127.0.0.1:9001"));
    wait_for("a line", || {
        (prefix.read("logs/access.log").lines().count() == 1).then_some(())
    });
    assert_eq!(prefix.read("logs/access.log.1").lines().count(), 1);
    let nobody = nix::unistd::User::from_name("nobody")
        .expect("accounts")
        .expect("nobody");
    let meta = fs::metadata(prefix.path("logs/access.log")).expect("made");
    assert_eq!(meta.uid(), nobody.uid.as_raw());
}

#[test]
fn a_worker_that_died_is_replaced() {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("", LOGGED);
    let master = prefix.start();
    let first = wait_for("a worker", || prefix.workers().first().copied());
    kill(Pid::from_raw(first), Signal::SIGKILL).expect("it runs");
    prefix.logged(&format!("worker process {first} exited on signal 9"), 1);
    let second = wait_for("another worker", || {
        children(master).into_iter().find(|pid| *pid != first)
    });
    assert!(Client::connect("127.0.0.1:9001").echoes());
    assert!(alive(second));
}

#[test]
fn unix_sockets_go_with_their_master() {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("", "");
    let socket = prefix.path("stream.sock");
    let listen = format!(
        "server {{ listen unix:{}; proxy_pass 127.0.0.1:9002; }}",
        socket.display()
    );
    prefix.write("", &listen);
    let master = prefix.start();
    let meta = fs::metadata(&socket).expect("bound");
    assert_eq!(meta.mode() & 0o777, 0o666);
    let mut stream = std::os::unix::net::UnixStream::connect(&socket).expect("listening");
    let mut name = [0];
    std::io::Read::read_exact(&mut stream, &mut name).expect("relayed");
    assert_eq!(&name, b"a");
    prefix.signal(Signal::SIGTERM);
    wait_for("the end", || (!alive(master)).then_some(()));
    assert!(!socket.exists());
}

#[test]
fn one_process_without_a_master() {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("daemon off; master_process off;", LOGGED);
    let mut child = prefix.command(&[]).spawn().expect("the program is built");
    wait_for("the pid file", || {
        prefix.path("nginx.pid").exists().then_some(())
    });
    assert!(Client::connect("127.0.0.1:9001").echoes());
    assert_eq!(prefix.workers(), []);
    prefix.signal(Signal::SIGQUIT);
    let status = child.wait().expect("ours");
    assert!(status.success());
    assert!(!prefix.path("nginx.pid").exists());
}

#[test]
fn without_its_master_a_worker_goes_on() {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("", LOGGED);
    let master = prefix.start();
    let worker = wait_for("a worker", || prefix.workers().first().copied());
    kill(Pid::from_raw(master), Signal::SIGKILL).expect("it runs");
    wait_for("the master's end", || (!alive(master)).then_some(()));
    let served = Client::connect("127.0.0.1:9001").echoes();
    kill(Pid::from_raw(worker), Signal::SIGQUIT).expect("it runs");
    wait_for("the worker's end", || (!alive(worker)).then_some(()));
    assert!(served);
    // What the dead master left does not keep the next one from starting.
    assert_ne!(prefix.start(), master);
}

#[test]
fn in_the_foreground_it_ends_with_the_sessions() {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("daemon off;", LOGGED);
    let mut child = prefix.command(&[]).spawn().expect("the program is built");
    wait_for("the pid file", || {
        (prefix.read("nginx.pid") == format!("{}\n", child.id())).then_some(())
    });
    let mut client = Client::connect("127.0.0.1:9001");
    // Nobody could start new workers again from a terminal: WINCH does nothing here.
    prefix.signal(Signal::SIGWINCH);
    prefix.logged("signal 28 (SIGWINCH) received from", 1);
    assert!(client.echoes() && Client::connect("127.0.0.1:9001").echoes());
    prefix.signal(Signal::SIGINT);
    assert_eq!(child.wait().expect("ours").code(), Some(0));
    assert!(client.ended());
}

#[test]
fn winch_leaves_a_master_that_can_serve_again() {
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("", LOGGED);
    let master = prefix.start();
    assert!(Client::connect("127.0.0.1:9001").echoes());
    prefix.signal(Signal::SIGWINCH);
    wait_for("no worker", || prefix.workers().is_empty().then_some(()));
    assert!(alive(master));
    prefix.signal(Signal::SIGHUP);
    prefix.logged("start worker processes", 2);
    assert!(Client::connect("127.0.0.1:9001").echoes());
}

#[test]
fn a_working_directory_that_is_missing_stops_the_worker_only() {
    own_network();
    let prefix = Prefix::new("working_directory /nonexistent;", LOGGED);
    let master = prefix.start();
    prefix.logged(
        "chdir(\"/nonexistent\") failed (2: No such file or directory)",
        1,
    );
    prefix.logged("exited with fatal code 2 and cannot be respawned", 1);
    assert!(alive(master));
    prefix.signal(Signal::SIGQUIT);
    wait_for("the end", || (!alive(master)).then_some(()));
}

#[test]
fn descriptors_are_allowed_for_every_thread() {
    own_network();
    let prefix = Prefix::new("worker_processes 3; worker_rlimit_nofile 1000;", LOGGED);
    prefix.start();
    let worker = prefix.workers()[0];
    let soft = || {
        let limits = fs::read_to_string(format!("/proc/{worker}/limits")).ok()?;
        let line = limits
            .lines()
            .find_map(|line| line.strip_prefix("Max open files"))?;
        line.split_whitespace().next()?.parse::<u32>().ok()
    };
    wait_for("the limit", || (soft() == Some(3000)).then_some(()));
    prefix.write("worker_processes 4; worker_rlimit_nofile 2000;", LOGGED);
    prefix.signal(Signal::SIGHUP);
    prefix.logged("has the new configuration", 1);
    assert_eq!(prefix.workers(), [worker]);
    assert_eq!(soft(), Some(8000));
}

#[test]
fn a_start_that_fails_in_the_background_is_seen_in_front() {
    own_network();
    let prefix = Prefix::new("", LOGGED);
    let text = prefix.read("nginx.conf");
    let conf = text.replace("pid nginx.pid;", "pid /nonexistent/nginx.pid;");
    fs::write(prefix.path("nginx.conf"), conf).expect("write");
    let ran = prefix.run(&[]);
    let open = "open() \"/nonexistent/nginx.pid\" failed (2: No such file or directory)";
    assert_eq!(
        (ran.status, ran.err),
        (Some(1), format!("nginx: [emerg] {open}\n"))
    );
    assert!(refuses("127.0.0.1:9001"));
}

#[test]
fn an_unprivileged_master_serves_as_itself() {
    use std::os::unix::process::CommandExt as _;
    own_network();
    server("a", "127.0.0.1:9002");
    let prefix = Prefix::new("user daemon;", LOGGED);
    for path in [prefix.path(""), prefix.path("logs")] {
        std::os::unix::fs::chown(&path, Some(65534), Some(65534)).expect("root may");
    }
    // The build's folders may be closed to others.
    let binary = prefix.path("nginx");
    common::copy_binary(&binary);
    let ran: common::Ran = Command::new(&binary)
        .arg("-p")
        .arg(prefix.path(""))
        .args(["-c", "nginx.conf", "-e", "logs/start.log"])
        .uid(65534)
        .gid(65534)
        .output()
        .expect("copied")
        .into();
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert!(
        ran.err
            .contains("[warn] the \"user\" directive makes sense only if"),
        "{}",
        ran.err
    );
    assert!(Client::connect("127.0.0.1:9001").echoes());
    let worker = prefix.workers()[0];
    let meta = fs::metadata(format!("/proc/{worker}")).expect("it runs");
    assert_eq!(meta.uid(), 65534);
}
