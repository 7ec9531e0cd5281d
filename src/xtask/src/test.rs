//! `cargo xtask test`: every check there is, each step's outcome at the end.

use crate::packages::{self, BUILD, DEMO, TEST};
use crate::steps::{Outcome, cargo, is_root};
use crate::tidy;

/// Runs all checks. A step that fails does not stop the later ones: one run shows all that is wrong.
pub(crate) fn run(all: bool) -> Outcome {
    packages::ensure(&[BUILD, DEMO, TEST])?;
    requirements()?;
    let steps: [(&str, &dyn Fn() -> Outcome); 7] = [
        ("format", &|| cargo(&["fmt", "--all", "--check"])),
        ("house rules", &tidy::run),
        ("lints", &|| {
            cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ])
        }),
        ("generated files and proofs", &|| generated()),
        ("programs", &|| cargo(&["build", "--workspace", "--bins"])),
        ("tests", &|| {
            cargo(&[
                "test",
                "--workspace",
                "--exclude",
                "compat-tests",
                "--no-fail-fast",
            ])
        }),
        ("compatibility", &|| {
            let mut args = vec!["test", "--package", "compat-tests", "--no-fail-fast"];
            if all {
                args.extend(["--features", "wide"]);
            }
            cargo(&args)
        }),
    ];
    let failed: Vec<String> = steps
        .iter()
        .filter_map(|(name, step)| step().err().map(|problem| format!("{name}: {problem}")))
        .collect();
    if failed.is_empty() {
        eprintln!("\nAll {} steps passed.", steps.len());
        Ok(())
    } else {
        Err(format!(
            "{} of {} steps failed:\n  {}",
            failed.len(),
            steps.len(),
            failed.join("\n  ")
        ))
    }
}

/// Compares what is generated with what is committed, and proves every keyword that is said to
/// work: its effect is seen, and would be missed.
pub(crate) fn generated() -> Outcome {
    cargo(&["run", "--quiet", "--package", "docgen", "--", "--check"])?;
    cargo(&[
        "test",
        "--quiet",
        "--package",
        "compat-tests",
        "--test",
        "proofs",
    ])
}

/// What no package brings: the tests need root for namespaces with genuine file owners.
fn requirements() -> Outcome {
    if !is_root() {
        return Err(
            "the tests make network, mount and pid namespaces with genuine file owners \
                    and therefore need root: sudo -E cargo xtask test"
                .to_owned(),
        );
    }
    for namespace in ["net", "mnt", "pid", "uts", "ipc"] {
        let path = format!("/proc/self/ns/{namespace}");
        if !std::path::Path::new(&path).exists() {
            return Err(format!(
                "the kernel has no {namespace} namespaces ({path} is missing)"
            ));
        }
    }
    Ok(())
}

/// Measures ours beside the originals in one run.
pub(crate) fn bench(args: &[&str]) -> Outcome {
    packages::ensure(&[BUILD, DEMO, TEST])?;
    // Features are those that the selected packages and targets need together: with another
    // selection cargo would build everything once more.
    let selection = [
        "--package",
        "keepalived-rs",
        "--package",
        "nginx-stream-rs",
        "--package",
        "compat-tests",
        "--bench",
        "side_by_side",
    ];
    cargo(&[&["build", "--release", "--bins"], &selection[..]].concat())?;
    let args = args.iter().copied();
    let all = ["bench"].into_iter().chain(selection).chain(["--"]);
    cargo(&all.chain(args).collect::<Vec<_>>())
}
