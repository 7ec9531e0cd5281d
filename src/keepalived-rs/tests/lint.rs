//! `keepalived-rs lint` over the articles: what it finds in files that people copy.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples-conf")
}

/// Runs it among the examples, so that paths in its output do not depend on the machine.
fn lint(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keepalived-rs"))
        .arg("lint")
        .args(words)
        .current_dir(examples())
        .output()
        .expect("the program runs")
}

fn report(output: &Output) -> String {
    let status = output.status.code().expect("it ends by itself");
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    format!("exit status {status}\n{err}{out}")
}

fn article(name: &str, directory: &str) {
    let path = format!("articles/{name}/{directory}");
    let report = report(&lint(&[&path]));
    assert!(
        !report.contains("K8SHA_KA"),
        "a password is shown:\n{report}"
    );
    insta::assert_snapshot!(format!("{name}__{directory}"), report);
}

#[test]
fn unicast_pair() {
    article("000-unicast-nginx", "run");
}

#[test]
fn haproxy_pair() {
    article("001-keepalived-haproxy", "run");
}

#[test]
fn multicast_trio() {
    article("002-multicast-trio", "run");
}

#[test]
fn two_vips() {
    article("003-nginx-stream-two-vips", "run");
    article("003-nginx-stream-two-vips", "run-cross-site");
    article("003-nginx-stream-two-vips", "printed");
}

#[test]
fn kubernetes() {
    article("004-kubernetes-nginx", "run");
    article("004-kubernetes-nginx", "run-virtual-server");
    let output = lint(&[
        "articles/004-kubernetes-nginx/run",
        "articles/004-kubernetes-nginx/printed/kubeadm-init.sh",
    ]);
    insta::assert_snapshot!("004-kubernetes-nginx__with-kubeadm", report(&output));
}

/// Sound configurations as they run in the field: facts, but nothing to warn about.
#[test]
fn shapes_are_sound() {
    let shapes = std::fs::read_dir(examples().join("shapes")).expect("the shapes");
    let mut names: Vec<String> = shapes
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| {
            path.file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    assert!(names.len() >= 10, "{names:?}");
    for name in names {
        let report = report(&lint(&[&format!("shapes/{name}")]));
        for bad in ["error[", "warning["] {
            assert!(!report.contains(bad), "{name}:\n{report}");
        }
        insta::assert_snapshot!(format!("shape__{name}"), report);
    }
}

#[test]
fn json_is_one_document() {
    let output = lint(&["--format", "json", "articles/003-nginx-stream-two-vips/run"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(!text.contains("K8SHA_KA"), "a password is shown:\n{text}");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let findings = json["diagnostics"].as_array().expect("a list");
    let codes: Vec<_> = findings
        .iter()
        .filter_map(|it| it["code"].as_str())
        .collect();
    assert!(codes.contains(&"weight-cannot-failover"), "{codes:?}");
    assert_eq!(findings[0]["place"]["line"], 2, "{text}");
}

#[test]
fn every_rule_is_listed() {
    let list = String::from_utf8(lint(&["--list"]).stdout).expect("UTF-8");
    for rule in plan::lint::rules() {
        assert!(list.contains(&format!("{} (", rule.id)), "{}", rule.id);
    }
}

#[test]
fn statuses_and_usage() {
    let sound = "articles/002-multicast-trio/run";
    assert_eq!(lint(&[sound]).status.code(), Some(0));
    let flawed = "articles/003-nginx-stream-two-vips/run";
    assert_eq!(lint(&[flawed]).status.code(), Some(1));
    for words in [
        &[][..],
        &["no/such/file"],
        &["articles/README.md"],
        &["--allow", "no-such-rule", sound],
    ] {
        let output = lint(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(!output.stderr.is_empty(), "{words:?}");
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}

#[test]
fn a_rule_can_be_allowed() {
    let sound = "articles/002-multicast-trio/run";
    let found = report(&lint(&[sound]));
    assert!(found.contains("[no-tracking]"), "{found}");
    let allowed = report(&lint(&["--allow", "no-tracking", sound]));
    assert!(!allowed.contains("[no-tracking]"), "{allowed}");
}
