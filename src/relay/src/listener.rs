//! The listening sockets one thread serves, and when it accepts from them.
//!
//! Invariants: a shared socket wakes one thread, not all, and its place in the kernel's queue of
//! waiting threads is given up after every few accepts, so that load spreads; a socket that two
//! generations have is never closed in between.

use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::sync::Arc;

use slab::Slab;
use socket2::{SockAddr, SockRef};
use stream::config::{Address, Listener, ListenerKey, Transport};

use crate::datagram;
use crate::generation::Sockets;
use crate::running::Running;
use crate::session::Arrival;
use crate::turn::{Token, Turn};

/// After so many accepts a thread queues up again behind the others, as nginx does.
const ACCEPTS_PER_PLACE: u32 = 16;

/// A client that has just arrived.
pub(crate) struct Accepted {
    pub(crate) socket: OwnedFd,
    pub(crate) client: SockAddr,
    /// Index into the newest configuration's listeners.
    pub(crate) listener: usize,
}

struct Entry {
    key: ListenerKey,
    socket: Arc<OwnedFd>,
    /// Index into the newest configuration's listeners.
    listener: usize,
    exclusive: bool,
    accepts: u32,
    /// Whether epoll watches it.
    awake: bool,
}

/// All of one thread's.
#[derive(Default)]
pub(crate) struct Listeners {
    entries: Slab<Entry>,
}

impl Listeners {
    /// Goes over to the listeners of `running`: equal sockets stay, others are closed or added.
    /// Returns what failed; such a listener is not served by this thread.
    pub(crate) fn install(
        &mut self,
        running: &Running,
        thread: usize,
        turn: &mut Turn,
    ) -> Vec<(String, nix::Error)> {
        let parts = &running.generation.parts;
        let mut wanted: Vec<(usize, Arc<OwnedFd>, bool)> = Vec::new();
        for (ix, (listener, sockets)) in parts
            .config
            .listeners
            .iter()
            .zip(&running.generation.sockets())
            .enumerate()
        {
            if let Some(socket) = sockets.of_thread(thread)
                && (listener.key.transport == Transport::Tcp
                    || matches!(sockets, Sockets::PerThread(_))
                    || owner(&listener.display, parts.threads) == thread)
            {
                let exclusive = parts.threads > 1
                    && listener.key.transport == Transport::Tcp
                    && matches!(sockets, Sockets::Shared(_));
                wanted.push((ix, Arc::clone(socket), exclusive));
            }
        }
        self.retain(
            |entry| {
                wanted.iter().any(|(_, socket, exclusive)| {
                    Arc::ptr_eq(socket, &entry.socket) && *exclusive == entry.exclusive
                })
            },
            turn,
        );
        let mut failed = Vec::new();
        for (ix, socket, exclusive) in wanted {
            let listener = running.listener(ix);
            if let Err(errno) = prepare(&socket, listener, running) {
                failed.push((
                    format!("setsockopt() for {} failed", listener.display),
                    errno,
                ));
            }
            let known = self
                .entries
                .iter_mut()
                .find(|(_, e)| Arc::ptr_eq(&e.socket, &socket));
            if let Some((_, entry)) = known {
                entry.listener = ix;
                continue;
            }
            let entry = Entry {
                key: listener.key.clone(),
                socket,
                listener: ix,
                exclusive,
                accepts: 0,
                awake: false,
            };
            if let Err(errno) = self.add(entry, turn) {
                failed.push((
                    format!("epoll_ctl() for {} failed", listener.display),
                    errno,
                ));
            }
        }
        failed
    }

    fn add(&mut self, entry: Entry, turn: &mut Turn) -> Result<(), nix::Error> {
        let key = self.entries.insert(entry);
        let entry = &mut self.entries[key];
        if let Err(error) = turn.listen(entry.socket.as_fd(), Token::Listener(key), entry.exclusive)
        {
            self.entries.remove(key);
            return Err(errno(&error));
        }
        entry.awake = true;
        turn.connections += 1;
        Ok(())
    }

    fn retain(&mut self, keep: impl Fn(&Entry) -> bool, turn: &mut Turn) {
        let epoll = &turn.epoll;
        let before = self.entries.len();
        self.entries.retain(|_, entry| {
            let keep = keep(entry);
            if !keep && entry.awake {
                // Other threads may hold the same socket open, so closing is not enough.
                let _ = epoll.delete(entry.socket.as_fd());
            }
            keep
        });
        turn.connections -= before - self.entries.len();
    }

    /// Closes all.
    pub(crate) fn close(&mut self, turn: &mut Turn) {
        self.retain(|_| false, turn);
    }

    /// Stops accepting for a while.
    pub(crate) fn rest(&mut self, turn: &Turn) {
        for (_, entry) in &mut self.entries {
            if core::mem::take(&mut entry.awake) {
                let _ = turn.epoll.delete(entry.socket.as_fd());
            }
        }
    }

    /// Accepts again after [`Self::rest`].
    pub(crate) fn resume(&mut self, turn: &Turn) {
        for (key, entry) in &mut self.entries {
            if !entry.awake {
                let socket = entry.socket.as_fd();
                entry.awake = turn
                    .listen(socket, Token::Listener(key), entry.exclusive)
                    .is_ok();
            }
        }
    }

    /// Its place among the newest configuration's listeners.
    pub(crate) fn index(&self, key: usize) -> Option<usize> {
        self.entries.get(key).map(|entry| entry.listener)
    }

    /// Whether the listener takes datagrams, not connections.
    pub(crate) fn is_datagram(&self, key: usize) -> bool {
        self.entries
            .get(key)
            .is_some_and(|entry| entry.key.transport == Transport::Udp)
    }

    /// Receives one datagram into the thread's buffer; `None` when none waits.
    pub(crate) fn receive(
        &mut self,
        key: usize,
        turn: &mut Turn,
    ) -> Result<Option<Arrival>, nix::Error> {
        let Some(entry) = self.entries.get(key) else {
            return Ok(None);
        };
        let buffer = &mut turn.buffer[..datagram::LARGEST];
        let received = datagram::receive(&entry.socket, buffer)?;
        Ok(received.map(|datagram| Arrival {
            datagram,
            socket: Arc::clone(&entry.socket),
            listener: entry.listener,
        }))
    }

    /// Takes one client; `None` when nobody waits or the listener is gone.
    pub(crate) fn accept(
        &mut self,
        key: usize,
        turn: &Turn,
    ) -> Result<Option<Accepted>, nix::Error> {
        let Some(entry) = self.entries.get_mut(key) else {
            return Ok(None);
        };
        let (socket, client) = loop {
            match sys::relay_socket::accept(entry.socket.as_fd()) {
                Ok(accepted) => break accepted,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(errno(&error)),
            }
        };
        entry.accepts += 1;
        if entry.exclusive && entry.accepts.is_multiple_of(ACCEPTS_PER_PLACE) {
            let _ = turn.epoll.delete(entry.socket.as_fd());
            entry.awake = turn
                .listen(entry.socket.as_fd(), Token::Listener(key), true)
                .is_ok();
        }
        Ok(Some(Accepted {
            socket,
            client,
            listener: entry.listener,
        }))
    }
}

/// Options that sessions rely on.
fn prepare(socket: &OwnedFd, listener: &Listener, running: &Running) -> Result<(), nix::Error> {
    match (listener.key.transport, &listener.key.address) {
        (Transport::Tcp, Address::Inet(_)) => {
            // Accepted sockets inherit it, which spares a call per connection.
            let nodelay = running.server(listener.server).tcp_nodelay;
            SockRef::from(socket)
                .set_tcp_nodelay(nodelay)
                .map_err(|error| errno(&error))
        }
        (Transport::Tcp, Address::Unix(_)) => Ok(()),
        (Transport::Udp, address) => datagram::want_destination(socket, address),
    }
}

/// Which thread serves a datagram socket that all share: the same one in every generation, so that
/// a client's datagrams never split over threads.
fn owner(display: &str, threads: usize) -> usize {
    // FNV-1a: any spread will do, if only it stays the same.
    let hash = display
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
    usize::try_from(hash % threads.max(1) as u64).unwrap_or(0)
}

impl core::fmt::Debug for Entry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?} on {}", self.key, self.socket.as_raw_fd())
    }
}

pub(crate) fn errno(error: &io::Error) -> nix::Error {
    nix::Error::from_raw(error.raw_os_error().unwrap_or(0))
}
