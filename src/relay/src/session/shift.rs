//! Moving bytes: read into the thread's buffer, write straight out of it.
//!
//! Invariants: nothing is read for a side that blocks; what it did not take is kept in a private
//! spill until it does. A read larger than `proxy_buffer_size` is at most what the receiving socket
//! has room for, so a spill is about `proxy_buffer_size`, whatever a slow receiver does.

use base::Instant;
use nix::sys::socket::{MsgFlags, Shutdown, recv, send, shutdown};
use std::os::fd::{AsFd as _, AsRawFd as _};
use stream::error_log::Action;
use stream::session::{Status, millis_between};

use super::pace::Pace;
use super::{End, Phase, Side, Step, TcpSession};
use crate::turn::{BUFFER, Turn};

/// Reads of one direction before other sessions get their turn.
const READS_PER_TURN: u32 = 4;

/// One direction.
#[derive(Debug)]
pub(super) struct Flow {
    /// What the receiving side has not taken yet.
    spill: Option<Box<Spill>>,
    /// Bytes to read at once.
    chunk: usize,
    pace: Pace,
}

#[derive(Debug)]
struct Spill {
    bytes: Vec<u8>,
    /// How much of it is written.
    written: usize,
}

impl Flow {
    pub(super) fn new(chunk: usize) -> Self {
        Self {
            spill: None,
            // A read of nothing would look like the end.
            chunk: if chunk == 0 { 1 } else { chunk },
            pace: Pace::default(),
        }
    }
}

#[cfg(test)]
impl TcpSession {
    /// Bytes that the session holds for sides that block.
    pub(crate) fn spilled(&self) -> usize {
        let flows = [&self.up, &self.down].into_iter();
        flows
            .filter_map(|flow| flow.spill.as_ref())
            .map(|spill| spill.bytes.capacity())
            .sum()
    }
}

/// How one direction left off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It waits for one of the sockets, or sleeps.
    Waits,
    /// It could go on.
    More,
    /// The receiving side is broken.
    Broken,
}

impl TcpSession {
    /// Moves what can be moved, then sees whether the session is over.
    pub(super) fn proxy(&mut self, turn: &mut Turn) -> Step {
        self.core.active = turn.clock.now();
        let up = self.shift(Side::Client, turn);
        let down = if up == Outcome::Broken {
            up
        } else {
            self.shift(Side::Upstream, turn)
        };
        if up == Outcome::Broken || down == Outcome::Broken {
            return self.core.end_with(Status::OK);
        }
        self.core.action = Action::Proxying;
        if let Some(side) = self.finished_side() {
            self.core.log_disconnected(side, turn);
            return self.core.end_with(Status::OK);
        }
        self.pass_half_close();
        self.wait(turn);
        if up == Outcome::More || down == Outcome::More {
            Step::Again
        } else {
            Step::Stay
        }
    }

    /// Moves bytes from `from` to the other side.
    fn shift(&mut self, from: Side, turn: &mut Turn) -> Outcome {
        for _ in 0..READS_PER_TURN {
            match self.write_spill(from, turn) {
                Ok(true) => {}
                Ok(false) => return Outcome::Waits,
                Err(()) => return Outcome::Broken,
            }
            let Some(size) = self.read_size(from, turn.clock.now()) else {
                return Outcome::Waits;
            };
            let Some(count) = self.read(from, size, turn) else {
                return Outcome::Waits;
            };
            if count == 0 {
                continue;
            }
            if self.write_out(from, size, count, turn).is_err() {
                return Outcome::Broken;
            }
        }
        if self.read_size(from, turn.clock.now()).is_some() {
            Outcome::More
        } else {
            Outcome::Waits
        }
    }

    /// How much may be read from `from` now; none when it has nothing, the other side blocks, or a
    /// rate limit holds.
    fn read_size(&mut self, from: Side, now: Instant) -> Option<usize> {
        let rate = self.rate(from);
        let least = self.core.config().buffer_size.max(1);
        let Phase::Proxying { since } = self.phase else {
            return None;
        };
        let (source, target, flow) = self.ends(from)?;
        let may_read = source.readable && !source.eof && target.writable && flow.spill.is_none();
        if !may_read {
            return None;
        }
        let allowed = flow.pace.allowance(rate, since, now)?;
        if rate > 0 {
            // Small reads keep the pace even.
            return Some(
                usize::try_from(allowed)
                    .unwrap_or(BUFFER)
                    .min(least)
                    .min(BUFFER),
            );
        }
        let size = flow.chunk.min(BUFFER);
        if size <= least {
            return Some(size);
        }
        let room = sys::relay_socket::send_space(target.socket.as_fd()).unwrap_or(0);
        Some(size.min(room.max(least)))
    }

    /// Receives up to `size` bytes into the thread's buffer; `None` when nothing is there.
    fn read(&mut self, from: Side, size: usize, turn: &mut Turn) -> Option<usize> {
        let now = turn.clock.now();
        let rate = self.rate(from);
        let (source, _, flow) = self.ends(from)?;
        let result = loop {
            match recv(
                source.socket.as_raw_fd(),
                &mut turn.buffer[..size],
                MsgFlags::empty(),
            ) {
                Err(nix::Error::EINTR) => {}
                result => break result,
            }
        };
        let count = match result {
            Ok(count) => count,
            Err(nix::Error::EAGAIN) => {
                source.readable = false;
                return None;
            }
            Err(errno) => {
                source.eof = true;
                self.count_received(from, 0, now);
                self.core.action = match from {
                    Side::Client => Action::ReadingClient,
                    Side::Upstream => Action::ReadingUpstream,
                };
                self.core.log_broken(from, "recv() failed", errno, turn);
                return None;
            }
        };
        if count < size {
            // The queue was empty; if the end had come before, this was all.
            source.readable = false;
            source.eof = count == 0 || source.fin;
        }
        flow.pace.count(rate, count as u64, now);
        self.count_received(from, count as u64, now);
        Some(count)
    }

    /// Sends the first `count` bytes of the thread's buffer; what is not taken becomes the spill.
    fn write_out(
        &mut self,
        from: Side,
        size: usize,
        count: usize,
        turn: &mut Turn,
    ) -> Result<(), ()> {
        let least = self.core.config().buffer_size.max(1);
        let written = self
            .write_bytes(from, &turn.buffer[..count])
            .map_err(|errno| {
                self.core.log_send_failure(from, errno, turn);
            })?;
        let Some((_, _, flow)) = self.ends(from) else {
            return Ok(());
        };
        if written < count {
            flow.chunk = least;
            let bytes = turn.buffer[written..count].to_vec();
            flow.spill = Some(Box::new(Spill { bytes, written: 0 }));
        } else if count == size {
            flow.chunk = (size.max(least) * 2).min(BUFFER);
        } else {
            // Small again: large reads ask the socket for its room, which costs a call.
            flow.chunk = (flow.chunk / 2).max(least);
        }
        Ok(())
    }

    /// Writes what is left of the spill; true when nothing is left.
    fn write_spill(&mut self, from: Side, turn: &mut Turn) -> Result<bool, ()> {
        loop {
            let Some((_, target, flow)) = self.ends(from) else {
                return Ok(false);
            };
            if flow.spill.is_none() {
                return Ok(true);
            }
            if !target.writable {
                return Ok(false);
            }
            let Some(mut spill) = flow.spill.take() else {
                return Ok(true);
            };
            let written = self
                .write_bytes(from, &spill.bytes[spill.written..])
                .map_err(|errno| {
                    self.core.log_send_failure(from, errno, turn);
                })?;
            spill.written += written;
            if spill.written < spill.bytes.len()
                && let Some((_, _, flow)) = self.ends(from)
            {
                flow.spill = Some(spill);
            }
        }
    }

    /// One send to the side that `from` is proxied to; a short one marks it as blocking.
    fn write_bytes(&mut self, from: Side, bytes: &[u8]) -> Result<usize, nix::Error> {
        let Some((_, target, _)) = self.ends(from) else {
            return Ok(0);
        };
        let result = loop {
            match send(target.socket.as_raw_fd(), bytes, MsgFlags::MSG_NOSIGNAL) {
                Err(nix::Error::EINTR) => {}
                result => break result,
            }
        };
        let written = match result {
            Err(nix::Error::EAGAIN) => 0,
            result => result?,
        };
        target.writable = written == bytes.len();
        self.count_sent(from, written as u64);
        Ok(written)
    }

    /// Source, target and flow of the direction that starts at `from`.
    const fn ends(&mut self, from: Side) -> Option<(&mut End, &mut End, &mut Flow)> {
        match (&mut self.upstream, from) {
            (Some(upstream), Side::Client) => Some((&mut self.client, upstream, &mut self.up)),
            (Some(upstream), Side::Upstream) => Some((upstream, &mut self.client, &mut self.down)),
            (None, _) => None,
        }
    }

    fn rate(&self, from: Side) -> u64 {
        match from {
            Side::Client => self.core.config().upload_rate,
            Side::Upstream => self.core.config().download_rate,
        }
    }

    /// As in nginx, the end counts as something that came: `$upstream_first_byte_time` is set.
    fn count_received(&mut self, from: Side, count: u64, now: Instant) {
        match (from, self.core.record.attempts.last_mut()) {
            (Side::Client, _) => self.core.record.received += count,
            (Side::Upstream, Some(attempt)) => {
                attempt
                    .first_byte_ms
                    .get_or_insert(millis_between(attempt.started, now));
                attempt.received += count;
            }
            (Side::Upstream, None) => {}
        }
    }

    fn count_sent(&mut self, from: Side, count: u64) {
        match (from, self.core.record.attempts.last_mut()) {
            (Side::Client, Some(attempt)) => attempt.sent += count,
            (Side::Client, None) => {}
            (Side::Upstream, _) => self.core.record.sent += count,
        }
    }

    /// The side whose end ends the session: it has finished, and the other side has got all of it.
    /// With `proxy_half_close` both must have.
    fn finished_side(&self) -> Option<Side> {
        let upstream = self.upstream.as_ref()?;
        let client_done = self.client.eof && self.up.spill.is_none();
        let upstream_done = upstream.eof && self.down.spill.is_none();
        match (client_done, upstream_done) {
            (true, true) => Some(Side::Upstream),
            (true, false) if !self.core.config().half_close => Some(Side::Client),
            (false, true) if !self.core.config().half_close => Some(Side::Upstream),
            _ => None,
        }
    }

    /// Passes an end of sending on, once: the other direction's end ends the session.
    fn pass_half_close(&mut self) {
        if !self.core.config().half_close || self.half_closed {
            return;
        }
        for from in [Side::Client, Side::Upstream] {
            if let Some((source, target, flow)) = self.ends(from)
                && source.eof
                && flow.spill.is_none()
            {
                let _ = shutdown(target.socket.as_raw_fd(), Shutdown::Write);
                self.half_closed = true;
                return;
            }
        }
    }

    /// Wakes directions whose sleep is over; false when there are none.
    pub(super) fn wake_flows(&mut self, now: Instant) -> bool {
        let (up, down) = (self.up.pace.wake(now), self.down.pace.wake(now));
        up || down
    }

    pub(super) fn sleeping(&self) -> bool {
        self.next_waking().is_some()
    }

    pub(super) fn next_waking(&self) -> Option<Instant> {
        [self.up.pace.asleep(), self.down.pace.asleep()]
            .into_iter()
            .flatten()
            .min()
    }
}
