//! What is counted per virtual router, with the names of keepalived's statistics.

use crate::effect::Refusal;

/// Counters since start (or since they were last cleared).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// `advert_rcvd`: adverts that passed all checks.
    pub adverts_received: u64,
    /// `advert_sent`
    pub adverts_sent: u64,
    /// `become_master`
    pub became_master: u64,
    /// `release_master`
    pub released_master: u64,
    /// `pri_zero_rcvd`
    pub priority_zero_received: u64,
    /// `pri_zero_sent`
    pub priority_zero_sent: u64,
    /// By kind; most routers never refuse anything.
    refused: Option<Box<[u64; Refusal::KINDS]>>,
}

impl Stats {
    /// Packets refused for the reason that `like` is an example of (its numbers do not matter).
    #[must_use]
    pub fn refused(&self, like: &Refusal) -> u64 {
        self.refused.as_ref().map_or(0, |all| all[like.kind()])
    }

    pub(crate) fn refuse(&mut self, refusal: &Refusal) {
        let count = &mut self.refused.get_or_insert_default()[refusal.kind()];
        *count = count.saturating_add(1);
    }
}
