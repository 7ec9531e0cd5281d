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
    virtual_routes {
        198.51.100.0/24 via 10.77.0.9 dev eth9
        198.51.101.1 src 10.77.0.100 tos 0x10 via 10.77.0.9 dev eth9 table 12 metric 8 onlink \
        realms 5 mtu lock 1400 ssthresh lock 10 cwnd 11 hoplimit 60 rto_min lock 300ms quickack 1
        203.0.113.0/24 dev eth9 metric 5 table 77 no_track
        203.0.114.0/24 dev eth9 protocol 99 scope link no_track
        blackhole 198.18.0.0/15
        prohibit 198.20.0.0/15 dev eth9 table 12
        append 198.51.102.0/24 dev eth9 realms 3/4
        add 198.51.103.0/24 dev eth9 rtt 3s features ecn advmss 1200 initcwnd 9 initrwnd 12
        198.51.104.0/24 nexthop via 10.77.0.8 dev eth9 weight 2 nexthop via 10.77.0.9 dev eth9
        fd00:78::/48 dev eth9 metric 7 pref high expires 300 mtu 1400
        fd00:79::1 via fd00:77::9 dev eth9
    }
    virtual_rules {
        from 10.0.0.0/8 table 77 priority 1000
        to fd00:78::/48 lookup 78 preference 1001 no_track
        from 10.1.0.0/16 iif eth9 blackhole priority 1002
        not from 10.2.0.1 oif eth9 table 5 priority 1003 tos 0x10 fwmark 3/7
        to 10.9.0.0/16 goto 2000 priority 1004
        from 10.4.0.0/16 table main suppress_prefixlength 8 priority 1005 suppress_ifgroup 3
        from 10.5.0.0/16 uidrange 5-9 ipproto udp dport 8-9 table 9 priority 1006 realms 3/4
        from 10.6.0.0/16 unreachable priority 1007
        from 10.8.0.2 table 8 priority 1011 tunnel-id 7
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
    if original.2.len() != 22 || original.2 != ours.2 {
        return Err(format!("original: {:#?}\nours: {:#?}", original.2, ours.2));
    }
    println!(
        "dump: {} lines of counters, {} of routes and rules, and the JSON equal",
        ours.1.len(),
        ours.2.len()
    );
    Ok(())
}

/// The JSON dump without what must differ, the lines of the counters, and those of routes and rules
/// in the state.
type Dumps = (Value, Vec<String>, Vec<String>);

fn dumps(sandbox: &Sandbox, subject: Subject) -> Result<Dumps, String> {
    let keepalived = subject.keepalived();
    // 2.2.7 knows no TMPDIR: it gets a /tmp of its own, which must not hide the program.
    let script = format!(
        "cp {} /run/subject; mount -t tmpfs tmpfs /tmp\n\
         /run/subject -n -l -f /etc/dump.conf > /run/log 2>&1 & daemon=$!\n\
         try() {{ await sh -c \"$1\" || {{ cat /run/log; exit 1; }}; }}\n\
         try 'ip address show dev eth9 | grep -q fd00:77::103'\n\
         try 'grep -q \"Script(chk) succeeded\" /run/log'\n\
         kill -s RTMIN+2 $daemon; try '[ -s /tmp/keepalived.json ]'\n\
         kill -s USR2 $daemon; try 'grep -q \"    Sent: 0\" /tmp/keepalived.stats'\n\
         kill -s USR1 $daemon; try 'grep -q \"VRRP Script = chk\" /tmp/keepalived.data'\n\
         kill -s TERM $daemon; wait $daemon\n\
         cat /tmp/keepalived.json; echo; echo COUNTERS; cat /tmp/keepalived.stats; echo ROUTING\n\
         sed -n '/Virtual Routes/,/priority 1011/p' /tmp/keepalived.data\n",
        keepalived.display()
    );
    let report = sandbox.run(&script).map_err(|error| error.to_string())?;
    let at = report.lines.iter().position(|line| line == "COUNTERS");
    let at = at.ok_or_else(|| format!("no dumps: {:#?}", report.lines))?;
    let (json, rest) = report.lines.split_at(at);
    let at = rest.iter().position(|line| line == "ROUTING");
    let at = at.ok_or_else(|| format!("no state: {rest:#?}"))?;
    let (counters, routing) = rest.split_at(at);
    let json = serde_json::from_str(&json.concat());
    let mut json: Value = json.map_err(|error| format!("{error}: {:#?}", report.lines))?;
    let instances = json.as_array_mut().ok_or("no list")?;
    for instance in instances {
        adjust(instance, subject)?;
    }
    let routing = routing[1..].iter().map(|line| told(line)).collect();
    Ok((json, counters[1..].to_vec(), routing))
}

/// The original adds to some IPv6 routes an index that it has not found.
fn told(line: &str) -> String {
    line.replace(" [installed ifindex 0]", "")
}

/// Times differ, and of 2.4 are the mask over the password and six counters.
fn adjust(instance: &mut Value, subject: Subject) -> Result<(), String> {
    let data = instance["data"].as_object_mut().ok_or("no data")?;
    let since = data.remove("last_transition");
    if !since.as_ref().is_some_and(Value::is_f64) {
        return Err(format!("last_transition is {since:?}"));
    }
    let routes = data.get_mut("vroutes").and_then(Value::as_array_mut);
    for line in routes.into_iter().flatten() {
        *line = line.as_str().map(told).into();
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
