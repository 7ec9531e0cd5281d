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
pub(super) struct Talk<'a> {
    pub(super) name: &'a str,
    /// Of its `virtual_router_id`.
    pub(super) span: Span,
    pub(super) vrid: VrId,
    pub(super) family: Family,
    /// `None` where unicast needs none.
    pub(super) interface: Option<&'a str>,
    /// Where its adverts come from, if that is known.
    pub(super) source: Option<IpAddr>,
    pub(super) transport: &'a Transport,
}

/// Whose VRIDs are taken.
#[derive(Default)]
pub(super) struct Taken {
    /// By interface and group.
    groups: BTreeMap<(VrId, Family, IpAddr, String), First>,
    /// By source and peer, then interface.
    peers: BTreeMap<(VrId, IpAddr, IpAddr), BTreeMap<Option<String>, First>>,
    keys: BTreeSet<RouterKey>,
}

#[derive(Clone)]
struct First {
    name: String,
    span: Span,
}

impl Taken {
    /// Takes what the instance needs.
    ///
    /// # Errors
    /// When another one has it.
    pub(super) fn take(&mut self, talk: &Talk<'_>) -> Result<(), Box<Diagnostic>> {
        let own = First {
            name: talk.name.to_owned(),
            span: talk.span,
        };
        match talk.transport {
            Transport::Multicast { group } => {
                let interface = talk.interface.unwrap_or("");
                let place = (talk.vrid, talk.family, *group, interface.to_owned());
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
                    let interface = talk.interface.map(str::to_owned);
                    known.or_default().insert(interface, own.clone());
                }
            }
        }
        Ok(())
    }

    /// What an instance is known by across reloads. Where peers alone tell two apart, the later
    /// one is known by its first peer, too.
    pub(super) fn key(&mut self, talk: &Talk<'_>, written_source: Option<IpAddr>) -> RouterKey {
        let mut key = RouterKey {
            vrid: talk.vrid,
            family: talk.family,
            interface: talk.interface.unwrap_or("").to_owned(),
            unicast_source: None,
            group: None,
            peer: None,
        };
        match talk.transport {
            Transport::Multicast { group } => key.group = Some(*group),
            Transport::Unicast { peers, .. } => {
                key.unicast_source = written_source;
                if self.keys.contains(&key) {
                    key.peer = peers.iter().map(|peer| peer.address).min();
                }
            }
        }
        self.keys.insert(key.clone());
        key
    }
}

/// Instances without an interface hear what comes in on any.
fn meets<'k>(known: &'k BTreeMap<Option<String>, First>, talk: &Talk<'_>) -> Option<&'k First> {
    match talk.interface {
        None => known.values().next(),
        Some(own) => known.get(&Some(own.to_owned())).or(known.get(&None)),
    }
}

fn told(message: String, talk: &Talk<'_>, first: &First) -> Diagnostic {
    let second = talk.name;
    Diagnostic::error("duplicate-vrid", message)
        .label(talk.span, format!("{second} is left out"))
        .label(first.span, format!("{} has it", first.name))
}
