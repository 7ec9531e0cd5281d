//! What the checksum of a version 3 message over IPv4 covers besides the message.
//!
//! Invariants: what is sent is right by one rule; what is received is right by one of the rules that
//! the configuration allows, so a damaged message is never let in. Version 2 covers the message
//! alone, whatever is configured.
//! Deliberately unknown here: IPv6, whose checksums are the kernel's.

use core::net::IpAddr;

use wire::checksum::Rule;
use wire::vrrp::View;

use crate::config::{Checksum, Router, Version};
use crate::effect::Refusal;
use crate::receive::Packet;
use crate::replay::Replay;

/// The rule for a message to `to`. `old`: a peer has been heard that sums as releases before 1.3.6.
pub(crate) fn sent(config: &Router, to: IpAddr, old: bool) -> Rule {
    let pseudo = |destination| Rule::Pseudo {
        source: config.source,
        destination,
    };
    match (config.version, config.checksum) {
        (Version::V2, _) | (Version::V3, Checksum::Message) => Rule::Message,
        (Version::V3, Checksum::Group(group)) => pseudo(group),
        (Version::V3, Checksum::Either(group)) if old => pseudo(group),
        (Version::V3, Checksum::Either(_) | Checksum::Addresses) => pseudo(to),
    }
}

/// Checks the sum of a message that came over IPv4; notes a peer that sums in the old way.
pub(crate) fn check(
    config: &Router,
    packet: &Packet<'_>,
    view: &View<'_>,
    replay: &mut Replay,
) -> Result<(), Refusal> {
    let sum = |rule| view.computed_checksum(config.key.family, rule);
    let pseudo = |destination| {
        sum(Rule::Pseudo {
            source: packet.source,
            destination,
        })
    };
    let (usual, other) = match (config.version, config.checksum) {
        (Version::V2, _) => (sum(Rule::Message), None),
        // Nodes are told one after the other; the original looks at no sum at all then.
        (Version::V3, Checksum::Message) => (sum(Rule::Message), pseudo(packet.destination)),
        (Version::V3, Checksum::Group(group)) => (pseudo(group), None),
        (Version::V3, Checksum::Addresses) => (pseudo(packet.destination), None),
        (Version::V3, Checksum::Either(group)) => (pseudo(packet.destination), pseudo(group)),
    };
    let got = view.checksum();
    if usual.is_none_or(|usual| usual == got) {
        return Ok(());
    }
    if other == Some(got) {
        replay.old_sums |= matches!(config.checksum, Checksum::Either(_));
        return Ok(());
    }
    Err(Refusal::Checksum {
        version: view.version(),
        got,
        wanted: usual.unwrap_or_default(),
    })
}
