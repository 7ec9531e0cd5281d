//! The checks a received packet has to pass, in keepalived's order (RFC 5798 §7.1).
//!
//! Invariants: a packet is either an advert for the election or a reason for refusal; nothing
//! changes but the number of the last genuine advert. Checksums over IPv6 were verified by the
//! kernel.

use core::net::IpAddr;
use core::time::Duration;

use base::{Family, Priority};
use wire::vrrp::{ADVERTISEMENT, HEADER_LEN, TTL, View};
use wire::{ah, ipv4};

use crate::checksum;
use crate::config::{Auth, Router, Transport, Version};
use crate::effect::{Refusal, Unlike};
use crate::packet::{Protection, cast};
use crate::receive::trailer::Keyed;
use crate::replay::Replay;

mod trailer;

/// A packet with what its IP header said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) ttl: u8,
    pub(crate) payload: &'a [u8],
    pub(crate) ah: Option<&'a Protection>,
    /// The time of day when it arrived.
    pub(crate) wall: Duration,
}

/// An advert that takes part in the election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Advert {
    pub(crate) source: IpAddr,
    pub(crate) priority: Priority,
    /// The sender's interval.
    pub(crate) interval: Duration,
}

/// What the checks say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    Accepted {
        advert: Advert,
        /// What is told and tolerated: that its address list differs from ours (dropping it would
        /// make two masters while a VIP is rolled out node by node), or its clock.
        remarks: [Option<Refusal>; 2],
    },
    Refused(Refusal),
    /// Another VRID.
    NotOurs,
}

/// Bytes of an Ethernet frame below which it is padded.
const PADDED: usize = 46;

/// Checks `packet` for `config`; `master` is whom we take for the master.
pub(crate) fn check(
    config: &Router,
    packet: &Packet<'_>,
    master: Option<IpAddr>,
    replay: &mut Replay,
) -> Checked {
    // Other hosts may use IPsec for purposes of their own.
    if packet
        .ah
        .is_some_and(|ah| ah.header[0] != wire::vrrp::PROTOCOL)
    {
        return Checked::NotOurs;
    }
    let Ok(view) = View::new(packet.payload) else {
        return Checked::Refused(Refusal::Length {
            got: packet.payload.len(),
            wanted: HEADER_LEN,
        });
    };
    if view.vrid() != Some(config.key.vrid) {
        return Checked::NotOurs;
    }
    let (view, keyed) = without_trailer(config, packet, view);
    let header = header(config, packet, &view, keyed.as_ref(), replay);
    match header.and_then(|skewed| body(config, packet, &view, replay).map(|()| skewed)) {
        Err(refusal) => Checked::Refused(refusal),
        Ok(skewed) => Checked::Accepted {
            advert: Advert {
                source: packet.source,
                priority: view.priority(),
                interval: interval(config.version, &view),
            },
            remarks: [
                skewed,
                other_addresses(config, packet.source, master, &view).map(Refusal::AddressList),
            ],
        },
    }
}

/// The message alone, and its trailer with it. A trailer is told by the length, which padding
/// cannot have: where nobody asked for one the packet is too long.
fn without_trailer<'a>(
    config: &Router,
    packet: &Packet<'a>,
    view: View<'a>,
) -> (View<'a>, Option<Keyed<'a>>) {
    let stated = view.stated_len(config.key.family);
    let split = packet.payload.split_at_checked(stated);
    let split = split.filter(|(_, rest)| {
        matches!(config.auth, Auth::Hmac(_)) && rest.len() == wire::trailer::LEN
    });
    match split.and_then(|(message, rest)| Some((View::new(message).ok()?, message, rest))) {
        None => (view, None),
        Some((view, message, trailer)) => (view, Some(Keyed { message, trailer })),
    }
}

fn interval(version: Version, view: &View<'_>) -> Duration {
    match version {
        Version::V2 => Duration::from_secs(view.interval_seconds().into()),
        Version::V3 => Duration::from_millis(u64::from(view.interval_centiseconds()) * 10),
    }
}

/// Authentication header, length, TTL, version, authentication, interval, type.
fn header(
    config: &Router,
    packet: &Packet<'_>,
    view: &View<'_>,
    keyed: Option<&Keyed<'_>>,
    replay: &mut Replay,
) -> Result<Option<Refusal>, Refusal> {
    let wanted = matches!(config.auth, Auth::Ah(_));
    if wanted != packet.ah.is_some() {
        return Err(Refusal::AhPresence { wanted });
    }
    length(config, view)?;
    if matches!(config.transport, Transport::Multicast { .. }) && packet.ttl != TTL {
        return Err(Refusal::Ttl { got: packet.ttl });
    }
    let version = match config.version {
        Version::V2 => 2,
        Version::V3 => 3,
    };
    if view.version() != version {
        return Err(Refusal::Version {
            got: view.version(),
            wanted: version,
        });
    }
    let skewed = match &config.auth {
        Auth::Hmac(hmac) => trailer::check(hmac, config, packet, keyed, replay)?,
        Auth::None | Auth::Pass(_) | Auth::Ah(_) => None,
    };
    match config.version {
        Version::V2 => version2(config, packet, view, replay)?,
        // Nobody can be waited for that never speaks (RFC 9568 §5.2.7 reserves 0).
        Version::V3 if view.interval_centiseconds() == 0 => {
            return Err(Refusal::AdvertInterval { got: 0, wanted: 1 });
        }
        Version::V3 => {}
    }
    if view.kind() != ADVERTISEMENT {
        return Err(Refusal::Type { got: view.kind() });
    }
    Ok(skewed)
}

/// The message has to be complete, and nothing else may follow but Ethernet's padding (which VLAN
/// tags shorten by four bytes each).
fn length(config: &Router, view: &View<'_>) -> Result<(), Refusal> {
    let family = config.key.family;
    let before = match (family, &config.auth) {
        (Family::V6, _) => 0,
        (Family::V4, Auth::Ah(_)) => ipv4::LEN + ah::LEN,
        (Family::V4, Auth::None | Auth::Pass(_) | Auth::Hmac(_)) => ipv4::LEN,
    };
    let (got, wanted) = (view.len(), view.stated_len(family));
    match got.checked_sub(wanted) {
        Some(0) => Ok(()),
        Some(more) if before + wanted < PADDED && more % 4 == PADDED % 4 => Ok(()),
        Some(_) | None => Err(Refusal::Length { got, wanted }),
    }
}

fn version2(
    config: &Router,
    packet: &Packet<'_>,
    view: &View<'_>,
    replay: &mut Replay,
) -> Result<(), Refusal> {
    let wanted = config.auth.wire_type();
    if view.auth_type() > 2 {
        return Err(Refusal::AuthUnknown {
            got: view.auth_type(),
        });
    }
    if view.auth_type() != wanted {
        return Err(Refusal::AuthType {
            got: view.auth_type(),
            wanted,
        });
    }
    match (&config.auth, packet.ah) {
        (Auth::Pass(password), _) if view.auth(config.key.family) != Some(*password) => {
            return Err(Refusal::AuthPass);
        }
        (Auth::Ah(key), Some(protection)) => {
            authentic(key, config, packet, protection, replay)?;
        }
        (Auth::None | Auth::Pass(_) | Auth::Ah(_) | Auth::Hmac(_), _) => {}
    }
    let wanted = crate::advert::interval_seconds(config.advert_interval);
    if view.interval_seconds() != wanted {
        return Err(Refusal::AdvertInterval {
            got: view.interval_seconds(),
            wanted,
        });
    }
    Ok(())
}

/// Digest, source and number of an authentication header. A genuine advert's number counts
/// whatever else may be wrong with it.
fn authentic(
    key: &[u8; 8],
    config: &Router,
    packet: &Packet<'_>,
    protection: &Protection,
    replay: &mut Replay,
) -> Result<(), Refusal> {
    let header = ah::Header::parse(&protection.header).map(|(header, _)| header);
    let genuine =
        |it: &ah::Header| it.is_genuine(key, cast(config), &protection.ip, packet.payload);
    let header = header.ok().filter(genuine).ok_or(Refusal::AhDigest)?;
    let IpAddr::V4(source) = packet.source else {
        return Err(Refusal::AhDigest);
    };
    if header.spi != source.to_bits() {
        return Err(Refusal::AhSpi {
            got: header.spi,
            wanted: source.to_bits(),
        });
    }
    replay
        .accept(header.sequence)
        .map_err(|highest| Refusal::AhNumber {
            got: header.sequence,
            highest,
        })
}

/// Checksum, how it was sent, whether an owner listens, unicast source and TTL.
fn body(
    config: &Router,
    packet: &Packet<'_>,
    view: &View<'_>,
    replay: &mut Replay,
) -> Result<(), Refusal> {
    if config.key.family == Family::V4 {
        checksum::check(config, packet, view, replay)?;
    }
    let unicast = matches!(config.transport, Transport::Unicast { .. });
    if unicast == packet.destination.is_multicast() {
        return Err(Refusal::CastMismatch);
    }
    if config.owner_ignores_adverts {
        return Err(Refusal::OwnerIgnores);
    }
    match &config.transport {
        Transport::Multicast { .. } => Ok(()),
        Transport::Unicast { peers, .. } => {
            match peers.iter().find(|peer| peer.address == packet.source) {
                Some(peer) if !(peer.min_ttl..=peer.max_ttl).contains(&packet.ttl) => {
                    Err(Refusal::Ttl { got: packet.ttl })
                }
                None if config.check_unicast_src => Err(Refusal::UnknownPeer),
                Some(_) | None => Ok(()),
            }
        }
    }
}

fn other_addresses(
    config: &Router,
    source: IpAddr,
    master: Option<IpAddr>,
    view: &View<'_>,
) -> Option<Unlike> {
    if config.skip_check_adv_addr && master == Some(source) {
        return None;
    }
    let listed = || view.addresses(config.key.family);
    let ours = &config.addresses;
    // The usual case first: same order.
    if listed().eq(ours.iter().copied()) {
        return None;
    }
    let (got, wanted) = (listed().len(), ours.len());
    if got != wanted {
        return Some(Unlike::Count { got, wanted });
    }
    let missing = ours.iter().find(|own| !listed().any(|it| it == **own));
    missing.map(|address| Unlike::Missing {
        vrid: config.key.vrid,
        address: *address,
    })
}
