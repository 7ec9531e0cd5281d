//! What is on the wire: adverts and gratuitous ARP of ours and of the original, byte for byte.

use std::fs;

use compat_tests::Subject;
use compat_tests::articles::NODES;
use compat_tests::differences::Differences;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

/// Configurations beyond the articles', for the interface `eth9` with 10.77.0.1.
const FORMS: &[(&str, &str)] = &[
    (
        "v2-multicast-three-vips",
        "version 2\nvirtual_ipaddress {\n10.77.0.100\n10.77.0.101/24\n10.77.0.102\n}",
    ),
    (
        "v2-excluded",
        "virtual_ipaddress {\n10.77.0.100\n}\nvirtual_ipaddress_excluded {\n10.77.0.200\n}",
    ),
    (
        "v2-pass-long",
        "authentication {\nauth_type PASS\nauth_pass abcdefghij\n}\nvirtual_ipaddress {\n10.77.0.100\n}",
    ),
    (
        "v2-pass-short",
        "authentication {\nauth_type PASS\nauth_pass ab\n}\nvirtual_ipaddress {\n10.77.0.100\n}",
    ),
    (
        "v2-ah",
        "authentication {\nauth_type AH\nauth_pass secret\n}\nvirtual_ipaddress {\n10.77.0.100\n10.77.0.101\n}",
    ),
    (
        "v2-ah-unicast",
        "unicast_ttl 64\nunicast_peer {\n10.77.0.2\n}\nauthentication {\nauth_type AH\nauth_pass abcdefgh\n}\nvirtual_ipaddress {\n10.77.0.100\n}",
    ),
    (
        "v2-source",
        "mcast_src_ip 10.77.0.7\nvirtual_ipaddress {\n10.77.0.100\n}",
    ),
    (
        "v3-multicast",
        "version 3\nadvert_int 0.5\nvirtual_ipaddress {\n10.77.0.100\n}",
    ),
    (
        "v3-unicast",
        "version 3\nadvert_int 0.5\nunicast_src_ip 10.77.0.1\nunicast_peer {\n10.77.0.2\n}\nvirtual_ipaddress {\n10.77.0.100\n}",
    ),
    (
        "v3-unicast-ttl",
        "version 3\nadvert_int 0.5\nunicast_ttl 64\nunicast_peer {\n10.77.0.2\n}\nvirtual_ipaddress {\n10.77.0.100\n}",
    ),
    (
        "v3-unicast-old-checksum",
        "version 3\nadvert_int 0.5\nold_unicast_checksum\nunicast_peer {\n10.77.0.2\n}\nvirtual_ipaddress {\n10.77.0.100\n}",
    ),
    (
        "v2-owner",
        "priority 255\nvirtual_ipaddress {\n10.77.0.100\n}",
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    let articles = [
        "000/master",
        "001/node-16",
        "002/master",
        "003/master1",
        "004/master-1",
    ];
    let articles = articles
        .into_iter()
        .map(|id| scenario(format!("wire::article::{id}"), move || article(id)));
    let forms = FORMS
        .iter()
        .map(|(name, body)| scenario(format!("wire::form::{name}"), move || form(name, body)));
    articles.chain(forms).collect()
}

fn article(id: &str) -> Result<(), String> {
    let node = NODES
        .iter()
        .find(|node| node.id() == id)
        .ok_or("no such node")?;
    // The check scripts want services that this host does not run: they are not the matter here.
    let script = format!(
        "cp /usr/bin/true /run/true; for f in /usr/local/keepalived/conf/check_nginx.sh \
         /etc/nginxkeepalived.sh; do [ -e $f ] && cp /run/true $f; done\n\
         sed -i 's/\"killall -0 nginx\"/\"true\"/; s/\"\\/usr\\/bin\\/killall -0 nginx\"/\"true\"/' {}\n",
        node.keepalived_conf
    );
    let sandbox = Sandbox::of(node);
    compare(id, &sandbox, node.interface, &script, node.keepalived_conf)
}

fn form(name: &str, body: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("form.conf");
    let text = format!(
        "vrrp_instance FORM {{\ninterface eth9\nvirtual_router_id 51\npriority 150\nadvert_int 1\n{body}\n}}\n"
    );
    fs::write(&file, text).map_err(|error| error.to_string())?;
    let sandbox = Sandbox::new()
        .interface("eth9", "10.77.0.1/24")
        .file("/etc/form.conf", &file);
    compare(
        name,
        &sandbox,
        "eth9",
        "ip address add 10.77.0.7/24 dev eth9\n",
        "/etc/form.conf",
    )
}

/// Three adverts, the release, and the announcements of the addresses.
fn compare(
    name: &str,
    sandbox: &Sandbox,
    interface: &str,
    prepare: &str,
    conf: &str,
) -> Result<(), String> {
    let [original, ours] = Subject::BOTH.map(|subject| {
        let script = script(subject, interface, prepare, conf);
        sandbox.run(&script).map_err(|error| error.to_string())
    });
    let (original, ours) = (packets(&original?.lines), packets(&ours?.lines));
    if original
        .iter()
        .filter(|packet| packet.starts_with("45c0"))
        .count()
        != 4
    {
        return Err(format!("{name}: the original sent {original:#?}"));
    }
    Differences::load().compare(&format!("wire/{name}"), &original, &ours)?;
    println!("wire/{name}: {} packets equal", original.len());
    Ok(())
}

fn script(subject: Subject, interface: &str, prepare: &str, conf: &str) -> String {
    // Unicast peers have to be resolvable, or nothing leaves.
    let neighbours: String = ["172.21.18.59", "10.77.0.2"]
        .map(|peer| {
            format!(
                "ip neighbour add {peer} lladdr 02:00:00:00:00:02 dev {interface} 2>/dev/null\n"
            )
        })
        .concat();
    let keepalived = subject.keepalived();
    let keepalived = keepalived.display();
    format!(
        "{prepare}{neighbours}sysctl -qw net.ipv4.conf.{interface}.arp_notify=0\n\
         tcpdump -Ulnx -i peer0 -c 4 'ip proto 112 or ip proto 51' > /run/adverts 2>/run/ready-a & adverts=$!\n\
         tcpdump -Ulnx -i peer0 -c 5 arp > /run/arps 2>/run/ready-b & arps=$!\n\
         await has 'cat /run/ready-a' listening; await has 'cat /run/ready-b' listening\n\
         {keepalived} -n -f {conf} > /run/log 2>&1 & daemon=$!\n\
         await has_lines 3 'cat /run/adverts' ' > '\n\
         timeout 10 tail -s 0.05 --pid=$arps -f /dev/null\n\
         kill -TERM $daemon\n\
         timeout 10 tail -s 0.05 --pid=$adverts -f /dev/null\n\
         wait $daemon\ncat /run/adverts /run/arps\n"
    )
}

/// The packets as hexadecimal text, with the IP identification and the checksum over it masked.
fn packets(lines: &[String]) -> Vec<String> {
    let mut packets: Vec<String> = Vec::new();
    for line in lines {
        if let Some((_, hex)) = line
            .trim_start()
            .split_once(":  ")
            .filter(|_| line.starts_with('\t'))
        {
            if let Some(packet) = packets.last_mut() {
                packet.extend(hex.chars().filter(char::is_ascii_hexdigit));
            }
        } else if line.contains("IP ") || line.contains("ARP,") {
            packets.push(String::new());
        }
    }
    for packet in &mut packets {
        if packet.starts_with("45") && packet.len() >= 40 {
            packet.replace_range(8..12, "....");
            packet.replace_range(20..24, "....");
        } else if packet.len() >= 56 {
            // The interface's own hardware address is made up for each sandbox, and Ethernet's
            // padding is not ours.
            packet.truncate(56);
            packet.replace_range(16..28, "............");
        }
    }
    packets
}
