//! `keepalived-rs simulate`: the lab's scripts in virtual time, and the standing questions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples-conf")
}

/// Status, standard output, standard error.
fn simulate(words: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_keepalived-rs"))
        .arg("simulate")
        .args(words)
        .current_dir(examples())
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let status = output.status.code().expect("it ends by itself");
    (status, text(&output.stdout), text(&output.stderr))
}

/// The compatibility tests run the same scripts in namespaces, with ours and with the originals, and
/// compare the courses. Two scripts are not for a simulation, and say which part of them.
#[test]
fn the_scripts_of_the_articles_hold() {
    let (mut count, mut real) = (0, 0);
    for article in fs::read_dir(examples().join("articles"))
        .expect("articles")
        .flatten()
    {
        let name = article.file_name().into_string().expect("plain names");
        let Ok(scripts) = fs::read_dir(article.path().join("lab")) else {
            continue;
        };
        let scripts = scripts.flatten();
        for file in scripts.map(|entry| entry.path()) {
            let text = fs::read_to_string(&file).expect("a script");
            let said = |what| text.lines().find_map(|line| line.strip_prefix(what));
            let nodes = format!("articles/{name}/{}", said("# tree: ").unwrap_or("run"));
            let path = file.to_str().expect("plain names");
            let (status, out, err) = simulate(&["--script", path, &nodes]);
            match said("# real only: ") {
                Some(why) => {
                    assert!(status == 2 && err.contains(why), "{path}: {err}");
                    real += 1;
                }
                None => assert_eq!(status, 0, "{path}:\n{err}{out}"),
            }
            count += 1;
        }
    }
    assert!(count >= 21, "only {count} scripts were found");
    assert_eq!(real, 2);
}

#[test]
fn standing_questions() {
    let (status, out, err) = simulate(&["articles/000-unicast-nginx/run"]);
    assert_eq!((status, err.as_str()), (0, ""));
    insta::assert_snapshot!("000-unicast-nginx", out);
}

/// No address in the files, three nodes, and a script that restarts what it checks.
#[test]
fn made_up_addresses_and_a_script_that_mends() {
    let (status, out, err) = simulate(&["articles/004-kubernetes-nginx/run"]);
    assert_eq!((status, err.as_str()), (0, ""));
    insta::assert_snapshot!("004-kubernetes-nginx", out);
}

#[test]
fn the_same_seed_is_the_same_course() {
    let until = |seed| {
        let words = ["--until", "30s", "--seed", seed, "--json"];
        let (status, out, _) =
            simulate(&[&words[..], &["articles/002-multicast-trio/run"]].concat());
        assert_eq!(status, 0);
        out
    };
    assert_eq!(until("1"), until("1"));
    for line in until("7").lines() {
        let seen: serde_json::Value = serde_json::from_str(line).expect("a JSON object a line");
        assert!(seen["event"].is_string() && seen["at"].is_u64(), "{line}");
    }
}

#[test]
fn answers_are_data() {
    let (status, out, _) = simulate(&["--json", "articles/001-keepalived-haproxy/run"]);
    assert_eq!(status, 0);
    let answers: Vec<serde_json::Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object a line"))
        .collect();
    let wait = |event: &str| {
        let found = answers.iter().find(|it| it["event"] == event);
        found.expect("the master is asked about")["outcome"]["waits"]["192.168.97.200"].as_u64()
    };
    // The master keeps the address until the other one has it.
    assert_eq!(wait("keepalived on node-16 is stopped"), None);
    // One skew of priority 90 at one second (RFC 3768 §6.1), and a packet's way.
    let failed = wait("check_balancer fails on node-16");
    assert!(
        failed.is_some_and(|wait| (600_000..700_000).contains(&wait)),
        "{failed:?}"
    );
}

#[test]
fn what_is_wrong_is_said() {
    let script = tempfile::NamedTempFile::new().expect("a file");
    let path = script.path().to_str().expect("plain names");
    let of = |text: &str| {
        fs::write(path, text).expect("written");
        simulate(&["--script", path, "articles/000-unicast-nginx/run"])
    };
    let (status, _, err) = of("start mastre\n");
    assert!(
        status == 2 && err.contains("line 1: no node is called `mastre`"),
        "{err}"
    );
    let (status, out, _) = of("start all\nexpect backup is MASTER within 1s\n");
    assert!(
        status == 1 && out.contains("0 expectations held, 1 did not"),
        "{out}"
    );
    let (status, _, err) = simulate(&["articles/000-unicast-nginx/run", "--until", "9"]);
    assert!(status == 2 && err.contains("200ms"), "{err}");
}

/// Two links, one virtual router id: adverts of one link do not reach the instance of the other. And
/// nodes that list themselves among their peers are told apart.
#[test]
fn sound_clusters_have_one_master_after_every_question() {
    let shapes = fs::read_dir(examples().join("shapes")).expect("shapes");
    let shapes = shapes.flatten().map(|shape| shape.path());
    for path in shapes.filter(|path| path.is_dir()) {
        let (status, out, err) = simulate(&["--json", path.to_str().expect("plain names")]);
        assert_eq!(status, 0, "{}: {err}", path.display());
        for line in out.lines() {
            let answer: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let event = answer["event"].as_str().expect("text");
            let outcome = &answer["outcome"];
            let place = format!("{}: {event}", path.display());
            assert_eq!(outcome["restless"], false, "{place}");
            // Who is cut off and does not notice stays master: nobody can tell it.
            if event.contains("cut off") {
                continue;
            }
            for (instance, masters) in outcome["masters"].as_object().expect("by instance") {
                assert_eq!(
                    masters.as_array().map(Vec::len),
                    Some(1),
                    "{place}: {instance}"
                );
            }
        }
    }
}
