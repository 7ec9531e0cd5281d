//! What whoever is notified gets: the lines in pipes, of ours and of the original, in their order.

use std::fs;

use compat_tests::Subject;
use compat_tests::differences::Differences;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        scenario("notify::pipes".to_owned(), pipes),
        scenario("notify::states_on_reload".to_owned(), states_on_reload),
    ]
}

/// A pipe that is there before, one that is made, groups with and without weights, and instances
/// that a reload drops. All priorities differ, so that the order is certain.
const PIPES: &str = r#"
global_defs {
 script_user root
 notify_fifo /run/all.fifo
 notify_fifo_script "/etc/reader all"
 vrrp_notify_fifo /run/own.fifo daemon daemon
 OPTION
}
vrrp_script heavy {
 script "/usr/bin/test ! -e /run/light"
 interval 1
 fall 1
 rise 1
 weight 20
}
vrrp_sync_group G {
 group {
  A
  B
 }
}
vrrp_sync_group H {
 group {
  D
 }
}
vrrp_instance A {
 interface eth9
 virtual_router_id 51
 priority 250
 virtual_ipaddress {
  10.77.0.101
 }
}
vrrp_instance B {
 interface eth9
 virtual_router_id 52
 priority 200
 virtual_ipaddress {
  10.77.0.102
 }
}
vrrp_instance C {
 interface eth9
 virtual_router_id 53
 priority 100
 notify_priority_changes
 virtual_ipaddress {
  10.77.0.103
 }
 track_script {
  heavy
 }
}
vrrp_instance D {
 interface eth9
 virtual_router_id 54
 priority 50
 virtual_ipaddress {
  10.77.0.104
 }
}
vrrp_instance E {
 interface eth9
 virtual_router_id 55
 priority 30
 virtual_ipaddress {
  10.77.0.105
 }
 notify_deleted
}
vrrp_instance F {
 interface eth9
 virtual_router_id 56
 priority 10
 virtual_ipaddress {
  10.77.0.106
 }
}
"#;

/// `heard N WORDS…`: waits until so many lines with these words have come.
const FUNCTIONS: &str = r#"
printf '#!/bin/sh\necho "reads $*" > /run/reader\nexec sleep 100\n' > /etc/reader
chmod 755 /etc/reader
heard() {
 want=$1; shift
 for try in $(seq 400); do
  [ "$(grep -c -e "$*" /run/lines)" -ge "$want" ] && break
  sleep 0.05
 done
}
come() { for try in $(seq 400); do [ -e "$1" ] && break; sleep 0.05; done; }
mkfifo /run/all.fifo
exec 9<>/run/all.fifo
cat <&9 > /run/lines & cat=$!
"#;

fn run(subject: Subject, option: &str, body: &str) -> Result<Vec<String>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("keepalived.conf");
    fs::write(&file, PIPES.replace("OPTION", option)).map_err(|error| error.to_string())?;
    let sandbox = Sandbox::new()
        .interface("eth9", "10.77.0.1/24")
        .file("/etc/pipes.conf", &file);
    let program = subject.keepalived();
    let script = format!(
        "{FUNCTIONS}\n{} -n -P -f /etc/pipes.conf > /run/log 2>&1 & daemon=$!\n{body}\n\
         cat /run/lines",
        program.display()
    );
    let report = sandbox.run(&script).map_err(|error| error.to_string())?;
    Ok(report.lines)
}

fn pipes() -> Result<(), String> {
    let body = r#"
heard 1 '"F" MASTER'
come /run/reader; cat /run/reader
stat -c '%A %U %G' /run/own.fifo
: > /run/light
heard 1 MASTER_PRIORITY
ip link set peer0 down
heard 1 '"F" FAULT'
ip link set peer0 up
heard 2 '"F" MASTER'
sed -i '/vrrp_instance E/,$d' /etc/pipes.conf
kill -HUP $daemon
heard 3 '"F" FAULT\|"F" DELETED\|"E" DELETED'
kill -TERM $daemon; wait $daemon; echo status $?
heard 1 '"H" STOP'
kill $cat
[ -p /run/all.fifo ] && echo all.fifo is left
[ -e /run/own.fifo ] || echo own.fifo is gone
"#;
    let [original, ours] = Subject::BOTH.map(|subject| run(subject, "", body));
    let (original, ours) = (alike(original?), alike(ours?));
    if original.iter().filter(|line| line.contains("STOP")).count() != 6 {
        return Err(format!("the original wrote {original:#?}"));
    }
    Differences::load().compare("notify/pipes", &original, &ours)?;
    println!("notify/pipes: {} lines equal", original.len());
    Ok(())
}

fn states_on_reload() -> Result<(), String> {
    let body = r#"
heard 1 '"F" MASTER'
kill $cat; : > /run/lines
cat <&9 > /run/lines & cat=$!
kill -HUP $daemon
heard 1 '"H" MASTER'; sleep 0.5
kill $cat
kill -TERM $daemon; wait $daemon
"#;
    let option = "fifo_write_vrrp_states_on_reload";
    let [original, ours] = Subject::BOTH.map(|subject| run(subject, option, body));
    // The result of a script comes at any moment.
    let states = |lines: Vec<String>| -> Vec<String> {
        let states = lines.into_iter();
        states.filter(|line| !line.contains("_PRIORITY")).collect()
    };
    let (original, ours) = (states(original?), states(ours?));
    if original.len() != 2 || ours.len() != 8 {
        return Err(format!("original {original:#?}\nours {ours:#?}"));
    }
    Differences::load().compare("notify/states-on-reload", &original, &ours)?;
    Ok(())
}

/// Which member of a sync group leads the others to MASTER is no matter here: the original waits
/// for the last one to be ready.
fn alike(mut lines: Vec<String>) -> Vec<String> {
    let is_member =
        |line: &str| line.starts_with("INSTANCE \"A\"") || line.starts_with("INSTANCE \"B\"");
    for at in 1..lines.len() {
        if is_member(&lines[at - 1]) && is_member(&lines[at]) && lines[at] < lines[at - 1] {
            lines.swap(at - 1, at);
        }
    }
    lines
}
