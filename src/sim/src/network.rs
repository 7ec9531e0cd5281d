//! One segment that connects all nodes: who reaches whom, how long it takes, what gets lost.

use std::collections::BTreeSet;

use base::{Duration, Rng};

use crate::node::NodeIx;

/// The segment.
#[derive(Clone, Debug)]
pub struct Network {
    /// Every packet takes at least this long.
    pub latency: Duration,
    /// And up to this much longer, so that packets overtake each other.
    pub jitter: Duration,
    /// Of a million packets, so many are lost.
    pub loss_ppm: u32,
    cuts: BTreeSet<(NodeIx, NodeIx)>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            latency: Duration::from_micros(200),
            jitter: Duration::ZERO,
            loss_ppm: 0,
            cuts: BTreeSet::new(),
        }
    }
}

impl Network {
    /// Whether packets from `from` reach `to` (cable permitting).
    #[must_use]
    pub fn connects(&self, from: NodeIx, to: NodeIx) -> bool {
        !self.cuts.contains(&(from, to))
    }

    /// Nothing goes from `from` to `to` any more; the other way stays as it is.
    pub fn cut(&mut self, from: NodeIx, to: NodeIx) {
        self.cuts.insert((from, to));
    }

    /// Undoes [`Self::cut`].
    pub fn heal(&mut self, from: NodeIx, to: NodeIx) {
        self.cuts.remove(&(from, to));
    }

    /// How long the next packet takes; `None` when it is lost.
    pub(crate) fn carry(&self, rng: &mut Rng) -> Option<Duration> {
        if self.loss_ppm > 0 && rng.below(1_000_000) < u64::from(self.loss_ppm) {
            return None;
        }
        let jitter = u64::try_from(self.jitter.as_micros()).unwrap_or(u64::MAX);
        Some(self.latency + Duration::from_micros(rng.below(jitter.saturating_add(1))))
    }
}
