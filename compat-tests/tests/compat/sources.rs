//! Where adverts come from, in what 2.2.7 does not get right: it goes on receiving unicast at the
//! address it has lost, and takes what an earlier run left for the interface's own.

use std::fs;

use compat_tests::Subject;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        scenario("sources::unicast".into(), unicast),
        scenario("sources::left".into(), left),
    ]
}

/// A backup; its peer knows it by both of its addresses.
const NODE: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 version 3
 advert_int 0.2
 priority 100
 unicast_peer {
  192.0.2.2
 }
 virtual_ipaddress {
  192.0.2.51
 }
}
";
const PEER: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 version 3
 advert_int 0.2
 priority 200
 unicast_peer {
  192.0.2.1
  192.0.2.3
 }
 virtual_ipaddress {
  192.0.2.51
 }
}
";
/// Another first address each.
const IPV6: &str = "\
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 advert_int 0.2
 virtual_ipaddress {
  fe80::@
 }
}
";

fn run(files: [(&str, String); 2], script: &str) -> Result<Vec<String>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut sandbox = Sandbox::new().interface("eth0", "192.0.2.1/24");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::write(&path, text).map_err(|error| error.to_string())?;
        sandbox = sandbox.file(&format!("/etc/{name}.conf"), &path);
    }
    let keepalived = Subject::Ours.keepalived();
    let script = format!("keepalived={}\n{script}", keepalived.display());
    let report = sandbox.run(&script).map_err(|error| error.to_string())?;
    Ok(report.lines)
}

/// The source is lost and another one taken: the peer is heard at that one as well, and when it
/// falls silent, adverts go out from there; also those of the parent when the VRRP process dies.
fn unicast() -> Result<(), String> {
    let files = [("node", NODE.to_owned()), ("peer", PEER.to_owned())];
    let lines = run(
        files,
        "ip address add 192.0.2.3/24 dev eth0; sysctl -qw net.ipv4.conf.eth0.promote_secondaries=1\n\
         mkdir -p /run/netns; ip netns add there; ip link set peer0 netns there\n\
         ip -n there link set peer0 name eth0; ip -n there address add 192.0.2.2/24 dev eth0\n\
         ip -n there link set lo up; ip -n there link set eth0 up\n\
         ip netns exec there $keepalived -n -l -P -p /run/p -r /run/r -f /etc/peer.conf \
         > /run/there 2>&1 & there=$!\n\
         await grep -q 'Entering MASTER' /run/there\n\
         $keepalived -n -l -P -f /etc/node.conf > /run/log 2>&1 & daemon=$!\n\
         await grep -q 'Entering BACKUP' /run/log\n\
         tcpdump -Ulni eth0 'ip proto 112' > /run/adverts 2> /run/ready & sniffer=$!\n\
         await grep -q listening /run/ready\n\
         heard() { [ $(grep -c \"$1 > $2: VRRP\" /run/adverts) -ge $3 ]; }\n\
         ip address del 192.0.2.1/24 dev eth0\n\
         # Longer than the patience of a backup.\n\
         await heard 192.0.2.2 192.0.2.3 8; grep -c 'Entering MASTER' /run/log\n\
         kill -TERM $there; wait $there; await heard 192.0.2.3 192.0.2.2 3\n\
         kill -9 $(cat /run/vrrp.pid); await grep -q 'Standing in' /run/log\n\
         sent=$(grep -c '192.0.2.3 > ' /run/adverts); await heard 192.0.2.3 192.0.2.2 $((sent + 4))\n\
         grep -c '192.0.2.1 > ' /run/adverts\n\
         kill -TERM $daemon; wait $daemon; kill $sniffer\n",
    )?;
    match lines.iter().map(|line| line.trim()).eq(["0", "0"]) {
        true => Ok(()),
        false => Err(format!("{lines:#?}")),
    }
}

/// All processes were killed, and the next start has another address: the one left behind goes, and
/// adverts do not come from it.
fn left() -> Result<(), String> {
    let file = |id: &str| IPV6.replace('@', id);
    let lines = run(
        [("first", file("51")), ("second", file("52"))],
        "ip address add fe80::1/64 dev eth0 nodad\n\
         $keepalived -n -l -P -f /etc/first.conf > /run/log 2>&1 & daemon=$!\n\
         await has 'ip -6 address' fe80::51\n\
         kill -STOP $daemon; kill -9 $(cat /run/vrrp.pid) $daemon; wait $daemon; rm -f /run/*.pid\n\
         tcpdump -Ulnc 3 -i eth0 'ip6 proto 112' > /run/adverts 2> /run/ready & sniffer=$!\n\
         await grep -q listening /run/ready\n\
         $keepalived -n -l -P -f /etc/second.conf > /run/log 2>&1 & daemon=$!\n\
         await has 'ip -6 address' fe80::52; wait $sniffer; ip -6 address | grep -c fe80::51\n\
         grep -o 'fe80::1 > [^:]*::12' /run/adverts | uniq; kill -TERM $daemon; wait $daemon\n",
    )?;
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    let lines = lines.into_iter().filter(|line| !line.contains("Killed"));
    match lines.clone().eq(["0", "fe80::1 > ff02::12"]) {
        true => Ok(()),
        false => Err(format!("{:#?}", lines.collect::<Vec<_>>())),
    }
}
