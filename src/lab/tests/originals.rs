//! The lab over the first article's pair, both nodes running the installed originals: what our
//! programs are compared with must itself be judged right.
//!
//! Needs root and the packages keepalived, nginx with its stream module, and psmisc; makes its own
//! namespaces. Run by hand without them a test says what is missing and does nothing.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const LAB: &str = env!("CARGO_BIN_EXE_lab-run");

fn article(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples-conf/articles")
        .join(name)
}

/// Whether the originals are here; `XTASK_TEST` forbids to skip.
fn ready() -> bool {
    let needed = [
        "/usr/sbin/keepalived",
        "/usr/sbin/nginx",
        "/usr/bin/killall",
    ];
    let missing: Vec<&str> = needed
        .into_iter()
        .filter(|path| !Path::new(path).exists())
        .collect();
    let root = nix::unistd::geteuid().is_root();
    if root && missing.is_empty() {
        return true;
    }
    assert!(
        std::env::var_os("XTASK_TEST").is_none(),
        "needs root and {missing:?}"
    );
    eprintln!("skipped: needs root and {missing:?}");
    false
}

fn run(options: &[&str], script: &str) -> Output {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("script");
    std::fs::write(&path, script).expect("the script is written");
    Command::new(LAB)
        .args(options)
        .arg("--script")
        .arg(&path)
        .arg(article("000-unicast-nginx/run"))
        .stdin(Stdio::null())
        .output()
        .expect("the lab runs")
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn the_check_moves_the_address_and_brings_it_back() {
    if !ready() {
        return;
    }
    let script = "
client 172.21.18.200/24 probe 172.21.18.33 172.21.18.33:6443
backend 172.21.18.101:6443 name api1
start master
wait until master is MASTER within 20s
start backup
wait until backup is BACKUP within 20s
expect vip 172.21.18.33 on master
wait until peer answering is api1 within 10s
stop nginx on master
wait until backup is MASTER within 20s
expect master is BACKUP
expect vip 172.21.18.33 on backup
expect vip 172.21.18.33 at backup
expect log of master contains \"Changing effective priority from 100 to 80\"
start nginx on master
# The three adverts and the skew that a node with priority 100 has to be silent.
wait until master is MASTER within 20s
expect vip 172.21.18.33 on master
";
    let output = run(&["--original", "all"], script);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[test]
fn death_takes_three_intervals_and_an_orderly_stop_does_not() {
    if !ready() {
        return;
    }
    let script = "
client 172.21.18.200/24 probe 172.21.18.33
# One after the other: started together, their timers end 40 ms apart.
start master
wait until master is MASTER within 20s
start backup
wait until backup is BACKUP within 20s
kill -9 keepalived on master
# 3 x 1 s + (256 - 90)/256 s after the last advert, which is at most 1 s old.
expect backup is MASTER within 20s not before 2.6s
expect vip 172.21.18.33 at backup
start keepalived on master
wait until vip 172.21.18.33 on master within 20s
stop keepalived on master
expect backup is MASTER within 20s not before 600ms
expect outage at most 3s
expect keepalived on master is stopped
";
    let output = run(&["--original", "all"], script);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[test]
fn what_does_not_hold_is_reported_and_sets_the_status() {
    if !ready() {
        return;
    }
    let script = "
start keepalived on master
expect vip 172.21.18.33 on backup within 10ms
exec master exit 3
expect master is MASTER
";
    let output = run(&["--original", "all", "--json"], script);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let lines: Vec<serde_json::Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    let broken: Vec<&str> = lines
        .iter()
        .filter(|line| line["event"] == "broken")
        .filter_map(|line| line["text"].as_str())
        .collect();
    assert_eq!(
        broken,
        [
            "expect vip 172.21.18.33 on backup within 10ms",
            "exec master exit 3"
        ]
    );
    let last = lines.last().expect("a summary");
    assert_eq!(last["complete"], false);
}

#[test]
fn shims_answer_as_systemctl_does() {
    if !ready() {
        return;
    }
    let script = "
start nginx on master
exec master systemctl is-active nginx
exec master service nginx status | grep -q 'Main PID: 1[0-9][0-9][0-9][0-9]'
exec master ! systemctl is-active --quiet keepalived
exec master systemctl stop nginx.service
expect nginx on master is stopped
exec master systemctl enable --now nginx && systemctl daemon-reload
expect nginx on master is running
restart nginx on master fails
exec master ! systemctl restart nginx
expect nginx on master is stopped
restart nginx on master succeeds
exec master systemctl restart nginx
expect nginx on master is running
exec master ! systemctl start apache2
# As under a service manager, nothing is blocked.
exec master grep -q '^SigBlk:.0000000000000000' /proc/self/status
exec master grep -q '^SigBlk:.0000000000000000' /proc/$(cat /run/nginx.pid)/status
exec master ! touch /usr/bin/x && touch /etc/x && test \"$(hostname)\" = master
";
    let output = run(&["--original", "all"], script);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[test]
fn a_lab_that_is_killed_leaves_nothing() {
    if !ready() {
        return;
    }
    let mut child = Command::new(LAB)
        .args(["--original", "all", "--verbose"])
        .arg(article("000-unicast-nginx/run"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the lab runs");
    let stdout = child.stdout.take().expect("a pipe");
    let mut stderr = child.stderr.take().expect("a pipe");
    let running = BufReader::new(stdout)
        .lines()
        .any(|line| line.is_ok_and(|line| line.contains("keepalived runs")));
    assert!(running, "the lab starts its services");
    child.kill().expect("the lab is there");
    child.wait().expect("the lab ends");
    // Every node's first process holds the pipe; with the last of them its end comes. A first
    // process takes all others of its namespace with it.
    let (sender, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(stderr.read_to_end(&mut Vec::new()).is_ok()));
    let bound = std::time::Duration::from_secs(20);
    assert_eq!(ended.recv_timeout(bound), Ok(true), "processes were left");
}

#[test]
fn problems_of_the_script_are_found_before_anything_starts() {
    let output = run(
        &["--check", "--nginx", "/bin/true"],
        "start all\nexpect mastre is MASTER\n",
    );
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output);
    assert!(
        said.contains("line 2: no node is called `mastre`; nodes are backup, master"),
        "{said}"
    );
}

/// A pair without scripts, which the original can run where only uid 0 exists.
fn plain_pair(directory: &Path, with_script: bool) {
    for (node, peer, priority) in [(1, 2, 100), (2, 1, 90)] {
        let folder = directory.join(format!("n{node}/etc/keepalived"));
        std::fs::create_dir_all(&folder).expect("a folder");
        let script = if with_script {
            "vrrp_script c { \n script /bin/true\n }\n"
        } else {
            ""
        };
        let text = format!(
            "{script}vrrp_instance A {{\n interface lan0\n virtual_router_id 7\n \
             priority {priority}\n unicast_src_ip 192.0.2.{node}\n \
             unicast_peer {{\n 192.0.2.{peer}\n }}\n virtual_ipaddress {{\n 192.0.2.100\n }}\n}}\n"
        );
        std::fs::write(folder.join("keepalived.conf"), text).expect("a configuration");
    }
}

fn unprivileged(with_script: bool, script: &str) -> Output {
    let directory = tempfile::tempdir().expect("a temporary directory");
    plain_pair(directory.path(), with_script);
    std::fs::write(directory.path().join("lab.script"), script).expect("the script is written");
    Command::new(LAB)
        .args(["--unprivileged", "--original", "all"])
        .arg(directory.path())
        .stdin(Stdio::null())
        .output()
        .expect("the lab runs")
}

#[test]
fn a_user_namespace_is_enough_for_what_needs_no_other_user() {
    if !ready() {
        return;
    }
    let script = "
client 192.0.2.50/24 probe 192.0.2.100
start n1
wait until n1 is MASTER within 20s
start n2
wait until n2 is BACKUP within 20s
exec n1 test $(id -u) = 0 && test $(wc -l < /proc/self/uid_map) = 1
exec n1 ! touch /usr/bin/x && touch /etc/x
stop n1
expect vip 192.0.2.100 on n2 within 20s not before 600ms
expect outage at most 5s
";
    let output = unprivileged(false, script);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("unprivileged: in a user namespace"), "{said}");
}

#[test]
fn originals_are_refused_where_owners_matter_to_them() {
    if !ready() {
        return;
    }
    let output = unprivileged(true, "start all");
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output);
    assert!(said.contains("would refuse its scripts"), "{said}");
}

#[test]
fn an_interrupt_ends_the_lab_with_its_own_status() {
    if !ready() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("script");
    std::fs::write(&path, "start nginx on master\nwait 30m\n").expect("the script is written");
    let mut child = Command::new(LAB)
        .args(["--original", "all", "--script"])
        .arg(&path)
        .arg(article("000-unicast-nginx/run"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the lab runs");
    let stdout = child.stdout.take().expect("a pipe");
    let mut lines = BufReader::new(stdout).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("nginx runs"))));
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).expect("the lab is there");
    assert_eq!(child.wait().expect("the lab ends").code(), Some(130));
}
