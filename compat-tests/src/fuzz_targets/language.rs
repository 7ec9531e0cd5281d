//! nginx.conf, log formats, bundles and lab scripts.
//!
//! Invariants checked: parsing and planning end; a text without problems, printed and read again,
//! means the same.

use std::path::{Path, PathBuf};

use base::Instant;
use grammar::loader::FileKind;
use grammar::{MemoryLoader, keepalived, nginx};
use plan::Facts;
use plan::keepalived::check;
use plan::nginx::Layout;
use runtime::bundle::Bundle;
use stream::access_log::write_line;
use stream::config::{Address, PeerIx, Transport};
use stream::session::{Attempt, Session, Status};
use stream::template::{self, ClockText, ProcessFacts};

use super::LONGEST;
use super::host::Host;

/// Name of the file under test.
pub(super) const PATH: &str = "/etc/fuzz/fuzz.conf";

/// The host's only file.
pub(super) fn only(data: &[u8]) -> MemoryLoader {
    let mut loader = MemoryLoader::default();
    loader.insert(PATH, FileKind::Regular, data);
    loader
}

/// An nginx.conf, which may include itself.
pub fn nginx_conf(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let options = nginx::Options::default();
    let parsed = nginx::parse(&mut only(data), Path::new(PATH), None, &options);
    let _ = planned(&parsed, &Host);
    let printed = nginx::print(&parsed.ast);
    if parsed.diagnostics.is_empty() {
        let mut printed_file = only(printed.as_bytes());
        let again = nginx::parse(&mut printed_file, Path::new(PATH), None, &options);
        assert_eq!(again.diagnostics, [], "of what was printed:\n{printed}");
        assert_eq!(again.ast, parsed.ast, "{printed}");
    }
}

fn planned(parsed: &nginx::Parsed, facts: &dyn Facts) -> Option<plan::nginx::Plan> {
    let layout = Layout {
        prefix: PathBuf::from("/etc/fuzz"),
        pid: PathBuf::from("/run/fuzz.pid"),
        error_log: None,
        user: "nobody".to_owned(),
    };
    let planned = plan::nginx::plan(parsed, facts, &layout);
    for problem in &planned.diagnostics {
        let _ = problem.nginx_line(&parsed.sources);
    }
    planned.plan
}

/// The text of a `log_format`; a line is written with every variable that it names.
pub fn log_format(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if text.len() > LONGEST {
        return;
    }
    let (escape, text) = match data.first() {
        Some(b'j') => ("escape=json", &text[1..]),
        Some(b'n') => ("escape=none", &text[1..]),
        _ => ("escape=default", &*text),
    };
    let quoted = text.replace('\\', "\\\\").replace('\'', "\\'");
    let conf = format!(
        "events {{}}\nstream {{ log_format f {escape} '{quoted}';\n\
         server {{ listen 81; proxy_pass 192.0.2.1:80; access_log /l f; }} }}\n"
    );
    let options = nginx::Options::default();
    let mut loader = only(conf.as_bytes());
    let parsed = nginx::parse(&mut loader, Path::new(PATH), None, &options);
    let Some(plan) = planned(&parsed, &Host) else {
        return;
    };
    let (session, clock, process) = (session(), ClockText::default(), ProcessFacts::default());
    let facts = template::Facts {
        session: &session,
        pool: &plan.stream.pools[0],
        now: Instant::from_millis(9_000),
        clock: &clock,
        process: &process,
    };
    for log in &plan.stream.servers[0].access_logs {
        let mut line = Vec::new();
        write_line(&log.format, log.escape, &facts, &mut line);
        let _ = log.format.evaluate(&facts);
    }
}

/// Two tries, the first to nobody.
fn session() -> Session {
    let started = Instant::from_millis(1_000);
    let inet = |text: &str| Address::Inet(text.parse().expect("an address"));
    Session {
        connection: u64::MAX,
        transport: Transport::Udp,
        client: inet("[2001:db8::7]:40000"),
        local: Address::Unix(PathBuf::from("/run/\"quoted\"\u{1}")),
        started,
        received: u64::MAX,
        sent: 0,
        status: Status::BAD_GATEWAY,
        attempts: vec![
            Attempt::new(None, started),
            Attempt::new(Some(PeerIx(0)), started),
        ],
    }
}

/// What a parent hands to its children: they parse and plan from it.
pub fn bundle(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let Ok(mut bundle) = serde_json::from_slice::<Bundle>(data) else {
        return;
    };
    let written = serde_json::to_vec(&bundle).expect("plain values");
    let again: Bundle = serde_json::from_slice(&written).expect("what was written");
    assert_eq!(again, bundle);
    let Bundle {
        root, text, facts, ..
    } = &mut bundle;
    let _ = check(text, root, &keepalived::Options::default(), facts);
    let parsed = nginx::parse(text, root, None, &nginx::Options::default());
    let _ = planned(&parsed, facts);
}

/// A script of the lab.
pub fn lab_script(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let _ = lab::script::parse(&String::from_utf8_lossy(data));
}
