//! Routing netlink: addresses, routes, rules and links changed in batches and listed, changes
//! watched.
//!
//! Invariants: [`Requests`] is synchronous and owns its socket, so parent and child use the same
//! code without a runtime; every request is acknowledged and its error belongs to its entry.

mod address;
mod change;
mod dump;
mod made;
mod monitor;
mod route;
mod routing;
mod rule;
pub(crate) mod transport;

pub use address::Address;
pub use change::Change;
pub use dump::{Link, ListedAddress, Shape};
pub use made::{NewKind, NewLink};
pub use monitor::{Monitor, News};
pub use routing::RoutingKey;

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use netlink_packet_core::{NLM_F_ACK, NLM_F_DUMP, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

use transport::{
    acknowledged, append, copy_of, force_receive_buffer, receive, send_all, size_buffer,
};

/// Requests put into one send. Their acknowledgements must fit the receive buffer together.
const BATCH: usize = 128;
/// Asked for as receive buffer.
const RECEIVE_BUFFER: usize = 1 << 20;

/// A synchronous request socket.
#[derive(Debug)]
pub struct Requests {
    socket: Socket,
    sequence: u32,
}

impl Requests {
    /// Opens the socket in the current network namespace.
    ///
    /// # Errors
    /// What `socket`, `bind` or `setsockopt` report.
    pub fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        // Without these an error echoes the whole request; nothing depends on it.
        let _ = socket.set_cap_ack(true);
        force_receive_buffer(&socket, RECEIVE_BUFFER);
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// Sets the size of the receive buffer, in bytes, and whether it may exceed what the system
    /// allows; without a size it is a large one.
    ///
    /// # Errors
    /// What `setsockopt` reports.
    pub fn size_buffer(&self, wanted: Option<(u32, bool)>) -> io::Result<()> {
        size_buffer(&self.socket, wanted, RECEIVE_BUFFER)
    }

    /// Performs `changes`, many per system call. One result per change, in order.
    pub fn apply(&mut self, changes: &[Change]) -> Vec<io::Result<()>> {
        let mut results = Vec::with_capacity(changes.len());
        for batch in changes.chunks(BATCH) {
            let messages: Vec<_> = batch.iter().map(Change::message).collect();
            results.extend(self.acknowledged(messages));
        }
        results
    }

    fn acknowledged(&mut self, messages: Vec<(RouteNetlinkMessage, u16)>) -> Vec<io::Result<()>> {
        let count = messages.len();
        let first = self.sequence.wrapping_add(1);
        let mut buffer = Vec::new();
        for (payload, flags) in messages {
            self.sequence = self.sequence.wrapping_add(1);
            append(&mut buffer, payload, NLM_F_ACK | flags, self.sequence);
        }
        let mut results: Vec<Option<io::Result<()>>> = (0..count).map(|_| None).collect();
        if let Err(error) =
            acknowledged::<RouteNetlinkMessage>(&self.socket, &buffer, first, &mut results)
        {
            for result in results.iter_mut().filter(|result| result.is_none()) {
                *result = Some(Err(copy_of(&error)));
            }
        }
        results
            .into_iter()
            .map(|result| result.unwrap_or(Ok(())))
            .collect()
    }

    /// Sends a dump request and collects every answer.
    fn dump(&mut self, payload: RouteNetlinkMessage) -> io::Result<Vec<RouteNetlinkMessage>> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut buffer = Vec::new();
        append(&mut buffer, payload, NLM_F_DUMP, self.sequence);
        send_all(&self.socket, &buffer)?;
        let mut answers = Vec::new();
        loop {
            for message in receive(&self.socket)? {
                if message.header.sequence_number != self.sequence {
                    continue;
                }
                match message.payload {
                    NetlinkPayload::InnerMessage(inner) => answers.push(inner),
                    NetlinkPayload::Done(_) => return Ok(answers),
                    NetlinkPayload::Error(error) => return Err(error.to_io()),
                    _ => {}
                }
            }
        }
    }
}

fn borrow<'fd>(fd: RawFd) -> BorrowedFd<'fd> {
    // SAFETY: callers pass the descriptor of a socket that they hold over the use of the result.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

impl AsFd for Requests {
    fn as_fd(&self) -> BorrowedFd<'_> {
        borrow(self.socket.as_raw_fd())
    }
}
