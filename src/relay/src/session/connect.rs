//! The time until a TCP peer has accepted.

use std::os::fd::OwnedFd;

use nix::sys::epoll::EpollFlags;
use socket2::SockRef;
use stream::config::Level;
use stream::session::Status;

use super::core::level_of;
use super::{End, Phase, Step, TcpSession};
use crate::turn::{Token, Turn};

impl TcpSession {
    /// Tries peers until a connection is under way or none is left.
    pub(super) fn connect(&mut self, turn: &mut Turn) -> Step {
        match self.core.next_socket(turn) {
            Some(socket) => self.await_connection(socket, turn),
            None => Step::End,
        }
    }

    fn await_connection(&mut self, socket: OwnedFd, turn: &mut Turn) -> Step {
        let watched = turn.watch(&socket, Token::Upstream(self.core.key));
        self.upstream = Some(End::new(socket));
        if let Err(error) = watched {
            self.core.log(
                turn,
                Level::Alert,
                "epoll_ctl() failed",
                error.raw_os_error(),
            );
            return self.core.end_with(Status::INTERNAL);
        }
        let until = turn.clock.now() + self.core.config().connect_timeout;
        self.phase = Phase::Connecting { until };
        self.core.wait_until(until, turn)
    }

    /// The connecting socket tells how it went.
    pub(super) fn on_connect_event(&mut self, flags: EpollFlags, turn: &mut Turn) -> Step {
        if flags.intersects(EpollFlags::EPOLLERR | EpollFlags::EPOLLHUP) {
            let error = self
                .upstream
                .as_ref()
                .and_then(|upstream| SockRef::from(&upstream.socket).take_error().ok().flatten());
            if let Some(error) = error {
                let errno = error.raw_os_error();
                self.core
                    .log(turn, level_of(&error), "connect() failed", errno);
                return self.try_next(turn);
            }
        }
        if !flags.contains(EpollFlags::EPOLLOUT) {
            return Step::Stay;
        }
        self.connected(turn)
    }

    pub(super) fn on_connect_timeout(&mut self, turn: &mut Turn) -> Step {
        self.core.log(
            turn,
            Level::Error,
            "upstream timed out",
            Some(nix::libc::ETIMEDOUT),
        );
        self.try_next(turn)
    }

    fn connected(&mut self, turn: &mut Turn) -> Step {
        let now = turn.clock.now();
        self.core.connected(now);
        if let Some(upstream) = &self.upstream {
            if self.core.config().tcp_nodelay {
                // A unix socket has no such option, and needs none.
                drop(SockRef::from(&upstream.socket).set_tcp_nodelay(true));
            }
            self.core.log_connected(&upstream.socket, turn);
        }
        self.phase = Phase::Proxying { since: now };
        self.proxy(turn)
    }

    fn try_next(&mut self, turn: &mut Turn) -> Step {
        let may = self.core.may_try_next(turn);
        self.close_upstream(turn);
        if may {
            self.connect(turn)
        } else {
            self.core.end_with(Status::BAD_GATEWAY)
        }
    }
}
