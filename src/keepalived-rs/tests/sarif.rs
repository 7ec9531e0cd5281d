//! `--format sarif` against what SARIF 2.1.0 and GitHub's code scanning demand of a log: members
//! that must be there, none that the specification does not know, values from its lists.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The log that the program writes to standard output.
fn log(folder: &Path, words: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_keepalived-rs"))
        .args(words)
        .current_dir(folder)
        .output()
        .expect("it starts");
    let text = String::from_utf8(output.stdout).expect("text");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words:?}: {error}: {text}"))
}

/// Members that an object must have, and others that it may have (SARIF 2.1.0, section 3).
struct Form {
    must: &'static [&'static str],
    may: &'static [&'static str],
}

impl Form {
    fn of<'v>(&self, value: &'v Value, what: &str) -> &'v Map<String, Value> {
        let object = value
            .as_object()
            .unwrap_or_else(|| panic!("{what}: {value}"));
        for name in self.must {
            assert!(object.contains_key(*name), "{what} lacks {name}: {value}");
        }
        for name in object.keys() {
            let known = self.must.iter().chain(self.may).any(|it| it == name);
            assert!(known, "{what} must not have {name}");
        }
        object
    }
}

const LOG: Form = Form {
    must: &["version", "runs"],
    may: &["$schema"],
};
const RUN: Form = Form {
    must: &["tool", "results"],
    may: &["columnKind"],
};
const DRIVER: Form = Form {
    must: &["name", "rules"],
    may: &["version"],
};
/// The three texts are what code scanning demands besides the id.
const RULE: Form = Form {
    must: &["id", "shortDescription", "fullDescription", "help"],
    may: &["defaultConfiguration"],
};
/// A place and a fingerprint are what code scanning demands besides the message.
const RESULT: Form = Form {
    must: &["message", "ruleId", "locations", "partialFingerprints"],
    may: &["ruleIndex", "level", "relatedLocations", "properties"],
};
const LOCATION: Form = Form {
    must: &["physicalLocation"],
    may: &["id", "message"],
};
const PHYSICAL: Form = Form {
    must: &["artifactLocation", "region"],
    may: &[],
};
const REGION: Form = Form {
    must: &["startLine", "startColumn", "endLine", "endColumn"],
    may: &[],
};
const ONLY_TEXT: Form = Form {
    must: &["text"],
    may: &[],
};

fn text<'v>(value: &'v Value, what: &str) -> &'v str {
    let text = ONLY_TEXT.of(value, what)["text"]
        .as_str()
        .expect("a string");
    assert!(!text.trim().is_empty(), "{what} is empty");
    text
}

fn level(value: &Value) {
    let level = value.as_str().expect("a level");
    assert!(
        ["none", "note", "warning", "error"].contains(&level),
        "{level}"
    );
}

/// Checks a log; gives the number of its results.
fn check(log: &Value) -> usize {
    let log = LOG.of(log, "log");
    assert_eq!(log["version"], "2.1.0");
    let [run] = log["runs"].as_array().expect("a list").as_slice() else {
        panic!("one run");
    };
    let run = RUN.of(run, "run");
    let kinds = ["utf16CodeUnits", "unicodeCodePoints"];
    assert!(kinds.contains(&run["columnKind"].as_str().expect("a string")));
    let tool = Form {
        must: &["driver"],
        may: &[],
    }
    .of(&run["tool"], "tool");
    let driver = DRIVER.of(&tool["driver"], "driver");
    let rules = driver["rules"].as_array().expect("a list");
    let ids: Vec<&str> = rules.iter().map(rule).collect();
    let different: BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(different.len(), ids.len(), "rules are different");
    let results = run["results"].as_array().expect("a list");
    let mut prints = BTreeSet::new();
    for value in results {
        let result = RESULT.of(value, "result");
        text(&result["message"], "message");
        level(&result["level"]);
        let index = result["ruleIndex"].as_u64().expect("a number");
        let index = usize::try_from(index).expect("small");
        assert_eq!(ids.get(index).copied(), result["ruleId"].as_str());
        let locations = result["locations"].as_array().expect("a list");
        assert_eq!(locations.len(), 1, "one place: {value}");
        let related = result.get("relatedLocations").and_then(Value::as_array);
        let related = related.map_or(&[][..], Vec::as_slice);
        locations.iter().chain(related).for_each(location);
        let print = result["partialFingerprints"]
            .as_object()
            .expect("an object");
        assert!(print.values().all(Value::is_string) && !print.is_empty());
        assert!(
            prints.insert(format!("{print:?}")),
            "fingerprints are different"
        );
    }
    results.len()
}

fn rule(value: &Value) -> &str {
    let rule = RULE.of(value, "rule");
    let short = text(&rule["shortDescription"], "shortDescription");
    assert!(short.chars().count() <= 1024);
    let full = text(&rule["fullDescription"], "fullDescription");
    assert!(full.contains(short), "{full}");
    text(&rule["help"], "help");
    level(&rule["defaultConfiguration"]["level"]);
    rule["id"].as_str().expect("an id")
}

fn location(value: &Value) {
    let location = LOCATION.of(value, "location");
    if let Some(message) = location.get("message") {
        text(message, "label");
    }
    let physical = PHYSICAL.of(&location["physicalLocation"], "physicalLocation");
    let artifact = Form {
        must: &["uri"],
        may: &[],
    };
    let artifact = artifact.of(&physical["artifactLocation"], "artifactLocation");
    let uri = artifact["uri"].as_str().expect("a reference");
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&byte);
    assert!(!uri.is_empty() && uri.bytes().all(plain), "{uri}");
    let region = REGION.of(&physical["region"], "region");
    let number = |name: &str| region[name].as_u64().expect("a number");
    let start = (number("startLine"), number("startColumn"));
    let end = (number("endLine"), number("endColumn"));
    assert!(
        start.0 > 0 && start.1 > 0 && end.1 > 0 && end >= start,
        "{value}"
    );
}

#[test]
fn a_test_run_writes_what_code_hosts_take() {
    let dir = tempfile::tempdir().expect("directory");
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text);
    write("sound.conf", "global_defs {\n}\n").expect("written");
    write("inc", "vrrp_instance B {\n  prioriti 5\n}\n").expect("written");
    write(
        "broken \u{e9}.conf",
        "$I=ü\nvrrp_instance $I {\n  virtual_router_id 999\n  state MASTER;\n  nopreempt\n  x\n  x\n  \
         virtual_ipaddress {\n    192.0.2.300\n    192.0.2.1 dev\n  }\n}\ninclude inc\nvrrp_instance A {\n",
    )
    .expect("written");
    let words = |file| ["-t", "--offline", "--format", "sarif", "-f", file];
    assert_eq!(check(&log(dir.path(), &words("sound.conf"))), 0);
    assert!(check(&log(dir.path(), &words("broken \u{e9}.conf"))) > 6);
    assert_eq!(check(&log(dir.path(), &words("missing.conf"))), 1);
}

#[test]
fn lint_writes_what_code_hosts_take() {
    let mut found = 0;
    for folder in ["examples-conf/articles", "examples-conf/shapes"] {
        let folders = std::fs::read_dir(root().join(folder)).expect("examples");
        for entry in folders {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                let name = path.strip_prefix(root()).expect("below the root");
                let name = name.to_str().expect("text");
                let words = ["lint", "--format", "sarif", name];
                found += check(&log(&root(), &words));
            }
        }
    }
    assert!(found > 10, "{found}");
}
