//! The articles in the lab: every script of `examples-conf/articles/*/lab`, with ours and Debian's
//! keepalived in every combination, measured against the originals among themselves. What
//! `simulate` foretells of the same script has to agree with what happened.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use compat_tests::articles::{NODES, Node};
use compat_tests::differences::{Differences, Verdict};
use compat_tests::programs::{built, root};
use libtest_mimic::Trial;
use serde_json::Value;

use crate::clock::scenario;

/// Which nodes run the original keepalived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cast {
    AllOriginal,
    AllOurs,
    /// The node with the highest priority is ours, the others run the original.
    OursFirst,
    /// The other way round.
    OriginalFirst,
}

impl Cast {
    const COMPARED: [Self; 3] = [Self::AllOurs, Self::OursFirst, Self::OriginalFirst];

    const fn word(self) -> &'static str {
        match self {
            Self::AllOriginal => "original_original",
            Self::AllOurs => "ours_ours",
            Self::OursFirst => "ours_original",
            Self::OriginalFirst => "original_ours",
        }
    }

    const fn is_original(self, first: bool) -> bool {
        match self {
            Self::AllOriginal => true,
            Self::AllOurs => false,
            Self::OursFirst => !first,
            Self::OriginalFirst => first,
        }
    }
}

/// What a run of a script came to, as far as two runs must agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Course {
    /// The states each node went through.
    states: BTreeMap<String, Vec<String>>,
    /// Who became master, in order.
    masters: Vec<String>,
    /// Who holds which address at the end.
    owners: BTreeMap<String, Vec<String>>,
}

impl Course {
    /// Nodes that a script calls alike ("# alike: A B") have equal priority and timers: which of
    /// them is first, and whether both are for a moment, is chance. They count as one.
    fn with_alike(mut self, script: &str) -> Self {
        let alike: Vec<String> = said(script, "alike")
            .map(|names| names.split_whitespace().map(str::to_owned).collect())
            .unwrap_or_default();
        let Some(first) = alike.first().cloned() else {
            return self;
        };
        self.states.retain(|node, _| !alike.contains(node));
        let named = self.owners.values_mut().flatten().chain(&mut self.masters);
        for name in named.filter(|name| alike.contains(name)) {
            name.clone_from(&first);
        }
        self.masters.dedup();
        self
    }
}

/// The measure: how the originals among themselves do it, run once and shared by all trials of a
/// script. Ours, where a script is for ours only.
type Measure = Arc<OnceLock<Result<Course, String>>>;

/// What a script says of itself in a comment `# WHAT: …`.
fn said<'t>(text: &'t str, what: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let line = line.strip_prefix("# ")?.strip_prefix(what)?;
        line.strip_prefix(": ").map(str::trim)
    })
}

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for script in scripts() {
        let measure = Measure::default();
        let name = name(&script);
        let text = fs::read_to_string(&script).expect("a script");
        let only_ours = said(&text, "ours only").is_some();
        for cast in Cast::COMPARED {
            if only_ours && cast != Cast::AllOurs {
                continue;
            }
            let (script, measure) = (script.clone(), Arc::clone(&measure));
            let id = format!("lab/{name}/{}", cast.word());
            trials.push(scenario(id.replace('/', "::"), move || match only_ours {
                true => measured(&script, Cast::AllOurs, &measure).map(drop),
                false => agree(&id, &script, &measure, || play(&script, cast)),
            }));
        }
        if said(&text, "real only").is_none() {
            let id = format!("lab/{name}/simulated");
            trials.push(scenario(id.replace('/', "::"), move || {
                agree(&id, &script, &measure, || simulate(&script))
            }));
        }
    }
    trials
}

/// Plays what is measured against, unless another trial has.
fn measured<'m>(script: &Path, cast: Cast, measure: &'m Measure) -> Result<&'m Course, String> {
    let course = measure.get_or_init(|| play(script, cast)).as_ref();
    course.map_err(|problem| format!("what is measured against: {problem}"))
}

/// Ours comes to the same as the measure, or to a listed difference.
fn agree(
    id: &str,
    script: &Path,
    measure: &Measure,
    ours: impl FnOnce() -> Result<Course, String>,
) -> Result<(), String> {
    let text = fs::read_to_string(script).map_err(|error| error.to_string())?;
    let cast = match said(&text, "ours only") {
        Some(_) => Cast::AllOurs,
        None => Cast::AllOriginal,
    };
    let ours = ours()?;
    match Differences::load().compare(id, measured(script, cast, measure)?, &ours)? {
        Verdict::Equal => {}
        Verdict::Listed(reason) => println!("{id}: differs as listed: {reason}"),
    }
    Ok(())
}

/// All scenario scripts. The demo's is one of them.
fn scripts() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let articles = root().join("examples-conf/articles");
    for article in fs::read_dir(articles).into_iter().flatten().flatten() {
        for entry in fs::read_dir(article.path().join("lab"))
            .into_iter()
            .flatten()
            .flatten()
        {
            if entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "lab")
            {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// `000/stop-master` for `000-unicast-nginx/lab/stop-master.lab`.
fn name(script: &Path) -> String {
    let article = script
        .ancestors()
        .nth(2)
        .and_then(Path::file_name)
        .unwrap_or_default();
    let number = article
        .to_string_lossy()
        .split('-')
        .next()
        .unwrap_or_default()
        .to_owned();
    format!(
        "{number}/{}",
        script.file_stem().unwrap_or_default().to_string_lossy()
    )
}

/// The nodes that a script is about.
fn nodes(script: &Path, text: &str) -> Result<Vec<&'static Node>, String> {
    let article = script
        .ancestors()
        .nth(2)
        .ok_or("a script lies in an article's lab folder")?;
    // A script that is not for the tree `run` says so: "# tree: run-cross-site".
    let tree = said(text, "tree").unwrap_or("run");
    let of_it = |node: &&Node| article.ends_with(node.article) && node.tree == tree;
    Ok(NODES.iter().filter(of_it).collect())
}

/// The same script in virtual time.
fn simulate(script: &Path) -> Result<Course, String> {
    let text = fs::read_to_string(script).map_err(|error| error.to_string())?;
    let nodes = nodes(script, &text)?;
    let mut command = Command::new(built("keepalived-rs"));
    command.args(["simulate", "--json", "--script"]).arg(script);
    command.args(nodes.iter().map(|node| node.folder()));
    let output = command.output().map_err(|error| error.to_string())?;
    let events = events(&output.stdout);
    if output.status.success() {
        return Ok(course(&events).with_alike(&text));
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}\n{}{errors}", output.status, timeline(&events)))
}

/// Runs a script; `Err` names the expectations that did not hold.
fn play(script: &Path, cast: Cast) -> Result<Course, String> {
    let text = fs::read_to_string(script).map_err(|error| error.to_string())?;
    let nodes = nodes(script, &text)?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut lab = Command::new(built("keepalived-rs"));
    lab.args(["lab", "--json", "--script"])
        .arg(script)
        .arg("--nginx")
        .arg(built("nginx-stream-rs"));
    for (index, node) in nodes.iter().enumerate() {
        let original = cast.is_original(index == 0);
        if original {
            lab.arg("--original")
                .arg(format!("{}/keepalived", node.name));
        }
        lab.arg(node_folder(node, original, folder.path())?);
    }
    let output = lab
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    let events = events(&output.stdout);
    report(script, cast, &events);
    if output.status.success() {
        Ok(course(&events).with_alike(&text))
    } else {
        let broken: Vec<&str> = events
            .iter()
            .filter(|event| event["event"] == "broken")
            .filter_map(|event| event["text"].as_str())
            .collect();
        Err(format!(
            "{} ({}): {}; did not hold: {broken:#?}\n{}{}",
            name(script),
            cast.word(),
            output.status,
            timeline(&events),
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

/// The node's tree; for an original, with the statements it cannot read written out.
fn node_folder(node: &Node, original: bool, scratch: &Path) -> Result<PathBuf, String> {
    let from = node.folder();
    let article = from.ancestors().nth(2).unwrap_or(&from);
    let expanded = article
        .join("expanded")
        .join(node.name)
        .join("keepalived.conf");
    if !original || !expanded.exists() {
        return Ok(from);
    }
    let to = scratch.join(node.name);
    let copied = Command::new("cp").arg("-a").arg(&from).arg(&to).status();
    if !copied.is_ok_and(|status| status.success()) {
        return Err(format!("cannot copy {}", from.display()));
    }
    let conf = to.join(node.keepalived_conf.trim_start_matches('/'));
    fs::copy(&expanded, &conf).map_err(|error| format!("{}: {error}", conf.display()))?;
    Ok(to)
}

fn events(output: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(output)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn course(events: &[Value]) -> Course {
    let mut course = Course::default();
    for event in events {
        let Some(node) = event["node"].as_str() else {
            continue;
        };
        match event["event"].as_str() {
            Some("state") => {
                let to = event["to"].as_str().unwrap_or_default().to_owned();
                if to == "MASTER" {
                    course.masters.push(node.to_owned());
                }
                course.states.entry(node.to_owned()).or_default().push(to);
            }
            Some("address") => {
                let address = event["address"].as_str().unwrap_or_default().to_owned();
                let owners = course.owners.entry(address).or_default();
                owners.retain(|owner| owner != node);
                if event["added"] == true {
                    owners.push(node.to_owned());
                }
            }
            _ => {}
        }
    }
    // Link-local addresses are random, and nobody's choice.
    course
        .owners
        .retain(|address, _| !address.starts_with("fe80"));
    course
}

/// Prints how long each expectation took, beside what the script says the protocol allows.
fn report(script: &Path, cast: Cast, events: &[Value]) {
    let mut text = String::new();
    for event in events.iter().filter(|event| event["event"] == "held") {
        let words = [&event["text"], &event["note"]].map(|word| word.as_str().unwrap_or_default());
        let _ = writeln!(
            text,
            "{} {:<17} {}: {}",
            name(script),
            cast.word(),
            words[0],
            words[1]
        );
    }
    print!("{text}");
}

/// What happened, for the report of a failure.
fn timeline(events: &[Value]) -> String {
    let mut text = String::new();
    for event in events {
        if event["event"] == "log" && event["severity"].as_u64() > Some(6) {
            continue;
        }
        let at = event["at"].as_u64().unwrap_or_default();
        let _ = writeln!(text, "  {:>7} ms {event}", at / 1000);
    }
    text
}
