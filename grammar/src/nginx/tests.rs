//! Whole configurations: articles, recovery, properties.

use std::path::Path;

use super::*;
use crate::MemoryLoader;

fn parse_files(files: &[(&str, &str)], global: Option<&str>) -> Parsed {
    let mut loader = MemoryLoader::new(files.iter().copied());
    parse(
        &mut loader,
        Path::new("/c/nginx.conf"),
        global,
        &Options::default(),
    )
}

fn lines(parsed: &Parsed) -> String {
    let lines: Vec<_> = parsed
        .diagnostics
        .iter()
        .map(|problem| problem.nginx_line(&parsed.sources))
        .collect();
    lines.join("\n")
}

fn report(text: &str) -> String {
    lines(&parse_files(&[("/c/nginx.conf", text)], None))
}

/// Around the inside of a stream block.
fn stream(inner: &str) -> String {
    report(&format!("events {{}}\nstream {{\n{inner}\n}}\n"))
}

#[test]
fn every_problem_is_reported_in_one_run() {
    let text = "upstream b {\n server 10.0.0.1:6443 wieght=5;\n server 10.0.0.2:6443;\n}\n\
                server {\n lisen 80;\n proxy_pass b;\n proxy_timeout 1x;\n}";
    insta::assert_snapshot!(stream(text), @r#"
    [emerg] invalid parameter "wieght=5" in /c/nginx.conf:4
    [emerg] unknown directive "lisen" in /c/nginx.conf:8
    [emerg] "proxy_timeout" directive invalid value in /c/nginx.conf:10
    "#);
}

/// Everything that is lowered, at least once.
const EVERYTHING: &str = r#"
load_module modules/ngx_stream_module.so;
user www-data adm;
worker_processes auto;
worker_priority -5;
worker_cpu_affinity 0101 1010;
worker_rlimit_nofile 65536;
worker_shutdown_timeout 1m30s;
working_directory /tmp;
daemon off;
master_process on;
pid run/nginx.pid;
env TZ=Asia/Shanghai;
env "WITH SPACE=a\tb";
error_log stderr;
error_log logs/error.log info;
events { worker_connections 1024; use epoll; multi_accept on; accept_mutex off; }
http { server { location / { root html; } } server { listen [::]:8080; } }
stream {
    log_format plain '$remote_addr [$time_local] "$upstream_addr" ${status}x \\ $bytes_sent;';
    log_format j escape=json '{"a":"$protocol"}';
    access_log logs/a.log plain buffer=32k flush=5s;
    access_log off;
    error_log logs/s.log debug_core debug_event;
    allow 10.1.2.3/8;
    allow fe80::/10;
    deny unix:;
    deny all;
    tcp_nodelay off;
    proxy_connect_timeout 1s;
    proxy_timeout 1h;
    proxy_buffer_size 32k;
    proxy_next_upstream off;
    proxy_next_upstream_tries 3;
    proxy_next_upstream_timeout 500ms;
    proxy_half_close on;
    proxy_socket_keepalive on;
    proxy_upload_rate 10m;
    proxy_download_rate 1k;
    upstream b {
        zone b 64k;
        hash "$remote_addr:${server_port}" consistent;
        server 10.0.0.1:6443 weight=5 max_fails=4 fail_timeout=20s max_conns=100;
        server unix:/run/x.sock down;
        server [::1]:1;
    }
    upstream c { server h.example:1; server h.example:2 backup; least_conn; }
    server {
        listen 80;
        listen *:81 default_server;
        listen 127.0.0.1:90-95 udp reuseport rcvbuf=1m;
        listen [::1]:96 backlog=100 ipv6only=off fastopen=3 deferred so_keepalive=30m::10;
        listen unix:/run/y.sock so_keepalive=on bind;
        listen localhost:97 sndbuf=4k;
        proxy_bind 10.0.0.9;
        proxy_requests 1;
        proxy_responses 2;
        proxy_pass b;
    }
    server { listen 98; proxy_bind off; proxy_pass h.example:1; access_log /a/b.log j; }
}
"#;

#[test]
fn printing_and_parsing_again_is_the_identity() {
    let first = parse_files(&[("/c/nginx.conf", EVERYTHING)], None);
    insta::assert_snapshot!(lines(&first), @r#"
    [notice] "http" is checked but not served by nginx-stream-rs in /c/nginx.conf:18
    [warn] low address bits of 10.1.2.3/8 are meaningless in /c/nginx.conf:25
    "#);
    let text = print(&first.ast);
    let second = parse_files(&[("/c/nginx.conf", &text)], None);
    assert_eq!(first.ast, second.ast);
    assert_eq!(text, print(&second.ast));
}

#[test]
fn the_printed_form() {
    let parsed = parse_files(&[("/c/nginx.conf", EVERYTHING)], None);
    insta::assert_snapshot!("everything_printed", print(&parsed.ast));
}

#[test]
fn what_does_nothing_is_named() {
    let parsed = parse_files(&[("/c/nginx.conf", EVERYTHING)], None);
    let names: Vec<_> = parsed
        .inactive
        .iter()
        .map(|inactive| inactive.name)
        .collect();
    assert_eq!(names, ["load_module", "use", "accept_mutex", "http"]);
}

#[test]
fn includes_are_spliced_in_where_they_stand() {
    let files = [
        (
            "/c/nginx.conf",
            "events {}\ninclude conf.d/*.conf;\nstream { include s/a.conf; }\n",
        ),
        ("/c/conf.d/2.conf", "worker_processes x;\n"),
        ("/c/conf.d/1.conf", "daemon off;\ndaemon on;\n"),
        (
            "/c/s/a.conf",
            "server {\n listen 80;\n include s/b.conf;\n}\n",
        ),
        (
            "/c/s/b.conf",
            "proxy_pass 10.0.0.1;\nproxy_pass b;\ninclude /c/nginx.conf;",
        ),
    ];
    let parsed = parse_files(&files, None);
    insta::assert_snapshot!(lines(&parsed), @r#"
    [emerg] "daemon" directive is duplicate in /c/conf.d/1.conf:2
    [emerg] "worker_processes" directive invalid value in /c/conf.d/2.conf:1
    [emerg] "proxy_pass" directive is duplicate in /c/s/b.conf:2
    [emerg] open() "/c/nginx.conf" failed (24: Too many open files) in /c/s/b.conf:3
    "#);
    let dumped: Vec<_> = dump(&parsed.sources)
        .map(|(name, _)| name.to_str().unwrap_or(""))
        .collect();
    let opened = [
        "nginx.conf",
        "conf.d/1.conf",
        "conf.d/2.conf",
        "s/a.conf",
        "s/b.conf",
    ];
    assert_eq!(dumped, opened.map(|name| format!("/c/{name}")));
}

#[test]
fn text_of_the_command_line_comes_first() {
    let main = ("/c/nginx.conf", "daemon on;\nevents {}\n");
    let with = |global| lines(&parse_files(&[main], Some(global)));
    insta::assert_snapshot!(with("daemon off;"), @r#"[emerg] "daemon" directive is duplicate in /c/nginx.conf:1"#);
    insta::assert_snapshot!(with("pid x"), @r#"[emerg] unexpected end of parameter, expecting ";" in command line"#);
    insta::assert_snapshot!(with("events {}"), @"[emerg] block directives are not supported in -g option in command line");
    insta::assert_snapshot!(with("bogus on;"), @r#"[emerg] unknown directive "bogus" in command line"#);
    insta::assert_snapshot!(with("include none.conf;"), @r#"[emerg] open() "/c/none.conf" failed (2: No such file or directory) in command line"#);
    assert_eq!(with("error_log /dev/null; pid x;"), "");
}

#[test]
fn an_annotated_report_shows_the_text_and_the_terminator() {
    let text = "events {}\nstream {\n  upstream b {\n    server <master1-ip>:6443\n      weight=0;\n    ...\n  }\n}\n";
    let parsed = parse_files(&[("/c/nginx.conf", text)], None);
    let shown: Vec<_> = parsed
        .diagnostics
        .iter()
        .map(|problem| problem.annotated(&parsed.sources, false))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    error[invalid-parameter]: invalid parameter "weight=0"
     --> /c/nginx.conf:5:7
      |
    5 |       weight=0;
      |       ^^^^^^^^
    error[unexpected]: unexpected "}"
     --> /c/nginx.conf:7:3
      |
    6 |     ...
      |     --- this is not ended by `;`
    7 |   }
      |   ^
      |
      = help: `...` stands for something left out: put it here
    "#);
}

#[test]
fn lua_bodies_are_skipped() {
    let text = "events {}\nhttp {\n server {\n listen 1;\n location / {\n content_by_lua_block {\n \
                ngx.say('}') -- }\n }\n }\n }\n}\n";
    insta::assert_snapshot!(report(text), @r#"[notice] "http" is checked but not served by nginx-stream-rs in /c/nginx.conf:2"#);
}

#[test]
fn what_is_not_there_yet_is_refused_and_its_off_is_fine() {
    let text = "map $remote_addr $x {\n default 1;\n}\nserver {\n listen 80 ssl;\n \
                ssl_preread off;\n ssl_certificate a;\n proxy_ssl on;\n proxy_pass $x;\n return 1;\n}";
    insta::assert_snapshot!(stream(text), @r#"
    [emerg] not supported yet by nginx-stream-rs: "map" directive in /c/nginx.conf:3
    [emerg] not supported yet by nginx-stream-rs: "ssl" of "listen" in /c/nginx.conf:7
    [emerg] not supported yet by nginx-stream-rs: "ssl_certificate" directive in /c/nginx.conf:9
    [emerg] not supported yet by nginx-stream-rs: "proxy_ssl" directive in /c/nginx.conf:10
    [emerg] not supported yet by nginx-stream-rs: proxy_pass with variables in /c/nginx.conf:11
    [emerg] not supported yet by nginx-stream-rs: "return" directive in /c/nginx.conf:12
    "#);
}

#[test]
fn a_byte_order_mark_is_named() {
    let parsed = parse_files(&[("/c/nginx.conf", "\u{feff}events {}\n")], None);
    assert_eq!(
        lines(&parsed),
        "[emerg] unknown directive \"\u{feff}events\" in /c/nginx.conf:1"
    );
    let help = parsed.diagnostics[0].help.as_deref();
    assert!(help.is_some_and(|help| help.contains("byte order mark")));
}

/// Parses, and shows that what came out is sound: places lie in the text, and what was understood
/// survives printing.
fn survives(text: &str) {
    let parsed = parse_files(&[("/c/nginx.conf", text)], None);
    for problem in &parsed.diagnostics {
        assert!(!problem.nginx_line(&parsed.sources).is_empty());
        assert!(!problem.annotated(&parsed.sources, false).is_empty());
    }
    let printed = print(&parsed.ast);
    let again = parse_files(&[("/c/nginx.conf", &printed)], None);
    assert_eq!(print(&again.ast), printed);
}

#[test]
fn every_prefix_is_survived() {
    for end in (0..EVERYTHING.len()).filter(|end| EVERYTHING.is_char_boundary(*end)) {
        survives(&EVERYTHING[..end]);
    }
}

#[test]
fn deep_nesting_is_survived() {
    survives(&"stream {".repeat(100_000));
    survives(&"}".repeat(100_000));
    survives(&"a 'b' { ".repeat(50_000));
    survives(&"http { location / {".repeat(50_000));
}

proptest::proptest! {
    #[test]
    fn any_changed_byte_is_survived(at in 0..EVERYTHING.len(), byte in 0_u8..128) {
        let mut bytes = EVERYTHING.as_bytes().to_vec();
        bytes[at] = byte;
        survives(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_text_is_survived(text in "[ \\t\\n;{}\"'\\\\$#a-c0-9:./=]{0,200}") {
        survives(&text);
        survives(&format!("events {{}} stream {{ server {{ {text}"));
    }
}
