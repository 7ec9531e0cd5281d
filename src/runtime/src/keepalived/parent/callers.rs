//! Administrators who ask the running daemon something.
//!
//! Invariants: only root and the daemon's own user are heard; one request a connection, and who
//! does not make it soon is dropped, so that callers cost a bounded number of descriptors and no
//! time; what another process has to answer, it answers itself.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use base::{Duration, Instant};
use sys::control::{ControlSocket, Peer};
use sys::epoll::Poller;
use sys::fdpass::Channel;
use tracing::{info, warn};

use super::{Kind, Parent};
use crate::keepalived::VERSION;
use crate::keepalived::command::{self, Request};
use crate::keepalived::control::{self, Heard, Order};
use crate::keepalived::status::{Daemon, Process};

/// Token of the socket.
pub(super) const SOCKET: u64 = 3;
/// Tokens of callers begin here.
pub(super) const FIRST: u64 = 1 << 32;
/// Callers at once.
const MOST: usize = 16;
/// How long a caller may take for the request.
const PATIENCE: Duration = Duration::from_secs(2);

/// Who asks, and where.
#[derive(Debug, Default)]
pub(super) struct Callers {
    socket: Option<ControlSocket>,
    waiting: BTreeMap<u64, (Channel, Instant)>,
    heard: u64,
}

impl Callers {
    /// Listens at `path`. A daemon without a control socket does its work, too.
    pub(super) fn listen(path: &Path, poller: &Poller) -> Self {
        let bound = ControlSocket::bind(path).and_then(|socket| {
            poller.add(&socket, SOCKET)?;
            Ok(socket)
        });
        if let Err(error) = &bound {
            warn!(
                "status and why cannot be asked for at {}: {error}",
                path.display()
            );
        }
        Self {
            socket: bound.ok(),
            ..Self::default()
        }
    }

    /// Goes on listening where an earlier image of this process did.
    pub(super) fn inherit(fd: OwnedFd, path: &Path, poller: &Poller) -> io::Result<Self> {
        let socket = ControlSocket::from_fd(fd, path)?;
        poller.add(&socket, SOCKET)?;
        Ok(Self {
            socket: Some(socket),
            ..Self::default()
        })
    }

    /// For [`Callers::inherit`].
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.socket.as_ref().map(ControlSocket::as_fd)
    }

    /// When a caller has waited long enough.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waiting.values().map(|(_, until)| *until).min()
    }

    /// Drops those who have said nothing for too long.
    pub(super) fn expire(&mut self, now: Instant) {
        self.waiting.retain(|_, (_, until)| *until > now);
    }

    fn accept(&mut self, poller: &Poller) {
        let Some(socket) = &self.socket else { return };
        // No more at a time than may wait: the loop has other things to do.
        for _ in 0..MOST {
            let (channel, peer) = match socket.accept() {
                Ok(Some(caller)) => caller,
                Ok(None) => return,
                Err(error) => {
                    warn!("a caller of the control socket is not heard: {error}");
                    return;
                }
            };
            if !is_allowed(peer) {
                info!(
                    "user {} may not ask this daemon (process {})",
                    peer.uid, peer.pid
                );
                command::refuse(&channel, "only root may ask this daemon");
            } else if self.waiting.len() >= MOST {
                command::refuse(&channel, "too many are asking at once: try again");
            } else {
                let token = FIRST + self.heard;
                self.heard += 1;
                if poller.add(&channel, token).is_ok() {
                    let until = sys::clock::now() + PATIENCE;
                    self.waiting.insert(token, (channel, until));
                }
            }
        }
    }
}

pub(super) fn is_allowed(peer: Peer) -> bool {
    peer.uid == 0 || peer.uid == nix::unistd::geteuid().as_raw()
}

impl Parent<'_> {
    pub(super) fn accept_callers(&mut self) {
        self.callers.accept(&self.poller);
    }

    /// A caller has made the request, or gone.
    pub(super) fn read_caller(&mut self, token: u64) {
        let Some((channel, _)) = self.callers.waiting.remove(&token) else {
            return;
        };
        // Others may hold the connection from here on; what happens to it then is not our business.
        let _ = self.poller.remove(&channel);
        match control::receive::<Request>(&channel) {
            Ok(Heard::Message(request, _)) => self.answer(channel, request),
            Ok(Heard::Nothing | Heard::Closed) => {}
            Err(_) => command::refuse(
                &channel,
                "this daemon is of another version: unknown request",
            ),
        }
    }

    fn answer(&mut self, caller: Channel, request: Request) {
        match request {
            Request::Daemon => command::answer(&caller, &self.stands()),
            Request::Vrrp => self.pass_to(Kind::Vrrp, &caller),
            Request::Services => self.pass_to(Kind::Checkers, &caller),
            Request::Upgrade => self.upgrade(Some(caller)),
            Request::Leave => self.leave(caller),
        }
    }

    fn pass_to(&self, kind: Kind, caller: &Channel) {
        let name = kind.name();
        let Some(kid) = self.kids.get(&kind) else {
            let why = match self.respawns.contains_key(&kind) {
                true => format!("the {name} process is being started again: ask again in a moment"),
                false => format!("this daemon has no {name} process"),
            };
            return command::refuse(caller, &why);
        };
        if control::send(&kid.channel, &Order::Answer, &[caller.as_fd()]).is_err() {
            command::refuse(
                caller,
                &format!("the {name} process takes no orders at the moment"),
            );
        }
    }

    pub(super) fn stands(&self) -> Daemon {
        let now = sys::clock::now();
        let millis = |since| u64::try_from(now.since(since).as_millis()).unwrap_or(u64::MAX);
        let children = self.kids.iter().map(|(kind, kid)| Process {
            name: kind.name().to_owned(),
            pid: kid.pid,
            ready: kid.ready,
            for_ms: millis(kid.started),
        });
        Daemon {
            version: VERSION.to_owned(),
            pid: std::process::id(),
            file: self.options.file.clone(),
            for_ms: millis(self.started),
            children: children.collect(),
            stands_in: self.standing.is_some(),
        }
    }
}
