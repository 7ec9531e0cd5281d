//! Options of address, route and rule lines: every right sample is taken, changes the AST and
//! survives printing and JSON; every wrong one is an error on its line.

use grammar::MemoryLoader;
use grammar::ast::Ast;
use grammar::diagnostic::Severity;
use grammar::keepalived::{self, Options, Parsed, tables};
use grammar::keyword::Entry;

/// The lists that this file covers, with the block around them.
const LISTS: &[(&str, &str)] = &[
    ("virtual_ipaddress#line", "vrrp_instance A"),
    ("virtual_ipaddress_excluded#line", "vrrp_instance A"),
    ("static_ipaddress#line", ""),
    ("virtual_routes#line", "vrrp_instance A"),
    ("static_routes#line", ""),
    ("virtual_rules#line", "vrrp_instance A"),
    ("static_rules#line", ""),
];

/// Where the line stands in the files below.
const LINE: usize = 3;

fn parse(text: &str) -> Parsed {
    let mut loader = MemoryLoader::new([("k.conf", text)]);
    keepalived::parse(&mut loader, "k.conf".as_ref(), &Options::default())
}

/// A file with `line` in that list.
fn file(list: &str, owner: &str, line: &str) -> String {
    let list = list.trim_end_matches("#line");
    if owner.is_empty() {
        format!("\n{list} {{\n{line}\n}}\n")
    } else {
        format!("{owner} {{\n{list} {{\n{line}\n}}\n}}\n")
    }
}

/// What has to stand before and after an option.
fn around(entry: &Entry) -> (&'static str, &'static str) {
    const ROUTE: &str = "203.0.113.0/24";
    const FROM: &str = "from 203.0.113.0/24";
    let name = entry.name;
    if entry.block.contains("ipaddress") {
        match name {
            "home" | "-nodad" | "mngtmpaddr" => ("2001:db8::9/64", ""),
            name if name.starts_with('<') => ("", ""),
            "peer" => ("192.0.2.9", ""),
            _ => ("192.0.2.9/24", ""),
        }
    } else if entry.block.contains("routes") {
        match name {
            "from" | "expires" | "pref" | "inet6" => ("2001:db8:1::/48 dev eth0", ""),
            "to" | "unicast" | "blackhole" | "unreachable" | "prohibit" | "throw" | "default6" => {
                ("", "dev eth0")
            }
            name if name.starts_with('<') => ("", "dev eth0"),
            "nexthop" => (ROUTE, ""),
            _ => ("203.0.113.0/24 dev eth0", ""),
        }
    } else {
        match name {
            "type" | "table" | "lookup" | "goto" | "nop" | "blackhole" | "prohibit"
            | "unreachable" | "l3mdev" => (FROM, "preference 900"),
            "preference" | "order" | "priority" => (FROM, "table 100"),
            "from" => ("", "table 100 preference 900"),
            "inet6" => ("from 2001:db8:1::/48 table 100 preference 900", ""),
            "track_group" => (FROM, "iif eth0 table 100 preference 900"),
            _ => ("from 203.0.113.0/24 table 100 preference 900", ""),
        }
    }
}

fn line(entry: &Entry, sample: &str) -> String {
    let (before, after) = around(entry);
    let name = if entry.name.starts_with('<') {
        ""
    } else {
        entry.name
    };
    // A sample that lacks its value must lack it in the line too.
    let after = if entry.bad.contains(&sample) {
        ""
    } else {
        after
    };
    let words = [before, name, sample, after];
    let words = words.into_iter().filter(|part| !part.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn rows() -> Vec<(Entry, &'static str)> {
    let owner = |block: &str| LISTS.iter().find(|(list, _)| *list == block);
    let entries = tables::catalogue().into_iter();
    let rows = entries.filter_map(|entry| owner(entry.block).map(|(_, owner)| (entry, *owner)));
    rows.collect()
}

#[test]
fn every_option_has_samples() {
    let rows = rows();
    for (list, _) in LISTS {
        let count = rows
            .iter()
            .filter(|(entry, _)| entry.block == *list)
            .count();
        assert!(count >= 15, "{list}: {count}");
    }
    for (entry, _) in rows {
        assert!(!entry.good.is_empty(), "{} {}", entry.block, entry.name);
        let value = entry.arity.0 > 0;
        assert!(
            !value || !entry.bad.is_empty(),
            "{} {}",
            entry.block,
            entry.name
        );
        assert!(!entry.doc.is_empty(), "{} {}", entry.block, entry.name);
    }
}

#[test]
fn right_samples_are_taken() {
    for (entry, owner) in rows() {
        let (before, after) = around(&entry);
        let without = parse(&file(entry.block, owner, &format!("{before} {after}"))).ast;
        for sample in entry.good {
            let text = file(entry.block, owner, &line(&entry, sample));
            let parsed = parse(&text);
            let errors: Vec<_> = keepalived::report(&parsed.diagnostics, &parsed.sources);
            let deprecated = ["as", "gw", "or"].contains(&entry.name);
            assert!(errors.is_empty() || deprecated, "{text}{errors:?}");
            assert_ne!(parsed.ast, without, "{text}");
            reads_back(&parsed.ast, &text);
        }
    }
}

fn reads_back(ast: &Ast, text: &str) {
    let printed = keepalived::print(ast);
    let again = parse(&printed).ast;
    assert_eq!(&again, ast, "{text}\n{printed}");
    let json = serde_json::to_string(ast).expect("has a JSON form");
    let back: Ast = serde_json::from_str(&json).expect("reads back");
    assert_eq!(&back, ast, "{text}\n{json}");
}

#[test]
fn wrong_samples_are_errors_on_their_line() {
    for (entry, owner) in rows() {
        for sample in entry.bad {
            let text = file(entry.block, owner, &line(&entry, sample));
            let parsed = parse(&text);
            let errors: Vec<_> = parsed
                .diagnostics
                .iter()
                .filter(|problem| problem.severity == Severity::Error)
                .map(|problem| problem.keepalived_line(&parsed.sources))
                .collect();
            let placed = format!("(k.conf: Line {LINE}) ");
            let on_line = errors.iter().all(|error| error.starts_with(&placed));
            assert!(!errors.is_empty() && on_line, "{text}{errors:?}");
        }
    }
}
