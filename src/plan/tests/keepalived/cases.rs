//! What a test run says, case by case, from the files in `cases/`.
//!
//! `compat-tests` runs the same files through the installed original: what stands there is what it
//! does, unless a `!` line or `known-differences.toml` says otherwise.

use super::case_file::{self, Case};
use super::support::Host;
use super::{ip, planned_on, printed};

const FILES: &[(&str, &str)] = &[
    ("instances", include_str!("cases/instances.txt")),
    ("links", include_str!("cases/links.txt")),
    ("routes", include_str!("cases/routes.txt")),
    ("scripts", include_str!("cases/scripts.txt")),
    ("services", include_str!("cases/services.txt")),
    ("strict", include_str!("cases/strict.txt")),
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

fn run(file: &str, case: &Case, host: &Host) -> Option<String> {
    let checked = planned_on(&case.text, host);
    let printed = printed(&checked).replace("(k.conf: ", "(");
    let status = i32::from(checked.status());
    let idle = case.original == Some(case.status);
    let same = printed == case.lines.join("\n") && status == case.status;
    (!same || idle).then(|| {
        format!(
            "{file}: {}\nexpected {} {:#?}\nfound    {status}\n{printed}\n",
            case.name, case.status, case.lines
        )
    })
}

#[test]
fn cases() {
    let host = host();
    let mut failed = Vec::new();
    for (file, text) in FILES {
        let cases = case_file::read(text);
        failed.extend(cases.iter().filter_map(|case| run(file, case, &host)));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
