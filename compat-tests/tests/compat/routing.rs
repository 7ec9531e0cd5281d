//! What is in the kernel because of a configuration: addresses, routes and rules of a master and
//! static ones, after the takeover, after a reload, after somebody deleted some, and after the end;
//! ours and the original's.

use std::fs;

use compat_tests::Subject;
use compat_tests::differences::Differences;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

const INSTANCE: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 version 3
 advert_int 0.1
";

/// A configuration, another one to reload, and commands between. That a configuration is in place
/// is told by a rule for table 99 (before) or 98 (after the reload). The last block is closed by
/// [`compare`].
struct Case {
    name: &'static str,
    first: &'static str,
    second: &'static str,
    between: &'static str,
}

const ADDRESSES: &str = " virtual_ipaddress {\n  192.0.2.100/24\n  192.0.2.101/24 dev eth1 scope link label eth1:1 brd 192.0.2.255\n }\n";

const CASES: &[Case] = &[
    Case {
        name: "virtual-routes",
        first: "\
 virtual_routes {
  203.0.113.0/24 via 192.0.2.9 dev eth0
  203.0.114.0/24 dev eth1
  203.0.115.0/24 via 198.51.100.9
  blackhole 203.0.116.0/24
  203.0.117.0/24 via 192.0.2.9 dev eth0 src 192.0.2.100 metric 7 mtu lock 1400 advmss 1300 rtt 500ms
  203.0.118.0/24 nexthop via 192.0.2.8 dev eth0 weight 2 nexthop via 198.51.100.8 dev eth1 weight 3
  2001:db8:2::/48 via 2001:db8:1::9 dev eth0
  2001:db8:3::/48 dev eth1 metric 5 table 100 pref high
  unreachable 203.0.121.0/24 table 100
  throw 203.0.123.0/24 metric 3 table 3000
  203.0.124.0/24 dev eth0 realms 5/6 tos 8
  203.0.125.0/24 dev eth0 table 100 scope host
  prohibit 2001:db8:4::/48
  203.0.126.0/24 dev eth0 encap ip id 5 dst 192.0.2.7 src 192.0.2.1 tos 4 ttl 5
  203.0.127.0/24 dev eth0 congctl cubic initcwnd 10 initrwnd 11 quickack 1 features ecn hoplimit 9
  203.0.128.0/24 dev eth0 window 1000 cwnd lock 5 ssthresh 6 rto_min 300ms reordering 4
  203.0.129.0/24 dev eth0 protocol static no_track
  203.0.130.0/24 dev eth0 onlink via 10.9.9.9
  203.0.131.0/24 via 192.0.2.8 dev eth0 append
 }
 virtual_rules {
  to 203.0.113.0/24 table 99 preference 99
 }
",
        second: "\
 virtual_routes {
  203.0.113.0/24 via 192.0.2.9 dev eth0
  203.0.118.0/24 nexthop via 192.0.2.8 dev eth0 weight 2 nexthop via 198.51.100.8 dev eth1 weight 3
  203.0.117.0/24 via 192.0.2.9 dev eth0 src 192.0.2.100 metric 8
  203.0.132.0/24 dev eth1
 }
 virtual_rules {
  to 203.0.113.0/24 table 98 preference 99
 }
",
        between: "",
    },
    Case {
        name: "virtual-rules",
        first: "\
 virtual_rules {
  from 203.0.113.0/24 table 100 preference 100
  to 203.0.113.0/24 lookup 101 priority 101
  fwmark 5/7 table 102 preference 102
  iif eth0 oif eth1 blackhole preference 103
  from all goto 200 preference 104
  from 1.2.3.4 nop preference 200
  from 2001:db8::/32 table 100 preference 105
  not from 1.2.3.4 prohibit preference 106
  table main suppress_prefixlength 0 preference 107
  table main suppress_ifgroup 5 preference 108
  uidrange 1-5 table 100 preference 109
  ipproto tcp sport 80-90 dport 100-100 table 100 preference 110
  tunnel-id 77 table 100 preference 111
  l3mdev preference 113
  tos 8 table 100 preference 114
  realms 5/6 table 100 preference 115
  protocol 5 table 100 preference 117 no_track
  fwmark 0x9 table 3000 preference 120
  from 1.1.1.1 table 99
 }
",
        second: "\
 virtual_rules {
  from 203.0.113.0/24 table 100 preference 100
  to 203.0.113.0/24 lookup 102 priority 101
  from 1.2.3.4 nop preference 200
  from 1.1.1.2 table 98 preference 300
 }
",
        between: "",
    },
    Case {
        name: "deleted",
        first: "\
 virtual_routes {
  203.0.113.0/24 via 192.0.2.9 dev eth0
  203.0.114.0/24 dev eth0 no_track
 }
 virtual_rules {
  from 203.0.113.0/24 table 99 preference 100
 }
",
        second: "\
 virtual_routes {
  203.0.113.0/24 via 192.0.2.9 dev eth0
 }
 virtual_rules {
  from 203.0.113.0/24 table 98 preference 100
 }
",
        between: "\
ip route del 203.0.114.0/24; show untracked-route-deleted
ip route del 203.0.113.0/24
await has 'ip -4 route show 203.0.113.0/24' via; await has 'ip rule' 'lookup 99'; show tracked-route-deleted
ip rule del preference 100; await has 'ip rule' 'lookup 99'; show tracked-rule-deleted
",
    },
    Case {
        name: "static",
        first: "\
}
track_group tg {
 group { A }
}
static_ipaddress {
 192.0.2.50/24 dev eth0
 10.9.0.1/24 dev eth1 scope link track_group tg
 2001:db8:5::1/64 dev eth1
 10.9.1.1/24 dev eth1 noprefixroute
}
static_routes {
 203.0.113.0/24 via 192.0.2.9 dev eth0
 203.0.114.0/24 dev eth1
 203.0.115.0/24 dev eth1 src 10.9.0.1 track_group tg
 203.0.116.0/24 dev eth1 no_track
}
static_rules {
 from 203.0.113.0/24 table 99 preference 100
 from 203.0.114.0/24 iif eth1 table 100 preference 101 track_group tg
",
        second: "\
}
static_ipaddress {
 192.0.2.50/24 dev eth0
 10.9.0.2/24 dev eth1 scope link
}
static_routes {
 203.0.113.0/24 via 192.0.2.9 dev eth0
 203.0.114.0/24 dev eth1 metric 5
}
static_rules {
 from 203.0.113.0/24 table 98 preference 100
",
        between: "\
ip route del 203.0.116.0/24; ip route del 203.0.113.0/24
await has 'ip route' 203.0.113.0; show route-deleted
ip rule del preference 100; await has 'ip rule' 'lookup 99'; show rule-deleted
ip address del 192.0.2.50/24 dev eth0; await has 'ip address' 192.0.2.50; show address-deleted
ip link set eth1 down; await has_not 'ip -4 route' 203.0.114.0; await has_not 'ip address' 192.0.2.101; show down
ip link set eth1 up
await has 'ip -4 route' 203.0.114.0; await has 'ip -4 route' 203.0.115.0
await has 'ip -6 address' 2001:db8:5::1; await has 'ip address' 192.0.2.101; show up-again
",
    },
    Case {
        name: "dynamic",
        first: "\
}
global_defs {
 dynamic_interfaces
}
static_ipaddress {
 10.9.0.1/24 dev eth7
 2001:db8:7::1/64 dev eth7
}
static_routes {
 203.0.113.0/24 dev eth7
 203.0.114.0/24 dev eth0
}
static_rules {
 from 10.9.0.0/24 table 99 preference 100
",
        second: "\
}
global_defs {
 dynamic_interfaces
}
static_ipaddress {
 2001:db8:7::1/64 dev eth7
}
static_rules {
 from 10.9.0.0/24 table 98 preference 100
",
        between: "\
ip link add eth7 index 70 type veth peer name peer7; ip link set eth7 up; ip link set peer7 up
await has 'ip route' 203.0.113.0; await has 'ip -6 address' db8:7; show appeared
ip link del eth7; await has_not 'ip route' 203.0.113.0; show gone
ip link add eth7 index 71 type veth peer name peer7; ip link set eth7 up; ip link set peer7 up
await has 'ip route' 203.0.113.0; await has 'ip -6 address' db8:7; show again
",
    },
    Case {
        name: "interface",
        first: "\
 dont_track_primary
 promote_secondaries
 virtual_rules {
  from 203.0.113.0/24 table 99 preference 100
 }
",
        second: "\
 dont_track_primary
 virtual_rules {
  from 203.0.113.0/24 table 98 preference 100
 }
",
        between: "\
cat /proc/sys/net/ipv4/conf/eth0/promote_secondaries
ip link set peer0 down; await has 'cat /run/log' 'eth0 down'; settle; show down
ip link set peer0 up; settle
",
    },
    Case {
        name: "kinder",
        first: "\
 virtual_routes {
  203.0.113.9/24 via 192.0.2.9 dev eth0
  203.0.114.0/24
  203.0.115.0/24 via 192.0.2.7 or 192.0.2.6 dev eth0
  local 203.0.116.1 dev lo
  broadcast 203.0.117.255 dev eth0
 }
 virtual_rules {
  from 203.0.113.0/24 table 99 preference 100
 }
",
        second: "\
 virtual_rules {
  from 203.0.113.0/24 table 98 preference 100
 }
",
        between: "",
    },
];

pub(crate) fn trials() -> Vec<Trial> {
    let trial =
        |case: &'static Case| scenario(format!("routing::{}", case.name), move || compare(case));
    let killed = scenario("routing::killed".to_owned(), killed);
    CASES.iter().map(trial).chain([killed]).collect()
}

/// All processes of ours are killed at once: what they leave behind, the next start removes. They
/// are stopped first, so that none of them sees another's death and tidies up.
fn killed() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut sandbox = Sandbox::new()
        .interface("eth0", "192.0.2.1/24")
        .interface("eth1", "198.51.100.1/24");
    let routes = "static_routes {\n 203.0.113.0/24 dev eth1\n}\n";
    let held = " virtual_routes {\n  203.0.114.0/24 dev eth1\n }\n virtual_rules {\n  from 203.0.113.0/24 table 99 preference 100\n }\n";
    let full = format!("{routes}{INSTANCE}{ADDRESSES}{held}}}\n");
    let bare = format!(
        "{INSTANCE} priority 1\n advert_int 40\n no_virtual_ipaddress\n virtual_ipaddress {{\n  192.0.2.222\n }}\n}}\n"
    );
    for (name, text) in [("full", full), ("bare", bare)] {
        let path = folder.path().join(name);
        fs::write(&path, text).map_err(|error| error.to_string())?;
        sandbox = sandbox.file(&format!("/etc/{name}.conf"), &path);
    }
    let keepalived = Subject::Ours.keepalived();
    let keepalived = keepalived.display();
    let report = sandbox.run(&format!(
        "{FUNCTIONS}{keepalived} -n -l -f /etc/full.conf >/run/log 2>&1 & daemon=$!\n\
         await has 'ip rule' 'lookup 99'; await has 'ip -4 route' 203.0.114; await has 'ip address' 192.0.2.101\n\
         child=$(cat /run/vrrp.pid); kill -STOP $daemon $child; kill -9 $daemon $child\n\
         wait $daemon; await has_not \"cat /proc/$child/cmdline\" keepalived 2>/run/none\n\
         show left | grep -c keepalived\n\
         {keepalived} -n -l -f /etc/bare.conf >/run/log 2>&1 & daemon=$!\n\
         await has_not 'ip rule' 'lookup 99'; await has_not 'ip -4 route' 203.0.11\n\
         await has_not 'ip address' 192.0.2.10\n\
         show removed; kill -TERM $daemon; wait $daemon\n"
    ));
    let lines = report.map_err(|error| error.to_string())?.lines;
    // The shell says "Killed".
    let others = ["192.0.2.1/24", "198.51.100.1/24", "Killed"];
    let own = |line: &&String| !others.iter().any(|other| line.contains(other));
    let lines: Vec<&String> = lines.iter().filter(own).collect();
    if lines == ["3", "## removed"] {
        return Ok(());
    }
    Err(format!("after all processes were killed: {lines:#?}"))
}

/// What the scripts use: shows what is there at each point, without what the kernel adds by itself;
/// waits for a word to appear in what a command prints, or to disappear, or for nothing to change.
const FUNCTIONS: &str = "\
show() { echo \"## $1\"
{ for v in -4 -6; do ip $v -d route show table all; ip $v -d rule; done
ip -d -o address; } | grep -vE 'proto kernel|fe80|^1: lo' | sed 's/valid_lft.*//'; }
settle() { while now=$(show now); [ \"$before\" != \"$now\" ]; do before=$now; sleep 0.2; done; }
";

fn compare(case: &Case) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut sandbox = Sandbox::new()
        .interface("eth0", "192.0.2.1/24")
        .interface("eth1", "198.51.100.1/24");
    for (name, text) in [("first", case.first), ("second", case.second)] {
        let path = folder.path().join(name);
        fs::write(&path, format!("{INSTANCE}{ADDRESSES}{text}}}\n"))
            .map_err(|error| error.to_string())?;
        sandbox = sandbox.file(&format!("/etc/{name}.conf"), &path);
    }
    let [original, ours] = Subject::BOTH.map(|subject| {
        let report = sandbox.run(&script(subject, case.between));
        report.map_err(|error| error.to_string())
    });
    let (original, ours) = (original?.lines, ours?.lines);
    let sections = |lines: &[String]| lines.iter().filter(|line| line.starts_with("##")).count();
    if sections(&original) < 3 || original.iter().any(|line| line.starts_with("no ")) {
        return Err(format!("{}: the original shows {original:#?}", case.name));
    }
    Differences::load().compare_lines(&format!("routing/{}", case.name), &original, &ours)?;
    println!("routing/{}: {} lines equal", case.name, original.len());
    Ok(())
}

fn script(subject: Subject, between: &str) -> String {
    let keepalived = subject.keepalived();
    let keepalived = keepalived.display();
    format!(
        "ip address add 2001:db8:1::1/64 dev eth0 nodad\n\
         {FUNCTIONS}\
         cp /etc/first.conf /etc/it.conf\n\
         {keepalived} -n -l -D -f /etc/it.conf >/run/log 2>&1 & daemon=$!\n\
         await has 'ip rule' 'lookup 99'; await has 'ip address' 192.0.2.101\n\
         show master\n{between}\
         cp /etc/second.conf /etc/it.conf; kill -HUP $daemon\n\
         await has 'ip rule' 'lookup 98'; settle; show reloaded\n\
         kill -TERM $daemon; wait $daemon; show stopped\n\
         cat /proc/sys/net/ipv4/conf/eth0/promote_secondaries\n"
    )
}
