//! The form of the files in `cases/`, which the tests of the plan and `compat-tests` both read.
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
//! four lines that switch script security on.

#![allow(
    unreachable_pub,
    reason = "a module of a library there, of a test here"
)]

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name, unique in its file.
    pub name: String,
    /// The configuration, written out.
    pub text: String,
    /// Exit status of our test run.
    pub status: i32,
    /// What our test run prints.
    pub lines: Vec<String>,
    /// Exit status of the installed original's, where it is another.
    pub original: Option<i32>,
}

/// The cases of a file.
///
/// # Panics
/// When one is malformed.
#[must_use]
pub fn read(text: &str) -> Vec<Case> {
    text.split("\n=== ").skip(1).map(case).collect()
}

fn case(text: &str) -> Case {
    let (name, rest) = text.split_once('\n').expect("a name");
    let (text, expected) = rest.split_once("\n--- ").expect("an expectation");
    let mut lines = expected.trim_end().lines();
    let number = |text: &str| text.trim().parse().expect("a status");
    let status = number(lines.next().expect("a status"));
    let mut case = Case {
        name: name.to_owned(),
        text: written_out(text),
        status,
        lines: Vec::new(),
        original: None,
    };
    for line in lines {
        match line.strip_prefix("! ") {
            Some(note) => case.original = note.split(' ').next().map(number),
            None => case.lines.push(line.to_owned()),
        }
    }
    case
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
