//! `-t` on every article file: exit status and report lines of the original's and of ours.

use compat_tests::Subject;
use compat_tests::articles::{NODES, Node};
use compat_tests::differences::{Differences, Verdict};
use compat_tests::programs::LOAD_STREAM;
use compat_tests::sandbox::Sandbox;
use libtest_mimic::Trial;

use crate::clock::scenario;

pub(crate) fn trials() -> Vec<Trial> {
    let keepalived = NODES.iter().map(|node| {
        scenario(format!("test_mode::keepalived::{}", node.id()), || {
            compare(
                &format!("test-mode/keepalived/{}", node.id()),
                |subject| {
                    let program = subject.keepalived();
                    format!("{} -t -f {}", program.display(), node.keepalived_conf)
                },
                node,
            )
        })
    });
    let nginx = NODES
        .iter()
        .filter_map(|node| node.nginx_conf.map(|conf| (node, conf)))
        .map(|(node, conf)| {
            scenario(format!("test_mode::nginx::{}", node.id()), move || {
                compare(
                    &format!("test-mode/nginx/{}", node.id()),
                    |subject| {
                        let prefix = if conf.starts_with("/usr/local") {
                            "-p /usr/local/nginx"
                        } else {
                            ""
                        };
                        format!(
                            "{} -t -c {conf} {prefix} -g '{LOAD_STREAM}'",
                            subject.nginx().display()
                        )
                    },
                    node,
                )
            })
        });
    keepalived.chain(nginx).collect()
}

/// Runs both and compares status and lines; each may be excused on its own.
fn compare(id: &str, command: impl Fn(Subject) -> String, node: &Node) -> Result<(), String> {
    let differences = Differences::load();
    let [original, ours] = Subject::BOTH.map(|subject| {
        Sandbox::of(node)
            .run(&command(subject))
            .map_err(|error| format!("{id}: {error}"))
    });
    let (original, ours) = (original?.short_nginx_lines(), ours?.short_nginx_lines());
    println!(
        "{id}: original {} with {} lines, ours {} with {} lines",
        original.status,
        original.lines.len(),
        ours.status,
        ours.lines.len()
    );
    let status = differences.compare(&format!("{id}#status"), &original.status, &ours.status)?;
    let lines = differences.compare(&format!("{id}#lines"), &original.lines, &ours.lines)?;
    for verdict in [status, lines] {
        if let Verdict::Listed(reason) = verdict {
            println!("{id}: differs as listed: {reason}");
        }
    }
    Ok(())
}
