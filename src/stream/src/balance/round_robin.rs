//! Smooth weighted round robin: weights 5, 1, 1 give a a b a c a a.
//!
//! A peer that failed competes with a lower effective weight, which grows back by one with every
//! round it takes part in.

use super::{PoolState, Selection};

impl PoolState {
    /// Round robin among the primaries, then among the backups.
    pub(super) fn round_robin_with_backups(
        &mut self,
        selection: &mut Selection,
        now: u64,
    ) -> Option<usize> {
        if let Some(picked) = self.round_robin(selection, now) {
            return Some(picked);
        }
        if !self.enter_backups(selection) {
            return None;
        }
        self.round_robin(selection, now)
    }

    /// Moves the session on to the backups; false when there are none or it is there already.
    pub(super) fn enter_backups(&self, selection: &mut Selection) -> bool {
        if selection.on_backups || self.layout.backup.peers.is_empty() {
            return false;
        }
        selection.on_backups = true;
        selection.tried.clear();
        true
    }

    fn round_robin(&mut self, selection: &Selection, now: u64) -> Option<usize> {
        if self.layout.single() {
            let only = self.layout.primary.peers[0];
            return (!self.layout.pool.peers[only].down && !self.full(only)).then_some(only);
        }
        let layout = self.layout.clone();
        let tier = if selection.on_backups {
            &layout.backup
        } else {
            &layout.primary
        };
        self.smooth(tier.peers.iter().copied(), |pool, ix| {
            pool.usable(ix, selection, now)
        })
    }

    /// One round among those of `candidates` that `usable` lets through; the first of the highest
    /// wins.
    pub(super) fn smooth(
        &mut self,
        candidates: impl Iterator<Item = usize>,
        usable: impl Fn(&Self, usize) -> bool,
    ) -> Option<usize> {
        let mut total = 0;
        let mut best: Option<usize> = None;
        for ix in candidates {
            if !usable(self, ix) {
                continue;
            }
            total += self.gain(ix);
            if best.is_none_or(|b| self.peers[ix].current_weight > self.peers[b].current_weight) {
                best = Some(ix);
            }
        }
        self.peers[best?].current_weight -= total;
        best
    }

    /// Lets a peer take part in a round: it gains its effective weight, which is returned, and
    /// recovers a step.
    pub(super) fn gain(&mut self, ix: usize) -> i64 {
        let weight = i64::from(self.layout.pool.peers[ix].weight);
        let state = &mut self.peers[ix];
        let gained = state.effective_weight;
        state.current_weight += gained;
        if state.effective_weight < weight {
            state.effective_weight += 1;
        }
        gained
    }
}
