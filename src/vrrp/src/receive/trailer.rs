//! The trailer of `auth_hmac`: is it there, fresh, genuine and new.
//!
//! Invariants: what is only claimed never moves the mark of a sender: it is raised last, by a
//! genuine trailer; a stale one is refused before anything is computed.

use wire::trailer::Trailer;

use super::Packet;
use crate::advert::context;
use crate::config::{Hmac, Mode, Router, Transport};
use crate::effect::Refusal;
use crate::replay::{Replay, age};

/// A message and the bytes behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyed<'a> {
    pub(super) message: &'a [u8],
    pub(super) trailer: &'a [u8],
}

/// Refuses, or accepts with a remark when the clocks drift apart.
pub(super) fn check(
    hmac: &Hmac,
    config: &Router,
    packet: &Packet<'_>,
    keyed: Option<&Keyed<'_>>,
    replay: &mut Replay,
) -> Result<Option<Refusal>, Refusal> {
    let Some(keyed) = keyed else {
        return match hmac.mode {
            Mode::Enforce => Err(Refusal::TrailerMissing),
            Mode::Permissive | Mode::ReceiveOnly => Ok(None),
        };
    };
    let peers = match &config.transport {
        Transport::Multicast { .. } => 0,
        Transport::Unicast { peers, .. } => {
            // Marks are kept for those that are known.
            if !peers.iter().any(|peer| peer.address == packet.source) {
                return Err(Refusal::UnknownPeer);
            }
            peers.len()
        }
    };
    let trailer = Trailer::parse(keyed.trailer).map_err(|_| Refusal::TrailerMalformed)?;
    let skew = age(trailer.sequence.0, packet.wall);
    let beyond = |limit: u16| skew.unsigned_abs() > u32::from(limit);
    if let Some(window) = hmac.window.filter(|window| beyond(*window)) {
        return Err(Refusal::TrailerStale { skew, window });
    }
    let id = trailer.key_id;
    let key = hmac.key(id).ok_or(Refusal::TrailerKey { id })?;
    let context = context(config, packet.source);
    if !trailer.is_genuine(&key.secret, &context, keyed.message) {
        return Err(Refusal::TrailerDigest);
    }
    let (source, sequence) = (packet.source, trailer.sequence);
    if !replay.accept_sequence(source, sequence, hmac.window, packet.wall, peers) {
        return Err(Refusal::TrailerReplay);
    }
    let drifting = hmac.window.filter(|window| beyond(window / 2));
    Ok(drifting.map(|window| Refusal::ClockSkew { skew, window }))
}
