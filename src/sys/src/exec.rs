//! Running scripts: own process group, own user, clean environment, bounded time.
//!
//! Invariants: a script never inherits a descriptor but `/dev/null`, a blocked signal, the daemon's
//! nice value or its limit of real-time work; a run that overstays gets
//! TERM for its whole process group and KILL two seconds later; the caller reaps (one owner of
//! SIGCHLD per process) and hands every ended pid to [`Runner::ended`].

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base::{Duration, Instant};

use crate::process::Ended;
use crate::{schedule, signal};

/// Time between TERM and KILL.
pub const KILL_AFTER_TERM: Duration = Duration::from_secs(2);

/// What to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// What is executed.
    pub path: PathBuf,
    /// argv, beginning with `argv[0]`.
    pub argv: Vec<String>,
    /// User and group, when they differ from the daemon's.
    pub user: Option<(u32, u32)>,
    /// Further groups.
    pub groups: Vec<u32>,
}

/// Starts `program` in a process group of its own and returns its pid, which leads the group.
///
/// # Errors
/// What `fork` or `exec` report.
pub fn spawn(program: &Program) -> io::Result<i32> {
    let mut command = Command::new(&program.path);
    if let Some((name, arguments)) = program.argv.split_first() {
        command.arg0(name).args(arguments);
    }
    command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let bytes = name.as_encoded_bytes();
        if bytes == b"IFS" || bytes.starts_with(b"LD_") {
            command.env_remove(&name);
        }
    }
    let (user, groups, usual) = (program.user, program.groups.clone(), schedule::remembered());
    let settle = move || {
        // Before the user changes, who may not raise anything again.
        if let Some(usual) = usual {
            usual.restore();
        }
        // A program inherits what is blocked, and a script in which TERM is blocked can only be
        // killed.
        signal::unblock_all();
        become_user(user, &groups)
    };
    // SAFETY: between fork and exec only async-signal-safe calls are made, nothing is allocated.
    unsafe { command.pre_exec(settle) };
    let child = command.spawn()?;
    i32::try_from(child.id()).map_err(io::Error::other)
}

/// Gives up the daemon's user and groups. Async-signal-safe.
fn become_user(user: Option<(u32, u32)>, groups: &[u32]) -> io::Result<()> {
    let done = |code: i32| match code {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    };
    // SAFETY: takes nothing and cannot fail.
    let root = unsafe { libc::geteuid() } == 0;
    if root && (user.is_some() || !groups.is_empty()) {
        // SAFETY: the pointer is valid for as many ids as is said.
        done(unsafe { libc::setgroups(groups.len(), groups.as_ptr()) })?;
    }
    let Some((uid, gid)) = user else {
        return Ok(());
    };
    // SAFETY: plain integers. After fork there is one thread.
    done(unsafe { libc::setgid(gid) })?;
    // SAFETY: as above.
    done(unsafe { libc::setuid(uid) })
}

#[derive(Debug)]
struct Run<K> {
    key: K,
    pid: i32,
    deadline: Option<Instant>,
    timed_out: bool,
}

/// Scripts that are running, each under a key of the caller's.
#[derive(Debug)]
pub struct Runner<K> {
    runs: Vec<Run<K>>,
}

/// How a supervised run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// By itself.
    Ended(Ended),
    /// It had to be killed.
    TimedOut,
}

impl<K> Default for Runner<K> {
    fn default() -> Self {
        Self { runs: Vec::new() }
    }
}

impl<K> Runner<K> {
    /// Starts `program`; with a `timeout` it is killed when it takes longer.
    ///
    /// # Errors
    /// What `fork` or `exec` report; nothing is running then.
    pub fn start(
        &mut self,
        now: Instant,
        key: K,
        program: &Program,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        let pid = spawn(program)?;
        self.runs.push(Run {
            key,
            pid,
            deadline: timeout.map(|limit| now + limit),
            timed_out: false,
        });
        Ok(())
    }

    /// When [`Runner::expire`] next has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.runs.iter().filter_map(|run| run.deadline).min()
    }

    /// Sends TERM to what is overdue, KILL to what survived TERM. Returns what has become overdue:
    /// when it ends is the kernel's to say, and may be never.
    pub fn expire(&mut self, now: Instant) -> Vec<&K> {
        let mut overdue = Vec::new();
        for run in &mut self.runs {
            if run.deadline.is_none_or(|at| at > now) {
                continue;
            }
            let number = if run.timed_out {
                libc::SIGKILL
            } else {
                libc::SIGTERM
            };
            // The process may have ended by itself and wait to be reaped; that is no error.
            let _ = signal::send(-run.pid, number);
            run.deadline = (!run.timed_out).then(|| now + KILL_AFTER_TERM);
            if !core::mem::replace(&mut run.timed_out, true) {
                overdue.push(&run.key);
            }
        }
        overdue
    }

    /// Tells that `pid` was reaped. `None` if it is not one of ours.
    pub fn ended(&mut self, pid: i32, ended: Ended) -> Option<(K, Outcome)> {
        let index = self.runs.iter().position(|run| run.pid == pid)?;
        let run = self.runs.swap_remove(index);
        if run.timed_out {
            // Whatever the script left in its group goes too.
            let _ = signal::send(-pid, libc::SIGKILL);
            return Some((run.key, Outcome::TimedOut));
        }
        Some((run.key, Outcome::Ended(ended)))
    }

    /// Sends `number` to every running script's group.
    pub fn signal_all(&self, number: i32) {
        for run in &self.runs {
            let _ = signal::send(-run.pid, number);
        }
    }

    /// Whether nothing is running.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Keys of what is running.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.runs.iter().map(|run| &run.key)
    }

    /// Removes the runs that `drop_key` selects from supervision and terminates them; their end
    /// is no longer reported.
    pub fn abandon(&mut self, mut drop_key: impl FnMut(&K) -> bool) {
        self.runs.retain(|run| {
            let gone = drop_key(&run.key);
            if gone {
                let _ = signal::send(-run.pid, libc::SIGTERM);
            }
            !gone
        });
    }

    /// Gives every run another key (indices change on reload); `None` abandons it.
    pub fn rekey(&mut self, mut new_key: impl FnMut(K) -> Option<K>) {
        let runs = std::mem::take(&mut self.runs);
        for run in runs {
            match new_key(run.key) {
                Some(key) => self.runs.push(Run { key, ..run }),
                None => {
                    let _ = signal::send(-run.pid, libc::SIGTERM);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock, process};

    fn shell(script: &str) -> Program {
        Program {
            path: "/bin/sh".into(),
            argv: vec!["sh".into(), "-c".into(), script.into()],
            user: None,
            groups: Vec::new(),
        }
    }

    #[test]
    fn exit_status_comes_back_under_its_key() {
        let mut runner = Runner::default();
        runner
            .start(clock::now(), "check", &shell("exit 3"), None)
            .expect("spawn");
        let pid = runner.runs[0].pid;
        let ended = process::wait_for(pid);
        assert_eq!(
            runner.ended(pid, ended),
            Some(("check", Outcome::Ended(Ended::Exited(3))))
        );
        assert!(runner.is_empty());
    }

    #[test]
    fn an_overdue_script_that_ignores_term_is_killed() {
        let dir = tempfile::tempdir().expect("dir");
        let ready = dir.path().join("ready");
        let script = format!(
            "trap '' TERM; : > {}; while :; do sleep 1; done",
            ready.display()
        );
        let mut runner = Runner::default();
        let start = Instant::ZERO;
        runner
            .start(start, 1, &shell(&script), Some(Duration::from_secs(1)))
            .expect("spawn");
        while !ready.exists() {
            std::thread::yield_now();
        }
        let pid = runner.runs[0].pid;
        assert!(runner.expire(start + Duration::from_millis(999)).is_empty());
        assert!(!runner.runs[0].timed_out);
        assert_eq!(runner.expire(start + Duration::from_secs(1)), [&1]);
        assert!(runner.runs[0].timed_out);
        assert_eq!(runner.deadline(), Some(start + Duration::from_secs(3)));
        assert!(runner.expire(start + Duration::from_secs(3)).is_empty());
        let ended = process::wait_for(pid);
        assert_eq!(ended, Ended::Signaled(libc::SIGKILL));
        assert_eq!(runner.ended(pid, ended), Some((1, Outcome::TimedOut)));
    }

    #[test]
    fn what_cannot_be_executed_is_an_error() {
        let missing = Program {
            path: "/nonexistent/check".into(),
            argv: vec!["check".into()],
            user: None,
            groups: Vec::new(),
        };
        assert!(spawn(&missing).is_err());
    }

    #[test]
    fn signals_that_the_daemon_blocks_are_not_blocked_in_scripts() {
        let dir = tempfile::tempdir().expect("dir");
        let out = dir.path().join("out");
        let script = format!("exec grep SigBlk /proc/self/status > {}", out.display());
        let pid = std::thread::spawn(move || {
            let _signals = signal::Signals::block(&[libc::SIGTERM, libc::SIGCHLD])?;
            spawn(&shell(&script))
        })
        .join()
        .expect("a thread")
        .expect("spawn");
        assert_eq!(process::wait_for(pid), Ended::Exited(0));
        let text = std::fs::read_to_string(out).expect("out");
        let mask = text.trim_start_matches("SigBlk:").trim();
        assert_eq!(u64::from_str_radix(mask, 16), Ok(0), "{text}");
    }

    #[test]
    fn a_script_gets_its_groups_with_its_user() {
        // SAFETY: takes nothing and cannot fail.
        if unsafe { libc::geteuid() } != 0 {
            println!("skipped: only root can become somebody else");
            return;
        }
        let dir = tempfile::tempdir().expect("dir");
        let out = dir.path().join("out");
        std::fs::write(&out, "").expect("out");
        std::os::unix::fs::chown(&out, Some(65_534), None).expect("chown");
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(dir.path(), open).expect("mode");
        let script = format!(
            "exec grep -E '^(Uid|Gid|Groups):' /proc/self/status > {}",
            out.display()
        );
        for (groups, expected) in [(vec![], ""), (vec![4, 65_534], "4 65534")] {
            let program = Program {
                user: Some((65_534, 65_534)),
                groups,
                ..shell(&script)
            };
            let pid = spawn(&program).expect("spawn");
            assert_eq!(process::wait_for(pid), Ended::Exited(0));
            let text = std::fs::read_to_string(&out).expect("out");
            let ids = "65534\t65534\t65534\t65534";
            let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
            let groups = format!("Groups:\t{expected}");
            let expected = [format!("Uid:\t{ids}"), format!("Gid:\t{ids}"), groups];
            assert_eq!(lines, expected.each_ref().map(|line| line.trim_end()));
        }
    }

    #[test]
    fn scripts_lead_their_own_group_without_foreign_descriptors() {
        process::keep_inherited_from_scripts();
        let dir = tempfile::tempdir().expect("dir");
        let out = dir.path().join("out");
        let script = format!(
            "ls /proc/$$/fd > {0}; cut -d' ' -f5 /proc/$$/stat >> {0}",
            out.display()
        );
        let pid = spawn(&shell(&script)).expect("spawn");
        assert_eq!(process::wait_for(pid), Ended::Exited(0));
        let text = std::fs::read_to_string(out).expect("out");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.last(), Some(&pid.to_string().as_str()));
        // 0, 1, 2 and what the shell itself needs for the redirection.
        assert!(lines.len() <= 5, "{text}");
    }
}
