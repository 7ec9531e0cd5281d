//! Leaving the host: the namespaces of the lab itself, and what a host may lack for them.

use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{SigSet, Signal};

/// Why the lab could not be built: what the host lacks.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}")]
pub(crate) struct NoLab {
    pub(super) what: String,
    pub(super) why: String,
}

pub(super) fn no_lab<E: std::fmt::Display>(what: impl Into<String>) -> impl FnOnce(E) -> NoLab {
    let what = what.into();
    move |error| NoLab {
        what,
        why: error.to_string(),
    }
}

/// Signals by which an operator ends the lab.
pub(super) fn ending_signals() -> SigSet {
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        signals.add(signal);
    }
    signals
}

/// Leaves the host's namespaces, and blocks the signals that end the lab, so that they reach the
/// thread that waits for them and no other. Must come before any thread: a user namespace can only be
/// entered by a process with a single one.
pub(crate) fn leave_host(unprivileged: bool) -> Result<(), NoLab> {
    ending_signals()
        .thread_block()
        .map_err(no_lab("cannot block signals"))?;
    let mut flags = CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWIPC;
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    if unprivileged {
        flags |= CloneFlags::CLONE_NEWUSER;
    }
    let hint = if unprivileged {
        "cannot make namespaces; the kernel must allow unprivileged user namespaces \
         (sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns), \
         or run the lab as root"
    } else {
        "cannot make namespaces; the lab needs CAP_SYS_ADMIN, or --unprivileged"
    };
    unshare(flags).map_err(no_lab(hint))?;
    if unprivileged {
        for (file, text) in [
            ("setgroups", "deny".to_owned()),
            ("uid_map", format!("0 {uid} 1")),
            ("gid_map", format!("0 {gid} 1")),
        ] {
            let path = format!("/proc/self/{file}");
            std::fs::write(&path, text).map_err(no_lab(format!("cannot write {path}")))?;
        }
    }
    Ok(())
}
