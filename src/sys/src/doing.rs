//! What the kernel says that a process is doing (proc(5), /proc/PID/stat).
//!
//! Invariant: pure but for reading that one file; what does not look as documented is an error.

use core::time::Duration;
use std::io;

/// Scheduling state and processor time of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doing {
    /// What it is at.
    pub state: State,
    /// Processor time that its threads have used so far; in steps of 10 ms on usual kernels.
    pub used: Duration,
}

/// Field 3 of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// `R`: it runs, or would if it got a processor.
    Runnable,
    /// `D`: it is in a system call that cannot be interrupted.
    Uninterruptible,
    /// It sleeps, is stopped, traced or dead.
    Other,
}

impl Doing {
    /// What process `pid` is doing now.
    ///
    /// # Errors
    /// When the file cannot be read (no such process) or does not look as documented.
    pub fn of(pid: i32) -> io::Result<Self> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        parse(&text).ok_or_else(|| io::Error::other("/proc/PID/stat is not as documented"))
    }
}

fn parse(text: &str) -> Option<Doing> {
    // The name, in parentheses, may have spaces and parentheses in it.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = match fields.next()? {
        "R" => State::Runnable,
        "D" => State::Uninterruptible,
        _ => State::Other,
    };
    // Fields 14 and 15; 3 is behind us.
    let user: u64 = fields.nth(10)?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK);
    let each = u64::try_from(ticks.ok()??).ok()?.max(1);
    let micros = user.checked_add(system)?.checked_mul(1_000_000)? / each;
    let used = Duration::from_micros(micros);
    Some(Doing { state, used })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_fields() {
        let line = |name: &str, state: &str| {
            format!("7 ({name}) {state} 1 7 7 0 -1 4194304 90 0 0 0 150 25 0 0 20 0 1 0 33")
        };
        for name in ["keepalived", "a) S 1 (b", ""] {
            let state = State::Runnable;
            let used = Duration::from_millis(1750);
            assert_eq!(parse(&line(name, "R")), Some(Doing { state, used }));
        }
        let state = |letter| parse(&line("it", letter)).map(|doing| doing.state);
        assert_eq!(state("D"), Some(State::Uninterruptible));
        assert_eq!(state("T"), Some(State::Other));
        for cut in 0..line("it", "R").len() - 20 {
            let _ = parse(&line("it", "R")[..cut]);
        }
        assert_eq!(parse("7 it R 1"), None);
    }

    #[test]
    fn this_one_runs() {
        let own = i32::try_from(std::process::id()).expect("a pid");
        let before = Doing::of(own).expect("proc");
        let mut sum = 0_u64;
        while Doing::of(own).expect("proc").used == before.used {
            sum = sum.wrapping_mul(31).wrapping_add(7);
        }
        assert!(std::hint::black_box(sum) != 1);
        assert!(Doing::of(0).is_err());
    }
}
