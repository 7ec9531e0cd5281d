//! Running commands from the project's root, saying what runs and how long it took.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// What went wrong, for the operator.
pub(crate) type Outcome = Result<(), String>;

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map_or(here.clone(), PathBuf::from)
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Runs cargo (the one that started us) from the root.
pub(crate) fn cargo(args: &[&str]) -> Outcome {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(args);
    if args.first() == Some(&"test") {
        // A test that misses something may skip when it is run by hand, but not from here.
        command.env("XTASK_TEST", "1");
    }
    run(command, &format!("cargo {}", args.join(" ")))
}

/// Runs `command` from the root; `what` names it in messages.
pub(crate) fn run(mut command: Command, what: &str) -> Outcome {
    eprintln!("\n==> {what}");
    let started = Instant::now();
    let status = command
        .current_dir(root())
        .status()
        .map_err(|error| format!("{what}: cannot start: {error}"))?;
    eprintln!("    {:.1} s", started.elapsed().as_secs_f64());
    if status.success() {
        Ok(())
    } else {
        Err(format!("{what}: {status}"))
    }
}

/// Effective user is root. Read from the kernel, so that no library is needed.
pub(crate) fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| {
        status
            .lines()
            .find_map(|line| line.strip_prefix("Uid:"))
            .and_then(|ids| ids.split_whitespace().nth(1))
            == Some("0")
    })
}
