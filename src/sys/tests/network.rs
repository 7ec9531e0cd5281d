//! Sockets and netlink against a real kernel, in a network namespace of each test's own.
//!
//! Needs root; run by hand without it, the tests say so and pass.

use std::process::Command;

use sys::netlink::{Address, Change, Monitor, News, Requests};
use sys::raw::{AdvertProtocol, Device, Packet, Received, Receiver, Room, Sender};

/// Runs `body` in a thread with a fresh network namespace that has a veth pair `left`, `right`.
fn in_namespace(body: impl FnOnce() + Send + 'static) {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: making a network namespace needs root");
        return;
    }
    std::thread::spawn(move || {
        sys::process::new_network_namespace().expect("unshare");
        ip("link set lo up");
        ip("link add left type veth peer name right");
        ip("link set left up");
        ip("link set right up");
        body();
    })
    .join()
    .expect("body");
}

fn ip(arguments: &str) {
    let status = Command::new("ip")
        .args(arguments.split(' '))
        .status()
        .expect("ip");
    assert!(status.success(), "ip {arguments}");
}

/// The next packet that is waiting; more of them is more than a test expects.
fn next_of(receiver: &Receiver) -> Option<Received> {
    let mut found = Vec::new();
    receiver
        .receive(&mut Room::default(), &mut found)
        .expect("receive");
    assert!(found.len() < 2, "{found:?}");
    found.pop()
}

fn index_of(requests: &mut Requests, name: &str) -> u32 {
    let links = requests.links().expect("links");
    links
        .iter()
        .find(|link| link.name == name)
        .expect("link")
        .index
}

/// Waits for something that is on its way; ends with a panic after ten seconds.
fn eventually<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(
            std::time::Instant::now() < end,
            "did not happen within 10 s"
        );
        std::thread::yield_now();
    }
}

#[test]
fn a_batch_adds_and_removes_many_addresses_and_names_what_failed() {
    in_namespace(|| {
        let mut requests = Requests::open().expect("socket");
        let index = index_of(&mut requests, "left");
        let many: Vec<Address> = (0..=255_u8)
            .flat_map(|low| [[10, 0, 0, low], [10, 0, 1, low]])
            .map(|octets| Address::new(core::net::Ipv4Addr::from(octets).into(), 32, index))
            .collect();
        let add: Vec<Change> = many.iter().cloned().map(Change::Add).collect();
        assert!(requests.apply(&add).iter().all(Result::is_ok));
        let again = requests.apply(&add[..1]);
        let error = again[0].as_ref().expect_err("exists");
        assert_eq!(error.raw_os_error(), Some(17), "EEXIST");
        let listed = requests.addresses().expect("list");
        let ours = listed.iter().filter(|a| a.index == index && a.ours).count();
        assert_eq!(ours, 512);
        let mut remove: Vec<Change> = many.into_iter().map(Change::Remove).collect();
        remove.push(remove[0].clone());
        let results = requests.apply(&remove);
        assert!(results[..512].iter().all(Result::is_ok));
        assert!(results[512].is_err(), "removed twice");
        let listed = requests.addresses().expect("list");
        assert!(!listed.iter().any(|a| a.index == index && a.ours));
    });
}

#[test]
fn options_of_an_address_reach_the_kernel() {
    in_namespace(|| {
        let mut requests = Requests::open().expect("socket");
        let mut address = Address::new(
            "192.0.2.7".parse().expect("v4"),
            24,
            index_of(&mut requests, "left"),
        );
        address.scope = 253;
        address.broadcast = "192.0.2.255".parse().ok();
        address.label = Some("left:vip".into());
        address.flags = 0x200;
        let mut deprecated = Address::new("2001:db8::7".parse().expect("v6"), 64, address.index);
        deprecated.preferred = Some(0);
        deprecated.flags = 0x02;
        let results = requests.apply(&[Change::Add(address), Change::Add(deprecated)]);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let shown = Command::new("ip")
            .args(["address", "show", "left"])
            .output()
            .expect("ip");
        let shown = String::from_utf8_lossy(&shown.stdout);
        assert!(
            shown.contains("inet 192.0.2.7/24 brd 192.0.2.255 scope link noprefixroute")
                && shown.contains("left:vip")
                && shown.contains("inet6 2001:db8::7/64 scope global nodad deprecated"),
            "{shown}"
        );
    });
}

#[test]
fn the_monitor_tells_of_links_and_addresses() {
    in_namespace(|| {
        let monitor = Monitor::open().expect("monitor");
        ip("address add 192.0.2.9/24 dev left");
        ip("link set right down");
        let mut address = false;
        let mut down = false;
        eventually(|| {
            for news in monitor.read().expect("read") {
                match news {
                    News::Address(a) => address |= a.address.to_string() == "192.0.2.9",
                    News::Link(link) => down |= link.name == "left" && !link.running,
                    _ => {}
                }
            }
            (address && down).then_some(())
        });
    });
}

/// The advert of the specification's golden packets: v2, VRID 51, priority 200, two addresses.
const GOLDEN: [u8; 44] = [
    0x45, 0xc0, 0x00, 0x2c, 0x00, 0x01, 0x00, 0x00, 0xff, 0x70, 0x18, 0x8d, 0xc0, 0x00, 0x02, 0x01,
    0xe0, 0x00, 0x00, 0x12, 0x21, 0x33, 0xc8, 0x02, 0x00, 0x01, 0x91, 0xfe, 0xc0, 0x00, 0x02, 0x64,
    0xc0, 0x00, 0x02, 0x65, 0, 0, 0, 0, 0, 0, 0, 0,
];

#[test]
fn an_ipv4_advert_leaves_as_it_was_built() {
    in_namespace(|| {
        let mut requests = Requests::open().expect("socket");
        let left = Device {
            index: index_of(&mut requests, "left"),
            name: "left",
        };
        let right = Device {
            index: index_of(&mut requests, "right"),
            name: "right",
        };
        // One kernel drops what comes in from an address of its own, so left has none.
        ip("address add 192.0.2.2/24 dev right");
        // What arrives at the other end, link header included.
        let wire = Command::new("tcpdump")
            .args(["-i", "right", "-c", "1", "-w", "-", "-U", "proto", "112"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn();
        let receiver =
            Receiver::open(false, AdvertProtocol::Vrrp, Some(right), None).expect("receiver");
        let group = "224.0.0.18".parse().expect("group");
        receiver.join(group, right.index).expect("join");
        receiver.join(group, right.index).expect("join again");
        let own = Receiver::open(false, AdvertProtocol::Vrrp, Some(left), None).expect("receiver");
        own.join(group, left.index).expect("join");
        let sender = Sender::v4(AdvertProtocol::Vrrp, Some(left)).expect("sender");
        // The kernel fills in length and header checksum whatever is given.
        let mut packet = GOLDEN;
        packet[10..12].fill(0);
        let source = "192.0.2.1".parse().expect("source");
        let mut wire = wire.expect("tcpdump is needed");
        let got = eventually(|| {
            sender
                .send(&packet, source, group, left.index)
                .expect("send");
            std::thread::sleep(std::time::Duration::from_millis(20));
            wire.try_wait().expect("tcpdump").map(|_| {
                let mut found = Vec::new();
                let _ = receiver.receive(&mut Room::default(), &mut found);
                found.into_iter().next()
            })
        });
        let got = got.expect("arrived");
        assert_eq!((got.source, got.destination, got.ttl), (source, group, 255));
        assert_eq!(
            (got.index, got.payload.as_slice()),
            (right.index, &GOLDEN[20..])
        );
        assert_eq!(next_of(&own), None, "multicast loop is off");
        let mut capture = Vec::new();
        std::io::Read::read_to_end(&mut wire.stdout.take().expect("pipe"), &mut capture)
            .expect("capture");
        // pcap file header 24, record header 16, Ethernet header 14.
        assert_eq!(&capture[54..], GOLDEN);
    });
}

#[test]
fn an_ipv6_advert_carries_class_hop_limit_and_checksum() {
    in_namespace(|| {
        let mut requests = Requests::open().expect("socket");
        let left = Device {
            index: index_of(&mut requests, "left"),
            name: "left",
        };
        let right = Device {
            index: index_of(&mut requests, "right"),
            name: "right",
        };
        ip("-6 address add fe80::1/64 dev left nodad");
        let group = "ff02::12".parse().expect("group");
        let receiver =
            Receiver::open(true, AdvertProtocol::Vrrp, Some(right), None).expect("receiver");
        receiver.join(group, right.index).expect("join");
        let sender = Sender::v6(Some(left), 255).expect("sender");
        let source = "fe80::1".parse().expect("source");
        let mut message = vec![0x31, 55, 200, 1, 0, 100, 0, 0];
        message.extend(core::net::Ipv6Addr::from([0xfe80, 0, 0, 0, 0, 0, 0, 0x100]).octets());
        let got = eventually(|| {
            // Until the link is ready the kernel refuses to send.
            let _ = sender.send(&message, source, group, left.index);
            next_of(&receiver)
        });
        assert_eq!((got.source, got.destination, got.ttl), (source, group, 255));
        assert_ne!(
            &got.payload[6..8],
            &[0, 0],
            "the kernel filled the checksum in"
        );
        assert_eq!(got.payload[8..], message[8..]);
    });
}

/// What one interface has to say at once, by few system calls, in order and with nothing missing.
#[test]
fn many_packets_go_out_and_come_in_together() {
    in_namespace(|| {
        let mut requests = Requests::open().expect("socket");
        let mut device = |name: &'static str| Device {
            index: index_of(&mut requests, name),
            name,
        };
        let (left, right) = (device("left"), device("right"));
        ip("address add 192.0.2.2/24 dev right");
        ip("-6 address add fe80::1/64 dev left nodad");
        for v6 in [false, true] {
            let group = if v6 { "ff02::12" } else { "224.0.0.18" };
            let group: core::net::IpAddr = group.parse().expect("group");
            let sources = if v6 {
                ["fe80::1"; 2]
            } else {
                ["192.0.2.1", "192.0.2.7"]
            };
            let receiver = Receiver::open(v6, AdvertProtocol::Vrrp, Some(right), None);
            let receiver = receiver.expect("receiver");
            receiver.join(group, right.index).expect("join");
            let sender = match v6 {
                true => Sender::v6(Some(left), 255),
                false => Sender::v4(AdvertProtocol::Vrrp, Some(left)),
            };
            let sender = sender.expect("sender");
            let packet = |number: u8| {
                let source = sources[usize::from(number % 2)].parse().expect("source");
                let mut bytes = if v6 {
                    Vec::new()
                } else {
                    GOLDEN[..20].to_vec()
                };
                if let core::net::IpAddr::V4(source) = source {
                    bytes[12..16].copy_from_slice(&source.octets());
                }
                // Of lengths that differ, so that one cannot be taken for another.
                bytes.extend([0x31, number, 200, 1, 0, 100, 0, 0]);
                bytes.extend(vec![number; usize::from(number) * 4]);
                Packet {
                    bytes,
                    source,
                    to: group,
                }
            };
            let mut packets: Vec<Packet> = (0..50).map(packet).collect();
            // What cannot go out: too long for the interface (IPv6 is cut into fragments), and of
            // another family.
            if !v6 {
                packets[20].bytes.resize(9000, 0);
            }
            packets[49].to = if v6 { "192.0.2.2" } else { "fe80::2" }
                .parse()
                .expect("address");
            // Until the link is ready the kernel refuses to send over IPv6.
            eventually(|| {
                let first = &packets[0];
                let sent = sender.send(&first.bytes, first.source, first.to, left.index);
                sent.ok()?;
                next_of(&receiver)
            });
            let mut failed = Vec::new();
            sender.send_all(&packets, left.index, &mut |at, _| failed.push(at));
            let (mut room, mut found) = (Room::default(), Vec::new());
            eventually(|| {
                while receiver.receive(&mut room, &mut found).expect("receive") {}
                (found.len() >= packets.len() - failed.len()).then_some(())
            });
            let good = (0..50_u8).filter(|number| !failed.contains(&usize::from(*number)));
            let got = found.iter().map(|got| got.payload[1]);
            assert_eq!(got.collect::<Vec<_>>(), good.collect::<Vec<_>>());
            for got in &found {
                let number = got.payload[1];
                let sent = packet(number);
                assert_eq!((got.source, got.destination), (sent.source, group));
                assert_eq!(got.payload.len(), 8 + usize::from(number) * 4);
                assert!(got.payload[8..].iter().all(|byte| *byte == number));
            }
            let expected: &[usize] = if v6 { &[49] } else { &[20, 49] };
            assert_eq!(failed, expected);
        }
    });
}

#[test]
fn packets_are_marked_and_only_what_differs_is_changed() {
    use sys::nft::Marks;
    use wire::ipvs::{Marked, Protocol};
    fn marked(protocol: Protocol, first: &str, last: &str, ports: (u16, u16), mark: u32) -> Marked {
        let address = |text: &str| text.parse().expect("an address");
        Marked {
            protocol,
            addresses: (address(first), address(last)),
            ports,
            mark,
        }
    }
    fn listed() -> String {
        let shown = Command::new("nft").args(["-n", "list", "ruleset"]).output();
        let shown = shown.expect("nft").stdout;
        let shown = String::from_utf8_lossy(&shown);
        shown.split_whitespace().collect::<Vec<_>>().join(" ")
    }
    in_namespace(|| {
        let one = marked(Protocol::Tcp, "127.0.0.1", "127.0.0.1", (80, 80), 7);
        let range = marked(Protocol::Tcp, "127.0.0.3", "127.0.0.5", (80, 80), 7);
        let other = marked(Protocol::Tcp, "127.0.0.4", "127.0.0.6", (80, 80), 7);
        let every = marked(Protocol::Udp, "::1", "::1", (0, 52), 9);
        let mut marks = Marks::put_in("mine", -1, &[one, range, every]).expect("put in");
        let before = listed();
        for part in [
            "table ip mine { map tcp_map { type ipv4_addr . inet_service : mark flags interval \
             elements = { 127.0.0.1 . 80 : 0x00000007, 127.0.0.3-127.0.0.5 . 80 : 0x00000007 } } \
             chain in { type filter hook input priority -1; policy accept; meta mark set ip daddr \
             . tcp dport map @tcp_map return } }",
            "::1 . 0-52 : 0x00000009",
            "meta mark set ip6 daddr . udp dport map @udp_map return",
        ] {
            assert!(before.contains(part), "{part} is not in {before}");
        }
        // What marks packets is told by what another table counts.
        let counter = "add table ip t; add chain ip t c { type filter hook input priority 5; }; \
                       add rule ip t c meta mark 7 counter";
        assert!(
            Command::new("nft")
                .arg(counter)
                .status()
                .expect("nft")
                .success()
        );
        for (port, counts) in [(81, "packets 0"), (80, "packets 1 ")] {
            let _ = std::net::TcpStream::connect(("127.0.0.1", port));
            assert!(listed().contains(counts), "{port}: {}", listed());
        }
        marks.lead(&[one, other]).expect("changed");
        let after = listed();
        assert!(after.contains("127.0.0.4-127.0.0.6 . 80"), "{after}");
        assert!(
            !after.contains("127.0.0.3") && !after.contains("::1"),
            "{after}"
        );
        marks.lead(&[one, other, every]).expect("changed");
        assert_eq!(listed().matches("@udp_map").count(), 1);
        sys::nft::delete("mine").expect("deleted");
        assert!(!listed().contains("mine"));
        assert!(marks.lead(&[one]).is_err(), "somebody took it out");
        let many: Vec<Marked> = (0..3000_u16)
            .map(|port| marked(Protocol::Sctp, "10.0.0.1", "10.0.0.9", (port, port), 5))
            .collect();
        Marks::put_in("mine", 0, &many).expect("more than one message");
        assert_eq!(listed().matches("10.0.0.1-10.0.0.9").count(), 3000);
    });
}
