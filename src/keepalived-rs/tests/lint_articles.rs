//! What is wrong in the five articles, item by item, and where `lint` says so.
//!
//! | article | what is wrong | rule |
//! |---|---|---|
//! | 000 | both nodes have one `router_id` | all-nodes-same-router-id |
//! | 000 | a process exists, the listener may not | check-only-sees-process |
//! | 000 | a bare command name, run as root | script-by-name |
//! | 000 | no `nginx -t` before the reload; `rsync --delete` | none: a cron job beside the configuration |
//! | 000 | another interface name per node | none: no mistake, nodes may differ in it |
//! | 001 | the chart's password is longer than eight bytes | auth-pass-truncated |
//! | 001 | the chart's `advert_int` is the interval of its check | failover-time |
//! | 001 | the chart's curl takes HTTP 500 for an answer | check-does-not-check |
//! | 002 | nothing is tracked | no-tracking |
//! | 003 | `state MASTER` with `nopreempt` | nopreempt-with-state-master |
//! | 003 | a weight of 2 for gaps of 20 | weight-cannot-failover |
//! | 003 | the password is longer than eight bytes | auth-pass-truncated |
//! | 003 | the check sleeps as long as its interval | script-slower-than-interval |
//! | 003 | the check asks an http server, not the stream's port | check-asks-another-port |
//! | 003 | one-line blocks with `;` | none: they mean what was meant (known-differences.toml) |
//! | 003 | 1 to 3 s are claimed with `advert_int 2` | failover-time |
//! | 003 | nothing starts keepalived again | script-stops-keepalived |
//! | 004 | the script always ends with 0 | check-does-not-check |
//! | 004 | failover only by stopping keepalived | script-stops-keepalived |
//! | 004 | no interval, no weight | failover-time: states the default |
//! | 004 | two balancers on one address and port | vip-port-owned-twice |
//! | 004 | NAT with real servers in the clients' network | vip-port-owned-twice |
//! | 004 | an endpoint without a port passes the proxy by | endpoint-bypasses-proxy |
//!
//! The text of 001 prints no configuration; the mistakes of the chart that it points to are made
//! in ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn articles() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples-conf/articles")
}

fn findings(directory: &Path, paths: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_keepalived-rs"))
        .args(["lint", "--format", "json"])
        .args(paths)
        .current_dir(directory)
        .output()
        .expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    json["diagnostics"].as_array().expect("a list").clone()
}

/// Rule, end of the path and line of its first place, words of its message.
type Row = (&'static str, &'static str, u64, &'static str);

fn all_told(directory: &Path, paths: &[&str], rows: &[Row]) {
    let found = findings(directory, paths);
    for (code, file, line, words) in rows {
        let told = found.iter().any(|it| {
            let message = it["message"].as_str().unwrap_or("");
            let place = it["place"]["file"].as_str().unwrap_or("");
            it["code"] == *code
                && place.ends_with(file)
                && it["place"]["line"] == *line
                && message.contains(words)
        });
        assert!(told, "{code} {file}:{line} `{words}` is not in {found:#?}");
    }
}

#[test]
fn unicast_pair() {
    let rows = [
        (
            "all-nodes-same-router-id",
            "backup/etc/keepalived/keepalived.conf",
            3,
            "nginx1",
        ),
        (
            "check-only-sees-process",
            "backup/etc/keepalived/keepalived.conf",
            9,
            "port 6443",
        ),
        (
            "script-by-name",
            "backup/etc/keepalived/keepalived.conf",
            9,
            "killall",
        ),
    ];
    all_told(&articles(), &["000-unicast-nginx/run"], &rows);
}

#[test]
fn the_chart_of_the_haproxy_article() {
    let directory = tempfile::tempdir().expect("a directory");
    for node in ["node-16", "node-17"] {
        let path = format!("001-keepalived-haproxy/run/{node}/etc/keepalived/keepalived.conf");
        let text = fs::read_to_string(articles().join(path)).expect("ours");
        let text = text
            .replace("auth_pass kubelive", "auth_pass a3ViZWxpdmVkLXNlY3JldA==")
            .replace("advert_int 1", "advert_int 5")
            .replace(
                "\"/usr/bin/killall -0 nginx\"",
                "\"/usr/bin/curl -s -k https://127.0.0.1:6443/livez\"",
            );
        let file = directory
            .path()
            .join(node)
            .join("etc/keepalived/keepalived.conf");
        fs::create_dir_all(file.parent().expect("its directory")).expect("a directory");
        fs::write(file, text).expect("it can be written");
    }
    let rows = [
        (
            "auth-pass-truncated",
            "node-16/etc/keepalived/keepalived.conf",
            23,
            "24 bytes",
        ),
        (
            "failover-time",
            "node-16/etc/keepalived/keepalived.conf",
            20,
            "late when node-16 dies",
        ),
        (
            "check-does-not-check",
            "node-16/etc/keepalived/keepalived.conf",
            9,
            "HTTP status 500",
        ),
    ];
    all_told(directory.path(), &["."], &rows);
}

#[test]
fn multicast_trio() {
    let rows = [(
        "no-tracking",
        "backup-201/etc/keepalived/keepalived.conf",
        1,
        "192.168.31.250",
    )];
    all_told(&articles(), &["002-multicast-trio/run"], &rows);
}

#[test]
fn two_vips() {
    const CONF: &str = "master1/usr/local/keepalived/conf/keepalived.conf";
    const CHECK: &str = "master1/usr/local/keepalived/conf/check_nginx.sh";
    let rows = [
        ("nopreempt-with-state-master", CONF, 19, "no effect"),
        (
            "weight-cannot-failover",
            CONF,
            29,
            "from priority 100 to 98",
        ),
        ("auth-pass-truncated", CONF, 22, "13 bytes"),
        ("script-slower-than-interval", CHECK, 6, "sleeps 2 s"),
        ("check-asks-another-port", CONF, 8, "asks port 10088"),
        ("failover-time", CONF, 18, "4.688 s to 6.688 s"),
        (
            "script-stops-keepalived",
            CHECK,
            9,
            "nothing starts it again",
        ),
    ];
    all_told(&articles(), &["003-nginx-stream-two-vips/run"], &rows);
    // Blocks on one line give no finding of their own.
    let found = findings(&articles(), &["003-nginx-stream-two-vips/run"]);
    let second = "master2/usr/local/keepalived/conf/keepalived.conf";
    let of_second = found.iter().filter(|it| {
        let file = it["place"]["file"].as_str().unwrap_or("");
        file.ends_with(second)
    });
    let codes: Vec<_> = of_second.filter_map(|it| it["code"].as_str()).collect();
    assert_eq!(codes, [""; 0]);
}

#[test]
fn kubernetes() {
    const CONF: &str = "master-1/etc/keepalived/keepalived.conf";
    const CHECK: &str = "master-1/etc/nginxkeepalived.sh";
    let rows = [
        (
            "check-does-not-check",
            CHECK,
            12,
            "succeeds whatever it finds",
        ),
        (
            "script-stops-keepalived",
            CHECK,
            12,
            "nothing starts it again",
        ),
        ("failover-time", CONF, 12, "one run every 1 s, the default"),
        ("vip-port-owned-twice", CONF, 24, "nginx never sees them"),
        ("vip-port-owned-twice", CONF, 24, "lb_kind is NAT"),
    ];
    all_told(
        &articles(),
        &["004-kubernetes-nginx/run-virtual-server"],
        &rows,
    );
    let init = "004-kubernetes-nginx/printed/kubeadm-init.sh";
    let rows = [("endpoint-bypasses-proxy", "kubeadm-init.sh", 1, "port 6443")];
    let found = findings(&articles(), &["004-kubernetes-nginx/run", init]);
    let line = found
        .iter()
        .find(|it| it["code"] == "endpoint-bypasses-proxy");
    let line = line.and_then(|it| it["place"]["line"].as_u64());
    let (code, file, _, words) = rows[0];
    let rows = [(code, file, line.expect("it is told"), words)];
    all_told(&articles(), &["004-kubernetes-nginx/run", init], &rows);
}
