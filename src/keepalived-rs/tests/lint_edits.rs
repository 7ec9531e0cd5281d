//! The sound shapes, broken as people break them: one edit each, and what `lint` then says of it,
//! once, where the edit is.

mod edits;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use edits::{Broken, Edit, broken};
use serde_json::Value;

fn shapes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples-conf/shapes")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a shape") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name");
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).expect("a copy");
        }
    }
}

/// Nodes of a shape that an edit is for: `*` is all of them.
fn files(shape: &Path, file: &str) -> Vec<PathBuf> {
    let Some(rest) = file.strip_prefix("*/") else {
        return vec![shape.join(file)];
    };
    let nodes = fs::read_dir(shape).expect("a shape");
    let nodes = nodes.map(|entry| entry.expect("an entry").path());
    nodes
        .filter(|path| path.is_dir())
        .map(|node| node.join(rest))
        .collect()
}

fn apply(shape: &Path, edit: &Edit) {
    for path in files(shape, edit.file) {
        let text = fs::read_to_string(&path).expect("the file");
        let found = text.contains(edit.from);
        assert!(found, "{}: no `{}`", path.display(), edit.from);
        fs::write(&path, text.replace(edit.from, edit.to)).expect("it can be written");
    }
}

/// What is found besides the statement of times.
fn findings(directory: &Path, shape: &str) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_keepalived-rs"))
        .args(["lint", "--format", "json", shape])
        .current_dir(directory)
        .output()
        .expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let json: Value = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {text}{:?}", output.stderr));
    let all = json["diagnostics"].as_array().expect("a list");
    let times = |it: &&Value| it["code"] == "failover-time" && it["severity"] == "notice";
    all.iter().filter(|it| !times(it)).cloned().collect()
}

/// `warning[priority-tie] node/etc/keepalived/keepalived.conf:7`
fn head(finding: &Value, shape: &str) -> String {
    let file = finding["place"]["file"].as_str().unwrap_or("?");
    let file = file.strip_prefix(&format!("{shape}/")).unwrap_or(file);
    let word = |name: &str| finding[name].as_str().unwrap_or("?").to_owned();
    let (severity, code) = (word("severity"), word("code"));
    format!("{severity}[{code}] {file}:{}", finding["place"]["line"])
}

fn report(found: &[Value], shape: &str) -> String {
    let mut text = String::new();
    for finding in found {
        let word = |name: &str| finding[name].as_str().unwrap_or("").to_owned();
        text += &format!("{}\n  {}\n", head(finding, shape), word("message"));
        text += &format!("  help: {}\n", word("help"));
    }
    text
}

#[test]
fn an_edit_is_found_where_it_is() {
    let mut wrong = String::new();
    let mut told: Vec<(&str, String)> = Vec::new();
    for Broken {
        shape,
        how,
        edits,
        expected,
    } in broken()
    {
        let directory = tempfile::tempdir().expect("a directory");
        let place = directory.path().join(shape);
        copy(&shapes().join(shape), &place);
        for edit in &edits {
            apply(&place, edit);
        }
        let found = findings(directory.path(), shape);
        let heads: Vec<String> = found.iter().map(|it| head(it, shape)).collect();
        if heads != expected {
            wrong += &format!("{shape}, {how}: {heads:#?}\n{}", report(&found, shape));
        }
        let text = format!("## {how}\n{}\n", report(&found, shape));
        match told.last_mut().filter(|(last, _)| *last == shape) {
            Some((_, all)) => *all += &text,
            None => told.push((shape, text)),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    for (shape, text) in told {
        insta::assert_snapshot!(format!("edits__{shape}"), text);
    }
}
