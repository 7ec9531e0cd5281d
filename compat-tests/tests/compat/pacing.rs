//! Announcements that are paced, or made where no adverts go; sources that matter; quiet starts.

use std::fs;

use compat_tests::Subject;
use compat_tests::sandbox::{Report, Sandbox};
use libtest_mimic::Trial;

use crate::clock::scenario;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        scenario("pacing::garp_group".into(), paced),
        scenario("pacing::handed_over".into(), handed_over),
        scenario("pacing::garp_extra_if".into(), elsewhere),
        scenario("pacing::track_src_ip".into(), source),
        scenario("pacing::disable_local_igmp".into(), igmp),
        scenario("pacing::delay_after_boot".into(), after_boot),
        scenario("pacing::linkbeat".into(), polled),
        scenario("pacing::vrf".into(), vrf),
    ]
}

/// Runs `script` where `/etc/node.conf` says `conf`; `KEEPALIVED` in it is the subject.
fn run(subject: Subject, conf: &str, script: &str) -> Result<Report, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("node");
    fs::write(&file, conf).map_err(|error| error.to_string())?;
    let sandbox = Sandbox::new()
        .interface("eth0", "192.0.2.1/24")
        .interface("eth1", "198.51.100.1/24")
        .file("/etc/node.conf", &file);
    let keepalived = subject.keepalived();
    let daemon = format!(
        "{} -n -l -D -f /etc/node.conf > /run/log 2>&1",
        keepalived.display()
    );
    let script = script.replace("DAEMON", &daemon);
    let report = sandbox.run(&script);
    report.map_err(|error| error.to_string())
}

const PACED: &str = "\
garp_group {
 garp_interval 0.2
 interfaces {
  eth0 eth1
 }
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 255
 garp_master_repeat 2
 garp_master_delay 0
 virtual_ipaddress {
  192.0.2.100/24
  192.0.2.101/24
  198.51.100.102/24 dev eth1
 }
}
";

/// What waits for its turn when the daemon is upgraded is announced by the next process, once each.
/// A process that is killed cannot say what was left: all is announced again.
fn handed_over() -> Result<(), String> {
    let conf = PACED
        .replace("interval 0.2", "interval 2")
        .replace("repeat 2", "repeat 1");
    let program = Subject::Ours.keepalived();
    let script = format!(
        "tcpdump -Ulnqi any -Q out arp > /run/arps 2> /run/ready & arps=$!\n\
         await grep -q listening /run/ready\nDAEMON & daemon=$!\n\
         arps() {{ [ $(grep -c ARP /run/arps) -ge $1 ]; }}\n\
         await arps 1; await grep -q 'Startup complete' /run/log\n\
         {} upgrade > /run/upgrade 2>&1 || cat /run/upgrade\n\
         await arps 3\n\
         kill -9 $(cat /run/vrrp.pid); await arps 6\n\
         kill -TERM $daemon; wait $daemon; kill -TERM $arps; wait $arps; cat /run/arps\n",
        program.display()
    );
    let report = run(Subject::Ours, &conf, &script)?;
    let round = ["192.0.2.100", "192.0.2.101", "198.51.100.102"];
    let lines = report.lines.iter().filter(|line| line.contains("ARP"));
    let order: Vec<&str> = lines
        .filter_map(|line| round.into_iter().find(|address| line.contains(address)))
        .collect();
    match order == [round, round].concat() {
        true => Ok(()),
        false => Err(format!("{order:?}\n{:#?}", report.lines)),
    }
}

/// Two interfaces count as one: no announcement comes less than the interval after another, and
/// each address has its turn before any has it again. (2.2.7 keeps the distance, but loses some of
/// the repetitions.)
fn paced() -> Result<(), String> {
    // Seen by the kernel while they are sent, so that a busy machine cannot bring them closer.
    let script = "tcpdump -tt -Ulnqi any -Q out -c 6 arp > /run/arps 2> /run/ready & arps=$!\n\
                  await grep -q listening /run/ready\nDAEMON & daemon=$!\n\
                  timeout 30 tail -s 0.05 --pid=$arps -f /dev/null\n\
                  kill -TERM $daemon; wait $daemon; cat /run/arps\n";
    let ours = asked(&run(Subject::Ours, PACED, script)?);
    let round = ["192.0.2.100", "192.0.2.101", "198.51.100.102"];
    let order: Vec<&str> = ours.iter().map(|(_, address)| address.as_str()).collect();
    if order != [round, round].concat() {
        return Err(format!("{ours:?}"));
    }
    // Clocks are slewed, by less than a thousandth.
    let close = ours.windows(2).any(|two| two[1].0 - two[0].0 < 0.1998);
    match close {
        true => Err(format!("too close: {ours:?}")),
        false => Ok(()),
    }
}

/// Time and address of each request in tcpdump's lines.
fn asked(report: &Report) -> Vec<(f64, String)> {
    let of = |line: &String| {
        let time = line.split(' ').next()?.parse().ok()?;
        let (_, rest) = line.split_once("who-has ")?;
        Some((time, rest.split([' ', ',']).next()?.to_owned()))
    };
    report.lines.iter().filter_map(of).collect()
}

const ELSEWHERE: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 255
 garp_master_repeat 1
 garp_master_delay 0
 garp_extra_if 1
 virtual_ipaddress {
  192.0.2.100/24
 }
 virtual_ipaddress_excluded {
  198.51.100.7/24 dev eth1 use_vmac
  198.51.100.8/24 dev eth1 use_vmac
 }
}
";

/// After the burst, one address of the macvlan goes on being announced, from its MAC address.
fn elsewhere() -> Result<(), String> {
    let script = "tcpdump -Ulnei peer1 -c 5 'arp and src host not 198.51.100.1' \
                  > /run/arps 2> /run/ready & arps=$!\n\
                  await grep -q listening /run/ready\nDAEMON & daemon=$!\n\
                  timeout 60 tail -s 0.05 --pid=$arps -f /dev/null\n\
                  kill -TERM $daemon; wait $daemon; \
                  grep -o '[0-9a-f:]* > ff:.*who-has [0-9.]*' /run/arps | sed 's/, .*who-has/ asks/'\n";
    let [original, ours] =
        Subject::BOTH.map(|subject| run(subject, ELSEWHERE, script).map(|report| report.lines));
    let (original, ours) = (original?, ours?);
    let wanted: Vec<String> = [7, 8, 7, 7, 7]
        .map(|host| format!("00:00:5e:00:01:33 > ff:ff:ff:ff:ff:ff asks 198.51.100.{host}"))
        .to_vec();
    if ours != wanted || original != wanted {
        return Err(format!("the original: {original:#?}, ours: {ours:#?}"));
    }
    Ok(())
}

const SOURCE: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 mcast_src_ip 192.0.2.55
 track_src_ip
 virtual_ipaddress {
  192.0.2.100/24
 }
}
";

/// FAULT without the address, BACKUP with it, FAULT again, as the manual says. (2.2.7 looks only at
/// addresses that it cannot bind to, and stays in FAULT when they come.)
fn source() -> Result<(), String> {
    let script = "count() { [ $(grep -ci \"(A) Entering $1 STATE\" /run/log) -ge $2 ]; }\n\
                  DAEMON & daemon=$!\nawait count FAULT 1\n\
                  ip address add 192.0.2.55/24 dev eth0; await count BACKUP 1\n\
                  await count MASTER 1\n\
                  ip address del 192.0.2.55/24 dev eth0; await count FAULT 2\n\
                  kill -TERM $daemon; wait $daemon\n\
                  grep -oiE 'Entering [A-Z]+ STATE' /run/log | tr a-z A-Z\n";
    let ours = run(Subject::Ours, SOURCE, script)?.lines;
    let wanted = ["FAULT", "BACKUP", "MASTER", "FAULT"].map(|it| format!("ENTERING {it} STATE"));
    if ours != wanted {
        return Err(format!("{ours:#?}"));
    }
    Ok(())
}

const IGMP: &str = "\
global_defs {
 disable_local_igmp
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 255
 virtual_ipaddress {
  192.0.2.100/24
 }
}
";

/// The kernel says nothing of local groups while the daemon runs, and does again after it.
fn igmp() -> Result<(), String> {
    let script = "switch=/proc/sys/net/ipv4/igmp_link_local_mcast_reports\ncat $switch\n\
                  DAEMON & daemon=$!\nawait grep -qi 'Entering MASTER' /run/log\ncat $switch\n\
                  kill -TERM $daemon; wait $daemon; cat $switch\n";
    for subject in Subject::BOTH {
        let report = run(subject, IGMP, script)?;
        if report.lines != ["1", "0", "1"] {
            return Err(format!("{subject:?}: {:#?}", report.lines));
        }
    }
    Ok(())
}

const AFTER_BOOT: &str = "\
global_defs {
 vrrp_delay_after_boot BOOT
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 priority 255
 virtual_ipaddress {
  192.0.2.100/24
 }
}
";

/// Nothing is sent before the host has been up so long, then it is. (The original has it since
/// 2.4.0.)
fn after_boot() -> Result<(), String> {
    let script = "up() { cut -d. -f1 /proc/uptime; }\nboot=$(($(up) + 5))\n\
                  sed -i \"s/BOOT/$boot/\" /etc/node.conf\n\
                  DAEMON & daemon=$!\nawait grep -qi 'Entering MASTER' /run/log\n\
                  [ $(up) -ge $boot ] && echo late enough\n\
                  kill -TERM $daemon; wait $daemon\n\
                  sed -i \"s/$boot/1/\" /etc/node.conf; : > /run/log\n\
                  DAEMON & daemon=$!\nawait grep -qi 'Entering MASTER' /run/log && echo at once\n\
                  kill -TERM $daemon; wait $daemon\n";
    let report = run(Subject::Ours, AFTER_BOOT, script)?;
    match report.lines == ["late enough", "at once"] {
        true => Ok(()),
        false => Err(format!("{:#?}", report.lines)),
    }
}

const POLLED: &str = "\
linkbeat_interfaces {
 eth0 ETHTOOL
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 virtual_ipaddress {
  192.0.2.100/24
 }
}
";

/// A lost carrier is found by asking, by both. A link that the kernel calls dormant has a carrier:
/// ours is content when it asks the driver, and is not when it goes by netlink.
fn polled() -> Result<(), String> {
    let count = "count() { [ $(grep -ci \"(A) Entering $1 STATE\" /run/log) -ge $2 ]; }\n";
    let events = "DAEMON & daemon=$!\nawait count MASTER 1\n\
                  ip link set peer0 down; await count FAULT 1\n\
                  ip link set peer0 up; await count BACKUP 2\n\
                  kill -TERM $daemon; wait $daemon\n\
                  grep -oiE 'Entering [A-Z]+ STATE' /run/log | tr a-z A-Z\n";
    let dormant = "dormant() { ip link show eth0 | grep -q 'state DORMANT'; }\n\
                   ip link set eth0 down; ip link set eth0 mode dormant; ip link set eth0 up\n\
                   await dormant\n";
    let wanted = ["BACKUP", "MASTER", "FAULT", "BACKUP"].map(|it| format!("ENTERING {it} STATE"));
    let runs = [
        (Subject::Original, ""),
        (Subject::Ours, ""),
        (Subject::Ours, dormant),
    ];
    for (subject, before) in runs {
        let report = run(subject, POLLED, &format!("{count}{before}{events}"))?;
        if report.lines != wanted {
            return Err(format!("{subject:?}, {before}: {:#?}", report.lines));
        }
    }
    let netlink = "DAEMON & daemon=$!\nawait count FAULT 1 && echo netlink says so\n\
                   kill -TERM $daemon; wait $daemon\n";
    let plain = POLLED.replace(" eth0 ETHTOOL\n", "");
    let script = format!("{count}{dormant}{netlink}");
    let report = run(Subject::Ours, &plain, &script)?;
    match report.lines == ["netlink says so"] {
        true => Ok(()),
        false => Err(format!("{:#?}", report.lines)),
    }
}

const VRF: &str = "\
vrrp_instance A {
 virtual_router_id 51
 version 3
 priority 255
 unicast_src_ip 192.0.2.1
 vrf eth1
 unicast_peer {
  203.0.113.9
 }
 virtual_ipaddress {
  192.0.2.100/24 dev eth0
 }
}
";

/// What binds to a VRF binds to any device: adverts leave by it, whatever other routes there are.
/// (The original needs an interface before 2.3.)
fn vrf() -> Result<(), String> {
    let script = "ip route add 203.0.113.0/24 dev eth0 metric 10\n\
                  ip route add 203.0.113.0/24 dev eth1 metric 20\n\
                  ip neighbour add 203.0.113.9 lladdr 02:00:00:00:00:02 dev eth0\n\
                  ip neighbour add 203.0.113.9 lladdr 02:00:00:00:00:02 dev eth1\n\
                  tcpdump -Ulni PEER -c 2 'ip proto 112' > /run/adverts 2> /run/ready & adverts=$!\n\
                  await grep -q listening /run/ready\nDAEMON & daemon=$!\n\
                  timeout 30 tail -s 0.05 --pid=$adverts -f /dev/null\n\
                  kill -TERM $daemon; wait $daemon\n\
                  grep -o '192.0.2.1 > 203.0.113.9' /run/adverts\n";
    let plain = VRF.replace(" vrf eth1\n", "");
    for (conf, peer) in [(VRF, "peer1"), (plain.as_str(), "peer0")] {
        let report = run(Subject::Ours, conf, &script.replace("PEER", peer))?;
        if report.lines != ["192.0.2.1 > 203.0.113.9"; 2] {
            return Err(format!("over {peer}: {:#?}", report.lines));
        }
    }
    Ok(())
}
