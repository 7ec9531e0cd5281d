//! How many processes run, by the kernel's process events where it tells them, and by `/proc`.
//!
//! Without events new ones are found by looking four times a second, and the end of one that
//! counts is heard of at once, through its pidfd.
//!
//! Invariants: both ways come to the same verdicts; a process that is seen between its fork and
//! its exec is looked at again; threads and zombies do not count; after an overrun of events all
//! processes are looked at, once a second at most.

use core::time::Duration;
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use base::Instant;
use grammar::ast::vrrp::ParamMatch;
use plan::keepalived::{ProcessWatch, Watch};
use sys::epoll::Poller;
use sys::process_events::{News, ProcessEvents};
use tracing::{error, info};
use vrrp::Wait;

/// From look to look without events.
const INTERVAL: Duration = Duration::from_millis(250);
/// From look to look with them: for parameters that a process changes itself, which no event
/// tells, and everything else that was missed.
const SLOW_INTERVAL: Duration = Duration::from_millis(2500);
/// From one look because of missing events to the next: a storm must not keep adverts waiting.
const RECOVERY: Duration = Duration::from_secs(1);
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
    events: Option<ProcessEvents>,
    ends: Option<Poller>,
    /// By which way it was said last.
    told: Option<String>,
    /// Events are missing: the next look takes nobody for known.
    unsettled: bool,
    /// When that was done last.
    recovered: Option<Instant>,
    /// How long what a watch says now has to last, by what made it say so.
    waits: BTreeMap<usize, Wait>,
}

impl Processes {
    /// Watches what is wanted of `watches`.
    pub(super) fn replace(&mut self, watches: &[Watch], now: Instant, buffer: Option<(u32, bool)>) {
        self.follow(watches, now, || ProcessEvents::open(buffer));
    }

    fn follow(
        &mut self,
        watches: &[Watch],
        now: Instant,
        open: impl FnOnce() -> io::Result<ProcessEvents>,
    ) {
        let wanted = watches
            .iter()
            .enumerate()
            .filter_map(|(at, watch)| match watch {
                Watch::Process(watch) => Some((at, watch.clone())),
                Watch::Interface { .. } | Watch::File { .. } | Watch::Session { .. } => None,
            });
        let told = self.told.take();
        // The subscription before a new one is opened: the kernel counts them.
        *self = Self::default();
        self.told = told;
        self.watches = wanted.collect();
        if self.watches.is_empty() {
            return;
        }
        match open() {
            Ok(events) => {
                self.events = Some(events);
                self.tell("Tracked processes: the kernel tells when they begin and end".to_owned());
            }
            Err(error) => self.go_without(&error),
        }
        self.look();
        self.due = Some(now + self.interval());
    }

    /// Follows processes by looking, and by the descriptors of those that count.
    fn go_without(&mut self, error: &io::Error) {
        self.events = None;
        self.tell(format!(
            "Tracked processes: looking at /proc every {} ms, as process events are not to be had \
             here ({error})",
            INTERVAL.as_millis()
        ));
        match Poller::new() {
            Ok(ends) => self.ends = Some(ends),
            Err(error) => error!("the end of processes is found by looking only: {error}"),
        }
    }

    /// Once, not again at every reload.
    fn tell(&mut self, how: String) {
        if self.told.as_ref() != Some(&how) {
            info!("{how}");
            self.told = Some(how);
        }
    }

    const fn interval(&self) -> Duration {
        match self.events {
            Some(_) => SLOW_INTERVAL,
            None => INTERVAL,
        }
    }

    /// Readable when something has happened to processes.
    pub(super) fn readable(&self) -> Option<BorrowedFd<'_>> {
        let events = self.events.as_ref().map(AsFd::as_fd);
        events.or_else(|| self.ends.as_ref().map(AsFd::as_fd))
    }

    /// Takes in what has happened; true when something else is readable from now on.
    pub(super) fn take_events(&mut self, now: Instant) -> bool {
        let Some(events) = &self.events else {
            self.take_ends();
            return false;
        };
        let news = match events.read() {
            Ok(news) => news,
            Err(error) => {
                error!("process events ended: {error}");
                self.go_without(&error);
                self.unsettled = true;
                self.due = Some(now);
                return true;
            }
        };
        if news.contains(&News::Overrun) {
            self.recover(now);
        }
        for news in news {
            match news {
                // A child is as its parent until it runs another program.
                News::Forked { parent, child } if self.counts(parent) => {
                    self.look_at(child, Wait::Up);
                }
                News::Forked { .. } | News::Overrun => {}
                News::Changed(pid) => self.look_at(pid, Wait::None),
                News::Ended(pid) => drop(self.forget(pid)),
            }
        }
        false
    }

    /// Room for more, and a look at everything.
    fn recover(&mut self, now: Instant) {
        let Some(events) = &self.events else { return };
        match events.enlarge() {
            Ok(bytes) => info!(
                "The kernel dropped process events; all processes are looked at. \
                 process_monitor_rcv_bufs is now {bytes} - recommend updating configuration file"
            ),
            Err(error) => info!("The kernel dropped process events: {error}"),
        }
        let next = self.recovered.map_or(now, |last| now.max(last + RECOVERY));
        self.due = Some(self.due.map_or(next, |due| due.min(next)));
        self.unsettled = true;
    }

    fn counts(&self, pid: i32) -> bool {
        let seen = self.seen.get(&pid);
        seen.is_some_and(|seen| !seen.counts.is_empty())
    }

    /// Forgets the processes that have ended.
    fn take_ends(&mut self) {
        let Some(ends) = &mut self.ends else { return };
        let past = Some(Instant::ZERO);
        for ready in ends.wait(past).unwrap_or_default() {
            let Ok(pid) = i32::try_from(ready.token) else {
                continue;
            };
            let end = self.forget(pid);
            if let (Some(ends), Some(end)) = (&mut self.ends, end) {
                let _ = ends.remove(&end);
            }
        }
    }

    /// A process has ended.
    fn forget(&mut self, pid: i32) -> Option<OwnedFd> {
        self.count(pid, &[], Wait::Down);
        self.seen.remove(&pid).and_then(|seen| seen.end)
    }

    /// A process that was seen counts for these watches from now on. Theirs is how long the change has
    /// to last that it makes: `fork_delay` if it began, `terminate_delay` if it has ended, none if it
    /// is another one now.
    fn count(&mut self, pid: i32, counts: &[usize], wait: Wait) {
        let before = match self.seen.get(&pid) {
            Some(seen) if seen.counts != counts => seen.counts.clone(),
            Some(_) | None => return,
        };
        let both = before.iter().chain(counts);
        let concerned: Vec<(usize, bool)> = both.map(|at| (*at, self.wanted(*at))).collect();
        if let Some(seen) = self.seen.get_mut(&pid) {
            seen.counts = counts.to_vec();
        }
        for (at, wanted) in concerned {
            if self.wanted(at) != wanted {
                self.waits.insert(at, wait);
            }
        }
    }

    /// How long it has to last what [`Processes::wanted`] says.
    pub(super) fn wait(&self, at: usize) -> Wait {
        self.waits.get(&at).copied().unwrap_or(Wait::Usual)
    }

    /// Looks when it is time.
    pub(super) fn expire(&mut self, now: Instant) {
        if self.due.is_some_and(|due| due <= now) {
            if self.unsettled {
                self.recovered = Some(now);
            }
            self.look();
            self.due = Some(now + self.interval());
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
        let unsettled = core::mem::take(&mut self.unsettled);
        for pid in pids() {
            let known = self.seen.get_mut(&pid);
            if let Some(seen) = known {
                seen.last = self.looks;
                let settled = self.looks.wrapping_sub(seen.since) > SETTLED;
                if settled && !unsettled && pid.unsigned_abs() % AGAIN != turn {
                    continue;
                }
            }
            // One that is new may be about to run another program.
            let new = !self.seen.contains_key(&pid);
            self.look_at(pid, if new { Wait::Up } else { Wait::None });
        }
        let gone = self.seen.iter().filter(|(_, seen)| seen.last != self.looks);
        let gone: Vec<i32> = gone.map(|(pid, _)| *pid).collect();
        for pid in gone {
            self.forget(pid);
        }
    }

    fn look_at(&mut self, pid: i32, wait: Wait) {
        let process = Process::read(pid);
        let counts: Vec<usize> = self
            .watches
            .iter()
            .filter(|(_, watch)| process.as_ref().is_some_and(|it| it.is_meant(watch)))
            .map(|(at, _)| *at)
            .collect();
        let looks = self.looks;
        self.seen.entry(pid).or_insert_with(|| Seen {
            since: looks,
            last: looks,
            counts: Vec::new(),
            end: None,
        });
        self.count(pid, &counts, wait);
        let Some(seen) = self.seen.get_mut(&pid) else {
            return;
        };
        let ends = self.ends.as_ref();
        if let Some(ends) = ends.filter(|_| !seen.counts.is_empty() && seen.end.is_none()) {
            let watched = sys::process::pidfd(pid).and_then(|end| {
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
            running == program
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
            Some(ParamMatch::Partial) => parameters.starts_with(wanted),
            Some(ParamMatch::Initial) => begins(parameters, wanted),
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
            (&["-a"], ParamMatch::Partial, true),
            (&["-a", "b"], ParamMatch::Partial, false),
            (&["-a", "b"], ParamMatch::Initial, true),
            (&["-"], ParamMatch::Initial, true),
            (&["-b"], ParamMatch::Initial, false),
            (&["-a", "bcd", "e"], ParamMatch::Initial, false),
        ] {
            let words: Vec<&str> = [program].iter().chain(params).copied().collect();
            assert_eq!(meant(&words, Some(kind)), wanted, "{params:?} {kind:?}");
            // With parameters the program is compared as it was started.
            let words: Vec<&str> = ["systemd-timesyncd"]
                .iter()
                .chain(params)
                .copied()
                .collect();
            assert!(!meant(&words, Some(kind)), "{params:?} {kind:?}");
        }
    }

    /// A process that does not outlive its test.
    struct Killed(std::process::Child);

    impl Drop for Killed {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// Follows from now on what happens to `program` with one odd parameter.
    fn following(events: bool, odd: &str) -> Processes {
        let wanted = watch(&["sleep", odd], Some(ParamMatch::Exact));
        let mut processes = Processes::default();
        processes.follow(
            &[Watch::Process(wanted)],
            sys::clock::now(),
            || match events {
                true => ProcessEvents::open(None),
                false => Err(io::ErrorKind::Unsupported.into()),
            },
        );
        processes
    }

    /// Waits for what happens and for what is due, until the first watch is (not) satisfied.
    fn wait_for(processes: &mut Processes, satisfied: bool) {
        let patience = sys::clock::now() + Duration::from_secs(20);
        while processes.wanted(0) != satisfied {
            assert!(sys::clock::now() < patience, "{processes:?}");
            let mut poller = Poller::new().expect("a poller");
            poller
                .add(processes.readable().expect("readable"), 1)
                .expect("added");
            let ready = poller.wait(processes.deadline()).expect("waited");
            let now = sys::clock::now();
            if !ready.is_empty() {
                processes.take_events(now);
            }
            processes.expire(now);
        }
    }

    #[test]
    fn both_ways_come_to_the_same_verdicts() {
        for events in [true, false] {
            if events && ProcessEvents::open(None).is_err() {
                eprintln!("skipped: no process events in this namespace");
                continue;
            }
            let odd = format!("31{}{}", i32::from(events), std::process::id());
            let mut processes = following(events, &odd);
            assert_eq!(processes.events.is_some(), events);
            assert!(!processes.wanted(0));
            // By way of a fork that runs another program before.
            let script = format!("sleep {odd} & echo $!; read -r _; kill $!; wait");
            let mut shell = Command::new("sh")
                .args(["-c", &script])
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .expect("started");
            let mut line = String::new();
            let output = shell.stdout.take().expect("a pipe");
            std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line)
                .expect("a line");
            let pid: i32 = line.trim().parse().expect("a pid");
            wait_for(&mut processes, true);
            assert_eq!(processes.running(0), 1);
            // A zombie until the shell waits for it: it does not run any more.
            sys::signal::send(pid, nix::libc::SIGKILL).expect("killed");
            wait_for(&mut processes, false);
            drop(shell.stdin.take());
            shell.wait().expect("waited");
            assert!(!processes.wanted(0));
        }
    }

    #[test]
    fn what_processes_do_decides_how_long_it_has_to_last() {
        let mut processes = following(false, "x");
        let watch = |quorum, quorum_max| ProcessWatch {
            quorum,
            quorum_max,
            ..watch(&["x"], None)
        };
        processes.watches = vec![(0, watch(2, None)), (1, watch(0, Some(1)))];
        let mut count = |pid, counts: &[usize], wait| {
            processes.seen.entry(pid).or_insert(Seen {
                since: 0,
                last: 0,
                counts: Vec::new(),
                end: None,
            });
            processes.count(pid, counts, wait);
            [0, 1].map(|at| (processes.wanted(at), processes.wait(at)))
        };
        let start = count(1, &[0, 1], Wait::None);
        assert_eq!(start, [(false, Wait::Usual), (true, Wait::Usual)]);
        let forked = count(2, &[0, 1], Wait::Up);
        assert_eq!(forked, [(true, Wait::Up), (false, Wait::Up)]);
        let more = count(3, &[0, 1], Wait::None);
        assert_eq!(more, forked, "what it says has not changed");
        assert_eq!(count(3, &[], Wait::Down), forked);
        let ended = count(1, &[], Wait::Down);
        assert_eq!(ended, [(false, Wait::Down), (true, Wait::Down)]);
        let other = count(1, &[0], Wait::None);
        assert_eq!(other, [(true, Wait::None), (true, Wait::Down)]);
    }

    #[test]
    fn missing_events_are_made_up_for_by_looking() {
        let odd = format!("32{}", std::process::id());
        let mut processes = following(true, &odd);
        if processes.events.is_none() {
            eprintln!("skipped: no process events in this namespace");
            return;
        }
        let child = Command::new("sleep").arg(&odd).spawn();
        let mut child = Killed(child.expect("started"));
        // What the kernel told meanwhile is lost.
        let events = processes.events.as_ref().expect("open");
        while !events.read().expect("read").is_empty() {}
        let now = sys::clock::now();
        processes.recover(now);
        assert_eq!(processes.deadline(), Some(now), "at once");
        wait_for(&mut processes, true);
        processes.recover(now);
        let again = processes.deadline().expect("looks again");
        assert!(again >= now + RECOVERY, "but not again");
        child.0.kill().expect("killed");
        child.0.wait().expect("waited");
        wait_for(&mut processes, false);
    }
}
