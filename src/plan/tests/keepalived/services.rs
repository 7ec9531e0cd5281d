//! Virtual servers.

use std::collections::BTreeMap;

use grammar::keepalived::MAX_PROBLEMS;
use lvs::config::Marked;

use super::{host, planned, planned_on, printed};

#[test]
fn services_inherit_schedules() {
    let planned = planned(
        "virtual_server 192.0.2.9 80 {\n delay_loop 6\n lb_algo rr\n lb_kind NAT\n protocol TCP\n \
         real_server 192.0.2.10 {\n retry 4\n TCP_CHECK {\n connect_timeout 3\n connect_port 81\n }\n }\n \
         real_server 192.0.2.11 8080 {\n weight 0\n TCP_CHECK {\n }\n }\n \
         real_server 192.0.2.11 8080 {\n }\n real_server 2001:db8::1 80 {\n }\n}\n\
         virtual_server 192.0.2.9 80 {\n protocol TCP\n}\n",
    );
    insta::assert_snapshot!(printed(&planned), @r"
    VS [192.0.2.9]:tcp:80: real server [192.0.2.11]:tcp:8080 is duplicated - removing second rs
    (k.conf: Line 20) Address family of virtual server and real server 2001:db8::1 don't match - skipping real server.
    (k.conf: Line 23) duplicate virtual server - ignoring
    ");
    insta::assert_debug_snapshot!(planned.plan.lvs);
}

/// Lines and status as keepalived 2.2.7 gives them for the same text, except that its default
/// after an unknown scheduler is no second mistake.
#[test]
fn services_say_what_they_lack() {
    const ADDRESS: &str = "192.0.2.9 80";
    const WHOLE: &str = "lb_algo rr\n lb_kind NAT\n protocol TCP\n";
    const SERVER: &str = "real_server 192.0.2.10 {\n weight 1\n }\n";
    let check = "weight 1\n TCP_CHECK {\n bindto 2001:db8::7\n }\n";
    let cases = [
        (ADDRESS, format!("{WHOLE}{SERVER}")),
        (ADDRESS, WHOLE.to_owned()),
        (ADDRESS, SERVER.to_owned()),
        (
            ADDRESS,
            format!("lb_algo foo\n{SERVER}").replace("foo", "foo\n lb_kind NAT\n protocol TCP"),
        ),
        ("192.0.2.9", format!("{WHOLE}{SERVER}")),
        (
            ADDRESS,
            format!("{WHOLE} quorum 9\n hysteresis 4\n{SERVER}"),
        ),
        (
            ADDRESS,
            format!("{WHOLE}{}", SERVER.replace("weight 1", "weight 0")),
        ),
        (ADDRESS, format!("{WHOLE} sorry_server_inhibit\n{SERVER}")),
        (
            ADDRESS,
            format!("{WHOLE} sorry_server 2001:db8::4 80\n{SERVER}"),
        ),
        (
            "fwmark 3",
            format!("{WHOLE}real_server 192.0.2.10 80 {{\n }}\n").replace("NAT", "DR"),
        ),
        (
            ADDRESS,
            format!("{WHOLE}{SERVER} sorry_server 192.0.2.7 82\n").replace("NAT", "DR"),
        ),
        (
            ADDRESS,
            format!("{WHOLE}{}", SERVER.replace("weight 1\n", check)),
        ),
    ];
    let mut told = String::new();
    for (head, body) in cases {
        let planned = planned(&format!("virtual_server {head} {{\n {body}}}\n"));
        let (status, count) = (planned.status(), planned.plan.lvs.services.len());
        told += &format!("status {status}, services {count}\n{}\n", printed(&planned));
    }
    insta::assert_snapshot!(told, @r"
    status 0, services 1

    status 5, services 0
    Virtual server [192.0.2.9]:tcp:80 has no real servers - ignoring
    status 5, services 1
    Virtual server [192.0.2.9]:none:80: no protocol set - defaulting to UDP
    Virtual server [192.0.2.9]:udp:80: no scheduler set, setting default 'wlc'
    Virtual server [192.0.2.9]:udp:80: no forwarding method set, setting default NAT
    status 5, services 1
    (k.conf: Line 2) Invalid lvs_scheduler 'foo' - ignoring
    status 5, services 1
    Virtual server [192.0.2.9]:tcp:0: zero port only valid for persistent services - setting
    status 5, services 1
    Warning - quorum 9 for [192.0.2.9]:tcp:80 exceeds total weight of real servers 1, reducing quorum to 1
    Virtual server [192.0.2.9]:tcp:80: hysteresis 4 >= quorum 1; setting hysteresis to 0
    status 5, services 1
    Warning - quorum 1 for [192.0.2.9]:tcp:80 exceeds total weight of real servers 0, reducing quorum to 0
    status 5, services 1
    (k.conf: Line 5) Ignoring sorry_server inhibit used before or without sorry_server
    status 5, services 1
    (k.conf: Line 5) Address family of virtual server and sorry server 2001:db8::4 don't match - skipping sorry server.
    status 5, services 1
    Warning: Virtual server FWM 3: protocol specified for fwmark - protocol will be ignored
    WARNING - fwmark virtual server FWM 3, real server [192.0.2.10]:none:80 has port specified - clearing
    status 5, services 1
    WARNING - virtual server [192.0.2.9]:tcp:80 and sorry server ports don't match - resetting
    status 5, services 1
    (k.conf: Line 8) bindto address 2001:db8::7 does not match address family of connect_ip - skipping
    ");
}

/// Words that were meant to be what is missing are one mistake.
#[test]
fn a_service_with_a_slip_of_the_hand() {
    let sound = "virtual_server 192.0.2.9 80 {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n \
                 real_server 192.0.2.10 80 {\n }\n}\n";
    assert_eq!(printed(&planned(sound)), "");
    for (from, to, report) in [
        (
            "protocol",
            "protocl",
            "(k.conf: Line 4) Unknown keyword 'protocl'",
        ),
        (
            "lb_algo rr",
            "lb_algo rrr",
            "(k.conf: Line 2) Invalid lvs_scheduler 'rrr' - ignoring",
        ),
        (
            "NAT",
            "NATT",
            "(k.conf: Line 3) PARSER : unknown [NATT] routing method for virtual server.",
        ),
        (
            "NAT",
            "NAT\n ip_family inet6",
            "(k.conf: Line 4) Virtual server specified family inet6 conflicts with server family",
        ),
    ] {
        let planned = planned(&sound.replacen(from, to, 1));
        assert_eq!(
            (printed(&planned).as_str(), planned.status()),
            (report, 5),
            "{to}"
        );
        assert_eq!(planned.plan.lvs.services.len(), 1, "{to}");
    }
}

/// Each address and mark of a group is a service of the same servers.
#[test]
fn a_group_is_several_services() {
    let planned = planned(
        "virtual_server_group G {\n 192.0.2.1 80\n 192.0.2.8-9 81\n 192.0.2.1 80\n fwmark 7\n}\n\
         virtual_server group G {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n \
         real_server 192.0.2.10 {\n TCP_CHECK {\n }\n }\n real_server 192.0.2.11 90 {\n }\n}\n",
    );
    let services = planned.plan.lvs.services.iter().map(|service| {
        let servers = service.servers.iter();
        let servers: Vec<_> = servers
            .map(|server| format!("{} {}", server.address, server.checks.len()))
            .collect();
        format!("{:?}: {}", service.key, servers.join(", "))
    });
    let services: Vec<_> = services.collect();
    insta::assert_snapshot!(services.join("\n"), @r"
    Address { address: 192.0.2.1:80, protocol: Tcp }: 192.0.2.10:80 1, 192.0.2.11:90 0
    Address { address: 192.0.2.8:81, protocol: Tcp }: 192.0.2.10:81 1, 192.0.2.11:90 0
    Address { address: 192.0.2.9:81, protocol: Tcp }: 192.0.2.10:81 1, 192.0.2.11:90 0
    Mark { mark: 7, family: V4 }: 192.0.2.10:0 1, 192.0.2.11:90 0
    ");
    assert_eq!(printed(&planned), "");
}

/// With `nftables_ipvs` a group is one service for a mark, unless it has marks of its own. Who had a
/// mark keeps it, and what the file names is nobody else's.
#[test]
fn a_group_of_addresses_is_one_service_for_a_mark() {
    let service = |name: &str, protocol: &str| {
        format!(
            "virtual_server group {name} {{\n lb_algo rr\n lb_kind DR\n protocol {protocol}\n persistence_timeout 9\n \
             real_server 192.0.2.10 80 {{\n }}\n}}\n"
        )
    };
    let text = format!(
        "global_defs {{\n nftables_ipvs\n}}\n\
         virtual_server_group A {{\n 192.0.2.1 80\n 192.0.2.0/24\n}}\n\
         virtual_server_group B {{\n 192.0.2.1 443\n}}\n\
         virtual_server_group C {{\n 192.0.2.3 80\n fwmark 1000\n}}\n{}{}{}{}",
        service("A", "TCP"),
        service("B", "TCP"),
        service("B", "UDP"),
        service("C", "TCP"),
    );
    let mut host = host();
    host.marks = BTreeMap::from([("tcp B".to_owned(), 1001), ("tcp A".to_owned(), 1000)]);
    let planned = planned_on(&text, &host);
    let keys: Vec<String> = planned
        .plan
        .lvs
        .services
        .iter()
        .map(|it| format!("{:?}", it.key))
        .collect();
    insta::assert_snapshot!(keys.join("\n"), @r"
    Mark { mark: 1002, family: V4 }
    Mark { mark: 1001, family: V4 }
    Mark { mark: 1003, family: V4 }
    Address { address: 192.0.2.3:80, protocol: Tcp }
    Mark { mark: 1000, family: V4 }
    ");
    let marks = planned.plan.marks.as_ref().expect("a table");
    let marked = |it: &Marked| {
        let ((first, last), (low, high)) = (it.addresses, it.ports);
        format!("{} {first}-{last} {low}-{high}: {}", it.protocol, it.mark)
    };
    let marked: Vec<String> = marks.elements.iter().map(marked).collect();
    insta::assert_snapshot!(marked.join("\n"), @r"
    tcp 192.0.2.1-192.0.2.1 80-80: 1002
    tcp 192.0.2.0-192.0.2.0 0-65535: 1002
    tcp 192.0.2.1-192.0.2.1 0-79: 1002
    tcp 192.0.2.1-192.0.2.1 81-442: 1002
    tcp 192.0.2.1-192.0.2.1 444-65535: 1002
    tcp 192.0.2.2-192.0.2.255 0-65535: 1002
    tcp 192.0.2.1-192.0.2.1 443-443: 1001
    udp 192.0.2.1-192.0.2.1 443-443: 1003
    ");
    let own = "WARNING - fwmark virtual server [C]:0, real server [192.0.2.10]:tcp:80 has port \
               specified - port will be ignored";
    assert_eq!(printed(&planned), own);
}

/// Every address of a group has every server of the service: a few lines can mean millions.
#[test]
fn addresses_times_servers_are_bounded() {
    let servers: String = (0..300)
        .map(|n| {
            format!(
                " real_server 10.2.{}.{} 80 {{\n  weight 1\n }}\n",
                n / 250,
                n % 250
            )
        })
        .collect();
    let text = format!(
        "virtual_server_group ALL {{\n 10.1.0.1-10.1.15.254 80\n}}\nvirtual_server group ALL {{\n \
         lb_algo rr\n lb_kind NAT\n protocol TCP\n{servers}}}\n"
    );
    let checked = planned(&text);
    assert!(checked.plan.lvs.services.is_empty());
    assert_eq!(
        printed(&checked),
        "(k.conf: Line 4) The configuration is too large (too many real servers) - ignoring the \
         rest"
    );
}

/// A file in which everything is wrong is told about as far as somebody may read.
#[test]
fn what_is_told_of_a_plan_is_bounded() {
    let count = MAX_PROBLEMS + 10;
    let address = |n: usize| format!("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255);
    let text: String = (0..count)
        .map(|n| format!("virtual_server {} 80 {{\n}}\n", address(n)))
        .collect();
    let checked = planned(&text);
    assert!(checked.diagnostics.len() <= MAX_PROBLEMS + 1);
    let last = checked.diagnostics.last().expect("problems");
    assert_eq!(last.code, "too-many-problems");
}
