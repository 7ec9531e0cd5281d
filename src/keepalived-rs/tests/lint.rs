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

/// Passwords stay covered in every form, and the output is the same each time.
#[test]
fn forms_are_stable_and_mask_secrets() {
    let flawed = "articles/003-nginx-stream-two-vips/run";
    for format in ["line", "annotated", "json", "sarif"] {
        let first = lint(&["--format", format, flawed]);
        let again = lint(&["--format", format, flawed]);
        assert_eq!(first.stdout, again.stdout, "{format}");
        assert_eq!(first.status.code(), Some(1), "{format}");
        let text = String::from_utf8(first.stdout).expect("UTF-8");
        assert!(
            !text.contains("K8SHA_KA"),
            "{format}: a password is shown:\n{text}"
        );
    }
}

#[test]
fn sarif_describes_the_rules_it_uses() {
    let flawed = "articles/003-nginx-stream-two-vips/run";
    let text = String::from_utf8(lint(&["--format", "sarif", flawed]).stdout).expect("UTF-8");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["version"], "2.1.0");
    let run = &json["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let described: Vec<_> = rules.iter().filter_map(|it| it["id"].as_str()).collect();
    let results = run["results"].as_array().expect("results");
    assert!(!results.is_empty());
    for result in results {
        let id = result["ruleId"].as_str().expect("an id");
        assert!(described.contains(&id), "{id} is not described");
    }
}

#[test]
fn an_unknown_rule_is_told_with_the_nearest() {
    let output = lint(&[
        "--allow",
        "priority-ties",
        "articles/002-multicast-trio/run",
    ]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(text.contains("did you mean priority-tie?"), "{text}");
}

/// One file for all nodes, given alone, is as many nodes as its `@id` lines name.
#[test]
fn one_file_with_ids_is_several_nodes() {
    let directory = tempfile::tempdir().expect("a directory");
    let from = examples().join("shapes/one-file-for-all/ns1/etc/keepalived/keepalived.conf");
    let text = std::fs::read_to_string(from).expect("the shape");
    let file = directory.path().join("all.conf");
    let path = file.to_str().expect("UTF-8");
    std::fs::write(&file, &text).expect("it can be written");
    let sound = report(&lint(&[path]));
    assert!(sound.contains("moves from ns1 to ns2"), "{sound}");
    assert!(
        !sound.contains("error[") && !sound.contains("warning["),
        "{sound}"
    );
    let tied = text.replace("@ns2    priority 100", "@ns2    priority 120");
    std::fs::write(&file, tied).expect("it can be written");
    let found = report(&lint(&[path]));
    assert!(
        found.contains("ns1 and ns2 have the same priority 120"),
        "{found}"
    );
}

/// Values come from the node's own environment file, and a password of it is not shown.
#[test]
fn environment_files_of_a_node_are_read() {
    let directory = tempfile::tempdir().expect("a directory");
    for (node, priority) in [("one", 110), ("two", 100)] {
        let etc = directory.path().join(node).join("etc");
        std::fs::create_dir_all(etc.join("keepalived")).expect("a directory");
        std::fs::create_dir_all(etc.join("default")).expect("a directory");
        let text = "vrrp_script web {\n    script \"/usr/bin/curl -fs http://127.0.0.1/\"\n}\n\
                    vrrp_instance A {\n    state BACKUP\n    interface eth0\n    \
                    virtual_router_id 9\n    priority ${_ENV PRIORITY}\n    authentication {\n        \
                    auth_type PASS\n        auth_pass ${_ENV SECRET}\n    }\n    \
                    virtual_ipaddress {\n        192.0.2.9/24\n    }\n    track_script {\n        \
                    web\n    }\n}\n";
        std::fs::write(etc.join("keepalived/keepalived.conf"), text).expect("written");
        let values = format!("PRIORITY={priority}\nSECRET=\"verysecretword\"\n");
        std::fs::write(etc.join("default/keepalived"), values).expect("written");
    }
    let found = report(&lint(&[directory.path().to_str().expect("UTF-8")]));
    assert!(found.contains("A moves from one to two"), "{found}");
    assert!(found.contains("auth-pass-truncated"), "{found}");
    assert!(!found.contains("verysec"), "a password is shown:\n{found}");
}

/// Nothing that an ordinary user may not do is needed.
#[test]
fn nobody_can_lint() {
    use std::os::unix::process::CommandExt as _;
    let directory = tempfile::tempdir().expect("a directory");
    let program = directory.path().join("keepalived-rs");
    std::fs::copy(env!("CARGO_BIN_EXE_keepalived-rs"), &program).expect("a copy");
    let file = directory.path().join("keepalived.conf");
    let from = examples().join("shapes/home-lab-dns/pi/etc/keepalived/keepalived.conf");
    std::fs::copy(from, &file).expect("a copy");
    let mut command = Command::new(&program);
    command.arg("lint").arg(&file).current_dir("/");
    if nix::unistd::geteuid().is_root() {
        let modes = [(directory.path(), 0o755), (&program, 0o755), (&file, 0o644)];
        for (path, mode) in modes {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
            std::fs::set_permissions(path, mode).expect("readable");
        }
        command.uid(65_534).gid(65_534);
    }
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", report(&output));
}
