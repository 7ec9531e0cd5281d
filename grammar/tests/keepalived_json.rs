//! The AST as JSON: what is written is read, through the printer too.

mod examples;

use examples::examples;

use grammar::keepalived::{Options, parse, print, tables};
use grammar::{Ast, FsLoader, MemoryLoader, Severity, json};

fn ast(text: &str) -> Ast {
    let mut loader = MemoryLoader::new([("k.conf", text)]);
    parse(&mut loader, "k.conf".as_ref(), &Options::default()).ast
}

/// There and back, by way of text too.
fn round_trip(given: &Ast, what: &str) {
    let value = json::to_value(given).expect("written");
    let read: Ast =
        json::from_value(value.clone()).unwrap_or_else(|e| panic!("{what}: {e}\n{value:#}"));
    assert!(read == *given, "{what}\n{value:#}");
    let printed = print(&read);
    assert!(ast(&printed) == *given, "{what}\n{printed}");
}

#[test]
fn every_example_comes_back() {
    for path in examples() {
        let parsed = parse(&mut FsLoader::default(), &path, &Options::default());
        round_trip(&parsed.ast, &path.display().to_string());
    }
}

/// Each keyword alone in its block, with each of its samples.
#[test]
fn every_keyword_comes_back() {
    let mut tried = 0;
    for entry in tables::catalogue() {
        if entry.block.contains('#') {
            continue;
        }
        let blocks: Vec<&str> = match entry.block {
            "root" => Vec::new(),
            block => block.split('/').collect(),
        };
        for sample in entry
            .good
            .iter()
            .copied()
            .chain(entry.good.is_empty().then_some(""))
        {
            let mut text = String::new();
            for block in &blocks {
                let name = if *block == "virtual_server" {
                    "192.0.2.1 80"
                } else {
                    "x"
                };
                let name = if *block == "real_server" {
                    "192.0.2.2 80"
                } else {
                    name
                };
                text.push_str(&format!("{block} {name} {{\n"));
            }
            let braces = if entry.opens_block { " {\n}" } else { "" };
            text.push_str(&format!("{} {sample}{braces}\n", entry.name));
            text.push_str(&"}\n".repeat(blocks.len()));
            let mut loader = MemoryLoader::new([("k.conf", text.as_str())]);
            let parsed = parse(&mut loader, "k.conf".as_ref(), &Options::default());
            // What was rejected is no part of the AST, but a part of its equality.
            if parsed
                .diagnostics
                .iter()
                .all(|it| it.severity < Severity::Error)
            {
                tried += usize::from(parsed.ast != Ast::default());
                round_trip(&parsed.ast, &text);
            }
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn people_can_read_it() {
    let text = "global_defs {\n  router_id R\n  vrrp_skip_check_adv_addr off\n  dynamic_interfaces\n}\n\
                vrrp_script c {\n  script \"/bin/x a\" nobody\n  interval 0.5\n  weight -10 reverse\n}\n\
                vrrp_instance A {\n  state MASTER\n  interface eth0\n  virtual_router_id 5\n  advert_int 1\n  \
                virtual_ipaddress {\n    192.0.2.1/24 dev eth0\n  }\n  track_script {\n    c\n  }\n}\n";
    let value = json::to_value(&ast(text)).expect("written");
    insta::assert_snapshot!(format!("{value:#}"));
}
