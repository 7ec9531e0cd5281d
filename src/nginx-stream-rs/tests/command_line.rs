//! Options, tests of a configuration, and `-s`.

mod common;

use common::{Prefix, Ran, alive, own_network, wait_for};
use std::fs;
use std::process::Command;

const SERVER: &str = "server { listen 127.0.0.1:9001; proxy_pass 127.0.0.1:9002; }";

fn plain(arguments: &[&str]) -> Ran {
    Command::new(common::BINARY)
        .args(arguments)
        .output()
        .expect("the program is built")
        .into()
}

#[test]
fn versions_go_to_standard_error() {
    let short = plain(&["-v"]);
    assert_eq!((short.status, short.out.as_str()), (Some(0), ""));
    assert_eq!(short.err.lines().count(), 1);
    assert!(
        short.err.starts_with("nginx version: nginx/1."),
        "{}",
        short.err
    );
    let long = plain(&["-V"]);
    assert!(long.err.starts_with(&short.err));
    let arguments = long.err.lines().last().expect("a line");
    assert!(
        arguments.starts_with("configure arguments: --prefix=/"),
        "{arguments}"
    );
    assert!(arguments.split(' ').any(|word| word == "--with-stream"));
    let help = plain(&["-?"]);
    assert_eq!(help.status, Some(0));
    assert!(help.err.contains("-s signal"), "{}", help.err);
}

#[test]
fn wrong_options_end_with_one() {
    for (arguments, text) in [
        (&["-x"][..], "nginx: invalid option: \"x\"\n"),
        (&["reload"], "nginx: invalid option: \"reload\"\n"),
        (&["-c"], "nginx: option \"-c\" requires file name\n"),
        (
            &["-s", "restart"],
            "nginx: invalid option: \"-s restart\"\n",
        ),
    ] {
        let ran = plain(arguments);
        assert_eq!((ran.status, ran.err.as_str()), (Some(1), text));
    }
}

#[test]
fn a_good_configuration_is_said_to_be_good() {
    own_network();
    let prefix = Prefix::new("", SERVER);
    let conf = prefix.path("nginx.conf");
    let conf = conf.display();
    let ran = prefix.run(&["-t"]);
    let expected = format!(
        "nginx: the configuration file {conf} syntax is ok\n\
         nginx: configuration file {conf} test is successful\n"
    );
    assert_eq!((ran.status, ran.err), (Some(0), expected));
    assert_eq!(fs::read(prefix.path("nginx.pid")).expect("created"), b"");
    assert!(prefix.path("logs/error.log").exists());
    assert_eq!(prefix.run(&["-tq"]).err, "");
}

#[test]
fn an_address_in_use_is_no_failure_of_the_test() {
    own_network();
    let prefix = Prefix::new("", SERVER);
    let taken = std::net::TcpListener::bind("127.0.0.1:9001").expect("free");
    assert_eq!(prefix.run(&["-t"]).status, Some(0));
    drop(taken);
    prefix.write(
        "",
        "server { listen 203.0.113.9:9001; proxy_pass 127.0.0.1:1; }",
    );
    let ran = prefix.run(&["-t"]);
    let conf = prefix.path("nginx.conf");
    let conf = conf.display();
    let expected = format!(
        "nginx: the configuration file {conf} syntax is ok\n\
         nginx: [emerg] bind() to 203.0.113.9:9001 failed (99: Cannot assign requested address)\n\
         nginx: configuration file {conf} test failed\n"
    );
    assert_eq!((ran.status, ran.err), (Some(1), expected));
}

#[test]
fn a_mistake_is_named_with_its_line() {
    own_network();
    let prefix = Prefix::new(
        "",
        "server { listen 127.0.0.1:9001; proxy_pas 127.0.0.1:1; }",
    );
    let conf = prefix.path("nginx.conf");
    let conf = conf.display();
    let ran = prefix.run(&["-t"]);
    let first = format!("nginx: [emerg] unknown directive \"proxy_pas\" in {conf}:6");
    assert_eq!(ran.status, Some(1));
    assert_eq!(ran.err.lines().next(), Some(first.as_str()));
    let last = format!("nginx: configuration file {conf} test failed");
    assert_eq!(ran.err.lines().last(), Some(last.as_str()));
    let start = prefix.read("logs/start.log");
    assert!(start.contains("[emerg] ") && start.contains("#"), "{start}");
    // The same at a start: nothing runs, nothing is left behind.
    assert_eq!(prefix.run(&[]).status, Some(1));
    assert!(!prefix.path("nginx.pid").exists());
}

#[test]
fn dumps_every_file_once() {
    own_network();
    let prefix = Prefix::new("", "include servers/*.conf;");
    fs::create_dir(prefix.path("servers")).expect("mkdir");
    fs::write(prefix.path("servers/a.conf"), SERVER).expect("write");
    let ran = prefix.run(&["-T"]);
    let (conf, part) = (prefix.path("nginx.conf"), prefix.path("servers/a.conf"));
    let expected = format!(
        "# configuration file {}:\n{}\n# configuration file {}:\n{SERVER}\n",
        conf.display(),
        prefix.read("nginx.conf"),
        part.display()
    );
    assert_eq!((ran.status, ran.out), (Some(0), expected));
    assert!(ran.err.ends_with("test is successful\n"));
}

#[test]
fn addresses_of_http_are_named_because_nobody_serves_them() {
    own_network();
    let http = "http { server { listen 127.0.0.1:9080; location / { return 200; } } }";
    let prefix = Prefix::new(http, SERVER);
    let ran = prefix.run(&["-t"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    let warnings: Vec<&str> = ran
        .err
        .lines()
        .filter(|line| line.contains("[warn]"))
        .collect();
    let [warning] = warnings[..] else {
        panic!("one line for one address: {warnings:?}");
    };
    assert!(
        warning.contains("127.0.0.1:9080") && warning.contains("nginx.conf:3"),
        "{warning}"
    );
}

#[test]
fn a_signal_needs_a_running_master() {
    own_network();
    let prefix = Prefix::new("", SERVER);
    let file = prefix.path("nginx.pid");
    let shown = file.display();
    let ask = || prefix.run(&["-s", "quit"]);
    let said = |text: &str| (Some(1), format!("nginx: {text}\n"));

    let missing = format!("[error] open() \"{shown}\" failed (2: No such file or directory)");
    let ran = ask();
    assert_eq!((ran.status, ran.err), said(&missing));

    fs::write(&file, "abc\n").expect("write");
    let ran = ask();
    let invalid = format!("[error] invalid PID number \"abc\" in \"{shown}\"");
    assert_eq!((ran.status, ran.err), said(&invalid));

    fs::write(&file, "2147483646\n").expect("write");
    let ran = ask();
    let dead = "[alert] kill(2147483646, 3) failed (3: No such process)";
    assert_eq!((ran.status, ran.err), said(dead));
    assert!(prefix.read("logs/start.log").contains("[notice]"));
}

#[test]
fn another_programs_process_is_left_alone() {
    own_network();
    let prefix = Prefix::new("", SERVER);
    let mut other = Command::new("sleep").arg("600").spawn().expect("sleep");
    let pid = i32::try_from(other.id()).expect("a pid");
    fs::write(prefix.path("nginx.pid"), format!("{pid}\n")).expect("write");
    // The kernel shows a program's arguments a moment after it has begun to run.
    wait_for("the arguments of sleep", || {
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        line.starts_with(b"sleep").then_some(())
    });

    let stop = prefix.run(&["-s", "stop"]);
    let start = prefix.run(&[]);
    let untouched = prefix.read("nginx.pid") == format!("{pid}\n") && alive(pid);
    other.kill().expect("still there");
    other.wait().expect("ours");

    assert!(untouched);
    assert_eq!(stop.status, Some(1));
    assert!(
        stop.err.contains("is not an nginx master (sleep 600)"),
        "{}",
        stop.err
    );
    assert_eq!(start.status, Some(1));
    assert!(
        start.err.contains("which is running: not overwritten"),
        "{}",
        start.err
    );
    // Its successor gets another number, so what is left is a leftover.
    assert!(prefix.start() != pid);
}
