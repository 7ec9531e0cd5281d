//! How the processes run: priority, CPUs, memory, file creation mask; and the scripts they start.

use std::fs;

use compat_tests::Subject;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        scenario("process::real_time".to_owned(), || equal(REAL_TIME, 5)),
        scenario("process::nice".to_owned(), || equal(NICE, 7)),
        scenario("process::namespace".to_owned(), namespace),
    ]
}

/// `@` stands for the settings.
const CONF: &str = "\
global_defs {
 script_user root
 @
}
vrrp_script report {
 script \"/bin/sh /etc/report.sh\"
 interval 1
}
vrrp_instance A {
 interface eth9
 virtual_router_id 51
 priority 255
 virtual_ipaddress {
  10.77.0.101
 }
 track_script {
  report
 }
}
";

/// What a script finds about itself.
const REPORT: &str = "\
[ -d /run/told ] || exit 0
about=$(awk '{print $19, $40, $41}' /proc/$$/stat)
echo script $about $(awk '/^(Umask|VmLck):/ {print $2}' /proc/$$/status) > /run/told/new
mv /run/told/new /run/told/script
";

/// Nice value, real-time priority, policy, mask, whether memory is locked, CPUs, limit.
const LOOK: &str = r#"
about() { awk '{print $19, $40, $41}' /proc/$1/stat; awk '/^Umask:/ {print $2}
 /^VmLck:/ {print ($2 > 0) ? "locked" : "free"}
 /^Cpus_allowed_list:/ {print $2}' /proc/$1/status
 awk '/^Max realtime timeout/ {print $4, $5}' /proc/$1/limits; }
says() { [ "$(echo $($1 $2))" = "$3" ]; }
is() { await says about $1 "$2"; echo $(about $1); }
told() { mkdir -p /run/told; await says cat /run/told/script "$1"; cat /run/told/script; rm -r /run/told; }
cpu=$(awk '/^Cpus_allowed_list:/ {split($2, some, /[,-]/); print some[1]}' /proc/self/status)
all=$(awk '/^Cpus_allowed_list:/ {print $2}' /proc/self/status)
sed -i "s/CPU/$cpu/" /etc/process.conf
$keepalived -n -P -f /etc/process.conf -p /run/p.pid -r /run/v.pid > /run/log 2>&1 & daemon=$!
await [ -s /run/v.pid ]; child=$(cat /run/v.pid)
"#;

const REAL_TIME: [&str; 2] = [
    "vrrp_rt_priority 7\n vrrp_rlimit_rttime 4000000\n vrrp_no_swap\n vrrp_cpu_affinity CPU",
    r#"
is $child "0 7 2 0177 locked $cpu 2000000 4000000" | sed "s/ $cpu / CPU /"
told "script 0 0 0 0177 0"
sed -i '/vrrp_rt_p\|rlimit\|no_swap/d' /etc/process.conf
kill -HUP $daemon
usual() { echo $(about $child | sed -n '1p;3p'); }
await says usual '' "0 0 0 free"; usual
[ $child = $(cat /run/v.pid) ] && echo the same process
kill -TERM $daemon; wait $daemon; echo status $?
"#,
];

const NICE: [&str; 2] = [
    "vrrp_priority -5\n umask 027",
    r#"
is $child "-5 0 0 0027 free $all unlimited unlimited" | sed "s/ $all / ALL /"
told "script 0 0 0 0027 0"
grep ^Umask: /proc/$daemon/status
sed -i 's/vrrp_priority -5/vrrp_priority 3/; s/umask 027/umask IWGRP | IWOTH/' /etc/process.conf
kill -HUP $daemon
is $child "3 0 0 0022 free $all unlimited unlimited" | sed "s/ $all / ALL /"
told "script 0 0 0 0022 0"
[ $child = $(cat /run/v.pid) ] && echo the same process
kill -TERM $daemon; wait $daemon; echo status $?
"#,
];

const ELSEWHERE: &str = "\
net_namespace blue
instance edge
vrrp_instance A {
 interface eth9
 virtual_router_id 51
 priority 255
 virtual_ipaddress {
  10.77.0.101
 }
}
";

/// Everything happens in the namespace that the file names, and a reload cannot change that.
const WITHIN: &str = r#"
ip netns add blue
ip link add eth9 netns blue type veth peer name p9 netns blue
ip -n blue link set p9 up; ip -n blue link set eth9 up; ip -n blue address add 10.77.0.1/24 dev eth9
holds() { ip -n blue -o address show dev eth9 | grep -qF $1; }
within() { [ $(stat -L -c %i /proc/$1/ns/net) = $(stat -L -c %i /run/netns/blue) ] && echo within; }
$keepalived -n -l -P -f /etc/process.conf > /run/log 2>&1 & daemon=$!
await holds 10.77.0.101
cd /run/keepalived; await [ -s blue/vrrp_edge.pid ]; find . -name '*.pid' | sort
within $daemon; within $(cat blue/vrrp_edge.pid)
sed -i 's/blue/red/; s/10.77.0.101/&\n10.77.0.102/' /etc/process.conf
kill -HUP $daemon
await grep -q 'Cannot change network namespace at a reload - please restart keepalived' /run/log
holds 10.77.0.102 || echo no reload
kill -TERM $daemon; wait $daemon; echo status $?
holds 10.77.0.101 || echo no address
find . -name '*.pid'
"#;

fn namespace() -> Result<(), String> {
    let [original, ours] = Subject::BOTH.map(|subject| {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let file = folder.path().join("process.conf");
        fs::write(&file, ELSEWHERE).map_err(|error| error.to_string())?;
        let sandbox = Sandbox::new().file("/etc/process.conf", &file);
        let program = subject.keepalived();
        let report = sandbox.run(&format!("keepalived={}\n{WITHIN}", program.display()));
        Ok::<_, String>(report.map_err(|error| error.to_string())?.lines)
    });
    let (original, ours) = (original?, ours?);
    if original.len() != 7 || original != ours {
        return Err(format!("original {original:#?}\nours {ours:#?}"));
    }
    Ok(())
}

/// Both subjects say the same, in this many lines.
fn equal([settings, script]: [&str; 2], count: usize) -> Result<(), String> {
    let [original, ours] = Subject::BOTH.map(|subject| run(subject, settings, script));
    let (original, ours) = (original?, ours?);
    if original.len() != count || original != ours {
        return Err(format!("original {original:#?}\nours {ours:#?}"));
    }
    Ok(())
}

fn run(subject: Subject, settings: &str, script: &str) -> Result<Vec<String>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut sandbox = Sandbox::new().interface("eth9", "10.77.0.1/24");
    for (name, text) in [
        ("process.conf", &CONF.replace('@', settings)[..]),
        ("report.sh", REPORT),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, text).map_err(|error| error.to_string())?;
        sandbox = sandbox.file(&format!("/etc/{name}"), &file);
    }
    let program = subject.keepalived();
    let report = sandbox.run(&format!("keepalived={}\n{LOOK}{script}", program.display()));
    Ok(report.map_err(|error| error.to_string())?.lines)
}
