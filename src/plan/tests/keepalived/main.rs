//! Whole keepalived configurations, from text to plan.

#[path = "../support/mod.rs"]
mod support;

mod case_file;
mod cases;
mod instances;
mod reload;
mod scripts;
mod services;

use core::net::IpAddr;

use grammar::MemoryLoader;
use grammar::keepalived::Options;
use plan::keepalived::{Checked, check};
use support::Host;

const FILE: u32 = 0o100_755;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn host() -> Host {
    let mut host = Host::default();
    let eth0 = vec![
        (ip("192.0.2.9"), 24),
        (ip("192.0.2.1"), 24),
        (ip("fe80::1"), 64),
    ];
    host.interfaces.insert("eth0".to_owned(), eth0);
    host.interfaces.insert("eth1".to_owned(), Vec::new());
    for (path, mode, owner) in [
        ("/usr/bin/killall", FILE, 0),
        ("/usr/bin/plain", 0o100_644, 0),
        ("/opt/check", FILE, 0),
        ("/opt/theirs", FILE, 1000),
        ("/opt/open", 0o100_777, 0),
        ("/tmp/dir/check", FILE, 0),
        ("/tmp", 0o041_777, 0),
    ] {
        host.files.insert(path.into(), (mode, owner));
    }
    host
}

fn planned_on(text: &str, host: &Host) -> Checked {
    let mut files = MemoryLoader::new([("k.conf", text)]);
    check(&mut files, "k.conf".as_ref(), &Options::default(), host)
}

/// What a test run prints.
fn printed(checked: &Checked) -> String {
    checked.report().join("\n")
}

fn planned(text: &str) -> Checked {
    planned_on(text, &host())
}

/// One instance with more lines in it.
fn instance(lines: &str) -> String {
    format!(
        "vrrp_instance V {{\n interface eth0\n virtual_router_id 5\n \
         virtual_ipaddress {{\n 192.0.2.9\n }}\n{lines}\n}}\n"
    )
}

/// Scripts run as root, in the secure way.
const SECURE: &str = "global_defs {\n script_user root\n enable_script_security\n}\n";
