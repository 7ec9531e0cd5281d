//! What running processes cost.

use std::fs;
use std::time::Duration;

use nix::unistd::Pid;

use super::stage::told;

/// CPU time of all threads of a process so far.
pub(super) fn cpu(pid: Pid) -> Result<Duration, String> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).map_err(told("its threads"))?;
    let mut nanos = 0;
    for task in tasks.flatten() {
        let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let own = text
            .split_whitespace()
            .next()
            .and_then(|it| it.parse().ok());
        nanos += own.unwrap_or(0_u64);
    }
    Ok(Duration::from_nanos(nanos))
}

/// How long after its start a daemon is at rest: addresses are announced again after five seconds, and
/// what only that needed may be given back.
const REST: Duration = Duration::from_secs(15);

/// Proportional share of memory of a process and all below it once they are at rest, in KiB.
pub(super) fn memory(pid: Pid) -> Result<u64, String> {
    std::thread::sleep(REST);
    share(pid)
}

fn share(pid: Pid) -> Result<u64, String> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = fs::read_to_string(path).map_err(told("its memory"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let own = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    let mut sum = own.ok_or("no Pss in smaps_rollup")?;
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    for child in children.unwrap_or_default().split_whitespace() {
        let child = child.parse().map_err(told("its children"))?;
        sum += share(Pid::from_raw(child))?;
    }
    Ok(sum)
}
