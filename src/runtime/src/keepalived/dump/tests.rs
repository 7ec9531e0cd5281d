//! Places, modes and shapes of dumps.

use std::path::Path;

use base::{Duration, Instant, Machine as _};
use grammar::MemoryLoader;
use grammar::keepalived::Options;
use plan::facts::Assumed;
use plan::keepalived::{Plan, check};
use sys::netlink::{Link, News, Shape};
use vrrp::{Engine, Input};

use super::*;

fn placed(kind: Kind, dumps: Dumps) -> String {
    let process = Process {
        instance: Some("edge".to_owned()),
        dumps,
        ..Process::default()
    };
    place(kind, &process, Path::new("/tmp"))
        .display()
        .to_string()
}

#[test]
fn places_of_dumps() {
    let named = |name: &str| Dumps {
        state: Some(name.to_owned()),
        json: Some(name.to_owned()),
        ..Dumps::default()
    };
    assert_eq!(placed(Kind::Data, Dumps::default()), "/tmp/keepalived.data");
    assert_eq!(
        placed(Kind::Data, named("/run/x/")),
        "/run/x/keepalived.data"
    );
    assert_eq!(placed(Kind::Json, named("/run/x.json")), "/run/x.json");
    assert_eq!(placed(Kind::Json, named("x.json")), "/tmp/x.json");
    assert_eq!(
        placed(Kind::Stats, named("x.json")),
        "/tmp/keepalived.stats"
    );
    let told = |name: &str| Dumps {
        use_instance: true,
        ..named(name)
    };
    assert_eq!(placed(Kind::Data, told("")), "/tmp/keepalived.edge.data");
    assert_eq!(placed(Kind::Data, told("/a/b")), "/a/b.edge");
    assert_eq!(placed(Kind::Json, told("")), "/tmp/keepalived.json");
}

#[test]
fn a_symlink_is_replaced_not_followed() {
    let dir = tempfile::tempdir().expect("dir");
    let victim = dir.path().join("victim");
    std::fs::write(&victim, "precious").expect("write");
    let path = dir.path().join("keepalived.data");
    std::os::unix::fs::symlink(&victim, &path).expect("symlink");
    replace_file(&path, b"dump").expect("written");
    assert_eq!(std::fs::read_to_string(&victim).expect("read"), "precious");
    assert_eq!(std::fs::read_to_string(&path).expect("read"), "dump");
    let mode = std::fs::symlink_metadata(&path)
        .expect("metadata")
        .permissions();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777,
        0o600
    );
}

const TEXT: &str = "\
global_defs {
    @
}
vrrp_script chk {
    script \"/usr/bin/true x\"
    interval 1
    weight 5
}
vrrp_track_process p {
    process nginx -g
    weight 3
    terminate_delay 1.5
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 200
    authentication {
        auth_type PASS
        auth_pass secret
    }
    virtual_ipaddress {
        192.0.2.100/24
        192.0.2.101/32 dev eth0 label eth0:1 no_track
    }
    virtual_ipaddress_excluded {
        2001:db8::102/64 preferred_lft 0
    }
    track_interface {
        eth1 weight 2
    }
    track_script {
        chk
    }
    track_process {
        p
    }
    notify /usr/bin/true
    notify_deleted \"/usr/bin/false 1\"
}
vrrp_instance VI_6 {
    interface eth0
    virtual_router_id 52
    priority 100
    version 3
    advert_int 1.5
    nopreempt
    virtual_ipaddress {
        fe80::100/64
    }
}
";

/// A node that runs `TEXT` with `global` in its `global_defs`, master of one instance for a second.
fn node(global: &str) -> (Plan, Engine, Clocks) {
    let text = TEXT.replace('@', global);
    let mut loader = MemoryLoader::new([("/k.conf", text.as_str())]);
    let facts = Assumed {
        hostname: "host".to_owned(),
    };
    let checked = check(
        &mut loader,
        Path::new("/k.conf"),
        &Options::default(),
        &facts,
    );
    let mut engine = Engine::new(checked.plan.vrrp.clone());
    let at = |micros| Instant::from_micros(micros);
    engine.handle(at(1_000_000), Input::Start, &mut |_| ());
    engine.handle(at(4_300_000), Input::Tick, &mut |_| ());
    let clocks = Clocks {
        now: at(5_500_000),
        wall: Duration::from_micros(1_795_306_918_165_713),
        zone: jiff::tz::TimeZone::UTC,
    };
    (checked.plan, engine, clocks)
}

fn dumped<T>(global: &str, show: fn(&Dumped<'_>) -> T) -> T {
    let (plan, engine, clocks) = node(global);
    let mut links = Links::default();
    links.update(&News::Link(Link {
        index: 2,
        name: "eth0".to_owned(),
        mac: base::MacAddr([2, 0, 0, 0, 0, 1]),
        mtu: 1500,
        up: true,
        multicast: true,
        ethernet: true,
        shape: Shape {
            layer: 1,
            broadcast: true,
            broadcast_mac: base::MacAddr([0xff; 6]),
            ..Shape::default()
        },
        ..Link::default()
    }));
    show(&Dumped {
        running: vec![2; plan.vrrp.objects.len()],
        plan: &plan,
        engine: &engine,
        clocks,
        links: &links,
        addresses: vec![(2, "192.0.2.2".parse().expect("an address"))],
        polled: BTreeMap::new(),
        switches: BTreeMap::new(),
        ports: &Ports::default(),
    })
}

/// Names and order of the original, which exporters parse (seen: 2.2.7; source: 2.4.3).
#[test]
fn json_of_the_first_shape() {
    insta::assert_snapshot!(dumped("", json).replace(",\"", ",\n\""));
}

#[test]
fn json_of_the_second_shape() {
    let text = dumped("json_version 2", json);
    let first = dumped("", json);
    let inner = text.strip_prefix("{\"vrrp\":").expect("an object");
    let (list, processes) = inner
        .split_once(",\"track_process\":[{")
        .expect("processes");
    assert_eq!(list, first.trim_end());
    insta::assert_snapshot!(processes);
}

#[test]
fn no_dump_has_a_secret() {
    let texts = [data, json, |dumped: &Dumped<'_>| stats(dumped.engine)];
    let texts = texts.map(|show| dumped("", show));
    assert!(texts.iter().all(|text| !text.contains("secret")));
    insta::assert_snapshot!(texts[0]);
}
