//! One deadline per slot, soonest first.
//!
//! A binary heap that knows where each slot stands, so that a deadline is set, moved or taken
//! away in O(log n) without allocating and without leaving stale entries behind.
//! Equal deadlines come in slot order, so that a run can be repeated.

use base::Instant;

const ABSENT: usize = usize::MAX;

/// Deadlines of a fixed number of slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    /// (deadline, slot), heap-ordered.
    heap: Vec<(Instant, usize)>,
    /// Where in `heap` each slot stands, or `ABSENT`.
    place: Vec<usize>,
}

impl Timers {
    pub(crate) fn new(slots: usize) -> Self {
        Self {
            heap: Vec::with_capacity(slots),
            place: vec![ABSENT; slots],
        }
    }

    /// The soonest deadline and its slot.
    pub(crate) fn first(&self) -> Option<(Instant, usize)> {
        self.heap.first().copied()
    }

    /// The deadline of `slot`.
    pub(crate) fn get(&self, slot: usize) -> Option<Instant> {
        let at = *self.place.get(slot)?;
        Some(self.heap.get(at)?.0)
    }

    /// Sets, moves or (with `None`) takes away the deadline of `slot`.
    pub(crate) fn set(&mut self, slot: usize, due: Option<Instant>) {
        match (self.place[slot], due) {
            (ABSENT, None) => {}
            (ABSENT, Some(due)) => {
                self.heap.push((due, slot));
                self.rise(self.heap.len() - 1);
            }
            (at, Some(due)) => {
                self.heap[at].0 = due;
                self.rise(at);
                self.sink(self.place[slot]);
            }
            (at, None) => {
                self.heap.swap_remove(at);
                self.place[slot] = ABSENT;
                if at < self.heap.len() {
                    let moved = self.heap[at].1;
                    self.rise(at);
                    self.sink(self.place[moved]);
                }
            }
        }
    }

    fn rise(&mut self, mut at: usize) {
        while at > 0 && self.heap[at] < self.heap[(at - 1) / 2] {
            self.heap.swap(at, (at - 1) / 2);
            self.place[self.heap[at].1] = at;
            at = (at - 1) / 2;
        }
        self.place[self.heap[at].1] = at;
    }

    fn sink(&mut self, mut at: usize) {
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let mut least = at;
            if left < self.heap.len() && self.heap[left] < self.heap[least] {
                least = left;
            }
            if right < self.heap.len() && self.heap[right] < self.heap[least] {
                least = right;
            }
            if least == at {
                break;
            }
            self.heap.swap(at, least);
            self.place[self.heap[at].1] = at;
            at = least;
        }
        self.place[self.heap[at].1] = at;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against the obvious model: a map that is scanned.
        #[test]
        fn soonest_first(moves in prop::collection::vec(
            (0..12_usize, prop::option::of(0..50_u64)), 0..200,
        )) {
            let mut timers = Timers::new(12);
            let mut model = BTreeMap::new();
            for (slot, due) in moves {
                let due = due.map(Instant::from_micros);
                timers.set(slot, due);
                match due {
                    Some(due) => model.insert(slot, due),
                    None => model.remove(&slot),
                };
                let wanted = model.iter().map(|(&slot, &due)| (due, slot)).min();
                prop_assert_eq!(timers.first(), wanted);
                prop_assert_eq!(timers.get(slot), model.get(&slot).copied());
            }
        }
    }
}
