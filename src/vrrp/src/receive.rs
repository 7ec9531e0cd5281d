//! The checks a received packet has to pass, in keepalived's order (RFC 5798 §7.1).
//!
//! Invariant: nothing here changes state; a packet is either an advert for the election or a
//! reason for refusal. Checksums over IPv6 were verified by the kernel.

use core::net::IpAddr;
use core::time::Duration;

use base::{Family, Priority};
use wire::checksum::Rule;
use wire::vrrp::{ADVERTISEMENT, HEADER_LEN, TTL, View};

use crate::config::{Auth, Router, Transport, Version};
use crate::effect::Refusal;

/// A packet with what its IP header said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) ttl: u8,
    pub(crate) payload: &'a [u8],
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
        /// Its address list differs from ours, which is told and tolerated: dropping it would
        /// make two masters while a VIP is rolled out node by node.
        other_addresses: bool,
    },
    Refused(Refusal),
    /// Another VRID.
    NotOurs,
}

/// Checks `packet` for `config`; `master` is whom we take for the master.
pub(crate) fn check(config: &Router, packet: &Packet<'_>, master: Option<IpAddr>) -> Checked {
    let Ok(view) = View::new(packet.payload) else {
        return Checked::Refused(Refusal::Length {
            got: packet.payload.len(),
            wanted: HEADER_LEN,
        });
    };
    if view.vrid() != Some(config.key.vrid) {
        return Checked::NotOurs;
    }
    match header(config, packet, &view).and_then(|()| body(config, packet, &view)) {
        Err(refusal) => Checked::Refused(refusal),
        Ok(()) => Checked::Accepted {
            advert: Advert {
                source: packet.source,
                priority: view.priority(),
                interval: interval(config.version, &view),
            },
            other_addresses: other_addresses(config, packet.source, master, &view),
        },
    }
}

fn interval(version: Version, view: &View<'_>) -> Duration {
    match version {
        Version::V2 => Duration::from_secs(view.interval_seconds().into()),
        Version::V3 => Duration::from_millis(u64::from(view.interval_centiseconds()) * 10),
    }
}

/// TTL, version, authentication, interval, type.
fn header(config: &Router, packet: &Packet<'_>, view: &View<'_>) -> Result<(), Refusal> {
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
        });
    }
    match config.version {
        Version::V2 => version2(config, view)?,
        // Nobody can be waited for that never speaks (RFC 9568 §5.2.7 reserves 0).
        Version::V3 if view.interval_centiseconds() == 0 => {
            return Err(Refusal::AdvertInterval { got: 0, wanted: 1 });
        }
        Version::V3 => {}
    }
    if view.kind() != ADVERTISEMENT {
        return Err(Refusal::Type { got: view.kind() });
    }
    Ok(())
}

fn version2(config: &Router, view: &View<'_>) -> Result<(), Refusal> {
    let wanted = config.auth.wire_type();
    if view.auth_type() != wanted {
        return Err(Refusal::AuthType {
            got: view.auth_type(),
            wanted,
        });
    }
    if let Auth::Pass(password) = &config.auth {
        match view.auth(config.key.family) {
            None => return Err(cut_short(config.key.family, view)),
            Some(auth) if auth != *password => return Err(Refusal::AuthPass),
            Some(_) => {}
        }
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

fn cut_short(family: Family, view: &View<'_>) -> Refusal {
    Refusal::Length {
        got: view.len(),
        wanted: view.stated_len(family),
    }
}

/// Length against address count, checksum, how it was sent, unicast source and TTL.
fn body(config: &Router, packet: &Packet<'_>, view: &View<'_>) -> Result<(), Refusal> {
    let family = config.key.family;
    if view.len() < view.stated_len(family) {
        return Err(cut_short(family, view));
    }
    let rule = match (family, config.version) {
        (Family::V6, _) => None,
        (Family::V4, Version::V2) => Some(Rule::Message),
        (Family::V4, Version::V3) => Some(Rule::Pseudo {
            source: packet.source,
            destination: packet.destination,
        }),
    };
    if let Some(wanted) = rule.and_then(|rule| view.computed_checksum(family, rule))
        && wanted != view.checksum()
    {
        return Err(Refusal::Checksum {
            got: view.checksum(),
            wanted,
        });
    }
    match &config.transport {
        Transport::Multicast { .. } if packet.destination.is_multicast() => Ok(()),
        Transport::Unicast { peers, .. } if !packet.destination.is_multicast() => {
            match peers.iter().find(|peer| peer.address == packet.source) {
                Some(peer) if !(peer.min_ttl..=peer.max_ttl).contains(&packet.ttl) => {
                    Err(Refusal::Ttl { got: packet.ttl })
                }
                None if config.check_unicast_src => Err(Refusal::UnknownPeer),
                Some(_) | None => Ok(()),
            }
        }
        Transport::Multicast { .. } | Transport::Unicast { .. } => Err(Refusal::CastMismatch),
    }
}

fn other_addresses(
    config: &Router,
    source: IpAddr,
    master: Option<IpAddr>,
    view: &View<'_>,
) -> bool {
    if config.skip_check_adv_addr && master == Some(source) {
        return false;
    }
    let listed = || view.addresses(config.key.family);
    // The usual case first: same order.
    if listed().eq(config.addresses.iter().copied()) {
        return false;
    }
    listed().len() != config.addresses.len()
        || config
            .addresses
            .iter()
            .any(|ours| !listed().any(|a| a == *ours))
}
