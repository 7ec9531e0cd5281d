//! `keepalived.stats`: counters as text, in the original's layout, which exporters parse.
//!
//! Invariant: a figure that the engine does not count is not invented.

use core::fmt::Write as _;

use vrrp::Engine;
use vrrp::config::{Auth, Router, RouterIx};

use super::counters::Counters;

/// All of the file.
#[must_use]
pub(in super::super) fn stats(engine: &Engine) -> String {
    let mut text = String::new();
    for (ix, router) in (0_u32..).zip(&engine.config().routers) {
        let Some(status) = engine.status(RouterIx(ix)) else {
            continue;
        };
        let count = Counters::of(status.stats);
        let _ = write!(
            text,
            "VRRP Instance: {}\n  Advertisements:\n    Received: {}\n    Sent: {}\n  \
             Became master: {}\n  Released master: {}\n  Packet Errors:\n    Length: {}\n    \
             TTL: {}\n    Invalid Type: {}\n    Advertisement Interval: {}\n    \
             Address List: {}\n  Authentication Errors:\n    Invalid Type: {}\n    \
             Type Mismatch: {}\n    Failure: {}\n{}  Priority Zero:\n    Received: {}\n    \
             Sent: {}\n",
            router.name,
            count.advert_rcvd,
            count.advert_sent,
            count.become_master,
            count.release_master,
            count.packet_len_err,
            count.ip_ttl_err,
            count.invalid_type_rcvd,
            count.advert_interval_err,
            count.addr_list_err,
            count.invalid_authtype,
            count.authtype_mismatch,
            count.auth_failure,
            trailers(router, &count),
            count.pri_zero_rcvd,
            count.pri_zero_sent,
        );
    }
    text
}

/// What was wrong with trailers; the original counts them for every router, exporters of before
/// 2.4 know nothing of them.
fn trailers(router: &Router, count: &Counters) -> String {
    if !matches!(router.auth, Auth::Hmac(_)) {
        return String::new();
    }
    format!(
        "  Authentication Extension Errors:\n    Missing: {}\n    Malformed: {}\n    \
         Unknown Key: {}\n    Invalid HMAC: {}\n    Stale: {}\n    Replay: {}\n",
        count.auth_ext_missing,
        count.auth_ext_malformed,
        count.auth_ext_unknown_key,
        count.auth_ext_invalid_hmac,
        count.auth_ext_stale,
        count.auth_ext_replay,
    )
}
