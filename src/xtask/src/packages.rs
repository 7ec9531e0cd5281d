//! System packages: which are needed, which are missing, and installing those with apt-get.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::steps::{Outcome, is_root};

/// Needed to build: OpenSSL's headers for TLS, and what finds them.
pub(crate) const BUILD: &[&str] = &["gcc", "libc6-dev", "libssl-dev", "pkg-config"];

/// Needed by the demo: the articles' check scripts call these.
pub(crate) const DEMO: &[&str] = &["psmisc", "procps"];

/// Needed by the tests: the originals to compare with, and what looks at the network.
pub(crate) const TEST: &[&str] = &[
    "curl",
    "frr",
    "groff-base",
    "haproxy",
    "iproute2",
    "ipvsadm",
    "keepalived",
    "kmod",
    "libnginx-mod-stream",
    "nftables",
    "nginx",
    "procps",
    "psmisc",
    "tcpdump",
    "user-mode-linux",
    "util-linux",
];

/// Installs whichever of `wanted` is missing.
///
/// Debian starts a daemon when its package is installed. Here the originals are only programs to
/// compare with, so a policy file that forbids starting is put in place meanwhile, where none is.
pub(crate) fn ensure(wanted: &[&[&str]]) -> Outcome {
    let mut missing: Vec<&str> = wanted
        .iter()
        .copied()
        .flatten()
        .copied()
        .filter(|name| !installed(name))
        .collect();
    missing.sort_unstable();
    missing.dedup();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("Installing with apt-get: {}", missing.join(" "));
    let policy = NoStart::put()?;
    privileged("apt-get", &["update", "-qq"])?;
    let mut args = vec!["install", "-y", "--no-install-recommends"];
    args.extend(&missing);
    privileged("apt-get", &args)?;
    drop(policy);
    match missing.iter().find(|name| !installed(name)) {
        Some(name) => Err(format!(
            "package {name} is still missing after apt-get install"
        )),
        None => Ok(()),
    }
}

fn installed(name: &str) -> bool {
    Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status}", name])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success() && output.stdout == b"installed")
}

/// Runs a command as root, through sudo where we are not.
pub(crate) fn privileged(program: &str, args: &[&str]) -> Outcome {
    let mut command = if is_root() {
        Command::new(program)
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["env", "DEBIAN_FRONTEND=noninteractive", program]);
        sudo
    };
    let status = command
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{program} needs root: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{program} {}: {status}", args.join(" ")))
    }
}

/// Forbids package scripts to start daemons while it lives.
struct NoStart {
    ours: bool,
}

const POLICY: &str = "/usr/sbin/policy-rc.d";

impl NoStart {
    fn put() -> Result<Self, String> {
        if Path::new(POLICY).exists() {
            return Ok(Self { ours: false });
        }
        let script = format!("printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod 755 {POLICY}");
        privileged("sh", &["-c", &script])?;
        Ok(Self { ours: true })
    }
}

impl Drop for NoStart {
    fn drop(&mut self) {
        if self.ours
            && let Err(problem) = privileged("rm", &["-f", POLICY])
        {
            eprintln!("Remove {POLICY} by hand: {problem}");
        }
    }
}
