//! How a process conducts itself on the host: its name, its file creation mask, when it runs and
//! what of it is kept in memory.
//!
//! Invariants: what a reload no longer asks for is undone; what the system refuses is told once and
//! left, because a process at the usual priority still does its work.
//! Deliberately unknown here: what the process does.

use std::io;
use std::os::fd::OwnedFd;

use base::Duration;
use nix::sys::stat::{Mode, umask};
use plan::keepalived::{Plan, Scheduling};
use sys::fdpass::Channel;
use sys::schedule;
use tracing::{error, info, warn};

use super::config;
use super::control::{self, Report};
use super::options::Options;
use super::parent::Kind;

/// `umask` unless configured.
const UMASK: u32 = 0o177;
/// Half of what `rlimit_rttime` is unless written, in microseconds: then there is a warning.
///
/// Deviation: the original kills after 10,000, which reading a large configuration takes. Here the
/// parent ends a process that hangs.
const LONG: u64 = 5_000;

/// How one process conducts itself.
#[derive(Debug)]
pub(super) struct Conduct {
    kind: Kind,
    /// `-u`, which outranks the configuration.
    umask: Option<u32>,
    now: Scheduling,
    /// Real-time priority in force; 0 for the usual scheduling.
    priority: u8,
}

/// Sets the file creation mask.
pub(super) fn set_umask(options: &Options, configured: Option<u16>) {
    set_mask(options.umask, configured);
}

fn set_mask(given: Option<u32>, configured: Option<u16>) {
    let mask = given.or(configured.map(u32::from)).unwrap_or(UMASK);
    umask(Mode::from_bits_truncate(mask));
}

impl Conduct {
    /// Of a process that was just forked, as `plan` says.
    pub(super) fn new(kind: Kind, options: &Options, plan: &Plan) -> Self {
        schedule::remember();
        let mut conduct = Self {
            kind,
            umask: options.umask,
            now: Scheduling::default(),
            priority: 0,
        };
        conduct.follow(plan);
        conduct
    }

    /// As `plan` says from now on.
    pub(super) fn follow(&mut self, plan: &Plan) {
        let (titles, schedulings) = (&plan.titles, &plan.schedulings);
        let (title, wanted) = match self.kind {
            Kind::Vrrp => (&titles.vrrp, &schedulings.vrrp),
            Kind::Checkers => (&titles.checkers, &schedulings.checkers),
            Kind::Bfd => (&titles.bfd, &schedulings.bfd),
        };
        sys::process::set_comm(title);
        set_mask(self.umask, plan.process.umask);
        let before = std::mem::replace(&mut self.now, wanted.clone());
        self.place(&before);
        self.schedule(&before);
        if self.now.no_swap != before.no_swap {
            let locked = schedule::lock_memory(self.now.no_swap);
            self.complain("memory cannot be locked", locked);
        }
    }

    fn place(&self, before: &Scheduling) {
        if self.now.cpus == before.cpus {
            return;
        }
        let placed = match &self.now.cpus[..] {
            [] => schedule::usual_cpus(),
            cpus => schedule::set_cpus(cpus),
        };
        self.complain("CPUs cannot be chosen", placed);
    }

    fn schedule(&mut self, before: &Scheduling) {
        if let Some(priority) = self.now.real_time {
            if self.priority != priority {
                self.raise_to(priority);
            }
        } else if self.priority > self.now.most || before.real_time.is_some() {
            self.complain("priority cannot be lowered", schedule::set_usual_policy());
            self.priority = 0;
        }
        self.limit();
        if self.priority > 0 || self.now.nice == before.nice {
            return;
        }
        let set = match self.now.nice {
            Some(nice) => schedule::set_nice(nice.into()),
            None => schedule::usual_nice(),
        };
        self.complain("priority cannot be set", set);
    }

    fn raise_to(&mut self, priority: u8) {
        match schedule::set_round_robin(priority) {
            Ok(()) => self.priority = priority,
            Err(error) => self.complain("no real-time priority", Err(error)),
        }
    }

    /// The limit of real-time work; without such work the usual one.
    fn limit(&self) {
        let set = match (self.priority, self.now.run_limit) {
            (0, _) => schedule::lift_run_limit(),
            (_, Some(limit)) => schedule::set_run_limit(u64::from(limit) / 2, Some(limit.into())),
            (_, None) => schedule::set_run_limit(LONG, None),
        };
        self.complain("real-time work cannot be limited", set);
    }

    /// Something was done this much later than it was due.
    pub(super) fn late(&mut self, by: Duration) {
        let most = self.now.most;
        if by < self.now.late || self.priority >= most {
            return;
        }
        let (seconds, micros) = (by.as_secs(), by.subsec_micros());
        info!("A thread timer expired {seconds}.{micros:06} seconds ago");
        self.raise_to(self.priority + 1);
        if self.priority > 0 {
            info!("Set realtime priority {}", self.priority);
        }
        self.limit();
    }

    /// It has worked for long without a pause; the system says so.
    pub(super) fn overran(&self) {
        let name = self.kind.name();
        match self.now.run_limit {
            Some(_) => warn!(
                "{name}: half of {}_rlimit_rttime was used without a pause; at its end this \
                 process is killed",
                self.word()
            ),
            None => info!("{name}: worked at real-time priority for long without a pause"),
        }
        // The system has put the next warning off by a second.
        self.limit();
    }

    /// The plan whose bundle the parent has sent along; this process conducts itself by it from now on.
    /// None where it cannot be read: the parent is told that the one before goes on.
    ///
    /// # Errors
    /// When the parent cannot be told.
    pub(super) fn next_plan(
        &mut self,
        channel: &Channel,
        descriptors: Vec<OwnedFd>,
    ) -> io::Result<Option<Plan>> {
        let bundle = descriptors.into_iter().next();
        let read = || config::receive(bundle.ok_or(io::ErrorKind::InvalidData)?);
        match self.patiently(read) {
            Ok(plan) => {
                self.follow(&plan);
                Ok(Some(plan))
            }
            Err(error) => {
                error!("Reload failed: {error}");
                control::send(channel, &Report::Kept, &[])?;
                Ok(None)
            }
        }
    }

    /// Gives back memory that is not needed now, unless this process is to have it at hand.
    pub(super) fn give_back(&self) {
        if self.priority == 0 && !self.now.no_swap {
            sys::memory::give_back();
        }
    }

    /// Does what may take long and is no reason to be killed.
    fn patiently<T>(&self, work: impl FnOnce() -> T) -> T {
        let limited = self.priority > 0;
        if limited {
            self.complain("real-time work stays limited", schedule::lift_run_limit());
        }
        let done = work();
        if limited {
            self.limit();
        }
        done
    }

    const fn word(&self) -> &'static str {
        match self.kind {
            Kind::Vrrp => "vrrp",
            Kind::Checkers => "checker",
            Kind::Bfd => "bfd",
        }
    }

    fn complain(&self, what: &str, result: io::Result<()>) {
        if let Err(error) = result {
            warn!("{}: {what}: {error}", self.kind.name());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_late_rises_step_by_step() {
        // Scheduling belongs to a thread; this one's ends with it.
        std::thread::spawn(|| {
            let mut conduct = Conduct {
                kind: Kind::Vrrp,
                umask: None,
                now: Scheduling {
                    most: 2,
                    run_limit: Some(8_000_000),
                    ..Scheduling::default()
                },
                priority: 0,
            };
            conduct.late(Duration::from_millis(999));
            assert_eq!(conduct.priority, 0);
            if schedule::set_round_robin(1).is_err() {
                println!("skipped: real-time priorities are not permitted here");
                return;
            }
            for expected in [1, 2, 2] {
                conduct.late(Duration::from_secs(1));
                assert_eq!(conduct.priority, expected);
                let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("own");
                // Fields are counted from behind the name, which is the second (proc(5)).
                let rest = stat.rsplit(") ").next().unwrap_or_default();
                let priority = rest.split(' ').nth(37);
                assert_eq!(priority, Some(&expected.to_string()[..]), "{stat}");
            }
            schedule::set_usual_policy().expect("back");
            schedule::lift_run_limit().expect("back");
        })
        .join()
        .expect("thread");
    }
}
