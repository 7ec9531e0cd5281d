//! `cargo xtask demo`: the first article's pair, for real, in the lab.

use std::process::Command;

use crate::packages::{self, BUILD, DEMO};
use crate::steps::{self, Outcome, cargo, root, target_dir};

const ARTICLE: &str = "examples-conf/articles/000-unicast-nginx";

/// Builds release binaries and plays the unicast article. Further arguments go to the lab
/// (`--json`, for one).
fn play(args: &[&str]) -> Outcome {
    let article = root().join(ARTICLE);
    let mut command = Command::new(target_dir().join("release/keepalived-rs"));
    command
        .arg("lab")
        .arg("--script")
        .arg(article.join("lab/demo.lab"))
        .args(args);
    for node in ["master", "backup"] {
        command.arg(article.join("run").join(node));
    }
    steps::run(
        command,
        "the unicast article in the lab: nginx on the master dies and comes back",
    )
}

pub(crate) fn run(args: &[&str]) -> Outcome {
    packages::ensure(&[BUILD, DEMO])?;
    cargo(&[
        "build",
        "--release",
        "--package",
        "keepalived-rs",
        "--package",
        "nginx-stream-rs",
    ])?;
    play(args)
}
