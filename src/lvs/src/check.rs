//! One checker: when it runs, and what its runs amount to.
//!
//! `keepalived.conf(5)` and `spec/keepalived-behaviour.md` section 6: the first failure ever marks
//! down without a retry; later failures are retried `retry` times, `delay_before_retry` apart;
//! one success marks up.

use base::Instant;

use crate::config::{Check, Probe};
use crate::effect::{ProbeId, Verdict};
use crate::snapshot::CheckRecord;

/// A configured check and its state.
#[derive(Clone, Debug)]
pub(crate) struct CheckRun {
    pub(crate) config: Check,
    pub(crate) up: bool,
    has_run: bool,
    /// Retries used since the last success.
    failures: u32,
    pub(crate) phase: Phase,
}

/// What the checker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Waits until then.
    Waiting { at: Instant },
    /// The probe is on its way.
    Probing { probe: ProbeId },
}

/// What a verdict changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing to tell.
    Unchanged,
    /// Nothing learnt.
    NotRun(String),
    /// Passed after having failed, or for the first time.
    Passed,
    /// Failed for good.
    Failed {
        retries: Option<u32>,
        reason: String,
    },
}

impl CheckRun {
    pub(crate) const fn new(config: Check, up: bool, first: Instant) -> Self {
        Self {
            config,
            up,
            has_run: false,
            failures: 0,
            phase: Phase::Waiting { at: first },
        }
    }

    /// The check that another process has left.
    pub(crate) fn resumed(config: Check, left: &CheckRecord, now: Instant) -> Self {
        Self {
            config,
            up: left.up,
            has_run: left.has_run,
            failures: left.failures,
            phase: Phase::Waiting {
                at: left.next.unwrap_or(now),
            },
        }
    }

    /// For [`Self::resumed`].
    pub(crate) const fn record(&self) -> CheckRecord {
        CheckRecord {
            up: self.up,
            has_run: self.has_run,
            failures: self.failures,
            next: match self.phase {
                Phase::Waiting { at } => Some(at),
                Phase::Probing { .. } => None,
            },
        }
    }

    /// The same check after a reload: state and schedule stay, but it waits no longer than the
    /// new gap.
    pub(crate) fn reconfigured(mut self, config: Check, now: Instant) -> Self {
        if let Phase::Waiting { at } = self.phase {
            let latest = now + config.delay_loop.max(config.warmup);
            self.phase = Phase::Waiting { at: at.min(latest) };
        }
        self.config = config;
        self
    }

    /// Runs at once if it follows this session.
    pub(crate) fn hurry(&mut self, now: Instant, session: &str) {
        if let (Probe::Session { name }, Phase::Waiting { .. }) = (&self.config.probe, self.phase)
            && name == session
        {
            self.phase = Phase::Waiting { at: now };
        }
    }

    /// Takes the result of a run and plans the next.
    pub(crate) fn conclude(&mut self, now: Instant, verdict: Verdict) -> Outcome {
        let news = self.up || !self.has_run;
        let mut delay = self.config.delay_loop;
        let outcome = match verdict {
            Verdict::Up => {
                let outcome = if self.up && self.has_run {
                    Outcome::Unchanged
                } else {
                    Outcome::Passed
                };
                self.up = true;
                self.failures = 0;
                outcome
            }
            Verdict::NotRun(reason) => {
                self.phase = Phase::Waiting { at: now + delay };
                return Outcome::NotRun(reason);
            }
            Verdict::Down(_) if !news => Outcome::Unchanged,
            Verdict::Down(_) if self.has_run && self.failures < self.config.retry => {
                self.failures += 1;
                delay = self.config.delay_before_retry;
                Outcome::Unchanged
            }
            Verdict::Down(reason) => {
                self.up = false;
                self.failures = 0;
                Outcome::Failed {
                    retries: (self.has_run && self.config.retry > 0).then_some(self.config.retry),
                    reason,
                }
            }
        };
        self.has_run = true;
        self.phase = Phase::Waiting { at: now + delay };
        outcome
    }
}
