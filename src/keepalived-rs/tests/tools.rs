//! The subcommands that work on texts, run as programs.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Command, Stdio};

/// Status, standard output, standard error.
fn run(words: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_keepalived-rs"))
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("read");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let status = output.status.code().expect("a status");
    (status, text(output.stdout), text(output.stderr))
}

const LOOSE: &str = "vrrp_instance A {  state MASTER # first\n}\n";
const CANONICAL: &str = "vrrp_instance A {\n    state MASTER # first\n}\n";

#[test]
fn formatting_prints_compares_and_writes() {
    let (status, out, _) = run(&["fmt"], LOOSE);
    assert_eq!((status, out.as_str()), (0, CANONICAL));
    let (status, out, _) = run(&["fmt", "--check", "-"], LOOSE);
    assert_eq!(status, 1);
    assert!(out.contains("+    state MASTER # first"), "{out}");
    let (status, out, _) = run(&["fmt", "--check"], CANONICAL);
    assert_eq!((status, out.as_str()), (0, ""));

    let dir = tempfile::tempdir().expect("directory");
    let file = dir.path().join("k.conf");
    fs::write(&file, LOOSE).expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("mode");
    let link = dir.path().join("link.conf");
    symlink(&file, &link).expect("link");
    let (status, _, error) = run(&["fmt", "--write", &link.display().to_string()], "");
    assert_eq!(status, 2);
    assert!(error.contains("no regular file"), "{error}");
    let (status, _, _) = run(&["fmt", "--write", &file.display().to_string()], "");
    assert_eq!(status, 0);
    assert_eq!(fs::read_to_string(&file).expect("readable"), CANONICAL);
    let mode = fs::metadata(&file).expect("there").permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
}

#[test]
fn a_configuration_goes_to_json_and_back() {
    let dir = tempfile::tempdir().expect("directory");
    let file = dir.path().join("k.conf");
    fs::write(&file, "vrrp_instance A {\n    advert_int 0.5\n}\n").expect("written");
    let (status, json, error) = run(&["convert", "--json", &file.display().to_string()], "");
    assert_eq!((status, error.as_str()), (0, ""));
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["vrrp"]["instances"][0]["advert_int"], 0.5);
    let (status, conf, _) = run(&["convert", "--conf", "-"], &json);
    assert_eq!(status, 0);
    assert!(conf.contains("advert_int 0.5"), "{conf}");
    let (status, _, error) = run(&["convert", "--conf", "-"], "{\"vrp\": 1}");
    assert_eq!(status, 2);
    assert!(error.contains("unknown field `vrp`"), "{error}");
}

#[test]
fn no_format_of_a_test_run_shows_a_password() {
    let dir = tempfile::tempdir().expect("directory");
    let file = dir.path().join("k.conf");
    let text = "$X=hunter23\nvrrp_instance A {\n  authentication {\n    auth_pas hunter22;\n    \
                auth_pass hunter22; hunter22\n    auth_pass ${X};\n  }\n}\n";
    fs::write(&file, text).expect("written");
    let name = file.display().to_string();
    for format in ["line", "annotated", "json", "sarif"] {
        let words = ["-t", "-f", &name, "--offline", "--format", format];
        let (status, out, error) = run(&words, "");
        assert_ne!(status, 0);
        let shown = format!("{out}{error}");
        assert!(shown.contains("auth_pas"), "{shown}");
        assert!(!shown.contains("hunter"), "{format}: {shown}");
        if matches!(format, "json" | "sarif") {
            serde_json::from_str::<serde_json::Value>(&out).expect("one document");
            assert_eq!(error, "");
        }
    }
}

#[test]
fn words_are_explained() {
    let (status, out, _) = run(&["explain", "virtual_router_id"], "");
    assert_eq!(status, 0);
    assert!(out.contains("in vrrp_instance"), "{out}");
    let (status, out, _) = run(&["explain", "unknown-keyword"], "");
    assert_eq!(status, 0);
    assert!(out.contains("the code of a message"), "{out}");
    let (status, _, error) = run(&["explain", "virtual_router_di"], "");
    assert_eq!(status, 1);
    assert!(error.contains("did you mean virtual_router_id?"), "{error}");
    let (status, _, error) = run(&["explain", "advert_int", "virtual_server"], "");
    assert_eq!(status, 1);
    assert!(error.contains("in vrrp_instance"), "{error}");
}

#[test]
fn what_belongs_to_a_word_is_told_with_it() {
    let (status, out, _) = run(&["explain", "vrrp_instance/priority"], "");
    assert_eq!(status, 0);
    for part in ["Value:", "Example:", "Errors:", "invalid-number"] {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(!out.contains("on a line of"), "{out}");
    // Several blocks know it, each in its own way.
    let (_, out, _) = run(&["explain", "weight"], "");
    assert!(out.contains("explain weight vrrp_script"), "{out}");
    let (_, out, _) = run(&["explain", "weight", "vrrp_script"], "");
    assert!(out.starts_with("weight <N>"), "{out}");
    let (_, out, _) = run(&["explain", "invalid-number"], "");
    assert!(out.contains("Comes with:"), "{out}");
    let (_, out, _) = run(&["explain", "no-tracking"], "");
    assert!(out.contains("--allow no-tracking"), "{out}");
    let (_, out, _) = run(&["explain", "SEQ"], "");
    assert!(out.contains("~SEQ("), "{out}");
}

#[test]
fn explanations_have_a_form_for_programs() {
    let (status, out, _) = run(&["explain", "--json", "virtual_router_id"], "");
    assert_eq!(status, 0);
    let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let row = &value["keywords"][0];
    assert_eq!(row["block"], "vrrp_instance");
    assert_eq!(row["range"], "1 to 255");
    assert!(
        row["errors"]
            .as_array()
            .is_some_and(|codes| !codes.is_empty())
    );
    let (_, out, _) = run(&["explain", "--json", "failover-time"], "");
    let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(value["rules"][0]["severity"], "warning");
}

/// The codes that stand in the sources of parser and plan.
fn used_codes() -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pending = vec![
        root.join("grammar/src/keepalived"),
        root.join("src/plan/src/keepalived"),
    ];
    let mut codes = Vec::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("readable");
            pending.extend(entries.map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let text = fs::read_to_string(&path).expect("text");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let makers = ["Problem", "Diagnostic"].into_iter().flat_map(|maker| {
            ["error", "warning", "notice"].map(|kind| format!("{maker}::{kind}("))
        });
        // What a whole service is reported with goes through a function of that name.
        for opening in makers.chain(["report(".to_owned()]) {
            let calls = text.split(&opening).skip(1);
            let first = |call: &str| {
                let code = call.trim_start().strip_prefix('"')?;
                code.split('"').next().map(str::to_owned)
            };
            codes.extend(calls.filter_map(first));
        }
    }
    codes.sort();
    codes.dedup();
    codes
}

#[test]
fn every_code_has_a_text() {
    let used = used_codes();
    assert!(used.len() > 100, "{used:?}");
    let missing: Vec<&String> = used
        .iter()
        .filter(|code| keepalived_rs::codes::describe(code).is_none())
        .collect();
    assert!(missing.is_empty(), "put them into src/codes: {missing:?}");
}

#[test]
fn genhash_is_refused_with_what_to_use() {
    // As the original's option -T is used: what follows is not about a daemon.
    let (status, out, err) = run(&["-T", "-s", "192.0.2.1"], "");
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(err.contains("curl -s URL | md5sum"), "{err}");
}
