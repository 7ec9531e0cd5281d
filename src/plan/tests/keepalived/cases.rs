//! What a test run says, case by case, from the files in `cases/`.
//!
//! A case is
//!
//! ```text
//! === name
//! the configuration
//! --- status
//! the lines that are printed; a place is `(Line N)`
//! ! status of the installed original, where it differs, and why
//! ```
//!
//! `%V`, `%W` stand for the six lines that begin an instance on eth0 and one on eth1, `%S` for
//! four lines that switch script security on. `compat-tests` runs the same files through the
//! installed original: what stands here is what it does, unless `!` says so.

use super::support::Host;
use super::{ip, planned_on, printed};

const FILES: &[(&str, &str)] = &[
    ("instances", include_str!("cases/instances.txt")),
    ("routes", include_str!("cases/routes.txt")),
    ("scripts", include_str!("cases/scripts.txt")),
    ("services", include_str!("cases/services.txt")),
    ("tracking", include_str!("cases/tracking.txt")),
];

/// Two interfaces and a few programs, as the sandbox of the comparison has them.
fn host() -> Host {
    let mut host = Host::default();
    for (name, addresses) in [
        ("eth0", &["192.0.2.1", "10.0.0.1", "fe80::1"][..]),
        ("eth1", &["192.0.2.2", "10.1.0.1", "fe80::2"]),
        ("lo", &["127.0.0.1", "::1"]),
    ] {
        let addresses = addresses.iter().map(|address| (ip(address), 24));
        host.interfaces.insert(name.to_owned(), addresses.collect());
    }
    for (path, mode) in [
        ("/usr/bin/true", 0o100_755),
        ("/bin/true", 0o100_755),
        ("/usr/local/bin/open", 0o100_777),
        ("/usr/local/bin/private", 0o100_700),
    ] {
        host.files.insert(path.into(), (mode, 0));
    }
    host
}

/// The text that shorthand stands for.
fn written_out(text: &str) -> String {
    let instance = |name: &str, interface: &str, vrid: u8, address: &str| {
        format!(
            "vrrp_instance {name} {{\n interface {interface}\n virtual_router_id {vrid}\n \
             virtual_ipaddress {{\n  {address}\n }}"
        )
    };
    let mut lines = Vec::new();
    for line in text.lines() {
        lines.push(match line {
            "%V" => instance("V", "eth0", 5, "192.0.2.9"),
            "%W" => instance("W", "eth1", 6, "192.0.2.8"),
            "%S" => "global_defs {\n script_user root\n enable_script_security\n}".to_owned(),
            line => line.to_owned(),
        });
    }
    lines.join("\n") + "\n"
}

fn run(file: &str, case: &str, host: &Host) -> Option<String> {
    let (name, rest) = case.split_once('\n').expect("a name");
    let (text, expected) = rest.split_once("\n--- ").expect("an expectation");
    let checked = planned_on(&written_out(text), host);
    let printed = printed(&checked).replace("(k.conf: ", "(");
    let told = format!("{}\n{printed}", checked.status());
    let noted = |line: &&str| !line.starts_with('!');
    let expected: Vec<&str> = expected.trim_end().lines().filter(noted).collect();
    let expected = expected.join("\n");
    (told.trim_end() != expected).then(|| {
        format!(
            "{file}: {name}\nexpected {expected}\nfound    {}\n",
            told.trim_end()
        )
    })
}

#[test]
fn cases() {
    let host = host();
    let mut failed = Vec::new();
    for (file, text) in FILES {
        let cases = text.split("\n=== ").skip(1);
        failed.extend(cases.filter_map(|case| run(file, case, &host)));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
