//! Building the adverts we send. A packet is built when it is sent, never earlier.

use core::net::IpAddr;
use core::time::Duration;

use base::{Family, Priority};
use wire::checksum::Rule;
use wire::trailer::{Context, Sequence, Trailer};
use wire::vrrp::{Advert, Body, MAX_CENTISECONDS};

use crate::config::{Auth, Key, Router, RouterIx, Transport, Version};
use crate::effect::Effect;
use crate::replay::Replay;

/// `interval` as version 2 says it: whole seconds, 1 to 255.
pub(crate) fn interval_seconds(interval: Duration) -> u8 {
    u8::try_from(interval.as_secs()).unwrap_or(u8::MAX).max(1)
}

/// `interval` as version 3 says it: centiseconds, 1 to 4095.
fn interval_centiseconds(interval: Duration) -> u16 {
    u16::try_from(interval.as_millis() / 10)
        .unwrap_or(MAX_CENTISECONDS)
        .clamp(1, MAX_CENTISECONDS)
}

/// Sends an advert with `priority` to the group or to every peer.
pub(crate) fn send(
    router: RouterIx,
    config: &Router,
    priority: Priority,
    replay: &mut Replay,
    wall: Duration,
    emit: &mut dyn FnMut(Effect),
) {
    // The copies of one advert have one number, or one sequence.
    let number = matches!(config.auth, Auth::Ah(_)).then(|| replay.next());
    let keyed = match &config.auth {
        Auth::Hmac(hmac) => hmac
            .signing()
            .map(|key| (key, replay.next_sequence(hmac, wall))),
        Auth::None | Auth::Pass(_) | Auth::Ah(_) => None,
    };
    let mut to = |to: IpAddr| {
        emit(Effect::SendAdvert {
            router,
            to,
            priority,
            packet: signed(config, build(config, priority, to, replay.old_sums), keyed),
            number,
        });
    };
    match &config.transport {
        Transport::Multicast { group } => to(*group),
        Transport::Unicast { peers, .. } => peers.iter().for_each(|peer| to(peer.address)),
    }
}

/// `message` with its trailer behind it, if it has to have one.
fn signed(config: &Router, mut message: Vec<u8>, keyed: Option<(&Key, Sequence)>) -> Vec<u8> {
    if let Some((key, sequence)) = keyed {
        let context = context(config, config.source);
        let trailer = Trailer::sign(&key.secret, key.id, sequence, &context, &message);
        message.extend_from_slice(&trailer.encode());
    }
    message
}

/// What a trailer vouches for besides the message of `source`.
pub(crate) fn context(config: &Router, source: IpAddr) -> Context {
    Context {
        version: match config.version {
            Version::V2 => 2,
            Version::V3 => 3,
        },
        vrid: config.key.vrid,
        source,
    }
}

fn build(config: &Router, priority: Priority, to: IpAddr, old_sums: bool) -> Vec<u8> {
    let body = match config.version {
        Version::V2 => Body::V2 {
            auth_type: config.auth.wire_type(),
            interval: interval_seconds(config.advert_interval),
            auth: match &config.auth {
                Auth::None | Auth::Ah(_) | Auth::Hmac(_) => [0; 8],
                Auth::Pass(password) => *password,
            },
        },
        Version::V3 => Body::V3 {
            interval: interval_centiseconds(config.advert_interval),
        },
    };
    let rule = match config.key.family {
        Family::V6 => Rule::Zero,
        Family::V4 => crate::checksum::sent(config, to, old_sums),
    };
    let advert = Advert {
        vrid: config.key.vrid,
        priority,
        addresses: &config.addresses,
        body,
    };
    advert.encode(rule)
}
