//! Texts that are too large, too deep, without end, or no text: each ends with a clear error.

use grammar::diagnostic::{Format, render};
use grammar::keepalived::{self, Options, Parsed};
use grammar::loader::FileKind;
use grammar::{Class, MemoryLoader};

fn parse_files(files: &[(&str, &[u8])]) -> Parsed {
    let mut loader = MemoryLoader::default();
    for (name, bytes) in files {
        loader.insert(*name, FileKind::Regular, bytes);
    }
    keepalived::parse(&mut loader, files[0].0.as_ref(), &Options::default())
}

fn parse(text: &str) -> Parsed {
    parse_files(&[("k.conf", text.as_bytes())])
}

fn codes(parsed: &Parsed) -> Vec<&'static str> {
    parsed
        .diagnostics
        .iter()
        .map(|problem| problem.code)
        .collect()
}

fn router_id(parsed: &Parsed) -> Option<&str> {
    let id = parsed.ast.process.router_id.as_ref()?;
    Some(id.value.as_str())
}

const GOOD: &str = "global_defs {\n router_id x\n}\n";

#[test]
fn a_byte_order_mark_costs_one_error() {
    let parsed = parse(&format!("\u{feff}{GOOD}"));
    assert_eq!(
        (codes(&parsed), router_id(&parsed)),
        (vec!["byte-order-mark"], Some("x"))
    );
    assert_eq!(parsed.diagnostics[0].class, Class::General);
    let line = parsed.diagnostics[0].keepalived_line(&parsed.sources);
    assert!(
        line.starts_with("(k.conf: Line 1) Unknown keyword '\u{feff}global_defs'"),
        "{line}"
    );
}

#[test]
fn utf_16_is_told_once() {
    let mut bytes = b"\xff\xfe".to_vec();
    bytes.extend(GOOD.encode_utf16().flat_map(u16::to_le_bytes));
    let parsed = parse_files(&[("k.conf", &bytes)]);
    assert_eq!(codes(&parsed), ["utf-16"]);
}

#[test]
fn line_ends_of_windows_are_good() {
    let parsed = parse(&GOOD.replace('\n', "\r\n"));
    assert_eq!((codes(&parsed), router_id(&parsed)), (vec![], Some("x")));
    let parsed = parse("$A= \\\r\n router_id y\r\nglobal_defs {\r\n $A\r\n}");
    assert_eq!((codes(&parsed), router_id(&parsed)), (vec![], Some("y")));
}

#[test]
fn a_line_with_a_nul_is_ignored() {
    let parsed = parse("global_defs {\n router_id a\0b\n}\n");
    assert_eq!(
        (codes(&parsed), router_id(&parsed)),
        (vec!["nul-byte"], None)
    );
}

/// The original cuts such a line in two; ours is read as a whole.
#[test]
fn long_lines_are_told_and_read() {
    let of = |length: usize| {
        format!(
            "global_defs {{\n router_id {}\n}}\n",
            "x".repeat(length - 11)
        )
    };
    let parsed = parse(&of(1023));
    assert_eq!(
        (codes(&parsed), router_id(&parsed).map(str::len)),
        (vec![], Some(1012))
    );
    let parsed = parse(&of(1024));
    assert_eq!(
        (codes(&parsed), router_id(&parsed).map(str::len)),
        (vec!["long-line"], Some(1013))
    );
    let parsed = parse(&of((1 << 16) + 1));
    assert_eq!(
        (codes(&parsed), router_id(&parsed)),
        (vec!["long-line"], None)
    );
}

#[test]
fn an_include_of_itself_ends() {
    for text in [
        "include k.conf",
        "include k.conf\ninclude k.conf",
        "include [k].conf\ninclude b.conf",
    ] {
        let parsed = parse_files(&[("k.conf", text.as_bytes()), ("b.conf", b"include k.conf")]);
        assert_eq!(codes(&parsed), ["include-limit"], "{text}");
        assert_eq!(parsed.diagnostics[0].class, Class::Security);
    }
}

#[test]
fn a_hundred_megabytes_are_read() {
    let line = "# a comment of some length, as people write them into files\n";
    let text = line.repeat((100 << 20) / line.len()) + GOOD;
    let parsed = parse(&text);
    assert_eq!((codes(&parsed), router_id(&parsed)), (vec![], Some("x")));
}

#[test]
fn too_many_problems_end_the_looking() {
    let parsed = parse(&"}\n".repeat(keepalived::MAX_PROBLEMS + 10));
    assert_eq!(parsed.diagnostics.len(), keepalived::MAX_PROBLEMS + 1);
    let last = parsed.diagnostics.last().map(|problem| problem.code);
    assert_eq!(last, Some("too-many-problems"));
}

#[test]
fn nesting_is_bounded() {
    let parsed = parse(&"a {\n".repeat(100_000));
    assert!(
        codes(&parsed).contains(&"too-deep"),
        "{:?}",
        codes(&parsed).len()
    );
}

/// Each line would take as many steps as the square of its length.
#[test]
fn lines_that_ask_for_too_much_end_soon() {
    let lines = [
        "a ".to_owned() + &"${A ".repeat(16_000),
        "a ".to_owned() + &"${".repeat(32_000),
        "a {;".to_owned() + &" ".repeat(32_000) + "script " + &";x".repeat(16_000) + "}",
        "include ".to_owned() + &"{a,b}".repeat(12_000),
    ];
    for line in lines {
        let told = codes(&parse(&(line + "\n").repeat(10)));
        assert_eq!(told.first(), Some(&"long-line"));
        assert!(told.len() > 1, "{}", told.len());
    }
}

/// A suggestion for each would take as many steps as wrong names times known ones.
#[test]
fn many_wrong_names_among_many_known_ones() {
    let known: String = (0..200_000).map(|it| format!("$NAME{it}=x\n")).collect();
    let used: String = (0..90_000).map(|it| format!("a ${{NAMX{it}}}\n")).collect();
    let parsed = parse(&(known + &used));
    let helped = |problem: &&grammar::Diagnostic| problem.help.is_some();
    let suggestions = parsed.diagnostics.iter().filter(helped).count();
    assert_eq!(parsed.diagnostics.len(), 90_000);
    assert!((1..=5).contains(&suggestions), "{suggestions}");
}

/// What a problem quotes is masked, and whether it is a secret the whole of its line tells.
#[test]
fn many_problems_of_one_line_are_masked() {
    let secrets = "auth_pass a; ".repeat(100);
    let line = format!(
        "global_defs {{ {secrets} {} }}\n",
        "wrong x; ".repeat(1_000)
    );
    let parsed = parse(&line.repeat(10));
    assert!(
        parsed.diagnostics.len() > 10_000,
        "{}",
        parsed.diagnostics.len()
    );
    let sources = &parsed.sources;
    for format in [
        Format::Line,
        Format::Annotated { colour: false },
        Format::Json,
    ] {
        let text = render(&parsed.diagnostics, sources, format);
        // The text around the problems is shown for the first of them only.
        assert!(text.len() < 50 << 20, "{format:?} {}", text.len());
        assert!(!text.contains("auth_pass a"), "{format:?}");
    }
}

/// The tree of a statement is made as a whole.
#[test]
fn lines_of_one_block_are_counted() {
    let most = keepalived::expand::MAX_STATEMENT;
    let text = |lines: usize| {
        let list = "x\n".repeat(lines);
        format!("static_rules {{\n}}\nlinkbeat_interfaces {{\n{list}}}\n{GOOD}")
    };
    let parsed = parse(&text(most - 10));
    assert_eq!(router_id(&parsed), Some("x"));
    let told = codes(&parse(&text(most + 10)));
    assert!(told.contains(&"too-large"), "{}", told.len());
}

#[test]
fn definitions_of_themselves_end() {
    for text in [
        "$A=$A\na $A",
        "$A=$A $A\na $A",
        "$A=$B$B\n$B=$A$A\nvrrp_instance $A {\n}",
    ] {
        let parsed = parse(&(text.to_owned() + "\n"));
        assert!(
            codes(&parsed).contains(&"endless-definition"),
            "{text}: {:?}",
            codes(&parsed)
        );
    }
    // Many definitions after each other are no nesting.
    let mut text = "$A0=x\n".to_owned();
    for number in 1..=5_000 {
        text += &format!("$A{number}=$A{}\n", number - 1);
    }
    let parsed = parse(&(text + "global_defs {\n router_id $A5000\n}\n"));
    assert_eq!((codes(&parsed), router_id(&parsed)), (vec![], Some("x")));
}

/// Two to the power of sixty words, asked for again and again.
#[test]
fn all_replacing_of_a_configuration_is_bounded() {
    let mut text = "$A0=x\n".to_owned();
    for number in 1..=60 {
        text += &format!("$A{number}=${{A{0}}}${{A{0}}}\n", number - 1);
    }
    text += &"a ${A60}\n".repeat(1_000);
    let parsed = parse(&text);
    let last = codes(&parsed)
        .into_iter()
        .filter(|code| *code == "too-large");
    assert_eq!(last.count(), 1);
}

/// A block takes far more memory than the text that opens it.
#[test]
fn blocks_are_counted() {
    let many = keepalived::expand::MAX_BLOCKS;
    let text = |blocks: usize| "static_rules {\n}\n".repeat(blocks) + GOOD;
    let parsed = parse(&text(many - 1));
    assert_eq!((codes(&parsed), router_id(&parsed)), (vec![], Some("x")));
    let parsed = parse(&text(many + 1));
    assert_eq!(
        (codes(&parsed), router_id(&parsed)),
        (vec!["too-large"], None)
    );
}

/// A definition takes far more memory than its text, and so does each of its lines.
#[test]
fn definitions_are_counted() {
    let many = keepalived::expand::MAX_DEFINITIONS;
    let names =
        |count: usize| -> String { (0..count).map(|number| format!("$A{number}=\n")).collect() };
    let parsed = parse(&(names(many) + GOOD));
    assert_eq!((codes(&parsed), router_id(&parsed)), (vec![], Some("x")));
    let lines = |count: usize| format!("$A=1 \\\n{}\n", "2 \\\n".repeat(count));
    for text in [names(many + 1), lines(many + 1)] {
        let parsed = parse(&(text + GOOD));
        assert_eq!(
            (codes(&parsed), router_id(&parsed)),
            (vec!["too-large"], None)
        );
    }
}
