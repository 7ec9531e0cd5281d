//! Samples of `global_defs` and the root keywords: a right one is taken without a word, changes the
//! AST and survives printing and JSON, a wrong one is reported on its line.

use grammar::ast::Ast;
use grammar::diagnostic::Severity;
use grammar::keepalived::{self, Options, tables};
use grammar::keyword::Entry;
use grammar::{Diagnostic, MemoryLoader};

/// A block, how it is opened, and what it needs besides the statement under test.
type Frame = (&'static str, &'static str, &'static [&'static str]);

/// What stands before the option under test in a line.
type Line = (&'static str, &'static str);

const FRAMES: &[Frame] = &[("global_defs", "global_defs", &[])];

/// Lists whose lines have options.
const LINES: &[Line] = &[
    ("notification_email", "a@example.com b@example.com"),
    ("interface_up_down_delays", "eth0 1 2.5"),
    ("linkbeat_interfaces", "eth0 MII"),
    ("static_ipaddress", "192.0.2.1/24 dev eth0"),
    ("static_routes", "198.51.100.0/24 dev eth0"),
    (
        "static_rules",
        "from 198.51.100.0/24 table 100 preference 900",
    ),
];

/// Rows of the top level that need no frame.
const ROOT: &[&str] = &[
    "net_namespace",
    "net_namespace_ipvs",
    "namespace_with_ipsets",
    "instance",
    "use_pid_dir",
    "child_wait_time",
    "interface_up_down_delays",
    "linkbeat_interfaces",
    "linkbeat_use_polling",
    "static_ipaddress",
    "static_routes",
    "static_rules",
];

/// A file with `statement` as its own line in `block`; the statement's line, counted from 1.
fn document(entry: &Entry, statement: &str) -> Option<(String, usize)> {
    let (home, line) = match entry.block.strip_suffix("#line") {
        Some(list) => {
            let (home, list) = list.rsplit_once('/')?;
            let &(_, first) = LINES.iter().find(|(name, _)| *name == list)?;
            (home, format!("{list} {{\n{first} {statement}\n}}"))
        }
        None => (entry.block, statement.to_owned()),
    };
    let mut before = Vec::new();
    let mut path = String::new();
    let parts: Vec<&str> = home.split('/').filter(|part| *part != "root").collect();
    for part in &parts {
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(part);
        let (_, opening, needs) = FRAMES.iter().find(|(block, ..)| *block == path)?;
        before.push(format!("{opening} {{"));
        let own = |need: &&&str| need.split_whitespace().next() != Some(entry.name);
        before.extend(needs.iter().filter(own).map(|&need| need.to_owned()));
    }
    let before: String = before.iter().map(|line| format!("{line}\n")).collect();
    let above = before.lines().count() + usize::from(entry.block.ends_with("#line"));
    let after = "}\n".repeat(parts.len());
    Some((format!("{before}{line}\n{after}"), above + 1))
}

fn read(text: &str) -> (Ast, Vec<Diagnostic>, Vec<String>) {
    let mut loader = MemoryLoader::new([("p.conf", text)]);
    let parsed = keepalived::parse(&mut loader, "p.conf".as_ref(), &Options::default());
    let lines = parsed.diagnostics.iter();
    let lines = lines.map(|problem| problem.keepalived_line(&parsed.sources));
    let lines = lines.collect();
    (parsed.ast, parsed.diagnostics, lines)
}

/// The statement as text; the body of a block is what it needs.
fn statement(entry: &Entry, sample: &str) -> String {
    if !entry.opens_block {
        return format!("{} {sample}", entry.name);
    }
    let path = match entry.block {
        "root" => entry.name.to_owned(),
        block => format!("{block}/{}", entry.name),
    };
    let list = LINES.iter().find(|(name, _)| *name == entry.name);
    let frame = FRAMES.iter().find(|(block, ..)| *block == path);
    let body = match (frame, list) {
        (Some((.., needs)), _) => needs.join("\n"),
        (None, Some((_, line))) => (*line).to_owned(),
        (None, None) => "A".to_owned(),
    };
    format!("{} {sample} {{\n{body}\n}}", entry.name)
}

fn ours() -> impl Iterator<Item = Entry> {
    let framed = |name: &str| FRAMES.iter().any(|(block, ..)| *block == name);
    let entries = tables::catalogue().into_iter();
    entries.filter(move |entry| {
        let path = entry.block.split('/').next().unwrap_or_default();
        let root = framed(entry.name) || ROOT.contains(&entry.name);
        framed(path) || entry.block == "root" && root && entry.name != "global_defs"
    })
}

#[test]
fn right_samples_are_taken_and_tell() {
    let mut seen = 0;
    for entry in ours() {
        let good = if entry.good.is_empty() {
            &[""][..]
        } else {
            entry.good
        };
        for sample in good {
            let row = format!("{}: {} {sample}", entry.block, entry.name);
            let (text, _) = document(&entry, &statement(&entry, sample)).expect(&row);
            let (without, _) = document(&entry, "").expect(&row);
            let (ast, problems, lines) = read(&text);
            let told = |problem: &&Diagnostic| problem.code != "deprecated";
            assert_eq!(
                problems.iter().find(told),
                None,
                "{row}\n{lines:#?}\n{text}"
            );
            assert_ne!(ast, read(&without).0, "{row} changes nothing\n{text}");
            let printed = keepalived::print(&ast);
            assert_eq!(read(&printed).0, ast, "{row}\n{printed}");
            let json = serde_json::to_string(&ast).expect("has a JSON form");
            let back: Ast = serde_json::from_str(&json).expect("reads back");
            assert_eq!(back, ast, "{row}\n{json}");
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn wrong_samples_are_reported_where_they_stand() {
    let mut seen = 0;
    for entry in ours() {
        for sample in entry.bad {
            let row = format!("{}: {} {sample}", entry.block, entry.name);
            let (text, line) = document(&entry, &statement(&entry, sample)).expect(&row);
            let (_, problems, lines) = read(&text);
            let place = format!("(p.conf: Line {line}) ");
            let found = problems.iter().zip(&lines).filter(|(problem, line)| {
                problem.severity == Severity::Error && line.starts_with(&place)
            });
            assert!(found.count() > 0, "{row}\n{lines:#?}\n{text}");
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn rows_that_take_words_have_samples() {
    for entry in ours().filter(|entry| entry.arity != (0, Some(0))) {
        assert!(!entry.good.is_empty(), "{}: {}", entry.block, entry.name);
        // Any name or path may be written there.
        let free = ["[<NAME>]", "[<PATH>]", "[<TABLE>]", "[<LOGFILE>]"].contains(&entry.args);
        // The original looks at no word of these, so that nothing fails the test.
        let lenient = [
            "process_names",
            "reload_repeat",
            "log_unknown_vrids",
            "vrrp_check_unicast_src",
            "smtp_helo_name",
        ];
        assert!(
            free || lenient.contains(&entry.name) || !entry.bad.is_empty(),
            "{}: {}",
            entry.block,
            entry.name
        );
    }
}
