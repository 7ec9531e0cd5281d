//! A session of either transport, as the loop sees it.

use nix::sys::epoll::EpollFlags;

use super::core::Core;
use super::{Side, Step, TcpSession, UdpSession};
use crate::clients::ClientKey;
use crate::turn::Turn;

/// TCP or UDP. Datagram sessions are boxed, since most sessions are TCP's.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a box would cost TCP sessions an allocation"
)]
pub(crate) enum AnySession {
    Tcp(TcpSession),
    Udp(Box<UdpSession>),
}

impl AnySession {
    pub(crate) const fn core(&self) -> &Core {
        match self {
            Self::Tcp(session) => session.core(),
            Self::Udp(session) => session.core(),
        }
    }

    /// Begins; a datagram session with the datagram of `length` bytes in the thread's buffer.
    pub(crate) fn start(&mut self, length: usize, turn: &mut Turn) -> Step {
        match self {
            Self::Tcp(session) => session.start(turn),
            Self::Udp(session) => session.start(length, turn),
        }
    }

    /// A further datagram of `length` bytes is in the thread's buffer.
    pub(crate) fn on_datagram(&mut self, length: usize, turn: &mut Turn) -> Step {
        match self {
            Self::Tcp(_) => unreachable!("only datagram sessions are found by their client"),
            Self::Udp(session) => session.on_datagram(length, turn),
        }
    }

    /// Under what a datagram session's client is found.
    pub(crate) fn client_key(&self) -> Option<ClientKey> {
        match self {
            Self::Tcp(_) => None,
            Self::Udp(session) => session.client_key(),
        }
    }

    /// One of the sockets changed its state.
    pub(crate) fn on_event(&mut self, side: Side, flags: EpollFlags, turn: &mut Turn) -> Step {
        match self {
            Self::Tcp(session) => session.on_event(side, flags, turn),
            Self::Udp(session) => session.on_replies(turn),
        }
    }

    /// Goes on after having let others go first.
    pub(crate) fn resume(&mut self, turn: &mut Turn) -> Step {
        match self {
            Self::Tcp(session) => session.resume(turn),
            Self::Udp(session) => session.on_replies(turn),
        }
    }

    /// Its timer fired.
    pub(crate) fn on_timer(&mut self, turn: &mut Turn) -> Step {
        match self {
            Self::Tcp(session) => session.on_timer(turn),
            Self::Udp(session) => session.on_timer(turn),
        }
    }

    /// The thread accepts no more, and ends when its sessions have.
    pub(crate) fn quit(&mut self, turn: &mut Turn) -> Step {
        match self {
            Self::Tcp(_) => Step::Stay,
            Self::Udp(session) => session.quit(turn),
        }
    }

    /// Its configuration was replaced longer than `worker_shutdown_timeout` ago.
    pub(crate) fn shut_down(&mut self, turn: &mut Turn) -> Step {
        match self {
            Self::Tcp(session) => session.shut_down(turn),
            Self::Udp(session) => session.shut_down(turn),
        }
    }

    /// The thread ends at once.
    pub(crate) fn stop(&mut self) -> Step {
        match self {
            Self::Tcp(session) => session.stop(),
            Self::Udp(session) => session.stop(),
        }
    }

    /// Takes leave.
    pub(crate) fn finish(self, turn: &mut Turn) {
        match self {
            Self::Tcp(session) => session.finish(turn),
            Self::Udp(session) => session.finish(turn),
        }
    }
}
