//! `least_conn`: the peer with the fewest connections for its weight; ties go round robin.

use super::{PoolState, Selection};

impl PoolState {
    pub(super) fn pick_least_conn(&mut self, selection: &mut Selection, now: u64) -> Option<usize> {
        if self.layout.single() {
            return self.round_robin_with_backups(selection, now);
        }
        if let Some(picked) = self.least_conn(selection, now) {
            return Some(picked);
        }
        if !self.enter_backups(selection) {
            return None;
        }
        self.least_conn(selection, now)
    }

    fn least_conn(&mut self, selection: &Selection, now: u64) -> Option<usize> {
        let layout = self.layout.clone();
        let tier = if selection.on_backups {
            &layout.backup
        } else {
            &layout.primary
        };
        let usable: Vec<usize> = tier
            .peers
            .iter()
            .copied()
            .filter(|&ix| self.usable(ix, selection, now))
            .collect();
        let mut least = *usable.first()?;
        let mut ties = false;
        for &ix in &usable[1..] {
            match self.load(ix, least).cmp(&self.load(least, ix)) {
                core::cmp::Ordering::Less => (least, ties) = (ix, false),
                core::cmp::Ordering::Equal => ties = true,
                core::cmp::Ordering::Greater => {}
            }
        }
        if !ties {
            return Some(least);
        }
        let mut best = least;
        let mut total = 0;
        for ix in usable.into_iter().skip_while(|&ix| ix != least) {
            if self.load(ix, least) != self.load(least, ix) {
                continue;
            }
            total += self.gain(ix);
            if self.peers[ix].current_weight > self.peers[best].current_weight {
                best = ix;
            }
        }
        self.peers[best].current_weight -= total;
        Some(best)
    }

    /// Connections of `ix` times the weight of `other`: comparing both ways round compares
    /// connections per weight without dividing.
    fn load(&self, ix: usize, other: usize) -> u64 {
        u64::from(self.peers[ix].conns) * u64::from(self.layout.pool.peers[other].weight)
    }
}
