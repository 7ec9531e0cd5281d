//! The parent of one service's processes: starts them, keeps those that go into the background
//! as its own (child subreaper), and tells the init what becomes of the main one.
//!
//! It is a process of its own so that every process of a service can be found as its descendant,
//! which without cgroups nothing else guarantees. Its command line is only `lab-unit`: scripts of
//! the nodes look for daemons by name in the process list.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};

use nix::errno::Errno;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::unit::{ExecLine, Kind, Unit};

/// What a supervisor tells the init, one JSON line each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum News {
    Running {
        pid: i32,
    },
    Failed {
        why: String,
    },
    /// The main process ended; `clean` is exit status 0 or a signal that asks to end.
    MainEnded {
        why: String,
        clean: bool,
    },
}

/// `lab-unit`: the unit comes on standard input, news go to standard output, and what the service
/// prints goes to standard error.
pub(crate) fn main() -> io::Result<()> {
    super::clear_signal_mask()?;
    nix::sys::prctl::set_child_subreaper(true)?;
    let _ = nix::sys::prctl::set_name(c"lab-unit");
    let mut text = String::new();
    io::stdin().take(1 << 20).read_to_string(&mut text)?;
    let unit: Unit = serde_json::from_str(&text).map_err(io::Error::other)?;
    if let Some(limit) = unit.open_files {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, limit, limit);
    }
    match start(&unit) {
        Err(why) => tell(&News::Failed { why })?,
        Ok(pid) => {
            tell(&News::Running { pid })?;
            watch(pid)?;
        }
    }
    reap_rest();
    Ok(())
}

fn tell(news: &News) -> io::Result<()> {
    let mut out = io::stdout();
    crate::protocol::send(&mut out, news)?;
    out.flush()
}

fn command(unit: &Unit, line: &ExecLine) -> io::Result<Command> {
    let lookup = |name: &str| {
        let set = unit.environment.iter().rev().find(|(n, _)| n == name);
        set.map(|(_, value)| value.clone())
    };
    let argv = line.expand(&lookup);
    let (program, arguments) = argv
        .split_first()
        .ok_or_else(|| io::Error::other("an empty command"))?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .envs(unit.environment.iter().cloned())
        .stdin(Stdio::null())
        .stdout(io::stderr().as_fd().try_clone_to_owned()?)
        .stderr(Stdio::inherit());
    Ok(command)
}

fn run(unit: &Unit, line: &ExecLine) -> Result<(), String> {
    let name = line.argv.first().map_or("", String::as_str);
    let status = command(unit, line).and_then(|mut c| c.status());
    match status {
        Ok(status) if status.success() || line.may_fail => Ok(()),
        Ok(status) => Err(format!("{name} {}", describe(status))),
        Err(_) if line.may_fail => Ok(()),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

/// Runs the unit's start commands; the main process's id.
fn start(unit: &Unit) -> Result<i32, String> {
    for line in &unit.pre {
        run(unit, line)?;
    }
    match unit.kind {
        Kind::Simple => {
            let name = unit.start.argv.first().map_or("", String::as_str);
            let child = command(unit, &unit.start)
                .and_then(|mut c| c.spawn())
                .map_err(|error| format!("{name}: {error}"))?;
            i32::try_from(child.id()).map_err(|error| error.to_string())
        }
        Kind::Forking => {
            run(unit, &unit.start)?;
            forked().ok_or_else(|| "the start command ended and left no process".to_owned())
        }
    }
}

/// The oldest child left behind by the start command: the one that went into the background.
fn forked() -> Option<i32> {
    let own = std::process::id();
    let path = format!("/proc/{own}/task/{own}/children");
    let from_kernel = fs::read_to_string(path).ok().map(|text| {
        let pids = text.split_whitespace().filter_map(|word| word.parse().ok());
        pids.collect::<Vec<i32>>()
    });
    // The list of children is a kernel option.
    let children = from_kernel
        .unwrap_or_else(|| super::processes::children_of(i32::try_from(own).unwrap_or(0)));
    children.into_iter().min()
}

/// Waits for the main process, reaping what else ends.
fn watch(main: i32) -> io::Result<()> {
    loop {
        let (pid, why, clean) = match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) => {
                let status = ExitStatus::from_raw(code << 8);
                (pid, describe(status), code == 0)
            }
            Ok(WaitStatus::Signaled(pid, signal, _)) => {
                let status = ExitStatus::from_raw(signal as i32);
                let clean = matches!(signal as i32, 1 | 2 | 13 | 15);
                (pid, describe(status), clean)
            }
            Ok(_) | Err(Errno::EINTR) => continue,
            Err(_) => return Ok(()),
        };
        if pid == Pid::from_raw(main) {
            return tell(&News::MainEnded { why, clean });
        }
    }
}

/// Stays until nothing of the service is left, so that what is left can be found.
fn reap_rest() {
    loop {
        match waitpid(None, None) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return,
        }
    }
}

/// An exit status as people say it.
pub(super) fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}
