//! Two instances that would answer to the same adverts.
//!
//! Invariants: linear in the number of instances and peers; of two that clash the later one is
//! left out, and both places are shown.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};

use base::{Family, VrId};
use grammar::{Diagnostic, Span};
use vrrp::config::{RouterKey, Transport};

/// Who an instance talks to.
pub(super) struct Talk<'a, 't> {
    pub(super) name: &'a str,
    /// Of its `virtual_router_id`.
    pub(super) span: Span,
    pub(super) vrid: VrId,
    pub(super) family: Family,
    /// `None` where unicast needs none.
    pub(super) interface: Option<&'a str>,
    /// Where its adverts come from, if that is known.
    pub(super) source: Option<IpAddr>,
    pub(super) transport: &'t Transport,
}

/// Whose VRIDs are taken.
#[derive(Default)]
pub(super) struct Taken<'a> {
    /// By interface and group.
    groups: BTreeMap<(VrId, Family, IpAddr, &'a str), First<'a>>,
    /// By source and peer, then interface.
    peers: BTreeMap<(VrId, IpAddr, IpAddr), BTreeMap<Option<&'a str>, First<'a>>>,
    /// Of instances with peers.
    keys: BTreeSet<RouterKey>,
}

#[derive(Clone, Copy)]
struct First<'a> {
    name: &'a str,
    span: Span,
}

impl<'a> Taken<'a> {
    /// Takes what the instance needs.
    ///
    /// # Errors
    /// When another one has it.
    pub(super) fn take(&mut self, talk: &Talk<'a, '_>) -> Result<(), Box<Diagnostic>> {
        let own = First {
            name: talk.name,
            span: talk.span,
        };
        match talk.transport {
            Transport::Multicast { group } => {
                let interface = talk.interface.unwrap_or("");
                let place = (talk.vrid, talk.family, *group, interface);
                if let Some(first) = self.groups.get(&place) {
                    let number = match talk.family {
                        Family::V4 => 4,
                        Family::V6 => 6,
                    };
                    let message = format!(
                        "{} and {} both use VRID {} with IPv{number} on interface {interface}",
                        first.name, talk.name, talk.vrid
                    );
                    let help = "every instance on an interface needs a VRID of its own";
                    return Err(Box::new(told(message, talk, first).help(help)));
                }
                self.groups.insert(place, own);
            }
            Transport::Unicast { peers, .. } => {
                let Some(source) = talk.source else {
                    return Ok(());
                };
                for peer in peers {
                    let known = self.peers.get(&(talk.vrid, source, peer.address));
                    if let Some(first) = known.and_then(|known| meets(known, talk)) {
                        let message = format!(
                            "({}) duplicate VRID conflict with {} VRID {}",
                            first.name, talk.name, talk.vrid
                        );
                        let help = format!("both talk to {}: give one another VRID", peer.address);
                        return Err(Box::new(told(message, talk, first).help(help)));
                    }
                }
                for peer in peers {
                    let known = self.peers.entry((talk.vrid, source, peer.address));
                    known.or_default().insert(talk.interface, own);
                }
            }
        }
        Ok(())
    }

    /// What an instance is known by across reloads. Where peers alone tell two apart, the later
    /// one is known by its first peer, too.
    pub(super) fn key(&mut self, talk: &Talk<'_, '_>, written_source: Option<IpAddr>) -> RouterKey {
        let mut key = RouterKey {
            vrid: talk.vrid,
            family: talk.family,
            interface: talk.interface.unwrap_or("").into(),
            unicast_source: None,
            group: None,
            peer: None,
        };
        match talk.transport {
            // Nobody else has it: that would be a clash.
            Transport::Multicast { group } => key.group = Some(*group),
            Transport::Unicast { peers, .. } => {
                key.unicast_source = written_source;
                if self.keys.contains(&key) {
                    key.peer = peers.iter().map(|peer| peer.address).min();
                }
                self.keys.insert(key.clone());
            }
        }
        key
    }
}

/// Instances without an interface hear what comes in on any.
fn meets<'k, 'a>(
    known: &'k BTreeMap<Option<&'a str>, First<'a>>,
    talk: &Talk<'a, '_>,
) -> Option<&'k First<'a>> {
    match talk.interface {
        None => known.values().next(),
        Some(own) => known.get(&Some(own)).or(known.get(&None)),
    }
}

fn told(message: String, talk: &Talk<'_, '_>, first: &First<'_>) -> Diagnostic {
    let second = talk.name;
    Diagnostic::error("duplicate-vrid", message)
        .label(talk.span, format!("{second} is left out"))
        .label(first.span, format!("{} has it", first.name))
}
