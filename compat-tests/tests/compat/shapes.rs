//! `-t` on every node of `examples-conf/shapes`, on a host with the interfaces that its first line
//! names: nobody has anything to say.

use std::fs;
use std::path::{Path, PathBuf};

use compat_tests::Subject;
use compat_tests::differences::{Differences, Verdict};
use compat_tests::programs::root;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

const CONF: &str = "etc/keepalived/keepalived.conf";

pub(crate) fn trials() -> Vec<Trial> {
    let nodes = nodes();
    nodes
        .into_iter()
        .map(|node| {
            let name = node.parent().and_then(Path::file_name).unwrap_or_default();
            let own = node.file_name().unwrap_or_default();
            let id = format!("{}/{}", name.to_string_lossy(), own.to_string_lossy());
            scenario(format!("shapes::{id}"), move || passes(&id, &node))
        })
        .collect()
}

/// Directories that hold a node, sorted.
fn nodes() -> Vec<PathBuf> {
    let below = |directory: &Path| {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let shapes = below(&root().join("examples-conf/shapes"));
    let mut nodes: Vec<PathBuf> = shapes.iter().flat_map(|shape| below(shape)).collect();
    nodes.retain(|node| node.join(CONF).is_file());
    nodes.sort();
    nodes
}

/// `! Host: eth0 192.0.2.1/24 2001:db8::1/64, eth1 10.0.0.1/24`
fn host(text: &str) -> Option<Vec<(&str, Vec<&str>)>> {
    let line = text.lines().next()?.strip_prefix("! Host: ")?;
    let interfaces = line.split(", ").map(|interface| {
        let mut words = interface.split(' ');
        words.next().map(|name| (name, words.collect()))
    });
    interfaces.collect()
}

fn passes(id: &str, node: &Path) -> Result<(), String> {
    let text = fs::read_to_string(node.join(CONF)).map_err(|error| format!("{id}: {error}"))?;
    let interfaces = host(&text).ok_or_else(|| format!("{id}: no `! Host:` in its first line"))?;
    let mut sandbox = Sandbox::new().tree(node.to_owned());
    let mut more = String::new();
    for (name, addresses) in interfaces {
        let (first, rest) = addresses
            .split_first()
            .ok_or_else(|| format!("{id}: {name} has no address"))?;
        sandbox = sandbox.interface(name, first);
        for address in rest {
            more += &format!("ip address add {address} dev {name}\n");
        }
    }
    let differences = Differences::load();
    let [original, ours] = Subject::BOTH.map(|subject| {
        let program = subject.keepalived();
        let own = node.file_name().unwrap_or_default().to_string_lossy();
        let line = format!("{more}{} -t -i {own} -f /{CONF}", program.display());
        let report = sandbox.run(&line);
        report.map_err(|error| format!("{id}: {error}"))
    });
    let (original, mut ours) = (original?, ours?);
    // What no engine acts on yet is said, and no fault of the file.
    ours.lines.retain(|line| {
        !line.starts_with("accepted but without effect: ") && !line.ends_with("is not acted on yet")
    });
    let silent = (0, Vec::new());
    let of = |report: &compat_tests::sandbox::Report| (report.status, report.lines.clone());
    if of(&ours) != silent {
        return Err(format!("{id}: ours says {} {:#?}", ours.status, ours.lines));
    }
    let verdict = differences.compare(&format!("shapes/{id}"), &of(&original), &silent)?;
    if let Verdict::Listed(reason) = verdict {
        println!("{id}: differs as listed: {reason}");
    }
    Ok(())
}
