//! The daemon as service managers and people meet it: background, pid files, scripts, signals.

mod net;

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use net::{Daemon, Lines, PROGRAM, Pair, can_run, instance, until};

const VIP: &str = "192.0.2.100";

#[test]
fn in_the_background_with_pid_files_and_only_once() {
    if !can_run() {
        return;
    }
    let mut pair = Pair::new();
    pair.a
        .write("keepalived.conf", &instance(100, &["192.0.2.100/24"], ""));
    let started = pair
        .a
        .command(PROGRAM)
        .args(pair.a.arguments())
        .status()
        .expect("start");
    assert_eq!(started.code(), Some(0));
    pair.a.gets(VIP);
    let (parent, child) = (pair.a.pid("keepalived.pid"), pair.a.pid("vrrp.pid"));
    for pid in [parent, child] {
        let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).expect("it runs");
        assert_eq!(comm.trim(), "keepalived");
    }
    let mode = pair
        .a
        .file("keepalived.pid")
        .metadata()
        .expect("pid file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o644);
    let again = pair
        .a
        .command(PROGRAM)
        .args(["-n", "-l"])
        .args(pair.a.arguments())
        .output();
    let again = again.expect("start");
    assert_eq!(again.status.code(), Some(0));
    let text = String::from_utf8_lossy(&again.stderr);
    assert!(text.contains("daemon is already running"), "{text}");
    assert!(pair.a.has(VIP), "the second start touched nothing");
    sys::signal::send(parent, nix::libc::SIGTERM).expect("signal");
    pair.a.loses(VIP);
    pair.a.lacks("keepalived.pid");
}

/// What a crash or somebody else left in a pid file keeps no daemon from starting; a place that cannot
/// be written does.
#[test]
fn only_a_running_daemon_or_an_unwritable_place_keeps_it_from_starting() {
    if !can_run() {
        return;
    }
    let pair = Pair::new();
    let text = instance(100, &["192.0.2.100/24"], "");
    pair.a.write("keepalived.conf", &text);
    // Ours is a process that runs and is no keepalived.
    let foreign = format!("{}\n", std::process::id());
    for left in ["", "not a number\n", "-1\n", "99999999999\n", &foreign] {
        pair.a.write("keepalived.pid", left);
        pair.a.write("vrrp.pid", left);
        let mut daemon = pair.a.start();
        let parent = i32::try_from(daemon.child.id()).expect("pid");
        assert_eq!(pair.a.pid("keepalived.pid"), parent, "after {left:?}");
        assert_eq!(daemon.stop(), 0, "after {left:?}");
        pair.a.lacks("keepalived.pid");
        pair.a.lacks("vrrp.pid");
    }
    // Root may write wherever there is a directory.
    std::fs::create_dir(pair.a.file("keepalived.pid")).expect("in its place");
    let refused = |arguments: &[String]| {
        let mut command = pair.a.command(PROGRAM);
        let ended = command.args(["-n", "-l"]).args(arguments).output();
        let ended = ended.expect("start");
        let text = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(1), "{text}");
        assert!(!text.contains("Startup complete"), "{text}");
        text
    };
    let mut arguments = pair.a.arguments();
    let text = refused(&arguments);
    assert!(text.contains("keepalived.pid: "), "{text}");
    arguments.push(format!("-p{}", pair.a.file("none/below.pid").display()));
    let text = refused(&arguments);
    assert!(text.contains("none/below.pid: "), "{text}");
    assert!(!pair.a.has(VIP));
}

#[test]
fn options_about_what_is_logged_and_left_behind() {
    if !can_run() {
        return;
    }
    let mut pair = Pair::new();
    pair.a
        .write("keepalived.conf", &instance(100, &["192.0.2.100/24"], ""));
    let file = pair.a.file("k.log");
    let mut child = pair
        .a
        .command(PROGRAM)
        .args(["-n", "-l", "-d", "-a", "-m"])
        .arg(format!("--log-file={}", file.display()))
        .args(pair.a.arguments())
        .stderr(Stdio::piped())
        .spawn()
        .expect("start");
    let log = Lines::of(child.stderr.take().expect("pipe"));
    let mut a = Daemon { child, log };
    a.logs("VRRP Instance = VI_1");
    pair.a.gets(VIP);
    a.logs("Netlink reflector reports IP 192.0.2.100 added to ");
    let limits = format!("/proc/{}/limits", pair.a.pid("vrrp.pid"));
    let limits = std::fs::read_to_string(limits).expect("it runs");
    let core = limits.lines().find(|line| line.contains("core file"));
    let core = core.expect("a bound").split_whitespace().nth(4);
    assert_eq!(core, Some("unlimited"), "{limits}");
    assert_eq!(a.stop(), 0);
    let text = std::fs::read_to_string(&file).expect("the parent's file");
    assert!(text.contains(": Startup complete\n"), "{text}");
    let text = std::fs::read_to_string(pair.a.file("k_vrrp.log")).expect("the child's file");
    assert!(text.contains(": (VI_1) Entering MASTER STATE\n"), "{text}");
}

/// It counts when its time is over, not when it could be ended; it is ended all the same.
#[test]
fn a_script_that_does_not_end_when_it_is_told_to_has_failed_in_time() {
    if !can_run() {
        return;
    }
    let pair = Pair::new();
    let script = pair.a.file("stuck");
    pair.a.write(
        "stuck",
        "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 50; done\n",
    );
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("mode");
    let head = format!(
        "global_defs {{\n script_user root\n}}\nvrrp_script chk {{\n script \"{}\"\n \
         interval 1\n timeout 1\n fall 1\n}}\n",
        script.display()
    );
    let config = head + &instance(100, &["192.0.2.100/24"], " track_script {\n  chk\n }\n");
    pair.a.write("keepalived.conf", &config);
    let mut a = pair.a.start();
    a.logs("VRRP_Script(chk) timed_out");
    a.logs("(VI_1) Entering FAULT STATE");
    // Said between its time and its end.
    a.logs("Track script chk is being timed out, expect idle - skipping run");
    assert_eq!(a.stop(), 0);
}

#[test]
fn a_failing_script_moves_the_address_and_notify_scripts_are_told() {
    if !can_run() {
        return;
    }
    let mut pair = Pair::new();
    let (flag, told) = (pair.a.file("flag"), pair.a.file("told"));
    pair.a.write("flag", "");
    pair.a.write(
        "notify",
        &format!("#!/bin/sh\necho \"$@\" >> {}\n", told.display()),
    );
    let notify = pair.a.file("notify");
    std::fs::set_permissions(&notify, PermissionsExt::from_mode(0o755)).expect("mode");
    let more = format!(
        " track_script {{\n  chk\n }}\n notify \"{} x\"\n",
        notify.display()
    );
    let script = format!(
        "global_defs {{\n script_user root\n}}\nvrrp_script chk {{\n script \"/usr/bin/test -e {}\"\n \
         interval 1\n weight -20\n fall 1\n rise 1\n}}\n",
        flag.display()
    );
    let config = script + &instance(100, &["192.0.2.100/24"], &more);
    pair.a.write("keepalived.conf", &config);
    pair.b
        .write("keepalived.conf", &instance(90, &["192.0.2.100/24"], ""));
    let mut a = pair.a.start();
    told_line(&told, "x INSTANCE VI_1 BACKUP 100", &a);
    pair.a.gets(VIP);
    told_line(&told, "x INSTANCE VI_1 MASTER 100", &a);
    let _b = pair.b.start();
    std::fs::remove_file(&flag).expect("removed");
    a.logs("VRRP_Script(chk) failed (exited with status 1)");
    a.logs("(VI_1) Changing effective priority from 100 to 80");
    a.logs("(VI_1) Master received advert from 192.0.2.2 with higher priority 90, ours 80");
    pair.a.loses(VIP);
    pair.b.gets(VIP);
    told_line(&told, "x INSTANCE VI_1 BACKUP 80", &a);
    pair.a.write("flag", "");
    a.logs("VRRP_Script(chk) succeeded");
    a.logs("(VI_1) Changing effective priority from 80 to 100");
    pair.a.gets(VIP);
    told_line(&told, "x INSTANCE VI_1 MASTER 100", &a);
    assert_eq!(a.stop(), 0);
    told_line(&told, "x INSTANCE VI_1 STOP 100", &a);
}

/// Waits until the last line is `line`. All scripts of a change start at once, so a test that does
/// not wait for each would meet them in any order.
fn told_line(told: &std::path::Path, line: &str, daemon: &net::Daemon) {
    until(&format!("{line} in {:#?}", daemon.log.seen), || {
        let text = std::fs::read_to_string(told).unwrap_or_default();
        (text.lines().last() == Some(line)).then_some(())
    });
}

#[test]
fn signals_write_data_and_statistics() {
    if !can_run() {
        return;
    }
    let mut pair = Pair::new();
    pair.a
        .write("keepalived.conf", &instance(100, &["192.0.2.100/24"], ""));
    let mut child = pair
        .a
        .command(PROGRAM)
        .args(["-n", "-l"])
        .args(pair.a.arguments())
        .env("TMPDIR", &pair.a.dir)
        .stderr(Stdio::piped())
        .spawn()
        .expect("start");
    let log = net::Lines::of(child.stderr.take().expect("pipe"));
    let daemon = net::Daemon { child, log };
    pair.a.gets(VIP);
    daemon.signal(nix::libc::SIGUSR1);
    daemon.signal(nix::libc::SIGUSR2);
    let wait = |name: &str| until(name, || std::fs::read_to_string(pair.a.file(name)).ok());
    let data = wait("keepalived.data");
    assert!(
        data.contains("VRRP Instance = VI_1") && data.contains("State = MASTER"),
        "{data}"
    );
    let stats = wait("keepalived.stats");
    assert!(stats.contains("  Became master: 1\n"), "{stats}");
    let mode = pair
        .a
        .file("keepalived.stats")
        .metadata()
        .expect("file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(PROGRAM).args(arguments).output().expect("run");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn the_command_line_answers_as_service_scripts_expect() {
    assert_eq!(run(&["--signum=RELOAD"]).1, "1\n");
    assert_eq!(
        run(&["--signum", "STATS_CLEAR"]).1,
        format!("{}\n", sys::signal::rtmax() - 1)
    );
    let (status, _, error) = run(&["--signum=FOO"]);
    assert_eq!((status, error.as_str()), (Some(1), "Unknown sigfunc FOO\n"));
    let (status, out, error) = run(&["-v"]);
    assert_eq!((status, out.as_str()), (Some(0), ""));
    // An exporter takes the second word without its first letter as the version.
    let version = error
        .lines()
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .expect("version");
    assert!(version.starts_with('v') && version[1..].split('.').all(|n| n.parse::<u8>().is_ok()));
    let (status, _, error) = run(&["--nosuch"]);
    assert_eq!(status, Some(1));
    assert!(error.starts_with("Unknown option --nosuch\n"), "{error}");
    assert_eq!(run(&["-h"]).0, Some(0));
}

#[test]
fn a_test_run_says_what_is_wrong_and_how_bad() {
    let dir = tempfile::tempdir().expect("directory");
    let path = dir.path().join("k.conf");
    let name = path.display().to_string();
    std::fs::write(&path, "global_defs {\n router_id X\n}\n").expect("written");
    assert_eq!(
        run(&["-t", "-f", &name]),
        (Some(0), String::new(), String::new())
    );
    std::fs::write(&path, "vrrp_instance A {\n interfac eth0\n}\n").expect("written");
    let log = dir.path().join("log");
    let (status, _, error) = run(&[&format!("-t{}", log.display()), "-f", &name]);
    assert_eq!(error, "", "messages go to the file");
    assert_ne!(status, Some(0));
    let text = std::fs::read_to_string(&log).expect("log");
    assert!(
        text.contains("Line 2) Unknown keyword 'interfac'"),
        "{text}"
    );
    let (_, _, explained) = run(&["-t", "--explain", "-f", &name]);
    assert!(explained.contains("interfac eth0"), "{explained}");
    for bad in [dir.path().join("missing"), dir.path().to_path_buf()] {
        let (status, _, error) = run(&["-t", "-f", &bad.display().to_string()]);
        assert_eq!(status, Some(6), "{error}");
        assert!(error.contains(&bad.display().to_string()), "{error}");
    }
}

#[test]
fn a_test_run_away_from_the_host_supposes_what_the_file_names() {
    let dir = tempfile::tempdir().expect("directory");
    let path = dir.path().join("k.conf");
    let name = path.display().to_string();
    let text = "global_defs {\n script_user nobody_here\n enable_script_security\n}\n\
                vrrp_script c {\n script /no/such/check\n}\n\
                vrrp_instance A {\n interface none9\n virtual_router_id 5\n\
                virtual_ipaddress {\n 192.0.2.9\n }\n track_script {\n c\n }\n}\n";
    std::fs::write(&path, text).expect("written");
    let (status, _, here) = run(&["-t", "-f", &name]);
    assert_eq!((status, here.lines().count()), (Some(5), 2), "{here}");
    let passed = (Some(0), String::new(), String::new());
    assert_eq!(run(&["-t", "--offline", "-f", &name]), passed);
    let (status, _, explained) = run(&["-t", "--offline", "--explain", "-f", &name]);
    assert_eq!(status, Some(0));
    assert!(explained.starts_with("assumed, because"), "{explained}");
    std::fs::write(&path, text.replace("virtual_router_id 5\n", "")).expect("written");
    let (status, _, error) = run(&["-t", "--offline", "-f", &name]);
    assert_eq!(status, Some(5), "the text is checked all the same");
    assert!(
        error.contains("the virtual router id must be set"),
        "{error}"
    );
}

/// A service manager need not know that the file has not been read yet.
#[test]
fn what_is_asked_for_at_the_start_is_done_after_it() {
    if !can_run() {
        return;
    }
    let pair = Pair::new();
    pair.a
        .write("keepalived.conf", &instance(100, &["192.0.2.100/24"], ""));
    let mut command = pair.a.command(PROGRAM);
    command.args(["-n", "-l"]).args(pair.a.arguments());
    let child = command.stderr(Stdio::piped()).spawn();
    let mut child = child.expect("keepalived-rs");
    let mut log = Lines::of(child.stderr.take().expect("pipe"));
    log.wait("name", |line| line.contains("Starting Keepalived v"));
    let mut daemon = Daemon { child, log };
    for number in [nix::libc::SIGHUP, nix::libc::SIGUSR1, nix::libc::SIGUSR2] {
        daemon.signal(number);
    }
    daemon.logs("Startup complete");
    daemon.logs("Reload complete");
    assert_eq!(daemon.stop(), 0);
}
