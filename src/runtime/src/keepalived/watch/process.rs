//! How many processes run, by `/proc`.
//!
//! New ones are found by looking four times a second; the end of one that counts is heard of at
//! once, through its pidfd.
//!
//! Invariants: a process that is seen between its fork and its exec is looked at again; threads
//! and zombies do not count.

use core::time::Duration;
use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;

use base::Instant;
use grammar::ast::vrrp::ParamMatch;
use plan::keepalived::{ProcessWatch, Watch};
use sys::epoll::Poller;
use tracing::error;

/// From look to look.
const INTERVAL: Duration = Duration::from_millis(250);
/// So many looks after a process was first seen its name counts as settled.
const SETTLED: u32 = 8;
/// Every so many looks a process is read again (an exec later in life), not all at the same look:
/// a host with thousands of them must not keep adverts waiting.
const AGAIN: u32 = 40;
/// Characters of a name that the kernel keeps.
const COMM: usize = 15;

/// A process that was seen.
#[derive(Debug)]
struct Seen {
    /// The look it was first seen at.
    since: u32,
    /// The look it was last seen at.
    last: u32,
    /// Which watches it counts for.
    counts: Vec<usize>,
    /// Readable when it has ended; only of processes that count.
    end: Option<OwnedFd>,
}

/// All process watches.
#[derive(Debug, Default)]
pub(super) struct Processes {
    watches: Vec<(usize, ProcessWatch)>,
    seen: BTreeMap<i32, Seen>,
    looks: u32,
    due: Option<Instant>,
    ends: Option<Poller>,
}

impl Processes {
    /// Watches what is wanted of `watches`.
    pub(super) fn replace(&mut self, watches: &[Watch], now: Instant) {
        let wanted = watches
            .iter()
            .enumerate()
            .filter_map(|(at, watch)| match watch {
                Watch::Process(watch) => Some((at, watch.clone())),
                Watch::Interface { .. } | Watch::File { .. } | Watch::Session { .. } => None,
            });
        *self = Self {
            watches: wanted.collect(),
            ..Self::default()
        };
        if self.watches.is_empty() {
            return;
        }
        match Poller::new() {
            Ok(ends) => self.ends = Some(ends),
            Err(error) => error!("the end of processes is found by looking only: {error}"),
        }
        self.look();
        self.due = Some(now + INTERVAL);
    }

    /// Readable when a process that counts has ended.
    pub(super) const fn ends(&self) -> Option<&Poller> {
        self.ends.as_ref()
    }

    /// Forgets the processes that have ended.
    pub(super) fn take_ends(&mut self) {
        let Some(ends) = &mut self.ends else { return };
        let past = Some(Instant::ZERO);
        for ready in ends.wait(past).unwrap_or_default() {
            let Ok(pid) = i32::try_from(ready.token) else {
                continue;
            };
            if let Some(end) = self.seen.remove(&pid).and_then(|seen| seen.end) {
                let _ = ends.remove(&end);
            }
        }
    }

    /// Looks when it is time.
    pub(super) fn expire(&mut self, now: Instant) {
        if self.due.is_some_and(|due| due <= now) {
            self.look();
            self.due = Some(now + INTERVAL);
        }
    }

    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// How many run that watch `at` looks for.
    pub(super) fn running(&self, at: usize) -> usize {
        let running = self.seen.values().filter(|seen| seen.counts.contains(&at));
        running.count()
    }

    /// Whether as many run as watch `at` wants.
    pub(super) fn wanted(&self, at: usize) -> bool {
        let Some((_, watch)) = self.watches.iter().find(|(own, _)| *own == at) else {
            return false;
        };
        let running = self.running(at);
        running >= watch.quorum.into() && watch.quorum_max.is_none_or(|most| running <= most.into())
    }

    fn look(&mut self) {
        self.looks = self.looks.wrapping_add(1);
        let turn = self.looks % AGAIN;
        for pid in pids() {
            let known = self.seen.get_mut(&pid);
            if let Some(seen) = known {
                seen.last = self.looks;
                let settled = self.looks.wrapping_sub(seen.since) > SETTLED;
                if settled && pid.unsigned_abs() % AGAIN != turn {
                    continue;
                }
            }
            self.look_at(pid);
        }
        let looks = self.looks;
        self.seen.retain(|_, seen| seen.last == looks);
    }

    fn look_at(&mut self, pid: i32) {
        let process = Process::read(pid);
        let counts: Vec<usize> = self
            .watches
            .iter()
            .filter(|(_, watch)| process.as_ref().is_some_and(|it| it.is_meant(watch)))
            .map(|(at, _)| *at)
            .collect();
        let looks = self.looks;
        let seen = self.seen.entry(pid).or_insert_with(|| Seen {
            since: looks,
            last: looks,
            counts: Vec::new(),
            end: None,
        });
        seen.counts = counts;
        if !seen.counts.is_empty() && seen.end.is_none() {
            let watched = sys::process::pidfd(pid).and_then(|end| {
                let ends = self.ends.as_ref().ok_or(io::ErrorKind::NotFound)?;
                ends.add(&end, u64::try_from(pid).unwrap_or(u64::MAX))?;
                Ok(end)
            });
            // Without one (an old kernel, no descriptors left) the next look finds out.
            seen.end = watched.ok();
        }
    }
}

/// Process ids in `/proc`.
fn pids() -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    names
        .filter_map(|name| name.to_str()?.parse().ok())
        .collect()
}

/// What is compared.
#[derive(Debug)]
struct Process {
    comm: String,
    /// Program and parameters; empty for kernel threads and zombies.
    command: Vec<String>,
}

impl Process {
    /// None when it has ended meanwhile, or nobody has waited for it yet.
    fn read(pid: i32) -> Option<Self> {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        let words = command.split(|byte| *byte == 0);
        let mut command: Vec<String> = words
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect();
        // Every word ends with a zero byte.
        command.pop();
        Some(Self {
            comm: comm.trim_end_matches('\n').to_owned(),
            command,
        })
    }

    fn is_meant(&self, watch: &ProcessWatch) -> bool {
        let Some((program, wanted)) = watch.process.split_first() else {
            return false;
        };
        let Some((running, parameters)) = self.command.split_first() else {
            return false;
        };
        let name = program.rsplit('/').next().unwrap_or(program);
        let same = if watch.full_command || watch.params.is_some() {
            running == program || running.rsplit('/').next() == Some(program)
        } else {
            // The kernel keeps the beginning of the name only.
            let end = name
                .char_indices()
                .nth(COMM)
                .map_or(name.len(), |(at, _)| at);
            self.comm == name[..end]
        };
        same && match watch.params {
            None => true,
            Some(ParamMatch::Exact) => parameters == wanted,
            Some(ParamMatch::Initial) => parameters.starts_with(wanted),
            Some(ParamMatch::Partial) => begins(parameters, wanted),
        }
    }
}

/// Whether `parameters` begin with `wanted`, whose last one may go on.
fn begins(parameters: &[String], wanted: &[String]) -> bool {
    let Some((last, before)) = wanted.split_last() else {
        return true;
    };
    let at = parameters.get(before.len());
    parameters.starts_with(before) && at.is_some_and(|at| at.starts_with(last.as_str()))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn watch(process: &[&str], params: Option<ParamMatch>) -> ProcessWatch {
        ProcessWatch {
            process: process.iter().map(|&word| word.to_owned()).collect(),
            params,
            full_command: false,
            quorum: 1,
            quorum_max: None,
            weight: base::Weight(0),
        }
    }

    #[test]
    fn names_and_parameters() {
        let process = Process {
            comm: "systemd-timesyn".into(),
            command: ["/lib/systemd-timesyncd", "-a", "bcd"]
                .map(str::to_owned)
                .into(),
        };
        let meant = |words: &[&str], params| process.is_meant(&watch(words, params));
        assert!(meant(&["/x/systemd-timesyncd"], None));
        assert!(meant(&["systemd-timesyn"], None));
        assert!(!meant(&["systemd"], None));
        let program = "/lib/systemd-timesyncd";
        for (params, kind, wanted) in [
            (&["-a", "bcd"][..], ParamMatch::Exact, true),
            (&["-a"], ParamMatch::Exact, false),
            (&["-a"], ParamMatch::Initial, true),
            (&["-a", "b"], ParamMatch::Initial, false),
            (&["-a", "b"], ParamMatch::Partial, true),
            (&["-b"], ParamMatch::Partial, false),
            (&["-a", "bcd", "e"], ParamMatch::Partial, false),
        ] {
            let words: Vec<&str> = [program].iter().chain(params).copied().collect();
            assert_eq!(meant(&words, Some(kind)), wanted, "{params:?} {kind:?}");
        }
    }

    #[test]
    fn an_end_is_heard_of_and_a_beginning_is_found() {
        let odd = format!("31{}", std::process::id());
        let wanted = watch(&["sleep", &odd], Some(ParamMatch::Exact));
        let mut processes = Processes::default();
        processes.replace(&[Watch::Process(wanted)], sys::clock::now());
        assert!(!processes.wanted(0));

        let mut child = Command::new("sleep").arg(&odd).spawn().expect("started");
        let patience = sys::clock::now() + Duration::from_secs(20);
        while !processes.wanted(0) {
            let due = processes.deadline().expect("looks again");
            assert!(due < patience);
            // Nothing but time is waited for.
            let mut timer = Poller::new().expect("a poller");
            assert!(timer.wait(Some(due)).expect("waited").is_empty());
            processes.expire(due);
        }
        child.kill().expect("killed");
        let mut poller = Poller::new().expect("a poller");
        poller
            .add(processes.ends().expect("ends"), 1)
            .expect("added");
        assert!(!poller.wait(Some(patience)).expect("waited").is_empty());
        processes.take_ends();
        assert!(!processes.wanted(0));
        child.wait().expect("waited");
    }
}
