//! From single probes to outages.
//!
//! Pure. A probe is decided when it was answered or is too old; probes are looked at in the order
//! they were sent, so an outage lasts from the sending of the first lost probe to the sending of
//! the first answered one. Nothing counts before the first answer.

use std::collections::VecDeque;

/// A change that the probes show; times are microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Began { at_us: u64 },
    Ended { at_us: u64, lasted_us: u64 },
}

/// The probes of one target.
#[derive(Debug)]
pub(super) struct Tally {
    patience_us: u64,
    sent: VecDeque<Probe>,
    ever_answered: bool,
    out_since: Option<u64>,
}

#[derive(Debug)]
struct Probe {
    number: u64,
    sent_us: u64,
    answered: Option<bool>,
}

impl Tally {
    /// A probe counts as lost after `patience_us` without an answer.
    pub(super) fn new(patience_us: u64) -> Self {
        Self {
            patience_us,
            sent: VecDeque::new(),
            ever_answered: false,
            out_since: None,
        }
    }

    /// A probe was sent. Numbers ascend.
    pub(super) fn sent(&mut self, number: u64, sent_us: u64) {
        self.sent.push_back(Probe {
            number,
            sent_us,
            answered: None,
        });
    }

    /// A probe was answered, or refused.
    pub(super) fn decided(&mut self, number: u64, answered: bool) {
        if let Ok(at) = self
            .sent
            .binary_search_by_key(&number, |probe| probe.number)
        {
            self.sent[at].answered.get_or_insert(answered);
        }
    }

    /// What the probes decided by now show.
    pub(super) fn changes(&mut self, now_us: u64) -> Vec<Change> {
        let mut changes = Vec::new();
        while let Some(first) = self.sent.front() {
            let old = now_us.saturating_sub(first.sent_us) >= self.patience_us;
            let Some(answered) = first.answered.or(old.then_some(false)) else {
                break;
            };
            let at_us = first.sent_us;
            self.sent.pop_front();
            match (answered, self.out_since) {
                (true, Some(since)) => {
                    self.out_since = None;
                    changes.push(Change::Ended {
                        at_us,
                        lasted_us: at_us.saturating_sub(since),
                    });
                }
                (true, None) => self.ever_answered = true,
                (false, None) if self.ever_answered => {
                    self.out_since = Some(at_us);
                    changes.push(Change::Began { at_us });
                }
                (false, _) => {}
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_lasts_from_the_first_lost_to_the_first_answered() {
        let mut tally = Tally::new(100);
        for number in 0..6 {
            tally.sent(number, number * 10);
        }
        tally.decided(0, true);
        tally.decided(4, true);
        assert_eq!(tally.changes(60), []);
        assert_eq!(tally.changes(109), []);
        assert_eq!(tally.changes(110), [Change::Began { at_us: 10 }]);
        assert_eq!(
            tally.changes(130),
            [Change::Ended {
                at_us: 40,
                lasted_us: 30
            }]
        );
    }

    #[test]
    fn nothing_counts_before_the_first_answer() {
        let mut tally = Tally::new(100);
        tally.sent(0, 0);
        tally.sent(1, 10);
        tally.decided(0, false);
        tally.decided(1, true);
        assert_eq!(tally.changes(1000), []);
    }

    #[test]
    fn a_late_answer_does_not_undo_a_refusal() {
        let mut tally = Tally::new(100);
        tally.sent(0, 0);
        tally.sent(1, 10);
        tally.decided(0, true);
        tally.decided(1, false);
        tally.decided(1, true);
        assert_eq!(tally.changes(20), [Change::Began { at_us: 10 }]);
    }
}
