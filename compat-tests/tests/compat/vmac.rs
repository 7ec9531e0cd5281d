//! Macvlans: what is in the kernel and on the wire because of `use_vmac`, ours and the original's;
//! the two as each other's neighbours; what is left after all processes were killed.

use std::fs;
use std::path::Path;

use compat_tests::Subject;
use compat_tests::differences::Differences;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

const FIRST: &str = "\
global_defs {
 vmac_addr_prefix vip
}
vrrp_instance A4 {
 interface eth0
 virtual_router_id 51
 version 3
 advert_int 0.1
 use_vmac
 virtual_ipaddress {
  192.0.2.100/24
 }
 virtual_ipaddress_excluded {
  198.51.100.7/24 dev eth1
  198.51.100.8/24 dev eth1 use_vmac
 }
}
vrrp_instance A6 {
 interface eth0
 virtual_router_id 51
 advert_int 0.1
 use_vmac
 virtual_ipaddress {
  2001:db8:1::100/64
 }
}
vrrp_instance B4 {
 interface eth1
 virtual_router_id 52
 version 3
 advert_int 0.1
 use_vmac
 use_vmac_addr
 virtual_ipaddress {
  198.51.100.9/24
 }
 virtual_ipaddress_excluded {
  2001:db8:2::9/64
 }
}
vrrp_instance C {
 interface eth0
 virtual_router_id 77
 version 3
 advert_int 0.1
 use_vmac named 00:11:22:33:44:55
 vmac_xmit_base
 virtual_ipaddress {
  192.0.2.107/24
 }
}
";

const SECOND: &str = "\
vrrp_instance A4 {
 interface eth0
 virtual_router_id 51
 version 3
 advert_int 0.1
 use_vmac
 virtual_ipaddress {
  192.0.2.100/24
  192.0.2.101/24
 }
}
";

/// A node of a pair: interface and priority.
const NODE: &str = "\
vrrp_instance A {
 interface @
 virtual_router_id 51
 version 3
 priority #
 advert_int 0.2
 use_vmac
 virtual_ipaddress {
  192.0.2.100/24
 }
}
";

const BARE: &str = "\
vrrp_instance A {
 interface eth1
 virtual_router_id 99
 advert_int 40
 virtual_ipaddress {
  198.51.100.99/24
 }
}
";

const FUNCTIONS: &str = "\
show() { echo \"## $1\"
ip -d -o link show type macvlan | sed 's/^[0-9]*: //; s/<.*default//; s/numtxqueues.*//; s/brd.*macvlan/macvlan/; s/qlen 1000//; s/bcqueuelen [0-9]*//; s/usedbcqueuelen [0-9]*//' | tr -s ' \\\\'
ip -o address | grep -vE 'fe80|^1: lo' | sed 's/^[0-9]*: //; s/valid_lft.*//' | sort; }
value() { for f in $*; do [ -e /proc/sys/net/$f ] && echo $f $(cat /proc/sys/net/$f); done; }
";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        scenario("vmac::kernel".to_owned(), kernel),
        scenario("vmac::given_up".to_owned(), given_up),
        scenario("vmac::reload".to_owned(), reload),
        scenario("vmac::wire::v4".to_owned(), || {
            wire("v4", " use_vmac\n", WIRE4, ["ip proto 112", "arp"])
        }),
        scenario("vmac::wire::v6".to_owned(), || {
            wire("v6", " use_vmac\n", WIRE6, HEARD6)
        }),
        scenario("vmac::wire::v6-without".to_owned(), || {
            wire("v6-without", "", WIRE6, HEARD6)
        }),
        scenario("vmac::wire::v6-unicast".to_owned(), || {
            let peers = " unicast_src_ip fe80::1\n unicast_peer {\n  fe80::2\n }\n";
            wire("v6-unicast", peers, WIRE6, HEARD6)
        }),
        scenario("vmac::pair::ours-first".to_owned(), || {
            pair(Subject::Ours, Subject::Original)
        }),
        scenario("vmac::pair::original-first".to_owned(), || {
            pair(Subject::Original, Subject::Ours)
        }),
        scenario("vmac::moved".to_owned(), moved),
        scenario("vmac::killed".to_owned(), killed),
        scenario("vmac::closed".to_owned(), closed),
        scenario("vmac::quiet".to_owned(), quiet),
    ]
}

fn host(folder: &Path, files: &[(&str, String)]) -> Result<Sandbox, String> {
    let mut sandbox = Sandbox::new()
        .interface("eth0", "192.0.2.1/24")
        .interface("eth1", "198.51.100.1/24");
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| error.to_string())?;
        sandbox = sandbox.file(&format!("/etc/{name}.conf"), &path);
    }
    Ok(sandbox)
}

fn folder() -> Result<tempfile::TempDir, String> {
    tempfile::tempdir().map_err(|error| error.to_string())
}

/// Links, addresses and switches as masters and after the end.
fn kernel() -> Result<(), String> {
    let folder = folder()?;
    let sandbox = host(folder.path(), &[("first", FIRST.to_owned())])?;
    let [original, ours] = Subject::BOTH.map(|subject| {
        let keepalived = subject.keepalived();
        let keepalived = keepalived.display();
        let report = sandbox.run(&format!(
            "{FUNCTIONS}sysctl -qw net.ipv4.conf.all.rp_filter=1\n\
             {keepalived} -n -l -D -f /etc/first.conf >/run/log 2>&1 & daemon=$!\n\
             for address in 192.0.2.100 198.51.100.8 db8:1::100 198.51.100.9 db8:2::9 192.0.2.107\n\
             do await has 'ip address' $address; done\n\
             show master\n\
             for link in vrrp.51 vrrp.52 named; do for switch in arp_ignore accept_local \
             rp_filter promote_secondaries; do value ipv4/conf/$link/$switch; done; done\n\
             for link in vrrp.51 vrrp6.51 named; do \
             value ipv6/conf/$link/disable_ipv6 ipv6/conf/$link/addr_gen_mode; done\n\
             value ipv4/conf/eth0/arp_ignore ipv4/conf/eth0/arp_filter ipv4/conf/eth0/rp_filter \
             ipv4/conf/all/rp_filter ipv4/conf/eth1/arp_ignore ipv4/conf/eth1/arp_filter\n\
             kill -TERM $daemon; wait $daemon; show stopped\n\
             value ipv4/conf/all/rp_filter ipv4/conf/eth0/rp_filter\n"
        ));
        report.map_err(|error| error.to_string())
    });
    let (original, ours) = (original?.lines, ours?.lines);
    if original.iter().any(|line| line.starts_with("no ")) {
        return Err(format!("the original shows {original:#?}"));
    }
    Differences::load().compare_lines("vmac/kernel", &original, &ours)?;
    println!("vmac/kernel: {} lines equal", original.len());
    Ok(())
}

/// What both configurations have stays as it is, the rest goes. The original's process dies of this
/// reload.
fn reload() -> Result<(), String> {
    let folder = folder()?;
    let files = [("first", FIRST.to_owned()), ("second", SECOND.to_owned())];
    let sandbox = host(folder.path(), &files)?;
    let keepalived = Subject::Ours.keepalived();
    let keepalived = keepalived.display();
    let report = sandbox.run(&format!(
        "{FUNCTIONS}cp /etc/first.conf /etc/it.conf\n\
         {keepalived} -n -l -f /etc/it.conf >/run/log 2>&1 & daemon=$!\n\
         for address in 192.0.2.100 198.51.100.8 db8:1::100 198.51.100.9 db8:2::9 192.0.2.107\n\
         do await has 'ip address' $address; done\n\
         both() {{ ip -o link show vrrp.51; ip -o address show to 192.0.2.100; }}; both > /run/before\n\
         cp /etc/second.conf /etc/it.conf; kill -HUP $daemon; await has 'ip address' 192.0.2.101\n\
         for link in vip.5 vrrp.52 vrrp6.51 named; do await has_not 'ip link' $link; done\n\
         both | diff /run/before -; cat /proc/sys/net/ipv4/conf/*/arp_ignore | sort | uniq -c\n\
         kill -TERM $daemon; wait $daemon\n\
         cat /proc/sys/net/ipv4/conf/*/arp_ignore | sort | uniq -c; ip -o link | grep -c macvlan\n"
    ));
    let lines = report.map_err(|error| error.to_string())?.lines;
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    // eth0 and the macvlan, of all, default, lo, two pairs and the macvlan.
    match lines == ["6 0", "2 1", "7 0", "0"] {
        true => Ok(()),
        false => Err(format!("{lines:#?}")),
    }
}

/// A reload puts a master's address on a macvlan, on another, and back: it stays master, and no
/// priority 0 goes out. The original begins anew at the first and the last, and at the second is a
/// master without its address.
fn moved() -> Result<(), String> {
    let folder = folder()?;
    let file = |word: &str| {
        NODE.replace('@', "eth0")
            .replace('#', "100")
            .replace("use_vmac", word)
    };
    let files = [
        ("plain", file("")),
        ("first", file("use_vmac")),
        ("base", file("use_vmac\n vmac_xmit_base")),
        ("second", file("use_vmac other")),
    ];
    let sandbox = host(folder.path(), &files)?;
    let keepalived = Subject::Ours.keepalived();
    let report = sandbox.run(&format!(
        "{FUNCTIONS}cp /etc/plain.conf /etc/it.conf\n\
         tcpdump -Ulnei peer0 'ip proto 112' > /run/adverts 2>/run/ready & sniffer=$!\n\
         await has 'cat /run/ready' listening\n\
         {} -n -l -f /etc/it.conf >/run/log 2>&1 & daemon=$!\n\
         heard() {{ grep -v '00:00:5e:00:01:33 >' /run/adverts | grep -c vrid > /run/base; \
         grep -c '00:00:5e:00:01:33 >' /run/adverts > /run/own; }}\n\
         more() {{ before=$(cat /run/$1); heard; [ $(cat /run/$1) -gt $before ]; }}\n\
         await has 'ip -o address show dev eth0' 192.0.2.100\n\
         try() {{ cp /etc/$1.conf /etc/it.conf; heard; kill -HUP $daemon\n\
         await has \"ip -o address show dev $2\" 192.0.2.100; await more $3; await more $3; }}\n\
         try first vrrp.51 own; try base vrrp.51 base; try second other own; try plain eth0 base\n\
         kill -TERM $daemon; wait $daemon; kill $sniffer\n\
         grep -c 'Entering' /run/log; grep -c 'prio 0' /run/adverts\n",
        keepalived.display()
    ));
    let lines = report.map_err(|error| error.to_string())?.lines;
    match lines.iter().map(|line| line.trim()).eq(["2", "1"]) {
        true => Ok(()),
        false => Err(format!("{lines:#?}")),
    }
}

const WIRE4: &str = " virtual_ipaddress {\n  192.0.2.100\n  192.0.2.101\n }\n";
/// Adverts and announcements.
const HEARD6: [&str; 2] = ["ip6 proto 112", "icmp6 and ip6[40] == 136"];
const WIRE6: &str = " virtual_ipaddress {\n  fe80::100\n }\n";

/// Whole frames: three adverts, the release, the announcements. (Those of IPv4 without a macvlan are
/// compared in `wire`.)
fn wire(name: &str, more: &str, body: &str, heard: [&str; 2]) -> Result<(), String> {
    let [adverts, announcements] = heard;
    let folder = folder()?;
    let text =
        format!("vrrp_instance A {{\n interface eth0\n virtual_router_id 51\n{more}{body}}}\n");
    let sandbox = host(folder.path(), &[("it", text)])?;
    let [original, ours] = Subject::BOTH.map(|subject| {
        let keepalived = subject.keepalived();
        let keepalived = keepalived.display();
        let report = sandbox.run(&format!(
            "{FUNCTIONS}ip link set eth0 address 02:00:00:00:00:01\n\
             ip -6 address flush dev eth0; ip address add fe80::1/64 dev eth0 nodad\n\
             ip neighbour add fe80::2 lladdr 02:00:00:00:00:02 dev eth0\n\
             tcpdump -Ulnxx -i peer0 -c 4 '{adverts}' > /run/adverts 2>/run/ready-a & adverts=$!\n\
             tcpdump -Ulnxx -i peer0 -c 5 '{announcements}' > /run/others 2>/run/ready-b & others=$!\n\
             await has 'cat /run/ready-a' listening; await has 'cat /run/ready-b' listening\n\
             {keepalived} -n -l -f /etc/it.conf > /run/log 2>&1 & daemon=$!\n\
             await has 'grep -c > /run/adverts' 3\n\
             timeout 20 tail -s 0.05 --pid=$others -f /dev/null\n\
             kill -TERM $daemon\n\
             timeout 20 tail -s 0.05 --pid=$adverts -f /dev/null\n\
             wait $daemon; cat /run/adverts /run/others\n"
        ));
        report.map(|report| frames(&report.lines)).map_err(|error| error.to_string())
    });
    let (original, ours) = (original?, ours?);
    if original.len() != 9
        || original
            .iter()
            .any(|frame| frame[12..24] != *"00005e000133")
            && name == "v4"
    {
        return Err(format!("{name}: the original sent {original:#?}"));
    }
    Differences::load().compare(&format!("vmac/wire/{name}"), &original, &ours)?;
    println!("vmac/wire/{name}: {} frames equal", original.len());
    Ok(())
}

/// The frames as hexadecimal text; the identification of IPv4 packets, the checksum over it, and
/// the flow label of IPv6 packets, which is made up, are masked.
fn frames(lines: &[String]) -> Vec<String> {
    let mut frames: Vec<String> = Vec::new();
    for line in lines {
        let hex = line.trim_start().split_once(":  ");
        match (hex.filter(|_| line.starts_with('\t')), frames.last_mut()) {
            (Some((_, hex)), Some(frame)) => {
                frame.extend(hex.chars().filter(char::is_ascii_hexdigit));
            }
            (None, _) if line.contains(" > ") || line.contains("ARP,") => {
                frames.push(String::new())
            }
            _ => {}
        }
    }
    for frame in &mut frames {
        match frame.get(24..28) {
            Some("0800") => {
                frame.replace_range(36..40, "....");
                frame.replace_range(48..52, "....");
            }
            Some("86dd") => frame.replace_range(31..36, "....."),
            _ => {}
        }
    }
    frames
}

/// `first` has the higher priority. When it ends, `second` takes over; when it returns, `second`
/// hears adverts that come from the MAC address of its own macvlan, and yields.
fn pair(first: Subject, second: Subject) -> Result<(), String> {
    let folder = folder()?;
    let node =
        |interface: &str, priority: &str| NODE.replace('@', interface).replace('#', priority);
    let files = [
        ("first", node("eth0", "200")),
        ("second", node("peer0", "100")),
    ];
    let sandbox = host(folder.path(), &files)?;
    let (first, second) = (first.keepalived(), second.keepalived());
    let (first, second) = (first.display(), second.display());
    let report = sandbox.run(&format!(
        "{FUNCTIONS}ip netns add other; ip link set peer0 netns other\n\
         ip -n other link set peer0 up; ip -n other address add 192.0.2.2/24 dev peer0\n\
         other() {{ ip -n other -o address; }}\n\
         first() {{ {first} -n -l -f /etc/first.conf >/run/log1 2>&1 & one=$!; }}\n\
         first; await has 'ip -o address' 192.0.2.100\n\
         ip netns exec other {second} -n -l -f /etc/second.conf -p /run/p -r /run/r -c /run/c \
         >/run/log2 2>&1 & two=$!\n\
         await has 'cat /run/log2' 'BACKUP STATE'\n\
         kill -TERM $one; wait $one; await has other 192.0.2.100; await has_not 'ip link' vrrp.51\n\
         first; await has 'ip -o address' 192.0.2.100; await has_not other 192.0.2.100\n\
         echo done; kill -TERM $two; wait $two; kill -TERM $one; wait $one\n"
    ));
    let lines = report.map_err(|error| error.to_string())?.lines;
    match lines == ["done"] {
        true => Ok(()),
        false => Err(format!("{lines:#?}")),
    }
}

/// A macvlan that somebody deletes is made again; what is left of all when every process of ours
/// is killed, the next start removes, and it puts the switches back.
fn killed() -> Result<(), String> {
    let folder = folder()?;
    let files = [("full", SECOND.to_owned()), ("bare", BARE.to_owned())];
    let sandbox = host(folder.path(), &files)?;
    let keepalived = Subject::Ours.keepalived();
    let keepalived = keepalived.display();
    let report = sandbox.run(&format!(
        "{FUNCTIONS}sysctl -qw net.ipv4.conf.all.rp_filter=1\n\
         switches() {{ value ipv4/conf/all/rp_filter ipv4/conf/eth0/rp_filter \
         ipv4/conf/eth1/rp_filter ipv4/conf/eth0/arp_ignore ipv4/conf/eth0/arp_filter; }}\n\
         switches > /run/before\n\
         {keepalived} -n -l -D -f /etc/full.conf >/run/log 2>&1 & daemon=$!\n\
         await has 'ip address' 192.0.2.101; ip link delete vrrp.51\n\
         await has 'ip address' 192.0.2.100; await has 'ip address' 192.0.2.101; echo again\n\
         before=$(grep -c 'setting VIPs' /run/log)\n\
         kill -9 $(cat /run/vrrp.pid)\n\
         await has_lines $((before + 1)) 'cat /run/log' 'setting VIPs'\n\
         await has 'ip address' 192.0.2.101; await has 'ip -o link' vrrp.51; echo respawned\n\
         child=$(cat /run/vrrp.pid); kill -STOP $daemon $child; kill -9 $daemon $child\n\
         wait $daemon; await has_not \"cat /proc/$child/cmdline\" keepalived 2>/run/none\n\
         show left | grep -cE 'vrrp.51'; nft list tables; switches | diff -q /run/before -\n\
         {keepalived} -n -l -f /etc/bare.conf >/run/log2 2>&1 & daemon=$!\n\
         await has 'cat /run/log2' complete; await has_not 'ip link' vrrp.51\n\
         await has_not 'nft list tables' keepalived\n\
         switches | diff /run/before - && echo put back; nft list ruleset\n\
         kill -TERM $daemon; wait $daemon\n"
    ));
    let lines = report.map_err(|error| error.to_string())?.lines;
    let told: Vec<&String> = lines
        .iter()
        .filter(|line| !line.contains("Killed"))
        .collect();
    let expected = [
        "again",
        "respawned",
        "3",
        "table ip keepalived",
        "table ip6 keepalived",
        "Files /run/before and - differ",
        "put back",
    ];
    if told == expected {
        return Ok(());
    }
    Err(format!("{told:#?}"))
}

/// Where all processes but the sentinel are killed, it leaves the host as it was before the start,
/// in the middle of a reload, too. Where a VRRP process dies again and again, the parent takes off
/// what masters have; what does not hang on that stays until it ends, and then goes as well.
fn given_up() -> Result<(), String> {
    let folder = folder()?;
    let conf = format!(
        "global_defs {{\n sentinel\n}}\nstatic_ipaddress {{\n 198.51.100.77/32 dev eth1\n}}\n\
         static_routes {{\n 203.0.113.0/24 dev eth1\n}}\n\
         static_rules {{\n from 203.0.113.0/24 table 100\n}}\n{}",
        SECOND.replace(
            " virtual_ip",
            " virtual_routes {\n  203.0.113.128/25 dev eth1\n }\n virtual_ip"
        )
    );
    let sandbox = host(folder.path(), &[("it", conf)])?;
    let keepalived = Subject::Ours.keepalived();
    let keepalived = keepalived.display();
    let report = sandbox.run(&format!(
        "{FUNCTIONS}sysctl -qw net.ipv4.conf.all.rp_filter=1\n\
         switches() {{ value ipv4/conf/all/rp_filter ipv4/conf/eth0/rp_filter \
         ipv4/conf/eth1/rp_filter ipv4/conf/eth0/arp_ignore ipv4/conf/eth0/arp_filter; }}\n\
         state() {{ ip -4 -o address | sed 's/valid.*//'; ip -o link show type macvlan; ip -4 rule; \
         ip -4 route show table all; nft list tables; switches; ls /run/vrrp.addresses; }}\n\
         state > /run/before 2>&1; same() {{ state 2>&1 | cmp -s - /run/before; }}\n\
         start() {{ {keepalived} -n -l -D -f /etc/it.conf >> /run/log 2>&1 & daemon=$!\n\
         await has 'ip address' 192.0.2.101; await has 'ip route' 203.0.113.128; \
         await grep -q vrrp-sentinel /proc/[0-9]*/comm; }}\n\
         child() {{ grep -o 'VRRP child process, pid=[0-9]*' /run/log | tail -1 | cut -d= -f2; }}\n\
         slay() {{ kill -STOP $daemon $(child); $1; kill -9 $daemon $(child); wait $daemon; \
         await same || state | diff /run/before -; rm -f /run/*.pid; }}\n\
         tcpdump -Uln -i peer0 'ip proto 112' > /run/wire 2>/run/ready & await has 'cat /run/ready' listening\n\
         given_up() {{ [ $(grep -c 'prio 0' /run/wire) = $1 ]; }}\n\
         start; slay true; await given_up 1; echo slain\n\
         read() {{ [ $(grep -cF 'Reloading ...' /run/log) -ge $1 ]; }}\n\
         # The second begins when the first was handed out, to a process that does not run.\n\
         reload() {{ kill -HUP $daemon; kill -CONT $daemon; await read 1; kill -HUP $daemon; await read 2; }}\n\
         start; slay reload; await given_up 2; echo slain in a reload\n\
         start; for n in 0 1 2 4; do dead=$(child); kill -9 $dead\n\
         await grep -q \"delayed $n seconds\" /run/log; [ $n = 4 ] && break\n\
         renewed() {{ [ $(child) != $dead ]; }}; await renewed; done\n\
         await has_not 'ip address' 192.0.2.101; await has_not 'ip route' 203.0.113.128\n\
         ip address | grep -c 198.51.100.77; ip route | grep -c 203.0.113.0/24\n\
         kill -TERM $daemon; wait $daemon; await same && echo ended\n"
    ));
    let lines = report.map_err(|error| error.to_string())?.lines;
    let told = lines.iter().filter(|line| !line.contains("Killed"));
    let told: Vec<&String> = told.filter(|line| !line.contains("Stopped")).collect();
    match told == ["slain", "slain in a reload", "1", "1", "ended"] {
        true => Ok(()),
        false => Err(format!("{told:#?}")),
    }
}

/// Who is no owner and does not accept answers ARP, but no packet; what every kernel has drops.
fn closed() -> Result<(), String> {
    const CONF: &str = "\
global_defs {
 nftables ours
}
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 version 3
 advert_int 0.1
 # virtual_ipaddress {
  192.0.2.100/24
 }
 virtual_ipaddress_excluded {
  2001:db8::100/64
 }
}
";
    for (word, expected) in [("no_accept\n", "dropped"), ("", "answered")] {
        let folder = folder()?;
        let sandbox = host(folder.path(), &[("it", CONF.replace('#', word))])?;
        for subject in Subject::BOTH {
            let keepalived = subject.keepalived();
            let keepalived = keepalived.display();
            let report = sandbox.run(&format!(
                "{FUNCTIONS}ip netns add other; ip link set peer0 netns other\n\
                 ip -n other link set peer0 up; ip -n other address add 192.0.2.2/24 dev peer0\n\
                 ip -n other address add 2001:db8::2/64 dev peer0 nodad\n\
                 ask() {{ timeout $1 ip netns exec other bash -c \"exec 3<>/dev/tcp/$2/9\" \
                 2>/run/answer; grep -q refused /run/answer && echo answered || echo dropped; }}\n\
                 {keepalived} -n -l -f /etc/it.conf >/run/log 2>&1 & daemon=$!\n\
                 await has 'ip -o address' 192.0.2.100; await has 'ip -o address' 2001:db8::100\n\
                 ask 10 192.0.2.1; wait=$([ {expected} = dropped ] && echo 3 || echo 10)\n\
                 ask $wait 192.0.2.100; ask $wait 2001:db8::100\n\
                 ip -n other neigh show to 192.0.2.100 | grep -c lladdr\n\
                 ip -n other neigh show to 2001:db8::100 | grep -c lladdr\n\
                 kill -TERM $daemon; wait $daemon; nft list tables\n"
            ));
            let lines = report.map_err(|error| error.to_string())?.lines;
            if lines != ["answered", expected, expected, "1", "1"] {
                return Err(format!("{subject:?} with {word:?}: {lines:#?}"));
            }
        }
    }
    Ok(())
}

/// Switches hear of the group from the interface's own address, and never from the virtual one.
fn quiet() -> Result<(), String> {
    let folder = folder()?;
    let sandbox = host(folder.path(), &[("it", SECOND.to_owned())])?;
    let keepalived = Subject::Ours.keepalived();
    let keepalived = keepalived.display();
    let report = sandbox.run(&format!(
        "{FUNCTIONS}tcpdump -Uln -e -i peer0 'igmp or ip proto 112' > /run/told 2>/run/ready & told=$!\n\
         await has 'cat /run/ready' listening\n\
         {keepalived} -n -l -f /etc/it.conf >/run/log 2>&1 & daemon=$!\n\
         await has 'cat /run/told' 'igmp v3 report'; await has 'grep -c vrid /run/told' '^2'\n\
         kill -TERM $daemon; wait $daemon; await has 'cat /run/told' 'prio 0'\n\
         kill -TERM $told; wait $told\n\
         grep -c '00:00:5e:00:01:33 > .*igmp' /run/told; grep 'igmp' /run/told | grep -qv 00:00:5e \
         && echo told\n"
    ));
    let lines = report.map_err(|error| error.to_string())?.lines;
    match lines == ["0", "told"] {
        true => Ok(()),
        false => Err(format!("{lines:#?}")),
    }
}
