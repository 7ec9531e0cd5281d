//! Each rule finds what it is for: a sound pair with one edit gives exactly that finding.

mod cases;
mod pair;
mod sound;

use grammar::{MemoryLoader, keepalived};
use plan::lint::{Cluster, rules};

use cases::broken;
use pair::Pair;

#[test]
fn one_edit_gives_one_finding() {
    let mut wrong = String::new();
    for (number, (code, severity, pair)) in broken().into_iter().enumerate() {
        let found = pair.findings();
        if found != [(code, severity)] {
            wrong += &format!("case {number}, {code} ({severity:?}): found {found:?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Version 2 does not know it: that is said, and what follows from it.
#[test]
fn accept_does_not_help_strict_mode_in_version_2() {
    let pair = Pair::sound()
        .strict("")
        .both("    interface eth0", "    accept\n    interface eth0");
    let found = pair.findings();
    let codes: Vec<&str> = found.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, ["strict-hides-vip", "strict-mode"]);
}

#[test]
fn every_rule_has_a_case() {
    let cases: Vec<&str> = broken().into_iter().map(|(code, _, _)| code).collect();
    for rule in rules() {
        assert!(cases.contains(&rule.id), "no case for {}", rule.id);
    }
}

/// The severity that a rule states is that of its worst finding.
#[test]
fn severities_are_as_stated() {
    for rule in rules() {
        let worst = broken().into_iter().filter(|(code, _, _)| *code == rule.id);
        let worst = worst.map(|(_, severity, _)| severity).max();
        assert_eq!(worst, Some(rule.severity), "{}", rule.id);
    }
}

#[test]
fn allowed_rules_are_silent() {
    let pair = Pair::sound().both("weight -20", "weight -2");
    let mut cluster = Cluster::new();
    for text in &pair.nodes {
        let node = cluster.add_node("n");
        let mut loader = MemoryLoader::new([("k.conf", text.as_str())]);
        let options = keepalived::Options::default();
        cluster.add_keepalived(
            node,
            keepalived::parse(&mut loader, "k.conf".as_ref(), &options),
        );
    }
    let codes = |allowed: &[&str]| {
        let findings = cluster.findings(allowed);
        findings
            .iter()
            .map(|finding| finding.code)
            .collect::<Vec<_>>()
    };
    assert!(codes(&[]).contains(&"weight-cannot-failover"));
    assert!(!codes(&["weight-cannot-failover"]).contains(&"weight-cannot-failover"));
}
