//! What programs read of a running daemon: the JSON dump and the counters, ours and the original's.

use std::fs;

use compat_tests::Subject;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;
use serde_json::Value;

use crate::clock::scenario;

/// An owner, which is master at once, and a backup that stays one. Adverts are so far apart that
/// each has sent as many as the other program's when it is looked at.
const TEXT: &str = "\
vrrp_script chk {
    script \"/usr/bin/true x\"
    interval 1
    weight 5
}
vrrp_instance OWNER {
    state MASTER
    interface eth9
    virtual_router_id 51
    priority 255
    advert_int 30
    authentication {
        auth_type PASS
        auth_pass abcdefgh
    }
    garp_master_delay 1
    garp_master_refresh 60
    virtual_ipaddress {
        10.77.0.100/24
        10.77.0.101/32 dev eth9 label eth9:1
        10.77.0.102/24 brd 10.77.0.255
    }
    virtual_ipaddress_excluded {
        fd00:77::102/64
        fd00:77::103/64 preferred_lft 0
    }
    notify \"/usr/bin/true told\"
    notify_master /usr/bin/true
    notify_stop \"/usr/bin/true a 'b c'\"
}
vrrp_instance OTHER {
    interface eth9
    virtual_router_id 52
    priority 100
    version 3
    advert_int 40
    nopreempt
    track_interface {
        eth9 weight 2
    }
    track_script {
        chk
    }
    virtual_ipaddress {
        fe80::100/64
        fd00:77::100/64
    }
}
";

pub(crate) fn trials() -> Vec<Trial> {
    vec![scenario("dump::json_and_counters".to_owned(), compare)]
}

fn compare() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("dump.conf");
    fs::write(&file, TEXT).map_err(|error| error.to_string())?;
    let sandbox = Sandbox::new()
        .interface("eth9", "10.77.0.1/24")
        .file("/etc/dump.conf", &file);
    let [original, ours] = Subject::BOTH.map(|subject| dumps(&sandbox, subject));
    let (original, ours) = (original?, ours?);
    if original.0 != ours.0 {
        return Err(format!("original: {:#}\nours: {:#}", original.0, ours.0));
    }
    if original.1 != ours.1 {
        return Err(format!("original: {:#?}\nours: {:#?}", original.1, ours.1));
    }
    println!(
        "dump: {} lines of counters and the JSON equal",
        ours.1.len()
    );
    Ok(())
}

/// The JSON dump without what must differ, and the lines of the counters.
fn dumps(sandbox: &Sandbox, subject: Subject) -> Result<(Value, Vec<String>), String> {
    let keepalived = subject.keepalived();
    // 2.2.7 knows no TMPDIR.
    let script = format!(
        "{} -n -l -f /etc/dump.conf > /run/log 2>&1 & daemon=$!\n\
         await() {{ for n in $(seq 400); do eval \"$1\" && return; sleep 0.05; done; \
         echo \"waited in vain: $1\"; cat /run/log; exit 1; }}\n\
         await 'ip address show dev eth9 | grep -q fd00:77::103'\n\
         await 'grep -q \"Script(chk) succeeded\" /run/log'\n\
         kill -s RTMIN+2 $daemon; await '[ -s /tmp/keepalived.json ]'\n\
         kill -s USR2 $daemon; await 'grep -q \"    Sent: 0\" /tmp/keepalived.stats'\n\
         kill -s TERM $daemon; wait $daemon\n\
         cat /tmp/keepalived.json; echo; echo COUNTERS; cat /tmp/keepalived.stats\n",
        keepalived.display()
    );
    let report = sandbox.run(&script).map_err(|error| error.to_string())?;
    let at = report.lines.iter().position(|line| line == "COUNTERS");
    let at = at.ok_or_else(|| format!("no dumps: {:#?}", report.lines))?;
    let (json, counters) = report.lines.split_at(at);
    let json = serde_json::from_str(&json.concat());
    let mut json: Value = json.map_err(|error| format!("{error}: {:#?}", report.lines))?;
    let instances = json.as_array_mut().ok_or("no list")?;
    for instance in instances {
        adjust(instance, subject)?;
    }
    Ok((json, counters[1..].to_vec()))
}

/// Times differ, and of 2.4 are the mask over the password and six counters.
fn adjust(instance: &mut Value, subject: Subject) -> Result<(), String> {
    let data = instance["data"].as_object_mut().ok_or("no data")?;
    let since = data.remove("last_transition");
    if !since.as_ref().is_some_and(Value::is_f64) {
        return Err(format!("last_transition is {since:?}"));
    }
    let password = data.remove("auth_data");
    let expected = match subject {
        Subject::Original => "abcdefgh",
        Subject::Ours => "********",
    };
    if password.is_some_and(|password| password != expected) {
        return Err("auth_data is neither masked nor the password".to_owned());
    }
    let stats = instance["stats"].as_object_mut().ok_or("no stats")?;
    let before = stats.len();
    stats.retain(|name, _| !name.starts_with("auth_ext_"));
    let of_extensions = before - stats.len();
    let expected = if subject == Subject::Ours { 6 } else { 0 };
    if of_extensions != expected {
        return Err(format!("{of_extensions} counters of extensions"));
    }
    Ok(())
}
