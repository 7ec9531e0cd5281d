//! What whoever is notified gets: the lines in pipes, of ours and of the original, in their order.

use std::fs;

use compat_tests::Subject;
use compat_tests::differences::Differences;
use compat_tests::programs::built;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        scenario("notify::pipes".to_owned(), pipes),
        scenario("notify::states_on_reload".to_owned(), states_on_reload),
        scenario("notify::mail".to_owned(), mail),
        scenario("notify::mail_refused".to_owned(), mail_refused),
        scenario("notify::hooks".to_owned(), hooks),
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
heard() { want=$1; shift; await has_lines "$want" 'cat /run/lines' "$*"; }
come() { await [ -e "$1" ]; }
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
# One that has not ended yet could take lines along.
{ kill $cat; wait $cat; } 2>/dev/null || :
: > /run/lines
cat <&9 > /run/lines & cat=$!
kill -HUP $daemon
heard 1 '"LAST" MASTER'
kill $cat
kill -TERM $daemon; wait $daemon
"#;
    let option = "fifo_write_vrrp_states_on_reload";
    // Groups come first, and ours tells of instances, too.
    let last = [(Subject::Original, "H"), (Subject::Ours, "F")];
    let [original, ours] =
        last.map(|(subject, last)| run(subject, option, &body.replace("LAST", last)));
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

/// A group and two instances that write.
const MAIL: &str = r#"
global_defs {
 router_id NODE
 notification_email {
  a@example.com
  b@example.com c@example.com
 }
 notification_email_from lb@example.com
 smtp_server 127.0.0.1 2525
 smtp_helo_name helo.example
 smtp_alert_vrrp
}
vrrp_sync_group G {
 group {
  A
 }
}
vrrp_instance A {
 interface eth9
 virtual_router_id 51
 priority 150
 virtual_ipaddress {
  10.77.0.101
 }
}
vrrp_instance B {
 interface eth9
 virtual_router_id 52
 priority 100
 virtual_ipaddress {
  10.77.0.102
 }
 notify_deleted
}
vrrp_instance C {
 interface eth9
 virtual_router_id 53
 priority 50
 smtp_alert off
 virtual_ipaddress {
  10.77.0.103
 }
}
"#;

/// Letters are sent at once and arrive in any order. The original loses those of its start and of
/// its end.
fn mail() -> Result<(), String> {
    let script = format!(
        r#"
heard() {{ await has_lines "$1" 'cat /run/letters' "$2"; }}
{} relay 127.0.0.1:2525 > /run/letters & relay=$!
$keepalived -n -P -f /etc/mail.conf > /run/log 2>&1 & daemon=$!
heard 3 'Entering MASTER'
ip link set peer0 down
heard 3 'Entering FAULT'
ip link set peer0 up
heard 6 'Entering MASTER'
sed -i '/vrrp_instance B/,$d' /etc/mail.conf
kill -HUP $daemon
heard 1 'Deleted'
kill -TERM $daemon; wait $daemon
kill $relay
cat /run/letters
"#,
        built("stand-in").display()
    );
    let [original, ours] = Subject::BOTH.map(|subject| daemon(subject, "mail", MAIL, &script));
    let (original, mut ours) = (unique(original?), unique(ours?));
    let last = ours.len();
    ours.retain(|letter| !letter.contains("- Stopping"));
    if original.len() != 10 || last != ours.len() + 2 {
        return Err(format!("original {original:#?}\nours {ours:#?}"));
    }
    Differences::load().compare("notify/mail", &original, &ours)?;
    println!("notify/mail: {} letters equal", original.len());
    Ok(())
}

/// A relay that refuses the sender, or the only recipient, is taken leave of.
fn mail_refused() -> Result<(), String> {
    let conf = MAIL.replace("  b@example.com c@example.com\n", "");
    for refused in ["MAIL", "RCPT"] {
        let script = format!(
            r#"
{} relay 127.0.0.1:2525 {refused} > /run/talks & relay=$!
$keepalived -n -P -f /etc/mail.conf > /run/log 2>&1 & daemon=$!
await has_lines 3 'cat /run/talks' QUIT
kill -TERM $daemon; wait $daemon
kill $relay
cat /run/talks
"#,
            built("stand-in").display()
        );
        let [original, ours] = Subject::BOTH.map(|subject| daemon(subject, "mail", &conf, &script));
        let (original, ours) = (unique(original?), unique(ours?));
        if original.len() != 1 {
            return Err(format!("the original: {original:#?}"));
        }
        Differences::load().compare("notify/mail-refused", &original, &ours)?;
    }
    Ok(())
}

fn unique(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines.dedup();
    lines
}

const HOOKS: &str = r#"
global_defs {
 script_user root
 startup_script "/etc/hook startup"
 startup_script_timeout 1
 shutdown_script "/etc/hook shutdown"
}
vrrp_instance A {
 interface eth9
 virtual_router_id 51
 priority 255
 virtual_ipaddress {
  10.77.0.101
 }
}
"#;

/// The children start after the first script, however it ends, and end before the last one.
fn hooks() -> Result<(), String> {
    let script = r#"
cat > /etc/hook <<'END'
#!/bin/sh
echo "$1 runs, addresses: $(ip -4 -o address show dev eth9 | grep -c 10.77.0.101)" >> /run/told
[ $1 = shutdown ] || sleep 100
END
chmod 755 /etc/hook
$keepalived -n -P -f /etc/hooks.conf > /run/log 2>&1 & daemon=$!
await has 'ip -o address show dev eth9' 10.77.0.101 && echo master after a startup script that hangs
kill -TERM $daemon; wait $daemon; echo status $?
cat /run/told
"#;
    let [original, ours] = Subject::BOTH.map(|subject| daemon(subject, "hooks", HOOKS, script));
    let (original, ours) = (original?, ours?);
    if original.len() != 4 {
        return Err(format!("the original: {original:#?}"));
    }
    Differences::load().compare("notify/hooks", &original, &ours)?;
    Ok(())
}

/// What `script` prints on a host with `/etc/NAME.conf`.
fn daemon(subject: Subject, name: &str, conf: &str, script: &str) -> Result<Vec<String>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("conf");
    fs::write(&file, conf).map_err(|error| error.to_string())?;
    let sandbox = Sandbox::new()
        .interface("eth9", "10.77.0.1/24")
        .file(&format!("/etc/{name}.conf"), &file);
    let program = subject.keepalived();
    let report = sandbox.run(&format!("keepalived={}\n{script}", program.display()));
    Ok(report.map_err(|error| error.to_string())?.lines)
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
