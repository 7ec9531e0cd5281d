//! `notify_ordered`: notify commands of one instance or group, one after the other.
//!
//! Invariants: of each line one command runs at a time, and in the order in which they were asked
//! for; lines are independent of each other; what waits is bounded.

use std::collections::{BTreeMap, VecDeque};

use base::Instant;
use sys::epoll::Poller;
use sys::exec::Program;
use tracing::{error, warn};

/// Commands that wait in one line; beyond that the oldest is given up.
const WAITING: usize = 256;

/// Whose commands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    Instance(String),
    Group(String),
}

impl Whose {
    /// Name in the configuration.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Instance(name) | Self::Group(name) => name,
        }
    }
}

#[derive(Debug, Default)]
struct Line {
    running: Option<i32>,
    waiting: VecDeque<Program>,
}

/// All lines in which something runs.
#[derive(Debug, Default)]
pub(super) struct Order {
    lines: BTreeMap<Whose, Line>,
}

impl Order {
    /// Whether a command of theirs runs.
    pub(super) fn is_busy(&self, whose: &Whose) -> bool {
        self.lines.contains_key(whose)
    }

    /// Runs `programs` after those that were asked for before.
    pub(super) fn add(&mut self, whose: &Whose, programs: Vec<Program>) {
        let line = self.lines.entry(whose.clone()).or_default();
        line.waiting.extend(programs);
        while line.waiting.len() > WAITING {
            line.waiting.pop_front();
            let name = whose.name();
            warn!("({name}) a notify command is given up: {WAITING} wait for one that goes on");
        }
        self.step(whose);
    }

    /// A process has ended; true if it was one of these commands.
    pub(super) fn ended(&mut self, pid: i32) -> bool {
        let running = |(_, line): &(&Whose, &mut Line)| line.running == Some(pid);
        let Some((whose, line)) = self.lines.iter_mut().find(running) else {
            return false;
        };
        line.running = None;
        let whose = whose.clone();
        self.step(&whose);
        true
    }

    /// Starts the next command of a line in which none runs.
    fn step(&mut self, whose: &Whose) {
        let Some(line) = self.lines.get_mut(whose) else {
            return;
        };
        while line.running.is_none() {
            let Some(program) = line.waiting.pop_front() else {
                self.lines.remove(whose);
                return;
            };
            line.running = start(whose, &program);
        }
    }

    /// Waits until nothing runs, or until `limit`; what waits then is started all at once.
    pub(super) fn finish(&mut self, limit: Instant) {
        while !self.lines.is_empty() && sys::clock::now() < limit && self.wait(limit).is_ok() {}
        for (whose, line) in std::mem::take(&mut self.lines) {
            for program in line.waiting {
                start(&whose, &program);
            }
        }
    }

    fn wait(&mut self, limit: Instant) -> std::io::Result<()> {
        let mut poller = Poller::new()?;
        let running: Vec<i32> = self
            .lines
            .values()
            .filter_map(|line| line.running)
            .collect();
        let mut watched = Vec::with_capacity(running.len());
        for pid in &running {
            let fd = sys::process::pidfd(*pid)?;
            poller.add(&fd, 0)?;
            watched.push(fd);
        }
        poller.wait(Some(limit))?;
        for pid in running {
            if sys::process::reap_one(pid).is_some() {
                self.ended(pid);
            }
        }
        Ok(())
    }
}

fn start(whose: &Whose, program: &Program) -> Option<i32> {
    let started = sys::exec::spawn(program);
    if let Err(error) = &started {
        let (name, path) = (whose.name(), program.path.display());
        error!("({name}) cannot run notify command {path}: {error}");
    }
    started.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn shell(text: String) -> Program {
        Program {
            path: "/bin/sh".into(),
            argv: vec!["sh".into(), "-c".into(), text],
            user: None,
            groups: Vec::new(),
        }
    }

    fn says(what: &str, out: &Path) -> Program {
        shell(format!("echo {what} >> {}", out.display()))
    }

    fn soon() -> Instant {
        sys::clock::now() + base::Duration::from_secs(60)
    }

    #[test]
    fn a_command_waits_for_the_one_before_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (out, gate) = (folder.path().join("out"), folder.path().join("gate"));
        nix::unistd::mkfifo(&gate, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        let whose = Whose::Instance("A".to_owned());
        let mut order = Order::default();
        let slow = format!(
            "read x < {}; echo slow >> {}",
            gate.display(),
            out.display()
        );
        order.add(&whose, vec![shell(slow), says("second", &out)]);
        order.add(&whose, vec![says("third", &out)]);
        assert!(order.is_busy(&whose));
        // Another line does not wait for this one.
        let mut other = Order::default();
        other.add(&Whose::Group("A".to_owned()), vec![says("other", &out)]);
        other.finish(soon());
        std::fs::write(&gate, "go\n").expect("opened");
        order.finish(soon());
        assert!(!order.is_busy(&whose));
        let text = std::fs::read_to_string(&out).expect("written");
        assert_eq!(text, "other\nslow\nsecond\nthird\n");
    }

    #[test]
    fn one_that_cannot_run_holds_up_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("out");
        let missing = Program {
            path: "/nowhere/at/all".into(),
            ..says("never", &out)
        };
        let mut order = Order::default();
        let whose = Whose::Instance("A".to_owned());
        order.add(&whose, vec![missing, says("next", &out)]);
        order.finish(soon());
        assert_eq!(std::fs::read_to_string(&out).expect("written"), "next\n");
    }

    #[test]
    fn at_the_end_nobody_waits_for_ever() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("out");
        nix::unistd::mkfifo(&out, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        let mut order = Order::default();
        let whose = Whose::Instance("A".to_owned());
        order.add(
            &whose,
            vec![shell("exec sleep 1000".to_owned()), says("last", &out)],
        );
        let pid = order.lines[&whose].running.expect("it runs");
        order.finish(sys::clock::now());
        // Opening the pipe waits for who writes to it.
        assert_eq!(std::fs::read_to_string(&out).expect("written"), "last\n");
        sys::signal::send(pid, nix::libc::SIGKILL).expect("sent");
        let ended = sys::process::wait_for(pid);
        assert_eq!(ended, sys::process::Ended::Signaled(nix::libc::SIGKILL));
    }
}
