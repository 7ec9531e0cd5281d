//! What the BFD child says of its sessions, passed on to the children that follow them.
//!
//! Invariants: whoever is started knows every session before it does anything; without a BFD child
//! no session is up.

use std::net::IpAddr;

use sys::fdpass::Channel;
use tracing::error;

use super::{Kind, Parent};
use crate::keepalived::control::{self, Order};

/// Sessions in one message: their names have at most 31 bytes, a message 64 KiB.
const MOST: usize = 500;

impl Parent<'_> {
    /// Passes on what is news.
    pub(super) fn sessions_changed(&mut self, said: Vec<(String, bool)>) {
        let mut news = Vec::new();
        for (name, up) in said {
            if self.sessions.insert(name.clone(), up) != Some(up) {
                news.push((name, up));
            }
        }
        for (kind, kid) in &self.kids {
            tell(*kind, &kid.channel, &news);
        }
    }

    /// Passes on that a neighbour has gone.
    pub(super) fn neighbor_silent(&self, neighbor: IpAddr) {
        let Some(kid) = self.kids.get(&Kind::Vrrp) else {
            return;
        };
        if let Err(error) = control::send(&kid.channel, &Order::Silent(neighbor), &[]) {
            error!("VRRP process: not told that {neighbor} is silent: {error}");
        }
    }

    /// The BFD child has ended: nobody watches the neighbours.
    pub(super) fn sessions_lost(&mut self) {
        let all = std::mem::take(&mut self.sessions);
        self.sessions_changed(all.into_keys().map(|name| (name, false)).collect());
    }

    /// Tells a child that is about to be started.
    pub(super) fn tell_sessions(&self, kind: Kind, channel: &Channel) {
        let all = self.sessions.iter();
        let all: Vec<(String, bool)> = all.map(|(name, up)| (name.clone(), *up)).collect();
        tell(kind, channel, &all);
    }
}

fn tell(kind: Kind, channel: &Channel, sessions: &[(String, bool)]) {
    if kind == Kind::Bfd {
        return;
    }
    for some in sessions.chunks(MOST) {
        if let Err(error) = control::send(channel, &Order::Sessions(some.to_vec()), &[]) {
            error!("{} process: not told of BFD sessions: {error}", kind.name());
        }
    }
}
