//! What master and worker tell each other.
//!
//! Invariants: a new configuration is taken over in two steps, so that until the second one the
//! old one is intact; descriptors follow in batches that one message can carry, in the order that
//! the first message announced.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout};
use relay::Sockets;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sys::fdpass::{Channel, MAX_DESCRIPTORS};

use super::cycle::Cycle;

/// Longest message, in bytes; the kernel's buffers hold no longer one either.
const LIMIT: usize = 192 * 1024;
/// How long the other side may leave its buffer full.
const PATIENCE: Duration = Duration::from_secs(2);

/// From master to worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Order {
    /// Get ready to serve this; the message carries the bundle.
    Prepare {
        /// Of the configuration.
        number: u64,
        /// Per listener how many descriptors follow; 0: the one in use is kept.
        sockets: Vec<usize>,
        /// How many log files follow after the sockets.
        files: usize,
    },
    /// Descriptors that belong to the last `Prepare` or `Reopen`.
    Descriptors,
    /// Serve it.
    Commit(u64),
    /// Forget it.
    Abort(u64),
    /// The running configuration's log files were opened anew; this many descriptors follow.
    Reopen(usize),
}

/// From worker to master.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answer {
    /// The new worker serves.
    Serving,
    /// Ready for that configuration.
    Prepared(u64),
    /// Not ready, and why.
    Refused(u64, String),
    /// Somebody asked the worker to reopen its log files, which only the master may.
    ReopenPlease,
}

/// Sends one message.
///
/// # Errors
/// When the other side is gone or does not read.
pub(super) fn send(
    channel: &Channel,
    message: &impl Serialize,
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let bytes = serde_json::to_vec(message).map_err(io::Error::other)?;
    loop {
        match channel.send(&bytes, descriptors) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            other => return other,
        }
        let mut wait = [PollFd::new(channel.as_fd(), PollFlags::POLLOUT)];
        let timeout = PollTimeout::try_from(PATIENCE).map_err(io::Error::other)?;
        if nix::poll::poll(&mut wait, timeout)? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
}

/// The next message, if there is one. `Ok(None)`: not now.
///
/// # Errors
/// `UnexpectedEof` when the other side is gone; `InvalidData` for what is not a message.
pub(super) fn receive<T: DeserializeOwned>(
    channel: &Channel,
) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    match channel.receive(LIMIT) {
        Ok(Some(message)) => {
            let order = serde_json::from_slice(&message.bytes);
            let order = order.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            Ok(Some((order, message.descriptors)))
        }
        Ok(None) => Err(io::ErrorKind::UnexpectedEof.into()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// Hands `next` to a worker that serves `current`.
///
/// # Errors
/// As [`send`].
pub(super) fn prepare(channel: &Channel, next: &Cycle, current: &Cycle) -> io::Result<()> {
    let mut counts = Vec::with_capacity(next.sockets.len());
    let mut follow: Vec<BorrowedFd<'_>> = Vec::new();
    for (listener, sockets) in next.plan.stream.listeners.iter().zip(&next.sockets) {
        let new = match current.socket(&listener.key) {
            Some(old) if same(old, sockets) => Vec::new(),
            _ => descriptors(sockets),
        };
        counts.push(new.len());
        follow.extend(new);
    }
    follow.extend(next.files.iter().map(|file| file.as_fd()));
    let order = Order::Prepare {
        number: next.number,
        sockets: counts,
        files: next.files.len(),
    };
    send(channel, &order, &[next.bundle.as_fd()])?;
    batches(channel, &follow)
}

/// Hands over the log files that were opened anew.
///
/// # Errors
/// As [`send`].
pub(super) fn reopen(channel: &Channel, files: &[Arc<OwnedFd>]) -> io::Result<()> {
    send(channel, &Order::Reopen(files.len()), &[])?;
    let files: Vec<BorrowedFd<'_>> = files.iter().map(|file| file.as_fd()).collect();
    batches(channel, &files)
}

fn batches(channel: &Channel, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut batches = descriptors.chunks(MAX_DESCRIPTORS);
    batches.try_for_each(|batch| send(channel, &Order::Descriptors, batch))
}

fn descriptors(sockets: &Sockets) -> Vec<BorrowedFd<'_>> {
    match sockets {
        Sockets::Shared(socket) => vec![socket.as_fd()],
        Sockets::PerThread(sockets) => sockets.iter().map(|socket| socket.as_fd()).collect(),
    }
}

/// Whether both are the very same descriptors in the same arrangement.
fn same(left: &Sockets, right: &Sockets) -> bool {
    match (left, right) {
        (Sockets::Shared(left), Sockets::Shared(right)) => Arc::ptr_eq(left, right),
        (Sockets::PerThread(left), Sockets::PerThread(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| Arc::ptr_eq(l, r))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_descriptors_than_a_message_carries() {
        let (master, worker) = Channel::pair().expect("pair");
        let null = std::fs::File::open("/dev/null").expect("null");
        let file: Arc<OwnedFd> = Arc::new(null.into());
        let files = vec![file; MAX_DESCRIPTORS + 1];
        reopen(&master, &files).expect("sent");
        let mut got = 0;
        let (first, none) = receive::<Order>(&worker).expect("open").expect("there");
        assert_eq!((first, none.len()), (Order::Reopen(files.len()), 0));
        while let Some((order, batch)) = receive::<Order>(&worker).expect("open") {
            assert_eq!(order, Order::Descriptors);
            got += batch.len();
        }
        assert_eq!(got, files.len());
    }

    #[test]
    fn the_end_is_not_silence() {
        let (master, worker) = Channel::pair().expect("pair");
        assert!(receive::<Order>(&worker).expect("open").is_none());
        send(&master, &"nonsense", &[]).expect("sent");
        let nonsense = receive::<Order>(&worker).expect_err("not an order");
        assert_eq!(nonsense.kind(), io::ErrorKind::InvalidData);
        drop(master);
        // A child of another test may hold a copy until it executes its program.
        let gone = loop {
            match receive::<Order>(&worker) {
                Ok(None) => std::thread::yield_now(),
                other => break other.expect_err("gone"),
            }
        };
        assert_eq!(gone.kind(), io::ErrorKind::UnexpectedEof);
    }
}
