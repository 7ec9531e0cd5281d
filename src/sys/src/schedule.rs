//! When this process runs, on which CPUs, and whether its memory can be swapped out.
//!
//! Invariants: a real-time policy is never inherited by a child (`SCHED_RESET_ON_FORK` of
//! sched(7)); programs that are executed get the usual nice value and limit back
//! ([`crate::exec::spawn`]), once [`remember`] was called.

use std::io;
use std::sync::OnceLock;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::mman::{MlockAllFlags, mlockall, munlockall};
use nix::unistd::Pid;

/// What a process had before anything was changed.
#[derive(Clone, Copy, Debug)]
pub struct Usual {
    nice: i32,
    cpus: Option<CpuSet>,
    limit: libc::rlimit,
}

static USUAL: OnceLock<Usual> = OnceLock::new();

/// Notes what is usual, the first time; gives what was noted then. A child that is forked later
/// has the same.
pub fn remember() -> Usual {
    *USUAL.get_or_init(|| Usual {
        // SAFETY: no pointers; on Linux PRIO_PROCESS with 0 is the calling thread. An error would
        // be a nice value of -1, which is harmless to note: it cannot occur for oneself.
        nice: unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) },
        cpus: sched_getaffinity(Pid::from_raw(0)).ok(),
        limit: run_limit(),
    })
}

/// What was noted, if anything was.
pub(crate) fn remembered() -> Option<Usual> {
    USUAL.get().copied()
}

impl Usual {
    /// Nice value and limit as they were. Async-signal-safe; errors are ignored, since the caller
    /// may lack the right to go back.
    pub(crate) fn restore(self) {
        let _ = set_nice(self.nice);
        let _ = self.lift_limit();
    }

    /// The usual limit; who lacks the right to go back there gets the most that is left.
    fn lift_limit(self) -> io::Result<()> {
        set_limit(self.limit).or_else(|_| {
            let left = run_limit().rlim_max;
            set_limit(libc::rlimit {
                rlim_cur: left,
                rlim_max: left,
            })
        })
    }
}

/// The usual nice value.
///
/// # Errors
/// `EACCES` when it would rise without the right to.
pub fn usual_nice() -> io::Result<()> {
    set_nice(remember().nice)
}

/// Sets the nice value.
///
/// # Errors
/// `EACCES` when it would rise without the right to.
pub fn set_nice(nice: i32) -> io::Result<()> {
    crate::limits::set_priority(nice)
}

/// Real-time scheduling, round robin, with this priority (1 to 99).
///
/// # Errors
/// `EPERM` without the right to.
pub fn set_round_robin(priority: u8) -> io::Result<()> {
    let policy = libc::SCHED_RR | libc::SCHED_RESET_ON_FORK;
    set_policy(policy, priority.into())
}

/// The usual scheduling.
///
/// # Errors
/// What `sched_setscheduler` reports.
pub fn set_usual_policy() -> io::Result<()> {
    set_policy(libc::SCHED_OTHER, 0)
}

fn set_policy(policy: i32, priority: i32) -> io::Result<()> {
    // SAFETY: plain integers, for which all zeros is valid; some C libraries have more of them
    // than the priority.
    let mut parameter: libc::sched_param = unsafe { std::mem::zeroed() };
    parameter.sched_priority = priority;
    // SAFETY: `parameter` is readable over the call; 0 is the calling thread.
    done(unsafe { libc::sched_setscheduler(0, policy, &raw const parameter) })
}

/// How long, in microseconds, real-time work may go on without a pause: after `soft` SIGXCPU,
/// after `hard` SIGKILL (`RLIMIT_RTTIME` of getrlimit(2)), which stays as it is if not given.
///
/// # Errors
/// `EPERM` when the hard one would rise without the right to.
pub fn set_run_limit(soft: u64, hard: Option<u64>) -> io::Result<()> {
    let hard = hard.unwrap_or_else(|| run_limit().rlim_max);
    set_limit(libc::rlimit {
        rlim_cur: soft.min(hard),
        rlim_max: hard,
    })
}

/// The usual limit; who lacks the right to go back there gets the most that is left.
///
/// # Errors
/// What `setrlimit` reports.
pub fn lift_run_limit() -> io::Result<()> {
    remember().lift_limit()
}

fn run_limit() -> libc::rlimit {
    let mut limit = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: `limit` is writable over the call; if it fails, there is none.
    unsafe { libc::getrlimit(libc::RLIMIT_RTTIME, &raw mut limit) };
    limit
}

fn set_limit(limit: libc::rlimit) -> io::Result<()> {
    // SAFETY: `limit` is readable over the call.
    done(unsafe { libc::setrlimit(libc::RLIMIT_RTTIME, &raw const limit) })
}

/// Runs on these CPUs alone.
///
/// # Errors
/// `EINVAL` when this host has none of them.
pub fn set_cpus(cpus: &[u32]) -> io::Result<()> {
    let mut set = CpuSet::new();
    for cpu in cpus {
        // One that is beyond what the set has room for does not exist.
        let _ = set.set(*cpu as usize);
    }
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

/// Runs where it did.
///
/// # Errors
/// What `sched_setaffinity` reports.
pub fn usual_cpus() -> io::Result<()> {
    match remember().cpus {
        Some(cpus) => Ok(sched_setaffinity(Pid::from_raw(0), &cpus)?),
        None => Ok(()),
    }
}

/// Keeps all memory, also what is asked for later, from being swapped out; or no longer.
///
/// # Errors
/// `EPERM` or `ENOMEM` when more is needed than may be locked.
pub fn lock_memory(lock: bool) -> io::Result<()> {
    match lock {
        true => mlockall(MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE)?,
        false => munlockall()?,
    }
    Ok(())
}

fn done(code: i32) -> io::Result<()> {
    if code < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_can_be_bound_to_a_cpu_that_it_may_use() {
        std::thread::spawn(|| {
            let usual = remember();
            let may = |cpu: &u32| {
                usual
                    .cpus
                    .is_some_and(|set| set.is_set(*cpu as usize) == Ok(true))
            };
            let one = (0..1024).find(may).expect("a CPU");
            set_cpus(&[one, 70_000]).expect("allowed");
            let now = sched_getaffinity(Pid::from_raw(0)).expect("own");
            let count = (0..1024).filter(|cpu| now.is_set(*cpu) == Ok(true)).count();
            assert_eq!(count, 1);
            usual_cpus().expect("back");
            assert_eq!(sched_getaffinity(Pid::from_raw(0)).ok(), usual.cpus);
            assert!(set_cpus(&[70_000]).is_err());
        })
        .join()
        .expect("thread");
    }
}
