//! Formatting: twice is once, and nothing changes its meaning.

mod examples;

use examples::examples;

use grammar::keepalived::fmt::{checked, format, same_meaning};
use grammar::keepalived::{Options, parse};
use grammar::{FsLoader, MemoryLoader};
use proptest::prelude::*;

#[test]
fn every_example_keeps_its_meaning() {
    let options = Options::default();
    let examples = examples();
    assert!(examples.len() > 20);
    for path in examples {
        let text = std::fs::read_to_string(&path).expect("readable");
        let formatted = format(&text);
        assert_eq!(format(&formatted), formatted, "{}", path.display());
        let same = same_meaning(
            &mut FsLoader::default(),
            &path,
            &options,
            (&text, &formatted),
        );
        assert_eq!(same, Ok(()), "{}\n{formatted}", path.display());
        let ast = |text: &str| {
            let mut loader = MemoryLoader::new([("k.conf", text)]);
            parse(&mut loader, "k.conf".as_ref(), &options).ast
        };
        assert_eq!(ast(&text), ast(&formatted), "{}", path.display());
    }
}

#[test]
fn what_differs_is_told() {
    let mut loader = MemoryLoader::new([("k.conf", "")]);
    let mut told = |before: &str, after: &str| {
        let options = Options::default();
        same_meaning(&mut loader, "k.conf".as_ref(), &options, (before, after)).unwrap_err()
    };
    assert_eq!(told("a b\n", "a c\n"), "`a b` would become `a c`");
    assert_eq!(told("a b\n", "a b\nc\n"), "`c` would come or go");
    assert_eq!(
        told("vrrp_script a {\n}\n", "vrrp_script a {\n"),
        "other problems would be reported"
    );
}

#[test]
fn byte_order_marks_stay_where_they_are() {
    for text in [
        "\u{feff}{;",
        "\n\u{feff}\n",
        "\n  \u{feff}a\n",
        "\u{feff}\n\u{feff}",
    ] {
        check(text).expect("the same meaning");
    }
    assert_eq!(format("\u{feff}a  b\n"), "\u{feff}a b\n");
}

/// Pieces that configurations are made of, whole and broken.
fn piece() -> impl Strategy<Value = String> {
    let fixed = [
        "vrrp_instance A",
        "{",
        "}",
        " { ",
        "}\n",
        "\n",
        "\n\n",
        "\r\n",
        " ",
        "\t",
        ";",
        "; ",
        "state MASTER",
        "interface eth0",
        "virtual_ipaddress",
        "192.0.2.1/24 dev eth0",
        "# c",
        "! d\n",
        "\"",
        "\"a  b\"",
        "'",
        "\\",
        "\\\n",
        "$A",
        "${A}",
        "$A=x",
        "$B={ \\\n",
        "@id ",
        "@^id vrrp_instance B {",
        "~SEQ(I,1,3) ",
        "include x",
        "include {a,b}",
        "script '/x {'",
        "script /bin/x  a ; b",
        "authentication { auth_type PASS; auth_pass x; }",
        "\0",
        "é",
        "\u{feff}",
        "vrrp_script s { script \"/x; y\"; interval 2 }",
        "track_script",
        "unicast_peer {192.0.2.9}",
    ];
    prop_oneof![
        8 => proptest::sample::select(fixed.to_vec()).prop_map(str::to_owned),
        1 => "[a-z\"'{};#!$~@ \\n\\\\]{1,6}",
    ]
}

/// An example with a stretch replaced.
fn damaged() -> impl Strategy<Value = String> {
    let texts: Vec<String> = examples()
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .collect();
    let place = any::<proptest::sample::Index>();
    (proptest::sample::select(texts), place, 0..12_usize, piece()).prop_map(
        |(mut text, place, len, piece)| {
            let floor = |mut at: usize| {
                at = at.min(text.len());
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let from = floor(place.index(text.len() + 1));
            let to = floor(from + len);
            text.replace_range(from..to.max(from), &piece);
            text
        },
    )
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let mut loader = MemoryLoader::new([("x", "interface eth1\n")]);
    let options = Options::default();
    let mut formatted = |text: &str| checked(&mut loader, "k.conf".as_ref(), &options, text);
    let once = formatted(text);
    prop_assert!(once.is_ok(), "{:?}: {:?}\n{}", once, text, format(text));
    let twice = once.clone().and_then(|once| formatted(&once));
    prop_assert_eq!(once, twice, "not idempotent: {:?}", text);
    Ok(())
}

proptest! {
    #![proptest_config(property::config(2000))]

    #[test]
    fn any_text_keeps_its_meaning(pieces in proptest::collection::vec(piece(), 0..24)) {
        check(&pieces.concat())?;
    }

    #[test]
    fn damaged_examples_keep_their_meaning(text in damaged()) {
        check(&text)?;
    }
}
