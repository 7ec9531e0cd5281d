//! What the linker puts together is still called so.

use std::process::Command;

/// Whether `name` is like `pattern`, which begins and ends with `*`: anything.
fn matches(pattern: &str, name: &str) -> bool {
    let mut rest = Some(name);
    for part in pattern.split('*') {
        rest = rest.and_then(|rest| Some(rest.split_once(part)?.1));
    }
    rest.is_some()
}

#[test]
fn each_pattern_of_the_layout_finds_a_function() {
    let listed = Command::new("nm")
        .arg(env!("CARGO_BIN_EXE_keepalived-rs"))
        .output()
        .expect("nm comes with the linker");
    let listed = String::from_utf8(listed.stdout).expect("names are ASCII");
    let names: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2))
        .collect();
    assert!(names.len() > 1000, "{} names", names.len());
    let patterns: Vec<&str> = include_str!("../layout.ld")
        .split_whitespace()
        .map(|word| word.trim_start_matches("*(").trim_end_matches(')'))
        .filter_map(|word| word.strip_prefix(".text."))
        .filter(|word| word.contains('*'))
        .collect();
    assert!(patterns.len() > 20, "{patterns:?}");
    for pattern in patterns {
        assert!(
            names.iter().any(|name| matches(pattern, name)),
            "nothing is called like {pattern}: what was renamed or moved is to be so in layout.ld, too"
        );
    }
}
