//! Whole nginx configurations, from text to plan.

mod support;

use std::path::Path;

use grammar::nginx::{Options, parse};
use grammar::{FsLoader, MemoryLoader};
use plan::nginx::{Layout, Plan, Planned, plan};
use stream::config::{Address, Balance, ServerIx, Transport};
use support::Host;

fn layout(prefix: &str) -> Layout {
    Layout {
        prefix: prefix.into(),
        pid: "logs/nginx.pid".into(),
        error_log: Some(Path::new(prefix).join("logs/error.log")),
        user: "nobody".to_owned(),
    }
}

/// The plan and the report lines of a configuration whose relative paths start at `/p`.
fn planned(text: &str) -> (Planned, String) {
    let mut files = MemoryLoader::new([("/p/nginx.conf", text)]);
    let path = Path::new("/p/nginx.conf");
    let parsed = parse(&mut files, path, None, &Options::default());
    let planned = plan(&parsed, &Host::default(), &layout("/p"));
    let lines: Vec<_> = planned
        .diagnostics
        .iter()
        .map(|problem| problem.nginx_line(&parsed.sources))
        .collect();
    let lines = lines.join("\n");
    (planned, lines)
}

fn good(text: &str) -> Plan {
    let (planned, lines) = planned(text);
    planned.plan.unwrap_or_else(|| panic!("{lines}"))
}

fn stream(inner: &str) -> String {
    format!("events {{}}\nstream {{\n{inner}\n}}\n")
}

fn article(path: &str) -> Plan {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples-conf/articles");
    let path = root.join(path);
    let mut loader = FsLoader::default();
    let parsed = parse(&mut loader, &path, None, &Options::default());
    let planned = plan(&parsed, &Host::default(), &layout("/usr/local/nginx"));
    let lines: Vec<_> = planned
        .diagnostics
        .iter()
        .map(|problem| problem.nginx_line(&parsed.sources))
        .collect();
    planned
        .plan
        .unwrap_or_else(|| panic!("{}", lines.join("\n")))
}

#[test]
fn the_api_server_proxy_of_article_003() {
    let plan = article("003-nginx-stream-two-vips/run/master1/usr/local/nginx/conf/nginx.conf");
    assert_eq!(plan.worker_connections, 1024);
    let config = &plan.stream;
    assert_eq!(config.listeners.len(), 1);
    assert_eq!(config.listeners[0].display, "0.0.0.0:10443");
    let server = &config.servers[0];
    assert_eq!(server.connect_timeout.as_secs(), 1);
    assert_eq!(server.access_logs.len(), 1);
    let pool = &config.pools[0];
    assert!(matches!(
        &pool.balance,
        Balance::Hash {
            consistent: true,
            ..
        }
    ));
    assert_eq!(pool.peers.len(), 3);
    assert!(pool.peers.iter().all(|peer| peer.max_fails == 3));
    assert!(
        pool.peers
            .iter()
            .all(|peer| peer.fail_timeout.as_secs() == 30)
    );
    assert_eq!(plan.not_served.len(), 1);
    assert_eq!(plan.not_served[0].0, "10088");
}

#[test]
fn the_control_plane_proxy_of_article_004() {
    let plan = article("004-kubernetes-nginx/run/master-1/etc/nginx/nginx.conf");
    let config = &plan.stream;
    assert_eq!(config.listeners[0].display, "0.0.0.0:16443");
    let pool = &config.pools[0];
    assert_eq!((pool.peers[0].weight, pool.peers[0].max_fails), (5, 4));
    let log = &config.servers[0].access_logs[0];
    let file = &config.files[log.file.0 as usize];
    assert_eq!(file, Path::new("/var/log/nginx/control-plane.log"));
}

#[test]
fn a_wildcard_serves_the_addresses_of_its_port() {
    let text = stream(
        "server { listen 127.0.0.1:80; proxy_pass 10.0.0.1:1; }
         server { listen 80; listen [::1]:80; proxy_pass 10.0.0.1:2; }
         server { listen 127.0.0.2:80 bind; proxy_pass 10.0.0.1:3; }
         server { listen 127.0.0.3:80 udp; proxy_pass 10.0.0.1:4; }",
    );
    let listeners = good(&text).stream.listeners;
    let shown: Vec<_> = listeners
        .iter()
        .map(|l| (l.display.as_str(), l.server.0))
        .collect();
    let expected = [
        ("0.0.0.0:80", 1),
        ("[::1]:80", 1),
        ("127.0.0.2:80", 2),
        ("127.0.0.3:80", 3),
    ];
    assert_eq!(shown, expected);
    let wildcard = &listeners[0];
    assert_eq!(
        wildcard.server_at("127.0.0.1".parse().expect("valid")),
        ServerIx(0)
    );
    assert_eq!(
        wildcard.server_at("192.0.2.1".parse().expect("valid")),
        ServerIx(1)
    );
}

#[test]
fn the_first_or_the_default_server_of_an_address_answers() {
    let two = |second: &str| {
        let text = stream(&format!(
            "server {{ listen 80; proxy_pass 10.0.0.1:1; }}
             server {{ listen 80 {second}; proxy_pass 10.0.0.1:2; }}"
        ));
        let listeners = good(&text).stream.listeners;
        assert_eq!(listeners.len(), 1);
        listeners[0].server
    };
    assert_eq!(two(""), ServerIx(0));
    assert_eq!(two("default_server"), ServerIx(1));
}

#[test]
fn port_ranges_and_names_become_addresses() {
    let text = stream("server { listen localhost:8000-8002 udp; proxy_pass localhost:53; }");
    let plan = good(&text);
    let keys = plan.stream.listeners.iter().map(|listener| &listener.key);
    assert!(keys.clone().all(|key| key.transport == Transport::Udp));
    let shown: Vec<_> = keys.map(|key| format!("{:?}", key.address)).collect();
    assert_eq!(
        shown,
        [8000, 8001, 8002].map(|port| format!("Inet(127.0.0.1:{port})"))
    );
    let peer = &plan.stream.pools[0].peers[0];
    assert_eq!(
        peer.address,
        Address::Inet("127.0.0.1:53".parse().expect("valid"))
    );
    assert_eq!(peer.written, "localhost:53");
}

#[test]
fn equal_targets_share_a_pool_and_upstream_names_ignore_case() {
    let text = stream(
        "server { listen 1; proxy_pass 10.0.0.1:1; }
         server { listen 2; proxy_pass 10.0.0.1:1; }
         server { listen 3; proxy_pass BACK; }
         upstream back { server 10.0.0.2:1; }",
    );
    let config = good(&text).stream;
    assert_eq!(config.pools.len(), 2);
    assert_eq!(config.servers[0].pool, config.servers[1].pool);
    assert_eq!(config.pools[config.servers[2].pool.0 as usize].name, "back");
}

#[test]
fn settings_and_logs_are_inherited_as_whole_lists() {
    let text = "error_log e0;
        events {}
        stream {
            log_format f '$status';
            proxy_timeout 1m;
            access_log a1 f;
            access_log a2 f;
            server { listen 1; proxy_pass 10.0.0.1:1; }
            server { listen 2; proxy_pass 10.0.0.1:1; proxy_timeout 2s; error_log e2 info; }
            server { listen 3; proxy_pass 10.0.0.1:1; access_log off; }
            server { listen 4; proxy_pass 10.0.0.1:1; access_log a1 F buffer=4k flush=1s; }
        }";
    let config = good(text).stream;
    let names = |server: usize| -> Vec<&str> {
        let logs = config.servers[server].access_logs.iter();
        logs.map(|log| config.files[log.file.0 as usize].to_str().expect("text"))
            .collect()
    };
    assert_eq!(names(0), ["/p/a1", "/p/a2"]);
    assert_eq!(names(2), Vec::<&str>::new());
    assert_eq!(names(3), ["/p/a1"]);
    assert!(config.servers[3].access_logs[0].buffer.is_some());
    let seconds: Vec<_> = config
        .servers
        .iter()
        .map(|s| s.proxy_timeout.as_secs())
        .collect();
    assert_eq!(seconds, [60, 2, 60, 60]);
    let levels: Vec<_> = config
        .servers
        .iter()
        .map(|s| s.error_logs[0].level)
        .collect();
    use stream::config::Level::{Error, Info};
    assert_eq!(levels, [Error, Info, Error, Error]);
}

#[test]
fn problems_come_in_the_original_s_order() {
    let text = "user nosuch;
        stream {
            server { listen 1; proxy_pass nowhere:1; }
            log_format f '$bogus';
            upstream b { server alsonowhere:1; }
            server { listen 2; access_log a g; proxy_pass <ip>:1; }
        }";
    let (planned, lines) = planned(text);
    assert!(planned.plan.is_none());
    let expected = "\
[emerg] getpwnam(\"nosuch\") failed in /p/nginx.conf:1
[emerg] host not found in upstream \"alsonowhere:1\" in /p/nginx.conf:5
[emerg] unknown log format \"g\" in /p/nginx.conf:6
[emerg] host not found in upstream \"nowhere\" in /p/nginx.conf:3
[emerg] host not found in upstream \"<ip>\" in /p/nginx.conf:6
[emerg] unknown \"bogus\" variable
[emerg] no \"events\" section in configuration";
    assert_eq!(lines, expected);
    let help = planned
        .diagnostics
        .iter()
        .filter_map(|problem| problem.help.as_deref());
    assert!(
        help.into_iter()
            .any(|help| help.contains("`<ip>` is a placeholder"))
    );
}

#[test]
fn a_reload_touches_only_what_changed() {
    use plan::nginx::Change::{Add, Keep, Remove, Restart, Update};
    let with = |listen: &str| {
        let text = stream(&format!("server {{ {listen} proxy_pass 10.0.0.1:1; }}"));
        good(&text)
    };
    let old = with("listen 1; listen 2; listen 3; listen 4;");
    let new = with("listen 1; listen 2 backlog=9; listen 3 reuseport; listen 5;");
    let port = |change: &plan::nginx::Change<stream::config::ListenerKey>| {
        let show = |key: &stream::config::ListenerKey| match &key.address {
            Address::Inet(address) => address.port(),
            Address::Unix(_) => 0,
        };
        match change {
            Keep(key) => format!("keep {}", show(key)),
            Update(key) => format!("update {}", show(key)),
            Restart(key, why) => format!("restart {}: {why}", show(key)),
            Add(key) => format!("add {}", show(key)),
            Remove(key) => format!("remove {}", show(key)),
        }
    };
    let changes = plan::nginx::diff(&old, &new);
    let shown: Vec<_> = changes.listeners.iter().map(port).collect();
    let expected = [
        "keep 1",
        "update 2",
        "restart 3: reuseport changed",
        "add 5",
        "remove 4",
    ];
    assert_eq!(shown, expected);
    let same = plan::nginx::diff(&old, &old);
    assert!(
        same.listeners
            .iter()
            .all(|change| matches!(change, Keep(_)))
    );
    assert!(same.servers.iter().all(|change| matches!(change, Keep(_))));
    assert!(same.worker.is_empty() && same.ignored.is_empty());
}

#[test]
fn access_rules_of_a_server_replace_those_around_it() {
    let text = stream(
        "deny 10.0.0.0/8; allow all;
         server { listen 1; proxy_pass 10.0.0.1:1; }
         server { listen 2; proxy_pass 10.0.0.1:1; deny unix:; }",
    );
    let config = good(&text).stream;
    let client = Address::Inet("10.1.2.3:4".parse().expect("valid"));
    let allowed =
        |server: usize| stream::access::is_allowed(&config.servers[server].access, &client);
    assert_eq!([allowed(0), allowed(1)], [false, true]);
}
