//! The house rules as a check: which crate may depend on which, how long a file may be, and where
//! `unsafe` may stand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::steps::{Outcome, root};

/// Our crates and the ones of ours that each may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("property", &[]),
    ("wire", &["base"]),
    ("grammar", &["base"]),
    ("vrrp", &["base", "wire"]),
    ("bfd", &["base", "wire"]),
    ("lvs", &["base", "wire"]),
    ("stream", &["base", "wire"]),
    (
        "plan",
        &["base", "wire", "grammar", "vrrp", "bfd", "lvs", "stream"],
    ),
    ("sim", &["base", "wire", "vrrp", "lvs", "stream"]),
    ("sys", &["base", "wire"]),
    ("tls", &["base", "wire"]),
    ("relay", &["base", "wire", "stream", "sys", "tls"]),
    (
        "runtime",
        &[
            "base", "wire", "grammar", "vrrp", "bfd", "lvs", "stream", "plan", "sys", "tls",
            "relay", "sim",
        ],
    ),
    (
        "lab",
        &[
            "base", "wire", "grammar", "vrrp", "plan", "sys", "runtime", "sim",
        ],
    ),
];

/// Crates without clock, socket or runtime: what would let one in.
const PURE: &[&str] = &[
    "base", "wire", "grammar", "vrrp", "bfd", "lvs", "stream", "plan", "sim",
];
const IMPURE: &[&str] = &[
    "tokio",
    "nix",
    "libc",
    "socket2",
    "rtnetlink",
    "netlink-sys",
    "openssl",
    "sys",
    "relay",
];

/// The crates in which `unsafe` may stand.
const UNSAFE: &[&str] = &["src/sys", "src/tls"];

const LONGEST: usize = 600;

pub(crate) fn run() -> Outcome {
    let mut problems = Vec::new();
    let root = root();
    arrows(&root, &mut problems)?;
    for file in sources(&root) {
        let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let name = file
            .strip_prefix(&root)
            .unwrap_or(&file)
            .display()
            .to_string();
        let lines = text.lines().count();
        if lines > LONGEST && !name.contains("/tests") && !name.contains("tables/") {
            problems.push(format!(
                "{name}: {lines} lines, more than {LONGEST}: split it"
            ));
        }
        if !UNSAFE.iter().any(|allowed| name.starts_with(allowed)) && has_unsafe(&text) {
            problems.push(format!(
                "{name}: unsafe outside of {}",
                UNSAFE.join(" and ")
            ));
        }
    }
    if problems.is_empty() {
        eprintln!("tidy: nothing to complain about");
        Ok(())
    } else {
        Err(format!("house rules:\n  {}", problems.join("\n  ")))
    }
}

/// Checks every manifest's dependencies against [`ARROWS`] and [`IMPURE`].
fn arrows(root: &Path, problems: &mut Vec<String>) -> Outcome {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    for (name, may) in ARROWS {
        let folder = if *name == "grammar" {
            root.join("grammar")
        } else {
            root.join("src").join(name)
        };
        let manifest = folder.join("Cargo.toml");
        let text =
            fs::read_to_string(&manifest).map_err(|e| format!("{}: {e}", manifest.display()))?;
        for dependency in dependencies(&text) {
            let ours = allowed.contains_key(dependency.as_str());
            if ours && !may.contains(&dependency.as_str()) {
                problems.push(format!("{name} must not depend on {dependency}"));
            }
            if PURE.contains(name) && IMPURE.contains(&dependency.as_str()) {
                problems.push(format!(
                    "{name} is pure and must not depend on {dependency}"
                ));
            }
        }
    }
    Ok(())
}

/// Names under `[dependencies]`; development dependencies are free.
fn dependencies(manifest: &str) -> Vec<String> {
    manifest
        .lines()
        .skip_while(|line| line.trim() != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// Whether code (not a comment or a string of this very file) opens an unsafe block or item.
fn has_unsafe(text: &str) -> bool {
    let words = ["{", "fn ", "impl ", "extern "].map(|next| format!("{} {next}", "unsafe"));
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .any(|code| words.iter().any(|word| code.contains(word.as_str())))
}

/// All Rust sources of the project, in a fixed order.
fn sources(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![
        root.join("src"),
        root.join("grammar"),
        root.join("compat-tests"),
    ];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_the_dependencies_table() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\nbase.workspace = true\nnom = \"8\"\n\
                        [dev-dependencies]\nproptest = \"1\"\n";
        assert_eq!(dependencies(manifest), ["base", "nom"]);
    }

    #[test]
    fn sees_unsafe_code_but_not_talk_of_it() {
        let opened = format!("let x = {} {{ 1 }};", "unsafe");
        assert!(has_unsafe(&opened));
        assert!(!has_unsafe(&format!("// {opened}")));
    }
}
