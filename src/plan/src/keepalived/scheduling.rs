//! Priority, CPUs and memory of the child processes.
//!
//! Invariants: what was not written is as the system gives it; nothing here knows what the host
//! allows.

use core::time::Duration;

use grammar::ast::global::{Child, Processes};

/// Of each child.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedulings {
    /// `vrrp_…`
    pub vrrp: Scheduling,
    /// `checker_…`
    pub checkers: Scheduling,
    /// `bfd_…`
    pub bfd: Scheduling,
}

/// How one process gets its time and its memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduling {
    /// `…_priority`: nice value.
    pub nice: Option<i8>,
    /// `…_rt_priority`: 1 to 99, round robin; the nice value does not count then.
    pub real_time: Option<u8>,
    /// `…_rlimit_rttime`: microseconds.
    pub run_limit: Option<u32>,
    /// `…_cpu_affinity`: the CPUs to run on; any if empty.
    pub cpus: Vec<u32>,
    /// `…_no_swap`: its memory stays in memory.
    pub no_swap: bool,
    /// `max_auto_priority`: up to here it raises itself when it is late; 0 is never.
    pub most: u8,
    /// `min_auto_priority_delay`: how late that is.
    pub late: Duration,
}

/// Default of `min_auto_priority_delay`.
const LATE: Duration = Duration::from_secs(1);

impl Default for Scheduling {
    fn default() -> Self {
        Self::of(&Processes::default(), &Child::default())
    }
}

impl Schedulings {
    pub(super) fn of(processes: &Processes) -> Self {
        let of = |child| Scheduling::of(processes, child);
        Self {
            vrrp: of(&processes.vrrp),
            checkers: of(&processes.checker),
            bfd: of(&processes.bfd),
        }
    }
}

impl Scheduling {
    fn of(processes: &Processes, child: &Child) -> Self {
        let most = processes.max_auto_priority.as_ref();
        let late = processes.min_auto_priority_delay.as_ref();
        Self {
            nice: child.nice.as_ref().map(|it| it.value),
            real_time: child.rt_priority.as_ref().map(|it| it.value),
            run_limit: child.rlimit_rttime.as_ref().map(|it| it.value),
            cpus: child.cpu_affinity.iter().map(|it| it.value).collect(),
            no_swap: child.no_swap,
            // -1 is never, too.
            most: most.map_or(0, |it| u8::try_from(it.value).unwrap_or(0)),
            late: late.map_or(LATE, |it| Duration::from_micros(it.value.into())),
        }
    }
}
