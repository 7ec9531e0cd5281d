//! `keepalived-rs stop`: ends a running daemon, and waits until it has ended.
//!
//! Invariants: with `--for-restart` a daemon is left to the next start only where one follows: the
//! service manager is asked, as a unit's `ExecStop=` runs for a stop and for a restart alike; what
//! cannot be left is stopped.

use std::process::Command;

use base::Duration;
use keepalived_rs::commands::Stop;
use runtime::keepalived::command::{Failure, Request, ask};
use runtime::keepalived::status::Daemon;
use sys::epoll::Poller;

use crate::status::socket;
use crate::subcommand::Outcome;

/// Longer than the daemon gives its children and its `shutdown_script` by default.
const PATIENCE: Duration = Duration::from_secs(85);

/// Status 1 when the daemon has not ended in time.
pub(crate) fn run(words: &Stop) -> Outcome {
    let path = socket(&words.running)?;
    let failed = |failure: Failure| failure.to_string();
    let daemon: Daemon = ask(&path, &Request::Daemon).map_err(failed)?;
    let pid = i32::try_from(daemon.pid).map_err(|error| error.to_string())?;
    // Had before anything is asked of it, this is no other process's.
    let process = sys::process::pidfd(pid).map_err(|error| error.to_string())?;
    let left = words.for_restart && a_start_follows() && leaves(&path)?;
    if !left {
        sys::signal::send(pid, nix::libc::SIGTERM).map_err(|error| error.to_string())?;
    }
    let wait = || {
        let mut poller = Poller::new()?;
        poller.add(&process, 0)?;
        let end = sys::clock::now() + PATIENCE;
        while sys::clock::now() < end {
            if !poller.wait(Some(end))?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let ended = wait().map_err(|error: std::io::Error| error.to_string())?;
    if !ended {
        eprintln!(
            "keepalived-rs stop: process {pid} still runs after {} s",
            PATIENCE.as_secs()
        );
    }
    Ok(u8::from(!ended))
}

/// Asks the daemon to leave everything to the next start; whether it does.
fn leaves(path: &std::path::Path) -> Result<bool, String> {
    match ask::<Daemon>(path, &Request::Leave) {
        Ok(_) => Ok(true),
        Err(Failure::Refused(why)) => {
            eprintln!("keepalived-rs stop: {why}; it stops in order");
            Ok(false)
        }
        Err(failure) => Err(failure.to_string()),
    }
}

/// Whether a start follows. Who asks by hand says so; in a unit's `ExecStop=`, where systemd sets
/// MAINPID, its list of jobs does. Who cannot be asked wants a stop.
fn a_start_follows() -> bool {
    if std::env::var_os("MAINPID").is_none() {
        return true;
    }
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let Some(unit) = unit(&groups) else {
        return false;
    };
    let listed = Command::new("systemctl")
        .args(["list-jobs", "--plain", "--no-legend", "--no-pager", unit])
        .output();
    listed.is_ok_and(|listed| is_restarted(&String::from_utf8_lossy(&listed.stdout), unit))
}

/// The service whose control group (`/proc/self/cgroup`) this is.
fn unit(groups: &str) -> Option<&str> {
    let mut parts = groups.lines().flat_map(|line| line.split('/'));
    parts.rfind(|part| part.ends_with(".service"))
}

/// Whether the running job of `unit` in systemd's list (`JOB UNIT TYPE STATE`) starts it again.
fn is_restarted(jobs: &str, unit: &str) -> bool {
    jobs.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        matches!(words[..], [_, name, "restart" | "try-restart", ..] if name == unit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_the_last_service_of_the_group() {
        for (groups, expected) in [
            (
                "0::/system.slice/keepalived-rs.service\n",
                Some("keepalived-rs.service"),
            ),
            (
                "0::/system.slice/system-ha.slice/ha@a.service/.control\n",
                Some("ha@a.service"),
            ),
            (
                "0::/user.slice/user-0.slice/user@0.service/app.slice/x.service\n",
                Some("x.service"),
            ),
            ("0::/user.slice/session-1.scope\n", None),
            ("", None),
        ] {
            assert_eq!(unit(groups), expected, "{groups}");
        }
    }

    #[test]
    fn only_a_restart_of_this_unit_starts_it_again() {
        let unit = "keepalived-rs.service";
        for (jobs, expected) in [
            ("812 keepalived-rs.service restart running\n", true),
            (" 812 keepalived-rs.service try-restart running\n", true),
            ("812 keepalived-rs.service stop running\n", false),
            ("812 nginx.service restart running\n", false),
            ("No jobs running.\n", false),
            ("", false),
        ] {
            assert_eq!(is_restarted(jobs, unit), expected, "{jobs}");
        }
    }
}
