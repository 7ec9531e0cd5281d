//! What is counted of an instance, under the names of the JSON dump.

use serde::Serialize;
use vrrp::Stats;
use vrrp::effect::{Refusal, Unlike};

/// In the original's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Counters {
    pub(super) advert_rcvd: u64,
    pub(super) advert_sent: u64,
    pub(super) become_master: u64,
    pub(super) release_master: u64,
    pub(super) packet_len_err: u64,
    pub(super) advert_interval_err: u64,
    pub(super) ip_ttl_err: u64,
    pub(super) invalid_type_rcvd: u64,
    pub(super) addr_list_err: u64,
    pub(super) invalid_authtype: u64,
    pub(super) authtype_mismatch: u64,
    /// Adverts whose password or digest is wrong, or that have been heard before.
    pub(super) auth_failure: u64,
    pub(super) auth_ext_missing: u64,
    pub(super) auth_ext_malformed: u64,
    pub(super) auth_ext_unknown_key: u64,
    pub(super) auth_ext_invalid_hmac: u64,
    pub(super) auth_ext_stale: u64,
    pub(super) auth_ext_replay: u64,
    pub(super) pri_zero_rcvd: u64,
    pub(super) pri_zero_sent: u64,
}

impl Counters {
    pub(super) fn of(stats: &Stats) -> Self {
        // The numbers in a refusal do not matter for its kind.
        let refused = |like: Refusal| stats.refused(&like);
        Self {
            advert_rcvd: stats.adverts_received,
            advert_sent: stats.adverts_sent,
            become_master: stats.became_master,
            release_master: stats.released_master,
            packet_len_err: refused(Refusal::Length { got: 0, wanted: 0 }),
            advert_interval_err: refused(Refusal::AdvertInterval { got: 0, wanted: 0 }),
            ip_ttl_err: refused(Refusal::Ttl { got: 0 }),
            invalid_type_rcvd: refused(Refusal::Type { got: 0 }),
            addr_list_err: refused(Refusal::AddressList(Unlike::Count { got: 0, wanted: 0 })),
            invalid_authtype: refused(Refusal::AuthUnknown { got: 0 }),
            authtype_mismatch: refused(Refusal::AuthType { got: 0, wanted: 0 })
                + refused(Refusal::AhPresence { wanted: true }),
            auth_failure: refused(Refusal::AuthPass)
                + refused(Refusal::AhDigest)
                + refused(Refusal::AhSpi { got: 0, wanted: 0 })
                + refused(Refusal::AhNumber { got: 0, highest: 0 }),
            auth_ext_missing: refused(Refusal::TrailerMissing),
            auth_ext_malformed: refused(Refusal::TrailerMalformed),
            auth_ext_unknown_key: refused(Refusal::TrailerKey { id: 0 }),
            auth_ext_invalid_hmac: refused(Refusal::TrailerDigest),
            auth_ext_stale: refused(Refusal::TrailerStale { skew: 0, window: 0 }),
            auth_ext_replay: refused(Refusal::TrailerReplay),
            pri_zero_rcvd: stats.priority_zero_received,
            pri_zero_sent: stats.priority_zero_sent,
        }
    }
}
