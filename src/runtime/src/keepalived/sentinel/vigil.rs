//! When a sentinel acts.
//!
//! Invariants: it gives up the masters at most once, and only when the parent and the VRRP process
//! are both dead; whoever was dismissed does nothing any more; a new daemon that waits is let go on
//! only after that. Pure: it knows neither processes nor addresses.

use base::{Duration, Instant};

/// What happens to those who are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// There is another VRRP process.
    ChildStarted,
    /// It has ended.
    ChildEnded,
    /// The parent has ended.
    ParentEnded,
    /// The parent ends in order, or needs nobody any more.
    Dismissed,
    /// It may be time for something.
    Tick,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Kill the VRRP process.
    Kill,
    /// Priority 0 for what was master, and take off what it had.
    GiveUp,
    /// Let a new daemon go on that has come meanwhile, and end.
    End,
}

/// The watch over one daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vigil {
    parent: bool,
    child: bool,
    /// How long a VRRP process may take that ends in order, as it does when its parent dies.
    patience: Duration,
    kill_at: Option<Instant>,
    over: bool,
}

impl Vigil {
    pub(super) const fn new(patience: Duration) -> Self {
        Self {
            parent: true,
            child: false,
            patience,
            kill_at: None,
            over: false,
        }
    }

    /// When [`Input::Tick`] is due.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.kill_at
    }

    /// What follows from `input`.
    pub(super) fn handle(&mut self, now: Instant, input: Input) -> Vec<Effect> {
        if self.over {
            return Vec::new();
        }
        match input {
            Input::ChildStarted => self.child = true,
            Input::ChildEnded => self.child = false,
            Input::ParentEnded => {
                self.parent = false;
                self.kill_at = self.child.then(|| now + self.patience);
            }
            Input::Dismissed => {
                self.over = true;
                return vec![Effect::End];
            }
            Input::Tick => {
                if self.kill_at.is_some_and(|at| at <= now) {
                    // Its end is told, too.
                    self.kill_at = None;
                    return vec![Effect::Kill];
                }
            }
        }
        if self.parent || self.child {
            return Vec::new();
        }
        self.over = true;
        self.kill_at = None;
        vec![Effect::GiveUp, Effect::End]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Effect::{End, GiveUp, Kill};
    use Input::{ChildEnded, ChildStarted, Dismissed, ParentEnded, Tick};

    const PATIENCE: Duration = Duration::from_secs(5);

    /// Inputs with their second, and everything that follows from each.
    type Course<'a> = &'a [(u64, Input, &'a [Effect])];

    #[test]
    fn every_course() {
        let courses: [Course<'_>; 9] = [
            // Everybody is killed, in either order.
            &[
                (0, ChildStarted, &[]),
                (1, ChildEnded, &[]),
                (1, ParentEnded, &[GiveUp, End]),
                (2, Dismissed, &[]),
            ],
            &[
                (0, ChildStarted, &[]),
                (1, ParentEnded, &[]),
                (1, ChildEnded, &[GiveUp, End]),
                (9, Tick, &[]),
            ],
            // There was no VRRP process at that moment.
            &[(1, ParentEnded, &[GiveUp, End])],
            // A VRRP process that ends in order has its time; what it left is given up.
            &[
                (0, ChildStarted, &[]),
                (1, ParentEnded, &[]),
                (5, Tick, &[]),
                (6, Tick, &[Kill]),
                (6, Tick, &[]),
                (6, ChildEnded, &[GiveUp, End]),
            ],
            // One that dies alone is the parent's business, and so is the next one.
            &[
                (0, ChildStarted, &[]),
                (1, ChildEnded, &[]),
                (2, ChildStarted, &[]),
                (9, Tick, &[]),
                (10, ChildEnded, &[]),
            ],
            // Who is dismissed does nothing, whatever happens then.
            &[
                (0, ChildStarted, &[]),
                (1, Dismissed, &[End]),
                (2, ChildEnded, &[]),
                (2, ParentEnded, &[]),
                (9, Tick, &[]),
            ],
            &[(0, Dismissed, &[End]), (1, ParentEnded, &[])],
            // Dismissed while a child still leaves.
            &[
                (0, ChildStarted, &[]),
                (1, ParentEnded, &[]),
                (2, Dismissed, &[End]),
                (3, ChildEnded, &[]),
            ],
            // Once is enough.
            &[
                (1, ParentEnded, &[GiveUp, End]),
                (2, ParentEnded, &[]),
                (3, ChildEnded, &[]),
            ],
        ];
        for course in courses {
            let mut vigil = Vigil::new(PATIENCE);
            for (second, input, expected) in course {
                let now = Instant::from_millis(second * 1000);
                assert_eq!(vigil.handle(now, *input), *expected, "{second} {course:?}");
            }
        }
    }

    #[test]
    fn it_wakes_up_for_a_child_that_does_not_end() {
        let mut vigil = Vigil::new(PATIENCE);
        assert_eq!(vigil.deadline(), None);
        let _ = vigil.handle(Instant::from_millis(1000), ChildStarted);
        assert_eq!(vigil.deadline(), None);
        let _ = vigil.handle(Instant::from_millis(2000), ParentEnded);
        assert_eq!(vigil.deadline(), Some(Instant::from_millis(7000)));
        let _ = vigil.handle(Instant::from_millis(3000), ChildEnded);
        assert_eq!(vigil.deadline(), None);
    }
}
