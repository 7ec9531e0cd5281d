//! Tracking scripts: when they run and what their exits amount to.
//!
//! Invariants: runs are scheduled from start to start and never overlap; the first run decides
//! alone, later it takes `rise` successes or `fall` failures in a row.
//! Deliberately unknown here: the command, its process.

use base::Instant;

use crate::config;
use crate::input::ScriptOutcome;

/// What a script's exits amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// No run has ended yet.
    Unknown,
    /// Good, after so many failures in a row.
    Good { failures: u32 },
    /// Bad, after so many successes in a row.
    Bad { successes: u32 },
}

impl Verdict {
    /// `None` while unknown.
    pub(crate) const fn good(self) -> Option<bool> {
        match self {
            Self::Unknown => None,
            Self::Good { .. } => Some(true),
            Self::Bad { .. } => Some(false),
        }
    }
}

impl Verdict {
    /// See [`crate::ScriptStatus::result`]. Unknown is as bad as one success would help.
    pub(crate) const fn result(self, config: &config::Script) -> u32 {
        let best = config.rise.saturating_add(config.fall).saturating_sub(1);
        match self {
            Self::Unknown => config.rise.saturating_sub(1),
            Self::Good { failures } => best.saturating_sub(failures),
            Self::Bad { successes } => successes,
        }
    }
}

/// The running side of one `vrrp_script`.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) verdict: Verdict,
    pub(crate) running: bool,
    /// The run that goes on has been judged: it takes too long.
    pub(crate) overdue: bool,
    /// When the next run is due.
    pub(crate) due: Instant,
}

impl Script {
    /// A script that never ran, due at once.
    pub(crate) const fn new(now: Instant) -> Self {
        Self {
            verdict: Verdict::Unknown,
            running: false,
            overdue: false,
            due: now,
        }
    }

    /// Takes the end of a run; true when the verdict changed.
    pub(crate) fn judge(&mut self, config: &config::Script, success: bool) -> bool {
        let before = self.verdict.good();
        self.verdict = match (self.verdict, success) {
            (Verdict::Unknown | Verdict::Good { .. }, true) => Verdict::Good { failures: 0 },
            (Verdict::Unknown | Verdict::Bad { .. }, false) => Verdict::Bad { successes: 0 },
            (Verdict::Good { failures }, false) if failures + 1 >= config.fall => {
                Verdict::Bad { successes: 0 }
            }
            (Verdict::Good { failures }, false) => Verdict::Good {
                failures: failures + 1,
            },
            (Verdict::Bad { successes }, true) if successes + 1 >= config.rise => {
                Verdict::Good { failures: 0 }
            }
            (Verdict::Bad { successes }, true) => Verdict::Bad {
                successes: successes + 1,
            },
        };
        self.verdict.good() != before
    }
}

impl ScriptOutcome {
    /// What a run that had to be killed is called.
    pub const TIMED_OUT: &str = "timed_out";

    /// Whether the run counts as a success.
    #[must_use]
    pub const fn success(&self) -> bool {
        matches!(self, Self::Exited(0))
    }

    /// In words for a log line.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Exited(status) => format!("exited with status {status}"),
            Self::Signaled(signal) => format!("due to signal {signal}"),
            Self::TimedOut | Self::Overdue => Self::TIMED_OUT.to_owned(),
            Self::NotStarted(reason) => format!("could not be started: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    fn rules(rise: u32, fall: u32) -> config::Script {
        config::Script {
            name: "chk".into(),
            identity: "chk".into(),
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            rise,
            fall,
        }
    }

    /// The verdict after each run: '+' good, '-' bad.
    fn verdicts(rules: &config::Script, runs: &str) -> String {
        let mut script = Script::new(Instant::ZERO);
        let after = |run: char| {
            script.judge(rules, run == '.');
            match script.verdict.good() {
                None => '?',
                Some(true) => '+',
                Some(false) => '-',
            }
        };
        runs.chars().map(after).collect()
    }

    #[test]
    fn first_run_decides_alone() {
        assert_eq!(verdicts(&rules(3, 3), "."), "+");
        assert_eq!(verdicts(&rules(3, 3), "x"), "-");
    }

    #[test]
    fn the_result_is_as_far_as_it_has_come() {
        let rules = rules(2, 3);
        let mut script = Script::new(Instant::ZERO);
        assert_eq!(script.verdict.result(&rules), 1);
        let after = |success| {
            script.judge(&rules, success);
            script.verdict.result(&rules)
        };
        let runs = [true, false, false, false, true, false, true, true];
        assert_eq!(runs.map(after), [4, 3, 2, 0, 1, 0, 1, 4]);
    }

    #[test]
    fn rise_and_fall_count_in_a_row() {
        assert_eq!(verdicts(&rules(2, 3), ".xx.xxx"), "++++++-");
        assert_eq!(verdicts(&rules(2, 3), "x.x..x"), "----++");
        assert_eq!(verdicts(&rules(1, 1), ".x.x"), "+-+-");
    }
}
