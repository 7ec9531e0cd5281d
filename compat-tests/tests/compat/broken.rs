//! Every article file with one thing broken: ours reports one error, at the right line, and ends
//! with the original's status.

use std::fs;
use std::path::PathBuf;

use compat_tests::Subject;
use compat_tests::articles::{NODES, Node};
use compat_tests::differences::Differences;
use compat_tests::programs::LOAD_STREAM;
use compat_tests::sandbox::{Report, Sandbox};
use libtest_mimic::Trial;

use crate::clock::scenario;

/// One edit that breaks a file.
struct Break {
    node: &'static str,
    /// Word in the scenario's name.
    what: &'static str,
    /// First occurrence is replaced.
    from: &'static str,
    to: &'static str,
    /// Line (of the broken file) that the report must name; 0 where the mistake has no line.
    line: usize,
}

const fn edit(
    node: &'static str,
    what: &'static str,
    from: &'static str,
    to: &'static str,
    line: usize,
) -> Break {
    Break {
        node,
        what,
        from,
        to,
        line,
    }
}

const KEEPALIVED: &[Break] = &[
    edit(
        "000/master",
        "misspelt-keyword",
        "advert_int 1",
        "advert_intt 1",
        19,
    ),
    edit(
        "000/master",
        "misspelt-block",
        "vrrp_script check_script {",
        "vrrp_scrip check_script {",
        8,
    ),
    edit(
        "000/master",
        "bad-vip",
        "172.21.18.33\n",
        "172.21.18.333\n",
        33,
    ),
    edit(
        "000/master",
        "bad-peer",
        "172.21.18.59\n",
        "172.21.18.590\n",
        30,
    ),
    edit(
        "000/master",
        "bad-source",
        "unicast_src_ip 172.21.18.34",
        "unicast_src_ip 172.21.18",
        28,
    ),
    edit(
        "000/master",
        "unknown-script",
        "        check_script\n",
        "        check_scrip\n",
        26,
    ),
    edit(
        "000/master",
        "vrid-256",
        "virtual_router_id 251",
        "virtual_router_id 256",
        17,
    ),
    edit(
        "000/master",
        "vrid-0",
        "virtual_router_id 251",
        "virtual_router_id 0",
        17,
    ),
    edit(
        "000/master",
        "vrid-word",
        "virtual_router_id 251",
        "virtual_router_id abc",
        17,
    ),
    edit(
        "000/master",
        "priority-256",
        "priority 100",
        "priority 256",
        18,
    ),
    edit("000/master", "weight-300", "weight -20", "weight -300", 11),
    edit(
        "000/master",
        "interval-word",
        "interval 2",
        "interval two",
        10,
    ),
    edit(
        "000/master",
        "auth-type",
        "auth_type PASS",
        "auth_type PAS",
        22,
    ),
    edit(
        "000/master",
        "state-word",
        "state MASTER",
        "state MASTR",
        15,
    ),
    edit(
        "000/master",
        "missing-script-file",
        "killall -0 nginx",
        "/nowhere/check -0 nginx",
        9,
    ),
    edit(
        "000/master",
        "missing-interface",
        "interface ens34",
        "interface ens99",
        16,
    ),
    edit(
        "000/master",
        "missing-brace",
        "auth_pass 123456\n    }",
        "auth_pass 123456",
        // Where the first keyword stands that cannot be meant inside `authentication`.
        24,
    ),
    edit(
        "000/master",
        "extra-brace",
        "advert_int 1",
        "advert_int 1\n    }",
        0,
    ),
    edit(
        "000/master",
        "no-parameter",
        "virtual_router_id 251",
        "virtual_router_id",
        17,
    ),
    edit(
        "000/master",
        "unknown-user",
        "script_user root",
        "script_user nobody_here",
        4,
    ),
    edit(
        "002/master",
        "bad-mask",
        "192.168.31.250/24",
        "192.168.31.250/33",
        8,
    ),
    edit(
        "002/master",
        "misspelt-keyword",
        "interface ens33",
        "interfac ens33",
        3,
    ),
    edit(
        "002/master",
        "missing-brace",
        "/24\n    }\n}",
        "/24\n    }",
        1,
    ),
    edit(
        "002/master",
        "advert-int-0",
        "advert_int 1",
        "advert_int 0",
        6,
    ),
    edit("002/master", "no-vrid", "    virtual_router_id 41\n", "", 0),
    edit(
        "003/master1",
        "misspelt-keyword",
        "nopreempt ",
        "nopreemptt ",
        19,
    ),
    edit("003/master1", "bad-vip", "10.0.0.100", "10.0.0.1000", 25),
    edit(
        "003/master1",
        "vrid-256",
        "virtual_router_id 51",
        "virtual_router_id 256",
        16,
    ),
    edit(
        "004/master-1",
        "misspelt-keyword",
        "auth_pass 1111",
        "auth_pas 1111",
        15,
    ),
    edit(
        "004/master-1",
        "vrid-256",
        "virtual_router_id 51",
        "virtual_router_id 256",
        10,
    ),
    edit(
        "004/master-1",
        "bad-vip",
        "192.168.1.31/24",
        "192.168.1.31.1/24",
        18,
    ),
    edit(
        "004/virtual-server/master-1",
        "bad-scheduler",
        "lb_algo rr",
        "lb_algo rrr",
        26,
    ),
    edit(
        "004/virtual-server/master-1",
        "bad-kind",
        "lb_kind NAT",
        "lb_kind NATT",
        27,
    ),
    edit(
        "004/virtual-server/master-1",
        "bad-real-server",
        "real_server 192.168.1.25 6443",
        "real_server 192.168.1.256 6443",
        30,
    ),
    edit(
        "004/virtual-server/master-1",
        "misspelt-keyword",
        "connect_timeout 10",
        "connect_timout 10",
        32,
    ),
];

const NGINX: &[Break] = &[
    edit(
        "000/master",
        "missing-brace",
        "proxy_pass apiserver;\n    }\n",
        "proxy_pass apiserver;\n",
        0,
    ),
    edit(
        "000/master",
        "missing-semicolon",
        "listen 6443;",
        "listen 6443",
        0,
    ),
    edit(
        "000/master",
        "misspelt-directive",
        "proxy_pass",
        "proxy_pas",
        0,
    ),
    edit("000/master", "bad-port", "listen 6443;", "listen 65536;", 0),
    edit(
        "000/master",
        "unknown-variable",
        "$session_time",
        "$session_tim",
        0,
    ),
    edit(
        "000/master",
        "unknown-format",
        "stream.log session;",
        "stream.log sesion;",
        0,
    ),
    edit(
        "000/master",
        "no-pool",
        "proxy_pass apiserver;",
        "proxy_pass apiservers;",
        0,
    ),
    edit(
        "000/master",
        "arity",
        "worker_connections 1024;",
        "worker_connections 1024 2;",
        0,
    ),
    edit(
        "000/master",
        "duplicate",
        "listen 6443;",
        "listen 6443;\n        listen 6443;",
        0,
    ),
    edit(
        "000/master",
        "wrong-context",
        "listen 6443;",
        "worker_connections 5;\n        listen 6443;",
        0,
    ),
    edit(
        "000/master",
        "unknown-user",
        "user www-data;",
        "user nobody_here;",
        0,
    ),
    edit(
        "003/master1",
        "misspelt-http-directive",
        "sendfile        on;",
        "sendfil        on;",
        0,
    ),
    edit(
        "003/master1",
        "wrong-value",
        "worker_processes  1;",
        "worker_processes  one;",
        0,
    ),
    edit(
        "003/master1",
        "missing-include",
        "include       mime.types;",
        "include       mime.typ;",
        0,
    ),
    edit("004/master-1", "bad-weight", "weight=5", "weight=five", 0),
    edit(
        "004/master-1",
        "bad-fail-timeout",
        "fail_timeout=20s",
        "fail_timeout=20x",
        0,
    ),
    edit(
        "004/master-1",
        "placeholder",
        "192.168.1.26:6443",
        "<master-2>:6443",
        0,
    ),
    edit(
        "004/master-1",
        "stray-brace",
        "proxy_pass backend;\n    }",
        "proxy_pass backend;\n    }}",
        0,
    ),
    edit(
        "004/master-1",
        "quote",
        "$upstream_bytes_sent';",
        "$upstream_bytes_sent;",
        0,
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    let keepalived = KEEPALIVED.iter().map(|broken| {
        scenario(
            format!("broken::keepalived::{}::{}", broken.node, broken.what),
            || keepalived(broken),
        )
    });
    let nginx = NGINX.iter().map(|broken| {
        scenario(
            format!("broken::nginx::{}::{}", broken.node, broken.what),
            || nginx(broken),
        )
    });
    keepalived.chain(nginx).collect()
}

fn keepalived(broken: &Break) -> Result<(), String> {
    let id = format!("broken/keepalived/{}/{}", broken.node, broken.what);
    let node = node(broken.node);
    let (_folder, file) = edited(broken, node, node.keepalived_conf)?;
    let run = |subject: Subject, sandbox: Sandbox| {
        let program = subject.keepalived();
        let command = format!("{} -t -f {}", program.display(), node.keepalived_conf);
        sandbox.run(&command).map_err(|error| error.to_string())
    };
    let sandbox = || Sandbox::of(node).file(node.keepalived_conf, &file);
    let original = run(Subject::Original, sandbox())?;
    let sound = run(Subject::Ours, Sandbox::of(node))?;
    let ours = run(Subject::Ours, sandbox())?;
    println!("{id}\n  original: {original:?}\n  ours: {ours:?}");
    Differences::load().compare(&format!("{id}#status"), &original.status, &ours.status)?;
    one_error(&sound, &ours, broken.line).map_err(|problem| format!("{id}: {problem}"))
}

/// Exactly one line more than the sound file gives, and at `line`.
fn one_error(sound: &Report, ours: &Report, line: usize) -> Result<(), String> {
    let new: Vec<&String> = ours
        .lines
        .iter()
        .filter(|text| !sound.lines.contains(text))
        .collect();
    let [text] = new.as_slice() else {
        return Err(format!("{} new lines instead of one: {new:#?}", new.len()));
    };
    let wanted = format!("Line {line})");
    if line == 0 || text.contains(&wanted) {
        Ok(())
    } else {
        Err(format!("should name line {line}: {text}"))
    }
}

fn nginx(broken: &Break) -> Result<(), String> {
    let id = format!("broken/nginx/{}/{}", broken.node, broken.what);
    let node = node(broken.node);
    let conf = node.nginx_conf.ok_or("the node has no nginx.conf")?;
    let (_folder, file) = edited(broken, node, conf)?;
    let prefix = if conf.starts_with("/usr/local") {
        "-p /usr/local/nginx"
    } else {
        ""
    };
    let [original, ours] = Subject::BOTH.map(|subject| {
        let program = subject.nginx();
        let command = format!(
            "{} -t -c {conf} {prefix} -g '{LOAD_STREAM}'",
            program.display()
        );
        let mut report = Sandbox::of(node)
            .file(conf, &file)
            .run(&command)?
            .short_nginx_lines();
        // Help beyond the original's words is welcome; the words themselves must be there.
        report.lines.retain(|line| line.starts_with("nginx: "));
        Ok::<_, std::io::Error>(report)
    });
    let (original, ours) = (
        original.map_err(|e| e.to_string())?,
        ours.map_err(|e| e.to_string())?,
    );
    println!("{id}\n  original: {original:?}\n  ours: {ours:?}");
    let differences = Differences::load();
    differences.compare(&format!("{id}#status"), &original.status, &ours.status)?;
    differences.compare(&format!("{id}#lines"), &original.lines, &ours.lines)?;
    Ok(())
}

fn node(id: &str) -> &'static Node {
    NODES
        .iter()
        .find(|node| node.id() == id)
        .expect("the table names nodes that exist")
}

/// The broken file, in a folder that lives as long as the first value.
fn edited(broken: &Break, node: &Node, conf: &str) -> Result<(tempfile::TempDir, PathBuf), String> {
    let sound = node.folder().join(conf.trim_start_matches('/'));
    let text = fs::read_to_string(&sound).map_err(|e| format!("{}: {e}", sound.display()))?;
    if !text.contains(broken.from) {
        return Err(format!(
            "{} does not contain {:?}",
            sound.display(),
            broken.from
        ));
    }
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("broken.conf");
    fs::write(&file, text.replacen(broken.from, broken.to, 1)).map_err(|e| e.to_string())?;
    Ok((folder, file))
}
