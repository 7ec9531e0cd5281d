//! The rows of virtual services: every right sample says something, reads back after printing and
//! after JSON, and every wrong one is told on its line.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use grammar::keepalived::{self, Options, Parsed, tables};
use grammar::keyword::Entry;
use grammar::{Ast, MemoryLoader};

const SERVER: &str = "virtual_server/real_server";

/// How a block is opened, and the keyword it cannot do without.
fn frame(block: &str) -> (&'static str, &'static str) {
    match block {
        "SSL" => ("SSL", ""),
        "virtual_server_group#line" => ("virtual_server_group web", ""),
        "virtual_server" => ("virtual_server 192.0.2.1 80", ""),
        SERVER => ("real_server 192.0.2.10 80", ""),
        _ => match block.rsplit('/').next() {
            Some("HTTP_GET") => ("HTTP_GET", "url {\npath /\n}"),
            Some("SSL_GET") => ("SSL_GET", "url {\npath /\n}"),
            Some("url") => ("url", "path /"),
            Some("SMTP_CHECK") => ("SMTP_CHECK", ""),
            Some("host") => ("host", ""),
            Some("MISC_CHECK") => ("MISC_CHECK", "misc_path /usr/bin/true"),
            Some("FILE_CHECK") => ("FILE_CHECK", "track_file tf1"),
            Some("BFD_CHECK") => ("BFD_CHECK", "name bfd1"),
            Some("DNS_CHECK") => ("DNS_CHECK", ""),
            Some("UDP_CHECK") => ("UDP_CHECK", ""),
            Some("PING_CHECK") => ("PING_CHECK", ""),
            Some("TCP_CHECK") => ("TCP_CHECK", ""),
            other => panic!("no frame for {other:?}"),
        },
    }
}

/// A file with the statement in its block, and the number of its line.
fn file(entry: &Entry, statement: &str) -> (String, usize) {
    let mut text = String::new();
    let mut depth = 0;
    if entry.block != "root" {
        let path = entry.block.split('#').next().unwrap_or("");
        let ends = path.match_indices('/').map(|(at, _)| at);
        let blocks: Vec<_> = ends.map(|at| &path[..at]).chain([entry.block]).collect();
        depth = blocks.len();
        for block in blocks {
            let (header, _) = frame(block);
            let _ = writeln!(text, "{header} {{");
        }
        let needed = frame(entry.block).1;
        if !needed.is_empty() && !needed.starts_with(entry.name) {
            let _ = writeln!(text, "{needed}");
        }
        if entry.name.starts_with("regex_") {
            text.push_str("regex x\n");
        }
    }
    let line = text.lines().count() + 1;
    let _ = writeln!(text, "{statement}");
    for _ in 0..depth {
        text.push_str("}\n");
    }
    (text, line)
}

fn statement(entry: &Entry, sample: &str) -> String {
    // Where a line begins with a value, the sample is the whole line.
    let name = if entry.name.starts_with('<') {
        ""
    } else {
        entry.name
    };
    let statement = format!("{name} {sample}");
    if entry.opens_block {
        return format!("{} {{\n{}\n}}", statement.trim(), body(entry));
    }
    statement.trim().to_owned()
}

/// What a block must contain to be taken.
fn body(entry: &Entry) -> &'static str {
    match entry.name {
        "virtual_server_group" => "192.0.2.1 80",
        "virtual_server" | "real_server" | "SSL" => "",
        name => frame(name).1,
    }
}

fn parse(text: &str) -> Parsed {
    let mut loader = MemoryLoader::new([("k.conf", text)]);
    keepalived::parse(&mut loader, "k.conf".as_ref(), &Options::default())
}

fn told(parsed: &Parsed) -> Vec<String> {
    keepalived::report(&parsed.diagnostics, &parsed.sources)
}

fn rows() -> Vec<Entry> {
    let mine = |entry: &Entry| {
        entry.block.starts_with("virtual_server")
            || entry.block == "SSL"
            || (entry.block == "root"
                && (entry.name.starts_with("virtual_server") || entry.name == "SSL"))
    };
    let rows: Vec<_> = tables::catalogue().into_iter().filter(mine).collect();
    assert!(rows.len() > 200, "{}", rows.len());
    rows
}

#[test]
fn right_samples_say_something_and_read_back() {
    for entry in rows() {
        let flag: &[&str] = &[""];
        let bare = entry.good.is_empty();
        assert!(!bare || entry.arity.0 == 0, "{} has no sample", entry.name);
        for sample in if bare { flag } else { entry.good } {
            let (text, _) = file(&entry, &statement(&entry, sample));
            let parsed = parse(&text);
            let mut told = told(&parsed);
            // The one keyword that the original complains of whatever its value is.
            told.retain(|line| !line.contains("nb_get_retry is deprecated"));
            assert!(told.is_empty(), "{told:?}\n{text}");
            let without = parse(&file(&entry, "").0).ast;
            // A line of its own may be all that makes a group.
            assert_ne!(parsed.ast, without, "says nothing:\n{text}");
            reads_back(&parsed.ast, &text);
        }
    }
}

fn reads_back(ast: &Ast, text: &str) {
    let printed = keepalived::print(ast);
    let again = parse(&printed);
    assert_eq!(told(&again), Vec::<String>::new(), "{text}\n{printed}");
    assert_eq!(&again.ast, ast, "{text}\n{printed}");
    let json = serde_json::to_string(ast).expect("an AST has a JSON form");
    let read: Ast = serde_json::from_str(&json).expect("which reads back");
    assert_eq!(&read, ast, "{text}\n{json}");
}

#[test]
fn wrong_samples_are_told_on_their_line() {
    for entry in rows() {
        for sample in entry.bad {
            let (text, line) = file(&entry, &statement(&entry, sample));
            let parsed = parse(&text);
            let place = format!("(k.conf: Line {line})");
            let told = told(&parsed);
            assert!(
                told.iter().any(|told| told.starts_with(&place)),
                "{told:?}\n{text}"
            );
            assert_ne!(
                keepalived::test_status(&parsed.diagnostics),
                0,
                "{told:?}\n{text}"
            );
            reads_back(&parsed.ast, &text);
        }
    }
}

/// A check that cannot run is told once and left out; a sound one next to it stays.
#[test]
fn incomplete_checks_are_left_out() {
    for (block, message) in [
        (
            "HTTP_GET {\n}",
            "(k.conf: Line 4) HTTP/SSL_GET checker has no urls specified - ignoring",
        ),
        (
            "SSL_GET {\nurl {\ndigest 9b3a0c85a887a256d6939da88aabd8cd\n}\n}",
            "(k.conf: Line 6) HTTP/SSL_GET checker url has no path - ignoring",
        ),
        (
            "MISC_CHECK {\nretry 2\n}",
            "(k.conf: Line 5) No script path has been specified for MISC_CHECKER - skipping",
        ),
        (
            "FILE_CHECK {\n}",
            "(k.conf: Line 4) FILE_CHECK has no track_file specified - ignoring",
        ),
        (
            "BFD_CHECK {\n}",
            "(k.conf: Line 4) No name has been specified for BFD_CHECKER - skipping",
        ),
        (
            "MISC_CHECK {\nmisc_path \"\"\n}",
            "(k.conf: Line 4) misc_path: no command given",
        ),
        (
            "FILE_CHECK {\ntrack_fil x\n}",
            "(k.conf: Line 4) Unknown keyword 'track_fil'",
        ),
    ] {
        let text = format!(
            "virtual_server 192.0.2.1 80 {{\nreal_server 192.0.2.10 80 {{\n{block}\nTCP_CHECK {{\n}}\n}}\n}}\n"
        );
        let parsed = parse(&text);
        assert_eq!(told(&parsed), [message], "{text}");
        let checks = &parsed.ast.lvs.services[0].servers[0].checks;
        let names: Vec<_> = checks.iter().map(|check| check.name()).collect();
        assert_eq!(names, ["TCP_CHECK"], "{text}");
    }
}

#[test]
fn limits_within_one_check() {
    let check = |body: &str| {
        format!("virtual_server 192.0.2.1 80 {{\nreal_server 192.0.2.10 80 {{\n{body}\n}}\n}}\n")
    };
    for (body, message) in [
        (
            "UDP_CHECK {\nmin_reply_length 300\n}",
            "(k.conf: Line 5) UDP_CHECK min_reply length 300 > max_reply_length 255 - will always fail",
        ),
        (
            "HTTP_GET {\nurl {\npath /\nregex x\nregex_min_offset 5\nregex_max_offset 3\n}\n}",
            "(k.conf: Line 7) regex min offset 5 > regex_max_offset 3 - ignoring",
        ),
        (
            "HTTP_GET {\nurl {\npath /\nregex_no_match\n}\n}",
            "(k.conf: Line 7) regex parameters specified without regex",
        ),
        (
            "DNS_CHECK {\nname a\nname b\n}",
            "(k.conf: Line 5) name already specified - ignoring",
        ),
        (
            "HTTP_GET {\nurl {\npath /a\npath /b\n}\n}",
            "(k.conf: Line 6) Duplicate path - overwriting /a with /b",
        ),
    ] {
        let text = check(body);
        assert_eq!(told(&parse(&text)), [message], "{text}");
    }
}

/// Nothing that prints a tree for people shows the pass phrase of a key.
#[test]
fn pass_phrases_are_masked() {
    let parsed = parse("SSL {\npassword hunter2\npassword hunter2\n}\n");
    assert!(parsed.ast.lvs.ssl.is_some());
    assert!(!format!("{:?}", parsed.ast).contains("hunter2"));
    assert!(!told(&parsed).concat().contains("hunter2"));
}

#[test]
fn groups_lose_wrong_lines_only() {
    let parsed = parse(
        "virtual_server_group web {\n192.0.2.1-5 80\n192.0.2.9-1 80\nfwmark 7 inet6\n}\n\
         virtual_server_group none {\n}\n\
         virtual_server_group mixed {\n192.0.2.1\n2001:db8::1\nfwmark 3\n}\n",
    );
    assert_eq!(
        told(&parsed),
        [
            "(k.conf: Line 3) Address range end is not greater than address range start - \
             192.0.2.9-1 - skipping",
            "(k.conf: Line 7) virtual server group none has no entries - removing",
            "(k.conf: Line 12) virtual server group mixed cannot have IPv4, IPv6 and fwmark \
             without family - removing",
        ]
    );
    assert_eq!(parsed.ast.lvs.groups.len(), 1);
    assert_eq!(parsed.ast.lvs.groups[0].members.len(), 2);
}

/// Each file of `examples-conf/checkers` is sound, shows its checker, and reads back.
#[test]
fn examples_are_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples-conf/checkers");
    let files = std::fs::read_dir(&folder).expect("the folder is there");
    let mut shown = BTreeSet::new();
    for file in files {
        let path = file.expect("readable").path();
        if path.extension().is_none_or(|extension| extension != "conf") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        let parsed = parse(&text);
        assert_eq!(told(&parsed), Vec::<String>::new(), "{}", path.display());
        let services = parsed.ast.lvs.services.iter();
        let servers = services.flat_map(|service| &service.servers);
        shown.extend(
            servers
                .flat_map(|server| &server.checks)
                .map(|check| check.name()),
        );
        let services = Ast {
            lvs: parsed.ast.lvs,
            ..Ast::default()
        };
        reads_back(&services, &text);
    }
    let blocks = rows()
        .into_iter()
        .filter(|row| row.block == SERVER && row.opens_block);
    let known: BTreeSet<_> = blocks.map(|row| row.name).collect();
    assert_eq!(shown, known);
}
